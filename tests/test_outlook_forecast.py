"""The forecaster of adoption series: what its bands mean, what it refuses, and that it never looks ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cpmodel
from cpmodel.errors import BadInput
from cpmodel.outlook.backtest import FORECASTERS, OURS, adoption_series, backtest, by_series, interval
from cpmodel.outlook.diffusion import diffusion_forecast
from cpmodel.outlook.rivals import RIVALS
from cpmodel.outlook.tempering import temper

YEARS = range(2001, 2016)
S_CURVE = pd.Series(100 / (1 + 40 * np.exp(-0.5 * np.arange(15))), YEARS)
steps = st.lists(st.floats(-5, 50), min_size=5, max_size=12)


@settings(max_examples=15, deadline=None)
@given(steps, st.integers(1, 6))
def test_quantiles_are_finite_ordered_and_indexed_by_the_years_ahead(moves, horizon):
    series = pd.Series(100 + np.cumsum(moves), range(2000, 2000 + len(moves)))
    table = cpmodel.forecast_diffusion(series, horizon)
    assert list(table.index) == [series.index[-1] + h for h in range(1, horizon + 1)]
    assert np.isfinite(table.to_numpy()).all() and (np.diff(table.to_numpy(), axis=1) >= 0).all()


@settings(max_examples=10, deadline=None)
@given(steps, st.sampled_from((1e-3, 0.01, 1e6)))
def test_a_change_of_unit_scales_the_forecast(moves, unit):
    series = pd.Series(100 + np.cumsum(moves), range(2000, 2000 + len(moves)))
    plain, scaled = (cpmodel.forecast_diffusion(s, 3).to_numpy() for s in (series, unit * series))
    assert scaled == pytest.approx(unit * plain, rel=1e-6, abs=1e-9 * unit)


def test_the_same_series_and_seed_give_the_same_bytes_and_the_caller_keeps_his_series():
    before = S_CURVE.copy()
    first, again = (cpmodel.forecast_diffusion(S_CURVE, 5) for _ in range(2))
    assert first.to_numpy().tobytes() == again.to_numpy().tobytes()
    pd.testing.assert_series_equal(S_CURVE, before)


def test_dates_order_of_rows_and_years_left_out_are_understood():
    dated = S_CURVE.set_axis(pd.PeriodIndex([str(y) for y in YEARS], freq="Y"))
    turned = S_CURVE.iloc[::-1]
    plain = cpmodel.forecast_diffusion(S_CURVE, 2)
    pd.testing.assert_frame_equal(cpmodel.forecast_diffusion(dated, 2), plain)
    pd.testing.assert_frame_equal(cpmodel.forecast_diffusion(turned, 2), plain)
    gap = cpmodel.forecast_diffusion(S_CURVE.drop([2005, 2006]), 2)
    assert gap[0.5].to_numpy() == pytest.approx(plain[0.5].to_numpy(), rel=0.02)
    missing = S_CURVE.mask(S_CURVE.index.isin([2005, 2006]))
    pd.testing.assert_frame_equal(cpmodel.forecast_diffusion(missing, 2), gap)


def test_a_list_and_a_dictionary_by_year_are_understood():
    plain = cpmodel.forecast_diffusion(S_CURVE, 2)
    pd.testing.assert_frame_equal(cpmodel.forecast_diffusion(dict(S_CURVE), 2), plain)
    for levels in (S_CURVE.tolist(), tuple(S_CURVE), S_CURVE.to_numpy()):
        found = cpmodel.forecast_diffusion(levels, 2)
        assert found.index.tolist() == [16, 17] and np.array_equal(found.to_numpy(), plain.to_numpy())


def test_a_finished_curve_shows_its_ceiling_and_a_young_one_does_not():
    finished = diffusion_forecast(S_CURVE, 5).ceiling
    assert finished.identified and finished.low < 100 < finished.high
    young = diffusion_forecast(S_CURVE.loc[:2006], 5).ceiling
    assert not young.identified and young.high / young.low > 3
    assert "not identified" in cpmodel.forecast_diffusion(S_CURVE.loc[:2006]).attrs["ceiling"]


def test_a_known_ceiling_is_kept_and_narrows_what_is_held_possible():
    free, told = (diffusion_forecast(S_CURVE.loc[:2009], 10, ceiling=c) for c in (None, 100.0))
    assert told.samples.max() <= 100 and free.samples.max() > 100
    assert np.ptp(told.quantiles.loc[2019, [0.1, 0.9]]) < np.ptp(free.quantiles.loc[2019, [0.1, 0.9]])


def test_bands_widen_with_the_years_and_hold_what_comes():
    table = cpmodel.forecast_diffusion(S_CURVE.loc[:2010], 5)
    width = (table[0.9] - table[0.1]).to_numpy()
    assert (np.diff(width) > 0).all()
    later = S_CURVE.loc[2011:]
    assert ((table[0.025] <= later) & (later <= table[0.975])).all()


def test_a_series_that_never_moved_is_forecast_where_it_stands():
    table = cpmodel.forecast_diffusion(pd.Series(40.0, range(2000, 2010)), 3)
    assert table[0.5].to_numpy() == pytest.approx(40, rel=0.05)
    assert (cpmodel.forecast_diffusion(pd.Series(0.0, range(2000, 2010)), 3) == 0).all(axis=None)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "levels", [range(0, 300, 10), range(7, 0, -1), [1, 2, 4], [5] * 8 + [30, 55], 2.0 ** np.arange(12)]
)
def test_series_without_noise_are_forecast_and_warn_of_nothing(levels):
    table = cpmodel.forecast_diffusion(list(levels), 3)
    assert np.isfinite(table.to_numpy()).all() and (table.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


@pytest.mark.parametrize(
    ("series", "told", "words"),
    [
        (pd.DataFrame({"level": [1.0, 2.0, 3.0, 4.0]}), {}, "nor a list of levels"),
        ("12345", {}, "nor a list of levels"),
        (pd.Series([1.0, 2.0], [2000, 2001]), {}, "Fewer than three levels"),
        (pd.Series([1.0, "many", 3.0, 4.0], range(4)), {}, "Not a number"),
        (pd.Series([1.0, np.inf, 3.0], range(3)), {}, "must be finite"),
        (pd.Series([1.0, 2.0, 3.0], [2000, 2000, 2001]), {}, "This year comes twice"),
        (pd.Series([1.0, 2.0, 3.0], [2000.5, 2001, 2002]), {}, "whole numbers"),
        (pd.Series([1.0, 2.0, 3.0, 4.0], [2000, 2001, 2002, 20003]), {}, "a digit too many"),
        (pd.Series([1.0, 2.0, 3.0], pd.period_range("2020-01", periods=3, freq="M")), {}, "index.year"),
        (pd.Series([1, 2, 3], pd.MultiIndex.from_product([["VN"], [2000, 2001, 2002]])), {}, "by year alone"),
        ([True, False, True, True], {}, "Not a number"),
        ([1 + 2j, 2, 3, 4], {}, "Not a number"),
        (S_CURVE, {"horizon": 0}, "from 1 to 50"),
        (S_CURVE, {"horizon": 2.5}, "from 1 to 50"),
        (S_CURVE, {"levels": (10, 90)}, "between 0 and 1"),
        (S_CURVE, {"ceiling": 50}, "Not a bound of the series"),
    ],
)
def test_bad_input_is_refused_in_words(series, told, words):
    with pytest.raises(BadInput, match=words):
        cpmodel.forecast_diffusion(series, **told)


def test_all_problems_are_told_at_once():
    with pytest.raises(BadInput) as told:
        cpmodel.forecast_diffusion(pd.Series([1.0, np.inf], [2000, 2000]), 0, ceiling=-1)
    assert len(told.value.problems) == 5


def test_a_value_of_the_future_changes_no_score_of_the_past():
    name, series = "made", S_CURVE.copy()
    altered = series.copy()
    altered.loc[2013:] = 1e4
    before, after = (backtest({name: s}, draws=200) for s in (series, altered))
    early = [r[(r["origin"] + r["ahead"] < 2013)].reset_index(drop=True) for r in (before, after)]
    pd.testing.assert_frame_equal(*early)
    assert len(early[0]) and not before.equals(after)


def test_a_forecaster_is_told_the_years_up_to_its_origin_and_scored_on_those_after():
    told = []

    def spy(seen, horizon, rng, draws):
        told.append(seen.index)
        return np.full((draws, horizon), seen.iloc[-1])

    rows = backtest({"made": S_CURVE}, {"spy": spy}, draws=4)
    assert [list(index) for index in told] == [list(S_CURVE.index[:n]) for n in range(6, len(S_CURVE))]
    last = S_CURVE.index[-1]
    due = [(origin[-1], ahead) for origin in told for ahead in range(1, min(5, last - origin[-1]) + 1)]
    assert list(zip(rows["origin"], rows["ahead"], strict=True)) == due


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_knows_only_what_it_was_given_and_scales_with_the_unit(name):
    seen = S_CURVE.loc[:2008]
    draws = [RIVALS[name](u * seen, 4, np.random.default_rng(1), 300) for u in (1.0, 1000.0)]
    assert draws[0].shape == (300, 4) and np.isfinite(draws[0]).all()
    assert np.median(draws[1], axis=0) == pytest.approx(1000 * np.median(draws[0], axis=0), rel=1e-3)


def test_on_public_series_it_is_ahead_of_lines_and_its_bands_hold():
    series = adoption_series()
    simple = {name: FORECASTERS[name] for name in (OURS, "persistence", "drift", "straight line")}
    rows = backtest(series, simple, draws=600)
    scores = by_series(rows).mean()
    assert scores.idxmin() == OURS
    low, high = interval(by_series(rows.astype({"within_80": float}), "within_80")[OURS])
    assert low <= 0.8 <= high


def test_the_sampler_finds_the_posterior_of_a_conjugate_normal():
    """y = 2 seen with variance 1/4, prior standard normal: posterior mean 1.6, variance 1/5; evidence 1 to 1."""
    rng = np.random.default_rng(7)
    start = rng.standard_normal((4000, 3))
    found = temper(lambda _f, x: -2 * (2 - x[:, 0]) ** 2, np.arange(4000) % 2, start, rng)
    family, z = found.label, found.z
    assert z[:, 0].mean() == pytest.approx(1.6, abs=0.04) and z[:, 0].var() == pytest.approx(0.2, abs=0.03)
    assert z[:, 1].mean() == pytest.approx(0, abs=0.08) and z[:, 1].var() == pytest.approx(1, abs=0.12)
    assert np.bincount(family).min() / family.size > 0.4
