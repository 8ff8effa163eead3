"""The compiled engine: the equations of `simulate`, arranged for speed.

Draws lie innermost and are taken in blocks of `BLOCK`, so that every inner loop is a plain vector loop over one
block and its state stays in cache; blocks run on all cores. Each draw meets the same operations in the same order
whatever the block, batch or thread, so results are bit-identical. Only `simulate` is to be read as the model;
a test holds this file to it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit

from cpmodel.model import assessment, awareness, institutions, population, savings, uptake
from cpmodel.model import state as s
from cpmodel.model.simulate import PAYOUT_TIME
from cpmodel.model.stepping import STAGES

BLOCK = 32
OPTIONS = {"error_model": "numpy", "fastmath": {"contract"}}


def _compiled(function):
    return njit(**OPTIONS)(function)


_entry_rate, _dilution = _compiled(population.entry_rate), _compiled(population.entry_dilution)
_outreach_flow, _outreach_response = (
    _compiled(awareness.outreach_flow),
    _compiled(awareness.outreach_response),
)
_database_flow, _models_flow = _compiled(awareness.database_flow), _compiled(awareness.demonstration_flow)
_multiplier, _discovery = _compiled(awareness.demonstration_multiplier), _compiled(awareness.discovery_rate)
_seen, _awareness_flow = _compiled(awareness.visible_adopters), _compiled(awareness.awareness_flow)
_fee_share, _hazard = _compiled(assessment.supported_fee_share), _compiled(assessment.assessment_hazard)
_self_rate = _compiled(assessment.self_assessment_rate)
_provider_flow, _capacity = _compiled(assessment.provider_flow), _compiled(assessment.assessment_capacity)
_completion, _fraction = _compiled(assessment.assessment_completion), _compiled(assessment.supported_fraction)
_uptake, _lapse = _compiled(uptake.uptake_flow), _compiled(uptake.lapse_rate)
_lenient, _strict = _compiled(uptake.adoption_lenient), _compiled(uptake.adoption_strict)
_ladder, _absolute = _compiled(savings.ladder_saving), _compiled(savings.absolute_saving)
_office_flow, _unit_flow = _compiled(institutions.office_flow), _compiled(institutions.unit_flow)
_readiness_flow = _compiled(institutions.readiness_flow)


class Tables(NamedTuple):
    """The offers as the compiled functions read them; P offers, V nodes, K rungs, n draws."""

    accept: np.ndarray  # (4, P, V, K, n): acceptance, used, invested, lent
    terms: np.ndarray  # (P, len(TERMS), n)
    eligible: np.ndarray  # (regimes, C)
    nodes: np.ndarray  # (V,)
    resource_bill: np.ndarray  # (J, Z)


class Work(NamedTuple):
    """What one stage of a step works out before it moves the stocks; B draws."""

    sector: np.ndarray  # (3, J, B): living over the start, entry rate, visible adopters
    place: np.ndarray  # (3, R·J, B): establishments, visible adopters of the place itself, seen from it
    tables: np.ndarray  # (6, J, Z, K, B): market, scheme, used, invested, lent, level of the eligible
    size: np.ndarray  # (6, Z, B): establishments, aware, reach, hazard, unsupported hazard, outreach gain
    total: np.ndarray  # (12, B): units, assessments, supported, pressure, seven scheme flows, database gain


LIVING, ENTRY, SEEN_SECTOR = range(3)
COUNT, OWN, SEEN = range(3)
MARKET, SCHEME, USED, INVESTED, LENT, LEVEL = range(6)
NUMBER, NUMBER_AWARE, REACH, HAZARD, UNSUPPORTED, OUTREACH_GAIN = range(6)
TOTAL_UNITS, DONE, DONE_SUPPORTED, PRESSURE, FLOWS, DATABASE_GAIN = 0, 1, 2, 3, slice(4, 11), 11


def run(layout, clock, spending, offers, drivers, p, opening, years, threads: int | None = None):
    """Run the model compiled; arguments and result as in `cpmodel.model.simulate.simulate`.

    The number of draws must be a multiple of `BLOCK`; `cpmodel.model.ensemble` sees to it. Blocks run on `threads`
    threads (default: all cores).
    """
    n = opening[0].shape[-1]
    if n % BLOCK:
        raise ValueError(f"the engine takes draws in blocks of {BLOCK}; got {n}")
    regions, sectors = int(layout.region.max()) + 1, int(layout.sector.max()) + 1
    out = s.Outputs(
        np.empty((years, 8, n)), np.empty((years, 9, n)), np.empty((years, regions, n)),
        np.empty((years, 1 + regions + sectors + 4, len(s.GROUP_SUMS), n), np.float32), np.empty((years, n)),
        np.empty((years, 2, 4, 3, n)), np.zeros(n), np.array([np.full(n, np.inf), np.full(n, -np.inf)]),
    )  # fmt: skip
    fixed = (
        _records({name: getattr(layout, name) for name in ("region", "sector", "size", "establishments", "energy_use")}),
        (layout.neighbour_start, layout.neighbours), layout.offices,
        _records({name: getattr(clock, name) for name in clock._fields[:-1]}), clock.first_year,
        _records(spending._asdict()),
        _records({name: getattr(offers, name) for name in REGIME_FIELDS}),
        Tables(np.stack([offers.accept, offers.used, offers.invested, offers.lent]), offers.terms, offers.eligible, offers.nodes,
               offers.resource_bill),
    )  # fmt: skip
    coefficients = _blocks({**p._asdict(), "reach": offers.reach, "repayment": offers.repayment})

    def one(block: int) -> None:
        _run_block(block * BLOCK, coefficients[block], *fixed, *drivers, *opening, *out)

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(one, range(n // BLOCK)))
    return out


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


@njit(nogil=True, cache=True, **OPTIONS)
def _run_block(d, p, cell, near, offices_in_all, steps, first_year, spending, regimes, offers, growth, size_at_start,
               output, cells_0, outreach_0, offices_0, nation_0, *out):  # fmt: skip
    """Run one block of draws, from draw `d` on."""
    span = slice(d, d + BLOCK)
    cells, outreach = cells_0[:, :, span].copy(), outreach_0[:, span].copy()
    offices, nation = offices_0[:, span].copy(), nation_0[:, span].copy()
    flows = np.zeros((9, BLOCK))
    d_cells, d_outreach = np.zeros_like(cells), np.zeros_like(outreach)
    d_offices, d_nation, d_flows = np.zeros_like(offices), np.zeros_like(nation), np.zeros_like(flows)
    regions, sectors = offices.shape[0], growth.shape[1]
    work = Work(np.zeros((3, sectors, BLOCK)), np.zeros((3, regions * sectors, BLOCK)),
                np.zeros((6, sectors, 4, 3, BLOCK)), np.zeros((6, 4, BLOCK)), np.zeros((12, BLOCK)))  # fmt: skip
    growth_here, size_here = growth[:, :, span].copy(), size_at_start[:, :, span].copy()
    for i in range(steps.shape[0]):
        year, step = steps[i].year, steps[i].step
        regime, money = regimes[steps[i].regime], spending[year]
        open_to = offers.eligible[steps[i].regime]
        for weight, carry, offset in STAGES:
            now = steps[i].start + offset * step - (first_year + year)
            _look_around(now, growth_here[year], size_here[year], cells, nation, cell, near, money, p, work)
            _read_tables(d, regime, nation, offers, p, work)
            _serve_assessments(nation, money, p, work)
            _serve_scheme(d, regime, open_to, cells, nation, cell, offers, p, work)
            _discover(outreach, nation, p, work)
            _step_cells(step, weight, carry, cells, d_cells, offices, cell, money, open_to, p, work)
            _step_nation(step, weight, carry, nation, d_nation, flows, d_flows, money, regime, p, work)
            _step_outreach(step, weight, carry, outreach, d_outreach, money, p, work)
            _step_offices(step, weight, carry, offices, d_offices, money.office_training / offices_in_all, p)
        _check(d, cells, *out[6:])
        if steps[i].closes_year:
            _look_around(1.0, growth_here[year], size_here[year], cells, nation, cell, near, money, p, work)
            _read_tables(d, regime, nation, offers, p, work)
            _serve_assessments(nation, money, p, work)
            out[0][year, :, span], out[1][year, :, span], out[2][year, :, span] = nation, flows, offices
            out[4][year, span] = work.total[PRESSURE]
            _record(d, cells, cell, output[year, span], p, work, out[3][year], out[5][year])
            flows[:] = 0.0


@njit(**OPTIONS)
def _look_around(now, growth, size_at_start, cells, nation, cell, near, money, p, work):
    """Count the living by size, and what is visible of adopters by place and by sector."""
    sectors = work.sector.shape[1]
    work.place[:2], work.size[:2], work.total[:] = 0.0, 0.0, 0.0
    for j in range(sectors):
        for b in range(BLOCK):
            work.sector[LIVING, j, b] = np.exp(size_at_start[j, b] + growth[j, b] * now)
            work.sector[ENTRY, j, b] = _entry_rate(p.exit_rate[b], growth[j, b])
    for c in range(cell.shape[0]):
        j, z, place = cell[c].sector, cell[c].size, cell[c].region * sectors + cell[c].sector
        start = cell[c].establishments
        for b in range(BLOCK):
            n = start * work.sector[LIVING, j, b]
            assessed = cells[s.ASSESSED, c, b]
            part = 1.0 / np.maximum(assessed, 1e-300)
            adopters = _lenient(assessed, cells[s.RUNG_1, c, b] * part, cells[s.RUNG_2, c, b] * part,
                                cells[s.RUNG_3, c, b] * part)  # fmt: skip
            work.place[COUNT, place, b] += n
            work.place[OWN, place, b] += n * adopters
            work.size[NUMBER, z, b] += n
            work.size[NUMBER_AWARE, z, b] += n * cells[s.AWARE, c, b]
            work.total[0, b] += n * cells[s.UNITS, c, b]
    _show(nation, near, money, p, work)


@njit(**OPTIONS)
def _show(nation, near, money, p, work):
    """What is visible of adopters: own place, its neighbours, the sector in the country."""
    sectors = work.sector.shape[1]
    regions = work.place.shape[1] // sectors
    neighbour_start, neighbours = near
    for b in range(BLOCK):
        shown = p.visibility[b] * (1.0 + (p.certificate_visibility[b] - 1.0) * money.certificates)
        shown = np.minimum(shown, 1.0) * _multiplier(
            nation[s.DEMONSTRATIONS, b], p.demonstration_effect[b], p.demonstration_half[b]
        )
        for j in range(sectors):
            total, adopters = 0.0, 0.0
            for r in range(regions):
                total += work.place[COUNT, r * sectors + j, b]
                adopters += work.place[OWN, r * sectors + j, b]
                work.place[OWN, r * sectors + j, b] = (
                    shown
                    * work.place[OWN, r * sectors + j, b]
                    / np.maximum(work.place[COUNT, r * sectors + j, b], 1e-300)
                )
            work.sector[SEEN_SECTOR, j, b] = shown * adopters / np.maximum(total, 1e-300)
    for r in range(regions):
        first, last = neighbour_start[r], neighbour_start[r + 1]
        for j in range(sectors):
            for b in range(BLOCK):
                own, around = work.place[OWN, r * sectors + j, b], 0.0
                for e in range(first, last):
                    around += work.place[OWN, neighbours[e] * sectors + j, b]
                around = around / (last - first) if last > first else own
                work.place[SEEN, r * sectors + j, b] = _seen(own, around, p.neighbour_weight[b])


@njit(**OPTIONS)
def _interpolate(table, nodes, k, draw, seen):
    found = table[0, k, draw]
    for v in range(nodes.shape[0] - 1):
        slope = (table[v + 1, k, draw] - table[v, k, draw]) / (nodes[v + 1] - nodes[v])
        found += slope * np.minimum(np.maximum(seen - nodes[v], 0.0), nodes[v + 1] - nodes[v])
    return found


@njit(**OPTIONS)
def _read_tables(d, regime, nation, offers, p, work):
    """Interpolate the acceptance tables at what each sector sees; reach of the scheme by size."""
    for z in range(4):
        market, scheme = regime.market[z], regime.scheme[z]
        for b in range(BLOCK):
            work.size[REACH, z, b] = p.reach[z, b] * nation[s.READINESS, b] if scheme >= 0 else 0.0
        for j in range(work.sector.shape[1]):
            for k in range(3):
                for b in range(BLOCK):
                    at = work.sector[SEEN_SECTOR, j, b]
                    work.tables[MARKET, j, z, k, b] = _interpolate(
                        offers.accept[0, market], offers.nodes, k, d + b, at
                    )
                if scheme < 0:
                    work.tables[SCHEME, j, z, k] = work.tables[MARKET, j, z, k]
                    work.tables[USED:LEVEL, j, z, k] = 0.0
                    continue
                for part in range(4):
                    table = offers.accept[part, scheme]
                    for b in range(BLOCK):
                        at = work.sector[SEEN_SECTOR, j, b]
                        work.tables[SCHEME + part, j, z, k, b] = _interpolate(table, offers.nodes, k, d + b, at)


@njit(**OPTIONS)
def _serve_assessments(nation, money, p, work):
    """Share assessors and support money among those who ask: hazard by size, assessments completed."""
    for b in range(BLOCK):
        cost = 0.0
        for z in range(4):
            fee = p.assessment_fee[z, b]
            share = _fee_share(fee, p.support_share_ceiling[b], p.support_ceiling[b])
            base, response = p.assessment_base[z, b], p.support_response[b]
            work.size[HAZARD, z, b] = _hazard(base, response, share)
            work.size[UNSUPPORTED, z, b] = _hazard(base, response, 0.0)
            cost += work.size[NUMBER_AWARE, z, b] * work.size[HAZARD, z, b] * share * fee
        funded = _fraction(money.assessment_support * money.support_open * p.support_grant_share[b], cost)
        demand, with_support = 0.0, 0.0
        for z in range(4):
            with_support += work.size[NUMBER_AWARE, z, b] * work.size[HAZARD, z, b]
            work.size[HAZARD, z, b] = (
                funded * work.size[HAZARD, z, b] + (1.0 - funded) * work.size[UNSUPPORTED, z, b]
            )
            demand += work.size[NUMBER_AWARE, z, b] * work.size[HAZARD, z, b]
        capacity = _capacity(
            nation[s.PROVIDERS, b], p.assessments_per_fte[b], work.total[0, b], p.inhouse_assessments[b]
        )
        done = _completion(demand, capacity)
        part = done / np.maximum(demand, 1e-300)
        alone = _self_rate(p.self_assessment[b], p.guide_gain[b], nation[s.DATABASE, b])
        for z in range(4):
            work.size[HAZARD, z, b] = part * work.size[HAZARD, z, b] + alone
        work.total[1, b], work.total[2, b] = done, part * funded * with_support
        work.total[3, b] = demand / np.maximum(capacity, 1e-12)


@njit(**OPTIONS)
def _uptake_by_terms(open_to, served, cells, cell, p, work):
    """Return the uptake of eligible establishments by sector, size and rung, (J, Z, K, B) [establishments/year]."""
    sums = np.zeros(work.tables.shape[1:])
    _set_level(served, work)
    for c in range(cell.shape[0]):
        if open_to[c] == 0.0:
            continue
        j, z, start = cell[c].sector, cell[c].size, cell[c].establishments
        for k in range(3):
            for b in range(BLOCK):
                flow = _uptake(
                    cells[s.ASSESSED, c, b],
                    work.tables[LEVEL, j, z, k, b],
                    cells[s.RUNG_1 + k, c, b],
                    p.uptake_time[k, b],
                )
                sums[j, z, k, b] += start * work.sector[LIVING, j, b] * flow
    return sums


@njit(**OPTIONS)
def _set_level(served, work):
    """Acceptance of the eligible when the scheme serves the share `served`."""
    for j in range(work.tables.shape[1]):
        for z in range(4):
            for k in range(3):
                for b in range(BLOCK):
                    reach = served[b] * work.size[REACH, z, b]
                    market = work.tables[MARKET, j, z, k, b]
                    work.tables[LEVEL, j, z, k, b] = market + reach * (
                        work.tables[SCHEME, j, z, k, b] - market
                    )


@njit(**OPTIONS)
def _scheme_money(d, regime, served, sums, offers, p, work, total):
    """Turn sums of uptake into projects, investment, lending, grants, guaranteed, subsidy points, equivalent."""
    total[:] = 0.0
    for j in range(work.tables.shape[1]):
        for z in range(4):
            terms = offers.terms[regime.scheme[z]]
            for k in range(3):
                for b in range(BLOCK):
                    reach = served[b] * work.size[REACH, z, b]
                    part = sums[j, z, k, b] * reach / np.maximum(work.tables[LEVEL, j, z, k, b], 1e-300)
                    bill = p.bill_saving[k, b] * offers.resource_bill[j, z]
                    invested, lent = (
                        part * work.tables[INVESTED, j, z, k, b] * bill,
                        part * work.tables[LENT, j, z, k, b] * bill,
                    )
                    total[0, b] += part * work.tables[USED, j, z, k, b]
                    total[1, b] += invested
                    total[2, b] += lent * terms[0, d + b]
                    total[3, b] += invested * terms[1, d + b]
                    total[4, b] += lent * terms[2, d + b]
                    total[5, b] += lent * terms[3, d + b]
                    total[6, b] += lent * terms[4, d + b] + invested * terms[5, d + b]


@njit(**OPTIONS)
def _serve_scheme(d, regime, open_to, cells, nation, cell, offers, p, work):
    """Find the share of scheme demand that money allows, and what flows at that share."""
    served, total = np.zeros(BLOCK), np.zeros((7, BLOCK))
    if regime.scheme.max() >= 0:
        served[:] = 1.0
        sums = _uptake_by_terms(open_to, served, cells, cell, p, work)
        _scheme_money(d, regime, served, sums, offers, p, work, total)
        for b in range(BLOCK):
            lending = regime.capacity[0]
            if regime.revolving > 0:
                lending = np.minimum(lending, np.maximum(nation[s.FUND, b], 0.0) / PAYOUT_TIME)
            share = np.minimum(1.0, _fraction(lending, total[2, b]))
            share = np.minimum(share, _fraction(regime.capacity[1], total[3, b]))
            served[b] = np.minimum(share, _fraction(regime.capacity[2], total[4, b]))
        sums = _uptake_by_terms(open_to, served, cells, cell, p, work)
        _scheme_money(d, regime, served, sums, offers, p, work, total)
    _set_level(served, work)
    work.total[FLOWS] = total


@njit(**OPTIONS)
def _discover(outreach, nation, p, work):
    """Discovery rate apart from offices and word of mouth, by size."""
    for z in range(4):
        for b in range(BLOCK):
            response = _outreach_response(
                outreach[z, b], p.outreach_half_saturation[b], p.outreach_exponent[b]
            )
            work.size[OUTREACH_GAIN, z, b] = p.outreach_strength[b] * response
    for b in range(BLOCK):
        work.total[DATABASE_GAIN, b] = p.database_strength[b] * nation[s.DATABASE, b]


@njit(**OPTIONS)
def _step_cells(step, weight, carry, cells, change, offices, cell, money, open_to, p, work):
    sectors = work.sector.shape[1]
    mandate = money.unit_mandate
    for c in range(cell.shape[0]):
        r, j, z = cell[c].region, cell[c].sector, cell[c].size
        terms = LEVEL if open_to[c] > 0.0 else MARKET
        for b in range(BLOCK):
            unaware, aware, assessed = cells[s.UNAWARE, c, b], cells[s.AWARE, c, b], cells[s.ASSESSED, c, b]
            entry = work.sector[ENTRY, j, b]
            rate = _discovery(p.background_discovery[b], work.size[OUTREACH_GAIN, z, b], work.total[DATABASE_GAIN, b],
                              p.office_strength[b] * offices[r, b], p.word_of_mouth[b],
                              work.place[SEEN, r * sectors + j, b])  # fmt: skip
            learned = _awareness_flow(unaware, rate, aware, p.forgetting[b])
            done = work.size[HAZARD, z, b] * aware
            change[0, c, b] = carry * change[0, c, b] + step * (-learned + _dilution(entry, unaware, 1.0))
            change[1, c, b] = carry * change[1, c, b] + step * (learned - done + _dilution(entry, aware, 0.0))
            change[2, c, b] = carry * change[2, c, b] + step * (done + _dilution(entry, assessed, 0.0))
        for k in range(3):
            for b in range(BLOCK):
                operating = cells[s.RUNG_1 + k, c, b]
                flow = _uptake(
                    cells[s.ASSESSED, c, b], work.tables[terms, j, z, k, b], operating, p.uptake_time[k, b]
                )
                lapse = p.lapse_rate[k, b]
                if k == 0:
                    lapse = _lapse(lapse, p.unit_protection[b], cells[s.UNITS, c, b])
                rate = flow - lapse * operating + _dilution(work.sector[ENTRY, j, b], operating, 0.0)
                change[s.RUNG_1 + k, c, b] = carry * change[s.RUNG_1 + k, c, b] + step * rate
        if z >= 2:
            for b in range(BLOCK):
                units = cells[s.UNITS, c, b]
                rate = _unit_flow(p.unit_background[b], p.unit_from_awareness[b],
                                  cells[s.AWARE, c, b] + cells[s.ASSESSED, c, b], p.unit_from_office[b],
                                  offices[r, b], p.unit_from_mandate[b] * mandate, units,
                                  p.unit_loss[b])  # fmt: skip
                rate += _dilution(work.sector[ENTRY, j, b], units, 0.0)
                change[s.UNITS, c, b] = carry * change[s.UNITS, c, b] + step * rate
        for i in range(7):
            for b in range(BLOCK):
                cells[i, c, b] += weight * change[i, c, b]


@njit(**OPTIONS)
def _step_nation(step, weight, carry, nation, d_nation, flows, d_flows, money, regime, p, work):
    rates = np.empty((9, BLOCK))
    _scheme_year(nation, p, work, rates)
    _advance(flows, d_flows, rates, step, weight, carry)
    _nation_rates(nation, money, regime, p, work, rates)
    _advance(nation, d_nation, rates, step, weight, carry)


@njit(**OPTIONS)
def _step_outreach(step, weight, carry, outreach, change, money, p, work):
    rates = np.empty((4, BLOCK))
    for b in range(BLOCK):
        reached = 0.0
        for z in range(4):
            reached += p.outreach_reach[z, b] * work.size[NUMBER, z, b]
        for z in range(4):
            contacts = money.outreach * p.outreach_reach[z, b] / (p.contact_cost[b] * reached)
            rates[z, b] = _outreach_flow(contacts, outreach[z, b], p.outreach_decay[b])
    _advance(outreach, change, rates, step, weight, carry)


@njit(**OPTIONS)
def _step_offices(step, weight, carry, offices, change, training, p):
    rates = np.empty(offices.shape)
    for r in range(offices.shape[0]):
        for b in range(BLOCK):
            rates[r, b] = _office_flow(
                training, p.office_training_rate[b], offices[r, b], p.office_attrition[b]
            )
    _advance(offices, change, rates, step, weight, carry)


@njit(**OPTIONS)
def _advance(stock, change, rates, step, weight, carry):
    for i in range(stock.shape[0]):
        for b in range(BLOCK):
            change[i, b] = carry * change[i, b] + step * rates[i, b]
            stock[i, b] += weight * change[i, b]


@njit(**OPTIONS)
def _scheme_year(nation, p, work, rates):
    for b in range(BLOCK):
        rates[s.ASSESSMENTS, b], rates[s.SUPPORTED, b] = work.total[1, b], work.total[2, b]
        rates[s.PROJECTS, b], rates[s.INVESTMENT, b] = work.total[4, b], work.total[5, b]
        rates[s.LENDING, b], rates[s.GRANTS, b] = work.total[6, b], work.total[7, b]
        rates[s.SUBSIDY, b] = nation[s.SUBSIDISED, b]
        rates[s.CLAIMS, b] = p.loan_default[b] * p.loss_given_default[b] * nation[s.GUARANTEED, b]
        rates[s.EQUIVALENT, b] = work.total[10, b]


@njit(**OPTIONS)
def _nation_rates(nation, money, regime, p, work, rates):
    for b in range(BLOCK):
        models = money.assessment_support * (1.0 - money.support_open * p.support_grant_share[b])
        ready = 1.0 + (p.integration_readiness[b] - 1.0) * money.readiness_multiplier
        loans, repayment, lost = nation[s.LOANS, b], p.repayment[b], p.loan_default[b] * nation[s.LOANS, b]
        recovered = lost * (1.0 - p.loss_given_default[b])
        interest = regime.loan_rate * loans
        rates[0, b] = _database_flow(
            money.database,
            p.database_cost[b],
            p.database_build_time[b],
            nation[s.DATABASE, b],
            p.database_decay[b],
        )
        rates[1, b] = _models_flow(
            models, p.demonstration_cost[b], nation[s.DEMONSTRATIONS, b], p.demonstration_decay[b]
        )
        rates[2, b] = _provider_flow(
            money.provider_training, p.capacity_per_training[b], money.network,
            p.capacity_per_network[b], nation[s.PROVIDERS, b], p.provider_ceiling[b], p.provider_attrition[b],
        )  # fmt: skip
        rates[3, b] = _readiness_flow(
            ready * money.finance, p.readiness_cost[b], nation[s.READINESS, b], p.readiness_time[b]
        )
        back = repayment * loans + interest + recovered - work.total[6, b]
        rates[4, b] = regime.injection + regime.revolving * back
        rates[5, b] = work.total[6, b] - repayment * loans - lost
        rates[6, b] = work.total[8, b] - (repayment + p.loan_default[b]) * nation[s.GUARANTEED, b]
        rates[7, b] = work.total[9, b] - repayment * nation[s.SUBSIDISED, b]


@njit(**OPTIONS)
def _check(d, cells, worst_balance, bounds):
    for b in range(BLOCK):
        worst, low, high = worst_balance[d + b], bounds[0, d + b], bounds[1, d + b]
        for c in range(cells.shape[1]):
            worst = max(worst, abs(cells[0, c, b] + cells[1, c, b] + cells[2, c, b] - 1.0))
            for i in range(7):
                low, high = min(low, cells[i, c, b]), max(high, cells[i, c, b])
        worst_balance[d + b], bounds[0, d + b], bounds[1, d + b] = worst, low, high


@njit(**OPTIONS)
def _record(d, cells, cell, output, p, work, groups, acceptance):
    """Write the sums over groups of cells and the mean acceptance of 31 December."""
    sectors = work.sector.shape[1]
    regions = work.place.shape[1] // sectors
    sums = np.zeros((1 + regions + sectors + 4, 16, BLOCK))
    weight = np.zeros((sectors, 4, BLOCK))
    values = np.empty((16, BLOCK))
    for c in range(cell.shape[0]):
        r, j, z = cell[c].region, cell[c].sector, cell[c].size
        _cell_sums(c, cells, cell[c], output, p, work, values)
        weight[j, z] += values[0]
        for group in (0, 1 + r, 1 + regions + j, 1 + regions + sectors + z):
            sums[group] += values
    groups[:, :, d : d + BLOCK] = sums
    for z in range(4):
        for b in range(BLOCK):
            total = np.maximum(weight[:, z, b].sum(), 1e-300)
            for k in range(3):
                for terms in (MARKET, SCHEME):
                    mean = 0.0
                    for j in range(sectors):
                        mean += weight[j, z, b] / total * work.tables[terms, j, z, k, b]
                    acceptance[terms, z, k, d + b] = mean


@njit(**OPTIONS)
def _cell_sums(c, cells, here, output, p, work, values):
    large = 1.0 if here.size >= 2 else 0.0
    for b in range(BLOCK):
        n = here.establishments * work.sector[LIVING, here.sector, b]
        assessed = cells[s.ASSESSED, c, b]
        part = 1.0 / np.maximum(assessed, 1e-300)
        x1, x2 = cells[s.RUNG_1, c, b] * part, cells[s.RUNG_2, c, b] * part
        x3 = cells[s.RUNG_3, c, b] * part
        values[0, b], values[1, b] = n, n * (cells[s.AWARE, c, b] + assessed)
        values[2, b] = n * assessed
        values[3, b], values[4, b] = n * _lenient(assessed, x1, x2, x3), n * _strict(assessed, x2, x3)
        for k in range(3):
            values[5 + k, b] = n * cells[s.RUNG_1 + k, c, b]
        values[8, b], values[9, b] = n * large, n * large * cells[s.UNITS, c, b]
        for m in range(4):
            saving = assessed * _ladder(x1, x2, x3, p.saving_share[m, 0, b], p.saving_share[m, 1, b],
                                        p.saving_share[m, 2, b], p.realisation[b])  # fmt: skip
            values[10 + m, b] = n * saving
            if m < 2:
                values[14 + m, b] = _absolute(saving, here.energy_use[m], output[b], 0.0)
