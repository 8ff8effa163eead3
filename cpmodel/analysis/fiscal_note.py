"""The fiscal note of a scenario's credit: cash by budget year, present value, contingent stock and its tail, what is
additional, what a unit saved costs, who gains, what stays unspent.

Money is nominal; what is discounted is discounted to the year in which credit opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cpmodel.analysis.appropriations import BAND, appropriations
from cpmodel.analysis.financing import Pair, frictions, gained_adopters, gained_uptake, incidence, run_pair
from cpmodel.analysis.ledgers import CASH, Ledger, ledgers_of
from cpmodel.analysis.unit_costs import TOLD, unit_costs
from cpmodel.axes import SIZES
from cpmodel.finance.fiscal import leverage
from cpmodel.inputs.instrument_terms import unusual
from cpmodel.inputs.load import Inputs, at_resolution, load
from cpmodel.inputs.remarks import Remark
from cpmodel.inputs.scenario import Scenario
from cpmodel.memory import free_memory, refuse_too_little_memory
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.batches import memory_of_a_run
from cpmodel.model.ensemble import World
from cpmodel.model.limits import opening_year

BOTH = "both"


@dataclass(frozen=True)
class FiscalNote:
    """Every table of a note; see the functions that make them. base    the year to which values are discounted

    incidence    empty at explorer resolution   remarks    what was assumed of terms, and what deserves a second look
    calibration    its folder's name, or "prior"
    """

    scenario: Scenario
    against: str | None
    calibration: str
    instruments: tuple[str, ...]
    remarks: tuple[Remark, ...]
    base: int
    rate: float
    cost_of_funds: float
    cash: pd.DataFrame
    cash_by_kind: pd.DataFrame
    contingent: pd.DataFrame
    totals: pd.DataFrame
    leverage: pd.DataFrame
    additionality: pd.DataFrame
    unit_costs: pd.DataFrame
    appropriations: pd.DataFrame
    frictions: pd.DataFrame
    incidence: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by name, in the order of the note."""
        return {name: value for name, value in vars(self).items() if isinstance(value, pd.DataFrame)}


def fiscal_note(
    scenario: Scenario, against: Scenario | None = None, progress: Callable[[str], None] | None = None,
    incidence_draws: int = 128, friction_draws: int = 64, calibration: str | None = None,
) -> FiscalNote:  # fmt: skip
    """Run a scenario with and without its credit and return its fiscal note.

    against    a scenario whose credit is the alternative; None: market terms remain
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    Money and additionality come from runs of the country as one region with the scenario's draws; incidence by
    province from paired runs at full resolution with fewer draws, whose means are enough for shares.
    """
    inputs = load(scenario, calibration=calibration)
    pair, held_back, gains = runs_behind(inputs, against, progress, incidence_draws, friction_draws)
    return note_of(scenario, pair, None if against is None else against.name, held_back, gains)


