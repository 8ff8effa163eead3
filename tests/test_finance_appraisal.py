"""The firm: longest accepted payback, rates of return, cover, tax and rationing."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.axes import VARIANTS
from cpmodel.errors import BadInput
from cpmodel.finance.appraisal import (
    Project,
    accepted_payback,
    discounted_payback,
    firm_flows,
    firm_sheet,
    least_grant_share,
    longest_accepted_payback,
    service_cover,
    simple_payback,
)
from cpmodel.finance.cashflow import (
    dated_internal_rate,
    dated_present_value,
    internal_rate,
    net_present_value,
)
from cpmodel.finance.design import VECTOR, Design, loan_schedule, market_terms, own_funds
from cpmodel.finance.loans import loan_value
from cpmodel.finance.projects import TypicalProject
from cpmodel.finance.rationing import binding_barrier, largest_loan, loan_granted
from cpmodel.finance.sheets import least_grant, least_rate_cut
from cpmodel.finance.tax import (
    declining_balance_shield,
    declining_factor,
    depreciation_schedule,
    depreciation_shield,
    holiday_rates,
    interest_shield,
    rates_by_year,
    shield_value,
    tax_due,
)

BANK = Design(loan_share=0.7, loan_rate=0.12, tenor=5)
SOFT = replace(BANK, loan_rate=0.036)


@pytest.mark.law("IV.4.c", "IV.4.d")
@pytest.mark.parametrize(
    "hurdle, kappa, printed",
    [
        (0.8, 1.0, ["1.2489", "2.3570", "2.5801", "3.0804"]),
        (0.35, 2.2253, ["1.2489", "1.4206", "1.4858"]),
    ],
)
def test_printed_longest_paybacks(hurdle, kappa, printed):
    designs = [own_funds(), BANK, SOFT, replace(SOFT, tenor=10)]
    found = [f"{accepted_payback(design, hurdle, 12, kappa):.4f}" for design in designs]
    assert found[: len(printed)] == printed


@pytest.mark.parametrize(
    "payback, printed", [(1.25, ".797731"), (2, ".490778"), (3, ".311130"), (5, ".150984")]
)
def test_printed_rates_of_return_of_a_payback(payback, printed):
    assert f"{internal_rate([-payback] + [1.0] * 10).rate:.6f}"[1:] == printed


@pytest.mark.law("IV.4.c")
@given(st.floats(0.02, 0.9), st.integers(1, 15), st.integers(0, 14), st.booleans(), st.floats(0.0, 0.9))
def test_a_loan_at_the_hurdle_rate_changes_nothing(h, tenor, grace, equal, share):
    loan = Design(
        loan_share=share, loan_rate=h, tenor=tenor, grace=min(grace, tenor - 1),
        profile="equal_principal" if equal else "annuity",
    )  # fmt: skip
    assert accepted_payback(loan, h, 12) == pytest.approx(accepted_payback(own_funds(), h, 12), rel=1e-12)


def test_an_endless_saving_is_worth_one_over_the_hurdle():
    assert accepted_payback(own_funds(), 0.4, np.inf) == pytest.approx(2.5)


def test_support_that_covers_the_whole_cost_is_always_accepted():
    assert accepted_payback(Design(loan_share=0.0, grant_share=1.0), 0.8, 12) == np.inf
    assert np.isinf(
        accepted_payback(replace(SOFT, grant_share=0.3, reward_share=0.9), np.array([0.5]), 12)[0]
    )


shares = st.floats(0.0, 0.45)


@pytest.mark.law("IV.4.c", "IV.4.d")
@given(
    st.floats(0.05, 0.9), st.floats(1.0, 2.3), shares, st.floats(0.0, 0.2), st.floats(0.0, 0.3),
    st.floats(0.01, 0.2), st.integers(3, 12), st.booleans(), st.floats(1.0, 2.0),
)  # fmt: skip
def test_at_the_longest_accepted_payback_the_equity_is_worth_exactly_nothing(
    h, kappa, loan, grant, tax, rate, tenor, equal, factor
):
    design = Design(
        loan_share=loan, loan_rate=rate, tenor=tenor, grace=1, grant_share=grant, reward_share=0.1,
        profile="equal_principal" if equal else "annuity", tax_rate=tax, depreciation_years=8,
        depreciation_factor=factor,
    )  # fmt: skip
    longest = accepted_payback(design, h, 12, kappa)
    project = Project(100.0, 100.0 / longest, 12, 100.0 * (kappa - 1.0), 8, factor)
    sheet = firm_sheet(project, h, tax, loan_schedule(design, 100.0), 100.0 * grant, 10.0)
    assert abs(sheet.equity_npv) < 1e-8


@given(st.floats(0.0, 1.0), st.floats(1.0, 25.0), st.floats(1.0, 2.5))
def test_depreciation_shield_equals_its_schedule(h, years, factor):
    written = depreciation_schedule(1.0, years, factor)
    worth = np.sum(written * (1 + h) ** -np.arange(1.0, len(written) + 1))
    assert abs(worth - depreciation_shield(h, years, factor)) < 1e-8
    assert abs(written.sum() - 1.0) < 1e-12


@given(st.floats(0.0, 1.0), st.integers(1, 25), st.sampled_from([1.0, 1.5, 2.0]))
def test_depreciation_over_whole_lives_agrees_to_the_last_digits(h, years, factor):
    written = depreciation_schedule(1.0, years, factor)
    worth = np.sum(written * (1 + h) ** -np.arange(1.0, len(written) + 1))
    assert abs(worth - depreciation_shield(h, float(years), factor)) < 1e-12


@given(st.floats(0.0, 1.0), st.integers(2, 25), st.sampled_from([1.0, 1.5, 2.0, 2.5]))
def test_declining_balance_equals_its_schedule_and_is_never_slower(h, years, factor):
    written = depreciation_schedule(1.0, years, factor, "declining_balance")
    worth = np.sum(written * (1 + h) ** -np.arange(1.0, len(written) + 1))
    assert abs(worth - declining_balance_shield(h, float(years), factor)) < 1e-12
    assert worth >= depreciation_shield(h, float(years), 1.0) - 1e-12


def test_tax_holiday_of_environment_fields_by_year():
    rates = holiday_rates(np.full(17, 0.20), 0.10, 15, 4, 9)
    assert list(rates) == pytest.approx([0.0] * 4 + [0.05] * 9 + [0.10] * 2 + [0.20] * 2)


def test_accelerated_depreciation_inside_a_holiday_lowers_the_shield():
    rates = holiday_rates(np.full(10, 0.20), 0.10, 15, 4, 9)
    fast, slow = depreciation_schedule(1.0, 10, 2.0), depreciation_schedule(1.0, 10)
    assert shield_value(fast, rates, 0.12) < shield_value(slow, rates, 0.12)
    assert shield_value(fast, np.full(10, 0.2), 0.12) > shield_value(slow, np.full(10, 0.2), 0.12)


def test_tax_rates_are_those_of_their_year():
    dated = {2009: 0.25, 2014: 0.22, 2016: 0.20}
    assert list(rates_by_year(2012, 5, dated)) == [0.25, 0.25, 0.22, 0.22, 0.20]
    with pytest.raises(BadInput):
        rates_by_year(2008, 2, dated)


def test_losses_are_carried_five_years_and_no_further():
    assert list(tax_due([-10, 4, 4, 4], [0.2] * 4)) == pytest.approx([0, 0, 0, 0.4])
    assert tax_due([-10, 0, 0, 0, 0, 0, 10], [0.2] * 7)[-1] == pytest.approx(2.0)
    assert tax_due([-10, 0, 0, 0, 0, 10], [0.2] * 6)[-1] == 0.0


def test_declining_factors_by_life():
    assert [declining_factor(life) for life in (4, 5, 6, 7)] == [1.5, 2.0, 2.0, 2.5]


def test_numpy_financials_documented_examples():
    assert f"{internal_rate([-100, 39, 59, 55, 20]).rate:.5f}" == "0.28095"
    assert f"{internal_rate([-100, 0, 0, 74]).rate:.4f}" == "-0.0955"
    assert f"{internal_rate([-100, 100, 0, -7]).rate:.5f}" == f"{npf.irr([-100, 100, 0, -7]):.5f}"
    assert f"{internal_rate([-5, 10.5, 1, -8, 1]).rate:.4f}" == "0.0886"
    assert f"{net_present_value(0.08, [-40_000, 5_000, 8_000, 12_000, 30_000]):.5f}" == "3065.22267"


def test_pyxirrs_documented_examples():
    dates = [date(2020, 1, 1), date(2020, 3, 1), date(2020, 10, 30), date(2021, 2, 15)]
    values = [-10_000, 5750, 4250, 3250]
    assert dated_internal_rate(dates, values) == pytest.approx(0.6342972615260243, abs=1e-12)
    assert dated_present_value(0.1, dates, values) == pytest.approx(2506.579458169746, abs=1e-9)
    # the documentation's own check leaves a net present value of 1.5e-8, so its rate is good to about 1e-10
    assert internal_rate([-100, 39, 59, 55, 20]).rate == pytest.approx(0.2809484212526239, abs=2e-10)
    later = net_present_value(0.08, [0, 5_000, 8_000, 12_000, 30_000]) - 40_000
    assert later == pytest.approx(3065.2226681795255, abs=1e-9)
    days = [(day - dates[0]).days / 365 for day in dates]
    assert internal_rate(values, days).rate == pytest.approx(0.6342972615260243, abs=1e-12)


def test_several_rates_of_return_are_flagged():
    found = internal_rate([-100, 230, -132])
    assert found.several and np.allclose(found.roots, [0.1, 0.2])
    assert np.isnan(internal_rate([1, 2, 3]).rate)


def test_paybacks():
    assert simple_payback([-100, 40, 40, 40]) == pytest.approx(2.5)
    assert simple_payback([-100, 10]) == np.inf
    assert discounted_payback(0.1, [-100, 40, 40, 40]) == np.inf
    assert discounted_payback(0.0, [-100, 40, 40, 40]) == pytest.approx(2.5)


def test_cover_is_cash_over_service_in_years_of_service_only():
    flows = firm_flows(Project(100.0, 40.0, 6), 0.0, loan_schedule(market_terms(0.12), 100.0))
    cover = service_cover(flows)
    assert np.isnan(cover[0]) and np.isnan(cover[6])
    assert cover[1] == pytest.approx(40 / (60 * 0.2774097319))


def test_the_least_grant_flips_the_project_exactly():
    h, v = 0.6, loan_value(0.6, 0.12, 5.0, 0.0, 0.0)
    dep = depreciation_shield(h, 10.0, 1.0)
    tax_shield = interest_shield(h, 0.12, 5.0, 0.0, 0.0)
    rest = (0.05, 0.3, v, 0.2, dep, tax_shield)
    share = least_grant_share(3.5, h, 12.0, 1.2, *rest)
    assert longest_accepted_payback(h, 12.0, 1.2, share, *rest) == pytest.approx(3.5)


@pytest.mark.law("IV.4.c")
def test_a_guarantee_moves_the_collateral_test_and_an_interest_subsidy_only_the_cash_flow():
    short_of_collateral = dict(principal=100.0, collateral=80.0, loan_to_value=0.7, required_cover=1.2)
    short_of_cash = dict(principal=100.0, collateral=200.0, loan_to_value=0.7, required_cover=1.2)
    assert binding_barrier(cover=0.0, least_cover=1.5, **short_of_collateral) == "collateral"
    assert binding_barrier(cover=0.0, least_cover=3.0, **short_of_collateral) == "collateral"
    assert loan_granted(cover=0.5, least_cover=1.5, **short_of_collateral)
    assert binding_barrier(cover=0.5, least_cover=1.1, **short_of_cash) == "cash_flow"
    assert loan_granted(cover=0.0, least_cover=1.3, **short_of_cash)
    assert largest_loan(100.0, 0.7, 0.5) == pytest.approx(140.0)


def test_a_design_refuses_percentages_and_impossible_years():
    with pytest.raises(BadInput) as found:
        Design(loan_rate=12.0, tenor=3, grace=4, guarantee_cover=1.5)
    assert {problem.key for problem in found.value.problems} == {"loan_rate", "grace", "guarantee_cover"}
    assert "0.12" in str(found.value)


def test_the_vector_of_a_design_names_every_number_and_can_be_written_down():
    assert len(Design().vector()) == len(VECTOR)
    json.dumps(Design().vector().tolist())


@given(st.floats(0.3, 4.0), st.sampled_from(VARIANTS))
def test_the_least_cut_of_the_rate_flips_the_project_exactly_and_no_smaller_one_does(payback, variant):
    project = TypicalProject(1.0, payback, 12, 0.6, 0.12, 0.2).under(variant)
    design = replace(market_terms(0.12, 0.2), tenor=8.0, loan_share=0.7)

    def longest(rate: float) -> float:
        return accepted_payback(replace(design, loan_rate=rate), project.hurdle, project.life, project.kappa)

    cut = least_rate_cut(design, project)
    if cut == 0.0:
        assert longest(0.12) >= payback
    elif np.isinf(cut):
        assert longest(0.0) < payback
    else:
        assert longest(0.12 - cut) == pytest.approx(payback, rel=1e-9) and longest(0.12 - 0.9 * cut) < payback


def test_without_a_loan_there_is_no_rate_to_cut():
    assert np.isnan(least_rate_cut(own_funds(), TypicalProject(1.0, 3.0, 12, 0.6, 0.12, 0.2)))


def test_both_readings_accept_the_same_without_support_and_hidden_cost_asks_for_the_larger_grant():
    project = TypicalProject(1.0, 3.5, 12, 0.8, 0.12, 0.2)
    own = [accepted_payback(own_funds(), one.hurdle, 12, one.kappa) for one in map(project.under, VARIANTS)]
    assert own[0] == pytest.approx(own[1])
    assert least_grant(market_terms(0.12), project.under("H1")) < least_grant(
        market_terms(0.12), project.under("H2")
    )
