"""The year on one page: the model in plain numpy, all cells and draws at once.

This is the readable statement of the model and the oracle that the compiled engine is tested against. Both call
the same equations; `cpmodel.model.engine` only arranges the work differently.
"""

from __future__ import annotations

import numpy as np

from cpmodel.model import awareness, institutions, population, uptake
from cpmodel.model import state as s
from cpmodel.model.mechanisms import (
    acceptances,
    assessments,
    ceilings,
    living,
    nation_rates,
    rung_flows,
    scheme_service,
    total_by,
    visible,
    year_flows,
)
from cpmodel.model.record import check_bounds, empty_outputs, record
from cpmodel.model.stepping import STAGES


def simulate(layout, clock, spending, offers, drivers, p, opening, years):
    """Run the model; arguments are the named tuples of `cpmodel.model.state`, `p` the coefficients.

    opening    (cells (7, C, n), outreach (Z, n), offices (R, n), nation (8, n)) at the start
    Returns `Outputs`.
    """
    cells, n = opening[0].shape[1:]
    stocks = [np.array(part, float) for part in opening]
    stocks += [np.zeros((3, cells, n)), np.zeros((len(s.YEAR_FLOWS), n)), np.zeros((4, len(s.USER_FLOWS), n))]
    change = [np.zeros_like(part) for part in stocks]
    out = empty_outputs(layout, years, opening[0].shape[-1])
    for i in range(len(clock.step)):
        year, regime = clock.year[i], clock.regime[i]
        ceiling = ceilings(regime, clock.start[i], clock.step[i], stocks[5], stocks[3], offers)
        for weight, carry, offset in STAGES:
            now = clock.start[i] + offset * clock.step[i] - (clock.first_year + year)
            rates = all_rates(stocks, now, year, regime, ceiling, layout, spending, offers, drivers, p)
            for stock, delta, rate in zip(stocks, change, rates, strict=True):
                delta *= carry
                delta += clock.step[i] * rate
                stock += weight * delta
        check_bounds(stocks[0], out)
        if clock.closes_year[i]:
            record(out, stocks, year, regime, layout, offers, drivers, p, spending)
            stocks[5][:], stocks[6][:] = 0.0, 0.0
    return out


def all_rates(stocks, now, year, regime, ceiling, layout, spending, offers, drivers, p):
    """Return the rate of change of every stock; `now` is the time since 1 January [years].

    ceiling    what `mechanisms.ceilings` returns for the step
    """
    cells, outreach, offices, nation, waiting, *_ = stocks
    n = living(layout, drivers, year, now)
    by_size = total_by(n, layout.size, len(outreach))
    seen, seen_sector = visible(cells, n, nation, year, layout, spending, p)
    accept = acceptances(seen_sector, regime, nation, offers)
    service = scheme_service(cells, waiting, n, accept, regime, ceiling, nation, layout, offers, p)
    scheme, users, applications = service[3:]
    hazard, asked, supported = assessments(cells, n, year, nation, layout, spending, p)

    office = offices[layout.region]
    gain = p.outreach_strength * awareness.outreach_response(
        outreach, p.outreach_half_saturation, p.outreach_exponent
    )
    rate = awareness.discovery_rate(
        p.background_discovery, gain[layout.size], p.database_strength * nation[s.DATABASE],
        p.office_strength * office, p.word_of_mouth, seen,
    )  # fmt: skip
    learned = awareness.awareness_flow(cells[s.UNAWARE], rate, cells[s.AWARE], p.forgetting)
    assessed = hazard[layout.size] * cells[s.AWARE]
    entry = population.entry_rate(p.exit_rate, drivers.growth[year][layout.sector])

    d = np.empty_like(cells)
    d[s.UNAWARE] = -learned + population.entry_dilution(entry, cells[s.UNAWARE], 1.0)
    d[s.AWARE] = learned - assessed + population.entry_dilution(entry, cells[s.AWARE], 0.0)
    d[s.ASSESSED] = assessed + population.entry_dilution(entry, cells[s.ASSESSED], 0.0)
    d_waiting = np.zeros_like(waiting)
    for k in range(3):
        operating = cells[s.RUNG_1 + k]
        flow, queued = rung_flows(cells, waiting, k, accept, service, regime, layout, offers, p)
        d_waiting[k] = queued + population.entry_dilution(entry, waiting[k], 0.0)
        lapse = p.lapse_rate[k]
        if k == 0:
            lapse = uptake.lapse_rate(lapse, p.unit_protection, cells[s.UNITS])
        d[s.RUNG_1 + k] = flow - lapse * operating + population.entry_dilution(entry, operating, 0.0)
    mandate = p.unit_from_mandate * spending.unit_mandate[year]
    large = (layout.size >= 2)[:, None]
    units = institutions.unit_flow(
        p.unit_background, p.unit_from_awareness, cells[s.AWARE] + cells[s.ASSESSED], p.unit_from_office, office,
        mandate, cells[s.UNITS], p.unit_loss,
    )  # fmt: skip
    d[s.UNITS] = np.where(large, units + population.entry_dilution(entry, cells[s.UNITS], 0.0), 0.0)

    contacts = (
        spending.outreach[year] * p.outreach_reach / (p.contact_cost * (p.outreach_reach * by_size).sum(0))
    )
    d_outreach = awareness.outreach_flow(contacts, outreach, p.outreach_decay)
    per_office = spending.office_training[year] / layout.offices
    d_offices = institutions.office_flow(
        per_office, p.office_training_rate, p.office_training_time, offices, p.office_attrition
    )
    d_nation = nation_rates(nation, scheme, year, regime, spending, offers, p)
    flows = np.array([asked, supported, *year_flows(scheme, applications, nation, p)])
    return d, d_outreach, d_offices, d_nation, d_waiting, flows, users
