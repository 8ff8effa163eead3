"""Acceptance tables: what share of a size accepts each rung on given terms, tabulated once per distinct offer.

An offer is a size of establishment, a finance design and a year's prices. Its table runs over visible adoption,
because what is seen of adopters lowers hidden cost; prices enter through the payback. Two structural variants are
carried: H1, high hurdle rates and no hidden cost; H2, one lower hurdle rate and a hidden cost that gives the same
longest payback without support. What credit buys differs between them, so every result shows both.

`choices` says in plain numpy what a table holds; here it is made by compiled code, all draws and offers in one go.
What no scheme changes, the market, is made once and kept by whoever tries one scheme after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cpmodel.axes import RUNGS, SIZES
from cpmodel.finance.design import Design
from cpmodel.finance.loans import amortise
from cpmodel.finance.relief import level_steps, yearly_deductions, yearly_rates
from cpmodel.finance.tax import SETTLED, depreciation_schedule
from cpmodel.model import native
from cpmodel.model.acceptance import correlation_nodes, margin_correlation
from cpmodel.model.choices import hurdle_grid, time_preference
from cpmodel.model.sharing import parts_of, share_out, threads_for
from cpmodel.model.state import BLOCK
from cpmodel.model.terms import TERMS, Thresholds
from cpmodel.model.work import aligned, by_block

NODES = np.array([0.0, 0.05, 0.2, 0.6])  # visible adoption [share] at which acceptance is tabulated
KERNEL = "cpmodel.model.averages.fill_tables"
QUADRATURE = 9  # Gauss–Hermite nodes in ln h; against 15 nodes acceptance moves by less than 1e-6
OVER_CORRELATION = (
    4  # nodes of Φ2 in tables: error below 2e-7 for |ρ| ≤ 0.7, 2e-5 at 0.9, far below that of `NODES`
)
BY_SIZE = ("credit_access", "score_refusal")
BY_RUNG = ("option_life", "payback_sigma", "payback_median", "bill_saving")
ALIKE = ("hurdle_sigma", "hidden_cost_learning", "hidden_cost_scale", "refund_lag", "cash_ratio_sigma",
         "guarantee_response", "collateral_response", "market_collateral_share", "required_cover")  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """Terms that one size of establishment meets in one year, beside the market's.

    size    index of the size   year    row of the market's prices and designs   design    the finance design
    """

    size: int
    year: int
    design: Design


@dataclass(frozen=True)
class Market:
    """Establishments and what they accept on the market's terms, in one variant: whatever no scheme changes.

    Y years, Z sizes, V levels of visible adoption, Q hurdle rates, n draws.
    firms (Z, blocks)    records of what describes establishments   frictions (Z, n)    cost of applying for an offer
    prices (Y, n)    log of the real resource price index over the capital cost index   resources (Y, n)    that of
    resources alone: times it and a bill of 2010, a payback of the year is an investment   grid    as in `fill_tables`
    accept (Y·Z, V, K, n)    share that accepts, row Z·y + z   shares (Y·Z, V, K, Q, n)    the same by hurdle rate
    """

    draws: int
    firms: np.ndarray
    frictions: np.ndarray
    prices: np.ndarray
    resources: np.ndarray
    grid: tuple[np.ndarray, np.ndarray, np.ndarray]
    accept: np.ndarray
    shares: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """Visible adoption at which acceptance is tabulated (V,) [share]."""
        return self.grid[2]


def make_market(
    variant: str, p: Mapping[str, np.ndarray], designs: Sequence[Design], rates: np.ndarray, prices: np.ndarray,
    nodes: np.ndarray = NODES, quadrature: int = QUADRATURE, threads: int | None = None, equipment: float = 1.0,
) -> Market:  # fmt: skip
    """Tabulate what every size accepts on the market's terms in every year.

    p    parameters as name → array (`Parameters.values`), with `bill_saving` (K, n)   designs    of the market (Y,)
    rates, prices (Y, n)    lending rate [1/year], and as in `Market`   nodes    of visible adoption; under H1 there is no
    hidden cost to learn about, so the first one says all   threads    default: all cores   equipment    its price, 2010 = 1
    """
    draws, sizes = prices.shape[-1], len(SIZES)
    grid = (*hurdle_grid(quadrature), np.array(nodes[:1] if variant == "H1" else nodes, float))
    accept = np.empty((len(designs) * sizes, len(grid[2]), len(RUNGS), _whole(prices).shape[-1]))
    shares = np.empty((*accept.shape[:-1], quadrature, accept.shape[-1]))
    one = Market(
        draws,
        _firms(variant, p),
        _whole(p["application_cost"]),
        _whole(prices),
        equipment * np.exp(_whole(prices)),
        grid,
        accept,
        shares,
    )
    rows = [(Offer(z, y, design), sizes * y + z) for y, design in enumerate(designs) for z in range(sizes)]
    loan_rates = np.repeat(_whole(rates), sizes, axis=0)
    _tabulate(one, [[row] for row in rows], loan_rates, np.zeros_like(loan_rates), (accept,) * 4, threads)
    return one


def with_offers(market: Market, offers: Sequence[Offer], threads: int | None = None) -> np.ndarray:
    """Return acceptance, use, investment and lending of the market and of offers beside it, (4, Y·Z + P, V, K, n).

    An establishment takes whichever suits it better, so an offer never lowers acceptance. Only acceptance is filled for
    the market. accept, used [share of the assessed] · invested, lent [payback years × share]: means of payback over those
    who use the offer, and over those of them who take its loan, at the resource prices of 2010; times bill saving and
    resource bill they are money.
    """
    first = len(market.accept)
    tables = np.zeros((4, first + len(offers), *market.accept.shape[1:]))
    tables[0, :first] = market.accept
    alike: dict[tuple, list] = {}
    for row, offer in enumerate(offers, start=first):
        alike.setdefault((offer.size, offer.design), []).append((offer, row))
    groups = list(alike.values())
    rates = np.array([np.full(market.prices.shape[-1], rows[0][0].design.loan_rate) for rows in groups])
    frictions = np.array([market.frictions[rows[0][0].size] for rows in groups])
    if groups:
        _tabulate(market, groups, rates, frictions, tuple(tables), threads)
        tables[2:, first:] *= market.resources[[offer.year for offer in offers]][:, None, None]
    return tables[..., : market.draws]


def _tabulate(market: Market, groups, rates, frictions, tables, threads: int | None) -> None:
    """Fill tables: each group is offers of one size and design, with the rows that they fill."""
    terms, met, known = np.zeros(len(groups), TERMS), [], {}
    scheme = tables[0] is not market.accept
    for t, rows in enumerate(groups):
        offer = rows[0][0]
        if offer.design not in known:
            known[offer.design] = _record(offer.design)
        terms[t] = known[offer.design]
        terms[t]["size"], terms[t]["scheme"] = offer.size, scheme
        terms[t]["first"], terms[t]["last"] = len(met), len(met) + len(rows)
        met += rows
    prices, sizes = market.prices[[one.year for one, _ in met]], len(market.firms)
    places = np.array([(sizes * one.year + one.size, row) for one, row in met])
    fixed = (terms, rates, frictions, prices, places, market.firms, market.grid)
    hurdles, seen = len(market.grid[0]), len(market.seen)

    blocks = prices.shape[-1] // BLOCK
    count = threads_for(blocks, threads)

    def several(waiting: Iterator[tuple[int, int]]) -> None:
        fill = native.bound(KERNEL, 2, *fixed, _empty(hurdles, seen), market.shares, tables)
        for first, last in waiting:
            fill(first, last)

    share_out(several, parts_of(blocks, count), count)


def _empty(hurdles: int, seen: int) -> Thresholds:
    shapes = (*((hurdles,),) * 5, (seen,), (2, seen, hurdles))
    return Thresholds(*(aligned((*shape, BLOCK), np.dtype(float)) for shape in shapes))


def _firms(variant: str, p: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return what describes the establishments of every size, one record a block of draws, (Z, blocks)."""
    alike = {name: _whole(p[name]) for name in (*ALIKE, *BY_RUNG)}
    rho = margin_correlation(alike["payback_sigma"], alike["cash_ratio_sigma"])
    alike["nodes"] = np.ascontiguousarray(np.moveaxis(correlation_nodes(rho, OVER_CORRELATION), 2, 0))
    found = []
    for z in range(len(SIZES)):
        median = _whole(p["hurdle_median"][z])
        told = time_preference(variant, median, _whole(p["hurdle_hidden_cost"]), alike["option_life"])
        own = {
            "hurdle_median": told[0],
            "hidden_cost": told[1],
            "cash_median": _whole(p["cash_ratio_median"][z]),
        }
        found.append(by_block({**alike, **own, **{name: _whole(p[name][z]) for name in BY_SIZE}}))
    return np.stack(found)


def _whole(values: np.ndarray) -> np.ndarray:
    """Return an array whose draws fill whole blocks: the last one is repeated."""
    missing = -values.shape[-1] % BLOCK
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)], mode="edge") if missing else values


def _record(design: Design) -> np.ndarray:
    """Return the terms of a design as kernels read them."""
    one = np.zeros((), TERMS)
    for name in TERMS.names:
        if hasattr(design, name) and getattr(design, name) is not None:
            one[name] = getattr(design, name)
    written = depreciation_schedule(1.0, design.depreciation_years, design.depreciation_factor)
    rates = yearly_rates(design, SETTLED)
    one["loan_years"], one["taxes"], one["written"][: len(written)] = round(design.tenor), rates, written
    if design.relief is not None:
        one["relieved"] = 1
        loan = amortise(1.0, design.loan_rate, design.tenor, design.grace, design.profile)
        for name, amounts in (
            ("saved_by_asset", yearly_deductions(design)),
            ("saved_by_loan", loan.interest),
        ):
            one[name][: len(amounts)] = rates[: len(amounts)] * amounts
        ends, levels = level_steps(design)
        one["steps"], one["step_ends"][: len(ends)], one["step_rates"][: len(ends)] = len(ends), ends, levels
    return one
