"""How a mix of instruments is tabulated: for all its sizes at once, and in a search as coarsely as ranking allows.

A search tabulates a mix only in two years, its gain over the market taken linearly in between, with fewer hurdle rates
and fewer levels of visible adoption. Without that the tables are those of `ensemble.make_offers`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from cpmodel.axes import SIZES
from cpmodel.finance.design import Design, market_terms
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import World
from cpmodel.model.limits import NO_CEILING
from cpmodel.model.offers import NODES, QUADRATURE, Applicants, Offer, applicants, margins, tables
from cpmodel.model.regimes import limits_of, promises, reach_of
from cpmodel.model.stepping import OPENING_STEPS

BY_SIZE = ("hurdle_median", "cash_ratio_median", "credit_access", "score_refusal", "application_cost")
OF_AN_OFFER = (*BY_SIZE, "hurdle_hidden_cost", "hurdle_sigma", "option_life", "payback_sigma", "payback_median",
               "cash_ratio_sigma", "hidden_cost_learning", "hidden_cost_scale", "refund_lag", "bill_saving",
               "guarantee_response", "collateral_response", "market_collateral_share", "required_cover")  # fmt: skip


@dataclass(frozen=True)
class Fidelity:
    """How closely a mix is run.

    draws    worlds in each variant   years    in how many years terms are tabulated, None for all
    quadrature    number of hurdle rates   nodes    visible adoption at which acceptance is tabulated
    steps_a_year    of the engine, once the opening has settled   opening_steps    until then
    """

    draws: int
    years: int | None = None
    quadrature: int = QUADRATURE
    nodes: tuple[float, ...] = tuple(NODES)
    steps_a_year: int = 4
    opening_steps: int = OPENING_STEPS

    def coarse(self) -> Fidelity:
        """Return the same draws at the closeness of a search: gains within 10% of the full run, ranked alike (tested)."""
        return replace(self, years=2, quadrature=5, nodes=(0.0, 0.2), steps_a_year=2, opening_steps=4)

    def searching(self) -> Fidelity:
        """Return the same draws for a search over budgets: terms in few years and half-year steps, tables as they are.

        Credit that is closed then brings what no credit brings, so finance designs compare fairly.
        """
        return replace(self, years=3, steps_a_year=2)


def side_by_side(
    p: Mapping[str, np.ndarray], sizes: Sequence[int] = range(len(SIZES))
) -> dict[str, np.ndarray]:
    """Return parameters for several sizes at once: those by size as (1, Z·n), the others repeated along the draws."""
    return {
        name: p[name][list(sizes)].reshape(1, -1) if name in BY_SIZE else np.tile(p[name], len(sizes))
        for name in OF_AN_OFFER
    }  # fmt: skip


def _offer(world: World, sides, moment: float, design: Design | None) -> Offer:
    """Return the offer of a design to all sizes at a moment; None for the market's terms."""
    y = int(np.floor(moment + 1e-9)) - int(world.years[0])
    sizes = sides["application_cost"].shape[-1] // world.draws
    prices = np.tile(world.log_prices[y], sizes)
    if design is None:
        terms = market_terms(float(world.typical_rate[y]), float(world.tax_rate[y]))
        return Offer(0, terms, np.tile(world.lending_rate[y], sizes), prices)
    rate = np.full(sizes * world.draws, design.loan_rate)
    return Offer(0, design, rate, prices, sides["application_cost"][0])


@dataclass(frozen=True)
class Without:
    """What sizes meet at a moment whatever the mix: their parameters, who asks, margins on the market's terms."""

    sides: Mapping[str, np.ndarray]
    asked: Applicants
    market: list


def without_scheme(
    world: World, variant: str, fidelity: Fidelity, moment: float, sizes: Sequence[int]
) -> Without:
    """Return what the sizes meet without any scheme."""
    sides = side_by_side(world.parameters, sizes)
    offer = _offer(world, sides, moment, None)
    asked = applicants(0, offer.log_prices, variant, sides, np.array(fidelity.nodes), fidelity.quadrature)
    return Without(sides, asked, margins(offer, asked, sides))


def _tabulated(world: World, here: Without, moment: float, design: Design | None = None) -> np.ndarray:
    """Return acceptance, use, investment and lending of a design or of the market, shape (4, Z, V, K, n)."""
    if design is None:
        found = tables(here.market, here.asked)
    else:
        offered = margins(_offer(world, here.sides, moment, design), here.asked, here.sides)
        found = tables(offered, here.asked, here.market)
    return np.moveaxis(found.reshape(*found.shape[:3], -1, world.draws), 3, 1)


def _nodes(fidelity: Fidelity, variant: str) -> np.ndarray:
    """Under H1 there is no hidden cost to learn about, so the first node says all."""
    return np.array(fidelity.nodes[:1] if variant == "H1" else fidelity.nodes)


