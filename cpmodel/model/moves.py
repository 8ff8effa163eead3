"""Compiled, one block of draws: the stocks move by their rates; bounds are watched; years are recorded."""

import numpy as np
from numba import njit

from cpmodel.model import assessment, awareness, institutions, population, savings, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import INNER, compiled
from cpmodel.model.work import (
    BLOCK,
    DATABASE_GAIN,
    ENTRY,
    HAZARD,
    LEVEL,
    LIVING,
    MARKET,
    NUMBER,
    OUTREACH_GAIN,
    SCHEME,
    SEEN,
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
_strict = compiled(uptake.adoption_strict)
_ladder = compiled(savings.ladder_saving)
_absolute = compiled(savings.absolute_saving)
_office_flow = compiled(institutions.office_flow)
_unit_flow = compiled(institutions.unit_flow)
_readiness_flow = compiled(institutions.readiness_flow)


@njit(**INNER)
def step_cells(step, weight, carry, cells, change, offices, cell, money, open_to, p, work):
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


@njit(**INNER)
def step_nation(step, weight, carry, nation, d_nation, flows, d_flows, money, regime, p, work):
    rates = np.empty((9, BLOCK))
    _scheme_year(nation, p, work, rates)
    _advance(flows, d_flows, rates, step, weight, carry)
    _nation_rates(nation, money, regime, p, work, rates)
    _advance(nation, d_nation, rates, step, weight, carry)


@njit(**INNER)
def step_outreach(step, weight, carry, outreach, change, money, p, work):
    rates = np.empty((4, BLOCK))
    for b in range(BLOCK):
        reached = 0.0
        for z in range(4):
            reached += p.outreach_reach[z, b] * work.size[NUMBER, z, b]
        for z in range(4):
            contacts = money.outreach * p.outreach_reach[z, b] / (p.contact_cost[b] * reached)
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
    for b in range(BLOCK):
        rates[s.ASSESSMENTS, b], rates[s.SUPPORTED, b] = work.total[1, b], work.total[2, b]
        rates[s.PROJECTS, b], rates[s.INVESTMENT, b] = work.total[4, b], work.total[5, b]
        rates[s.LENDING, b], rates[s.GRANTS, b] = work.total[6, b], work.total[7, b]
        rates[s.SUBSIDY, b] = nation[s.SUBSIDISED, b]
        rates[s.CLAIMS, b] = p.loan_default[b] * p.loss_given_default[b] * nation[s.GUARANTEED, b]
        rates[s.EQUIVALENT, b] = work.total[10, b]


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
        back = repayment * loans + interest + recovered - work.total[6, b]
        rates[4, b] = regime.injection + regime.revolving * back
        rates[5, b] = work.total[6, b] - repayment * loans - lost
        rates[6, b] = work.total[8, b] - (repayment + p.loan_default[b]) * nation[s.GUARANTEED, b]
        rates[7, b] = work.total[9, b] - repayment * nation[s.SUBSIDISED, b]


@njit(**INNER)
def check(d, cells, worst_balance, bounds):
    for b in range(BLOCK):
        worst, low, high = worst_balance[d + b], bounds[0, d + b], bounds[1, d + b]
        for c in range(cells.shape[1]):
            worst = max(worst, abs(cells[0, c, b] + cells[1, c, b] + cells[2, c, b] - 1.0))
            for i in range(7):
                low, high = min(low, cells[i, c, b]), max(high, cells[i, c, b])
        worst_balance[d + b], bounds[0, d + b], bounds[1, d + b] = worst, low, high


@njit(**INNER)
def record(d, cells, cell, output, p, work, groups, acceptance):
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


@njit(**INNER)
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
