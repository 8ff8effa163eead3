"""How a mix of instruments is tabulated: for all its sizes at once, and in a search as coarsely as ranking allows.

A search tabulates a mix only in two years, its gain over the market taken linearly in between, with fewer hurdle rates
and fewer levels of visible adoption. Without that the tables are those of `ensemble.make_offers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import World
from cpmodel.model.limits import NO_CEILING
from cpmodel.model.offers import NODES, QUADRATURE, Market, Offer, with_offers
from cpmodel.model.regimes import limits_of, market_of, market_rows, offer_terms_of, reach_of, years_of
from cpmodel.model.stepping import OPENING_STEPS


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


def market_at(world: World, variant: str, fidelity: Fidelity) -> Market:
    """Return what every size accepts on the market's terms, as closely as asked."""
    return market_of(world, variant, np.array(fidelity.nodes), fidelity.quadrature)


def market_offers(world: World, market: Market) -> s.Offers:
    """Return the offers without any scheme: row 4·y + z is the market of size z in year y of the run."""
    regimes, rows, n = len(world.moments), len(market.accept), world.draws
    nothing = np.zeros(market.accept.shape)
    return s.Offers(
        market_rows(world), np.full((regimes, 4), -1), np.ones((regimes, len(world.inputs.cells))),
        market.seen, market.accept, nothing, nothing, nothing, np.zeros((rows, len(s.TERMS), n)),
        reach_of(world), np.full((regimes, 3), NO_CEILING), np.zeros(regimes),
        np.zeros(regimes), np.ones(n), np.zeros(regimes), world.inputs.resources.bill,
        np.zeros(regimes, np.int64), np.full((regimes, 3), NO_CEILING), np.full(regimes, NO_CEILING), np.zeros(regimes),
        np.ones(regimes),
    )  # fmt: skip


def with_scheme(
    world: World, market: Market, offers: s.Offers, packages: Mapping[int, levers.Package], taken: list[int],
    fidelity: Fidelity,
) -> s.Offers:  # fmt: skip
    """Return the market's offers with a mix beside them, as `ensemble.make_offers` does.

    offers    `market_offers` of the world   packages    regime → what the mix offers, the same to every size in `taken`
    """
    regimes, years = sorted(packages), years_of(world)
    shown = _anchors(regimes, fidelity.years)
    asked = [Offer(z, int(years[r]), packages[r].design) for r in shown for z in taken]
    first, base = len(market.accept), offers.accept
    made = with_offers(market, asked, threads=1)[:, first:]  # mixes are tried abreast
    tables = {r: made[:, i * len(taken) : (i + 1) * len(taken)] for i, r in enumerate(shown)}
    rows = [_between(tables, base, shown, r, offers.market[:, taken]) for r in regimes]
    capped = world.inputs.scenario.credit_cap is not None  # what is committed is weighed under a cap alone
    terms = [offer_terms_of(world, int(years[r]), packages[r], capped) for r in regimes]
    scheme, capacity = offers.scheme.copy(), offers.capacity.copy()
    eligible, rate, lives = offers.eligible.copy(), offers.loan_rate.copy(), [1.0]
    for i, r in enumerate(regimes):
        design, cells = packages[r].design, world.inputs.cells
        scheme[r, taken] = first + len(taken) * i + np.arange(len(taken))
        capacity[r] = packages[r].lending, packages[r].grants, packages[r].guarantees
        eligible[r] = levers.eligible_cells(world.instruments, world.moments[r], cells)
        rate[r] = design.loan_rate
        lives.append(design.grace + (design.tenor - design.grace + 1) / 2)
    found = limits_of(world, np.minimum(capacity, NO_CEILING))
    whole = np.zeros((4, first + len(taken) * len(regimes), *base.shape[1:]))
    whole[0, :first] = base
    np.concatenate(rows, axis=1, out=whole[:, first:])
    accept, used, invested, lent = whole
    return offers._replace(
        scheme=scheme, eligible=eligible, reach=reach_of(world), accept=accept, used=used, invested=invested,
        lent=lent, loan_rate=rate,
        terms=np.concatenate([offers.terms, np.repeat(np.array(terms), len(taken), axis=0)]),
        capacity=np.minimum(capacity, NO_CEILING), repayment=np.full(world.draws, 1.0 / max(lives)), rule=found.rule,
        appropriated=found.appropriated, cap=found.cap, cap_spread=found.cap_spread, worth=found.worth,
    )  # fmt: skip


def _anchors(regimes: list[int], years: int | None) -> list[int]:
    """Return the regimes in which terms are tabulated: all, or some spread evenly from first to last."""
    if years is None or years >= len(regimes):
        return regimes
    return sorted({regimes[round(i)] for i in np.linspace(0, len(regimes) - 1, years)})


def _between(
    tables: dict[int, np.ndarray], base: np.ndarray, shown: list[int], r: int, market: np.ndarray
) -> np.ndarray:
    """Return the tables of regime r, between two that are tabulated: acceptance as a gain over the year's market.

    base    acceptance of the market   market (regimes, sizes)    its rows
    """
    if r in tables:
        return tables[r]
    low, high = max(a for a in shown if a < r), min(a for a in shown if a > r)
    weight = (r - low) / (high - low)
    found = (1.0 - weight) * tables[low] + weight * tables[high]
    found[0] += base[market[r]] - (1.0 - weight) * base[market[low]] - weight * base[market[high]]
    return found
