"""The state: four columns, caps, leverage, additionality, and instruments put together."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.axes import VARIANTS
from cpmodel.errors import BadInput
from cpmodel.finance.appraisal import accepted_payback
from cpmodel.finance.cashflow import net_present_value
from cpmodel.finance.design import loan_schedule, market_terms
from cpmodel.finance.fiscal import (
    additionality,
    committed_under_cap,
    cost_per_extra_adopter,
    cost_per_unit_saved,
    fiscal_cost,
    free_rider_share,
    lending_cash,
    leverage,
    served_share,
    unit_cost_table,
)
from cpmodel.finance.guarantees import expected_loss, fee_value
from cpmodel.finance.loans import amortise
from cpmodel.finance.relief import level_rate
from cpmodel.finance.sheets import TypicalProject, appraise, circumstances, decision, term_sheet
from cpmodel.finance.stacking import Circumstances, combine
from cpmodel.finance.state_sheet import Scheme, state_cash
from cpmodel.inputs.instruments import load_catalogue, overlaid

CATALOGUE = load_catalogue()
AROUND = Circumstances(commercial_rate=0.12)
MARKET = market_terms(0.12, 0.25)
PROJECT = TypicalProject(5.0, 3.5, 12, 0.6, 0.1347, 0.25, improvement=0.4, vnd_per_usd=20_800, yearly_toe=100)


def design_of(*names, at=date(2015, 7, 1), around=AROUND):
    return combine(MARKET, [CATALOGUE.terms(name, at) for name in names], around)


def test_four_columns_are_kept_apart():
    cost = fiscal_cost(2012, [10, 10], 0.10, [50, 40], np.linspace(0, 100, 101))
    assert cost.npv == pytest.approx(10 + 10 / 1.1)
    assert cost.p95 == pytest.approx(95)
    assert list(cost.table().columns) == ["cash", "contingent_exposure"]


def test_an_exposure_without_a_tail_is_unknown_not_zero():
    assert np.isnan(fiscal_cost(2012, [0.0], 0.1, [50.0]).p95)
    assert fiscal_cost(2012, [1.0], 0.1).p95 == 0.0


@pytest.mark.law("IV.4.c")
@given(st.floats(1.0, 1e5))
def test_doubling_every_amount_doubles_every_cost(amount):
    one, two = (fiscal_cost(2012, [k * amount] * 3, 0.1, [k * amount] * 3, [k * amount]) for k in (1, 2))
    assert two.npv == pytest.approx(2 * one.npv) and two.p95 == pytest.approx(2 * one.p95)
    assert np.allclose(two.cash, 2 * one.cash) and np.allclose(two.exposure, 2 * one.exposure)


def test_a_loan_at_the_states_own_rate_costs_it_nothing_unless_borrowers_default():
    cash = lending_cash(amortise(100, 0.08, 6, 1))
    assert abs(fiscal_cost(2012, cash, 0.08).npv) < 1e-10
    assert fiscal_cost(2012, lending_cash(amortise(100, 0.08, 6, 1), 0.05, 0.45), 0.08).npv > 0


def test_caps_queue_cut_or_stop():
    queue = committed_under_cap([60, 80, 10], 50, "queue")
    assert list(queue["committed"]) == [50, 50, 50] and list(queue["waiting"]) == [10, 40, 0]
    cut = committed_under_cap([60, 80, 10], 50, "pro_rate")
    assert list(cut["committed"]) == [50, 50, 10] and list(cut["unspent"]) == [0, 0, 40]
    stop = committed_under_cap([20, 80, 10], 50, "stop")
    assert list(stop["committed"]) == [20, 50, 0] and not stop["open"].iloc[-1]


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=20), st.floats(0.0, 500))
def test_no_rule_ever_serves_more_than_the_cap(requests, cap):
    for rule in ("queue", "pro_rate", "stop"):
        served = served_share(requests, cap, rule)
        assert np.all((served >= 0) & (served <= 1))
        assert np.dot(served, requests) <= cap * (1 + 1e-12) + 1e-12


def test_leverage_is_three_ratios_and_says_when_a_guarantee_is_counted():
    plain, guaranteed = leverage(100, 40, 10), leverage(100, 0, 2, guaranteed=50)
    assert (plain.cofinance_per_face, plain.investment_per_face, plain.investment_per_subsidy) == (
        1.5,
        2.5,
        10,
    )
    assert "no cash" in guaranteed.label


@pytest.mark.law("IV.4.c", "IV.4.d")
def test_printed_additionality_and_its_complement():
    assert f"{additionality(0.078461, 0.126325):.4f}" == "0.3789"
    assert additionality(0.2, 0.5) + free_rider_share(0.2, 0.5) == pytest.approx(1.0)
    assert cost_per_extra_adopter(100, 40, 50) == 10.0
    assert cost_per_extra_adopter(100, 50, 50) == np.inf


def test_unit_costs_name_their_base():
    table = unit_cost_table(100.0, 1.17, 10.0, 0.4, 10.0, 0.05, "toe")
    assert table["cost"].iloc[0] == pytest.approx(1.17)
    assert table["cost"].iloc[2] == pytest.approx(1.17 / 0.4)
    assert cost_per_unit_saved(100.0, 1.0, 10.0, 10.0, 0.05) > 1.0


def test_nothing_chosen_leaves_market_terms():
    assert combine(MARKET, [], AROUND).design == MARKET


@pytest.mark.law("IV.4.c")
def test_interest_support_lowers_the_rate_and_relieves_no_collateral():
    found = design_of("vdb_post_investment").design
    assert found.loan_rate == pytest.approx(0.096)
    assert found.guarantee_cover == 0.0 and found.loan_share == MARKET.loan_share
    assert accepted_payback(found, 0.6, 12) > accepted_payback(MARKET, 0.6, 12)


def test_double_interest_support_is_refused_with_the_reason():
    with pytest.raises(BadInput, match="no double support"):
        design_of("vdb_credit", "vdb_post_investment")


def test_two_loans_in_one_design_are_refused():
    with pytest.raises(BadInput, match="one loan"):
        design_of("vepf", "vdb_credit")


def test_cumulative_guarantees_have_a_limit():
    with pytest.raises(BadInput, match="70%"):
        design_of("gctf", "lcee")


def test_the_floor_binds_and_warns():
    found = design_of("vdb_credit", at=date(2024, 6, 1), around=Circumstances(commercial_rate=0.09))
    assert found.design.loan_rate == pytest.approx(0.0765)
    assert any("1.35 points" in text for text in found.warnings)
    later = design_of("vdb_credit", at=date(2026, 1, 1), around=Circumstances(commercial_rate=0.09))
    assert later.design.loan_rate == pytest.approx(0.0765)
    assert any("below the floor" in text for text in later.notes)


def test_a_holiday_with_accelerated_depreciation_warns():
    found = design_of("cit_environment", "accelerated_depreciation")
    assert any("exempt" in text for text in found.warnings)
    assert level_rate(found.design, 0.12, 12.0) < 0.05 < found.design.tax_rate


def test_what_no_source_states_is_assumed_aloud():
    assert any("grace is not stated" in text for text in design_of("vepf").notes)


def test_a_missing_rate_is_never_guessed():
    with pytest.raises(BadInput, match="does not guess"):
        design_of("vdb_credit", at=date(2018, 6, 1))


def test_a_ceiling_in_money_cuts_the_share_of_a_large_project():
    large = Circumstances(commercial_rate=0.12, investment_bn_vnd=100.0, vnd_per_usd=21_000, improvement=0.6)
    found = design_of("gctf", around=large).design
    assert found.reward_share == pytest.approx(4.2 / 100)
    assert found.guarantee_cover == pytest.approx(10.5 / 60)
    lent = design_of("vepf", at=date(2020, 1, 1), around=large).design
    assert lent.loan_share == pytest.approx(0.5)


def test_the_sheets_show_support_and_its_cost():
    sheet = appraise("gctf", "textile_garment_leather", "small", date(2012, 6, 1), PROJECT, CATALOGUE)
    assert list(sheet.firm.columns) == ["own funds", "market terms", "gctf"]
    assert sheet.firm.loc["reward", "gctf"] == pytest.approx(0.75)
    state = sheet.state.set_index("figure")["value"]
    assert state["fiscal_npv"] == pytest.approx(state["reward"] + state["guarantee_expected_loss"])
    assert term_sheet(CATALOGUE.template("gctf_2007"))["source_id"].notna().all()


@given(st.floats(0.8, 8.0), st.floats(0.15, 1.5), st.sampled_from(["gctf", "vepf", "vdb_post_investment"]))
def test_the_firm_accepts_exactly_where_it_judges_the_equity_worth_something(payback, hurdle, name):
    project = replace(PROJECT, payback=payback, hurdle=hurdle)
    design = design_of(name, around=circumstances(project)).design
    for variant in VARIANTS:
        told = decision(design, project.under(variant))
        if abs(told["equity_npv"]) > 1e-6:
            assert told["accepted"] == (told["equity_npv"] > 0)


@pytest.mark.law("IV.4.c")
def test_interest_support_is_points_on_the_balance_for_as_long_as_it_is_paid():
    """The specification's row 1: Σ s·B, here of what still performs, discounted at the government's rate."""
    terms = overlaid(
        CATALOGUE.terms("decree_31", date(2022, 7, 1)), {"supported_months": 24.0}, "here", "terms"
    )
    sheet = appraise(terms, "textile_garment_leather", "small", date(2022, 7, 1), PROJECT, CATALOGUE)
    loan = loan_schedule(sheet.combination.design, 5.0)
    expected = [0.02 * loan.opening[0], 0.02 * loan.opening[1] * (1 - PROJECT.default_rate)]
    assert sheet.cash["interest_support"].tolist()[:4] == pytest.approx([0.0, *expected, 0.0])
    told = sheet.state.set_index("figure")["value"]
    assert told["interest_support"] == pytest.approx(expected[0] / 1.1 + expected[1] / 1.21)


@pytest.mark.law("IV.4.c")
def test_the_books_claims_and_fees_are_the_closed_forms():
    design = replace(MARKET, guarantee_cover=0.5)
    loan = loan_schedule(design, 5.0)
    cash = state_cash(design, MARKET, PROJECT, Scheme(fee_once=0.01, fee=0.02))
    lost = expected_loss(loan.opening, 0.5, 0.45, 0.05, 0.10)
    paid = fee_value(loan.opening, 0.5, 0.0, 0.02, 0.05, 0.10) + 0.01 * loan.face
    assert net_present_value(0.10, cash["guarantee_claims"]) == pytest.approx(lost, rel=1e-12)
    assert net_present_value(0.10, cash["guarantee_fees"]) == pytest.approx(-paid, rel=1e-12)


def test_an_instrument_not_open_to_the_size_is_refused():
    with pytest.raises(BadInput, match="small, medium"):
        appraise("gctf", "textile_garment_leather", "large", date(2012, 6, 1), PROJECT, CATALOGUE)


def test_no_support_costs_the_state_nothing():
    sheet = appraise("assessment_grant", "x", "small", date(2014, 1, 1), PROJECT, CATALOGUE)
    assert sheet.state.set_index("figure").loc["fiscal_npv", "value"] == 0.0
