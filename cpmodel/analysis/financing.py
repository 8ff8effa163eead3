"""What credit adds: a scenario against itself on other terms, paired draw by draw on the same worlds.

"Without" means that market terms remain, or that another scenario's credit is open instead. Establishments, prices,
budgets and every uncertain input are the same on both sides, so a difference is that of the credit alone, with all
that follows from it: adopters that are seen and talked about count too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cpmodel.axes import ALL, NATION, RUNGS, SIZES
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, make_offers, run_variant, worlds_of
from cpmodel.model.regimes import reach_of

FIRST_RUNG = s.GROUP_SUMS.index("rung_1")
ADOPTERS = s.GROUP_SUMS.index("adoption_lenient")
FRICTIONS = ("application_cost", "inspection_fear", "scheme_awareness")


@dataclass(frozen=True)
class Pair:
    """One scenario run twice, by variant: worlds, what was open, outputs with it (`supported`) and `without`."""

    worlds: dict[str, World]
    offers: dict[str, s.Offers]
    supported: dict[str, s.Outputs]
    without: dict[str, s.Outputs]

    @property
    def world(self) -> World:
        """The world of the first variant; parameters may differ in the others, years, prices and instruments do not."""
        return next(iter(self.worlds.values()))

    @property
    def years(self) -> np.ndarray:
        """Calendar years of the run."""
        return self.world.years


def market_terms_only(offers: s.Offers) -> s.Offers:
    """Return the offers with every scheme closed: market terms remain."""
    return offers._replace(scheme=np.full_like(offers.scheme, -1))


def run_pair(
    scenario: Scenario, against: Scenario | None = None, progress: Callable[[str], None] | None = None,
    inputs: Inputs | None = None, sums: str = s.GROUPS,
) -> Pair:  # fmt: skip
    """Run a scenario with its credit and without it, in every structural variant.

    against    a scenario whose credit is open instead; None leaves market terms
    inputs    what the scenario was told, where it is read already   sums    over cells that are kept, as in `engine.run`
    Raises BadInput for a scenario that opens no credit for investments.
    """
    inputs = inputs or load(scenario)
    worlds = worlds_of(inputs)
    if not next(iter(worlds.values())).instruments:
        why = "This scenario opens no instrument that finances investments, so there is nothing to cost."
        fix = "Name one that does, such as green_credit_push, or open one under `credit`."
        raise BadInput(Problem(f"scenarios/{scenario.name}.yaml", "credit", "none", why, fix))
    other = None
    if against is not None:
        told = scenario.model_copy(update={"credit": against.credit})
        other = worlds_of(replace(inputs, scenario=told))
    offers, supported, without = {}, {}, {}
    for variant in scenario.variants:
        if progress:
            progress(variant)
        world = worlds[variant]
        offers[variant] = make_offers(world, variant)
        supported[variant] = run_variant(world, offers[variant], variant, sums=sums)
        if other is None:
            market = market_terms_only(offers[variant])
            without[variant] = run_variant(world, market, variant, sums=sums)
        else:
            else_open = make_offers(other[variant], variant)
            without[variant] = run_variant(other[variant], else_open, variant, sums=sums)
    return Pair(worlds, offers, supported, without)


def gained_uptake(world: World, supported: s.Outputs, without: s.Outputs) -> np.ndarray:
    """Return the investments that credit adds, by year: options taken up beyond those without it, (Y, n).

    Only what operates on 31 December is recorded. What was taken up in the year is its change plus what lapsed or
    closed in between, at the mean of the two year ends:  ΔX' = ΔX_y − ΔX_{y−1} + (δ_k + exit)·(ΔX_y + ΔX_{y−1})/2
    """
    rungs = slice(FIRST_RUNG, FIRST_RUNG + len(RUNGS))
    gap = supported.groups[:, 0, rungs].astype(float) - without.groups[:, 0, rungs]
    draws = gap.shape[-1]
    lost = (world.parameters["lapse_rate"] + world.parameters["exit_rate"])[:, :draws]
    before = np.concatenate([np.zeros_like(gap[:1]), gap[:-1]])
    length = np.ones(len(world.years))
    length[0] = world.years[0] + 1 - world.inputs.scenario.horizon.start
    return (gap - before + lost * length[:, None, None] * (gap + before) / 2.0).sum(axis=1)


def gained_adopters(supported: s.Outputs, without: s.Outputs, group: int = 0) -> np.ndarray:
    """Return establishments that operate any option because of credit, 31 December of each year, (Y, n)."""
    return supported.groups[:, group, ADOPTERS].astype(float) - without.groups[:, group, ADOPTERS]


def incidence(pair: Pair) -> pd.DataFrame:
    """Return who gains by the last year: axis, group, size, variant, mean extra adopters, share of them, share of all.

    axis    country, province, sector, size; province_size too where the runs kept those sums, the group being the
    province. Mean over draws; a share of the extra adopters beside the group's share of all establishments shows who gets
    more than its part.
    """
    cells = pair.world.inputs.cells
    names = [("country", NATION, ALL), *(("province", code, ALL) for code in cells.regions)]
    names += [("sector", name, ALL) for name in cells.sectors] + [("size", size, size) for size in SIZES]
    if next(iter(pair.supported.values())).groups.shape[1] > len(names):
        names += [("province_size", code, size) for code in cells.regions for size in SIZES]
    rows = []
    for variant, out in pair.supported.items():
        every = out.groups[-1, :, 0].astype(float).mean(-1)
        extra = np.array([
            gained_adopters(out, pair.without[variant], g)[-1].mean() for g in range(len(names))
        ])  # fmt: skip
        for (axis, name, size), gain, number in zip(names, extra, every, strict=True):
            share = gain / extra[0] if extra[0] else np.nan
            rows.append((axis, name, size, variant, gain, share, number / every[0]))
    columns = [
        "axis",
        "group",
        "size",
        "variant",
        "extra_adopters",
        "share_of_extra",
        "share_of_establishments",
    ]
    found = pd.DataFrame(rows, columns=columns)
    return found[(found["axis"] != "province") | (found["group"] != NATION)].reset_index(drop=True)


def who_gains(table: pd.DataFrame) -> pd.DataFrame:
    """Return the incidence with variants pooled: axis, group, size, share, share_of_establishments, times_part.

    table    from `incidence`. Extra adopters are added up over variants first, so that a variant counts by what it adds.
    """
    columns = ["extra_adopters", "share_of_establishments"]
    found = table.groupby(["axis", "group", "size"], sort=False)[columns].mean().reset_index()
    share = found["extra_adopters"] / found.loc[found["axis"] == "country", "extra_adopters"].iloc[0]
    part = found["share_of_establishments"]
    return found.assign(share=share, times_part=share / part.where(part > 0))


def frictions(scenario: Scenario, draws: int = 256, inputs: Inputs | None = None) -> pd.DataFrame:
    """Return what each friction of applying withholds, relieved one at a time and all together.

    draws    enough for a comparison of means on common draws; the run is at explorer resolution
    inputs    at that resolution, where they are read already
    Columns: relieved, variant, projects, additional (investments over the horizon, mean over draws), times (additional
    against the scenario as it is). Relieved means: applying costs nothing, nobody fears later inspection, everybody
    knows the scheme and finds itself within its rules.
    """
    coarse = scenario.model_copy(update={"resolution": "explorer", "draws": min(draws, scenario.draws)})
    worlds = worlds_of(load(coarse) if inputs is None else replace(inputs, scenario=coarse))
    rows = []
    for variant, world in worlds.items():
        base = make_offers(world, variant)
        without = run_variant(world, market_terms_only(base), variant)
        for relieved in ((), *((name,) for name in FRICTIONS), FRICTIONS):
            easier = _relieved(world, relieved)
            offers = make_offers(easier, variant) if "application_cost" in relieved else base
            out = run_variant(world, offers._replace(reach=reach_of(easier)), variant)
            rows.append((
                "+".join(relieved) or "none", variant, out.flows[:, s.PROJECTS].sum(0).mean(),
                gained_uptake(world, out, without).sum(0).mean(),
            ))  # fmt: skip
    found = pd.DataFrame(rows, columns=["relieved", "variant", "projects", "additional"])
    asis = found[found["relieved"] == "none"].set_index("variant")["additional"]
    return found.assign(times=found["additional"] / found["variant"].map(asis))


def _relieved(world: World, names: tuple[str, ...]) -> World:
    p = dict(world.parameters)
    for name in names:
        p[name] = np.full_like(p[name], 1.0 if name == "scheme_awareness" else 0.0)
    return replace(world, parameters=p)


def binding_friction(table: pd.DataFrame) -> str:
    """Return which friction stops most of those who know the scheme, over all variants; from `frictions`.

    Knowledge of the scheme is left out: calibrated on one fund's record, it holds whatever the model does not name
    (rules of eligibility, the banks' own will), so its relief is always the largest and tells schemes apart least.
    """
    named = table[table["relieved"].isin(("application_cost", "inspection_fear"))]
    return str(named.groupby("relieved")["additional"].mean().idxmax())


def pooled(values: dict[str, np.ndarray]) -> np.ndarray:
    """Return the draws of every variant side by side, (..., n · variants)."""
    return np.concatenate(list(values.values()), axis=-1)
