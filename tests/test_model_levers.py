"""Levers: from money, dates and terms of a scenario to what the engine is given; and the opening stocks."""

import numpy as np
import pandas as pd
import pytest
from worlds import PARAMETERS, real_world

from cpmodel.errors import BadInput
from cpmodel.finance.design import Design
from cpmodel.inputs.opened import opened as opened_in
from cpmodel.inputs.overlay import resolve
from cpmodel.model import ensemble, levers
from cpmodel.model import state as s
from cpmodel.model.opening import opening_rungs, opening_stocks, shares_by_size
from cpmodel.model.uptake import adoption_lenient, adoption_strict

YEARS = np.arange(2009, 2021)
FLAT = pd.Series(1.0, index=range(2009, 2021))
MEDIANS = PARAMETERS.medians()


def opened(name="as_decided", **overrides):
    return opened_in(resolve(name, overrides={"draws": 64, **overrides}), real_world().inputs.catalogue)


def offered(size, moment, instruments, price=1.0):
    return levers.package(size, moment, instruments, 0.12, 0.25, price)


# --- money ----------------------------------------------------------------------------------------------------


@pytest.mark.law("IV.4.a", "IV.4.b", "A.1", "A.2", "A.3", "A.4", "A.5")
def test_every_dong_of_the_scenario_is_spent_on_something_and_once():
    scenario = resolve("as_decided")
    spent = levers.spending(scenario, FLAT, YEARS)
    length = np.ones(len(YEARS))
    length[0] = 2010 - 2009.68  # the first year is short: its money is spent at a higher rate
    uses = spent.outreach + spent.office_training + spent.provider_training + spent.database
    uses = uses + spent.assessment_support + spent.network + spent.finance
    assert np.allclose(uses * length, scenario.budget_array(list(map(int, YEARS))).sum((0, 1)), rtol=1e-12)


@pytest.mark.law("A.4", "A.5")
def test_money_ends_with_the_window_of_its_component_project():
    spent = levers.spending(resolve("as_decided"), FLAT, YEARS)
    assert (spent.network[YEARS > 2015] == 0).all() and (
        spent.network[(YEARS > 2009) & (YEARS <= 2015)] > 0
    ).all()
    assert (spent.finance[(YEARS < 2010) | (YEARS > 2012)] == 0).all() and spent.finance[1] > 0


@pytest.mark.law("A.1", "A.2", "A.3", "A.4", "A.5")
@pytest.mark.parametrize(
    ("project", "year"), [("network", 2016), ("finance", 2013), ("finance", 2009), ("awareness", 2009)]
)
def test_money_outside_the_window_is_refused(project, year):
    with pytest.raises(BadInput) as refused:
        resolve("as_decided", overrides={"budgets": {project: {"state": {str(year): 1}}}})
    assert project in str(refused.value) and str(year) in str(refused.value)


def test_a_window_may_be_extended_in_so_many_words():
    extended = {"windows_extended": {"network": 2020}}
    scenario = resolve(
        "as_decided", overrides={"budgets": {"network": {"state": {"2018": 5}}}, "toggles": extended}
    )
    assert levers.spending(scenario, FLAT, YEARS).network[YEARS == 2018] == 5


def test_double_budget_is_double_in_every_use_and_year():
    one, two = (levers.spending(resolve(name), FLAT, YEARS) for name in ("as_decided", "double_budget"))
    for use in (
        "outreach",
        "office_training",
        "provider_training",
        "database",
        "assessment_support",
        "network",
        "finance",
    ):
        assert np.allclose(2 * getattr(one, use), getattr(two, use), rtol=1e-12), use
    assert np.array_equal(one.support_open, two.support_open)


def test_amounts_at_later_prices_buy_less():
    prices = pd.Series(1.0, index=YEARS).where(YEARS < 2015, 1.6)
    early = resolve("as_decided")
    late = early.model_copy(update={"budgets": early.budgets.model_copy(update={"price_year": 2016})})
    bought = [levers.spending(scenario, prices, YEARS).outreach for scenario in (early, late)]
    assert np.allclose(bought[0], 1.6 * bought[1], rtol=1e-12)


def test_fees_are_paid_by_the_state_only_while_the_rule_is_open_and_by_aid_before():
    share = levers.spending(resolve("as_decided"), FLAT, YEARS).support_open
    assert np.isclose(share[YEARS == 2013], 0.75) and (share[YEARS > 2013] == 1).all()
    assert np.isclose(share[YEARS == 2012], 0) and 0 < share[YEARS == 2010] < 1
    undated = levers.spending(
        resolve("as_decided", overrides={"credit": {"assessment_support": None}}), FLAT, YEARS
    )
    assert (undated.support_open == 1).all()


def test_switches_reach_the_engine():
    told = {"unit_mandate": True, "integration_in_plans": True, "voluntary_certificates": True}
    off, on = (
        levers.spending(resolve("as_decided", overrides={"toggles": t}), FLAT, YEARS) for t in ({}, told)
    )
    for name in ("unit_mandate", "readiness_multiplier", "certificates"):
        assert (getattr(off, name) == 0).all() and (getattr(on, name) == 1).all()


