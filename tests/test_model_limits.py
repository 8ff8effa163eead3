"""What limits a scheme: volumes, the three rules when they are full, the cap on commitments, the revolving fund."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import real_run, real_world, run_in, world

from cpmodel.errors import BadInput
from cpmodel.inputs.overlay import resolve
from cpmodel.model import engine
from cpmodel.model import state as s

pytestmark = pytest.mark.law("IV.4.c", "IV.4.d")
OPEN_FOR = 2014 - 2010.5  # years, in the worlds below
AMPLE = 1e12


def run(years=4, quiet=False, **changes):
    """Run a made-up world; quiet: nobody enters, closes or lapses, so that who asked is still there to be counted."""
    arguments = list(world(years=years, **changes))
    if changes.get("capacity") == AMPLE:
        arguments[3] = arguments[3]._replace(
            revolving=np.zeros(2)
        )  # nor does a fund's balance limit anything
    if quiet:
        p, drivers = arguments[5], arguments[4]
        gone = {name: 0.0 * getattr(p, name) for name in ("exit_rate", "lapse_rate")}
        arguments[5] = p._replace(**gone)
        arguments[4] = drivers._replace(
            growth=0.0 * drivers.growth, size_at_start=0.0 * drivers.size_at_start
        )
    return engine.run(*arguments)


@pytest.mark.parametrize("rule", s.WHEN_FULL)
def test_where_money_is_ample_the_rule_changes_nothing(rule):
    plain, other = run(capacity=AMPLE), run(capacity=AMPLE, rule=rule)
    for name in s.Outputs._fields:
        assert np.allclose(getattr(plain, name), getattr(other, name), rtol=1e-9, atol=1e-12), name
    assert (other.queue == 0).all()


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(s.WHEN_FULL), st.floats(0.05, 60.0))
def test_no_rule_ever_spends_more_than_the_volumes(rule, capacity):
    out = run(capacity=capacity, rule=rule)
    clock = world(years=4)[1]
    open_ = np.bincount(clock.year, clock.step * (clock.regime > 0), minlength=4)
    for flow in (s.LENDING, s.GRANTS, s.NEW_GUARANTEES):
        # the appropriation of the made-up world is a whole year's for `stop`, the even rate for the others
        most = capacity * (np.ones(4) if rule == "stop" else open_)
        assert (out.flows[:, flow] <= most[:, None] * (1 + 1e-9) + 1e-12).all()


def test_whoever_asks_is_served_once_or_waits():
    out = run(quiet=True, capacity=2.0, rule="queue")
    asked, served = out.flows[:, s.APPLICATIONS].cumsum(0), out.flows[:, s.PROJECTS].cumsum(0)
    assert out.queue[-1].min() > 0
    assert np.allclose(asked, served + out.queue, rtol=1e-9, atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.05, 60.0))
def test_a_queue_is_never_negative_and_nobody_waits_beyond_those_assessed(capacity):
    out = run(capacity=capacity, rule="queue")
    assert out.queue.min() >= 0
    assert out.bounds[0].min() > -1e-9 and out.bounds[1].max() < 1 + 1e-9
    assessed = out.groups[:, 0, s.GROUP_SUMS.index("assessed")]
    assert (out.queue <= 3 * assessed).all()  # one place in the queue for each option at most


def test_a_queue_is_gone_once_the_scheme_closes():
    arguments = list(world(years=8, capacity=1.0, rule="queue"))
    offers, clock = arguments[3], arguments[1]
    closed = offers._replace(scheme=np.concatenate([offers.scheme, np.full((1, 4), -1)]), **{
        name: np.concatenate([getattr(offers, name), getattr(offers, name)[-1:]])
        for name in ("market", "eligible", "capacity", "revolving", "injection", "loan_rate", "rule", "appropriated",
                     "cap", "cap_spread", "worth")})  # fmt: skip
    arguments[3] = closed
    arguments[1] = clock._replace(regime=np.where(clock.start >= 2012 - 1e-9, 2, clock.regime))
    out = engine.run(*arguments)
    assert out.queue[2].min() > 0 and (out.queue[-1] < 1e-3 * out.queue[2]).all()
    assert (out.flows[3:, s.PROJECTS] == 0).all()


def test_stopping_serves_all_first_and_nobody_afterwards():
    shared, stopped = run(capacity=20.0), run(capacity=20.0, rule="stop")
    assert (stopped.flows[:, s.LENDING] >= shared.flows[:, s.LENDING] - 1e-9).all()
    assert (stopped.queue == 0).all()


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(s.WHEN_FULL), st.floats(0.01, 200.0), st.sampled_from([0.0, 2014.0]))
def test_commitments_never_pass_their_cap(rule, cap, spread):
    out = run(capacity=AMPLE, rule=rule, cap=cap, spread=spread)
    committed = out.nation[:, s.COMMITTED]
    assert (committed <= cap * (1 + 1e-9)).all()
    if spread:
        open_ = np.array([0.0, 0.5, 1.5, 2.5])[:, None] + 1e-9
        # what is left at any time is spread over the time left: commitments stay on or below the straight line
        assert (committed <= cap * open_ / OPEN_FOR * (1 + 1e-6)).all() or rule == "queue"


def test_twice_the_amounts_and_twice_the_caps_are_the_same_projects_at_twice_the_cost():
    arguments = list(world(years=4, capacity=3.0, rule="queue", cap=8.0))
    offers = arguments[3]
    one = engine.run(*arguments)
    arguments[3] = offers._replace(
        resource_bill=2 * offers.resource_bill, capacity=2 * offers.capacity, appropriated=2 * offers.appropriated,
        cap=2 * offers.cap, injection=2 * offers.injection,
    )  # fmt: skip
    cells, outreach, offices, nation = arguments[6]
    nation = nation.copy()
    nation[s.FUND] *= 2
    arguments[6] = cells, outreach, offices, nation
    two = engine.run(*arguments)
    for flow in (s.PROJECTS, s.APPLICATIONS):
        assert np.allclose(one.flows[:, flow], two.flows[:, flow], rtol=1e-9)
    for flow in (s.INVESTMENT, s.LENDING, s.GRANTS, s.EQUIVALENT, s.NEW_GUARANTEES):
        assert np.allclose(2 * one.flows[:, flow], two.flows[:, flow], rtol=1e-9)
    assert np.allclose(2 * one.nation[:, s.COMMITTED], two.nation[:, s.COMMITTED], rtol=1e-9)
    assert np.allclose(one.queue, two.queue, rtol=1e-9) and np.allclose(2 * one.users, two.users, rtol=1e-9)


def test_money_by_size_adds_up_to_the_country():
    out = run(capacity=3.0)
    assert np.allclose(out.users[:, :, 0].sum(1), out.flows[:, s.INVESTMENT], rtol=1e-9)


# --- as a scenario says it ------------------------------------------------------------------------------------


def small(**more):
    return {"soft_loan": {"volume": {"value": 0.02, "unit": "bn VND/year"}, **more}, "state_credit": None}


def test_a_scenario_chooses_the_rule():
    queue = real_run(credit=small(when_full="queue"))
    stop = real_run(credit=small(when_full="stop"))
    plain = real_run(credit=small())
    assert queue.queue[-1].min() > 0 and (plain.queue == 0).all() and (stop.queue == 0).all()
    ceiling = 0.02 / real_world().price
    for out in (queue, stop, plain):
        assert (out.flows[:, s.LENDING] <= ceiling[:, None] * (1 + 1e-9)).all()


def test_waiting_holds_back_adoption_that_market_terms_would_have_brought():
    waiting, shared = real_run(credit=small(when_full="queue")), real_run(credit=small())
    gap = (waiting.groups.astype(float) - shared.groups)[-1, 0, 5:8].sum(0)
    assert np.median(gap) < 0 and (gap < 0.5).all()  # of thousands of establishments, in single precision


def test_a_cap_on_commitments_closes_the_scheme_for_good():
    free = real_run(credit={"state_credit": None})
    most = float(np.median(free.nation[-1, s.COMMITTED])) / 2
    capped = real_run(credit={"state_credit": None}, credit_cap={"value": most})
    assert (capped.nation[-1, s.COMMITTED] <= most * (1 + 1e-9)).all()
    reached = capped.nation[-2, s.COMMITTED] > most * (1 - 1e-9)
    assert reached.any() and (capped.flows[-1, s.PROJECTS][reached] < 1e-9).all()
    below = free.nation[-1, s.COMMITTED] < most * 0.99
    assert np.allclose(capped.flows[:, s.PROJECTS][:, below], free.flows[:, s.PROJECTS][:, below])


def test_a_revolving_fund_lends_no_more_than_it_holds_and_lends_again_what_comes_back():
    fund = {"fund": {"value": 5.0}, "volume": None}
    out = real_run(credit={"soft_loan": fund, "state_credit": None})
    assert out.nation[:, s.FUND].min() > -1e-6
    paid_in = 5.0 / real_world().price[1]
    assert out.flows[:, s.LENDING].sum(0).max() > paid_in * 1.05  # more than its capital, over the years
    assert (out.nation[:, s.LOANS] + out.nation[:, s.FUND] < paid_in * 1.6).all()


@pytest.mark.parametrize(
    ("credit", "told"),
    [
        ({"soft_loan": {"when_full": "queue"}}, "same `when_full`"),
        ({"soft_loan": {"fund": {"value": 5.0}}}, "Keep one loan"),
    ],
)
def test_what_cannot_go_together_is_refused_with_the_fix(credit, told):
    with pytest.raises(BadInput, match=told):
        run_in(real_world(credit=credit))


def test_an_unknown_rule_is_refused():
    with pytest.raises(BadInput, match="queue"):
        resolve("as_decided", overrides={"credit": {"soft_loan": {"when_full": "wait"}}})
