"""Compiled, one block of draws: who is served by assessors and by the scheme, at a stage of a step."""

import numpy as np
from numba import njit

from cpmodel.model import assessment, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.mechanisms import PAYOUT_TIME
from cpmodel.model.work import (
    ASSESSED,
    BLOCK,
    DONE,
    DONE_SUPPORTED,
    EQUIVALENT,
    GRANTS,
    GUARANTEED,
    HAZARD,
    INVESTED,
    INVESTMENT,
    LENDING,
    LENT,
    LEVEL,
    LIVING,
    MARKET,
    NUMBER_AWARE,
    POINTS,
    PRESSURE,
    PROJECTS,
    REACH,
    RUNGS,
    SCHEME,
    SERVED,
    TOTAL_UNITS,
    UNSUPPORTED,
    USED,
)

_fee_share = compiled(assessment.supported_fee_share)
_hazard = compiled(assessment.assessment_hazard)
_self_rate = compiled(assessment.self_assessment_rate)
_capacity = compiled(assessment.assessment_capacity)
_completion = compiled(assessment.assessment_completion)
_fraction = compiled(assessment.supported_fraction)
_uptake = compiled(uptake.uptake_flow)


@njit(**INNER)
def serve_assessments(nation, money, p, work):
    """Share assessors and support money among those who ask: hazard by size, assessments completed."""
    cost, wanted, demand = np.zeros(BLOCK), np.zeros(BLOCK), np.zeros(BLOCK)
    funded, part = np.empty(BLOCK), np.empty(BLOCK)
    for z in range(4):
        for b in range(BLOCK):
            fee, base = p.assessment_fee[z, b], p.assessment_base[z, b]
            share = _fee_share(fee, p.support_share_ceiling[b], p.support_ceiling[b])
            hazard = _hazard(base, p.support_response[b], share)
            cost[b] += work.size[NUMBER_AWARE, z, b] * hazard * share * fee
            wanted[b] += work.size[NUMBER_AWARE, z, b] * hazard
            work.size[HAZARD, z, b] = hazard
        for b in range(BLOCK):
            work.size[UNSUPPORTED, z, b] = _hazard(p.assessment_base[z, b], p.support_response[b], 0.0)
    for b in range(BLOCK):
        support = money.assessment_support * money.support_open * p.support_grant_share[b]
        funded[b] = _fraction(support, cost[b])
    for z in range(4):
        for b in range(BLOCK):
            with_support, without = work.size[HAZARD, z, b], work.size[UNSUPPORTED, z, b]
            work.size[HAZARD, z, b] = funded[b] * with_support + (1.0 - funded[b]) * without
            demand[b] += work.size[NUMBER_AWARE, z, b] * work.size[HAZARD, z, b]
    for b in range(BLOCK):
        capacity = _capacity(
            nation[s.PROVIDERS, b],
            p.assessments_per_fte[b],
            work.total[TOTAL_UNITS, b],
            p.inhouse_assessments[b],
        )
        done = _completion(demand[b], capacity)
        part[b] = done / np.maximum(demand[b], 1e-300)
        work.total[DONE, b], work.total[DONE_SUPPORTED, b] = done, part[b] * funded[b] * wanted[b]
        work.total[PRESSURE, b] = demand[b] / np.maximum(capacity, 1e-12)
    for z in range(4):
        for b in range(BLOCK):
            alone = _self_rate(p.self_assessment[b], p.guide_gain[b], nation[s.DATABASE, b])
            work.size[HAZARD, z, b] = part[b] * work.size[HAZARD, z, b] + alone


