"""The elementary functions that stand in for numpy's inside compiled kernels are those functions."""

import numpy as np
import pytest
from numba import njit
from scipy.special import ndtr

from cpmodel.model import elementary


def over(function, x):
    """Apply a scalar compiled function to an array, in a loop that the compiler may turn into vectors."""

    @njit(error_model="numpy", fastmath={"contract"})
    def loop(x, out):
        for i in range(x.shape[0]):
            out[i] = function(x[i])

    out = np.empty_like(x)
    loop(x, out)
    return out


def spread(low, high, count=50_000):
    return np.random.default_rng(1419).uniform(low, high, count)


@pytest.mark.parametrize(
    ("function", "known", "x", "relative"),
    [
        (elementary.exp, np.exp, spread(-700, 700), 5e-16),
        (elementary.exp, np.exp, spread(-1, 1), 5e-16),
        (elementary.log, np.log, np.exp(spread(-700, 700)), 1e-15),
        (elementary.log, np.log, spread(0.5, 2.0), 1e-15),
        (elementary.expm1, np.expm1, -(10.0 ** spread(-300, 2.8)), 1e-15),
    ],
)
def test_each_agrees_with_numpy_over_its_whole_range(function, known, x, relative):
    assert np.max(np.abs(over(function, x) / known(x) - 1)) < relative


def test_at_zero_and_at_one_they_are_exact():
    edge = np.array([0.0, -0.0])
    assert (over(elementary.exp, edge) == 1.0).all() and (over(elementary.expm1, edge) == 0.0).all()
    assert over(elementary.log, np.array([1.0]))[0] == 0.0


def test_the_normal_distribution_is_right_to_twelve_digits_and_never_leaves_the_unit_interval():
    x = np.concatenate([spread(-9, 9), [-1e9, -40.0, 0.0, 40.0, 1e9]])
    found = over(elementary.normal_cdf, x)
    assert np.abs(found - ndtr(x)).max() < 1e-12
    assert found.min() >= 0.0 and found.max() <= 1.0
