"""From a scenario to what the engine reads: money by use and year, and the offers that are open when."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cpmodel.axes import COMPONENT_PROJECTS, SIZES, Cells
from cpmodel.errors import BadInput, Problem
from cpmodel.finance.design import Design, market_terms
from cpmodel.finance.guarantees import share_borne
from cpmodel.finance.loans import loan_value
from cpmodel.finance.stacking import Circumstances, combine, supported_years
from cpmodel.inputs.opened import Opened
from cpmodel.inputs.scenario import Only, Scenario
from cpmodel.model import state as s


def regime_starts(scenario: Scenario, instruments: list[Opened], years: np.ndarray) -> tuple[float, ...]:
    """Return the moments at which prices, taxes or the set of open instruments change [decimal year]."""
    moments = {scenario.horizon.start, *(float(year) for year in years[1:])}
    for one in instruments:
        moments |= {one.instrument.opens, one.instrument.closes or scenario.horizon.start}
    inside = [m for m in moments if scenario.horizon.start <= m < scenario.horizon.end + 1]
    return tuple(sorted(inside))


def spending(scenario: Scenario, price_level: pd.Series, years: np.ndarray) -> s.Spending:
    """Return money by use and year at 2010 prices, from the nominal or constant amounts of the scenario.

    price_level    consumer prices by year, 2010 = 1. Amounts are in prices of `budgets.price_year`.
    """
    money = scenario.budget_array(list(map(int, years))) / float(price_level[scenario.budgets.price_year])
    shares = scenario.activity_shares
    use = np.array([shares.outreach, shares.office_training, shares.provider_training])
    return spent(scenario, money.sum(axis=1), use, support_open(scenario, money, years), years)


def spent(
    scenario: Scenario, money: np.ndarray, use: np.ndarray, open_: np.ndarray, years: np.ndarray
) -> s.Spending:
    """Return what amounts by component project and year, (5, Y) [bn VND of 2010], are spent on.

    use    shares of component project 1 that go to outreach, office training, provider training
    open_    share of each year in which fees may be paid, (Y,); `support_open`
    The first year is shorter, so its amounts are spent at a higher rate. The scenario gives the toggles.
    """
    length = np.ones(len(years))
    length[0] = years[0] + 1 - scenario.horizon.start
    total = dict(zip(COMPONENT_PROJECTS, money / length, strict=True))
    toggles, ones = scenario.toggles, np.ones(len(years))
    return s.Spending(
        outreach=use[0] * total["awareness"],
        office_training=use[1] * total["awareness"],
        provider_training=use[2] * total["awareness"],
        database=total["database"],
        assessment_support=total["technical_support"],
        support_open=open_,
        network=total["network"],
        finance=total["finance"],
        unit_mandate=ones * toggles.unit_mandate,
        readiness_multiplier=ones * toggles.integration_in_plans,
        certificates=ones * toggles.voluntary_certificates,
    )


def support_open(scenario: Scenario, money: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return the share of each year in which fees may be paid, (Y,).

    State money pays fees only while the rule that a scenario dates (an instrument with `fee_share`, such as Joint
    Circular 221/2012) is open; aid is not bound by it. A scenario without such an instrument sets no date.
    """
    rules = [one for one in scenario.credit.values() if (one.template or "").startswith("assessment_grant")]
    if not rules:
        return np.ones(len(years))
    ruled = np.zeros(len(years))
    for one in rules:
        closes = one.closes if one.closes is not None else np.inf
        ruled = np.maximum(
            ruled, np.clip(np.minimum(years + 1.0, closes) - np.maximum(years, one.opens), 0, 1)
        )
    support = money[COMPONENT_PROJECTS.index("technical_support")]
    aid = support[1] / np.maximum(support.sum(axis=0), 1e-12)
    return np.maximum(ruled, aid)


@dataclass(frozen=True)
class Package:
    """What one size of establishment is offered beside the market in one regime."""

    design: Design
    lending: float  # ceiling [bn VND of 2010 / year]
    grants: float
    guarantees: float
    public: bool  # the state lends itself
    fee_once: float  # of guarantees [share of the credit]
    fee: float  # a year on the amount covered [1/year]
    supported_years: float  # of interest support; infinity for the whole life of the loan
    notes: tuple[str, ...]


def package(
    size: str, moment: float, instruments: list[Opened], lending_rate: float, tax_rate: float, price: float
) -> Package | None:
    """Return the offer to a size at a moment, or None where nothing is open to it.

    Several loans open together enter as one loan with their terms averaged by volume, and their volumes added: an
    applicant gets a place in the whole of state lending, not a choice between windows.
    """
    here = [one for one in instruments if one.holds(moment) and one.takes(size)]
    if not here:
        return None
    loans, rest = [o for o in here if o.is_loan], [o for o in here if not o.is_loan]
    market, around = market_terms(lending_rate, tax_rate), Circumstances(commercial_rate=lending_rate)
    volumes = np.array([o.instrument.volume.value if o.instrument.volume else np.inf for o in loans]) / price
    parts = [combine(market, [loan.terms, *(o.terms for o in rest)], around) for loan in loans]
    parts = parts or [combine(market, [o.terms for o in rest], around)]
    finite = np.where(np.isfinite(volumes), volumes, 1.0) if loans else np.ones(1)
    design = blended([part.design for part in parts], finite / max(finite.sum(), 1e-12))
    ceilings = {"grants": np.inf, "guarantees": np.inf}
    for one in rest:
        if one.instrument.volume is None:
            continue
        kind = "guarantees" if one.terms.terms.cover is not None else "grants"
        ceilings[kind] = min(ceilings[kind], one.instrument.volume.value / price)
    notes = tuple(dict.fromkeys(note for part in parts for note in (*part.notes, *part.warnings)))
    terms = [o.terms.terms for o in here]
    return Package(
        design, float(volumes.sum()) if loans else np.inf, **ceilings, public=bool(loans),
        fee_once=sum(t.fee_once or 0.0 for t in terms), fee=sum(t.fee or 0.0 for t in terms),
        supported_years=supported_years(terms), notes=notes,
    )  # fmt: skip