@njit(**INNER)
def serve_scheme(d, regime, open_to, cells, nation, cell, offers, p, work):
    """Find the share of scheme demand that money allows, and what flows at that share."""
    work.total[SERVED:] = 0.0
    if regime.scheme.max() >= 0:
        work.total[SERVED] = 1.0
        _scheme_at_service(d, regime, open_to, cells, cell, offers, p, work)
        short = False
        for b in range(BLOCK):
            lending = regime.capacity[0]
            if regime.revolving > 0:
                lending = np.minimum(lending, np.maximum(nation[s.FUND, b], 0.0) / PAYOUT_TIME)
            share = np.minimum(1.0, _fraction(lending, work.total[LENDING, b]))
            share = np.minimum(share, _fraction(regime.capacity[1], work.total[GRANTS, b]))
            share = np.minimum(share, _fraction(regime.capacity[2], work.total[GUARANTEED, b]))
            work.total[SERVED, b] = share
            short = short or share < 1.0
        if short:
            _scheme_at_service(d, regime, open_to, cells, cell, offers, p, work)
    else:
        _set_level(work)


@njit(**INNER)
def _scheme_at_service(d, regime, open_to, cells, cell, offers, p, work):
    """Work out the scheme's flows when it serves the share `total[SERVED]` of those who want it."""
    _set_level(work)
    work.uptake[:] = 0.0
    for c in range(cell.shape[0]):
        if open_to[c] > 0.0:
            _count_uptake(c, cells, cell[c], p, work)
    _scheme_money(d, regime, offers, p, work)


@njit(**INNER)
def _count_uptake(c, cells, here, p, work):
    j, z = here.sector, here.size
    for k in range(3):
        for b in range(BLOCK):
            level, operating = work.tables[LEVEL, j, z, k, b], cells[c, RUNGS + k * BLOCK + b]
            flow = _uptake(cells[c, ASSESSED + b], level, operating, p.uptake_rate[k, b])
            work.uptake[j, z, k, b] += here.establishments * flow


@njit(**INNER)
def _set_level(work):
    """Acceptance of the eligible when the scheme serves the share `total[SERVED]`."""
    for j in range(work.tables.shape[1]):
        for z in range(4):
            for k in range(3):
                for b in range(BLOCK):
                    reach = work.total[SERVED, b] * work.size[REACH, z, b]
                    market = work.tables[MARKET, j, z, k, b]
                    gain = work.tables[SCHEME, j, z, k, b] - market
                    work.tables[LEVEL, j, z, k, b] = market + reach * gain


@njit(**INNER)
def _scheme_money(d, regime, offers, p, work):
    """Turn uptake into projects, investment, lending, grants, guaranteed, subsidy points, equivalent."""
    invested, lent = np.empty(BLOCK), np.empty(BLOCK)
    work.total[PROJECTS:] = 0.0
    for z in range(4):
        if regime.scheme[z] < 0:
            continue
        invested[:], lent[:] = 0.0, 0.0
        for j in range(work.tables.shape[1]):
            for k in range(3):
                _count_users(j, z, k, offers.resource_bill[j, z], p, work, invested, lent)
        _apply_terms(offers.terms[regime.scheme[z], :, d : d + BLOCK], invested, lent, work.total)


@njit(**INNER)
def _count_users(j, z, k, resource_bill, p, work, invested, lent):
    for b in range(BLOCK):
        reach = work.total[SERVED, b] * work.size[REACH, z, b]
        reach = reach / np.maximum(work.tables[LEVEL, j, z, k, b], 1e-300)
        part = work.uptake[j, z, k, b] * work.sector[LIVING, j, b] * reach
        bill = part * p.bill_saving[k, b] * resource_bill
        work.total[PROJECTS, b] += part * work.tables[USED, j, z, k, b]
        invested[b] += work.tables[INVESTED, j, z, k, b] * bill
        lent[b] += work.tables[LENT, j, z, k, b] * bill


@njit(**INNER)
def _apply_terms(terms, invested, lent, total):
    for b in range(BLOCK):
        total[INVESTMENT, b] += invested[b]
        total[LENDING, b] += lent[b] * terms[0, b]
        total[GRANTS, b] += invested[b] * terms[1, b]
        total[GUARANTEED, b] += lent[b] * terms[2, b]
        total[POINTS, b] += lent[b] * terms[3, b]
        total[EQUIVALENT, b] += lent[b] * terms[4, b] + invested[b] * terms[5, b]
