"""What is on offer in every regime of a run: acceptance tables, who may take what, what limits it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import numpy as np

from cpmodel.axes import SIZES
from cpmodel.finance.design import Design
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.limits import FOLLOWED, NO_CEILING, Limits, commitments, limits, tax_relief_value
from cpmodel.model.offers import NODES, Offer, tabulated

if TYPE_CHECKING:
    from cpmodel.model.ensemble import World


def make_offers(
    world: World, variant: str, nodes: np.ndarray = NODES, threads: int | None = None,
    kept: MutableMapping[tuple, np.ndarray] | None = None,
) -> s.Offers:  # fmt: skip
    """Tabulate every distinct offer of the run once, and say which is open to whom when.

    nodes    visible adoption at which acceptance is tabulated; under H1 there is no hidden cost to learn about,
    so the first node says all   kept    tables made before in the same surroundings on the same nodes, which are added to
    """
    nodes = nodes[:1] if variant == "H1" else nodes
    p, cells = world.parameters, world.inputs.cells
    wanted: list[tuple[Offer, Offer | None]] = []
    terms: list[np.ndarray] = []
    known: dict[tuple, int] = {}
    market = np.zeros((len(world.moments), 4), np.int64)
    scheme = np.full((len(world.moments), 4), -1, np.int64)
    capacity = np.full((len(world.moments), 3), NO_CEILING)
    eligible = np.ones((len(world.moments), len(cells)))
    rate = np.zeros(len(world.moments))
    lives = [1.0]

    def add(key: tuple, offer: Offer, beside: Offer | None = None, package=None) -> int:
        if key not in known:
            known[key] = len(wanted)
            wanted.append((offer, beside))
            promised = promises(world, key[1], package, beside.design) if package else ()
            terms.append(levers.offer_terms(offer.design, p, world.lending_rate[key[1]], *promised))
        return known[key]

    for r, moment in enumerate(world.moments):
        y = int(np.floor(moment + 1e-9)) - int(world.years[0])
        typical, tax = float(world.typical_rate[y]), float(world.tax_rate[y])
        eligible[r] = levers.eligible_cells(
            world.instruments, moment, cells, f"scenarios/{world.inputs.scenario.name}.yaml"
        )
        for z, size in enumerate(SIZES):
            base = Offer(z, levers.market_terms(typical, tax), world.lending_rate[y], world.log_prices[y])
            market[r, z] = add((z, y, "market"), base)
            package = levers.package(size, moment, world.instruments, typical, tax, world.price[y])
            if package is None:
                continue
            own_rate = np.full(world.draws, package.design.loan_rate)
            offer = Offer(z, package.design, own_rate, world.log_prices[y], p["application_cost"][z])
            scheme[r, z] = add((z, y, package.design), offer, base, package)
            capacity[r] = np.minimum(capacity[r], (package.lending, package.grants, package.guarantees))
            rate[r] = package.design.loan_rate
            lives.append(package.design.grace + (package.design.tenor - package.design.grace + 1) / 2)
    tables = tabulated(
        dict(zip(known, wanted, strict=True)), variant, p, nodes, threads, {} if kept is None else kept
    )
    accept, used, invested, lent = np.stack(tables, axis=1)
    found = limits_of(world, capacity)
    return s.Offers(
        market, scheme, eligible, nodes, accept, used, invested, lent, np.array(terms), reach_of(world), capacity,
        found.revolving, found.injection, np.full(world.draws, 1.0 / max(lives)), rate, world.inputs.resources.bill,
        found.rule, found.appropriated, found.cap, found.cap_spread, found.worth,
    )  # fmt: skip


def reach_of(world: World) -> np.ndarray:
    """Return the share of establishments of each size in eligible cells that know the scheme and dare use it, (4, n)."""
    p, file = world.parameters, f"scenarios/{world.inputs.scenario.name}.yaml"
    part = levers.eligible_part(world.instruments, world.inputs.cells, file)
    return p["scheme_awareness"] * (1.0 - p["inspection_fear"]) * part[:, None]


def limits_of(world: World, capacity: np.ndarray) -> Limits:
    """Return what limits the scheme of a world whose yearly volumes are `capacity` (regimes, 3)."""
    rate = float(world.parameters["government_rate"][0])
    return limits(world.inputs.scenario, world.instruments, world.moments, capacity, world.price, rate)


def promises(
    world: World, y: int, package: levers.Package, market: Design, weighed: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the last two arguments of `levers.offer_terms` for a package open in year `y` of the run.

    weighed    whether what is committed is worked out, which costs most; None stands for it otherwise
    """
    later = later_tax_rates(world, y)
    value = tax_relief_value(package.design, market, world.parameters, later, world.lending_rate[y])
    return value, commitments(package, market, world.parameters, later) if weighed else None


def later_tax_rates(world: World, y: int, years: int = FOLLOWED) -> np.ndarray:
    """Return the standard tax rates of the years after year `y` of the run, the last known one going on [share]."""
    return world.tax_rate[np.minimum(np.arange(y + 1, y + 1 + years), len(world.tax_rate) - 1)]
