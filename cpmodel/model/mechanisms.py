"""The mechanisms of a year in plain numpy: who lives, who sees whom, what is accepted, who is served.

Arrays are (C, n) over cells and draws, or as said; `simulate.all_rates` puts them together.
"""

from __future__ import annotations

import numpy as np

from cpmodel.model import assessment, awareness, institutions, uptake
from cpmodel.model import state as s

PAYOUT_TIME = 0.25  # years: a fund pays out at most its balance over a quarter, the model's step
WANTED = (
    1e-9  # share: where fewer than these would use a scheme, those who still wait for it ask for no money
)
QUEUE_TIME = 0.5  # years: however much money comes, working off a queue takes files half a year
LIMITED = (2, 3, 4, 7)  # flows of a scheme that its ceilings limit: lending, grants, guaranteed, committed


def living(layout, drivers, year, now):
    """Return the number of living establishments of every cell, shape (C, n)."""
    growth = np.exp(drivers.size_at_start[year] + drivers.growth[year] * now)
    return layout.establishments[:, None] * growth[layout.sector]


def total_by(values, index, groups):
    """Sum values, shape (C, n), over groups of cells; returns (groups, n)."""
    return np.stack([values[index == g].sum(0) for g in range(groups)])


def operating_any(cells, first=0):
    """Return the share of establishments that operate any rung from `first` on, shape (C, n)."""
    x = cells[s.RUNG_1 : s.UNITS] / np.maximum(cells[s.ASSESSED], 1e-300)
    if first:
        return uptake.adoption_strict(cells[s.ASSESSED], x[1], x[2])
    return uptake.adoption_lenient(cells[s.ASSESSED], x[0], x[1], x[2])


def visible(cells, n, nation, year, layout, spending, p):
    """Return what each cell sees of adopters (C, n), and the national mean of each sector (J, n)."""
    regions, sectors = layout.region.max() + 1, layout.sector.max() + 1
    place = layout.region * sectors + layout.sector
    counts = total_by(n, place, regions * sectors)
    adopters = total_by(n * operating_any(cells), place, regions * sectors)
    shown = p.visibility * (1.0 + (p.certificate_visibility - 1.0) * spending.certificates[year])
    shown = np.minimum(shown, 1.0) * awareness.demonstration_multiplier(
        nation[s.DEMONSTRATIONS], p.demonstration_effect, p.demonstration_half
    )
    own = (shown * adopters / np.maximum(counts, 1e-300)).reshape(regions, sectors, -1)
    near = own.copy()
    for r in range(regions):
        row = layout.neighbours[layout.neighbour_start[r] : layout.neighbour_start[r + 1]]
        if len(row):
            near[r] = own[row].mean(0)
    seen = awareness.visible_adopters(own, near, p.neighbour_weight)
    by_sector = shown * adopters.reshape(regions, sectors, -1).sum(0)
    by_sector = by_sector / np.maximum(counts.reshape(regions, sectors, -1).sum(0), 1e-300)
    return seen[layout.region, layout.sector], by_sector


def acceptances(seen_sector, regime, nation, offers):
    """Return acceptance and money per offer: dict of arrays (J, Z, K, n); reach already holds readiness."""
    market, scheme = offers.market[regime], offers.scheme[regime]
    found = {"market": [], "scheme": [], "used": [], "invested": [], "lent": []}
    for seen in seen_sector:
        found["market"].append([at_visibility(offers.accept[o], offers.nodes, seen) for o in market])
        tables = {
            "scheme": offers.accept,
            "used": offers.used,
            "invested": offers.invested,
            "lent": offers.lent,
        }
        for name, table in tables.items():
            rows = [at_visibility(table[o if o >= 0 else m], offers.nodes, seen)
                    for o, m in zip(scheme, market, strict=True)]  # fmt: skip
            found[name].append(rows)
    found = {name: np.array(rows) for name, rows in found.items()}
    open_ = (scheme >= 0)[:, None] * offers.reach * nation[s.READINESS]
    found["reach"] = open_
    return found


