"""Loans: schedule and closed form are the same thing; printed cases hold to the last digit."""

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.errors import BadInput
from cpmodel.finance.cashflow import present_value
from cpmodel.finance.loans import (
    amortise,
    annuity_factor,
    capitalised_loan_value,
    cumulated_annuity,
    effective_cost,
    interest_value,
    loan_value,
)
from cpmodel.finance.support import interest_refunds, subsidised_cost

HURDLES = np.array([0.0, 1e-9, 1e-6, 5e-4, 1e-3, 0.01, 0.036, 0.12, 0.35, 0.8, 5.0])
rates = st.floats(0.0, 0.6)
loans = st.tuples(st.integers(1, 25), st.integers(0, 24)).filter(lambda terms: terms[1] < terms[0])


def test_printed_annuity_cases():
    assert f"{annuity_factor(0.12, 5):.6f}" == "3.604776"
    assert f"{1 / annuity_factor(0.12, 5):.6f}" == "0.277410"
    assert f"{annuity_factor(0.036, 10):.6f}" == "8.274844"


def test_an_annuity_at_rate_zero_is_its_years_and_forever_is_one_over_the_rate():
    assert annuity_factor(0.0, 7) == 7.0
    assert annuity_factor(0.25, np.inf) == 4.0
    assert cumulated_annuity(0.0, 4.0) == 10.0


@given(rates, rates, loans, st.booleans())
def test_schedule_and_closed_form_agree(h, rate, terms, equal):
    tenor, grace = terms
    schedule = amortise(1.0, rate, tenor, grace, "equal_principal" if equal else "annuity")
    assert abs(schedule.value(h) - loan_value(h, rate, tenor, grace, float(equal))) < 1e-12
    interest = present_value(h, schedule.times, schedule.interest)
    assert abs(interest - interest_value(h, rate, tenor, grace, float(equal))) < 1e-12
    assert abs(schedule.principal.sum() - 1.0) < 1e-12


@given(rates, rates, loans, st.booleans())
def test_capitalised_grace_agrees_with_its_schedule(h, rate, terms, equal):
    tenor, grace = terms
    profile = "equal_principal" if equal else "annuity"
    schedule = amortise(1.0, rate, tenor, grace, profile, grace_interest="capitalised")
    closed = capitalised_loan_value(h, rate, tenor, grace, float(equal))
    assert abs(schedule.value(h) - closed) < 1e-12 * max(1.0, closed)


@pytest.mark.parametrize("equal", [0.0, 1.0])
def test_the_closed_form_is_that_of_the_schedule_for_numbers_and_arrays(equal):
    plain = loan_value(HURDLES, 0.036, 10.0, 2.0, equal)
    schedule = amortise(1.0, 0.036, 10, 2, "equal_principal" if equal else "annuity")
    assert np.max(np.abs(schedule.value(HURDLES) - plain)) < 1e-12
    one_by_one = [loan_value(float(h), 0.036, 10.0, 2.0, equal) for h in HURDLES]
    assert np.max(np.abs(np.array(one_by_one) - plain)) < 1e-12


def test_payments_within_the_year_follow_from_rates_per_period():
    schedule = amortise(1.0, 0.12, 3, 1, "annuity", payments_per_year=4)
    per_period = loan_value(1.2**0.25 - 1, 0.03, 12, 4, 0.0)
    assert abs(schedule.value(0.2) - per_period) < 1e-12


def test_numpy_financials_mortgage_example():
    schedule = amortise(200_000, 0.075, 15, 0, "annuity", payments_per_year=12)
    assert f"{npf.pmt(0.075 / 12, 12 * 15, 200000):.8f}" == "-1854.02472001"
    assert np.max(np.abs(schedule.service + npf.pmt(0.075 / 12, 12 * 15, 200000))) < 1e-8


@pytest.mark.law("IV.4.c")
@given(st.floats(0.001, 0.5), loans, st.booleans())
def test_a_loan_at_the_hurdle_rate_is_worth_its_face(rate, terms, equal):
    tenor, grace = terms
    assert abs(loan_value(rate, rate, tenor, grace, float(equal)) - 1.0) < 1e-12


def test_without_fees_the_effective_cost_is_the_contract_rate():
    assert abs(effective_cost(amortise(100, 0.09, 8, 2)).rate - 0.09) < 1e-12
    assert effective_cost(amortise(100, 0.09, 8, 2), upfront_fee=2).rate > 0.09


def test_a_late_refund_is_worth_less_than_a_prompt_one():
    schedule = amortise(100, 0.12, 5)
    prompt, late = subsidised_cost(schedule, 0.02), subsidised_cost(schedule, 0.02, refund_lag=1.0)
    assert abs(prompt - 0.10) < 1e-12
    assert prompt < late < 0.12


def test_support_of_a_few_months_covers_only_those():
    refunds = interest_refunds(amortise(120, 0.12, 2, payments_per_year=4), 0.04, supported_months=8)
    assert refunds[0] == pytest.approx(1.2)
    assert refunds[2] == pytest.approx(0.01 * 90 * 2 / 3)
    assert np.all(refunds[3:] == 0)


def test_impossible_terms_are_refused_all_at_once():
    with pytest.raises(BadInput) as found:
        amortise(1.0, 12.0, 5, 6, "balloon")
    assert {problem.key for problem in found.value.problems} == {"rate", "grace", "profile"}
    assert "0.12" in str(found.value)
