"""Acceptance tables: what share of a size accepts each rung on given terms, tabulated once per distinct offer.

An offer is a size of establishment, a finance design and a year's prices. Its table runs over visible adoption,
because what is seen of adopters lowers hidden cost; prices enter through the payback. Two structural variants are
carried: H1, high hurdle rates and no hidden cost; H2, one lower hurdle rate and a hidden cost that gives the same
longest payback without support. What credit buys differs between them, so every result shows both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from cpmodel.axes import RUNGS
from cpmodel.finance.appraisal import longest_accepted_payback
from cpmodel.finance.design import Design
from cpmodel.finance.loans import annuity_factor, loan_value
from cpmodel.finance.tax import depreciation_shield, interest_shield
from cpmodel.model import acceptance

NODES = np.array([0.0, 0.03, 0.1, 0.25, 0.6])  # visible adoption [share] at which acceptance is tabulated
QUADRATURE = 9  # Gauss–Hermite nodes in ln h; against 15 nodes acceptance moves by less than 1e-6
LONGEST = 1e9  # years; stands for "always accepts" inside the logarithm

_both_margins = njit(error_model="numpy")(acceptance.bivariate_normal_cdf)


@dataclass(frozen=True)
class Offer:
    """Terms that one size of establishment meets.

    size    index of the size   design    the finance design   lending_rate    of its loan, shape (n,) [1/year]
    log_prices    log of the real resource price index over the capital cost index, shape (n,)
    """

    size: int
    design: Design
    lending_rate: np.ndarray
    log_prices: np.ndarray


def hurdle_nodes(median, sigma, count=QUADRATURE):
    """Return hurdle rates at the quadrature nodes, shape (Q, n) [1/year], and their weights (Q,), which sum to 1."""
    z, weights = np.polynomial.hermite_e.hermegauss(count)
    return median * np.exp(sigma * z[:, None]), weights / weights.sum()


def time_preference(variant: str, hurdle_median, hidden_cost_hurdle, life):
    """Return the median hurdle rate [1/year] and the hidden-cost multiplier [ratio] of a structural variant.

    H1: the hurdle rate as implied by behaviour, multiplier 1. H2: a hurdle rate no higher than
    `hidden_cost_hurdle`, and the multiplier A(h2, life) / A(h1, life) that leaves the longest payback without
    support unchanged.
    """
    if variant == "H1":
        return hurdle_median, np.ones_like(hurdle_median)
    lower = np.minimum(hurdle_median, hidden_cost_hurdle)
    return lower, annuity_factor(lower, life) / annuity_factor(hurdle_median, life)


def log_longest_payback(design: Design, loan_share, rate, h, life, kappa, refund_lag):
    """Return ln T_f at hurdle rates h (Q, n), capped at `LONGEST`; `rate` (n,) replaces the design's own."""
    shape = (design.tenor, design.grace, design.equal_principal)
    reward = design.reward_share * np.exp(-refund_lag * np.log1p(h))
    longest = longest_accepted_payback(
        h, life, kappa, design.grant_share, reward, loan_share, loan_value(h, rate, *shape), design.tax_rate,
        depreciation_shield(h, design.depreciation_years, design.depreciation_factor),
        interest_shield(h, rate, *shape),
    )  # fmt: skip
    return np.log(np.minimum(longest, LONGEST))


def tabulate(offer: Offer, variant: str, p, nodes=NODES, quadrature=QUADRATURE):
    """Return acceptance, invested and lent of one offer, each (V, K, n).

    p    parameters as name → array (`Parameters.values`), with `bill_saving` (K, n)
    accept [share of the assessed] · invested, lent [payback years × share]: means of payback over those who accept,
    and over those who accept with the loan; times bill saving and resource bill they are money.
    """
    z, design = offer.size, offer.design
    draws = offer.lending_rate.shape[-1]
    tables = np.empty((3, len(nodes), len(RUNGS), draws))
    access = acceptance.loan_access(p["credit_access"][z], p["guarantee_response"], design.guarantee_cover)
    for k in range(len(RUNGS)):
        median, kappa0 = time_preference(
            variant, p["hurdle_median"][z], p["hurdle_hidden_cost"], p["option_life"][k]
        )
        h, weights = hurdle_nodes(median, p["hurdle_sigma"], quadrature)
        sigma, sigma_cash = p["payback_sigma"][k], p["cash_ratio_sigma"]
        log_payback = np.log(p["payback_median"][k]) - offer.log_prices
        cash = [
            acceptance.cash_margin(np.log(p["cash_ratio_median"][z]), log_payback, p["bill_saving"][k],
                                   np.maximum(own, 1e-9), sigma, sigma_cash)
            for own in (1.0 - design.loan_share - design.grant_share, 1.0 - design.grant_share)
        ]  # fmt: skip
        rho = acceptance.margin_correlation(sigma, sigma_cash)
        for v, seen in enumerate(nodes):
            kappa = acceptance.hidden_cost(kappa0, p["hidden_cost_learning"], seen, p["hidden_cost_scale"])
            kappa = kappa + design.application_cost_share
            longest = [
                log_longest_payback(
                    design, share, offer.lending_rate, h, p["option_life"][k], kappa, p["refund_lag"]
                )
                for share in (design.loan_share, 0.0)
            ]
            margin = [acceptance.payback_margin(t, log_payback, sigma) for t in longest]
            _average(*margin, *cash, rho, sigma, log_payback, access, weights, tables[:, v, k])
            if variant == "H1" and v == 0:
                tables[:, 1:, k] = tables[:, :1, k]  # no hidden cost, so nothing to learn
                break
    return tables


@njit(parallel=True, cache=True, error_model="numpy")
def _average(x_loan, x_own, y_loan, y_own, rho, sigma, log_payback, access, weights, out):
    """Average over hurdle rates, the better of loan and own funds at each; fill `out` (3, n)."""
    for d in prange(rho.shape[0]):
        accept = invested = lent = 0.0
        mean = np.exp(log_payback[d] + 0.5 * sigma[d] * sigma[d])
        shift = rho[d] * sigma[d]
        for q in range(weights.shape[0]):
            own = _both_margins(x_own[q, d], y_own[d], rho[d])
            own_spent = mean * _both_margins(x_own[q, d] - sigma[d], y_own[d] - shift, rho[d])
            loan = _both_margins(x_loan[q, d], y_loan[d], rho[d])
            with_access, with_spent = own, own_spent
            if loan > own:
                with_access = loan
                with_spent = mean * _both_margins(x_loan[q, d] - sigma[d], y_loan[d] - shift, rho[d])
                lent += weights[q] * access[d] * with_spent
            accept += weights[q] * (access[d] * with_access + (1.0 - access[d]) * own)
            invested += weights[q] * (access[d] * with_spent + (1.0 - access[d]) * own_spent)
        out[0, d] = accept
        out[1, d] = invested
        out[2, d] = lent
