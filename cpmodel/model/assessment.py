"""Cleaner production assessment: who asks for one, who pays, and the queue for assessors."""

import numpy as np

from cpmodel.axes import equation


@equation(clauses="III.3.a IV.3.a A.3", source="Joint Circular 221/2012/TTLT-BTC-BCT")
def supported_fee_share(fee, share_ceiling, support_ceiling):
    """Share of the fee that the state may pay [share]: at most `share_ceiling`, at most `support_ceiling`.

    fee, support_ceiling [bn VND / assessment]   share_ceiling [share]
    """
    return np.minimum(share_ceiling, support_ceiling / fee)


@equation(clauses="II.2.a.2/adoption II.2.b.2/adoption IV.3.a", source="Brutscher & Ravillard (2019), EIB")
def assessment_hazard(base_probability, support_response, support_share):
    """Rate at which an aware establishment asks for an assessment [1/year].

    base_probability [probability / year] without support   support_response [logit / fee share]   support_share [share]
        −ln(1 − logit⁻¹(logit(base) + response · share)) = ln(1 + odds · e^(response · share))
    """
    odds = base_probability / (1.0 - base_probability)
    return np.log(1.0 + odds * np.exp(support_response * support_share))


@equation(clauses="III.3.b IV.2.d IV.3.c A.4", source="Linear build-up to a ceiling, with attrition")
def provider_flow(training, per_training, network, per_network, providers, ceiling, build_time, attrition):
    """Change of providers' capacity [FTE / year].

    training, network [bn VND / year]   per_training, per_network [FTE / bn VND]
    providers, ceiling [FTE]   build_time, the shortest to the ceiling [years]   attrition [1/year]
        gain = min(per_training · training + per_network · network, ceiling / build_time)
        gain · (1 − providers / ceiling) − attrition · providers
    """
    gain = np.minimum(per_training * training + per_network * network, ceiling / build_time)
    return gain * (1.0 - providers / ceiling) - attrition * providers


@equation(clauses="III.3.b IV.2.d", source="Capacity identity")
def assessment_capacity(providers, per_provider, units, per_unit):
    """Assessments that can be made in a year [assessments / year].

    providers [FTE]   per_provider [assessments / FTE / year]
    units [establishments with a dedicated unit]   per_unit [assessments / unit / year]
    """
    return providers * per_provider + units * per_unit


@equation(
    clauses="IV.1.b IV.3.a A.2",
    source="Elicited: the opening stock of adopters is far above all recorded assessments",
)
def self_assessment_rate(base, guide_gain, content):
    """Rate at which an aware establishment looks for options by itself, with published guides [1/year].

    base [1/year]   guide_gain [1]   content of the database [share]:  base · (1 + guide_gain · content)
    It needs no assessor and no fee; the assessed are all who know their options, however they came to know them.
    """
    return base * (1.0 + guide_gain * content)


@equation(clauses="III.3.b III.4", source="Saturating service: → demand when small, → capacity when large")
def assessment_completion(demand, capacity):
    """Assessments completed [assessments / year]: capacity · (1 − exp(−demand / capacity)).

    demand, capacity [assessments / year]; never more than either.
    """
    capacity = np.maximum(capacity, 1e-12)
    return -capacity * np.expm1(-demand / capacity)


@equation(clauses="IV.3.a IV.4.b A.3", source="Budget identity")
def supported_fraction(money, cost_if_all):
    """Share of requests that the support money covers [share]: min(1, money / cost_if_all), both [bn VND / year]."""
    return np.minimum(1.0, money / np.maximum(cost_if_all, 1e-12))
