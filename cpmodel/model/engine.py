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
from cpmodel.model.compiled import OUTER
from cpmodel.model.kernels import discover, load_tables, look_around, read_tables
from cpmodel.model.moves import count_cells, step_cells, step_nation, step_offices, step_outreach
from cpmodel.model.service import serve_assessments, serve_scheme
from cpmodel.model.stepping import STAGES
from cpmodel.model.tally import check, record
from cpmodel.model.work import BLOCK, PRESSURE, STOCKS, Starts, Tables, Work, empty_work


def run(
    layout,
    clock,
    spending,
    offers,
    drivers,
    p,
    opening,
    years,
    threads: int | None = None,
    crossed: bool = False,
):
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
        np.empty((years, 8, n)), np.empty((years, 9, n)), np.empty((years, regions, n)),
        np.empty((years, groups, len(s.GROUP_SUMS), n), np.float32), np.empty((years, n)),
        np.empty((years, 2, 4, 3, n)), np.zeros(n), np.array([np.full(n, np.inf), np.full(n, -np.inf)]),
    )  # fmt: skip
    fixed = (
        _records({name: getattr(layout, name) for name in ("region", "sector", "size", "establishments", "energy_use")}),
        _starts(layout, regions, sectors), (layout.neighbour_start, layout.neighbours), layout.offices,
        _records({name: getattr(clock, name) for name in clock._fields[:-1]}), clock.first_year,
        _records(spending._asdict()),
        _records({name: getattr(offers, name) for name in REGIME_FIELDS}),
        Tables(np.stack([offers.accept, offers.used, offers.invested, offers.lent]), offers.terms,
               offers.eligible, offers.nodes, offers.resource_bill),
    )  # fmt: skip
    coefficients = _blocks({**p._asdict(), "reach": offers.reach, "repayment": offers.repayment})

    def one(block: int) -> None:
        _run_block(block * BLOCK, coefficients[block], *fixed, *drivers, *opening, *out)

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(one, range(n // BLOCK)))
    return out


def _starts(layout, regions: int, sectors: int) -> Starts:
    """Return the establishments at the start by place and by kind."""
    place, kind = np.zeros(regions * sectors), np.zeros((sectors, 4))
    np.add.at(place, layout.region * sectors + layout.sector, layout.establishments)
    np.add.at(kind, (layout.sector, layout.size), layout.establishments)
    return Starts(place, kind)


REGIME_FIELDS = ("market", "scheme", "capacity", "revolving", "injection", "loan_rate")


def _records(fields: dict[str, np.ndarray]) -> np.ndarray:
    """Return arrays with a common first axis as one array of records."""
    arrays = {name: np.asarray(values) for name, values in fields.items()}
    dtype = [(name, a.dtype if a.dtype.kind != "b" else np.int64, a.shape[1:]) for name, a in arrays.items()]
    records = np.zeros(len(next(iter(arrays.values()))), np.dtype(dtype, align=True))
    for name, values in arrays.items():
        records[name] = values
    return records


def _blocks(fields: dict[str, np.ndarray]) -> np.ndarray:
    """Return arrays whose last axis is draws as one record a block, each field (..., BLOCK)."""
    split = {}
    for name, values in fields.items():
        parts = np.asarray(values, float).reshape(*values.shape[:-1], -1, BLOCK)
        split[name] = np.moveaxis(parts, -2, 0)
    return _records(split)


@njit(**OUTER)
def _run_block(d, p, cell, starts, near, offices_in_all, steps, first_year, spending, regimes, offers, growth,
               size_at_start, output, cells_0, outreach_0, offices_0, nation_0, *out):  # fmt: skip
    """Run one block of draws, from draw `d` on; the stocks of a cell lie in one row."""
    span = slice(d, d + BLOCK)
    cells = cells_0[:, :, span].transpose((1, 0, 2)).copy().reshape((-1, STOCKS))
    outreach = outreach_0[:, span].copy()
    offices, nation = offices_0[:, span].copy(), nation_0[:, span].copy()
    flows = np.zeros((9, BLOCK))
    d_cells, d_outreach = np.zeros_like(cells), np.zeros_like(outreach)
    d_offices, d_nation, d_flows = np.zeros_like(offices), np.zeros_like(nation), np.zeros_like(flows)
    work = Work(*empty_work(offices.shape[0], growth.shape[1], len(offers.nodes)))
    growth_here, size_here = growth[:, :, span].copy(), size_at_start[:, :, span].copy()
    count_cells(cells, cell, work)
    loaded = -1
    for i in range(steps.shape[0]):
        year, step = steps[i].year, steps[i].step
        regime, money = regimes[steps[i].regime], spending[year]
        open_to = offers.eligible[steps[i].regime]
        if steps[i].regime != loaded:
            loaded = steps[i].regime
            load_tables(d, regime, offers, work)
        for weight, carry, offset in STAGES:
            now = steps[i].start + offset * step - (first_year + year)
            look_around(now, growth_here[year], size_here[year], nation, starts, near, money, p, work)
            read_tables(regime, nation, offers.nodes, p, work)
            serve_assessments(nation, money, p, work)
            serve_scheme(d, regime, open_to, cells, nation, cell, offers, p, work)
            discover(outreach, nation, p, work)
            step_cells(step, weight, carry, cells, d_cells, offices, cell, money, open_to, p, work)
            step_nation(step, weight, carry, nation, d_nation, flows, d_flows, money, regime, p, work)
            step_outreach(step, weight, carry, outreach, d_outreach, money, p, work)
            step_offices(step, weight, carry, offices, d_offices, money.office_training / offices_in_all, p)
        check(d, cells, *out[6:])
        if steps[i].closes_year:
            look_around(1.0, growth_here[year], size_here[year], nation, starts, near, money, p, work)
            read_tables(regime, nation, offers.nodes, p, work)
            serve_assessments(nation, money, p, work)
            out[0][year, :, span], out[1][year, :, span], out[2][year, :, span] = nation, flows, offices
            out[4][year, span] = work.total[PRESSURE]
            record(d, cells, cell, output[year, span], p, work, out[3][year], out[5][year])
            flows[:] = 0.0