def at_visibility(table, nodes, seen):
    """Interpolate a table (V, K, n) linearly at visibility `seen` (n,); beyond the last node it stays flat."""
    found = table[0].copy()
    for j in range(len(nodes) - 1):
        slope = (table[j + 1] - table[j]) / (nodes[j + 1] - nodes[j])
        found += slope * np.clip(seen - nodes[j], 0.0, nodes[j + 1] - nodes[j])
    return found


def offered(accept, served, k, regime, layout, offers):
    """Return the acceptance of rung k in every cell (C, n), with the scheme serving the share `served`."""
    reach = served * accept["reach"][layout.size] * offers.eligible[regime][:, None]
    market = accept["market"][layout.sector, layout.size, k]
    return market + reach * (accept["scheme"][layout.sector, layout.size, k] - market)


def applicants(cells, waiting, n, accept, served, regime, layout, offers, p):
    """Return uptake of those reached, per unit of their acceptance [establishments/year], (K, C, n).

    waiting    (K, C, n) share of establishments that wait for the scheme: they do not ask a second time
    """
    reach = served * accept["reach"][layout.size] * offers.eligible[regime][:, None]
    found = []
    for k in range(3):
        level = offered(accept, served, k, regime, layout, offers)
        flow = uptake.uptake_flow(
            cells[s.ASSESSED], level, cells[s.RUNG_1 + k] + waiting[k], p.uptake_rate[k]
        )
        found.append(n * flow * reach / np.maximum(level, 1e-300))
    return np.array(found)


def those_waiting(waiting, n, accept, regime, layout, offers):
    """Return those who wait where the scheme is open, in the terms of `applicants` [establishments], (K, C, n)."""
    open_ = (offers.eligible[regime] > 0) & (offers.scheme[regime] >= 0)[layout.size]
    used = np.moveaxis(accept["used"][layout.sector, layout.size], 1, 0)
    return np.where(used > WANTED, n * waiting * open_[:, None] / np.maximum(used, WANTED), 0.0)


def scheme_flows(part, accept, regime, layout, offers, p):
    """Return what `part` (K, C, n) of those reached moves: flows (8, n), and by size `USER_FLOWS` (Z, 4, n).

    Flows: projects, investment, lending, grants, guaranteed, subsidy points, equivalent, committed [(bn VND)/year].
    """
    total, users = np.zeros((8, part.shape[-1])), np.zeros((4, 4, part.shape[-1]))
    terms = np.where(
        (offers.scheme[regime] >= 0)[:, None, None], offers.terms[np.maximum(offers.scheme[regime], 0)], 0.0
    )[layout.size]
    for k in range(3):
        bill = p.bill_saving[k] * offers.resource_bill[layout.sector, layout.size][:, None]
        projects = part[k] * accept["used"][layout.sector, layout.size, k]
        invested = part[k] * accept["invested"][layout.sector, layout.size, k] * bill
        lent = part[k] * accept["lent"][layout.sector, layout.size, k] * bill
        saved = projects * bill
        total += np.array([
            projects.sum(0), invested.sum(0), (lent * terms[:, 0]).sum(0), (invested * terms[:, 1]).sum(0),
            (lent * terms[:, 2]).sum(0), (lent * terms[:, 3]).sum(0),
            (lent * terms[:, 4] + invested * terms[:, 5] + saved * terms[:, 6 + k]).sum(0),
            (lent * terms[:, 9] + invested * terms[:, 10] + saved * terms[:, 11 + k]).sum(0),
        ])  # fmt: skip
        users[:, 0] += total_by(invested, layout.size, 4)
        users[:, 1 + k] = total_by(saved, layout.size, 4)
    return total, users


