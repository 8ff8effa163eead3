"""What is written down of the readable model at the end of every year: stocks, flows and sums over groups."""

from __future__ import annotations

import numpy as np

from cpmodel.model import assessment, savings
from cpmodel.model import state as s
from cpmodel.model.mechanisms import acceptances, assessments, living, operating_any, total_by, visible


def empty_outputs(layout, years, n):
    """Return `Outputs` full of NaN, to be filled year by year."""
    regions, sectors = layout.region.max() + 1, layout.sector.max() + 1
    groups = 1 + regions + sectors + 4

    def blank(*shape):
        return np.full((*shape, n), np.nan)

    return s.Outputs(
        blank(years, len(s.NATION_STOCKS)), blank(years, len(s.YEAR_FLOWS)), blank(years, regions),
        blank(years, groups, 16), blank(years),
        blank(years, 2, 4, 3), np.zeros(n), np.array([np.full(n, np.inf), np.full(n, -np.inf)]),
        blank(years, 4, len(s.USER_FLOWS)), blank(years),
    )  # fmt: skip


def check_bounds(cells, out):
    """Keep the worst mass balance and the extreme shares met so far."""
    balance = np.abs(cells[:3].sum(0) - 1.0).max(0)
    np.maximum(out.worst_balance, balance, out=out.worst_balance)
    np.minimum(out.bounds[0], cells.min((0, 1)), out=out.bounds[0])
    np.maximum(out.bounds[1], cells.max((0, 1)), out=out.bounds[1])


def record(out, stocks, year, regime, layout, offers, drivers, p, spending):
    """Write the stocks of 31 December and the flows of the year into the outputs."""
    cells, _, offices, nation, waiting, flows, users = stocks
    out.nation[year], out.flows[year], out.offices[year], out.users[year] = nation, flows, offices, users
    n = living(layout, drivers, year, 1.0)
    out.queue[year] = (n * waiting).sum((0, 1))
    aware = (n * cells[s.AWARE]).sum(0)
    _, seen_sector = visible(cells, n, nation, year, layout, spending, p)
    hazard_demand = demand_pressure(cells, n, year, nation, layout, spending, p)
    out.pressure[year] = np.where(aware > 0, hazard_demand, 0.0)
    accept = acceptances(seen_sector, regime, nation, offers)
    weight = np.stack([total_by(n[layout.size == z], layout.sector[layout.size == z], len(seen_sector))
                       for z in range(4)], axis=1)  # fmt: skip
    weight = weight / np.maximum(weight.sum(0), 1e-300)
    out.acceptance[year, 0] = (weight[:, :, None] * accept["market"]).sum(0)
    out.acceptance[year, 1] = (weight[:, :, None] * accept["scheme"]).sum(0)
    sums = group_sums(cells, n, year, layout, drivers, p)
    regions, sectors = layout.region.max() + 1, len(seen_sector)
    for i, values in enumerate(sums):
        out.groups[year, 0, i] = values.sum(0)
        out.groups[year, 1 : 1 + regions, i] = total_by(values, layout.region, regions)
        out.groups[year, 1 + regions : 1 + regions + sectors, i] = total_by(values, layout.sector, sectors)
        out.groups[year, 1 + regions + sectors :, i] = total_by(values, layout.size, 4)


def demand_pressure(cells, n, year, nation, layout, spending, p):
    """Return demand for assessments over the capacity to make them [ratio], shape (n,)."""
    sizes = len(p.assessment_base)
    _, done, _ = assessments(cells, n, year, nation, layout, spending, p)
    units = (n * cells[s.UNITS]).sum(0)
    capacity = assessment.assessment_capacity(
        nation[s.PROVIDERS], p.assessments_per_fte, units, p.inhouse_assessments
    )
    assert sizes == 4
    return -np.log1p(-np.minimum(done / np.maximum(capacity, 1e-12), 1 - 1e-15))


def group_sums(cells, n, year, layout, drivers, p):
    """Yield the sums of `GROUP_SUMS` before grouping, each (C, n)."""
    x = cells[s.RUNG_1 : s.UNITS] / np.maximum(cells[s.ASSESSED], 1e-300)
    large = n * (layout.size >= 2)[:, None]
    yield n
    yield n * (cells[s.AWARE] + cells[s.ASSESSED])
    yield n * cells[s.ASSESSED]
    yield n * operating_any(cells)
    yield n * operating_any(cells, first=1)
    yield from (n * cells[s.RUNG_1 + k] for k in range(3))
    yield large
    yield large * cells[s.UNITS]
    saving = [
        cells[s.ASSESSED] * savings.ladder_saving(x[0], x[1], x[2], *p.saving_share[m], p.realisation)
        for m in range(4)
    ]
    yield from (n * value for value in saving)
    for m in range(2):
        yield savings.absolute_saving(saving[m], layout.energy_use[:, m][:, None], drivers.output[year], 0.0)
