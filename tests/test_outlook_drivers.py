"""Drivers: what is published stands, what is not is drawn with honest spread, and draws keep to their stream."""

import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.holtwinters import SimpleExpSmoothing
from worlds import PARAMETERS, real_world

from cpmodel.outlook.draws import all_uniforms, streams_of, uniforms
from cpmodel.outlook.drivers import bridge, growth_paths, law, log_path, price_level, random_walk

RANDOM = np.random.default_rng(0)
NORMALS = RANDOM.standard_normal((30, 4000))
SERIES = pd.Series(
    {2000: 100.0, 2001: 108.0, 2002: 113.0, 2003: 121.0, 2008: 160.0, 2009: 171.0, 2010: 180.0}
)
YEARS = np.arange(1996, 2021)


def path(draws=2000, seed=1, years=YEARS):
    return log_path("made_up", SERIES, years, seed, draws, "1")


def test_published_years_are_the_data_in_every_draw():
    found = path()
    for year in SERIES.index:
        assert np.allclose(found.values[year == YEARS], SERIES[year], rtol=1e-12)
    assert (found.observed == np.isin(YEARS, SERIES.index)).all()


@pytest.mark.parametrize("name", ["output", "lending_rate", "electricity", "inflation"])
def test_published_years_of_the_real_series_are_the_data_in_every_draw(name):
    series = real_world().inputs.macro[name]
    if name == "inflation":
        return _inflation_stays(series)
    years = np.arange(2005, 2024)
    found = log_path(name, series, years, 1419, 50, "1")
    for i in np.flatnonzero(found.observed):
        assert np.allclose(found.values[i], series[years[i]], rtol=1e-12)
    assert np.isfinite(found.values).all() and (found.values > 0).all()


def _inflation_stays(series):
    level = price_level(series)
    assert level[2010] == 1.0
    assert np.allclose(level.sort_index().pct_change().dropna(), series.sort_index().iloc[1:], rtol=1e-9)


def test_a_gap_is_bridged_through_both_ends_and_widest_in_the_middle():
    values = np.array([0.0, 0.1, np.nan, np.nan, np.nan, np.nan, np.nan, 0.6, 0.7])
    spread = bridge(values, 0.08, 0.05, NORMALS[:9]).std(axis=1)
    assert (spread[[0, 1, 7, 8]] < 1e-12).all()
    assert spread[2:7].argmax() == 2
    assert np.allclose(spread[2:7], 0.05 * np.sqrt([5 / 6, 8 / 6, 9 / 6, 8 / 6, 5 / 6]), rtol=0.06)
    middle = bridge(values, 0.08, 0.05, np.zeros((9, 1)))[:, 0]
    assert np.allclose(middle[1:8], np.linspace(0.1, 0.6, 7), atol=1e-9)


def test_forecasts_start_from_the_last_published_year_and_spread_as_they_go():
    values = np.concatenate([np.linspace(0, 1, 11), np.full(12, np.nan)])
    found = bridge(values, 0.1, 0.04, NORMALS[:23])
    spread = found.std(axis=1)[11:]
    assert (np.diff(spread) > 0).all()
    assert np.allclose(spread, 0.04 * np.sqrt(np.arange(1, 13)), rtol=0.06)
    assert np.allclose(found.mean(axis=1)[11:], 1 + 0.1 * np.arange(1, 13), atol=0.01)


def test_years_before_the_first_published_spread_backwards():
    values = np.concatenate([np.full(4, np.nan), np.linspace(0, 0.5, 6)])
    found = bridge(values, 0.1, 0.04, NORMALS[:10])
    assert (np.diff(found.std(axis=1)[:4]) < 0).all()
    assert np.allclose(found.mean(axis=1)[:4], [-0.4, -0.3, -0.2, -0.1], atol=0.01)


@given(st.lists(st.one_of(st.none(), st.floats(-2, 2)), min_size=6, max_size=14))
@settings(max_examples=50, deadline=None)
def test_whatever_is_missing_published_values_stand(numbers):
    values = np.array([np.nan if v is None else v for v in numbers])
    if not np.isfinite(values).any():
        values[0] = 0.0
    found = bridge(values, 0.05, 0.1, NORMALS[: len(values), :20])
    known = np.isfinite(values)
    assert np.isfinite(found).all() and (found[known] == values[known, None]).all()


def test_the_walk_recovers_its_own_drift_and_spread():
    steps = np.random.default_rng(3).normal(0.07, 0.04, 400)
    drift, sigma = random_walk(np.concatenate([[0.0], np.cumsum(steps)]))
    assert abs(drift - steps.mean()) < 1e-3 and abs(sigma - steps.std()) < 1e-3