def ceilings(regime, start, step, flows, nation, offers):
    """Return the most that may be lent, granted, guaranteed and committed in a step, (4, n) [bn VND of 2010 / year].

    Even over the year; under `stop` whatever is left of the year's appropriation. The cap on commitments leaves what
    it has left, at once or spread evenly. Worked out at the start of a step, so that no stage of it can pass them.
    """
    n = nation.shape[-1]
    yearly = offers.capacity[regime][:, None] * np.ones(n)
    if offers.rule[regime] == s.STOP:
        spent = flows[[s.LENDING, s.GRANTS, s.NEW_GUARANTEES]]
        yearly = np.maximum(offers.appropriated[regime][:, None] - spent, 0.0) / step
    left = np.maximum(offers.cap[regime] - nation[s.COMMITTED], 0.0)
    time = max(step, offers.cap_spread[regime] - start)
    return np.concatenate([yearly, [left / (offers.worth[regime] * time)]])


def scheme_service(cells, waiting, n, accept, regime, ceiling, nation, layout, offers, p):
    """Return how the scheme serves those who ask, and what flows then.

    served    share of the demand at which acceptance is taken (n,)   admitted    share of newcomers served at once
    pace    at which those waiting are served [1/year]   flows (8, n) and users (Z, 4, n) as in `scheme_flows`
    applications    projects asked for [1/year]
    `prorate`, `stop`: whoever is not served meets market terms. `queue`: they wait and do not invest meanwhile; those
    who wait come first, and what they leave of the money is shared among newcomers.
    """
    draws, ones = n.shape[-1], np.ones(n.shape[-1])
    if (offers.scheme[regime] < 0).all():
        return 0.0 * ones, ones, 0.0 * ones, np.zeros((8, draws)), np.zeros((4, 4, draws)), 0.0 * ones
    ceiling = ceiling.copy()
    if offers.revolving[regime] > 0:
        ceiling[0] = np.minimum(ceiling[0], np.maximum(nation[s.FUND], 0.0) / PAYOUT_TIME)

    def share_within(left, flows):
        shares = [assessment.supported_fraction(c, flows[i]) for c, i in zip(left, LIMITED, strict=True)]
        return np.minimum.reduce(shares)

    asking = applicants(cells, waiting, n, accept, 1.0, regime, layout, offers, p)
    wanted, _ = scheme_flows(asking, accept, regime, layout, offers, p)
    if offers.rule[regime] != s.QUEUE:
        served = share_within(ceiling, wanted)
        part = applicants(cells, waiting, n, accept, served, regime, layout, offers, p)
        return served, ones, 0.0 * ones, *scheme_flows(part, accept, regime, layout, offers, p), wanted[0]
    queue = those_waiting(waiting, n, accept, regime, layout, offers)
    held, _ = scheme_flows(queue, accept, regime, layout, offers, p)
    pace = share_within(QUEUE_TIME * ceiling, held) / QUEUE_TIME
    left = np.array(
        [np.maximum(c - pace * np.maximum(held[i], 0.0), 0.0) for c, i in zip(ceiling, LIMITED, strict=True)]
    )
    admitted = share_within(left, wanted)
    part = admitted * asking + pace * queue
    return ones, admitted, pace, *scheme_flows(part, accept, regime, layout, offers, p), wanted[0]


def rung_flows(cells, waiting, k, accept, service, regime, layout, offers, p):
    """Return uptake of rung k and the flow into the queue for it, (C, n) each [1/year]."""
    served, admitted, pace, *_ = service
    level = offered(accept, served, k, regime, layout, offers)
    if offers.rule[regime] != s.QUEUE:
        return uptake.uptake_flow(
            cells[s.ASSESSED], level, cells[s.RUNG_1 + k], p.uptake_rate[k]
        ), 0.0 * level
    open_ = ((offers.eligible[regime] > 0) & (offers.scheme[regime] >= 0)[layout.size])[:, None]
    operating = cells[s.RUNG_1 + k] + np.where(open_, waiting[k], 0.0)
    flow = uptake.uptake_flow(cells[s.ASSESSED], level, operating, p.uptake_rate[k])
    reach = accept["reach"][layout.size] * accept["used"][layout.sector, layout.size, k]
    held = np.where(open_, flow * (1.0 - admitted) * reach / np.maximum(level, 1e-300), 0.0)
    taken = np.where(open_, pace, 1.0 / QUEUE_TIME) * waiting[k]
    return flow - held + np.where(open_, taken, 0.0), held - taken


