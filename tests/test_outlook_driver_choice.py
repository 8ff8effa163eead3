"""Which model forecasts a driver: published answers, breaks that teach nothing, no look ahead, ties to the simpler."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri, stdtrit
from test_cli import call, project  # noqa: F401  (a fixture)

from cpmodel.errors import BadInput
from cpmodel.inputs.load import load
from cpmodel.inputs.macro import CHOICES, macro_series, recorded_choices, series
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.model.surroundings import laws_of, real_prices
from cpmodel.outlook.draws import streams_of, uniforms
from cpmodel.outlook.driver_choice import (
    FEWEST_ORIGINS,
    checks,
    choose,
    compared,
    driver_series,
    fingerprint,
    rolling_origin,
    tied,
    weights,
)
from cpmodel.outlook.driver_models import WALK, WALK_WITH_DRIFT, candidates, forecast, spliced
from cpmodel.outlook.driver_record import account, record
from cpmodel.outlook.drivers import bridge, law, log_path, random_walk

ROOT = project_root()
MACRO = macro_series(ROOT)
OIL = np.log([446.6565, 454.4733, 455.663, 423.6322, 456.2713, 440.5881, 425.3325, 485.1494, 506.0482, 526.792,
              514.2689, 494.211])  # fmt: skip
STEPS = np.random.default_rng(4).normal(0.06, 0.03, 18)
GROWTH = np.concatenate([[4.0], 4.0 + np.cumsum(STEPS)])


@pytest.fixture
def few(monkeypatch):
    """Three candidates instead of all: what is tested does not hang on their number."""
    kept = {name: candidates()[name] for name in (WALK, WALK_WITH_DRIFT, "AR(1)")}
    monkeypatch.setattr("cpmodel.outlook.driver_choice.candidates", lambda: kept)


# --- the candidates -------------------------------------------------------------------------------------------


def test_a_random_walk_forecasts_its_last_value_with_spread_that_grows_as_the_root_of_time():
    found = forecast(WALK, GROWTH, 5)
    sigma = np.sqrt((STEPS**2).mean())
    assert found.mean == pytest.approx(np.full(5, GROWTH[-1]), rel=1e-6)
    assert found.scale == pytest.approx(sigma * np.sqrt(np.arange(1, 6)), rel=1e-2)


def test_with_drift_it_is_the_line_through_both_ends():
    found = forecast(WALK_WITH_DRIFT, GROWTH, 3)
    drift = (GROWTH[-1] - GROWTH[0]) / (len(GROWTH) - 1)
    assert found.mean == pytest.approx(GROWTH[-1] + drift * np.arange(1, 4), rel=1e-6)
    uncertain_drift = STEPS.std(ddof=1) * np.sqrt(np.arange(1, 4) + np.arange(1, 4) ** 2 / len(STEPS))
    assert found.scale == pytest.approx(uncertain_drift, rel=1e-2)


@pytest.mark.parametrize("name", [name for name, one in candidates().items() if not one.beside])
def test_every_candidate_has_an_ordered_covariance_and_says_what_statsmodels_says(name):
    found = forecast(name, OIL, 4)
    assert np.isfinite(found.mean).all() and (np.diff(found.scale) > -1e-9).all()
    assert np.allclose(found.root, np.tril(found.root)) and 2 <= found.freedom < len(OIL)
    series = pd.Series(np.exp(OIL), range(2000, 2012))
    series.attrs = {"law": name}
    ahead = np.arange(2012, 2016)
    paths = np.log(log_path("x", series, ahead, 1, 20_000, "1").values)
    middle, high = np.quantile(paths, (0.5, 0.9), axis=1)
    assert middle == pytest.approx(found.mean, abs=0.05 * found.scale.max())
    assert high - middle == pytest.approx(stdtrit(found.freedom, 0.9) * found.scale, rel=0.05)


@pytest.mark.parametrize(("order", "trend"), [((1, 1, 0), "c"), ((1, 0, 0), "c")])
def test_the_spread_of_an_arima_is_that_of_statsmodels(order, trend):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    name = {(1, 1, 0): "ARIMA(1,1,0) with drift", (1, 0, 0): "AR(1)"}[order]
    fitted = SARIMAX(GROWTH - GROWTH.mean(), order=order, trend=trend).fit(disp=False, maxiter=200)
    found, seen = forecast(name, GROWTH, 5), int(fitted.nobs - fitted.loglikelihood_burn)
    assert found.freedom == seen - len(fitted.params) + 1
    given_back = np.sqrt(
        seen / found.freedom
    )  # least squares take as many degrees of freedom as they estimate
    assert found.scale == pytest.approx(given_back * fitted.get_forecast(5).se_mean, rel=1e-5)


def test_bands_of_a_short_walk_hold_what_they_say_where_normal_bands_would_not():
    """Eight steps leave the spread unknown: Student's t is the exact prediction, a normal band is too narrow."""
    random, student, normal = np.random.default_rng(5), [], []
    for _ in range(120):
        walk = np.cumsum(random.normal(0.06, 0.03, 12))
        found = forecast(WALK_WITH_DRIFT, walk[:9], 3)
        z = np.abs(walk[11] - found.mean[2]) / found.scale[2]
        student.append(z < stdtrit(found.freedom, 0.9))
        normal.append(z < ndtri(0.9))
    assert 0.72 < np.mean(student) < 0.9 and np.mean(normal) < np.mean(student)


