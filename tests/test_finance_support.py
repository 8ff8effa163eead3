"""Grant elements, subsidies, guarantees and the revolving fund: printed cases and laws."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.finance.fund import next_cash, next_loans, real_return, run_fund, run_fund_under_stress
from cpmodel.finance.guarantees import (
    conditional_default,
    default_estimate,
    default_quantile,
    expected_loss,
    fee_value,
    first_loss_payment,
    guarantee_subsidy,
    loss_tail,
    share_borne,
)
from cpmodel.finance.loans import amortise
from cpmodel.finance.support import (
    grant,
    grant_element,
    grant_element_closed_form,
    period_rate,
    reward,
    state_credit_floor,
    subsidised_rate,
    subsidy_cash,
    subsidy_cash_by_year,
    subsidy_equivalent,
)


@pytest.mark.parametrize("discount, printed", [(0.05, "0.0748186"), (0.10, "0.2872776"), (0.12, "0.3534849")])
def test_printed_grant_elements(discount, printed):
    schedule = amortise(1.0, 0.036, 10, 2)
    assert f"{grant_element(schedule, discount):.7f}" == printed
    assert f"{grant_element_closed_form(0.036, discount, 10, 2):.7f}" == printed
    assert abs(subsidy_equivalent(schedule, discount) - grant_element(schedule, discount)) < 1e-15


def test_printed_state_credit():
    assert f"{subsidy_equivalent(amortise(1.0, 0.0855, 10), 0.12):.7f}" == "0.1250561"


@given(
    st.floats(0.0, 0.2),
    st.floats(0.01, 0.4),
    st.integers(1, 30),
    st.integers(0, 10),
    st.sampled_from([1, 2, 4]),
)
def test_grant_element_by_schedule_and_by_closed_form_agree(rate, discount, repay, grace, payments):
    schedule = amortise(1.0, rate, repay + grace, grace, payments_per_year=payments)
    closed = grant_element_closed_form(rate, discount, repay + grace, grace, payments)
    assert abs(grant_element(schedule, discount) - closed) < 1e-12
    assert abs(subsidy_equivalent(schedule, discount) - closed) < 1e-12


@pytest.mark.law("IV.4.c")
@given(st.floats(0.01, 0.4), st.integers(1, 20), st.sampled_from([1, 4, 12]))
def test_a_loan_at_the_market_rate_holds_no_subsidy(market, tenor, payments):
    coupon = payments * period_rate(market, payments)
    assert abs(subsidy_equivalent(amortise(1.0, coupon, tenor, payments_per_year=payments), market)) < 1e-12


@given(st.floats(1.0, 1e6), st.floats(0.01, 0.3))
def test_doubling_the_loan_doubles_its_subsidy(face, market):
    one, two = amortise(face, 0.05, 7, 1), amortise(2 * face, 0.05, 7, 1)
    assert subsidy_equivalent(two, market) == pytest.approx(2 * subsidy_equivalent(one, market), rel=1e-12)


def test_a_floor_never_raises_the_rate_a_borrower_already_has():
    assert subsidised_rate(0.12, 0.02, 0.0) == pytest.approx(0.10)
    assert subsidised_rate(0.05, 0.04, 0.03) == 0.03
    assert subsidised_rate(0.02, 0.02, 0.03) == 0.02


def test_the_floor_makes_state_credit_worth_fifteen_percent_of_the_commercial_rate():
    assert 0.09 - state_credit_floor(0.09) == pytest.approx(0.0135)
    assert round(0.133 - state_credit_floor(0.133), 3) == 0.020


def test_subsidy_cash_counts_days_and_falls_into_its_budget_year():
    assert subsidy_cash([100.0], [365], 0.02) == pytest.approx(2.0)
    cash = subsidy_cash_by_year([100.0], [date(2022, 10, 1)], date(2023, 4, 1), 0.02)
    assert cash == {2022: pytest.approx(2 * 92 / 365), 2023: pytest.approx(2 * 90 / 365)}


def test_reward_steps_and_the_assessment_grant():
    assert list(reward(100.0, [0.29, 0.30, 0.50])) == [0.0, 15.0, 25.0]
    assert reward(1000.0, 0.6, ceiling=200.0) == 200.0
    assert grant(80.0, 0.5, 50.0) == 40.0 and grant(120.0, 0.5, 50.0) == 50.0


def test_printed_guarantee_and_tail():
    opening = amortise(1.0, 0.10, 5).opening
    assert f"{expected_loss(opening, 0.5, 0.45, 0.05, 0.10):.7f}" == "0.0256434"
    assert f"{default_quantile(0.05, 0.15, 0.95):.7f}" == "0.1371711"
    assert f"{default_quantile(0.05, 0.15, 0.99):.7f}" == "0.2098814"


def test_no_correlation_leaves_the_default_rate_as_it_is():
    assert conditional_default(0.05, 0.0, -3.0) == pytest.approx(0.05)


@pytest.mark.law("IV.4.c")
@given(st.floats(0.0, 1e4), st.floats(1.0, 1e6))
def test_zero_claims_never_give_a_zero_loss_rate(_, loan_years):
    estimate = default_estimate(0, loan_years)
    assert 0.0 < estimate.low < estimate.mean < estimate.high < 1.0


def test_jeffreys_mean():
    assert default_estimate(0, 14).mean == pytest.approx(0.5 / 15)


def test_first_loss_acts_on_the_portfolio_not_on_each_loan():
    assert first_loss_payment(8.0, 10.0) == 8.0
    assert first_loss_payment(30.0, 10.0, 0.5) == 20.0
    assert first_loss_payment(30.0, 10.0, 0.5, ceiling=15.0) == 15.0


def test_a_fair_fee_leaves_no_subsidy():
    opening = amortise(1.0, 0.10, 5).opening
    loss = expected_loss(opening, 0.5, 0.45, 0.05, 0.10)
    fees = fee_value(opening, 0.5, 0.0, 0.45 * 0.05, 0.05, 0.10)
    assert abs(guarantee_subsidy(loss, fees)) < 1e-15


def test_the_tail_lies_above_the_mean_and_the_mean_near_its_expectation():
    tail = loss_tail(np.ones(100), 0.5, 0.45, 0.05, 0.15, np.random.default_rng(1419), 20_000)
    assert tail.mean == pytest.approx(100 * 0.5 * 0.45 * 0.05, rel=0.05)
    assert tail.mean < tail.p95 < tail.p99


@pytest.mark.law("IV.4.c")
@given(st.floats(0.1, 0.9), st.floats(0.0, 0.6), st.floats(0.005, 0.2), st.floats(0.02, 0.3))
def test_a_first_loss_raises_what_is_borne_from_the_cover_to_the_whole_loss(
    cover, layer, default, correlation
):
    borne = share_borne(cover, 0.45, default, correlation, layer)
    assert cover - 1e-9 <= borne <= 1.0 + 1e-9
    assert share_borne(cover, 0.45, default, correlation, 0.0) == pytest.approx(cover)
    assert borne <= share_borne(cover, 0.45, default, correlation, layer + 0.2) + 1e-9


def test_what_is_borne_is_the_mean_of_the_sampled_tail():
    tail = loss_tail(
        np.ones(400), 0.5, 0.45, 0.05, 0.15, np.random.default_rng(1419), 20_000, first_loss_share=0.1
    )
    borne = share_borne(0.5, 0.45, 0.05, 0.15, 0.1)
    assert tail.mean == pytest.approx(400 * 0.45 * 0.05 * borne, rel=0.02)


def test_fund_identities_and_the_real_return():
    assert next_cash(100, 50, 10, 0.04, 5, 30, 2) == 100 + 10 + 2 + 5 - 30 - 2
    assert next_loans(50, 30, 10, 1) == 69
    assert real_return(0.036, 0.05, 0.45, 0.01, 0.06) == pytest.approx(1.0035 / 1.06 - 1)


def test_a_fund_without_default_or_cost_keeps_its_capital_and_never_lends_what_it_has_not():
    fund = run_fund(100.0, [80, 80, 80, 80], 0.0, 5.0, 0.0, 0.45, 0.0)
    assert np.allclose(fund["capital"], 100.0)
    assert (fund["cash"] >= -1e-12).all() and fund["unserved"].iloc[1] == pytest.approx(44.0)


def test_more_default_leaves_a_smaller_fund():
    terms = dict(capital=100.0, demand=[50] * 8, rate=0.036, tenor=7.0, loss_given_default=0.45,
                 administration=0.01)  # fmt: skip
    final = run_fund_under_stress((0.0, 0.05, 0.15), **terms).iloc[-1]
    assert final[0.0] > final[0.05] > final[0.15]
