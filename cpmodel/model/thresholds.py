"""Compiled, one block of draws: the longest payback that is accepted on given terms, at each hurdle rate.

The same order as `choices`, in plain numpy; the equations are those of `finance`. A value is one number of every draw
(`lanes`).
"""

import numpy as np
from numba import njit

from cpmodel.finance import appraisal, loans, rationing, relief, tax
from cpmodel.model import acceptance
from cpmodel.model.compiled import compiled
from cpmodel.model.elementary import exp, log, log1p, maximum, minimum
from cpmodel.model.inlining import INNER
from cpmodel.model.lanes import same, where

LONGEST = 1e9  # years; stands for "always accepts" inside the logarithm
LOAN, OWN = range(2)  # ways to pay

_annuity_factor = compiled(loans.annuity_factor)
_loan_value = compiled(loans.loan_value)
_balance_left = compiled(loans.balance_left)
_interest_shield = compiled(tax.interest_shield)
_depreciation_shield = compiled(tax.depreciation_shield)
_bankable_saving = compiled(rationing.bankable_saving)
_longest_payback = compiled(appraisal.longest_accepted_payback)
_hidden_cost = compiled(acceptance.hidden_cost)


@njit(**INNER)
def set_values(term, p, rate, hurdles, work):
    """Set what the terms are worth at every hurdle rate, whatever the option."""
    for q in range(len(hurdles)):
        h = p.hurdle_median * exp(p.hurdle_sigma * hurdles[q])
        work.h[q] = h
        work.value[q] = _loan_value(h, rate, term.tenor, term.grace, term.equal_principal)
        if term.relieved:
            work.by_asset[q] = _present_value(term.saved_by_asset, h)
            work.by_loan[q] = _present_value(term.saved_by_loan, h)
        else:
            written = _depreciation_shield(h, term.depreciation_years, term.depreciation_factor)
            interest = _interest_shield(h, rate, term.tenor, term.grace, term.equal_principal)
            work.by_asset[q] = term.tax_rate * (written + term.deduction_share / (1.0 + h))
            work.by_loan[q] = term.tax_rate * interest
        work.reward[q] = term.reward_share * exp(-p.refund_lag * log1p(h))


@njit(**INNER)
def _present_value(amounts, h):
    """Present value at h of amounts at the end of each year."""
    year, value = 1.0 / (1.0 + h), same(0.0)
    for t in range(len(amounts) - 1, -1, -1):
        value = (value + amounts[t]) * year
    return value


@njit(**INNER)
def set_longest(k, term, p, rate, friction, seen, work):
    """Set the log of the longest payback of rung k that is accepted, with the loan and with own funds."""
    life = p.option_life[k]
    limit = minimum(_longest_bankable(term, rate, p.required_cover, life), LONGEST)
    for v in range(len(seen)):
        hidden = _hidden_cost(p.hidden_cost[k], p.hidden_cost_learning, seen[v], p.hidden_cost_scale)
        work.kappa[v] = hidden + term.application_cost_share + friction
    for q in range(len(work.h)):
        h, level = work.h[q], maximum(_level_rate(term, work.h[q], life), relief.NO_TAX)
        given = h, life, term.grant_share, work.reward[q], work.value[q], level
        shields = work.by_asset[q] / level, work.by_loan[q] / level
        for v in range(len(seen)):
            by_loan = _longest(given, work.kappa[v], term.loan_share, shields)
            by_own = _longest(given, work.kappa[v], 0.0, shields)
            work.longest[LOAN, v, q] = log(minimum(by_loan, limit))
            work.longest[OWN, v, q] = log(minimum(by_own, LONGEST))


@njit(**INNER)
def _longest(given, kappa, loan_share, shields):
    h, life, grant, reward, value, level = given
    return _longest_payback(h, life, kappa, grant, reward, loan_share, value, level, shields[0], shields[1])


@njit(**INNER)
def _level_rate(term, h, life):
    """Level tax rate that weighs as much on a yearly saving as the rates by year; see `relief.level_rate`."""
    if not term.relieved:
        return same(term.tax_rate)
    found, before = same(0.0), same(0.0)
    for i in range(term.steps):
        until = _annuity_factor(h, minimum(term.step_ends[i], life))
        found += term.step_rates[i] * (until - before)
        before = until
    return found / before


@njit(**INNER)
def _longest_bankable(term, rate, required_cover, life):
    """Longest payback at which savings cover the loan's service; see `rationing.longest_bankable_payback`."""
    needed, owed, k = same(0.0), same(1.0), term.tenor - term.grace
    for t in range(term.loan_years):
        left = _balance_left(rate, min(k, term.tenor - t - 1), k, term.equal_principal)
        paid, deducted = rate * owed, (1.0 - term.grant_share) * term.written[t]
        service = paid + (owed - left)
        saving = _bankable_saving(service, paid, term.taxes[t], deducted, term.loan_share, required_cover)
        needed, owed = maximum(needed, where(life > t, saving, 0.0)), left
    return where(needed > 0.0, 1.0 / where(needed > 0.0, needed, 1.0), np.inf)
