"""Compiled, one block of draws: what a stage of a step works out before it moves the stocks.

The same order as `simulate.all_rates`: who sees whom, what is accepted, who is served.
"""

import numpy as np
from numba import njit

from cpmodel.model import assessment, awareness, population, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.mechanisms import PAYOUT_TIME
from cpmodel.model.work import (
    BLOCK,
    COUNT,
    DATABASE_GAIN,
    ENTRY,
    FLOWS,
    HAZARD,
    INVESTED,
    LENT,
    LEVEL,
    LIVING,
    MARKET,
    NUMBER,
    NUMBER_AWARE,
    OUTREACH_GAIN,
    OWN,
    REACH,
    SCHEME,
    SEEN,
    SEEN_SECTOR,
    UNSUPPORTED,
    USED,
)

_entry_rate = compiled(population.entry_rate)
_outreach_response = compiled(awareness.outreach_response)
_multiplier = compiled(awareness.demonstration_multiplier)
_seen = compiled(awareness.visible_adopters)
_fee_share = compiled(assessment.supported_fee_share)
_hazard = compiled(assessment.assessment_hazard)
_self_rate = compiled(assessment.self_assessment_rate)
_capacity = compiled(assessment.assessment_capacity)
_completion = compiled(assessment.assessment_completion)
_fraction = compiled(assessment.supported_fraction)
_uptake = compiled(uptake.uptake_flow)
_lenient = compiled(uptake.adoption_lenient)


@njit(**INNER)
def look_around(now, growth, size_at_start, cells, nation, cell, near, money, p, work):
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


@njit(**INNER)
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


@njit(**INNER)
def _interpolate(table, nodes, k, draw, seen):
    found = table[0, k, draw]
    for v in range(nodes.shape[0] - 1):
        slope = (table[v + 1, k, draw] - table[v, k, draw]) / (nodes[v + 1] - nodes[v])
        found += slope * np.minimum(np.maximum(seen - nodes[v], 0.0), nodes[v + 1] - nodes[v])
    return found


@njit(**INNER)
def read_tables(d, regime, nation, offers, p, work):
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
                        work.tables[SCHEME + part, j, z, k, b] = _interpolate(
                            table, offers.nodes, k, d + b, at
                        )


@njit(**INNER)
def serve_assessments(nation, money, p, work):
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


@njit(**INNER)
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


@njit(**INNER)
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


@njit(**INNER)
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


@njit(**INNER)
def serve_scheme(d, regime, open_to, cells, nation, cell, offers, p, work):
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


@njit(**INNER)
def discover(outreach, nation, p, work):
    """Discovery rate apart from offices and word of mouth, by size."""
    for z in range(4):
        for b in range(BLOCK):
            response = _outreach_response(
                outreach[z, b], p.outreach_half_saturation[b], p.outreach_exponent[b]
            )
            work.size[OUTREACH_GAIN, z, b] = p.outreach_strength[b] * response
    for b in range(BLOCK):
        work.total[DATABASE_GAIN, b] = p.database_strength[b] * nation[s.DATABASE, b]
