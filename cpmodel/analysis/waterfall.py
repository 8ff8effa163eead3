"""Why a forecast changed since a vintage: each cause let in by itself, in one order, draw by draw.

    then → model version → data → drivers → parameters → scenario → now

Each step runs the present code on the vintage's inputs with one more part of the present ones; the first step is the
code alone. The same draws are met throughout, so the steps are paired and add up to the whole change exactly; another
order would share out interactions differently. A calibration's draws are part of the parameters. A vintage whose inputs
the present code cannot read, or whose calibration is not kept with it, is not split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cpmodel.analysis.vintages import PRIOR, RUN, Vintage
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.scenario import Scenario
from cpmodel.model.batches import run
from cpmodel.results.outcomes import HEADLINES, national_draws

KEYS = ["variant", "draw", "year"]
STEPS = ("model version", "data", "drivers", "parameters", "scenario")
DRAWS = 256  # of each variant: paired differences need few; the first of the vintage's own


def stages(then: Inputs, now: Inputs) -> Iterator[tuple[str, Inputs]]:
    """Yield (cause, inputs with it and all before it let in); the last are the present inputs with present scenario."""
    yield "model version", then
    mixed = replace(
        now, scenario=then.scenario, parameters=then.parameters, posterior=then.posterior, macro=then.macro,
        paths=then.paths,
    )  # fmt: skip
    yield "data", mixed
    mixed = replace(mixed, macro=now.macro, paths=now.paths)
    yield "drivers", mixed
    mixed = replace(mixed, parameters=now.parameters, posterior=now.posterior)
    yield "parameters", mixed
    yield "scenario", now


def waterfall(
    one: Vintage,
    scenario: Scenario,
    root: Path,
    draws: int = DRAWS,
    progress: Callable[[str], None] | None = None,
    calibration: str | None = None,
) -> pd.DataFrame:
    """Return one row a headline, year and step: outcome, year, then, now, and a column for each step, means over draws.

    scenario    as it is now; its resolution and horizon must be the vintage's
    draws    of each variant; a calibrated vintage is run on all of its own, since particles are dealt by their number
    calibration    that stands now: a folder or `latest`; by default none for a vintage of the prior's draws, else `latest`
    """
    _refuse_what_is_not_split(one)
    archived = one.run().draws
    told = resolve(one.folder / "scenario.resolved.yaml")
    count = min(draws, told.draws) if one.calibration is None else told.draws
    calibration = calibration or ("latest" if one.calibration else None)
    change = {"draws": count}
    if (
        scenario.resolution != told.resolution
        or scenario.variants != told.variants
        or scenario.seed != told.seed
    ):
        why = "Draws can be paired only with the same resolution, variants and seed."
        fix = f"Give the scenario resolution {told.resolution}, variants {', '.join(told.variants)}, seed {told.seed}."
        raise BadInput(Problem(f"scenarios/{scenario.name}.yaml", "scenario", "not paired", why, fix))
    now = load(scenario.model_copy(update=change), root, calibration)
    with one.inputs() as place:
        then = load(told.model_copy(update=change), place, one.calibration)
    last = archived[archived["draw"] < count].set_index(KEYS).sort_index()
    years = sorted(set(last.index.get_level_values("year")))
    base = _means(last)
    parts, before = {}, base
    for cause, inputs in stages(then, now):
        if progress:
            progress(cause)
        if _untouched(cause, then, now):
            parts[cause] = before * 0.0
            continue
        ensemble = run(inputs)
        after = _means(national_draws(ensemble.worlds, ensemble.outputs).set_index(KEYS))
        parts[cause], before = after - before, after
    rows = [
        {"outcome": outcome, "year": year, "then": base.at[year, outcome], "now": before.at[year, outcome]}
        | {cause: part.at[year, outcome] for cause, part in parts.items()}
        for outcome in HEADLINES
        for year in years
        if year in before.index
    ]
    return pd.DataFrame(rows)


def _means(draws: pd.DataFrame) -> pd.DataFrame:
    """Return means by year, variants with equal weight."""
    return draws.groupby(["variant", "year"])[list(HEADLINES)].mean().groupby("year").mean()


def _untouched(cause: str, then: Inputs, now: Inputs) -> bool:
    """Whether a cause cannot have changed anything: what it reads is the same, by hash."""
    if cause == "scenario":
        return then.scenario == now.scenario
    parts = {"data": ("data",), "drivers": ("data",), "parameters": ("parameters", "calibration")}.get(
        cause, ()
    )
    return bool(parts) and all(then.hashes.get(part) == now.hashes.get(part) for part in parts)


def _refuse_what_is_not_split(one: Vintage) -> None:
    if one.kind != RUN:
        why, fix = (
            "Only the change of a run is split.",
            "Name a vintage that is a run; `cpmodel vintages` lists them.",
        )
        raise BadInput(Problem(one.name, "kind", one.kind, why, fix))
    if one.card["calibration"] != PRIOR and one.calibration is None:
        why = "This vintage took a calibration's draws, which were gone when it was kept, so its change is not split."
        raise BadInput(
            Problem(
                one.name,
                "calibration",
                "not the prior",
                why,
                "Compare its archived bands by `cpmodel score`.",
            )
        )