def assessments(cells, n, year, nation, layout, spending, p):
    """Return the rate of getting assessed by size (Z, n), completed and supported assessments a year (n,)."""
    sizes = len(p.assessment_base)
    aware = total_by(n * cells[s.AWARE], layout.size, sizes)
    share = assessment.supported_fee_share(p.assessment_fee, p.support_share_ceiling, p.support_ceiling)
    with_support = assessment.assessment_hazard(p.assessment_base, p.support_response, share)
    without = assessment.assessment_hazard(p.assessment_base, p.support_response, 0.0)
    money = spending.assessment_support[year] * spending.support_open[year] * p.support_grant_share
    funded = assessment.supported_fraction(money, (aware * with_support * share * p.assessment_fee).sum(0))
    hazard = funded * with_support + (1.0 - funded) * without
    demand = (aware * hazard).sum(0)
    units = (n * cells[s.UNITS]).sum(0)
    capacity = assessment.assessment_capacity(
        nation[s.PROVIDERS], p.assessments_per_fte, units, p.inhouse_assessments
    )
    done = assessment.assessment_completion(demand, capacity)
    part = done / np.maximum(demand, 1e-300)
    alone = assessment.self_assessment_rate(p.self_assessment, p.guide_gain, nation[s.DATABASE])
    return part * hazard + alone, done, part * funded * (aware * with_support).sum(0)


def nation_rates(nation, scheme, year, regime, spending, offers, p):
    """Return the rates of the national stocks, shape (9, n)."""
    ready = 1.0 + (p.integration_readiness - 1.0) * spending.readiness_multiplier[year]
    models = spending.assessment_support[year] * (1.0 - spending.support_open[year] * p.support_grant_share)
    repaid = offers.repayment * nation[s.LOANS]
    lost = p.loan_default * nation[s.LOANS]
    revolving = offers.revolving[regime]
    interest = offers.loan_rate[regime] * nation[s.LOANS]
    recovered = lost * (1.0 - p.loss_given_default)
    return np.array([
        awareness.database_flow(spending.database[year], p.database_cost, p.database_build_time,
                                nation[s.DATABASE], p.database_decay),
        awareness.demonstration_flow(models, p.demonstration_cost, nation[s.DEMONSTRATIONS], p.demonstration_decay),
        assessment.provider_flow(
            spending.provider_training[year], p.capacity_per_training, spending.network[year],
            p.capacity_per_network, nation[s.PROVIDERS], p.provider_ceiling, p.provider_build_time,
            p.provider_attrition,
        ),
        institutions.readiness_flow(
            ready * spending.finance[year], p.readiness_cost, nation[s.READINESS], p.readiness_time
        ),
        offers.injection[regime] + revolving * (repaid + interest + recovered - scheme[2]),
        scheme[2] - repaid - lost,
        scheme[4] - offers.repayment * nation[s.GUARANTEED] - p.loan_default * nation[s.GUARANTEED],
        scheme[5] - offers.repayment * nation[s.SUBSIDISED],
        offers.worth[regime] * scheme[7],
    ])  # fmt: skip


def year_flows(scheme, applications, nation, p):
    """Return the flows of the scheme in the order of `YEAR_FLOWS` after the two of assessment, shape (10, n)."""
    claims = p.loan_default * p.loss_given_default * nation[s.GUARANTEED]
    return np.array(
        [*scheme[:4], nation[s.SUBSIDISED], claims, scheme[6], scheme[4], scheme[5], applications]
    )
