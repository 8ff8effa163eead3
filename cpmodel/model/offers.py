"""Acceptance tables: what share of a size accepts each rung on given terms, tabulated once per distinct offer.

An offer is a size of establishment, a finance design and a year's prices. Its table runs over visible adoption,
because what is seen of adopters lowers hidden cost; prices enter through the payback. Two structural variants are
carried: H1, high hurdle rates and no hidden cost; H2, one lower hurdle rate and a hidden cost that gives the same
longest payback without support. What credit buys differs between them, so every result shows both.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cpmodel.axes import RUNGS
from cpmodel.finance.appraisal import longest_accepted_payback
from cpmodel.finance.design import MARKET_LOAN_SHARE, Design
from cpmodel.finance.loans import annuity_factor, loan_value
from cpmodel.finance.rationing import longest_bankable_payback
from cpmodel.finance.relief import tax_saved, tax_terms
from cpmodel.model import acceptance
from cpmodel.model.averages import average_choice, average_market
from cpmodel.model.lanes import BLOCK

NODES = np.array([0.0, 0.05, 0.2, 0.6])  # visible adoption [share] at which acceptance is tabulated
QUADRATURE = 9  # Gauss–Hermite nodes in ln h; against 15 nodes acceptance moves by less than 1e-6
LONGEST = 1e9  # years; stands for "always accepts" inside the logarithm


@dataclass(frozen=True)
class Offer:
    """Terms that one size of establishment meets.

    size    index of the size   design    the finance design   lending_rate    of its loan, shape (n,) [1/year]
    log_prices    log of the real resource price index over the capital cost index, shape (n,)
    friction    cost of applying, shape (n,) [share of investment]; 0 for the market
    """

    size: int
    design: Design
    lending_rate: np.ndarray
    log_prices: np.ndarray
    friction: np.ndarray | float = 0.0


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


def present_values(offer: Offer, h):
    """Return V_f and the tax saved by depreciation and by interest at hurdle rates h (Q, n), each (Q, n)."""
    design, rate = offer.design, offer.lending_rate
    value = loan_value(h, rate, design.tenor, design.grace, design.equal_principal)
    return value, tax_saved(design, h, rate)


@dataclass(frozen=True)
class Applicants:
    """Establishments of one size at one time, as all offers meet them.

    nodes (V,)    visible adoption that is told apart   h (Q, n), weights (Q,)    hurdle rates [1/year]
    By rung: kappa (V, 1, n)    hidden-cost multiplier   payback (3, n)    ρ σ, σ, ln median   correlation    its nodes
    """

    nodes: np.ndarray
    h: np.ndarray
    weights: np.ndarray
    kappa: tuple[np.ndarray, ...]
    payback: tuple[np.ndarray, ...]
    correlation: tuple[np.ndarray, ...]


def applicants(
    size: int, log_prices: np.ndarray, variant: str, p, nodes=NODES, quadrature: int = QUADRATURE
) -> Applicants:
    """Return the applicants of a size. Under H1 there is no hidden cost, so nothing to learn about: one node."""
    told = nodes[:1] if variant == "H1" else nodes
    hurdle = (variant, p["hurdle_median"][size], p["hurdle_hidden_cost"])
    h, weights = hurdle_nodes(time_preference(*hurdle, p["option_life"][0])[0], p["hurdle_sigma"], quadrature)
    learning, scale = p["hidden_cost_learning"], p["hidden_cost_scale"]
    kappas, paybacks, correlations = [], [], []
    for k in range(len(RUNGS)):
        kappa0 = time_preference(*hurdle, p["option_life"][k])[1]
        sigma, log_payback = p["payback_sigma"][k], np.log(p["payback_median"][k]) - log_prices
        rho = acceptance.margin_correlation(sigma, p["cash_ratio_sigma"])
        kappas.append(
            np.array([acceptance.hidden_cost(kappa0, learning, seen, scale) for seen in told])[:, None]
        )
        paybacks.append(np.array([rho * sigma, sigma, log_payback]))
        correlations.append(_filled(acceptance.correlation_nodes(rho)))
    return Applicants(told, h, weights, *map(tuple, (kappas, paybacks, correlations)))


def margins(offer: Offer, asked: Applicants, p) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return, rung by rung, the margins of an offer: payback with the loan and with own funds, each (V, Q, n), and
    margin of cash with either and access to the loan, (3, n)."""
    values = present_values(offer, asked.h)
    return [
        _margins(offer, values, k, asked.h, asked.kappa[k], asked.payback[k][1:], p)
        for k in range(len(RUNGS))
    ]


