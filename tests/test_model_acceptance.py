"""Acceptance: the published cases, and what any sensible acceptance must obey."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from cpmodel.finance.design import Design, market_terms
from cpmodel.finance.loans import annuity_factor
from cpmodel.finance.tax import TaxRelief
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import choices
from cpmodel.model.acceptance import bivariate_normal_cdf, hidden_cost, loan_access
from cpmodel.model.choices import hurdle_grid, time_preference
from cpmodel.model.ensemble import make_world
from cpmodel.model.offers import Offer, make_market, with_offers

ONE = np.ones(1)
MARKET = Design(loan_share=0.6, loan_rate=0.12, tenor=5)
SOFT = Design(loan_share=0.7, loan_rate=0.036, tenor=10)
CASE = {
    "hurdle_median": 0.8, "hurdle_hidden_cost": 0.35, "hurdle_sigma": 0.5, "payback_sigma": 0.6,
    "cash_ratio_sigma": 1.0, "payback_median": 3.5, "cash_ratio_median": 0.10, "bill_saving": 0.08,
    "hidden_cost_learning": 0.0, "hidden_cost_scale": 1.0, "refund_lag": 0.0, "guarantee_response": 0.0,
    "credit_access": 0.33, "option_life": 12.0, "application_cost": 0.0,
    # the lender's further tests are switched off in the published cases
    "score_refusal": 0.0, "collateral_response": 0.0, "market_collateral_share": 0.7, "required_cover": 0.0,
}  # fmt: skip
BY_SIZE = ("hurdle_median", "cash_ratio_median", "credit_access", "score_refusal", "application_cost")
BY_RUNG = ("payback_sigma", "payback_median", "bill_saving", "option_life")


def world(**changes):
    """Return parameters of the case, with `changes`."""
    values = {**CASE, **changes}
    shapes = dict.fromkeys(BY_SIZE, (4, 1)) | dict.fromkeys(BY_RUNG, (3, 1))
    return {name: np.full(shapes.get(name, (1,)), value) for name, value in values.items()}


def accepted(design, variant="H1", beside=None, quadrature=15, prices=0.0, **changes):
    """Return the share of small establishments that accepts technology change, beside other terms or on these alone."""
    base = beside or design
    given = world(**changes), [base], np.full((1, 1), base.loan_rate), np.full((1, 1), prices)
    market = make_market(variant, *given, np.zeros(1), quadrature, threads=1)
    offers = [Offer(1, 0, design)] if beside else []
    return float(with_offers(market, offers, threads=1)[0, -1 if beside else 1, 0, 2, 0])


@pytest.mark.law("IV.4.c", "IV.4.d")
def test_acceptance_of_technology_change_reproduces_the_reference_cases():
    found = (accepted(MARKET), accepted(SOFT), accepted(MARKET, credit_access=0.60))
    assert np.round(found, 6).tolist() == [0.078461, 0.126325, 0.110642]
    assert round(accepted(MARKET, credit_access=1e-12), 6) == 0.039130
    assert round(1 - found[0] / found[1], 4) == 0.3789


@pytest.mark.law("IV.4.c", "IV.4.d")
def test_hidden_costs_leave_little_for_cheap_credit():
    found = [accepted(d, "H2", credit_access=pi) for d, pi in ((MARKET, 0.33), (SOFT, 0.33), (MARKET, 0.60))]
    assert np.allclose(found, [0.047245, 0.057782, 0.056823], atol=2.5e-6)  # the cases round κ to four digits


def test_the_two_variants_agree_on_the_longest_payback_without_support():
    life = np.array([5.0, 8.0, 12.0])
    for hurdle in (0.2, 0.4, 0.6, 0.8):
        h, kappa = time_preference("H2", np.full(3, hurdle), 0.35, life)
        assert np.allclose(annuity_factor(h, life) / kappa, annuity_factor(hurdle, life), rtol=1e-12)
        assert (kappa >= 1).all()
    small = time_preference("H2", np.full(3, 0.8), 0.35, life)[1]
    assert np.round(small, 4).tolist() == [1.8752, 2.0976, 2.2253]
    assert np.round(time_preference("H2", np.full(3, 0.6), 0.35, life)[1], 4).tolist() == [
        1.4724,
        1.5961,
        1.6734,
    ]
    assert np.round(time_preference("H2", np.full(3, 0.4), 0.35, life)[1], 4).tolist() == [
        1.0908,
        1.1148,
        1.1316,
    ]


@pytest.mark.parametrize("variant", ["H1", "H2"])
@pytest.mark.parametrize(("hurdle", "access"), [(0.8, 0.33), (0.6, 0.50), (0.4, 0.70)])
def test_a_small_subsidy_does_least_and_a_grant_most(variant, hurdle, access):
    terms = {"hurdle_median": hurdle, "credit_access": access}
    subsidy = accepted(Design(loan_share=0.6, loan_rate=0.10, tenor=5), variant, **terms)
    guarantee = accepted(MARKET, variant, **{**terms, "credit_access": min(access + 0.27, 0.999)})
    soft = accepted(SOFT, variant, **terms)
    grant = accepted(Design(loan_share=0.6, loan_rate=0.12, tenor=5, grant_share=0.2), variant, **terms)
    none = accepted(MARKET, variant, **terms)
    assert none < subsidy < guarantee < soft < grant
    assert (subsidy - none) < 0.5 * (guarantee - none)


@given(x=st.floats(-5, 5), y=st.floats(-5, 5), rho=st.floats(-0.9, 0.9))
@example(x=0.0, y=1.0, rho=0.890625)
@example(x=0.0, y=1.0, rho=0.7)
@settings(max_examples=60, deadline=None)
def test_the_bivariate_normal_agrees_with_scipy(x, y, rho):
    peer = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([x, y])
    assert abs(bivariate_normal_cdf(x, y, rho) - peer) < (1e-9 if abs(rho) <= 0.7 else 1e-6)


def test_the_bivariate_normal_reproduces_printed_values():
    assert abs(bivariate_normal_cdf(0.3, -0.5, 0.4) - 0.243575889) < 5e-10
    assert abs(bivariate_normal_cdf(-1.0, 0.2, -0.6) - 0.031487331) < 5e-10


@given(grant=st.floats(0, 0.5), rate=st.floats(0.01, 0.3), share=st.floats(0.0, 0.5), cover=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_support_that_may_be_refused_never_lowers_acceptance(grant, rate, share, cover):
    offer = Design(loan_share=share, loan_rate=rate, grant_share=grant, guarantee_cover=cover,
                   application_cost_share=0.05)  # fmt: skip
    for variant in ("H1", "H2"):
        assert (
            accepted(offer, variant, beside=MARKET, quadrature=9)
            >= accepted(MARKET, variant, quadrature=9) - 1e-12
        )


def test_doubling_the_resource_price_is_halving_the_payback():
    assert np.isclose(accepted(MARKET, prices=np.log(2.0)), accepted(MARKET, payback_median=1.75), rtol=1e-12)


def test_an_establishment_that_cannot_wait_pays_for_nothing():
    assert accepted(MARKET, hurdle_median=1e6) < 1e-9


def test_hurdle_weights_sum_to_one_and_nodes_centre_on_the_median():
    nodes, weights = hurdle_grid(9)
    assert np.isclose(weights.sum(), 1) and np.isclose(nodes[4], 0.0) and np.isclose(weights @ nodes**2, 1.0)


def test_what_is_seen_of_adopters_lowers_hidden_cost_but_not_below_none():
    seen = np.linspace(0, 1, 20)
    cost = hidden_cost(2.0, 0.1, seen, 0.05)
    assert cost[0] == 2.0 and (np.diff(cost) < 0).all()
    assert hidden_cost(1.0, 0.3, 0.5, 0.05) == 1.0


def test_a_guarantee_of_one_half_lifts_access_as_stated():
    response = np.log(0.60 / 0.40 / (0.33 / 0.67)) / 0.5
    assert np.isclose(loan_access(0.33, 0.0, response, 0.5, 0.0, 0.0), 0.60)


# A loan of less than rounding is worth as much as none: who takes it is nobody's to say.
LOANS = st.just(0.0) | st.floats(1e-6, 0.7)
DESIGNS = st.builds(
    Design, loan_share=LOANS, loan_rate=st.floats(0.0, 0.25), tenor=st.integers(6, 15).map(float),
    grace=st.sampled_from([0.0, 1.0, 2.5, 5.0]), profile=st.sampled_from(["annuity", "equal_principal"]),
    grant_share=st.floats(0, 0.3), reward_share=st.floats(0, 0.2), guarantee_cover=st.floats(0, 1),
    tax_rate=st.floats(0, 0.3), depreciation_factor=st.sampled_from([1.0, 1.5, 2.0]),
    deduction_share=st.floats(0, 0.3), collateral_share=st.sampled_from([None, 0.5, 1.0]),
    application_cost_share=st.floats(0, 0.1),
    relief=st.sampled_from([None, TaxRelief(0.1, 15, 2, 4), TaxRelief(0.17)]),
)  # fmt: skip


@given(design=DESIGNS, variant=st.sampled_from(["H1", "H2"]))
@settings(max_examples=12, deadline=None)
def test_tables_are_the_readable_statement_of_acceptance(sampled, design, variant):
    """Every equation on the way to a table, compiled and in plain numpy; terms of any kind beside the market's."""
    p, rates, prices = sampled
    base = [market_terms(0.1, 0.25), market_terms(0.08, 0.2)]
    market = make_market(variant, p, base, rates, prices)
    offers = [Offer(3, 1, design), Offer(0, 0, design), Offer(3, 0, design)]
    found = with_offers(market, offers)
    own = np.full(prices.shape[-1], design.loan_rate)
    for v in {0, len(market.seen) - 1}:
        for k in range(3):
            at = k, variant, p, market.seen[v]
            for row, one in enumerate(offers, start=8):
                beside = base[one.year], rates[one.year]
                asked = design, own, prices[one.year], one.size, *at, beside
                assert np.allclose(
                    found[:, row, v, k], choices.accepted(*asked, over_correlation=4), atol=1e-11
                )
                assert np.allclose(found[0, row, v, k], choices.accepted(*asked)[0], atol=2e-5)
            plain = choices.accepted(base[1], rates[1], prices[1], 2, *at, over_correlation=4)
            assert np.allclose(found[0, 6, v, k], plain[0], atol=1e-11)


@pytest.fixture(scope="module")
def sampled():
    """Parameters of twenty draws, which are no whole block, and lending rates and prices of two years."""
    inputs = load(resolve("reference", overrides={"resolution": "explorer", "draws": 20}))
    world = make_world(inputs)
    return (
        {name: values[..., :20] for name, values in world.parameters.items()},
        world.lending_rate[:2, :20], world.log_prices[[0, -1], :20],
    )  # fmt: skip


@pytest.mark.law("IV.4.c")
@pytest.mark.parametrize("variant", ["H1", "H2"])
def test_what_an_option_costs_does_not_fall_when_resources_become_dearer(variant):
    """Half as dear again, with half as long to pay back, is the same choice for half as much money again."""

    def tables(times):
        p = world(payback_median=times * CASE["payback_median"])
        rates, prices = np.full((1, 1), MARKET.loan_rate), np.full((1, 1), np.log(times))
        return with_offers(make_market(variant, p, [MARKET], rates, prices), [Offer(1, 0, SOFT)])[:, -1]

    plain, costly = tables(1.0), tables(1.5)
    assert np.allclose(costly[:2], plain[:2]) and plain[2].min() > 0.0
    assert np.allclose(costly[2:], 1.5 * plain[2:])
