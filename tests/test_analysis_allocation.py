"""Money goes where its last unit brings most: known optima, duplicates, bounds, and restarts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpmodel.analysis.allocation import Room, maximise

A = np.array([3.0, 2.0, 1.0])


def roots(x):
    """Concave gains with a known optimum: amounts in proportion to a², value √(cap·Σa²), price value/(2·cap)."""
    return float(A @ np.sqrt(np.maximum(x, 0)))


def split(gain, cap, k=3, least=None, most=None, seed=0, starts=6):
    """Return the best split of a cap over k claimants."""
    least = np.zeros(k) if least is None else least
    room = Room(
        least,
        np.full(k, float(cap)) if most is None else most,
        np.ones((1, k)),
        np.array([float(cap)]),
        ("cap",),
    )
    begin = room.scattered(starts, np.random.default_rng(seed)) if least.sum() <= cap else [least]
    return maximise(lambda points: np.array([[gain(x)] for x in points]), room, begin, 1e-5, 500, 1e-12)


@given(st.floats(0.01, 1e6))
@settings(max_examples=15, deadline=None)
def test_a_concave_budget_meets_its_conditions_of_karush_kuhn_and_tucker(cap):
    found = split(roots, cap)
    np.testing.assert_allclose(found.at / cap, A**2 / (A**2).sum(), atol=2e-3)
    assert found.value == pytest.approx(np.sqrt(cap * (A**2).sum()), rel=1e-5)
    assert found.prices["cap"] == pytest.approx(found.value / (2 * cap), rel=5e-3)
    assert found.stationarity < 0.01 and found.spread < 1e-4 * found.value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_set_out_from_elsewhere_it_lands_on_the_same_value(seed):
    assert split(roots, 100.0, seed=seed).value == pytest.approx(split(roots, 100.0).value, rel=1e-6)


def test_a_duplicate_project_splits_without_changing_the_optimum():
    alone = split(roots, 100.0)
    doubled = split(lambda x: roots(np.array([x[0] + x[3], x[1], x[2]])), 100.0, k=4)
    assert doubled.value == pytest.approx(alone.value, rel=1e-5)
    assert doubled.at[0] + doubled.at[3] == pytest.approx(alone.at[0], abs=0.5)


@given(st.floats(1, 100), st.floats(1.0, 5.0))
@settings(max_examples=15, deadline=None)
def test_more_money_never_lowers_the_optimum(cap, more):
    assert split(roots, cap * more).value >= split(roots, cap).value * (1 - 1e-6)


def test_nothing_is_spent_beyond_the_cap_or_the_bounds():
    least, most = np.array([0.0, 0.0, 30.0]), np.array([40.0, 100.0, 100.0])
    found = split(roots, 100.0, least=least, most=most)
    assert found.at.sum() <= 100 * (1 + 1e-9)
    assert (found.at >= least - 1e-9).all() and (found.at <= most + 1e-9).all()
    np.testing.assert_allclose(found.at, [40, 30, 30], atol=0.1)
    slope = A / (2 * np.sqrt([40.0, 30.0, 30.0]))
    np.testing.assert_allclose(found.held, [slope[0] - slope[1], 0.0, slope[2] - slope[1]], atol=5e-3)


def test_money_that_brings_nothing_more_has_no_price():
    found = split(lambda x: -((x[0] - 1) ** 2) - (x[1] - 2) ** 2 - (x[2] - 3) ** 2, 100.0)
    np.testing.assert_allclose(found.at, [1, 2, 3], atol=1e-2)
    assert found.prices.get("cap", 0.0) == pytest.approx(0.0, abs=1e-6)


def test_least_amounts_beyond_the_cap_are_refused():
    with pytest.raises(ValueError, match="break cap"):
        split(roots, 10.0, least=np.array([5.0, 5.0, 5.0]))


def test_the_least_cost_of_a_level_prices_the_level_by_its_inverse():
    """min Σx with Σ a√x ≥ v costs v²/Σa², so one more unit of the level costs 2v/Σa²."""
    level = 20.0
    room = Room(np.zeros(3), np.full(3, 100.0), np.zeros((0, 3)), np.zeros(0), ())

    def measure(points):
        return np.array([[-x.sum(), roots(x) - level] for x in points])

    found = maximise(measure, room, [np.full(3, 50.0), np.array([90.0, 5.0, 1.0])], 1e-5, 500, 1e-12)
    assert -found.value == pytest.approx(level**2 / (A**2).sum(), rel=1e-4)
    assert found.margin_prices[0] == pytest.approx(2 * level / (A**2).sum(), rel=1e-2)
    assert found.allowed and found.stationarity < 0.01


def test_a_level_that_no_split_reaches_is_said_to_be_out_of_reach():
    room = Room(np.zeros(3), np.ones(3), np.zeros((0, 3)), np.zeros(0), ())
    found = maximise(
        lambda points: np.array([[-x.sum(), roots(x) - 7.0] for x in points]), room, [np.full(3, 0.5)]
    )
    assert not found.allowed
    np.testing.assert_allclose(found.at, 1.0, atol=1e-3)  # as near as it can come


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_scattered_points_keep_every_limit(seed):
    rng = np.random.default_rng(seed)
    room = Room(rng.uniform(0, 1, 5), rng.uniform(2, 9, 5), rng.uniform(-1, 1, (4, 5)), rng.uniform(6, 9, 4),
                tuple("abcd"))  # fmt: skip
    for point in room.scattered(8, rng):
        assert not room.broken_by(point)
