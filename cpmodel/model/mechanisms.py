"""The mechanisms of a year in plain numpy: who lives, who sees whom, what is accepted, who is served.

Arrays are (C, n) over cells and draws, or as said; `simulate.all_rates` puts them together.
"""

from __future__ import annotations

import numpy as np

from cpmodel.model import assessment, awareness, institutions, uptake
from cpmodel.model import state as s

PAYOUT_TIME = 0.25  # years: a fund pays out at most its balance over a quarter, the model's step


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


def scheme_flows(cells, n, accept, served, regime, layout, offers, p):
    """Return projects, investment, lending, grants, guaranteed, subsidy points, equivalent [(bn VND)/year], (7, n)."""
    total = np.zeros((7, n.shape[-1]))
    for k in range(3):
        level = offered(accept, served, k, regime, layout, offers)
        flow = uptake.uptake_flow(cells[s.ASSESSED], level, cells[s.RUNG_1 + k], p.uptake_rate[k])
        reach = served * accept["reach"][layout.size] * offers.eligible[regime][:, None]
        part = n * flow * reach / np.maximum(level, 1e-300)
        bill = p.bill_saving[k] * offers.resource_bill[layout.sector, layout.size][:, None]
        projects = part * accept["used"][layout.sector, layout.size, k]
        invested = part * accept["invested"][layout.sector, layout.size, k] * bill
        lent = part * accept["lent"][layout.sector, layout.size, k] * bill
        terms = offers.terms[offers.scheme[regime]][layout.size]
        total += np.array([
            projects.sum(0), invested.sum(0), (lent * terms[:, 0]).sum(0), (invested * terms[:, 1]).sum(0),
            (lent * terms[:, 2]).sum(0), (lent * terms[:, 3]).sum(0),
            (lent * terms[:, 4] + invested * terms[:, 5]).sum(0),
        ])  # fmt: skip
    return total


def scheme_service(cells, n, accept, regime, nation, layout, offers, p):
    """Return the share of scheme demand that money allows (n,), and the flows at that share (7, n)."""
    if (offers.scheme[regime] < 0).all():
        return np.zeros(n.shape[-1]), np.zeros((7, n.shape[-1]))
    wanted = scheme_flows(cells, n, accept, 1.0, regime, layout, offers, p)
    lending = offers.capacity[regime, 0] * np.ones(n.shape[-1])
    if offers.revolving[regime] > 0:
        lending = np.minimum(lending, np.maximum(nation[s.FUND], 0.0) / PAYOUT_TIME)
    served = np.ones(n.shape[-1])
    ceilings = (lending, offers.capacity[regime, 1], offers.capacity[regime, 2])
    for demand, ceiling in zip((wanted[2], wanted[3], wanted[4]), ceilings, strict=True):
        served = np.minimum(served, assessment.supported_fraction(ceiling, demand))
    return served, scheme_flows(cells, n, accept, served, regime, layout, offers, p)


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
    """Return the rates of the national stocks, shape (8, n)."""
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
    ])  # fmt: skip


def year_flows(scheme, nation, p):
    """Return the flows of the scheme in the order of `YEAR_FLOWS` after the two of assessment, shape (7, n)."""
    claims = p.loan_default * p.loss_given_default * nation[s.GUARANTEED]
    return np.array([scheme[0], scheme[1], scheme[2], scheme[3], nation[s.SUBSIDISED], claims, scheme[6]])
