"""Compiled, one block of draws: who is served by assessors and by the scheme, at a stage of a step."""

from numba import njit

from cpmodel.model import assessment, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import compiled
from cpmodel.model.elementary import maximum, minimum
from cpmodel.model.inlining import INNER
from cpmodel.model.lanes import same, some, where
from cpmodel.model.mechanisms import PAYOUT_TIME, QUEUE_TIME, WANTED
from cpmodel.model.work import (
    ADMITTED,
    APPLIED,
    COMMITTED,
    COUNTED,
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
    NEWCOMERS,
    NUMBER_AWARE,
    PACE,
    PART,
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
def set_ceilings(regime, start, step, stocks, work):
    """Work out at the start of a step what may be lent, granted, guaranteed and committed in it."""
    for i in range(3):
        work.ceiling[i] = regime.capacity[i]
    if regime.rule == s.STOP:
        flows = stocks.flows
        work.ceiling[0] = maximum(0.0, regime.appropriated[0] - flows[s.LENDING]) / step
        work.ceiling[1] = maximum(0.0, regime.appropriated[1] - flows[s.GRANTS]) / step
        work.ceiling[2] = maximum(0.0, regime.appropriated[2] - flows[s.NEW_GUARANTEES]) / step
    time = max(step, regime.cap_spread - start)
    work.ceiling[3] = maximum(0.0, regime.cap - stocks.nation[s.COMMITTED]) / (regime.worth * time)


@njit(**INNER)
def serve_scheme(regime, open_to, stocks, cell, offers, p, work):
    """Find how the scheme serves those who ask, as money allows, and what flows then."""
    for i in range(SERVED, len(work.total)):
        work.total[i] = 0.0
    if regime.open == 0:
        return
    work.total[SERVED], work.total[ADMITTED] = 1.0, 1.0
    lending = work.ceiling[0]
    if regime.revolving > 0:
        lending = minimum(lending, maximum(0.0, stocks.nation[s.FUND]) / PAYOUT_TIME)
    ceiling = lending, work.ceiling[1], work.ceiling[2], work.ceiling[3]
    _applicants(regime, open_to, stocks, cell, p, work)
    _scheme_money(regime, offers, p, work)
    work.total[APPLIED] = work.total[PROJECTS]
    if regime.rule == s.QUEUE:
        _serve_queue(regime, open_to, stocks, ceiling, cell, offers, p, work)
        return
    share = _share_within(ceiling, work.total, PROJECTS)
    work.total[SERVED] = share
    if some(share < 1.0):
        _applicants(regime, open_to, stocks, cell, p, work)
        _scheme_money(regime, offers, p, work)


@njit(**INNER)
def _serve_queue(regime, open_to, stocks, ceiling, cell, offers, p, work):
    """Those who wait come first; what they leave of the money is shared among newcomers."""
    total = work.total
    for i in range(len(work.wanted)):
        work.wanted[i] = total[PROJECTS + i]
    _those_waiting(regime, open_to, stocks.waiting, cell, work)
    _scheme_money(regime, offers, p, work)
    lent, granted, guaranteed, committed = ceiling
    sooner = QUEUE_TIME * lent, QUEUE_TIME * granted, QUEUE_TIME * guaranteed, QUEUE_TIME * committed
    pace = _share_within(sooner, total, PROJECTS) / QUEUE_TIME
    left = (
        maximum(0.0, lent - pace * maximum(0.0, total[LENDING])),
        maximum(0.0, granted - pace * maximum(0.0, total[GRANTS])),
        maximum(0.0, guaranteed - pace * maximum(0.0, total[GUARANTEED])),
        maximum(0.0, committed - pace * maximum(0.0, total[COMMITTED])),
    )
    admitted = _share_within(left, work.wanted, 0)
    for j in range(work.tables.shape[0]):
        for z in range(4):
            for k in range(3):
                newcomers, queue = work.asked[j, NEWCOMERS, z, k], work.asked[j, PART, z, k]
                work.asked[j, PART, z, k] = admitted * newcomers + pace * queue
    _scheme_money(regime, offers, p, work)
    total[ADMITTED], total[PACE] = admitted, pace


@njit(**INNER)
def _share_within(ceiling, flows, first):
    """Return what part of a demand keeps within every ceiling; its flows begin at row `first`, in order of `PROJECTS`."""
    share = minimum(
        _fraction(ceiling[0], flows[first + LENDING - PROJECTS]),
        _fraction(ceiling[1], flows[first + GRANTS - PROJECTS]),
    )
    share = minimum(share, _fraction(ceiling[2], flows[first + GUARANTEED - PROJECTS]))
    return minimum(share, _fraction(ceiling[3], flows[first + COMMITTED - PROJECTS]))


@njit(**INNER)
def _applicants(regime, open_to, stocks, cell, p, work):
    """Uptake of those reached, per unit of their acceptance, when the share `total[SERVED]` of demand is served."""
    _set_level(regime, work)
    for c in range(len(cell)):
        here = cell[c]
        if open_to[c] > 0.0 and regime.scheme[here.size] >= 0:
            for k in range(3):
                level, operating = (
                    work.tables[here.sector, LEVEL, here.size, k],
                    stocks.cells[c, s.RUNG_1 + k],
                )
                if regime.rule == s.QUEUE:
                    operating = operating + stocks.waiting[c, k]
                flow = _uptake(stocks.cells[c, s.ASSESSED], level, operating, p.uptake_rate[k])
                work.asked[here.sector, COUNTED, here.size, k] += here.establishments * flow
    for j in range(work.tables.shape[0]):
        for z in range(4):
            reach = work.total[SERVED] * work.size[REACH, z]
            for k in range(3):
                level = maximum(1e-300, work.tables[j, LEVEL, z, k])
                asking = work.asked[j, COUNTED, z, k] * work.sector[LIVING, j] * (reach / level)
                work.asked[j, PART, z, k] = asking
                if regime.rule == s.QUEUE:
                    work.asked[j, NEWCOMERS, z, k] = asking


@njit(**INNER)
def _those_waiting(regime, open_to, waiting, cell, work):
    """Those who wait where the scheme is open, in the terms of `_applicants`."""
    _clear_counted(work)
    for c in range(len(cell)):
        here = cell[c]
        if open_to[c] > 0.0 and regime.scheme[here.size] >= 0:
            for k in range(3):
                work.asked[here.sector, COUNTED, here.size, k] += here.establishments * waiting[c, k]
    for j in range(work.tables.shape[0]):
        for z in range(4):
            for k in range(3):
                number, used = (
                    work.asked[j, COUNTED, z, k] * work.sector[LIVING, j],
                    work.tables[j, USED, z, k],
                )
                work.asked[j, PART, z, k] = where(used > WANTED, number / maximum(WANTED, used), 0.0)


@njit(**INNER)
def _clear_counted(work):
    for j in range(work.tables.shape[0]):
        for z in range(4):
            for k in range(3):
                work.asked[j, COUNTED, z, k] = 0.0


@njit(**INNER)
def _set_level(regime, work):
    """Acceptance of the eligible when the scheme serves the share `total[SERVED]`; nobody has asked for it yet."""
    for z in range(4):
        reach = work.total[SERVED] * work.size[REACH, z]
        for j in range(work.tables.shape[0]):
            for k in range(3):
                work.asked[j, COUNTED, z, k] = 0.0
                market = work.tables[j, MARKET, z, k]
                work.tables[j, LEVEL, z, k] = market + reach * (work.tables[j, SCHEME, z, k] - market)


@njit(**INNER)
def _scheme_money(regime, offers, p, work):
    """Turn `asked[PART]` into the flows of the scheme and of its users."""
    for i in range(PROJECTS, len(work.total)):
        work.total[i] = 0.0
    for z in range(4):
        for i in range(4):
            work.users[z, i] = 0.0
        if regime.scheme[z] >= 0:
            lent = _users_of(z, offers, p, work)
            _apply_terms(work.terms[z], work.users[z], lent, work.total)


@njit(**INNER)
def _users_of(z, offers, p, work):
    """Count the projects of a size, and what its users invest and save; return what they are lent."""
    projects, invested, lent = same(0.0), same(0.0), same(0.0)
    for j in range(work.tables.shape[0]):
        for k in range(3):
            part = work.asked[j, PART, z, k]
            bill = part * p.bill_saving[k] * offers.resource_bill[j, z]
            used = work.tables[j, USED, z, k]
            projects += part * used
            invested += work.tables[j, INVESTED, z, k] * bill
            lent += work.tables[j, LENT, z, k] * bill
            work.users[z, 1 + k] += used * bill
    work.users[z, 0] = invested
    work.total[PROJECTS] += projects
    return lent


@njit(**INNER)
def _apply_terms(terms, users, lent, total):
    invested = users[0]
    total[INVESTMENT] += invested
    total[LENDING] += lent * terms[0]
    total[GRANTS] += invested * terms[1]
    total[GUARANTEED] += lent * terms[2]
    total[POINTS] += lent * terms[3]
    total[EQUIVALENT] += lent * terms[4] + invested * terms[5]
    total[COMMITTED] += lent * terms[9] + invested * terms[10]
    for k in range(3):
        total[EQUIVALENT] += users[1 + k] * terms[6 + k]
        total[COMMITTED] += users[1 + k] * terms[11 + k]
