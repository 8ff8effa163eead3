"""Uptake: from acceptance to operation, with its ceiling; lapse; and what counts as adoption."""

import numpy as np

from cpmodel.axes import equation


@equation(clauses="II.2.a.2/adoption II.2.b.2/adoption", source="First-order approach to a ceiling")
def uptake_flow(assessed, acceptance, operating, rate):
    """Flow into operation of a rung [share of establishments / year].

    assessed, operating [share of establishments]   acceptance [share of the assessed]
    rate, one over the mean delay [1/year]
        rate · max(0, assessed · acceptance − operating)
    The ceiling matters: a constant hazard would draw willingness anew every year and drift to 100 %.
    """
    return rate * np.maximum(0.0, assessed * acceptance - operating)


@equation(clauses="II.2.a.2/adoption II.2.b.2/adoption II.2.b.2/units", source="Bloom et al. (2020)")
def lapse_rate(base, protection, units):
    """Rate at which practices are dropped [1/year]: base · (1 − protection · units).

    base [1/year]   protection [share]   units [share of establishments with a dedicated unit]; for housekeeping only
    """
    return base * (1.0 - protection * units)


@equation(clauses="II.2.a.2/adoption II.2.b.2/adoption", source="Independence of rungs among the assessed")
def adoption_lenient(assessed, x1, x2, x3):
    """Establishments operating any rung [share of establishments]; x_k shares of the assessed."""
    return assessed * (1.0 - (1.0 - x1) * (1.0 - x2) * (1.0 - x3))


@equation(clauses="II.2.a.2/adoption II.2.b.2/adoption", source="Independence of rungs among the assessed")
def adoption_strict(assessed, x2, x3):
    """Establishments operating more than housekeeping [share of establishments]; x_k shares of the assessed."""
    return assessed * (1.0 - (1.0 - x2) * (1.0 - x3))
