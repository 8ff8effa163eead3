"""Money goes where its last unit brings most: known optima, duplicates, bounds, and restarts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpmodel.analysis.allocation import best_split

A = np.array([3.0, 2.0, 1.0])


def roots(x):
    """Concave gains with a known optimum: amounts in proportion to a², value √(cap·Σa²), price value/(2·cap)."""
    return float(A @ np.sqrt(np.maximum(x, 0)))


def split(gain, cap, k=3, least=None, most=None, seed=0):
    least = np.zeros(k) if least is None else least
    return best_split(
        gain, cap, least, np.full(k, cap) if most is None else most, np.random.default_rng(seed)
    )


@given(st.floats(0.01, 1e6))
@settings(max_examples=15, deadline=None)
def test_a_concave_budget_meets_its_conditions_of_karush_kuhn_and_tucker(cap):
    found = split(roots, cap)
    np.testing.assert_allclose(found.amounts / cap, A**2 / (A**2).sum(), atol=2e-3)
    assert found.value == pytest.approx(np.sqrt(cap * (A**2).sum()), rel=1e-5)
    assert found.price == pytest.approx(found.value / (2 * cap), rel=5e-3)
    assert found.spread < 1e-4 * found.value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_set_out_from_elsewhere_it_lands_on_the_same_value(seed):
    assert split(roots, 100.0, seed=seed).value == pytest.approx(split(roots, 100.0).value, rel=1e-6)


def test_a_duplicate_project_splits_without_changing_the_optimum():
    alone = split(roots, 100.0)
    doubled = split(lambda x: roots(np.array([x[0] + x[3], x[1], x[2]])), 100.0, k=4)
    assert doubled.value == pytest.approx(alone.value, rel=1e-5)
    assert doubled.amounts[0] + doubled.amounts[3] == pytest.approx(alone.amounts[0], abs=0.5)


@given(st.floats(1, 100), st.floats(1.0, 5.0))
@settings(max_examples=15, deadline=None)
def test_more_money_never_lowers_the_optimum(cap, more):
    assert split(roots, cap * more).value >= split(roots, cap).value * (1 - 1e-6)


def test_nothing_is_spent_beyond_the_cap_or_the_bounds():
    least, most = np.array([0.0, 0.0, 30.0]), np.array([40.0, 100.0, 100.0])
    found = split(roots, 100.0, least=least, most=most)
    assert found.amounts.sum() <= 100 * (1 + 1e-9)
    assert (found.amounts >= least - 1e-9).all() and (found.amounts <= most + 1e-9).all()
    np.testing.assert_allclose(found.amounts, [40, 30, 30], atol=0.1)
    assert found.at_most.tolist() == [True, False, False] and found.at_least.tolist() == [False, False, True]


def test_money_that_brings_nothing_more_has_no_price():
    found = split(lambda x: -((x[0] - 1) ** 2) - (x[1] - 2) ** 2 - (x[2] - 3) ** 2, 100.0)
    np.testing.assert_allclose(found.amounts, [1, 2, 3], atol=1e-2)
    assert found.price == pytest.approx(0.0, abs=1e-6)


def test_least_amounts_beyond_the_cap_are_refused():
    with pytest.raises(ValueError, match="against a cap"):
        split(roots, 10.0, least=np.array([5.0, 5.0, 5.0]))