# --- credit ---------------------------------------------------------------------------------------------------


def test_the_assessment_grant_is_a_rule_on_fees_and_no_offer_for_investment():
    assert [one.name for one in opened()] == ["soft_loan", "state_credit"]


@pytest.mark.law("IV.4.c", "IV.4.d")
def test_an_offer_holds_from_its_opening_to_its_closing():
    late = opened("credit_late", credit={"soft_loan": {"closes": 2015}})
    assert offered("small", 2011.75, late) is None and offered("small", 2012.0, late) is not None
    loan = late[0]
    assert loan.holds(2014.75) and not loan.holds(2015.0)


def test_a_run_meets_every_date_on_which_an_offer_changes():
    scenario = resolve(
        "as_decided", overrides={"credit": {"soft_loan": {"opens": 2011.25, "closes": 2014.5}}}
    )
    moments = levers.regime_starts(scenario, opened_in(scenario, real_world().inputs.catalogue), YEARS)
    assert {2009.68, 2011.25, 2014.5, 2020.0} <= set(moments) and list(moments) == sorted(set(moments))


@pytest.mark.law("IV.4.d")
def test_only_the_sizes_named_may_apply():
    push = opened("green_credit_push")
    guarantee = next(one for one in push if one.name == "guarantee_and_reward")
    assert not guarantee.takes("large") and guarantee.takes("small")
    assert not guarantee.takes("micro")  # the scenario allows micro, the fund's own rules do not
    assert offered("large", 2013.0, push).design.guarantee_cover == 0
    assert offered("small", 2013.0, push).design.guarantee_cover == 0.5


def test_volumes_of_loans_open_together_add_up_and_lose_value_with_prices():
    both = opened()
    assert np.isclose(offered("small", 2013.0, both).lending, 400.0)
    assert np.isclose(offered("small", 2013.0, both, price=1.6).lending, 250.0)


def test_terms_of_loans_open_together_lie_between_them():
    both = opened()
    alone = [offered("small", 2013.0, [one]).design for one in both]
    mixed = offered("small", 2013.0, both).design
    rates = sorted(one.loan_rate for one in alone)
    assert rates[0] < mixed.loan_rate < rates[1]
    assert np.isclose(mixed.loan_rate, 0.25 * alone[0].loan_rate + 0.75 * alone[1].loan_rate, rtol=1e-9)
    assert mixed.grace < mixed.tenor and float(mixed.tenor).is_integer()


def test_a_blend_of_one_design_is_that_design():
    design = Design(loan_share=0.7, loan_rate=0.036, tenor=10)
    assert levers.blended([design], np.ones(1)) is design
    twice = levers.blended([design, design], np.array([0.3, 0.7]))
    assert np.isclose(twice.loan_rate, 0.036) and twice.tenor == 10 and np.isclose(twice.loan_share, 0.7)


@pytest.mark.law("IV.4.c")
def test_a_soft_loan_costs_the_state_and_market_terms_do_not():
    p = {
        name: np.full(3, float(MEDIANS[name].ravel()[0]))
        for name in ("loan_default", "loss_given_default", "default_correlation", "refund_lag")
    }
    rate = np.full(3, 0.12)
    market = levers.offer_terms(levers.market_terms(0.12, 0.25), p, rate)
    soft = levers.offer_terms(Design(loan_share=0.7, loan_rate=0.036, tenor=10), p, rate)
    equivalent = s.TERMS.index("equivalent_of_lending")
    assert np.allclose(market[equivalent], 0, atol=1e-12) and (soft[equivalent] > 0.1).all()
    assert (soft[s.TERMS.index("lending")] == 0.7).all() and (soft[s.TERMS.index("guaranteed")] == 0).all()
    grant = levers.offer_terms(Design(loan_share=0.6, loan_rate=0.12, tenor=5, grant_share=0.2), p, rate)
    assert np.allclose(grant[s.TERMS.index("equivalent_of_investment")], 0.2)


def test_all_establishments_are_eligible_unless_the_scenario_says_who():
    cells = real_world(draws=32, resolution="full").inputs.cells
    assert (levers.eligible_cells(opened(), 2013.0, cells) == 1).all()
    only = {"provinces": ["01"], "sectors": ["minerals_metals"]}
    some = opened(credit={"soft_loan": {"only": only}, "state_credit": {"only": only}})
    taken = levers.eligible_cells(some, 2013.0, cells) == 1
    assert set(np.array(cells.regions)[cells.region[taken]]) == {"01"}
    assert set(np.array(cells.sectors)[cells.sector[taken]]) == {"minerals_metals"}


def test_offers_open_together_to_different_places_are_refused_in_words():
    with pytest.raises(BadInput) as refused:
        opened(credit={"soft_loan": {"only": {"provinces": ["01"]}}})
    (problem,) = refused.value.problems
    assert problem.found.startswith("soft_loan, state_credit") and "same `only`" in problem.fix


