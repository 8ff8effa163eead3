"""Compiled, one block of draws: the stocks move by their rates."""

import numpy as np
from numba import njit

from cpmodel.model import assessment, awareness, institutions, population, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.work import (
    ASSESSED,
    AWARE,
    BLOCK,
    DATABASE_GAIN,
    DONE,
    DONE_SUPPORTED,
    ENTRY,
    EQUIVALENT,
    GRANTS,
    GUARANTEED,
    HAZARD,
    INVESTMENT,
    LENDING,
    LEVEL,
    MARKET,
    NUMBER,
    OUTREACH_GAIN,
    POINTS,
    PROJECTS,
    RUNGS,
    SEEN,
    STOCKS,
    UNAWARE,
    UNITS,
)

_dilution = compiled(population.entry_dilution)
_outreach_flow = compiled(awareness.outreach_flow)
_database_flow = compiled(awareness.database_flow)
_models_flow = compiled(awareness.demonstration_flow)
_discovery = compiled(awareness.discovery_rate)
_awareness_flow = compiled(awareness.awareness_flow)
_provider_flow = compiled(assessment.provider_flow)
_uptake = compiled(uptake.uptake_flow)
_lapse = compiled(uptake.lapse_rate)
_lenient = compiled(uptake.adoption_lenient)
_office_flow = compiled(institutions.office_flow)
_unit_flow = compiled(institutions.unit_flow)
_readiness_flow = compiled(institutions.readiness_flow)


@njit(**INNER)
def step_cells(step, weight, carry, cells, change, offices, cell, money, open_to, p, work):
    """Move the stocks of every cell, and sum up what the next stage needs to know of them."""
    work.adopters[:], work.aware[:], work.units[:] = 0.0, 0.0, 0.0
    for c in range(cell.shape[0]):
        here = cell[c]
        terms = LEVEL if open_to[c] > 0.0 else MARKET
        _stages_of_knowing(step, carry, c, cells, change, offices, here, p, work)
        _rungs(step, carry, c, cells, change, here, terms, p, work)
        if here.size >= 2:
            _units(step, carry, c, cells, change, offices, here, money.unit_mandate, p, work)
        for i in range(STOCKS):
            cells[c, i] += weight * change[c, i]
        _count(c, cells, here, work)


@njit(**INNER)
def count_cells(cells, cell, work):
    """Sum up the opening stocks."""
    for c in range(cell.shape[0]):
        _count(c, cells, cell[c], work)


@njit(**INNER)
def _stages_of_knowing(step, carry, c, cells, change, offices, here, p, work):
    j, z, place = here.sector, here.size, here.region * work.sector.shape[1] + here.sector
    for b in range(BLOCK):
        unaware, aware, assessed = cells[c, UNAWARE + b], cells[c, AWARE + b], cells[c, ASSESSED + b]
        entry = work.sector[ENTRY, j, b]
        rate = _discovery(p.background_discovery[b], work.size[OUTREACH_GAIN, z, b], work.total[DATABASE_GAIN, b],
                          p.office_strength[b] * offices[here.region, b], p.word_of_mouth[b],
                          work.place[SEEN, place, b])  # fmt: skip
        learned = _awareness_flow(unaware, rate, aware, p.forgetting[b])
        done = work.size[HAZARD, z, b] * aware
        change[c, UNAWARE + b] = carry * change[c, UNAWARE + b] + step * (
            -learned + _dilution(entry, unaware, 1.0)
        )
        change[c, AWARE + b] = carry * change[c, AWARE + b] + step * (
            learned - done + _dilution(entry, aware, 0.0)
        )
        change[c, ASSESSED + b] = carry * change[c, ASSESSED + b] + step * (
            done + _dilution(entry, assessed, 0.0)
        )


@njit(**INNER)
def _rungs(step, carry, c, cells, change, here, terms, p, work):
    j, z = here.sector, here.size
    for k in range(3):
        for b in range(BLOCK):
            operating = cells[c, RUNGS + k * BLOCK + b]
            flow = _uptake(
                cells[c, ASSESSED + b], work.tables[terms, j, z, k, b], operating, p.uptake_rate[k, b]
            )
            lapse = p.lapse_rate[k, b]
            if k == 0:
                lapse = _lapse(lapse, p.unit_protection[b], cells[c, UNITS + b])
            rate = flow - lapse * operating + _dilution(work.sector[ENTRY, j, b], operating, 0.0)
            change[c, RUNGS + k * BLOCK + b] = carry * change[c, RUNGS + k * BLOCK + b] + step * rate


