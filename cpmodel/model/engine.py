"""The compiled engine: the equations of `simulate`, arranged for speed.

Draws lie innermost and are taken in blocks of `BLOCK`, so that every inner loop is a plain vector loop over one
block and its state stays in cache; blocks run on all cores. Each draw meets the same operations in the same order
whatever the block, batch or thread, so results are bit-identical. Here is what is handed to the kernel, which stands
in `block`. Only `simulate` is to be read as the model; a test holds the engine to it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cpmodel.model import native
from cpmodel.model import state as s
from cpmodel.model.sharing import parts_of, share_out, threads_for
from cpmodel.model.state import BLOCK
from cpmodel.model.work import Starts, Stocks, Tables, Work, by_block, empty, records

KERNEL = "cpmodel.model.block.run_blocks"


@dataclass(frozen=True)
class Ready:
    """A run that only the kernel has still to fill: what that reads, the memory it works in, and its outputs."""

    told: tuple
    memory: Callable[[], tuple]
    out: s.Outputs


def run(
    layout, clock, spending, offers, drivers, p, opening, years, threads: int | None = None,
    sums: str = s.GROUPS,
):  # fmt: skip
    """Run the model compiled; arguments and result as in `cpmodel.model.simulate.simulate`.

    The number of draws must be a multiple of `BLOCK`; `cpmodel.model.ensemble` sees to it. Blocks run on `threads`
    threads (default: all cores). sums    which sums over cells are kept, one of `state.SUMS`
    """
    return together([ready(layout, clock, spending, offers, drivers, p, opening, years, sums)], threads)[0]


def ready(
    layout,
    clock,
    spending,
    offers,
    drivers,
    p,
    opening,
    years,
    sums: str = s.GROUPS,
    draws: int | None = None,
) -> Ready:
    """Make a run ready; arguments as in `run`.   draws    run no more blocks than hold these; default: all"""
    n = opening[0].shape[-1]
    if n % BLOCK:
        raise ValueError(f"the engine takes draws in blocks of {BLOCK}; got {n}")
    n = min(n, -(-(draws or n) // BLOCK) * BLOCK)
    told = _told(layout, clock, spending, offers, drivers, p, opening)
    return Ready(told, functools.partial(_memory, layout, offers), _outputs(layout, years, n, sums))


def together(runs: Sequence[Ready], threads: int | None = None) -> list[s.Outputs]:
    """Run several that are ready, on all cores until the last is done."""
    blocks = [one.out.queue.shape[-1] // BLOCK for one in runs]
    count = threads_for(sum(blocks), threads)
    parts = [(i, part) for i, each in enumerate(blocks) for part in parts_of(each, count)]

    def several(waiting: Iterator[tuple[int, tuple[int, int]]]) -> None:
        kernels = {}
        for i, part in waiting:
            if i not in kernels:
                kernels[i] = native.bound(KERNEL, 2, *runs[i].told, *runs[i].memory(), runs[i].out)
            kernels[i](*part)

    share_out(several, sorted(parts, key=lambda one: one[1][0] - one[1][1]), count)  # the longest first
    return [one.out._replace(worst_balance=one.out.worst_balance[0]) for one in runs]


def was_compiled() -> bool:
    """True when the engine of these very sources was compiled on this machine before."""
    return native.was_compiled(KERNEL)


def prepare(layout, clock, spending, p) -> None:
    """Begin to compile the engine, while the rest of what `run` takes is made; nothing to do where it is kept."""
    if was_compiled():
        return
    offers, drivers, opening = (
        _blank_offers(),
        s.Drivers(*map(_blank, (3, 3, 2))),
        tuple(map(_blank, (3, 2, 2, 2))),
    )
    p = s.Coefficients(*(values[..., :BLOCK] for values in p))
    told = _told(layout, clock, spending, offers, drivers, p, opening)
    native.prepare(KERNEL, 2, *told, *_memory(layout, offers), _outputs(layout, 1, BLOCK, s.COUNTRY))


def _told(layout, clock, spending, offers, drivers, p, opening) -> tuple:
    """Return what the kernel reads, in its order."""
    return (
        by_block({**p._asdict(), "reach": offers.reach, "repayment": offers.repayment}),
        records({name: getattr(layout, name) for name in ("region", "sector", "size", "establishments", "energy_use")}),
        _starts(layout), (layout.neighbour_start, layout.neighbours), layout.offices,
        records({name: getattr(clock, name) for name in clock._fields[:-1]}), clock.first_year,
        records(spending._asdict()),
        records({name: getattr(offers, name) for name in REGIME_FIELDS} | {"open": (offers.scheme >= 0).any(1)}),
        Tables(_ordered((offers.accept, offers.used, offers.invested, offers.lent)), np.ascontiguousarray(offers.terms),
               offers.eligible, offers.nodes, offers.resource_bill),
        s.Drivers(*_ordered(drivers)), _ordered(opening),
    )  # fmt: skip


def _memory(layout, offers) -> tuple:
    """Return what the kernel works in: one block's stocks, their change, and its work."""
    lengths = *_extent(layout), len(layout.region), len(offers.nodes)
    return empty(Stocks, *lengths), empty(Stocks, *lengths), empty(Work, *lengths)


def _outputs(layout, years: int, n: int, sums: str) -> s.Outputs:
    regions, sectors = _extent(layout)
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


def _starts(layout) -> Starts:
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
