"""Acceptance: which establishments take up an option when it is offered on given terms.

An option is accepted when its payback is short enough for the establishment's hurdle rate and its cost fits the
cash at hand. Payback and cash are lognormal and correlated through payback, so the share is a bivariate normal
probability, averaged over hurdle rates.
"""

import functools

import numpy as np
from scipy.special import ndtr

from cpmodel.axes import equation

QUADRATURE = 6  # Gauss–Legendre nodes of the integral over the correlation
_legendre = functools.cache(np.polynomial.legendre.leggauss)


def correlation_nodes(rho, count=QUADRATURE):
    """Return sin θ, 1 / cos² θ and weight at the quadrature nodes of correlations ρ (...), shape (3, count, ...)."""
    nodes, weights = _legendre(count)
    top = np.arcsin(rho)
    sine = np.sin(np.multiply.outer(0.5 + 0.5 * nodes, top))
    return np.array([sine, 1.0 / (1.0 - sine * sine), np.multiply.outer(0.5 * weights, top) / (2.0 * np.pi)])


def bivariate_term(x, y, sine, stretch, weight):
    """One node's part of the integral in `bivariate_normal_cdf`."""
    return weight * np.exp((x * y * sine - 0.5 * (x * x + y * y)) * stretch)


@equation(clauses="IV.4.c IV.4.d", source="Plackett (1954) identity; Drezner & Wesolowsky (1990) quadrature")
def bivariate_normal_cdf(x, y, rho, count=QUADRATURE):
    """Φ2(x, y; ρ); absolute error below 1e-9 for |ρ| ≤ 0.7, below 1e-6 for |ρ| ≤ 0.9 with the usual `count` of nodes.

    Φ(x) Φ(y) + (1/2π) ∫₀^asin ρ exp(−(x² + y² − 2xy sin θ) / (2 cos² θ)) dθ
    """
    return ndtr(x) * ndtr(y) + sum(
        bivariate_term(x, y, *node) for node in zip(*correlation_nodes(rho, count), strict=True)
    )


@equation(clauses="IV.4.c IV.4.d", source="Anderson & Newell (2004): payback against hurdle rate")
def payback_margin(log_longest_payback, log_median_payback, sigma):
    """Standardised distance between the longest payback accepted and the median offered [1]."""
    return (log_longest_payback - log_median_payback) / sigma


@equation(clauses="IV.4.c IV.4.d", source="Liquidity constraint, Fazzari, Hubbard & Petersen (1988)")
def cash_margin(log_median_cash, log_median_payback, bill_saving, own_share, sigma, sigma_cash):
    """Standardised distance between cash and the establishment's own outlay [1].

    log_median_cash [log years of resource cost]   log_median_payback [log years]
    bill_saving [share of the resource bill saved a year]   own_share [share of the investment paid from cash]
        (μ_C − μ − ln(s·e)) / √(σ² + σ_C²)
    """
    outlay = log_median_payback + np.log(bill_saving * own_share)
    return (log_median_cash - outlay) / np.sqrt(sigma * sigma + sigma_cash * sigma_cash)


@equation(clauses="IV.4.c IV.4.d", source="Correlation of payback with outlay over cash")
def margin_correlation(sigma, sigma_cash):
    """Correlation of the two margins [1]: σ / √(σ² + σ_C²)."""
    return sigma / np.sqrt(sigma * sigma + sigma_cash * sigma_cash)


@equation(clauses="IV.4.c IV.4.d", source="Logit response; World Bank Enterprise Surveys for the level")
def loan_access(base_probability, score_refusal, guarantee_response, cover, collateral_response, log_loan):
    """Probability that an establishment passes the lender's tests of score and of collateral [probability].

    base_probability    at the market's loan without a guarantee   score_refusal    of those refused then, the share
    whose books or record fail: neither guarantee nor smaller loan helps them   cover    of a guarantee [share]
    guarantee_response, collateral_response    of the log-odds   log_loan    log of the loan over what the same
    collateral carries at the market [1]; collateral is log-logistic, so P ≤ LTV·K + cover·P is a logit in its terms
        π = s·logit⁻¹[logit(π₀/s) + β·cover − λ·log_loan],   s = 1 − ψ·(1 − π₀)
    """
    passed = 1.0 - score_refusal * (1.0 - base_probability)
    odds = base_probability / (passed - base_probability)
    odds = odds * np.exp(guarantee_response * cover - collateral_response * log_loan)
    return passed * odds / (1.0 + odds)


@equation(clauses="IV.1.c IV.4.d", source="Learning curve in what is seen of adopters")
def hidden_cost(start, learning, visible, scale):
    """Hidden-cost multiplier of an investment [ratio ≥ 1]: max(1, start · (1 + visible / scale)^−learning)."""
    return np.maximum(1.0, start * np.exp(-learning * np.log(1.0 + visible / scale)))