def blended(designs: list[Design], weights: np.ndarray) -> Design:
    """Return one design with the terms of several averaged by weight; tenors rounded to whole years."""
    if len(designs) == 1:
        return designs[0]

    def mean(name: str) -> float:
        return float(sum(w * getattr(d, name) for w, d in zip(weights, designs, strict=True)))

    names = (
        "loan_share",
        "loan_rate",
        "grant_share",
        "reward_share",
        "guarantee_cover",
        "first_loss",
        "application_cost_share",
    )
    main = designs[int(np.argmax(weights))]
    tenor = float(round(mean("tenor")))
    return replace(
        main, label=" | ".join(d.label for d in designs), tenor=tenor,
        grace=float(min(round(mean("grace")), tenor - 1)), **{name: mean(name) for name in names},
    )  # fmt: skip


def eligible_cells(instruments: list[Opened], moment: float, cells: Cells) -> np.ndarray:
    """Return 1.0 where the open instruments take establishments of the cell, by sector and province, shape (C,).

    Those open together take the same ones (`inputs.opened` refuses others).
    """
    only = next((one.instrument.only for one in instruments if one.holds(moment)), Only())
    return (_taken(cells, only) > 0).astype(float)


def eligible_part(instruments: list[Opened], cells: Cells, file: str) -> np.ndarray:
    """Return the share of the establishments of eligible cells that instruments take, by size, shape (4,).

    Only cells wider than a province and a sector group can be taken in part; a run of them knows one share a size.
    """
    found = []
    for one in instruments:
        only = one.instrument.only
        taken = _taken(cells, only)
        inside = cells.establishments * (taken > 0)
        found.append([
            (inside * taken)[cells.size == z].sum() / max(inside[cells.size == z].sum(), 1e-300) for z in range(4)
        ])  # fmt: skip
    if any(not np.allclose(one, found[0]) for one in found):
        why = "The country is run as one region here, and instruments open to other places or sectors at other times."
        fix = "Give all of them the same `only`, or run at full resolution."
        raise BadInput(Problem(file, "credit", ", ".join(one.name for one in instruments), why, fix))
    return np.array(found[0]) if found else np.ones(4)


def _taken(cells: Cells, only: Only) -> np.ndarray:
    """Return the share of each cell's establishments in the sectors and provinces named."""
    sectors, provinces = only.sectors, only.provinces
    if cells.makeup is None:
        by_sector = (
            np.ones(len(cells)) if sectors is None else np.isin(_names(cells.sectors, cells.sector), sectors)
        )
        by_region = (
            np.ones(len(cells))
            if provinces is None
            else np.isin(_names(cells.regions, cells.region), provinces)
        )
        return by_sector * by_region * 1.0
    inside, counts = cells.makeup, cells.makeup.counts
    here = np.ones(counts.shape[1:], bool)
    if sectors is not None:
        here &= np.isin(inside.sectors, sectors)[None, :]
    if provinces is not None:
        here &= np.isin(inside.regions, provinces)[:, None]
    return counts[:, here].sum(1) / np.maximum(counts.sum((1, 2)), 1e-300)


def _names(axis: tuple[str, ...], index: np.ndarray) -> np.ndarray:
    return np.array(axis)[index]


def offer_terms(
    design: Design, p: dict[str, np.ndarray], lending_rate: np.ndarray, relief: np.ndarray | None = None,
    committed: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Return what one billion VND of investment under a design means, shape (len(TERMS), n); see `state.TERMS`.

    relief    `limits.tax_relief_value` at the lending rate   committed    `limits.commitments`; None for the market,
    where the state gives nothing
    """
    relief = np.zeros((4, len(lending_rate))) if relief is None else relief
    committed = np.zeros((5, len(lending_rate))) if committed is None else committed
    value = loan_value(lending_rate, design.loan_rate, design.tenor, design.grace, design.equal_principal)
    mean_life = design.grace + (design.tenor - design.grace + 1.0) / 2.0
    risk = (p["loss_given_default"], p["loan_default"], p["default_correlation"])
    borne = share_borne(design.guarantee_cover, *risk, design.first_loss)
    expected_loss = borne * p["loan_default"] * p["loss_given_default"] * mean_life
    later = design.reward_share * np.exp(-(1.0 + p["refund_lag"]) * np.log1p(lending_rate))
    one = np.ones_like(lending_rate)
    return np.array([
        design.loan_share * one,
        (design.grant_share + design.reward_share) * one,
        design.loan_share * design.guarantee_cover * one,
        design.loan_share * design.interest_subsidy * one,
        design.loan_share * (np.maximum(1.0 - value, 0.0) + expected_loss),
        design.grant_share + later + relief[0],
        *relief[1:],
        *committed,
    ])  # fmt: skip


def size_index(size: str) -> int:
    """Return the place of a size on its axis."""
    return SIZES.index(size)