def test_smoothing_forecasts_the_published_oil_case():
    """Hyndman & Athanasopoulos (2018), section 7.1, on levels: a flat forecast near the last level."""
    found = forecast("exponential smoothing", np.exp(OIL), 3)
    assert found.mean == pytest.approx(np.full(3, 496.49), abs=0.6)
    weights = found.root[:, 0] / found.root[0, 0]
    assert weights == pytest.approx([1, 0.892, 0.892], abs=0.01)


def test_an_unknown_model_in_the_record_is_refused_in_words():
    with pytest.raises(BadInput, match="no forecasting model"):
        forecast("crystal ball", OIL, 2)


# --- breaks ---------------------------------------------------------------------------------------------------


def test_a_revision_teaches_neither_growth_nor_spread():
    broken = GROWTH.copy()
    broken[8:] += 0.5
    plain, jumped = (forecast(WALK_WITH_DRIFT, v, 3, broken=8) for v in (GROWTH, broken))
    assert jumped.mean - 0.5 == pytest.approx(plain.mean, abs=1e-6)
    assert jumped.scale == pytest.approx(plain.scale, rel=1e-4)
    assert forecast(WALK_WITH_DRIFT, broken, 3).scale[0] > 2 * jumped.scale[0]


def test_the_break_of_2010_is_read_from_the_flags_and_lowers_growth_and_spread_of_output():
    assert MACRO["output"].attrs["break_year"] == 2010 and MACRO["lending_rate"].attrs["break_year"] is None
    logs = np.log(MACRO["output"].to_numpy())
    plain, on_new_base = random_walk(logs), random_walk(spliced(logs, 6))
    assert on_new_base[0] < plain[0] and on_new_base[1] < plain[1]
    steps = np.delete(np.diff(logs), 5)
    assert on_new_base[0] == pytest.approx(steps.mean(), abs=1e-5)


def test_a_flag_on_every_row_tells_no_break():
    rows = pd.DataFrame({"indicator": "x", "year": [2001, 2002], "value": [1.0, 2.0], "flag": "series_break"})
    assert series(rows, "x").attrs["break_year"] is None


def test_no_forecast_is_scored_across_a_break(few):
    levels = pd.Series(np.exp(GROWTH), range(2000, 2019))
    levels.attrs["break_year"] = 2010
    rows = rolling_origin(levels)
    assert ((rows["origin"] >= 2010) | (rows["origin"] + rows["ahead"] < 2010)).all() and len(rows)


# --- the choice -----------------------------------------------------------------------------------------------


def test_a_value_of_the_future_changes_no_score_of_the_past(few):
    levels = pd.Series(np.exp(GROWTH[:11]), range(2000, 2011))
    leaked = levels.copy()
    leaked.loc[2008] *= 3
    before, after = (rolling_origin(s) for s in (levels, leaked))
    of_2008 = before["origin"] + before["ahead"] == 2008
    early = (before["origin"] < 2008) & ~of_2008  # forecasts made before it, of the years on both sides of it
    pd.testing.assert_frame_equal(before[early], after[early])
    assert early.any() and (before["origin"] + before["ahead"])[early].max() == 2010
    assert not before[of_2008].equals(after[of_2008])


