"""Compiled, one block of draws: the stocks move by their rates."""

from numba import njit

from cpmodel.model import assessment, awareness, institutions, population, uptake
from cpmodel.model import state as s
from cpmodel.model.compiled import compiled
from cpmodel.model.elementary import maximum, minimum
from cpmodel.model.inlining import INNER
from cpmodel.model.lanes import same
from cpmodel.model.mechanisms import QUEUE_TIME
from cpmodel.model.work import (
    ADMITTED,
    APPLIED,
    BALANCE,
    COMMITTED,
    DATABASE_GAIN,
    DONE,
    DONE_SUPPORTED,
    ENTRY,
    EQUIVALENT,
    GRANTS,
    GUARANTEED,
    HAZARD,
    HIGHEST,
    INVESTMENT,
    LENDING,
    LEVEL,
    LOWEST,
    MARKET,
    NUMBER,
    OUTREACH_GAIN,
    PACE,
    POINTS,
    PROJECTS,
    REACH,
    SEEN,
    STOCKS,
    USED,
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
def step_cells(by, stocks, change, cell, money, regime, open_to, p, work):
    """Move the stocks of every cell by (step, weight, carry), and sum up what the next stage needs to know of them."""
    clear_counts(work)
    mandate = p.unit_from_mandate * money.unit_mandate
    for c in range(len(cell)):
        here = cell[c]
        now, moved = stocks.cells[c], change.cells[c]
        is_open = open_to[c] > 0.0 and regime.scheme[here.size] >= 0
        terms = LEVEL if is_open else MARKET
        office, place = stocks.offices[here.region], here.region * len(work.units) + here.sector
        _cell_rates(by, now, moved, here, office, work.place[SEEN, place], terms, mandate, p, work)
        if regime.rule == s.QUEUE:
            _queue_rates(by, now, moved, stocks.waiting[c], change.waiting[c], here, is_open, p, work)
        for i in range(STOCKS if here.size >= 2 else STOCKS - 1):
            now[i] += by[1] * moved[i]
        count_cell(now, here, place, work)


@njit(**INNER)
def clear_counts(work):
    """Begin the sums over cells anew."""
    for i in range(len(work.adopters)):
        work.adopters[i] = 0.0
    for j in range(len(work.units)):
        work.units[j] = 0.0
        for z in range(4):
            work.aware[j, z] = 0.0


@njit(**INNER)
def _cell_rates(by, now, moved, here, office, seen, terms, mandate, p, work):
    """Carry the change of one cell's stocks on: `moved` = carry · moved + step · rate."""
    j, z = here.sector, here.size
    step, _, carry = by
    unaware, aware, assessed, units = now[s.UNAWARE], now[s.AWARE], now[s.ASSESSED], now[s.UNITS]
    entry = work.sector[ENTRY, j]
    rate = _discovery(p.background_discovery, work.size[OUTREACH_GAIN, z], work.total[DATABASE_GAIN],
                      p.office_strength * office, p.word_of_mouth, seen)  # fmt: skip
    learned = _awareness_flow(unaware, rate, aware, p.forgetting)
    done = work.size[HAZARD, z] * aware
    moved[s.UNAWARE] = carry * moved[s.UNAWARE] + step * (-learned + _dilution(entry, unaware, 1.0))
    moved[s.AWARE] = carry * moved[s.AWARE] + step * (learned - done + _dilution(entry, aware, 0.0))
    moved[s.ASSESSED] = carry * moved[s.ASSESSED] + step * (done + _dilution(entry, assessed, 0.0))
    for k in range(3):
        operating = now[s.RUNG_1 + k]
        flow = _uptake(assessed, work.tables[j, terms, z, k], operating, p.uptake_rate[k])
        lapse = p.lapse_rate[k]
        if k == 0:
            lapse = _lapse(lapse, p.unit_protection, units)
        rate = flow - lapse * operating + _dilution(entry, operating, 0.0)
        moved[s.RUNG_1 + k] = carry * moved[s.RUNG_1 + k] + step * rate
    if z >= 2:
        rate = _unit_flow(p.unit_background, p.unit_from_awareness, aware + assessed, p.unit_from_office, office,
                          mandate, units, p.unit_loss)  # fmt: skip
        moved[s.UNITS] = carry * moved[s.UNITS] + step * (rate + _dilution(entry, units, 0.0))


@njit(**INNER)
def _queue_rates(by, now, moved, waiting, queued, here, is_open, p, work):
    """Let those whom the scheme cannot serve wait for it and not invest meanwhile: corrects what `_cell_rates` found."""
    j, z = here.sector, here.size
    step, weight, carry = by
    entry = work.sector[ENTRY, j]
    for k in range(3):
        operating, queue = now[s.RUNG_1 + k], waiting[k]
        held, taken = same(0.0), queue / QUEUE_TIME
        if is_open:
            level, taken = work.tables[j, LEVEL, z, k], work.total[PACE] * queue
            alone = _uptake(now[s.ASSESSED], level, operating, p.uptake_rate[k])
            flow = _uptake(now[s.ASSESSED], level, operating + queue, p.uptake_rate[k])
            asking = work.size[REACH, z] * work.tables[j, USED, z, k] / maximum(1e-300, level)
            held = flow * (1.0 - work.total[ADMITTED]) * asking
            moved[s.RUNG_1 + k] += step * (flow - alone - held + taken)
        queued[k] = carry * queued[k] + step * (held - taken + _dilution(entry, queue, 0.0))
        waiting[k] += weight * queued[k]


@njit(**INNER)
def count_cell(now, here, place, work):
    """Add one cell to the sums over cells."""
    assessed = now[s.ASSESSED]
    part = 1.0 / maximum(1e-300, assessed)
    x1, x2, x3 = now[s.RUNG_1] * part, now[s.RUNG_2] * part, now[s.RUNG_3] * part
    work.adopters[place] += here.establishments * _lenient(assessed, x1, x2, x3)
    work.aware[here.sector, here.size] += here.establishments * now[s.AWARE]
    if here.size >= 2:
        work.units[here.sector] += here.establishments * now[s.UNITS]


@njit(**INNER)
def watch_cells(cells, work):
    """Keep the worst mass balance and the extreme shares met so far."""
    worst, low, high = work.watch[BALANCE], work.watch[LOWEST], work.watch[HIGHEST]
    for c in range(len(cells)):
        now = cells[c]
        gap = now[s.UNAWARE] + now[s.AWARE] + now[s.ASSESSED] - 1.0
        worst = maximum(worst, maximum(gap, -gap))
        for i in range(STOCKS):
            low, high = minimum(low, now[i]), maximum(high, now[i])
    work.watch[BALANCE], work.watch[LOWEST], work.watch[HIGHEST] = worst, low, high


@njit(**INNER)
def step_nation(by, stocks, change, money, regime, p, work):
    """Move the flows of the year and the national stocks."""
    nation, flows, d_flows = stocks.nation, stocks.flows, change.flows
    claims = p.loan_default * p.loss_given_default * nation[s.GUARANTEED]
    total = work.total
    for i, rate in (
        (s.ASSESSMENTS, total[DONE]), (s.SUPPORTED, total[DONE_SUPPORTED]), (s.PROJECTS, total[PROJECTS]),
        (s.INVESTMENT, total[INVESTMENT]), (s.LENDING, total[LENDING]), (s.GRANTS, total[GRANTS]),
        (s.SUBSIDY, nation[s.SUBSIDISED]), (s.CLAIMS, claims), (s.EQUIVALENT, total[EQUIVALENT]),
        (s.NEW_GUARANTEES, total[GUARANTEED]), (s.NEW_POINTS, total[POINTS]), (s.APPLICATIONS, total[APPLIED]),
    ):  # fmt: skip
        _move(by, i, rate, flows, d_flows)
    for z in range(4 if regime.open > 0 else 0):
        for i in range(4):
            _move(by, i, work.users[z, i], stocks.users[z], change.users[z])
    _step_programme(by, nation, change.nation, money, p)
    _step_lending(by, nation, change.nation, regime, p, total)


@njit(**INNER)
def _step_programme(by, nation, change, money, p):
    models = money.assessment_support * (1.0 - money.support_open * p.support_grant_share)
    ready = 1.0 + (p.integration_readiness - 1.0) * money.readiness_multiplier
    content = _database_flow(
        money.database, p.database_cost, p.database_build_time, nation[s.DATABASE], p.database_decay
    )
    models = _models_flow(models, p.demonstration_cost, nation[s.DEMONSTRATIONS], p.demonstration_decay)
    providers = _provider_flow(
        money.provider_training, p.capacity_per_training, money.network, p.capacity_per_network,
        nation[s.PROVIDERS], p.provider_ceiling, p.provider_build_time, p.provider_attrition,
    )  # fmt: skip
    ready = _readiness_flow(ready * money.finance, p.readiness_cost, nation[s.READINESS], p.readiness_time)
    _move(by, s.DATABASE, content, nation, change)
    _move(by, s.DEMONSTRATIONS, models, nation, change)
    _move(by, s.PROVIDERS, providers, nation, change)
    _move(by, s.READINESS, ready, nation, change)


@njit(**INNER)
def _step_lending(by, nation, change, regime, p, total):
    loans, guaranteed, subsidised = nation[s.LOANS], nation[s.GUARANTEED], nation[s.SUBSIDISED]
    lost = p.loan_default * loans
    recovered = lost * (1.0 - p.loss_given_default)
    back = p.repayment * loans + regime.loan_rate * loans + recovered - total[LENDING]
    _move(by, s.FUND, regime.injection + regime.revolving * back, nation, change)
    _move(by, s.LOANS, total[LENDING] - p.repayment * loans - lost, nation, change)
    _move(by, s.GUARANTEED, total[GUARANTEED] - (p.repayment + p.loan_default) * guaranteed, nation, change)
    _move(by, s.SUBSIDISED, total[POINTS] - p.repayment * subsidised, nation, change)
    _move(by, s.COMMITTED, regime.worth * total[COMMITTED], nation, change)


@njit(**INNER)
def step_outreach(by, outreach, change, money, p, work):
    """Move the outreach stock of every size; contacts are shared by number and reach."""
    reached = same(0.0)
    for z in range(4):
        reached += p.outreach_reach[z] * work.size[NUMBER, z]
    for z in range(4):
        contacts = money.outreach * p.outreach_reach[z] / (p.contact_cost * reached)
        _move(by, z, _outreach_flow(contacts, outreach[z], p.outreach_decay), outreach, change)


@njit(**INNER)
def step_offices(by, offices, change, training, p):
    """Move the chance that an office is competent."""
    for r in range(len(offices)):
        rate = _office_flow(
            training, p.office_training_rate, p.office_training_time, offices[r], p.office_attrition
        )
        _move(by, r, rate, offices, change)


@njit(**INNER)
def _move(by, i, rate, stock, change):
    step, weight, carry = by
    change[i] = carry * change[i] + step * rate
    stock[i] += weight * change[i]
