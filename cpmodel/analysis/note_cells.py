"""A finance note as cells of the long table, saved as a run folder, so that a brief reads it as it reads any run.

Outcomes begin with `note_`; money is in billion VND, nominal, or discounted to the note's base year where the outcome is
a present value. The year of a sum over the years is the base year.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import FRICTIONS, Pair, pooled, who_gains
from cpmodel.analysis.fiscal_note import BOTH, FiscalNote, note_of, pooled_too, runs_behind
from cpmodel.analysis.ledgers import CASH, Ledger, ledgers_of
from cpmodel.analysis.note_cases import typical_cases
from cpmodel.analysis.note_facts import facts
from cpmodel.analysis.note_figures import claims_histogram, cost_drivers, fund_balance, savings_steps
from cpmodel.analysis.note_impacts import impacts
from cpmodel.axes import ALL, NATION
from cpmodel.inputs.load import Inputs, at_resolution, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.results import saved
from cpmodel.results.outcomes import COLUMNS, QUANTILES

FOLDER = "notes"
DRAWS = {"incidence": 128, "frictions": 64, "cases": 256, "delay": 256}  # behind parts of a note
MONEY = "bn VND"
FIRST_YEARS = (3, 5)  # budget years that a medium-term expenditure framework and a plan look at
AXES = {"size": "size", "sector": "sector", "province": "region", "province_size": "region"}
Rows = Iterable[tuple]


def save_note(
    scenario: Scenario, into: Path | None = None, progress: Callable[[str], None] | None = None,
    incidence_draws: int = DRAWS["incidence"], friction_draws: int = DRAWS["frictions"],
    case_draws: int = DRAWS["cases"], delay_draws: int = DRAWS["delay"],
    calibration: str | None = None,
) -> Path:  # fmt: skip
    """Make the finance note of a scenario and write its folder; returns the folder, which may exist already.

    into    the folder to write; by default reports/notes/<UTC date>_<scenario>_<hash8>
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    delay_draws    behind the comparison with a year's delay
    Draws as in `fiscal_note` and `typical_cases`. Raises BadInput for a scenario that opens no credit.
    """
    inputs = load(scenario, calibration=calibration)
    draws = incidence_draws, friction_draws, case_draws, delay_draws
    usual = note_folder(inputs, dict(zip(DRAWS, draws, strict=True)))
    folder = Path(into) if into else usual
    if saved.is_complete(folder) and into is None:
        return folder
    saved.refuse_taken(folder)
    pair, held_back, gains = runs_behind(inputs, None, progress, incidence_draws, friction_draws)
    note = note_of(scenario, pair, None, held_back, gains)
    if progress:
        progress("typical projects")
    full = at_resolution(inputs, "full")
    year = int(np.ceil(max(one.instrument.opens for one in pair.world.instruments)))
    cases = typical_cases(full, pair.world.instruments, year, draws=case_draws)
    if progress:
        progress("impacts")
    table = cells(note, pair, cases, year, inputs, delay_draws)
    manifest = saved.manifest_of(inputs) | facts(note, pair) | {"hashes": inputs.hashes}
    return saved.write(folder, scenario, table, draw_by_draw(note, pair), manifest)


def note_folder(inputs: Inputs, draws: Mapping[str, int] = DRAWS) -> Path:
    """Return the folder of a note, made or not; its draws join the hashes of the inputs."""
    inputs.hashes["note"] = hashlib.sha256(json.dumps(draws).encode()).hexdigest()
    return saved.default_folder(inputs, FOLDER)


def cells(
    note: FiscalNote, pair: Pair, cases: pd.DataFrame, case_year: int, inputs: Inputs, delay_draws: int
) -> pd.DataFrame:
    """Return every number of a note as rows of the long table; `cases` from `typical_cases`, at prices of `case_year`."""
    ledgers = ledgers_of(pair)
    parts = (
        _totals(note), _cash(note, ledgers), _contingent(note, ledgers), _behind_figures(note, pair, ledgers),
        _additionality(note), _appropriations(note), _frictions(note), _incidence(note), _cases(cases, case_year),
        _impacts(note, pair, ledgers, inputs, delay_draws),
    )  # fmt: skip
    rows = [(note.scenario.name, *row) for part in parts for row in part]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found[np.isfinite(found["value"].astype(float))].reset_index(drop=True)


def cell(
    outcome: str, unit: str, year: int, statistic: str, value: float, variant: str = BOTH, region: str = NATION,
    sector: str = ALL, size: str = ALL,
) -> tuple:  # fmt: skip
    """Return one row of the long table, but for the scenario."""
    return variant, region, sector, size, outcome, unit, int(year), statistic, float(value)


def _totals(note: FiscalNote) -> Rows:
    names = {"mean": "mean", "low": "p10", "central": "p50", "high": "p90", "p95": "p95", "p99": "p99"}
    for row in note.totals.itertuples():
        for column, statistic in names.items():
            value = getattr(row, column)
            yield cell(f"note_{row.figure}", row.unit, note.base, statistic, value, row.variant)
    yield cell("note_discount_rate", "1/year", note.base, "fixed", note.rate)
    yield cell("note_cost_of_funds", "ratio", note.base, "fixed", note.cost_of_funds)


def _cash(note: FiscalNote, ledgers: dict[str, Ledger]) -> Rows:
    years = next(iter(ledgers.values())).years
    total = pooled({v: one.total for v, one in ledgers.items()})
    sums = {f"note_cash_first_{n}": (years >= note.base) & (years < note.base + n) for n in FIRST_YEARS}
    sums["note_cash_within_run"] = years <= note.scenario.horizon.end
    sums["note_cash_after_run"] = ~sums["note_cash_within_run"]
    for name, chosen in sums.items():
        yield from _spread(name, note.base, total[chosen].sum(0))
    for year, values in zip(years, total, strict=True):
        yield from _spread("note_cash", year, values)
    for kind in CASH:
        values = pooled({v: one.cash[kind] for v, one in ledgers.items()}).mean(-1)
        if np.abs(values).max() > 0:
            yield from (
                cell(f"note_cash_{kind}", MONEY, y, "mean", value)
                for y, value in zip(years, values, strict=True)
            )


def _spread(outcome: str, year: int, values: np.ndarray) -> Rows:
    yield cell(outcome, MONEY, year, "mean", values.mean())
    for name, level in QUANTILES.items():
        yield cell(outcome, MONEY, year, name, np.quantile(values, level))


def _contingent(note: FiscalNote, ledgers: dict[str, Ledger]) -> Rows:
    for row in note.contingent.itertuples():
        where = {"variant": row.variant}
        yield cell("note_guaranteed", MONEY, row.year, "mean", row.mean, **where)
        yield cell("note_guaranteed", MONEY, row.year, "p90", row.high, **where)
        yield cell("note_claims", MONEY, row.year, "mean", row.expected_loss, **where)
        for name in ("p95", "p99"):
            yield cell("note_claims", MONEY, row.year, name, getattr(row, name), **where)
    bins = claims_histogram(ledgers, note.rate, note.base)
    for row in bins.itertuples():
        yield cell(
            "note_claims_npv_share", "share of draws", note.base, f"{row.low:.6g}_{row.high:.6g}", row.share
        )


def _behind_figures(note: FiscalNote, pair: Pair, ledgers: dict[str, Ledger]) -> Rows:
    balance, known = fund_balance(pair)
    for row in balance.itertuples():
        yield cell(f"note_fund_{row.level}", MONEY, row.year, "mean", row.capital)
    for level, rate in balance.drop_duplicates("level").set_index("level")["default_rate"].items():
        yield cell(f"note_fund_default_{level}", "1/year", note.base, "fixed", rate)
        yield cell(f"note_fund_kept_{level}", "share", note.scenario.horizon.end, "mean", known[level])
    if known:
        yield cell("note_fund_opening", MONEY, note.base, "mean", known["opening"])
    steps = savings_steps(pair)
    for name, value in steps.items():
        yield cell(f"note_saved_{name}", "toe", note.base, "mean", value)
    cost = note.totals.set_index(["variant", "figure"])["mean"]
    spent = note.cost_of_funds * float(
        cost[next(v for v in (BOTH, *ledgers) if v in cost.index), "fiscal_npv"]
    )
    if spent > 0:
        yield cell("note_saved_net_per_bn", "toe per bn VND", note.base, "mean", steps["net"] / spent)
    for rank, row in enumerate(cost_drivers(pair, ledgers, note.rate, note.base).itertuples(), start=1):
        if row.told:
            yield cell(f"driver_{row.input}", MONEY, note.base, "low", row.low)
            yield cell(f"driver_{row.input}", MONEY, note.base, "high", row.high)
            yield cell(f"driver_{row.input}", "rank", note.base, "rank", rank)


def _additionality(note: FiscalNote) -> Rows:
    for row in note.additionality.itertuples():
        for name, unit in (
            ("additional_share", "share"),
            ("free_riders", "share"),
            ("cost_per_additional", MONEY),
        ):
            yield cell(f"note_{name}", unit, note.base, "mean", getattr(row, name), row.variant)
    for row in note.unit_costs.itertuples():
        name = f"note_cost_per_{row.per}_{row.base}_{row.period}_{'' if row.discounted else 'un'}discounted"
        yield cell(name, f"m VND per {row.per}", note.base, "mean", row.cost, row.variant)
    for row in note.leverage.itertuples():
        counted = "with_guarantees" if row.guarantees_counted else "cash"
        for name in ("cofinance_per_face", "investment_per_face", "investment_per_subsidy"):
            yield cell(f"note_{name}_{counted}", "ratio", note.base, "mean", getattr(row, name), row.variant)


def _appropriations(note: FiscalNote) -> Rows:
    lending = note.appropriations[note.appropriations["kind"] == "lending"]
    if lending.empty:
        return
    yearly = lending.groupby("year")[["offered", "mean", "unserved"]].mean()
    for name, column in (("offered", "offered"), ("lent", "mean"), ("unserved", "unserved")):
        for year, value in yearly[column].items():
            yield cell(f"note_volume_{name}", MONEY, year, "mean", value)
    for year, value in lending.groupby("year")["waiting"].mean().items():
        if value > 0:
            yield cell("note_waiting", "establishments", year, "mean", value)
    summed = yearly.sum()
    yield cell("note_volume_used_share", "share", note.base, "mean", summed["mean"] / summed["offered"])
    yield cell("note_volume_offered_all_years", MONEY, note.base, "mean", summed["offered"])


def _frictions(note: FiscalNote) -> Rows:
    for name in (*FRICTIONS, "+".join(FRICTIONS)):
        found = note.frictions[note.frictions["relieved"] == name]
        for row in found.itertuples():
            yield cell(f"note_relieved_{name}", "ratio", note.base, "mean", row.times, row.variant)
        yield cell(f"note_relieved_{name}", "ratio", note.base, "mean", found["times"].mean())


def _incidence(note: FiscalNote) -> Rows:
    if note.incidence.empty:
        return
    found, end = who_gains(note.incidence), note.scenario.horizon.end
    for axis, field in AXES.items():
        for row in found[found["axis"] == axis].itertuples():
            share, part, where = (
                row.share,
                row.share_of_establishments,
                {"size": row.size} | {field: row.group},
            )
            yield cell("note_share_of_extra", "share", end, "mean", share, **where)
            yield cell("note_share_of_establishments", "share", end, "mean", part, **where)
            yield cell("note_times_part", "ratio", end, "mean", share / part if part > 0 else np.nan, **where)


def _impacts(
    note: FiscalNote, pair: Pair, ledgers: dict[str, Ledger], inputs: Inputs, delay_draws: int
) -> Rows:
    told = impacts(inputs, pair, ledgers, note.rate, note.base, note.cost_of_funds, delay_draws)
    for outcome, unit, statistic, value, variant in told:
        yield cell(outcome, unit, note.base, statistic, value, variant)


def _cases(cases: pd.DataFrame, year: int) -> Rows:
    units = {"investment": MONEY, "equity_irr": "1/year", "least_debt_service_cover": "ratio",
             "least_grant_that_is_accepted": "share", "least_rate_cut_that_is_accepted": "1/year"}  # fmt: skip
    for row in cases.itertuples():
        name = f"typical_{row.figure}_{row.rung}_{row.terms}"
        by_variant = row.figure.startswith(("share_accepting", "gain_without"))
        unit = "share" if by_variant else units.get(row.figure, "years")
        statistic = "mean" if by_variant else "typical"
        yield cell(name, unit, year, statistic, row.value, row.variant, sector=row.sector, size=row.size)


def draw_by_draw(note: FiscalNote, pair: Pair) -> pd.DataFrame:
    """Return what the percentiles are taken of: variant, draw, fiscal_npv and claims_npv [bn VND]."""
    ledgers = ledgers_of(pair)
    flows = {"fiscal_npv": lambda one: one.total, "claims_npv": lambda one: one.sampled_claims}
    found = {
        name: pooled_too(
            {v: one.present_value(what(one), note.rate, note.base) for v, one in ledgers.items()}
        )
        for name, what in flows.items()
    }
    frames = (
        pd.DataFrame({"variant": v, "draw": range(len(values))} | {name: f[v] for name, f in found.items()})
        for v, values in found["fiscal_npv"].items()
        if v != BOTH
    )
    return pd.concat(frames, ignore_index=True)