def scored(**lags):
    rows = [
        (name, origin, 1, 1.0 + lag * (0.5 + origin % 2), True)
        for name, lag in lags.items()
        for origin in range(14)
    ]
    return pd.DataFrame(rows, columns=["model", "origin", "ahead", "crps", "within_80"])


def test_ties_go_to_the_simpler_and_a_clear_lead_does_not():
    levels = pd.Series(np.exp(GROWTH), range(2000, 2019))
    near = scored(**{"AR(1)": 0.0, WALK: 0.0})
    far = scored(**{"AR(1)": 0.0, WALK: 0.3})
    assert choose("x", levels, near).model == WALK and choose("x", levels, far).model == "AR(1)"
    table = compared(far).set_index("model")
    assert table.at[WALK, "low"] > 0 and not table.at[WALK, "ties"]


def test_of_models_that_tie_one_whose_bands_are_shown_too_narrow_gives_way():
    levels = pd.Series(np.exp(GROWTH), range(2000, 2019))
    near = scored(**{"AR(1)": 0.0, WALK: 0.0})
    near.loc[near["model"] == WALK, "within_80"] = np.arange(14) % 3 == 0
    assert choose("x", levels, near).model == "AR(1)"
    table = compared(near).set_index("model")
    assert table.at[WALK, "held_high"] < 0.8 <= table.at["AR(1)", "held_high"]


def test_too_few_origins_leave_the_simplest_model():
    levels = pd.Series(np.exp(GROWTH), range(2000, 2019))
    rows = scored(**{"AR(1)": 0.0, WALK: 0.3})
    few = rows[rows["origin"] < FEWEST_ORIGINS - 1]
    assert choose("x", levels, few).model == WALK


def test_surprises_that_repeat_are_found_and_jumps_are_named():
    random = np.random.default_rng(2).standard_normal(60)
    repeating = random.copy()
    for i in range(1, 60):
        repeating[i] += 0.8 * repeating[i - 1]
    years = range(1960, 2020)
    assert (
        checks(pd.Series(random, years))["ljung_box"]
        > 0.05
        > checks(pd.Series(repeating, years))["ljung_box"]
    )
    random[40] = 4.5
    assert checks(pd.Series(random, years))["jumps"][2000] == 4.5


def test_surprises_that_go_together_stay_together_and_noise_is_shrunk_away():
    random = np.random.default_rng(3)
    a, b, c = random.standard_normal((3, 400))
    frame = {"a": pd.Series(a), "b": pd.Series(0.8 * a + 0.6 * b), "c": pd.Series(c)}
    found, used, shrunk = tied(frame)
    assert (
        used.at["a", "b"] == pytest.approx(0.8, abs=0.05) and abs(used.at["a", "c"]) < 0.12 and shrunk < 0.05
    )
    few, _, lost = tied({name: one.iloc[:10] for name, one in {"a": frame["a"], "c": frame["c"]}.items()})
    assert lost > 0.3 and abs(few.at["a", "c"]) < 0.8
    parts = weights(used)
    assert parts["a"] == {"a": 1.0} and sum(w**2 for w in parts["b"].values()) == pytest.approx(1, abs=1e-5)


# --- what runs use --------------------------------------------------------------------------------------------


def test_the_record_is_what_was_chosen_and_on_these_figures():
    told = recorded_choices(ROOT)["drivers"]
    for name, one in driver_series(MACRO).items():
        assert told[name]["series"] == fingerprint(one), "say `cpmodel drivers --choose`"
        assert told[name]["model"] in candidates() and one.attrs["law"] == told[name]["model"]


@pytest.mark.parametrize("name", ["output", "lending_rate", "electricity"])
def test_published_years_and_gaps_are_the_same_bytes_under_any_law(name):
    here = driver_series(MACRO)[name]
    plain = here.copy()
    plain.attrs = {"break_year": here.attrs["break_year"]}
    years = np.arange(2009, 2031)
    ours, other = (log_path(name, s, years, 1419, 40, "1").values for s in (here, plain))
    until = years <= here.index.max()
    assert ours[until].tobytes() == other[until].tobytes()