def runs_behind(
    inputs: Inputs, against: Scenario | None = None, progress: Callable[[str], None] | None = None,
    incidence_draws: int = 128, friction_draws: int = 64,
) -> tuple[Pair, pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return the runs of a note: the pair, what frictions hold back, who gains."""
    refuse_too_large(inputs)
    say, scenario = progress or (lambda what: None), inputs.scenario
    coarse = at_resolution(inputs, "explorer")
    pair = run_pair(coarse.scenario, against, say, coarse)
    say("frictions")
    held_back = frictions(coarse.scenario, friction_draws, coarse)
    gains = pd.DataFrame()
    if scenario.resolution == "full":
        say("incidence")
        few = scenario.model_copy(update={"draws": min(incidence_draws, scenario.draws)})
        gains = incidence(run_pair(few, against, inputs=replace(inputs, scenario=few), sums=s.CROSSED))
    return pair, held_back, gains


def refuse_too_large(inputs: Inputs) -> None:
    """Raise `BadInput` when this machine lacks the memory for the pair, by far the largest of a note's runs."""
    memory = memory_of_a_run(at_resolution(inputs, "explorer"), inputs.scenario.draws)
    refuse_too_little_memory("this machine", free_memory(), memory, "--draws")


def note_of(
    scenario: Scenario, pair: Pair, against: str | None, held_back: pd.DataFrame, gains: pd.DataFrame
) -> FiscalNote:
    """Return the note of a pair of runs; `held_back` and `gains` from `frictions` and `incidence`."""
    ledgers = ledgers_of(pair)
    p, opened, posterior = pair.world.parameters, pair.world.instruments, pair.world.inputs.posterior
    rate, cost_of_funds = float(p["government_rate"][0]), float(p["cost_of_public_funds"][0])
    base = opening_year(opened, int(pair.years[0]))
    summed = totals(pair, ledgers, rate, base)
    return FiscalNote(
        scenario, against, "prior" if posterior is None else posterior.name, tuple(one.name for one in opened),
        remarks_on(pair.world), base, rate, cost_of_funds, by_year(ledgers, lambda one: one.total), cash_by_kind(ledgers),
        contingent(ledgers), summed, leverage_table(ledgers), additionality_table(summed, cost_of_funds),
        unit_costs(pair, ledgers, rate, base, cost_of_funds), appropriations(pair, ledgers), held_back, gains,
    )  # fmt: skip


def remarks_on(world: World) -> tuple[Remark, ...]:
    """Return what was assumed where sources are silent, unusual terms and interactions, each once, as first met."""
    found: dict[tuple, Remark] = {}
    for moment in world.moments:
        y = int(np.floor(moment + 1e-9)) - int(world.years[0])
        around = (float(world.typical_rate[y]), float(world.tax_rate[y]), float(world.price[y]))
        for size in SIZES:
            package = levers.package(size, moment, world.instruments, *around)
            for one in package.notes if package else ():
                found.setdefault((one.key, one.parts.get("name")), one)
    odd = [text for one in world.instruments for text in unusual(one.terms.terms)]
    return (*found.values(), *dict.fromkeys(odd))


def cash_by_kind(ledgers: dict[str, Ledger]) -> pd.DataFrame:
    """Return mean cash by variant, year and kind [bn VND, nominal]; kinds that never move are left out."""
    frames = [by_year(ledgers, lambda one, kind=kind: one.cash[kind]).assign(kind=kind) for kind in CASH]
    found = pd.concat([frame for frame in frames if frame["mean"].abs().max() > 0] or frames[:1])
    return found[["variant", "year", "kind", "mean", *BAND]].reset_index(drop=True)


def by_year(ledgers: dict[str, Ledger], what: Callable[[Ledger], np.ndarray]) -> pd.DataFrame:
    """Return mean and band by year of one quantity: variant, year, mean, low, central, high."""
    rows = []
    for variant, values in pooled_too({v: what(one) for v, one in ledgers.items()}).items():
        years = next(iter(ledgers.values())).years[: len(values)]
        bands = np.quantile(values, list(BAND.values()), axis=-1).T
        rows += [
            (variant, int(y), m, *band) for y, m, band in zip(years, values.mean(-1), bands, strict=True)
        ]
    return pd.DataFrame(rows, columns=["variant", "year", "mean", *BAND])


def pooled_too(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values by variant, with all draws side by side as `both` first where there are several variants."""
    if len(values) == 1:
        return dict(values)
    return {BOTH: np.concatenate(list(values.values()), axis=-1), **values}


def contingent(ledgers: dict[str, Ledger]) -> pd.DataFrame:
    """Return the contingent liability by year: stock at 31 December, expected loss, 95th and 99th percentile of claims."""
    stock = by_year(ledgers, lambda one: one.book.guaranteed)
    for name, q in (("p95", 0.95), ("p99", 0.99)):
        found = pooled_too(
            {v: np.quantile(one.sampled_claims, q, axis=-1)[:, None] for v, one in ledgers.items()}
        )
        both = np.concatenate([one.sampled_claims for one in ledgers.values()], axis=-1)
        found[next(iter(found))] = (
            np.quantile(both, q, axis=-1)[:, None] if len(ledgers) > 1 else found[next(iter(found))]
        )
        stock[name] = np.concatenate([values[:, 0] for values in found.values()])
    expected = pooled_too({v: one.book.claims for v, one in ledgers.items()})
    stock["expected_loss"] = np.concatenate([values.mean(-1) for values in expected.values()])
    return stock


def totals(pair: Pair, ledgers: dict[str, Ledger], rate: float, base: int) -> pd.DataFrame:
    """Return sums over the years: variant, figure, unit, mean, low, central, high."""
    figures: dict[str, tuple[str, dict[str, np.ndarray]]] = {}

    def add(name: str, unit: str, what: Callable[[str], np.ndarray]) -> None:
        figures[name] = unit, pooled_too({v: what(v) for v in ledgers})

    def value(variant: str, flows: np.ndarray, at: float = rate) -> np.ndarray:
        return ledgers[variant].present_value(flows, at, base)

    add("fiscal_npv", "bn VND", lambda v: value(v, ledgers[v].total))
    add("fiscal_npv_at_5_percent", "bn VND", lambda v: value(v, ledgers[v].total, 0.05))
    add("cash_sum", "bn VND", lambda v: ledgers[v].total.sum(0))
    add("largest_outlay", "bn VND", lambda v: ledgers[v].total.cumsum(0).max(0))
    add("subsidy_equivalent", "bn VND", lambda v: value(v, ledgers[v].equivalent))
    add("claims_npv", "bn VND", lambda v: value(v, ledgers[v].sampled_claims))
    add("lent", "bn VND", lambda v: ledgers[v].lent.sum(0))
    add("invested", "bn VND", lambda v: ledgers[v].invested.sum(0))
    add("projects", "projects", lambda v: pair.supported[v].flows[:, s.PROJECTS].sum(0))
    add(
        "additional",
        "projects",
        lambda v: gained_uptake(pair.worlds[v], pair.supported[v], pair.without[v]).sum(0),
    )
    add("extra_adopters", "establishments", lambda v: gained_adopters(pair.supported[v], pair.without[v])[-1])
    rows = []
    for name, (unit, values) in figures.items():
        for variant, draws in values.items():
            rows.append((variant, name, unit, draws.mean(), *np.quantile(draws, list(BAND.values())),
                         *np.quantile(draws, [0.95, 0.99])))  # fmt: skip
    return pd.DataFrame(rows, columns=["variant", "figure", "unit", "mean", *BAND, "p95", "p99"])


def leverage_table(ledgers: dict[str, Ledger]) -> pd.DataFrame:
    """Return the three ratios of each variant, cash alone and with guarantees counted; ratios of means over draws."""
    rows = []
    for variant, one in ledgers.items():
        face = float((one.public_lent + one.grants).sum(0).mean())
        parts = (float(one.invested.sum(0).mean()), face, float(one.equivalent.sum(0).mean()))
        guaranteed = float(one.guaranteed.sum(0).mean())
        for counted in (0.0, guaranteed) if guaranteed > 0 else (0.0,):
            found = leverage(*parts, counted)
            rows.append((variant, counted > 0, found.cofinance_per_face, found.investment_per_face,
                         found.investment_per_subsidy))  # fmt: skip
    columns = [
        "variant",
        "guarantees_counted",
        "cofinance_per_face",
        "investment_per_face",
        "investment_per_subsidy",
    ]
    return pd.DataFrame(rows, columns=columns)


def additionality_table(summed: pd.DataFrame, cost_of_funds: float) -> pd.DataFrame:
    """Return by variant: projects, additional, additional_share, free_riders, and cost per additional adoption.

    summed    from `totals`; ratios of means over draws. What credit adds includes those who follow adopters they see,
    so the share may pass 1; free riders are then none. Where those who wait hold back more than is added, both are
    unknown. Costs in bn VND of the base year.
    """
    mean = summed.pivot(index="variant", columns="figure", values="mean")
    found = mean[["projects", "additional", "fiscal_npv"]].copy()
    found["additional_share"] = (found["additional"] / found["projects"].where(found["projects"] > 0)).where(
        found["additional"] >= 0
    )
    found["free_riders"] = (1.0 - found["additional_share"]).clip(lower=0.0)
    per = cost_of_funds * found["fiscal_npv"] / found["additional"].where(found["additional"] > TOLD)
    return found.assign(cost_per_additional=per).reset_index()