@pytest.mark.law("IV.4.c", "IV.4.d", "A.5")
@pytest.mark.parametrize("variant", ["H1", "H2"])
def test_an_offer_never_lowers_acceptance_and_who_uses_it_accepts_it(variant):
    offers = ensemble.make_offers(real_world("green_credit_push"), variant)
    for r in range(len(offers.market)):
        for z in range(4):
            market, scheme = offers.market[r, z], offers.scheme[r, z]
            assert (offers.accept[market] >= 0).all() and (offers.accept[market] <= 1).all()
            if scheme >= 0:
                assert (offers.accept[scheme] >= offers.accept[market] - 1e-12).all()
                assert (offers.used[scheme] <= offers.accept[scheme] + 1e-12).all()
                assert (offers.lent[scheme] <= offers.invested[scheme] + 1e-12).all()
    assert (offers.reach >= 0).all() and (offers.reach <= 1).all()


# --- the opening ----------------------------------------------------------------------------------------------


def at_opening(parameters=MEDIANS, resolution="full"):
    layout = real_world(draws=32, resolution=resolution).layout
    cells = opening_stocks(layout, parameters, int(layout.region.max()) + 1)[0]
    return layout, cells, layout.establishments / layout.establishments.sum()


@pytest.mark.law("II.2.a.1", "II.2.a.2/adoption")
@pytest.mark.parametrize("resolution", ["full", "explorer"])
def test_the_country_opens_with_28_per_cent_aware_and_11_per_cent_adopting(resolution):
    _, cells, weight = at_opening(resolution=resolution)
    x = cells[s.RUNG_1 : s.UNITS] / cells[s.ASSESSED]
    assert np.allclose(weight @ (cells[s.AWARE] + cells[s.ASSESSED]), 0.28, atol=1e-12)
    assert np.allclose(weight @ adoption_lenient(cells[s.ASSESSED], *x), 0.11, atol=1e-12)
    assert (weight @ adoption_strict(cells[s.ASSESSED], x[1], x[2]) < 0.11).all()


@pytest.mark.law("II.2.a.2/adoption")
def test_in_every_draw_the_opening_keeps_the_order_of_the_stages():
    place = real_world(draws=1024)
    cells = opening_stocks(place.layout, place.parameters, 1)[0]
    assert np.allclose(cells[:3].sum(0), 1, atol=1e-12) and (cells >= 0).all()
    assert (cells[s.RUNG_1 : s.UNITS] <= cells[s.ASSESSED] + 1e-12).all()
    assert (cells[s.AWARE] > 0).all()
    assert (cells[s.RUNG_1] >= cells[s.RUNG_2]).all() and (cells[s.RUNG_2] >= cells[s.RUNG_3]).all()
    adopting = adoption_lenient(cells[s.ASSESSED], *(cells[s.RUNG_1 : s.UNITS] / cells[s.ASSESSED]))
    assert (adopting <= cells[s.ASSESSED]).all()


@pytest.mark.law("II.2.b.2/units")
def test_larger_establishments_open_ahead_and_only_medium_and_large_have_units():
    layout, cells, _ = at_opening(resolution="explorer")
    aware = (cells[s.AWARE] + cells[s.ASSESSED])[:, 0]
    by_size = [aware[layout.size == z].mean() for z in range(4)]
    assert by_size == sorted(by_size)
    units = [cells[s.UNITS][layout.size == z].max() for z in range(4)]
    assert units == [0, 0, 0.04, 0.10]


def test_shares_by_size_meet_any_mean():
    mean = np.array([0.001, 0.05, 0.28, 0.5, 0.9, 0.999])
    weights = np.array([0.5, 0.4, 0.07, 0.03])
    found = shares_by_size(mean, 0.7, weights)
    assert np.allclose(weights @ found, mean, atol=1e-12) and (np.diff(found, axis=0) > 0).all()


def test_opening_rungs_keep_their_proportions():
    mix = np.array([[0.85], [0.35], [0.15]])
    any_rung = np.array([[0.1], [0.4], [0.6], [0.8]])
    rungs = opening_rungs(any_rung, mix)
    assert np.allclose(adoption_lenient(1.0, *rungs), any_rung, atol=1e-12)
    assert np.allclose(rungs / rungs[0], np.broadcast_to(mix[:, None] / mix[0], rungs.shape))


@pytest.mark.law("IV.4.c")
def test_what_may_not_stack_is_refused_by_name_before_anything_is_run():
    credit = {
        "soft_loan": None,
        "state_credit": {"template": "vdb_credit_2015", "opens": 2013},
        "support": {"template": "vdb_post_investment_2015", "opens": 2013},
    }
    with pytest.raises(BadInput) as found:
        opened(credit=credit)
    (problem,) = found.value.problems
    assert problem.key == "credit.support" and problem.found == "state_credit + support"
    assert "no double support" in problem.why
    apart = {**credit, "state_credit": {**credit["state_credit"], "closes": 2013.0, "opens": 2012}}
    assert len(opened(credit=apart)) == 2
