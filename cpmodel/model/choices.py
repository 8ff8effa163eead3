"""Whose payback is short enough and whose cash suffices: acceptance of one offer in plain numpy.

This is the readable statement of an acceptance table and the oracle that the compiled tables (`offers`) are tested
against. Both call the same equations; `thresholds` and `averages` only arrange the work differently.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cpmodel.finance.appraisal import longest_accepted_payback, time_preference
from cpmodel.finance.design import MARKET_LOAN_SHARE, Design
from cpmodel.finance.loans import loan_value
from cpmodel.finance.rationing import longest_bankable_payback
from cpmodel.finance.relief import tax_saved, tax_terms
from cpmodel.model import acceptance
from cpmodel.model.acceptance import QUADRATURE

LONGEST = 1e9  # years; stands for "always accepts" inside the logarithm


def hurdle_grid(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return hurdle rates at the quadrature nodes in standard deviations of ln h, and their weights, which sum to 1."""
    z, weights = np.polynomial.hermite_e.hermegauss(count)
    return z, weights / weights.sum()


def accepted(
    design: Design, rate, log_prices, size: int, k: int, variant: str, p: Mapping[str, np.ndarray], seen: float = 0.0,
    market: tuple[Design, np.ndarray] | None = None, quadrature: int = 9, over_correlation: int = QUADRATURE,
    equipment: float = 1.0,
) -> np.ndarray:  # fmt: skip
    """Return acceptance, use, investment and lending of rung k under an offer, (4, n), as `offers.with_offers` does.

    rate    of the loan (n,) [1/year]   log_prices (n,)    as in `offers.Market`   seen    visible adoption [share]
    market    design and lending rate of the market that the offer stands beside; None: the terms are the market's own
    quadrature, over_correlation    nodes of the mean over hurdle rates and of Φ2   equipment    its price, 2010 = 1
    """
    z, weights = hurdle_grid(quadrature)
    at = variant, p["hurdle_median"][size], p["hurdle_hidden_cost"], p["option_life"][k]
    hurdle, kappa = time_preference(*at)
    kappa = acceptance.hidden_cost(kappa, p["hidden_cost_learning"], seen, p["hidden_cost_scale"])
    sigma, log_payback = p["payback_sigma"][k], np.log(p["payback_median"][k]) - log_prices
    rho = acceptance.margin_correlation(sigma, p["cash_ratio_sigma"])
    friction = p["application_cost"][size] if market is not None else 0.0
    total = np.zeros((4, len(log_prices)))
    for one, weight in zip(z, weights, strict=True):
        h = hurdle * np.exp(p["hurdle_sigma"] * one)

        def ways(terms, rate, extra, h=h):
            longest = longest_paybacks(terms, rate, h, kappa + extra, k, p)
            x = [acceptance.payback_margin(np.log(one), log_payback, sigma) for one in longest]
            y = cash_margins(terms, size, k, log_payback, p)
            both = [
                acceptance.bivariate_normal_cdf(*pair, rho, over_correlation)
                for pair in zip(x, y, strict=True)
            ]
            access = access_to_loan(terms, size, p)
            return access * np.maximum(*both) + (1.0 - access) * both[1], both, x, y, access

        share, both, x, y, access = ways(design, rate, friction)
        if market is None:
            total[0] += weight * share
            continue
        without = ways(*market, 0.0)[0]
        takes = share > without
        borrows = takes * access * (both[0] > both[1])
        mean, shift = np.exp(log_payback + 0.5 * sigma**2), rho * sigma
        spent = [mean * acceptance.bivariate_normal_cdf(x[way] - sigma, y[way] - shift, rho, over_correlation)
                 for way in range(2)]  # fmt: skip
        lent = borrows * spent[0]
        total += weight * np.array([np.maximum(share, without), takes * share,
                                    lent + (takes - borrows) * spent[1], lent])  # fmt: skip
    total[2:] *= np.exp(log_prices) * equipment  # dear resources shorten a payback, they lower no investment
    return total


def longest_paybacks(design: Design, rate, h, kappa, k: int, p: Mapping[str, np.ndarray]) -> tuple:
    """Return the longest payback accepted with the loan and with own funds [years], (n,) each.

    kappa    hidden-cost multiplier with the costs of applying. With the loan, the lender's test of debt service cover may
    be the stricter one: it limits payback too.
    """
    life, kappa = p["option_life"][k], kappa + design.application_cost_share
    value = loan_value(h, rate, design.tenor, design.grace, design.equal_principal)
    taxes = tax_terms(design, h, life, rate, tax_saved(design, h, rate))
    reward = design.reward_share * np.exp(-p["refund_lag"] * np.log1p(h))
    bankable = longest_bankable_payback(design, rate, p["required_cover"], life)
    given = h, life, kappa, design.grant_share, reward
    by_loan = longest_accepted_payback(*given, design.loan_share, value, *taxes)
    by_own = longest_accepted_payback(*given, 0.0, value, *taxes)
    return np.minimum(np.minimum(by_loan, bankable), LONGEST), np.minimum(by_own, LONGEST)


def cash_margins(
    design: Design, size: int, k: int, log_payback, p: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """Return the margins of cash with the loan and with own funds, (n,) each."""
    log_cash, sigmas = np.log(p["cash_ratio_median"][size]), (p["payback_sigma"][k], p["cash_ratio_sigma"])
    own = (max(1.0 - loan - design.grant_share, 1e-9) for loan in (design.loan_share, 0.0))
    return [acceptance.cash_margin(log_cash, log_payback, p["bill_saving"][k], part, *sigmas) for part in own]


def access_to_loan(design: Design, size: int, p: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the probability that an establishment passes the lender's tests of score and collateral, (n,)."""
    market = p["market_collateral_share"]
    carries = market if design.collateral_share is None else design.collateral_share
    log_loan = np.log(max(design.loan_share, 1e-9) / MARKET_LOAN_SHARE) - np.log(carries / market)
    return acceptance.loan_access(
        p["credit_access"][size], p["score_refusal"][size], p["guarantee_response"], design.guarantee_cover,
        p["collateral_response"], log_loan,
    )  # fmt: skip