@njit(**INNER)
def _units(step, carry, c, cells, change, offices, here, mandate, p, work):
    for b in range(BLOCK):
        units = cells[c, UNITS + b]
        rate = _unit_flow(p.unit_background[b], p.unit_from_awareness[b], cells[c, AWARE + b] + cells[c, ASSESSED + b],
                          p.unit_from_office[b], offices[here.region, b], p.unit_from_mandate[b] * mandate, units,
                          p.unit_loss[b])  # fmt: skip
        rate += _dilution(work.sector[ENTRY, here.sector, b], units, 0.0)
        change[c, UNITS + b] = carry * change[c, UNITS + b] + step * rate


@njit(**INNER)
def _count(c, cells, here, work):
    j, z, place = here.sector, here.size, here.region * work.sector.shape[1] + here.sector
    for b in range(BLOCK):
        assessed = cells[c, ASSESSED + b]
        part = 1.0 / np.maximum(assessed, 1e-300)
        x1, x2 = cells[c, RUNGS + b] * part, cells[c, RUNGS + BLOCK + b] * part
        x3 = cells[c, RUNGS + 2 * BLOCK + b] * part
        work.adopters[place, b] += here.establishments * _lenient(assessed, x1, x2, x3)
    for b in range(BLOCK):
        work.aware[j, z, b] += here.establishments * cells[c, AWARE + b]
    if z >= 2:
        for b in range(BLOCK):
            work.units[j, b] += here.establishments * cells[c, UNITS + b]


@njit(**INNER)
def step_nation(step, weight, carry, nation, d_nation, flows, d_flows, money, regime, p, work):
    rates = np.empty((9, BLOCK))
    _scheme_year(nation, p, work, rates)
    _advance(flows, d_flows, rates, step, weight, carry)
    _nation_rates(nation, money, regime, p, work, rates)
    _advance(nation, d_nation, rates, step, weight, carry)


@njit(**INNER)
def step_outreach(step, weight, carry, outreach, change, money, p, work):
    rates, reached = np.empty((4, BLOCK)), np.zeros(BLOCK)
    for z in range(4):
        for b in range(BLOCK):
            reached[b] += p.outreach_reach[z, b] * work.size[NUMBER, z, b]
    for z in range(4):
        for b in range(BLOCK):
            contacts = money.outreach * p.outreach_reach[z, b] / (p.contact_cost[b] * reached[b])
            rates[z, b] = _outreach_flow(contacts, outreach[z, b], p.outreach_decay[b])
    _advance(outreach, change, rates, step, weight, carry)


@njit(**INNER)
def step_offices(step, weight, carry, offices, change, training, p):
    rates = np.empty(offices.shape)
    for r in range(offices.shape[0]):
        for b in range(BLOCK):
            rates[r, b] = _office_flow(
                training,
                p.office_training_rate[b],
                p.office_training_time[b],
                offices[r, b],
                p.office_attrition[b],
            )
    _advance(offices, change, rates, step, weight, carry)


@njit(**INNER)
def _advance(stock, change, rates, step, weight, carry):
    for i in range(stock.shape[0]):
        for b in range(BLOCK):
            change[i, b] = carry * change[i, b] + step * rates[i, b]
            stock[i, b] += weight * change[i, b]


@njit(**INNER)
def _scheme_year(nation, p, work, rates):
    rates[s.ASSESSMENTS], rates[s.SUPPORTED] = work.total[DONE], work.total[DONE_SUPPORTED]
    rates[s.PROJECTS], rates[s.INVESTMENT] = work.total[PROJECTS], work.total[INVESTMENT]
    rates[s.LENDING], rates[s.GRANTS] = work.total[LENDING], work.total[GRANTS]
    rates[s.SUBSIDY], rates[s.EQUIVALENT] = nation[s.SUBSIDISED], work.total[EQUIVALENT]
    for b in range(BLOCK):
        rates[s.CLAIMS, b] = p.loan_default[b] * p.loss_given_default[b] * nation[s.GUARANTEED, b]


@njit(**INNER)
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
            p.capacity_per_network[b], nation[s.PROVIDERS, b], p.provider_ceiling[b], p.provider_build_time[b],
            p.provider_attrition[b],
        )  # fmt: skip
        rates[3, b] = _readiness_flow(
            ready * money.finance, p.readiness_cost[b], nation[s.READINESS, b], p.readiness_time[b]
        )
        back = repayment * loans + interest + recovered - work.total[LENDING, b]
        rates[4, b] = regime.injection + regime.revolving * back
        rates[5, b] = work.total[LENDING, b] - repayment * loans - lost
        rates[6, b] = work.total[GUARANTEED, b] - (repayment + p.loan_default[b]) * nation[s.GUARANTEED, b]
        rates[7, b] = work.total[POINTS, b] - repayment * nation[s.SUBSIDISED, b]