def tabulate(
    offer: Offer, variant: str, p, market: Offer | None = None, nodes=NODES, quadrature=QUADRATURE
) -> np.ndarray:
    """Return acceptance, use, investment and lending of one offer, each (V, K, n), as `tables` does.

    market    what the same size meets without the offer; None: `offer` is the market itself
    p    parameters as name → array (`Parameters.values`), with `bill_saving` (K, n)
    """
    asked = applicants(offer.size, offer.log_prices, variant, p, nodes, quadrature)
    beside = None if market is None else margins(market, asked, p)
    found = tables(margins(offer, asked, p), asked, beside)
    repeated = np.repeat(found[:, :1], len(nodes) - len(asked.nodes), axis=1)
    return np.concatenate([found, repeated], axis=1)


def tables(offered: Sequence, asked: Applicants, market: Sequence | None = None) -> np.ndarray:
    """Return acceptance, use, investment and lending from the margins of an offer, each (V, K, n).

    market    margins of what is met without the offer; an establishment takes whichever suits it better, so an offer
    never lowers acceptance. None: the offer is the market itself, and only acceptance is filled.
    accept, used [share of the assessed] · invested, lent [payback years × share]: means of payback over those who use
    the offer, and over those of them who take its loan; times bill saving and resource bill they are money.
    """
    n = asked.h.shape[-1]
    found = np.zeros((4, len(asked.nodes), len(RUNGS), n))
    average, ways = (average_market, (offered,)) if market is None else (average_choice, (offered, market))
    out = np.empty((1 if market is None else 4, max(n, BLOCK)))
    for k in range(len(RUNGS)):
        fixed = [_filled(one[k][2]) for one in ways]
        rest = () if market is None else (_filled(asked.payback[k]),)
        for v in range(len(asked.nodes)):
            given = [
                part
                for one, cash in zip(ways, fixed, strict=True)
                for part in (_filled(one[k][0][v]), _filled(one[k][1][v]), cash)
            ]
            average(*given, *rest, asked.correlation[k], asked.weights, out)
            found[: len(out), v, k] = out[:, :n]
    return found


def _filled(array: np.ndarray) -> np.ndarray:
    """Return an array in C order, its draws repeated until they fill a block of the compiled average."""
    times = -(-BLOCK // array.shape[-1])
    return np.ascontiguousarray(
        array if times == 1 else np.concatenate([array] * times, axis=-1)[..., :BLOCK]
    )


def _margins(offer: Offer, values, k: int, h, kappa, shape, p):
    """Return the margins of an offer: payback with the loan, with own funds (V, Q, n); cash for both and access (3, n).

    values    what `present_values` returns for it   kappa    hidden-cost multiplier (V, 1, n)
    With the loan, the lender's test of debt service cover may be the stricter one: it limits payback too.
    """
    design, (sigma, log_payback) = offer.design, shape
    value, saved = values
    kappa = kappa + design.application_cost_share + offer.friction
    reward = design.reward_share * np.exp(-p["refund_lag"] * np.log1p(h)) if design.reward_share else 0.0
    life = p["option_life"][k]
    taxes = tax_terms(design, h, life, offer.lending_rate, saved)
    bankable = longest_bankable_payback(design, offer.lending_rate, p["required_cover"], life)
    payback, cash = [], []
    for loan_share, limit in ((design.loan_share, bankable), (0.0, LONGEST)):
        longest = longest_accepted_payback(
            h, life, kappa, design.grant_share, reward, loan_share, value, *taxes
        )
        longest = np.log(np.minimum(np.minimum(longest, limit), LONGEST))
        payback.append(acceptance.payback_margin(longest, log_payback, sigma))
        own = np.maximum(1.0 - loan_share - design.grant_share, 1e-9)
        log_cash = np.log(p["cash_ratio_median"][offer.size])
        cash.append(
            acceptance.cash_margin(
                log_cash, log_payback, p["bill_saving"][k], own, sigma, p["cash_ratio_sigma"]
            )
        )
    return *payback, np.array([*cash, access_to_loan(offer, p)])


def access_to_loan(offer: Offer, p) -> np.ndarray:
    """Return the probability that an establishment passes the lender's tests of score and collateral, (n,)."""
    design, market = offer.design, p["market_collateral_share"]
    carries = market if design.collateral_share is None else design.collateral_share
    log_loan = np.log(max(design.loan_share, 1e-9) / MARKET_LOAN_SHARE) - np.log(carries / market)
    return acceptance.loan_access(
        p["credit_access"][offer.size], p["score_refusal"][offer.size], p["guarantee_response"],
        design.guarantee_cover, p["collateral_response"], log_loan,
    )  # fmt: skip


def tabulated(
    wanted: dict[tuple, tuple[Offer, Offer | None]], variant: str, p: dict[str, np.ndarray], nodes: np.ndarray,
    threads: int | None, kept: MutableMapping[tuple, np.ndarray],
) -> list[np.ndarray]:  # fmt: skip
    """Return the table of each offer wanted, beside what its size meets without it; those in `kept` are taken from there."""

    def table(key: tuple) -> np.ndarray:
        if (variant, *key) not in kept:
            offer, beside = wanted[key]
            kept[variant, *key] = tabulate(offer, variant, p, beside, nodes)
        return kept[variant, *key]

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        return list(pool.map(table, wanted))
