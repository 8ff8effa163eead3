"""The compiled engine's kernel: blocks of draws, each from the start of a run to its end.

Only `simulate` is to be read as the model; a test holds this to it. `engine` calls it.
"""

import numpy as np
from numba import njit

from cpmodel.model.inlining import INNER, OUTER
from cpmodel.model.kernels import (
    discover,
    load_tables,
    load_terms,
    look_along,
    look_around,
    read_tables,
    set_reach,
)
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
from cpmodel.model.state import BLOCK
from cpmodel.model.stepping import STAGES
from cpmodel.model.tally import record
from cpmodel.model.work import BALANCE, HIGHEST, LOWEST, STOCKS

CLOSING = len(STAGES)


@njit(**OUTER)
def run_blocks(
    first, last, spending, p, cell, starts, near, offices_in_all, steps, first_year, regimes, offers, drivers, opening,
    stocks, change, work, out,
):  # fmt: skip
    """Run the blocks from `first` up to `last`, one after the other in the same memory."""
    for block in range(first, last):
        _run_block(block * BLOCK, spending, p[block], cell, starts, near, offices_in_all, steps, first_year, regimes,
                   offers, drivers, opening, stocks, change, work, out)  # fmt: skip


@njit(**INNER)
def _run_block(d, spending, p, cell, starts, near, offices_in_all, steps, first_year, regimes, offers, drivers, opening,
               stocks, change, work, out):  # fmt: skip
    """Run one block of draws, from draw `d` on."""
    p, stocks, change, work = fields(p), rows(stocks), rows(change), rows(work)
    growth, size_at_start = rows_at(drivers.growth, d), rows_at(drivers.size_at_start, d)
    output, loaded, known = rows_at(drivers.output, d), -1, -1
    _open(d, opening, stocks, change, cell, work)
    set_hazards(p, work)
    for i in range(len(steps)):
        year, step, now_open = steps[i].year, steps[i].step, steps[i].regime
        regime, money, open_to = regimes[now_open], spending[year], offers.eligible[now_open]
        if now_open != loaded:
            loaded, known = now_open, -1  # slopes of tables that were loaded
            load_terms(d, regime, offers, work)
        set_ceilings(regime, steps[i].start, step, stocks, work)
        for stage in range(CLOSING + steps[i].closes_year):
            weight, carry, offset = STAGES[min(stage, CLOSING - 1)]
            by, closing = (
                (step, weight, carry),
                stage == CLOSING,
            )  # the year is written down as one more stage finds it
            now = 1.0 if closing else steps[i].start + offset * step - (first_year + year)
            look_around(now, growth[year], size_at_start[year], stocks.nation, starts, near, money, p, work)
            set_reach(regime, stocks.nation, p, work)
            met = look_along(offers.nodes, work)
            if met > known:
                load_tables(d, known + 1, met, regime, offers, work)
            if met > 0 or known < 0:  # where nothing is to be learned from others, tables stay as they are
                read_tables(regime, met, work)
            known = max(met, known)
            serve_assessments(stocks.nation, money, p, work)
            if closing:
                record(d, year, stocks, cell, output[year], p, work, out)
                clear_year(stocks)
                continue
            serve_scheme(regime, open_to, stocks, cell, offers, p, work)
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
