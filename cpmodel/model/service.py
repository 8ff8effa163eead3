"""Compiled, one block of draws: who is served by assessors and by the scheme, at a stage of a step."""

from numba import njit

from cpmodel.model import assessment, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.elementary import maximum, minimum
from cpmodel.model.lanes import same, some
from cpmodel.model.mechanisms import PAYOUT_TIME
from cpmodel.model.rows import rows_at
from cpmodel.model.work import (
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
    PLAIN_HAZARD,
    POINTS,
    PRESSURE,
    PROJECTS,
    REACH,
    SCHEME,
    SERVED,
    SUPPORTED_FEE,
    SUPPORTED_HAZARD,
    TOTAL_UNITS,
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
def set_hazards(p, work):
    """Hazards of asking for an assessment, with and without support, and what the state pays of a fee: they stay."""
    for z in range(4):
        fee, base = p.assessment_fee[z], p.assessment_base[z]
        share = _fee_share(fee, p.support_share_ceiling, p.support_ceiling)
        work.size[SUPPORTED_HAZARD, z] = _hazard(base, p.support_response, share)
        work.size[PLAIN_HAZARD, z] = _hazard(base, p.support_response, 0.0)
        work.size[SUPPORTED_FEE, z] = share * fee


@njit(**INNER)
def serve_assessments(nation, money, p, work):
    """Share assessors and support money among those who ask: hazard by size, assessments completed."""
    cost, wanted, demand = same(0.0), same(0.0), same(0.0)
    for z in range(4):
        asking = work.size[NUMBER_AWARE, z] * work.size[SUPPORTED_HAZARD, z]
        cost += asking * work.size[SUPPORTED_FEE, z]
        wanted += asking
    funded = _fraction(money.assessment_support * money.support_open * p.support_grant_share, cost)
    for z in range(4):
        hazard = funded * work.size[SUPPORTED_HAZARD, z] + (1.0 - funded) * work.size[PLAIN_HAZARD, z]
        demand += work.size[NUMBER_AWARE, z] * hazard
        work.size[HAZARD, z] = hazard
    capacity = _capacity(
        nation[s.PROVIDERS], p.assessments_per_fte, work.total[TOTAL_UNITS], p.inhouse_assessments
    )
    done = _completion(demand, capacity)
    part = done / maximum(1e-300, demand)
    work.total[DONE], work.total[DONE_SUPPORTED] = done, part * funded * wanted
    work.total[PRESSURE] = demand / maximum(1e-12, capacity)
    alone = _self_rate(p.self_assessment, p.guide_gain, nation[s.DATABASE])
    for z in range(4):
        work.size[HAZARD, z] = part * work.size[HAZARD, z] + alone


@njit(**INNER)
def serve_scheme(d, regime, open_to, cells, nation, cell, offers, p, work):
    """Find the share of scheme demand that money allows, and what flows at that share."""
    for i in range(SERVED, len(work.total)):
        work.total[i] = 0.0
    if regime.open == 0:
        return
    work.total[SERVED] = 1.0
    _scheme_at_service(d, regime, open_to, cells, cell, offers, p, work)
    lending = same(regime.capacity[0])
    if regime.revolving > 0:
        lending = minimum(lending, maximum(0.0, nation[s.FUND]) / PAYOUT_TIME)
    share = minimum(
        _fraction(lending, work.total[LENDING]), _fraction(regime.capacity[1], work.total[GRANTS])
    )
    share = minimum(share, _fraction(regime.capacity[2], work.total[GUARANTEED]))
    work.total[SERVED] = share
    if some(share < 1.0):
        _scheme_at_service(d, regime, open_to, cells, cell, offers, p, work)


@njit(**INNER)
def _scheme_at_service(d, regime, open_to, cells, cell, offers, p, work):
    """Work out the scheme's flows when it serves the share `total[SERVED]` of those who want it."""
    _set_level(regime, work)
    for c in range(len(cell)):
        here = cell[c]
        if open_to[c] > 0.0 and regime.scheme[here.size] >= 0:
            for k in range(3):
                level = work.tables[LEVEL, here.sector, here.size, k]
                flow = _uptake(cells[c, s.ASSESSED], level, cells[c, s.RUNG_1 + k], p.uptake_rate[k])
                work.uptake[here.sector, here.size, k] += here.establishments * flow
    _scheme_money(d, regime, offers, p, work)


@njit(**INNER)
def _set_level(regime, work):
    """Acceptance of the eligible when the scheme serves the share `total[SERVED]`; nobody has taken it up yet."""
    for j in range(work.tables.shape[1]):
        for z in range(4):
            reach = work.total[SERVED] * work.size[REACH, z]
            for k in range(3 if regime.scheme[z] >= 0 else 0):
                market = work.tables[MARKET, j, z, k]
                work.tables[LEVEL, j, z, k] = market + reach * (work.tables[SCHEME, j, z, k] - market)
                work.uptake[j, z, k] = 0.0


@njit(**INNER)
def _scheme_money(d, regime, offers, p, work):
    """Turn uptake into projects, investment, lending, grants, guaranteed, subsidy points, equivalent."""
    for i in range(PROJECTS, len(work.total)):
        work.total[i] = 0.0
    for z in range(4):
        if regime.scheme[z] >= 0:
            invested, lent = _users_of(z, offers, p, work)
            _apply_terms(rows_at(offers.terms, d)[regime.scheme[z]], invested, lent, work.total)


@njit(**INNER)
def _users_of(z, offers, p, work):
    """Count the projects of a size; return what its users invest and are lent."""
    projects, invested, lent = same(0.0), same(0.0), same(0.0)
    reach = work.total[SERVED] * work.size[REACH, z]
    for j in range(work.tables.shape[1]):
        for k in range(3):
            level = maximum(1e-300, work.tables[LEVEL, j, z, k])
            part = work.uptake[j, z, k] * work.sector[LIVING, j] * (reach / level)
            bill = part * p.bill_saving[k] * offers.resource_bill[j, z]
            projects += part * work.tables[USED, j, z, k]
            invested += work.tables[INVESTED, j, z, k] * bill
            lent += work.tables[LENT, j, z, k] * bill
    work.total[PROJECTS] += projects
    return invested, lent


@njit(**INNER)
def _apply_terms(terms, invested, lent, total):
    total[INVESTMENT] += invested
    total[LENDING] += lent * terms[0]
    total[GRANTS] += invested * terms[1]
    total[GUARANTEED] += lent * terms[2]
    total[POINTS] += lent * terms[3]
    total[EQUIVALENT] += lent * terms[4] + invested * terms[5]
