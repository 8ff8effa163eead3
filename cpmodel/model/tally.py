"""Compiled, one block of draws: years are written down."""

from numba import njit

from cpmodel.model import savings, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import compiled
from cpmodel.model.elementary import maximum
from cpmodel.model.inlining import INNER
from cpmodel.model.lanes import same
from cpmodel.model.rows import rows_at
from cpmodel.model.work import LIVING, MARKET, PRESSURE, SCHEME

_lenient = compiled(uptake.adoption_lenient)
_strict = compiled(uptake.adoption_strict)
_ladder = compiled(savings.ladder_saving)
_absolute = compiled(savings.absolute_saving)


@njit(**INNER)
def record(d, year, stocks, cell, output, p, work, out):
    """Write the stocks of 31 December, the flows of the year and the sums over groups into the outputs."""
    _copy(stocks.nation, rows_at(out.nation, d)[year])
    _copy(stocks.flows, rows_at(out.flows, d)[year])
    _copy(stocks.offices, rows_at(out.offices, d)[year])
    for z in range(4):
        _copy(stocks.users[z], rows_at(out.users, d)[year, z])
    rows_at(out.queue, d)[year] = _waiting(stocks.waiting, cell, work)
    rows_at(out.pressure, d)[year] = work.total[PRESSURE]
    _sum_cells(stocks.cells, cell, output, p, work)
    _sum_groups(rows_at(out.groups, d)[year], work)
    _mean_acceptance(rows_at(out.acceptance, d)[year], work)


@njit(**INNER)
def _waiting(waiting, cell, work):
    """Return the number of establishments that wait for the scheme."""
    number = same(0.0)
    for c in range(len(cell)):
        here = cell[c]
        for k in range(3):
            number += here.establishments * work.sector[LIVING, here.sector] * waiting[c, k]
    return number


@njit(**INNER)
def _copy(source, target):
    for i in range(len(source)):
        target[i] = source[i]


@njit(**INNER)
def _sum_cells(cells, cell, output, p, work):
    """Sum over the cells of every region and size, and of every sector and size."""
    for sums in (work.places, work.kinds):
        for i in range(sums.shape[0]):
            for z in range(4):
                _clear(sums[i, z])
    for c in range(len(cell)):
        here = cell[c]
        _add_cell(
            cells[c],
            here,
            output,
            p,
            work,
            work.places[here.region, here.size],
            work.kinds[here.sector, here.size],
        )


@njit(**INNER)
def _sum_groups(groups, work):
    """Write the sums of the country; and of every region, sector and size, and by region and size, where there is room."""
    regions, sectors = len(work.places), len(work.kinds)
    _write(groups[0], work.kinds, 0, sectors, 0, 4, work.group)
    if len(groups) == 1:
        return
    for r in range(regions):
        _write(groups[1 + r], work.places, r, r + 1, 0, 4, work.group)
    for j in range(sectors):
        _write(groups[1 + regions + j], work.kinds, j, j + 1, 0, 4, work.group)
    for z in range(4):
        _write(groups[1 + regions + sectors + z], work.kinds, 0, sectors, z, z + 1, work.group)
    crossed = 1 + regions + sectors + 4
    if len(groups) > crossed:
        for r in range(regions):
            for z in range(4):
                _copy(work.places[r, z], groups[crossed + 4 * r + z])


@njit(**INNER)
def _write(target, sums, first, last, first_size, last_size, group):
    """Write the sum over a range of rows and sizes."""
    _clear(group)
    for i in range(first, last):
        for z in range(first_size, last_size):
            for k in range(len(group)):
                group[k] += sums[i, z, k]
    _copy(group, target)


@njit(**INNER)
def _clear(row):
    for i in range(len(row)):
        row[i] = 0.0


@njit(**INNER)
def _add_cell(now, here, output, p, work, place, kind):
    """Add the sums of `GROUP_SUMS` of one cell to its place and its kind."""
    n = here.establishments * work.sector[LIVING, here.sector]
    assessed = now[s.ASSESSED]
    part = 1.0 / maximum(1e-300, assessed)
    x1, x2, x3 = now[s.RUNG_1] * part, now[s.RUNG_2] * part, now[s.RUNG_3] * part
    _add(place, kind, 0, n)
    _add(place, kind, 1, n * (now[s.AWARE] + assessed))
    _add(place, kind, 2, n * assessed)
    _add(place, kind, 3, n * _lenient(assessed, x1, x2, x3))
    _add(place, kind, 4, n * _strict(assessed, x2, x3))
    for k in range(3):
        _add(place, kind, 5 + k, n * now[s.RUNG_1 + k])
    if here.size >= 2:
        _add(place, kind, 8, n)
        _add(place, kind, 9, n * now[s.UNITS])
    for m in range(4):
        share = p.saving_share[m]
        saving = assessed * _ladder(x1, x2, x3, share[0], share[1], share[2], p.realisation)
        _add(place, kind, 10 + m, n * saving)
        if m < 2:
            _add(place, kind, 14 + m, _absolute(saving, here.energy_use[m], output, 0.0))


@njit(**INNER)
def _add(place, kind, i, value):
    place[i] += value
    kind[i] += value


@njit(**INNER)
def _mean_acceptance(out, work):
    """Acceptance by size and rung, under the market's terms and the scheme's: mean over sectors."""
    sectors = work.kinds.shape[0]
    for z in range(4):
        total = same(0.0)
        for j in range(sectors):
            total += work.kinds[j, z, 0]
        for k in range(3):
            for terms in (MARKET, SCHEME):
                mean = same(0.0)
                for j in range(sectors):
                    mean += work.kinds[j, z, 0] * work.tables[j, terms, z, k]
                out[terms, z, k] = mean / maximum(1e-300, total)
