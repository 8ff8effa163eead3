"""Scores of forecasts: published values, and that honesty pays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from cpmodel.outlook import scores

LEVELS = (np.arange(400) + 0.5) / 400
DRAWS = norm.ppf(LEVELS)


def test_the_published_values_of_the_normal_forecast():
    assert scores.crps_normal(np.array([0.0, 1.0]), 0, 1) == pytest.approx([0.233695, 0.602441], abs=1e-6)


@pytest.mark.parametrize("observed", [-2.0, 0.0, 0.7, 2.0])
def test_draws_and_quantiles_of_a_normal_score_as_its_closed_form(observed):
    exact = scores.crps_normal(observed, 0, 1)
    assert scores.crps_samples(observed, DRAWS) == pytest.approx(exact, abs=0.004)
    assert scores.crps_quantiles(observed, LEVELS, DRAWS) == pytest.approx(exact, abs=0.004)
    log = scores.log_score_normal(observed, 0, 1)
    assert log == pytest.approx(-norm.logpdf(observed))
    assert scores.log_score_samples(observed, DRAWS) == pytest.approx(log, abs=0.3)


@pytest.mark.parametrize("observed", [-2.0, 0.0, 0.7, 5.0])
def test_students_forecast_scores_as_its_draws_and_nears_the_normal(observed):
    draws = 1.0 + 2.0 * t.ppf((np.arange(4000) + 0.5) / 4000, 4)
    exact = scores.crps_student(observed, 1.0, 2.0, 4.0)
    assert exact == pytest.approx(scores.crps_samples(observed, draws), rel=0.01)
    assert scores.crps_student(observed, 0, 1, 1e5) == pytest.approx(
        scores.crps_normal(observed, 0, 1), rel=1e-3
    )


def test_a_point_forecast_scores_its_absolute_error():
    assert scores.crps_samples(3.0, np.full(50, 5.0)) == pytest.approx(2.0)
    assert scores.crps_quantiles(3.0, LEVELS, np.full(400, 5.0)) == pytest.approx(2.0)


@given(st.floats(-1.5, 1.5), st.floats(0.3, 3.0))
def test_the_truth_is_the_best_forecast(shift, sd):
    """Proper: nobody gains in the mean by stating another distribution than the one the world draws from."""
    told = scores.crps_normal(DRAWS, shift, sd).mean()
    assert scores.crps_normal(DRAWS, 0, 1).mean() <= told + 1e-3
    assert (
        scores.log_score_normal(DRAWS, 0, 1).mean() <= scores.log_score_normal(DRAWS, shift, sd).mean() + 0.02
    )
    chance, said = norm.cdf(shift), norm.cdf(shift * sd)
    assert expected_brier(chance, chance) <= expected_brier(chance, said) + 1e-12


def expected_brier(chance: float, said: float) -> float:
    return chance * scores.brier(1, said) + (1 - chance) * scores.brier(0, said)


@given(st.floats(0.01, 1000), st.floats(-5, 5))
def test_a_change_of_unit_scales_the_score(unit, observed):
    once = scores.crps_samples(observed, DRAWS)
    assert scores.crps_samples(observed * unit, DRAWS * unit) == pytest.approx(once * unit)


def test_many_forecasts_at_once_score_as_one_by_one():
    rng = np.random.default_rng(1)
    draws, observed = rng.normal(size=(3, 4, 60)), rng.normal(size=(3, 4))
    for score in (scores.crps_samples, scores.log_score_samples, scores.pit):
        assert score(observed, draws)[1, 2] == pytest.approx(score(observed[1, 2], draws[1, 2]))


def test_bands_cover_as_often_as_they_say_and_the_transform_is_uniform():
    rng = np.random.default_rng(2)
    observed, draws = rng.normal(size=2000), rng.normal(size=(2000, 300))
    for band in (0.5, 0.8, 0.95):
        assert scores.covered(observed, draws, band).mean() == pytest.approx(band, abs=0.04)
    assert np.histogram(scores.pit(observed, draws), 10, (0, 1))[0] == pytest.approx(200, abs=60)
    narrow = scores.covered(observed, 0.5 * draws, 0.8).mean()
    assert narrow < 0.6


def test_ties_count_half_in_the_transform():
    assert scores.pit(1.0, np.array([0.0, 1.0, 1.0, 2.0])) == pytest.approx(0.5)


def test_brier():
    assert scores.brier(np.array([1, 0]), 0.7) == pytest.approx([0.09, 0.49])