def market_offers(world: World, variant: str, fidelity: Fidelity) -> s.Offers:
    """Return the offers without any scheme: row 4·r + z is the market of size z in regime r."""
    regimes, every = len(world.moments), range(len(SIZES))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(
            lambda m: _tabulated(world, without_scheme(world, variant, fidelity, m, every), m), world.moments
        ))  # fmt: skip
    accept, used, invested, lent = np.ascontiguousarray(np.concatenate(found, axis=1))
    return s.Offers(
        np.arange(4 * regimes).reshape(regimes, 4), np.full((regimes, 4), -1), np.ones((regimes, len(world.inputs.cells))),
        _nodes(fidelity, variant), accept, used, invested, lent, np.zeros((4 * regimes, len(s.TERMS), world.draws)),
        reach_of(world), np.full((regimes, 3), NO_CEILING), np.zeros(regimes),
        np.zeros(regimes), np.ones(world.draws), np.zeros(regimes), world.inputs.resources.bill,
        np.zeros(regimes, np.int64), np.full((regimes, 3), NO_CEILING), np.full(regimes, NO_CEILING), np.zeros(regimes),
        np.ones(regimes),
    )  # fmt: skip


def packages_of(world: World, size: str) -> dict[int, levers.Package]:
    """Return regime → what a mix offers to each size that it takes."""
    found = {}
    for r, moment in enumerate(world.moments):
        y = int(np.floor(moment + 1e-9)) - int(world.years[0])
        around = (float(world.typical_rate[y]), float(world.tax_rate[y]), float(world.price[y]))
        package = levers.package(size, moment, world.instruments, *around)
        if package is not None:
            found[r] = package
    return found


def with_scheme(
    world: World, market: s.Offers, packages: Mapping[int, levers.Package], taken: list[int], variant: str,
    fidelity: Fidelity, kept: MutableMapping[tuple, Without],
) -> s.Offers:  # fmt: skip
    """Return the market's offers with a mix beside them, as `ensemble.make_offers` does.

    packages    regime → what the mix offers, the same to every size in `taken`   kept    what other mixes met, added to
    What is committed is weighed only where the scenario caps it: a search asks for cash.
    """
    regimes = sorted(packages)
    shown = _anchors(regimes, fidelity.years)
    found = {}
    for r in shown:
        key = (variant, r, *taken)
        if key not in kept:
            kept[key] = without_scheme(world, variant, fidelity, world.moments[r], taken)
        found[r] = _tabulated(world, kept[key], world.moments[r], packages[r].design)
    base, count = (market.accept, market.used, market.invested, market.lent), len(market.accept)
    room = np.empty((4, count + len(taken) * len(regimes), *market.accept.shape[1:]))
    for table, values in zip(room, base, strict=True):
        table[:count] = values
    for i, r in enumerate(regimes):
        into = room[:, count + len(taken) * i : count + len(taken) * (i + 1)]
        _between(into, found, market.accept, shown, r, taken)
    terms = [offer_terms_of(world, r, packages[r]) for r in regimes]
    scheme, capacity = market.scheme.copy(), market.capacity.copy()
    eligible, rate, lives = market.eligible.copy(), market.loan_rate.copy(), [1.0]
    for i, r in enumerate(regimes):
        design, cells = packages[r].design, world.inputs.cells
        scheme[r, taken] = count + len(taken) * i + np.arange(len(taken))
        capacity[r] = packages[r].lending, packages[r].grants, packages[r].guarantees
        eligible[r] = levers.eligible_cells(world.instruments, world.moments[r], cells, "design")
        rate[r] = design.loan_rate
        lives.append(design.grace + (design.tenor - design.grace + 1) / 2)
    limit = limits_of(world, np.minimum(capacity, NO_CEILING))
    accept, used, invested, lent = room
    return market._replace(
        scheme=scheme, eligible=eligible, reach=reach_of(world), accept=accept, used=used, invested=invested,
        lent=lent, loan_rate=rate,
        terms=np.concatenate([market.terms, np.repeat(np.array(terms), len(taken), axis=0)]),
        capacity=np.minimum(capacity, NO_CEILING), repayment=np.full(world.draws, 1.0 / max(lives)), rule=limit.rule,
        appropriated=limit.appropriated, cap=limit.cap, cap_spread=limit.cap_spread, worth=limit.worth,
    )  # fmt: skip


def offer_terms_of(world: World, r: int, package: levers.Package) -> np.ndarray:
    """What a package means in money in the year in which regime r begins, (len(TERMS), n)."""
    y = int(np.floor(world.moments[r] + 1e-9)) - int(world.years[0])
    market = market_terms(float(world.typical_rate[y]), float(world.tax_rate[y]))
    relief, committed = promises(world, y, package, market, world.inputs.scenario.credit_cap is not None)
    return levers.offer_terms(package.design, world.parameters, world.lending_rate[y], relief, committed)


def _anchors(regimes: list[int], years: int | None) -> list[int]:
    """Return the regimes in which terms are tabulated: all, or some spread evenly from first to last."""
    if years is None or years >= len(regimes):
        return regimes
    return sorted({regimes[round(i)] for i in np.linspace(0, len(regimes) - 1, years)})


def _between(
    into: np.ndarray, tables: Mapping[int, np.ndarray], market: np.ndarray, shown: list[int], r: int, taken: list[int]
) -> None:  # fmt: skip
    """Fill in the tables of regime r, between two that are tabulated: acceptance as a gain over the year's market."""
    if r in tables:
        into[:] = tables[r]
        return
    low, high = max(a for a in shown if a < r), min(a for a in shown if a > r)
    weight = (r - low) / (high - low)
    np.multiply(tables[low], 1.0 - weight, out=into)
    into += weight * tables[high]
    into[0] += market[4 * r + np.array(taken)]
    for a, part in ((low, 1.0 - weight), (high, weight)):
        into[0] -= part * market[4 * a + np.array(taken)]
