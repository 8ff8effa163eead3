"""Targets, clause by clause: value, gap, and the probability of being met, in every reading the Decision allows."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.special import betainc

from cpmodel.axes import ALL, NATION
from cpmodel.decision import Decision, Reading, Target
from cpmodel.model import state as s
from cpmodel.model.ensemble import World
from cpmodel.model.institutions import office_count_odds
from cpmodel.results.outcomes import COLUMNS, INFORMED, POOLED, PRIOR_DRIVEN


def met(target: Target, reading: Reading, draws: Mapping[str, np.ndarray] | pd.DataFrame) -> np.ndarray:
    """Return for every draw whether a target is met in a reading (a probability where chance remains in the draw).

    draws    outcome → values in the target's year of one variant, such as rows of `outcomes.national_draws`
    A floor asks for at least the lower end; a band for a value within both ends.
    """
    values = np.asarray(draws[reading.outcome])
    if reading.outcome == "office_capacity":
        raise ValueError("offices are counted office by office; see `offices_met`")
    inside = values >= target.lower
    if reading.kind == "band":
        inside = inside & (values <= target.upper)
    return inside.astype(float)


def offices_met(target: Target, out: s.Outputs, world: World) -> np.ndarray:
    """Return for every draw the probability that enough offices are competent in the target's year, shape (n,).

    At explorer resolution one probability stands for all offices of the country.
    """
    year = target.year - int(world.years[0])
    competent = out.offices[year]
    if len(competent) == 1:  # the offices are alike, so their count is binomial: its tail is a beta function
        least = int(target.threshold)
        return betainc(least, world.layout.offices - least + 1, competent[0])
    return office_count_odds(competent, int(target.threshold))


def target_rows(
    worlds: dict[str, World], found: dict[str, s.Outputs], draws: pd.DataFrame, decision: Decision
) -> pd.DataFrame:
    """Return the rows of the long table that hold the probability of every target within the horizon.

    outcome    met:<target id>@<reading>   unit probability   statistic probability
    """
    rows, world = [], next(iter(worlds.values()))

    def of_year(variant: str, year: int) -> pd.DataFrame:
        return draws[(draws["variant"] == variant) & (draws["year"] == year)]

    for target, reading, odds in target_odds(worlds, found, of_year, decision):
        rows += [
            (world.inputs.scenario.name, variant, NATION, ALL, ALL, f"met:{target.id}@{reading.id}",
             "probability", target.year, "probability", value)
            for variant, value in odds.items()
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def target_odds(
    worlds: dict[str, World],
    found: dict[str, s.Outputs],
    draws_of: Callable[[str, int], Mapping[str, np.ndarray]],
    decision: Decision,
    readings: Container[str] | None = None,
) -> Iterator[tuple[Target, Reading, dict[str, float]]]:
    """Yield every target within the horizon in every reading, with its odds by variant and of both pooled.

    draws_of    variant, year → outcome → values (n,), as `met` reads them   readings    by id; default: all
    """
    years = next(iter(worlds.values())).years
    for target in decision.scored:
        if target.year not in years:
            continue
        for reading in target.readings:
            if readings is not None and reading.id not in readings:
                continue
            odds = {}
            for variant, out in found.items():
                if reading.outcome == "office_capacity":
                    odds[variant] = float(offices_met(target, out, worlds[variant]).mean())
                else:
                    odds[variant] = float(met(target, reading, draws_of(variant, target.year)).mean())
            if len(odds) > 1:
                odds[POOLED] = float(np.mean(list(odds.values())))
            yield target, reading, odds


def targets_table(table: pd.DataFrame, decision: Decision, variant: str = POOLED) -> pd.DataFrame:
    """Return one row per target and reading: clause, year, lower, upper, p10, p50, p90, gap, probability, evidence.

    table    a long table with target rows   gap    median less the lower end, in the outcome's unit
    evidence    `informed` where a calibration narrowed the outcome, `prior-driven` everywhere else
    """
    if variant not in set(table["variant"]):
        variant = table["variant"].iloc[0]
    nation = table[(table["region"] == NATION) & (table["sector"] == ALL) & (table["size"] == ALL)]
    value = nation[nation["variant"] == variant].set_index(["outcome", "year", "statistic"])["value"]
    rows = []
    for target in decision.targets:
        for reading in target.readings:
            key = (f"met:{target.id}@{reading.id}", target.year, "probability")
            if key not in value.index:
                continue
            p10, p50, p90 = (value[(reading.outcome, target.year, q)] for q in ("p10", "p50", "p90"))
            informed = value.get((f"informed_{reading.outcome}", target.year, "value"), 0.0)
            word = INFORMED if informed else PRIOR_DRIVEN
            rows.append((target.id, reading.id, target.year, reading.outcome, target.threshold, target.upper,
                         p10, p50, p90, p50 - target.threshold, value[key], word))  # fmt: skip
    columns = [
        "clause",
        "reading",
        "year",
        "outcome",
        "lower",
        "upper",
        "p10",
        "p50",
        "p90",
        "gap",
        "probability",
        "evidence",
    ]
    return pd.DataFrame(rows, columns=columns)
