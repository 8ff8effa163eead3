"""Institutions: competent provincial offices, dedicated units in establishments, the finance mechanism."""

import numpy as np

from cpmodel.axes import equation


@equation(clauses="II.2.a.3 II.2.b.3 III.3.a IV.3.c A.1", source="Two-state Markov chain of an office")
def office_flow(training, training_rate, training_time, competent, attrition):
    """Change of the probability that an office has qualified dedicated staff [1/year].

    training [bn VND / office / year]   training_rate [1/year per bn VND/office/year]
    training_time, the shortest [years]   competent [probability]   attrition [1/year]
        min(training_rate · training, 1 / training_time) · (1 − competent) − attrition · competent
    """
    speed = np.minimum(training_rate * training, 1.0 / training_time)
    return speed * (1.0 - competent) - attrition * competent


@equation(clauses="II.2.b.2/units", source="Two-state Markov chain of an establishment")
def unit_flow(background, from_awareness, aware, from_office, competent, mandate, units, loss):
    """Change of the share of medium and large establishments with a dedicated unit [1/year].

    background, from_awareness, from_office, mandate, loss [1/year]   aware, units [share]   competent [probability]
    """
    gain = background + from_awareness * aware + from_office * competent + mandate
    return gain * (1.0 - units) - loss * units


@equation(clauses="III.2.a IV.4.d A.5", source="Linear preparation")
def readiness_flow(spend, cost, ready, time):
    """Change of the finance mechanism's readiness [1/year]: min(1, spend / cost) · (1 − ready) / time.

    spend, cost [bn VND / year]   ready [share]   time [years]
    `cost` is the spending at which drafting goes at full speed; more money does not speed it up. Without
    component project 5 readiness stays at zero, and every design is inert.
    """
    return np.minimum(1.0, spend / cost) * (1.0 - ready) / time


@equation(clauses="II.2.a.3 II.2.b.3", source="Poisson-binomial distribution, by convolution")
def office_count_odds(competent, at_least):
    """Probability that at least `at_least` offices are competent.

    competent    probability of each office, shape (offices, ...); at_least    number of offices
    Returns shape (...). Exact, by adding one office at a time.
    """
    return office_counts(competent)[at_least:].sum(axis=0)


def office_counts(competent):
    """Probability of every number of competent offices, 0 to all, shape (offices + 1, ...); argument as above."""
    counts = np.zeros((len(competent) + 1, *np.shape(competent)[1:]))
    counts[0] = 1.0
    for p in competent:
        counts[1:] = counts[1:] * (1.0 - p) + counts[:-1] * p
        counts[0] = counts[0] * (1.0 - p)
    return counts