def test_the_median_path_is_the_middle_of_the_draws_and_needs_none():
    drawn = np.median(path(4000).values, axis=1)
    assert np.allclose(law("made_up", SERIES, YEARS).median(YEARS), drawn, rtol=0.02)
    here = np.isin(YEARS, SERIES.index)
    assert np.allclose(law("made_up", SERIES, YEARS).median(YEARS)[here], SERIES.to_numpy(), rtol=1e-12)


def test_the_first_draws_of_a_longer_forecast_are_the_shorter_forecast():
    assert path(50).values.tobytes() == np.ascontiguousarray(path(500).values[:, :50]).tobytes()
    assert not np.array_equal(path(50, seed=2).values, path(50).values)


def test_a_longer_horizon_leaves_earlier_years_as_they_were():
    short, long = path(200, years=np.arange(1996, 2016)), path(200, years=np.arange(1996, 2031))
    assert np.allclose(short.values, long.values[:20], rtol=1e-9)


# --- growth of establishments ---------------------------------------------------------------------------------


def growth_table():
    rows = [(sector, year, rate, status)
            for sector in ("a", "b")
            for year, rate, status in ((2009, 0.10, "published"), (2010, 0.12, "published"), (2011, 0.06, "derived"),
                                       (2012, 0.04, "derived"), (2013, np.nan, "none"), (2014, np.nan, "none"))]  # fmt: skip
    return pd.DataFrame(rows, columns=["sector", "year", "log_growth", "status"])


def test_published_growth_is_certain_derived_growth_is_off_and_unknown_growth_more_so():
    error = np.random.default_rng(1).normal(0, 0.02, 3000)
    years = np.arange(2009, 2015)
    found, status = growth_paths(growth_table(), ("a", "b"), years, error, streams_of(1419, 3000), -0.01)
    assert status.tolist() == ["published", "published", "derived", "derived", "none", "none"]
    assert (found[:2].std(axis=2) < 1e-15).all() and np.allclose(found[:2].mean(axis=(1, 2)), [0.10, 0.12])
    spread = found.std(axis=2)[:, 0]
    assert np.allclose(spread[2:4], error.std()) and spread[3] < spread[4] < spread[5]
    assert np.allclose(found[2].mean(), 0.06 + error.mean() - 0.01, atol=1e-12)
    assert np.allclose(found[4].mean(), 0.05 + error.mean() - 0.01, atol=2e-3)


def test_establishments_of_the_published_years_are_the_same_in_every_draw():
    place = real_world()
    status = place.inputs.growth.groupby("year")["status"].first().reindex(place.years)
    growth = place.drivers.growth
    assert (growth[(status == "published").to_numpy()].std(axis=2) < 1e-15).all()
    assert (growth[(status == "derived").to_numpy()].std(axis=2) > 1e-3).all()


def test_the_smoothing_that_drivers_may_choose_reproduces_the_published_oil_case():
    """Hyndman & Athanasopoulos (2018), Forecasting: principles and practice, section 7.1: oil in Saudi Arabia."""
    oil = [446.6565, 454.4733, 455.663, 423.6322, 456.2713, 440.5881, 425.3325, 485.1494, 506.0482, 526.792,
           514.2689, 494.211]  # fmt: skip
    fitted = SimpleExpSmoothing(np.array(oil), initialization_method="estimated").fit()
    assert abs(fitted.params["smoothing_level"] - 0.892) < 1e-5
    assert abs(fitted.params["initial_level"] - 447.4785) < 1e-3 and abs(fitted.sse - 7573.426) < 1e-3


# --- streams --------------------------------------------------------------------------------------------------


def test_a_stream_depends_on_seed_and_name_alone():
    alone = uniforms(7, "word_of_mouth", 100)
    among = all_uniforms(7, ("a", "word_of_mouth", "b"), 100)["word_of_mouth"]
    assert alone.tobytes() == among.tobytes()
    assert (uniforms(8, "word_of_mouth", 100) != alone).all() and (uniforms(7, "a", 100) != alone).all()
    assert alone.min() > 0 and alone.max() < 1


@given(st.integers(1, 300), st.integers(0, 300))
@settings(max_examples=20, deadline=None)
def test_more_draws_only_add_draws(few, more):
    assert uniforms(3, "x", few).tobytes() == uniforms(3, "x", few + more)[:few].tobytes()


def test_no_two_uncertain_inputs_share_their_numbers():
    drivers = [f"driver.{n}.{y}" for n in ("output", "lending_rate", "electricity", "establishments")
               for y in range(1985, 2051)]  # fmt: skip
    streams = [*PARAMETERS.streams, *drivers]
    assert len({zlib.crc32(name.encode()) for name in streams}) == len(streams)


def test_streams_are_even_and_unrelated():
    numbers = np.array([uniforms(1419, name, 4000) for name in PARAMETERS.streams])
    assert np.abs(numbers.mean(axis=1) - 0.5).max() < 0.02
    correlation = np.corrcoef(numbers) - np.eye(len(numbers))
    assert np.abs(correlation).max() < 0.08
