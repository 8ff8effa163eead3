"""Surveys imagined: what each would report in every world, and what choosing after its answer would gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from cpmodel.analysis.drawn import uniforms_met
from cpmodel.analysis.value_of_information import value_of_learning
from cpmodel.calibration.likelihood import reported_share
from cpmodel.inputs.datasets import read as read_table
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.survey_designs import SurveyDesigns

Array = np.ndarray
IMAGINED = 6  # times that each survey is imagined in every world
READ = ("survey_sensitivity", "survey_specificity", "survey_design_effect", "survey_wave_spread")


@dataclass(frozen=True)
class Answers:
    """shares    choice of provinces → indicator → truth (variants · draws,)   counts    choice → number of provinces

    read    parameter → (variants · draws,) of how a survey reads a share   seed    of its luck
    """

    shares: Mapping[str, Mapping[str, Array]]
    counts: Mapping[str, int]
    read: Mapping[str, Array]
    seed: int


def reported(
    shares: Mapping[str, Array], indicator: str, size: int, p: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    """Return what a survey of `size` establishments would report, draws × indicators, drawn once for each draw.

    Answers are misclassified, a wave is biased as a whole, and clusters make `size` worth size/design effect.
    """
    n = len(next(iter(shares.values())))
    bias = rng.standard_normal(n) * float(np.ravel(p["survey_wave_spread"])[0])
    columns = []
    for name in indicator.split("+"):
        told = reported_share(shares[name], p["survey_sensitivity"], p["survey_specificity"], bias)
        effective = np.maximum(size / p["survey_design_effect"], 1.0)
        columns.append(
            np.clip(told + rng.standard_normal(n) * np.sqrt(told * (1 - told) / effective), 0.0, 1.0)
        )
    return np.column_stack(columns)


def answers_of(inputs: Inputs, draws: int, shares: dict[str, dict[str, Array]]) -> Answers:
    """Return what surveys can be told; shares, choice of provinces → indicator → (variants · draws,)."""
    scenario = inputs.scenario
    met = [inputs.parameters.values(uniforms_met(inputs, v, draws), draws) for v in scenario.variants]
    read = {name: np.concatenate([np.broadcast_to(p[name], draws) for p in met]) for name in READ}
    region = read_table("provinces").set_index("province_code")["region_code"]
    members = {c.name: c.members for c in read_design_space().eligibility["provinces"]}
    counts = {where: int(region.isin(members[where]).sum()) for where in shares}
    return Answers(shares, counts, read, scenario.seed)


def valued(
    designs: SurveyDesigns, answers: Answers, worth: Array, price: float,
    kept: Callable[[str, Callable[[], pd.DataFrame]], pd.DataFrame], say: Callable[[str, int, int], None],
) -> pd.DataFrame:  # fmt: skip
    """Return every survey with what it is worth, the largest net value first; `kept` files each choice of provinces."""
    parts = []
    for done, where in enumerate(designs.provinces, start=1):
        parts.append(kept(f"surveys_{where}", partial(_of_place, designs, where, answers, worth, price)))
        say("surveys", done, len(designs.provinces))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("net", ascending=False, kind="stable", ignore_index=True)


def _of_place(
    designs: SurveyDesigns, where: str, answers: Answers, worth: Array, price: float
) -> pd.DataFrame:
    """Return one row a survey of a choice of provinces."""
    rows, count = [], answers.counts[where]
    for indicator in designs.indicators:
        for size in designs.sizes:
            avoided, noise = _avoided(answers, where, indicator, size, worth)
            cost = designs.cost.of(count, size)
            rows.append((f"{indicator} {size} {where}", indicator, size, where, count, avoided, noise,
                         avoided * price, cost, avoided * price - cost))  # fmt: skip
    columns = [
        "design",
        "indicator",
        "size",
        "provinces",
        "province_count",
        "avoided",
        "noise",
        "value",
        "cost",
        "net",
    ]
    return pd.DataFrame(rows, columns=columns)


def _avoided(answers: Answers, where: str, indicator: str, size: int, worth: Array) -> tuple[float, float]:
    """Return EVSI [establishments] and its standard error, over surveys imagined several times.

    Every design meets the same luck, so that two differ by what they ask and not by chance.
    """
    found = []
    for turn in range(IMAGINED):
        luck = np.random.default_rng([answers.seed, turn])
        told = reported(answers.shares[where], indicator, size, answers.read, luck)
        found.append(value_of_learning(worth, told, np.random.default_rng([answers.seed, turn, 1]), degree=2))
    return float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(IMAGINED))
