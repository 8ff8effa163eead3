"""Compiled, one block of draws: bounds are watched, and years are written down."""

import numpy as np
from numba import njit

from cpmodel.model import savings, uptake
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.work import (
    ASSESSED,
    AWARE,
    BLOCK,
    LIVING,
    MARKET,
    RUNGS,
    SCHEME,
    STOCKS,
    SUMS,
    UNAWARE,
    UNITS,
)

_lenient = compiled(uptake.adoption_lenient)
_strict = compiled(uptake.adoption_strict)
_ladder = compiled(savings.ladder_saving)
_absolute = compiled(savings.absolute_saving)


@njit(**INNER)
def check(d, cells, worst_balance, bounds):
    """Keep the worst mass balance and the extreme shares met so far."""
    worst, low, high = np.zeros(BLOCK), np.full(BLOCK, np.inf), np.full(BLOCK, -np.inf)
    for c in range(cells.shape[0]):
        _check_cell(c, cells, worst, low, high)
    for b in range(BLOCK):
        worst_balance[d + b] = max(worst_balance[d + b], worst[b])
        bounds[0, d + b], bounds[1, d + b] = min(bounds[0, d + b], low[b]), max(bounds[1, d + b], high[b])


@njit(**INNER)
def _check_cell(c, cells, worst, low, high):
    for b in range(BLOCK):
        total = cells[c, UNAWARE + b] + cells[c, AWARE + b] + cells[c, ASSESSED + b]
        gap = abs(total - 1.0)
        worst[b] = gap if gap > worst[b] else worst[b]
    for i in range(0, STOCKS, BLOCK):
        for b in range(BLOCK):
            share = cells[c, i + b]
            low[b] = share if share < low[b] else low[b]
            high[b] = share if share > high[b] else high[b]


@njit(**INNER)
def record(d, cells, cell, output, p, work, groups, acceptance):
    """Write the sums over groups of cells and the mean acceptance of 31 December.

    Where `groups` has room for them, sums by region and size follow those by size, all sizes of a region together.
    """
    sectors = work.sector.shape[1]
    regions = work.adopters.shape[0] // sectors
    plain = 1 + regions + sectors + 4
    sums, kinds = np.zeros((groups.shape[0], SUMS)), np.zeros((sectors, 4, SUMS))
    values = np.empty(SUMS)
    for c in range(cell.shape[0]):
        here = cell[c]
        _cell_sums(c, cells, here, output, p, work, values)
        _accumulate(sums[1 + here.region], values)
        _accumulate(kinds[here.sector, here.size], values)
        if groups.shape[0] > plain:
            _accumulate(sums[plain + 4 * here.region + here.size], values)
    for j in range(sectors):
        for z in range(4):
            for group in (0, 1 + regions + j, 1 + regions + sectors + z):
                _accumulate(sums[group], kinds[j, z])
    groups[:, :, d : d + BLOCK] = sums.reshape((-1, SUMS // BLOCK, BLOCK))
    for z in range(4):
        for k in range(3):
            for terms in (MARKET, SCHEME):
                for b in range(BLOCK):
                    mean = 0.0
                    for j in range(sectors):
                        mean += kinds[j, z, b] * work.tables[terms, j, z, k, b]
                    total = np.maximum(sums[1 + regions + sectors + z, b], 1e-300)
                    acceptance[terms, z, k, d + b] = mean / total


@njit(**INNER)
def _accumulate(total, values):
    for i in range(values.shape[0]):
        total[i] += values[i]


@njit(**INNER)
def _cell_sums(c, cells, here, output, p, work, values):
    """Fill the row of `GROUP_SUMS`, a block of draws each, for one cell."""
    large = 1.0 if here.size >= 2 else 0.0
    for b in range(BLOCK):
        n = here.establishments * work.sector[LIVING, here.sector, b]
        assessed = cells[c, ASSESSED + b]
        part = 1.0 / np.maximum(assessed, 1e-300)
        x1, x2 = cells[c, RUNGS + b] * part, cells[c, RUNGS + BLOCK + b] * part
        x3 = cells[c, RUNGS + 2 * BLOCK + b] * part
        values[b] = n
        values[BLOCK + b] = n * (cells[c, AWARE + b] + assessed)
        values[2 * BLOCK + b] = n * assessed
        values[3 * BLOCK + b] = n * _lenient(assessed, x1, x2, x3)
        values[4 * BLOCK + b] = n * _strict(assessed, x2, x3)
        for k in range(3):
            values[(5 + k) * BLOCK + b] = n * cells[c, RUNGS + k * BLOCK + b]
        values[8 * BLOCK + b] = n * large
        values[9 * BLOCK + b] = n * large * cells[c, UNITS + b]
    for m in range(4):
        for b in range(BLOCK):
            assessed = cells[c, ASSESSED + b]
            part = 1.0 / np.maximum(assessed, 1e-300)
            saving = assessed * _ladder(
                cells[c, RUNGS + b] * part, cells[c, RUNGS + BLOCK + b] * part, cells[c, RUNGS + 2 * BLOCK + b] * part,
                p.saving_share[m, 0, b], p.saving_share[m, 1, b], p.saving_share[m, 2, b], p.realisation[b],
            )  # fmt: skip
            values[(10 + m) * BLOCK + b] = values[b] * saving
            if m < 2:
                values[(14 + m) * BLOCK + b] = _absolute(saving, here.energy_use[m], output[b], 0.0)
