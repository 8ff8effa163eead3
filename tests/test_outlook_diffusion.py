"""Diffusion curves and the forecaster: published fits, and what an adviser may rely on."""

from __future__ import annotations

import numpy as np
import pytest

from cpmodel.errors import BadInput
from cpmodel.outlook.diffusion_curves import CURVES, bass, bass_density, bass_peak, fit_curve, logistic

AIR_CONDITIONERS = np.array([96, 195, 238, 380, 1045, 1230, 1267, 1828, 1586, 1673, 1800, 1580, 1500.0])
RECORDERS = np.array([840, 1470, 2110, 4000, 7590, 10950, 10530, 9470, 7790, 5890.0])


def test_the_published_shares_of_the_bass_and_logistic_curves():
    shares = [0.035758, 0.331199, 0.812803, 0.971610, 0.996259]
    assert bass(np.array([1, 5, 10, 15, 20]), 0.03, 0.38) == pytest.approx(shares, abs=1e-6)
    assert bass_peak(0.03, 0.38) == pytest.approx(6.192619, abs=1e-6)
    assert logistic(10, 99, 0.38) == pytest.approx(0.311070, abs=1e-6)


def test_the_density_is_the_slope_of_the_share():
    t, h = np.linspace(0.1, 20, 50), 1e-5
    slope = (bass(t + h, 0.03, 0.38) - bass(t - h, 0.03, 0.38)) / (2 * h)
    assert bass_density(t, 0.03, 0.38) == pytest.approx(slope, rel=1e-6)


def test_the_published_fit_of_room_air_conditioners():
    fit = fit_curve(CURVES["Bass"], np.arange(1, 14), AIR_CONDITIONERS, "step")
    assert fit.parameters == pytest.approx((0.0094421, 0.374763), abs=5e-7)
    assert fit.ceiling == pytest.approx(18712.74, abs=0.005)
    assert fit.sse == pytest.approx(341468.4, abs=0.05)


def test_the_published_fit_of_video_recorders():
    fit = fit_curve(CURVES["Bass"], np.arange(1, 11), RECORDERS, "density")
    assert fit.parameters == pytest.approx((0.00659397, 0.638091), abs=5e-7)
    assert fit.ceiling == pytest.approx(67980.9, abs=0.05)
    assert np.sqrt(fit.sse / 7) == pytest.approx(727.193, abs=5e-4)


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_found_again_from_its_own_points_in_any_unit(name):
    t, truth = np.arange(1, 19), CURVES[name].starts[0]
    values = 70 * CURVES[name].share(t, *truth)
    for unit in (1e-6, 1, 1e9):
        fit = fit_curve(CURVES[name], t, unit * values)
        assert fit.fitted == pytest.approx(unit * values, rel=1e-5)
    assert fit.ceiling == pytest.approx(70e9, rel=0.01)


def test_a_fit_needs_more_points_than_it_has_parameters():
    with pytest.raises(BadInput, match="Give a longer series"):
        fit_curve(CURVES["Bass"], np.arange(1, 3), np.array([1.0, 2.0]))
