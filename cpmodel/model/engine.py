"""The compiled engine: the equations of `simulate`, arranged for speed.

Draws lie innermost and are taken in blocks of `BLOCK`, so that every inner loop is a plain vector loop over one
block and its state stays in cache; blocks run on all cores. Each draw meets the same operations in the same order
whatever the block, batch or thread, so results are bit-identical. Here is what is handed to the kernel, which stands
in `block`. Only `simulate` is to be read as the model; a test holds the engine to it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from cpmodel.model import native
from cpmodel.model import state as s
from cpmodel.model.sharing import parts_of, share_out, threads_for
from cpmodel.model.state import BLOCK
from cpmodel.model.work import Starts, Stocks, Tables, Work, by_block, empty, records

KERNEL = "cpmodel.model.block.run_blocks"


@dataclass(frozen=True)
class Laid:
    """What the kernel reads, laid out for it, but for the money: runs that differ in nothing else share it.

    memory    makes what the kernel works in   outputs    makes what it fills, for so many years and draws, and for sums
    free    what it reads and works in, taken apart for the kernel, where no thread uses it
    """

    told: tuple
    memory: Callable[[], tuple]
    outputs: Callable[[int, int, str], s.Outputs]
    draws: int
    free: list[native.Told] = field(default_factory=list)

    def taken(self) -> native.Told:
        """Take what a thread reads and works in; who is done gives it back to `free`."""
        try:
            return self.free.pop()
        except IndexError:
            return native.told(*self.told, *self.memory())


@dataclass(frozen=True)
class Ready:
    """A run that only the kernel has still to fill: the money, what else it reads, and its outputs."""

    spending: np.ndarray
    laid: Laid
    out: s.Outputs


def run(
    layout, clock, spending, offers, drivers, p, opening, years, threads: int | None = None,
    sums: str = s.GROUPS,
):  # fmt: skip
    """Run the model compiled; arguments and result as in `cpmodel.model.simulate.simulate`.

    The number of draws must be a multiple of `BLOCK`; `cpmodel.model.ensemble` sees to it. Blocks run on `threads`
    threads (default: all cores). sums    which sums over cells are kept, one of `state.SUMS`
    """
    laid = laid_out(layout, clock, offers, drivers, p, opening)
    return together([ready(laid, spending, years, sums)], threads)[0]


def laid_out(layout, clock, offers, drivers, p, opening) -> Laid:
    """Lay out what a run reads; arguments as in `run`. Runs that differ in money alone share it."""
    n, (regions, sectors) = opening[0].shape[-1], _extent(layout)
    if n % BLOCK:
        raise ValueError(f"the engine takes draws in blocks of {BLOCK}; got {n}")
    told = (
        by_block({**p._asdict(), "reach": offers.reach, "repayment": offers.repayment}),
        records({name: getattr(layout, name) for name in ("region", "sector", "size", "establishments", "energy_use")}),
        starts_of(layout), (layout.neighbour_start, layout.neighbours), layout.offices,
        records({name: getattr(clock, name) for name in clock._fields[:-1]}), clock.first_year,
        records({name: getattr(offers, name) for name in REGIME_FIELDS} | {"open": (offers.scheme >= 0).any(1)}),
        Tables(_ordered((offers.accept, offers.used, offers.invested, offers.lent)), np.ascontiguousarray(offers.terms),
               offers.eligible, offers.nodes, offers.resource_bill),
        s.Drivers(*_ordered(drivers)), _ordered(opening),
    )  # fmt: skip
    memory = functools.partial(_memory, regions, sectors, len(layout.region), len(offers.nodes))
    return Laid(told, memory, functools.partial(_outputs, regions, sectors), n)


def ready(laid: Laid, spending, years: int, sums: str = s.GROUPS, draws: int | None = None) -> Ready:
    """Make a run ready; arguments as in `run`.   draws    run no more blocks than hold these; default: all"""
    n = min(laid.draws, -(-(draws or laid.draws) // BLOCK) * BLOCK)
    return Ready(records(spending._asdict()), laid, laid.outputs(years, n, sums))


def together(runs: Sequence[Ready], threads: int | None = None) -> list[s.Outputs]:
    """Run several that are ready, on all cores until the last is done."""
    blocks = [one.out.queue.shape[-1] // BLOCK for one in runs]
    count = threads_for(sum(blocks), threads)
    parts = [(i, part) for i, each in enumerate(blocks) for part in parts_of(each, count)]

    def several(waiting: Iterator[tuple[int, tuple[int, int]]]) -> None:
        taken, kernels = {}, {}
        for i, part in waiting:
            if i not in kernels:
                taken[i] = runs[i].laid.taken()
                kernels[i] = native.bound(KERNEL, 2, runs[i].spending, taken[i], runs[i].out)
            kernels[i](*part)
        for i, told in taken.items():
            runs[i].laid.free.append(told)

    share_out(several, sorted(parts, key=lambda one: one[1][0] - one[1][1]), count)  # the longest first
    return [one.out._replace(worst_balance=one.out.worst_balance[0]) for one in runs]


def was_compiled() -> bool:
    """True when the engine of these very sources was compiled on this machine before."""
    return native.was_compiled(KERNEL)


def prepare(layout, clock, spending, p) -> None:
    """Begin to compile the engine, while the rest of what `run` takes is made; nothing to do where it is kept."""
    if was_compiled():
        return
    offers, drivers = _blank_offers(), s.Drivers(*map(_blank, (3, 3, 2)))
    opening = tuple(np.zeros((1,) * axes + (BLOCK,)) for axes in (2, 1, 1, 1))
    p = s.Coefficients(*(values[..., :BLOCK] for values in p))
    one = ready(laid_out(layout, clock, offers, drivers, p, opening), spending, 1, s.COUNTRY)
    native.prepare(KERNEL, 2, one.spending, one.laid.taken(), one.out)


def _memory(*lengths: int) -> tuple:
    """Return what the kernel works in: one block's stocks, their change, and its work."""
    return empty(Stocks, *lengths), empty(Stocks, *lengths), empty(Work, *lengths)