def test_a_series_too_short_for_a_forecasting_model_goes_on_as_its_bridge():
    made = pd.Series({2000: 100.0, 2001: 108.0, 2003: 121.0, 2004: 130.0, 2005: 141.0})
    years = np.arange(2000, 2011)
    logs = np.log(made.reindex(years).to_numpy(float))
    normals = np.stack([ndtri(uniforms(7, f"driver.x.{year}", 30)) for year in years])
    expected = np.exp(bridge(logs, *random_walk(logs[:6]), normals))
    assert log_path("x", made, years, 7, 30, "1").values.tobytes() == expected.tobytes()


def test_the_same_draw_meets_the_same_path_and_ties_join_the_drivers():
    years = np.arange(2015, 2031)
    made = pd.Series(np.exp(GROWTH), range(2000, 2019))
    made.attrs = {"law": WALK, "tied": (("other", 0.6), ("x", 0.8))}
    alone = made.copy()
    alone.attrs = {"law": WALK}
    joined = np.log(log_path("x", made, years, 7, 4000, "1").values)
    other = np.log(log_path("other", alone, years, 7, 4000, "1").values)
    ahead = years > 2019
    r = [np.corrcoef(joined[i] - joined[i - 1], other[i] - other[i - 1])[0, 1] for i in np.flatnonzero(ahead)]
    assert np.mean(r) == pytest.approx(0.6, abs=0.03)
    assert np.log(law("x", made, years).median(years)) == pytest.approx(np.median(joined, axis=1), abs=0.02)
    few = log_path("x", made, years, 7, 50, "1").values
    assert few.tobytes() == np.ascontiguousarray(np.exp(joined)[:, :50]).tobytes() or np.allclose(
        np.log(few), joined[:, :50]
    )


def test_the_electricity_price_of_a_run_follows_its_recorded_law():
    inputs = load(resolve("reference", overrides={"draws": 8, "resolution": "explorer"}))
    years = np.arange(2009, 2031)
    p = {"resource_cost_share": np.array([[1.0], [0.0], [0.0], [0.0]]) * np.ones((4, 8))}
    ours = real_prices(
        inputs, years, p, laws_of(inputs, years)["electricity"], streams_of(inputs.scenario.seed, 8)
    )
    real = driver_series(inputs.macro)["electricity"]
    seed = inputs.scenario.seed
    expected = np.log(log_path("electricity", real, years, seed, 8, "1").values)
    assert ours - ours[1] == pytest.approx(expected - expected[1], abs=1e-9)
    plain = real.copy()
    plain.attrs = {}
    drifting = np.log(log_path("electricity", plain, years, seed, 8, "1").values)
    assert not np.allclose(drifting[-1], expected[-1])


# --- the command ----------------------------------------------------------------------------------------------


def test_the_record_is_written_whole_and_read_back(tmp_path, few):
    small = MACRO
    told = account(small, tmp_path, tmp_path)
    assert set(told.stale) == {"output", "lending_rate", "electricity"}
    path = record(told, tmp_path) if (tmp_path / "data").mkdir() is None else None
    assert path == tmp_path / CHOICES and not account(small, tmp_path, tmp_path).stale
    path.write_text("drivers: {output: {model: random walk}}\n", "utf-8")
    with pytest.raises(BadInput, match="lending_rate, electricity"):
        recorded_choices(tmp_path)


def test_the_command_tells_models_checks_and_paths(capsys, project, few):  # noqa: F811
    code, out, _ = call(capsys, "drivers", "--until", "2027", "--draws", "50", "--json")
    found = json.loads(out)
    assert code == 0 and set(found["drivers"]) == {"output", "lending_rate", "electricity"}
    bands = found["drivers"]["lending_rate"]["paths"]
    assert bands[-1]["year"] == 2027 and bands[-1]["p10"] < bands[-1]["p50"] < bands[-1]["p90"]
    code, out, _ = call(capsys, "drivers", "--until", "2027", "--draws", "50")
    assert code == 0 and "Ljung–Box" in out and "Not scoreable: establishments" in out
    code, _, err = call(capsys, "drivers", "--until", "2200")
    assert code == 2 and "2200" in err
