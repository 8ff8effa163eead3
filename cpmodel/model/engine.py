"""The compiled engine: the equations of `simulate`, arranged for speed.

Draws lie innermost and are taken in blocks of `BLOCK`, so that every inner loop is a plain vector loop over one
block and its state stays in cache; blocks run on all cores. Each draw meets the same operations in the same order
whatever the block, batch or thread, so results are bit-identical. Only `simulate` is to be read as the model;
a test holds this file to it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from cpmodel.model import state as s
from cpmodel.model.compiled import use_cache
from cpmodel.model.inlining import INNER, OUTER
from cpmodel.model.kernels import discover, load_tables, look_around, read_tables
from cpmodel.model.lanes import BLOCK
from cpmodel.model.moves import (
    clear_counts,
    count_cell,
    step_cells,
    step_nation,
    step_offices,
    step_outreach,
    watch_cells,
)
from cpmodel.model.rows import fields, rows, rows_at
from cpmodel.model.service import serve_assessments, serve_scheme, set_ceilings, set_hazards
from cpmodel.model.stepping import STAGES
from cpmodel.model.tally import record
from cpmodel.model.work import (
    BALANCE,
    HIGHEST,
    LOWEST,
    STOCKS,
    Starts,
    Tables,
    by_block,
    empty_stocks,
    empty_work,
    records,
)

use_cache()
CLOSING = len(STAGES)


def run(
    layout, clock, spending, offers, drivers, p, opening, years, threads: int | None = None, crossed: bool = False
):  # fmt: skip
    """Run the model compiled; arguments and result as in `cpmodel.model.simulate.simulate`.

    The number of draws must be a multiple of `BLOCK`; `cpmodel.model.ensemble` sees to it. Blocks run on `threads`
    threads (default: all cores). crossed    groups go on with the sums by region and size, (R·4) more rows
    """
    n = opening[0].shape[-1]
    if n % BLOCK:
        raise ValueError(f"the engine takes draws in blocks of {BLOCK}; got {n}")
    regions, sectors = int(layout.region.max()) + 1, int(layout.sector.max()) + 1
    groups = 1 + regions + sectors + 4 + (4 * regions if crossed else 0)
    out = s.Outputs(
        np.empty((years, len(s.NATION_STOCKS), n)), np.empty((years, len(s.YEAR_FLOWS), n)), np.empty((years, regions, n)),
        np.empty((years, groups, len(s.GROUP_SUMS), n), np.float32), np.empty((years, n)),
        np.empty((years, 2, 4, 3, n)), np.empty((1, n)), np.empty((2, n)),
        np.empty((years, 4, len(s.USER_FLOWS), n)), np.empty((years, n)),
    )  # fmt: skip
    fixed = (
        records({name: getattr(layout, name) for name in ("region", "sector", "size", "establishments", "energy_use")}),
        _starts(layout, regions, sectors), (layout.neighbour_start, layout.neighbours), layout.offices,
        records({name: getattr(clock, name) for name in clock._fields[:-1]}), clock.first_year,
        records(spending._asdict()),
        records({name: getattr(offers, name) for name in REGIME_FIELDS} | {"open": (offers.scheme >= 0).any(1)}),
        Tables(_ordered((offers.accept, offers.used, offers.invested, offers.lent)), np.ascontiguousarray(offers.terms),
               offers.eligible, offers.nodes, offers.resource_bill),
        s.Drivers(*_ordered(drivers)), _ordered(opening),
    )  # fmt: skip
    coefficients = by_block({**p._asdict(), "reach": offers.reach, "repayment": offers.repayment})

    def several(blocks) -> None:
        memory = (
            empty_stocks(len(layout.region), regions), empty_stocks(len(layout.region), regions),
            empty_work(regions, sectors, len(offers.nodes)),
        )  # fmt: skip
        for block in blocks:
            _run_block(block * BLOCK, coefficients[block], *fixed, *memory, out)

    count = min(threads or os.cpu_count() or 1, n // BLOCK)
    waiting = iter(range(n // BLOCK))  # shared: whoever is free takes the next block
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(several, [waiting] * count))
    return out._replace(worst_balance=out.worst_balance[0])


def _starts(layout, regions: int, sectors: int) -> Starts:
    """Return the establishments at the start by place and by kind."""
    place, kind = np.zeros(regions * sectors), np.zeros((sectors, 4))
    np.add.at(place, layout.region * sectors + layout.sector, layout.establishments)
    np.add.at(kind, (layout.sector, layout.size), layout.establishments)
    return Starts(place, kind)


REGIME_FIELDS = ("market", "scheme", "capacity", "revolving", "injection", "loan_rate", "rule", "appropriated", "cap",
                 "cap_spread", "worth")  # fmt: skip


def _ordered(arrays) -> tuple[np.ndarray, ...]:
    return tuple(map(np.ascontiguousarray, arrays))


@njit(**OUTER)
def _run_block(d, p, cell, starts, near, offices_in_all, steps, first_year, spending, regimes, offers, drivers, opening,
               stocks, change, work, out):  # fmt: skip
    """Run one block of draws, from draw `d` on."""
    p, stocks, change, work = fields(p), rows(stocks), rows(change), rows(work)
    growth, size_at_start = rows_at(drivers.growth, d), rows_at(drivers.size_at_start, d)
    output, loaded = rows_at(drivers.output, d), -1
    _open(d, opening, stocks, change, cell, work)
    set_hazards(p, work)
    for i in range(len(steps)):
        year, step, now_open = steps[i].year, steps[i].step, steps[i].regime
        regime, money, open_to = regimes[now_open], spending[year], offers.eligible[now_open]
        if now_open != loaded:
            loaded = now_open
            load_tables(d, regime, offers, work)
        set_ceilings(regime, steps[i].start, step, stocks, work)
        for stage in range(CLOSING + steps[i].closes_year):
            weight, carry, offset = STAGES[min(stage, CLOSING - 1)]
            by, closing = (
                (step, weight, carry),
                stage == CLOSING,
            )  # the year is written down as one more stage finds it
            now = 1.0 if closing else steps[i].start + offset * step - (first_year + year)
            look_around(now, growth[year], size_at_start[year], stocks.nation, starts, near, money, p, work)
            read_tables(regime, stocks.nation, offers.nodes, p, work)
            serve_assessments(stocks.nation, money, p, work)
            if closing:
                record(d, year, stocks, cell, output[year], p, work, out)
                clear_year(stocks)
                continue
            serve_scheme(d, regime, open_to, stocks, cell, offers, p, work)
            discover(stocks.outreach, stocks.nation, p, work)
            step_cells(by, stocks, change, cell, money, regime, open_to, p, work)
            step_nation(by, stocks, change, money, regime, p, work)
            step_outreach(by, stocks.outreach, change.outreach, money, p, work)
            step_offices(by, stocks.offices, change.offices, money.office_training / offices_in_all, p)
            if stage == CLOSING - 1:
                watch_cells(stocks.cells, work)
    rows_at(out.worst_balance, d)[0], bounds = work.watch[BALANCE], rows_at(out.bounds, d)
    bounds[0], bounds[1] = work.watch[LOWEST], work.watch[HIGHEST]


@njit(**INNER)
def _open(d, opening, stocks, change, cell, work):
    """Set the opening stocks, and count them."""
    cells, outreach, offices, nation = opening
    cells, moved = rows_at(cells, d), change.cells
    for c in range(len(cell)):
        for i in range(STOCKS):
            stocks.cells[c, i], moved[c, i] = cells[i, c], 0.0
        for k in range(3):
            stocks.waiting[c, k], change.waiting[c, k] = 0.0, 0.0
    for source, stock, moved in (
        (rows_at(outreach, d), stocks.outreach, change.outreach),
        (rows_at(offices, d), stocks.offices, change.offices),
        (rows_at(nation, d), stocks.nation, change.nation),
    ):
        for i in range(len(stock)):
            stock[i], moved[i] = source[i], 0.0
    clear_year(stocks)
    clear_year(change)
    work.watch[BALANCE], work.watch[LOWEST], work.watch[HIGHEST] = 0.0, np.inf, -np.inf
    clear_counts(work)
    for c in range(len(cell)):
        here = cell[c]
        count_cell(stocks.cells[c], here, here.region * len(work.units) + here.sector, work)


@njit(**INNER)
def clear_year(stocks):
    """Begin the flows of a year anew."""
    for i in range(len(stocks.flows)):
        stocks.flows[i] = 0.0
    for z in range(4):
        for i in range(4):
            stocks.users[z, i] = 0.0