def _outputs(regions: int, sectors: int, years: int, n: int, sums: str) -> s.Outputs:
    groups = s.groups_of(sums, regions, sectors)
    return s.Outputs(
        np.empty((years, len(s.NATION_STOCKS), n)), np.empty((years, len(s.YEAR_FLOWS), n)), np.empty((years, regions, n)),
        np.empty((years, groups, len(s.GROUP_SUMS), n), np.float32), np.empty((years, n)),
        np.empty((years, 2, 4, 3, n)), np.empty((1, n)), np.empty((2, n)),
        np.empty((years, 4, len(s.USER_FLOWS), n)), np.empty((years, n)),
    )  # fmt: skip


def _extent(layout) -> tuple[int, int]:
    """Return the number of regions and of sectors."""
    return int(layout.region.max()) + 1, int(layout.sector.max()) + 1


def starts_of(layout) -> Starts:
    """Return the establishments at the start by place and by kind."""
    regions, sectors = _extent(layout)
    place, kind = np.zeros(regions * sectors), np.zeros((sectors, 4))
    np.add.at(place, layout.region * sectors + layout.sector, layout.establishments)
    np.add.at(kind, (layout.sector, layout.size), layout.establishments)
    return Starts(place, kind)


REGIME_FIELDS = ("market", "scheme", "capacity", "revolving", "injection", "loan_rate", "rule", "appropriated", "cap",
                 "cap_spread", "worth")  # fmt: skip


def _ordered(arrays) -> tuple[np.ndarray, ...]:
    return tuple(map(np.ascontiguousarray, arrays))


def _blank_offers() -> s.Offers:
    """Return offers of the right kinds, on nothing."""
    whole, by_size, regime, table = np.zeros(1, np.int64), np.zeros((1, 4), np.int64), _blank(1), _blank(4)
    return s.Offers(
        market=by_size, scheme=by_size, eligible=_blank(2), nodes=regime, accept=table, used=table, invested=table,
        lent=table, terms=_blank(3), reach=np.zeros((4, BLOCK)), capacity=np.zeros((1, 3)), revolving=regime,
        injection=regime, repayment=np.zeros(BLOCK), loan_rate=regime, resource_bill=_blank(2), rule=whole,
        appropriated=np.zeros((1, 3)), cap=regime, cap_spread=regime, worth=regime,
    )  # fmt: skip


def _blank(axes: int) -> np.ndarray:
    return np.zeros((1,) * axes)
