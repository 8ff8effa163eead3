"""Lanes act as numbers do, and the elementary functions on them are numpy's."""

import numpy as np
import pytest
from numba import njit
from scipy.special import ndtr

from cpmodel.model import elementary
from cpmodel.model.lanes import BLOCK, same, some, where
from cpmodel.model.rows import fields, rows, rows_at


def over(function, x):
    """Apply a function of lanes to an array."""

    @njit(error_model="numpy", fastmath={"contract"})
    def loop(x, out):
        x, out = rows(x), rows(out)
        for i in range(len(x)):
            out[i] = function(x[i])

    given = np.resize(x, (-(-len(x) // BLOCK), BLOCK)).astype(float)
    out = np.empty_like(given)
    loop(given, out)
    return out.reshape(-1)[: len(x)]


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


def test_the_larger_and_the_smaller_keep_what_is_not_a_number():
    x = np.array([1.0, np.nan, 3.0, -2.0])
    assert np.array_equal(over(njit(lambda v: elementary.maximum(2.0, v)), x), np.maximum(2.0, x), True)
    assert np.array_equal(over(njit(lambda v: elementary.minimum(v, 2.0)), x), np.minimum(x, 2.0), True)
    for pair in (lambda v: elementary.maximum(v, -v), lambda v: elementary.minimum(1.0 - v, v * v)):
        assert np.array_equal(np.isnan(over(njit(pair), x)), np.isnan(x))
    assert np.array_equal(over(njit(lambda v: elementary.maximum(v, -v)), x), np.abs(x), True)


def test_rows_and_fields_are_the_arrays_they_show():
    random = np.random.default_rng(0)
    array, wide = random.normal(size=(4, 3, BLOCK)), random.normal(size=(2, 3 * BLOCK))
    single = np.zeros((2, BLOCK), np.float32)
    record = np.zeros(1, [("one", float, (BLOCK,)), ("two", float, (2, BLOCK))])
    record["one"], record["two"] = 2.0, random.normal(size=(1, 2, BLOCK))

    @njit
    def mixed(array, wide, single, record):
        array, wide, single, p = rows(array), rows_at(wide, BLOCK), rows(single), fields(record)
        total = same(0.0)
        for i in range(array.shape[0]):
            row = array[i]
            total += row[1] * p.one - p.two[1] / 4
            row[2] = where(row[0] > 0.0, row[0], 1)
        single[1] = wide[1]
        wide[0] = total
        return some(total > 1e9), some(total < 1e9)

    was, wide_was = array.copy(), wide.copy()
    assert mixed(array, wide, single, record[0]) == (False, True)
    expected = (2.0 * was[:, 1] - record["two"][0, 1] / 4).sum(0)
    assert np.allclose(wide[0, BLOCK : 2 * BLOCK], expected, rtol=1e-14)
    assert np.array_equal(array[:, 2], np.where(was[:, 0] > 0, was[:, 0], 1.0))
    assert np.array_equal(array[:, :2], was[:, :2])
    assert np.array_equal(single, np.array([np.zeros(BLOCK), wide_was[1, BLOCK : 2 * BLOCK]], np.float32))
    assert np.array_equal(wide[1], wide_was[1])
