"""What is on offer in every regime of a run: acceptance tables, who may take what, what limits it."""

from __future__ import annotations

import numpy as np

from cpmodel.axes import SIZES
from cpmodel.finance.design import Design, market_terms
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.limits import FOLLOWED, NO_CEILING, Limits, commitments, limits, tax_relief_value
from cpmodel.model.offers import NODES, QUADRATURE, Market, Offer, make_market, with_offers
from cpmodel.model.world import World


def market_of(
    world: World,
    variant: str,
    nodes: np.ndarray = NODES,
    quadrature: int = QUADRATURE,
    threads: int | None = None,
) -> Market:
    """Tabulate what every size accepts on the market's terms of every year; arguments as in `offers.make_market`."""
    designs = [market_in(world, y) for y in range(len(world.years))]
    given = world.parameters, designs, world.lending_rate, world.log_prices
    return make_market(
        variant, *given, nodes, quadrature, threads, world.inputs.scenario.drivers.equipment_price
    )


def market_in(world: World, y: int) -> Design:
    """Return the market's terms in year `y` of the run."""
    return market_terms(float(world.typical_rate[y]), float(world.tax_rate[y]))


def years_of(world: World) -> np.ndarray:
    """Return the year of the run in which each regime begins, (regimes,) int."""
    return np.floor(np.array(world.moments) + 1e-9).astype(np.int64) - int(world.years[0])


def market_rows(world: World) -> np.ndarray:
    """Return the row of `offers.Market` that each size meets in each regime, (regimes, Z) int."""
    return len(SIZES) * years_of(world)[:, None] + np.arange(len(SIZES))


def packages_of(world: World) -> dict[tuple[int, int], levers.Package]:
    """Return what is open to each size in each regime, by (regime, size); sizes taken alike share one package."""
    found, known = {}, {}
    for r, (moment, y) in enumerate(zip(world.moments, years_of(world), strict=True)):
        around = (float(world.typical_rate[y]), float(world.tax_rate[y]), world.price[y])
        for z, size in enumerate(SIZES):
            key = r, tuple(one.takes(size) for one in world.instruments)
            if key not in known:
                known[key] = levers.package(size, moment, world.instruments, *around)
            if known[key] is not None:
                found[r, z] = known[key]
    return found


def make_offers(
    world: World, variant: str, nodes: np.ndarray = NODES, threads: int | None = None, market: Market | None = None,
) -> s.Offers:  # fmt: skip
    """Tabulate every distinct offer of the run once, and say which is open to whom when.

    nodes    visible adoption at which acceptance is tabulated   market    `market_of` the same surroundings and variant,
    where it is at hand: the offers alone are then tabulated
    """
    market = market or market_of(world, variant, nodes, threads=threads)
    regimes, years, packages = len(world.moments), years_of(world), packages_of(world)
    cells = world.inputs.cells
    rows: dict[Offer, int] = {}
    scheme = np.full((regimes, len(SIZES)), -1, np.int64)
    capacity, rate, lives = np.full((regimes, 3), NO_CEILING), np.zeros(regimes), [1.0]
    for (r, z), package in packages.items():
        design = package.design
        scheme[r, z] = rows.setdefault(Offer(z, int(years[r]), design), len(market.accept) + len(rows))
        capacity[r] = np.minimum(capacity[r], (package.lending, package.grants, package.guarantees))
        rate[r] = design.loan_rate
        lives.append(design.grace + (design.tenor - design.grace + 1) / 2)
    accept, used, invested, lent = with_offers(market, list(rows), threads)
    terms = np.zeros((len(accept), len(s.TERMS), world.draws))
    worth: dict[tuple[int, levers.Package], np.ndarray] = {}
    for (r, z), package in packages.items():
        key = int(years[r]), package
        if key not in worth:
            worth[key] = offer_terms_of(world, *key)
        terms[scheme[r, z]] = worth[key]
    found = limits_of(world, capacity)
    return s.Offers(
        market_rows(world), scheme,
        np.array([levers.eligible_cells(world.instruments, moment, cells) for moment in world.moments]),
        market.seen, accept, used, invested, lent, terms, reach_of(world), capacity, found.revolving, found.injection,
        np.full(world.draws, 1.0 / max(lives)), rate, world.inputs.resources.bill,
        found.rule, found.appropriated, found.cap, found.cap_spread, found.worth,
    )  # fmt: skip


def offer_terms_of(world: World, y: int, package: levers.Package, weighed: bool = True) -> np.ndarray:
    """Return what a package means in money in year `y` of the run, (len(TERMS), n).

    weighed    whether what is committed is worked out, which costs most
    """
    later, p, market = later_tax_rates(world, y), world.parameters, market_in(world, y)
    value = tax_relief_value(package.design, market, p, later, world.lending_rate[y])
    committed = commitments(package, market, p, later) if weighed else None
    return levers.offer_terms(package.design, p, world.lending_rate[y], value, committed)


def reach_of(world: World) -> np.ndarray:
    """Return the share of establishments of each size in eligible cells that know the scheme and dare use it, (4, n)."""
    p, file = world.parameters, f"scenarios/{world.inputs.scenario.name}.yaml"
    part = levers.eligible_part(world.instruments, world.inputs.cells, file)
    return p["scheme_awareness"] * (1.0 - p["inspection_fear"]) * part[:, None]


def limits_of(world: World, capacity: np.ndarray) -> Limits:
    """Return what limits the scheme of a world whose yearly volumes are `capacity` (regimes, 3)."""
    rate = float(world.parameters["government_rate"][0])
    return limits(world.inputs.scenario, world.instruments, world.moments, capacity, world.price, rate)


def later_tax_rates(world: World, y: int, years: int = FOLLOWED) -> np.ndarray:
    """Return the standard tax rates of the years after year `y` of the run, the last known one going on [share]."""
    return world.tax_rate[np.minimum(np.arange(y + 1, y + 1 + years), len(world.tax_rate) - 1)]
