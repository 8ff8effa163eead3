"""The record of forecasts: kept by content, honest about what cannot be scored, the same as the page in docs/."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_cli import call, project  # noqa: F401  (a fixture)

from cpmodel.analysis.programme_record import ENOUGH, programme_record
from cpmodel.calibration.likelihood import match
from cpmodel.calibration.observations import observations
from cpmodel.calibration.reports import simulated, told_figure
from cpmodel.inputs.overlay import resolve
from cpmodel.outlook.backtest import OURS, adoption_series, by_series, interval_within
from cpmodel.outlook.hindcast import FULL, QUICK, hindcast, key, pit_shares

PAGE = Path(__file__).parents[1] / "docs" / "forecast_skill.md"
VIETNAM = "ISO 14001 certificates, Viet Nam"


def test_the_record_of_a_series_is_the_line_of_the_page():
    rows = hindcast({VIETNAM: adoption_series()[VIETNAM]})
    line = next(text for text in PAGE.read_text("utf-8").splitlines() if text.startswith(f"| {VIETNAM}"))
    printed = [float(cell) for cell in re.findall(r"\|\s*\**([\d.]+)\**\s*(?=\|)", line)]
    found = by_series(rows).loc[VIETNAM]
    assert printed[0] == (rows["forecaster"] == OURS).sum()
    assert [f"{value:.2f}" for value in found] == [f"{value:.2f}" for value in printed[1:]]


@pytest.fixture
def made():
    levels = pd.Series(100 / (1 + 40 * np.exp(-0.5 * np.arange(9))), range(2001, 2010))
    return {"made": levels}


def test_scores_are_kept_by_content_and_an_interrupted_run_goes_on(tmp_path, made):
    first = hindcast(made, QUICK, tmp_path)
    kept = list(tmp_path.glob("*.parquet"))
    assert len(kept) == 1 and kept[0].stem == key("made", made["made"], QUICK)
    stamp = kept[0].stat().st_mtime_ns
    pd.testing.assert_frame_equal(hindcast(made, QUICK, tmp_path), first)
    assert kept[0].stat().st_mtime_ns == stamp
    kept[0].write_bytes(b"not a table")
    pd.testing.assert_frame_equal(hindcast(made, QUICK, tmp_path), first)
    changed = {"made": made["made"] * 1.01}
    hindcast(changed, QUICK, tmp_path)
    assert len(list(tmp_path.glob("*.parquet"))) == 2 and not list(tmp_path.glob(".*"))


def test_settings_figures_and_ceiling_are_part_of_the_key(made):
    levels = made["made"]
    told = levels.copy()
    told.attrs["ceiling"] = 100.0
    keys = {
        key("made", levels, FULL),
        key("made", levels, QUICK),
        key("other", levels, FULL),
        key("made", told, FULL),
    }
    assert len(keys) == 4


def test_shares_of_the_transform_sum_to_one_and_blocks_keep_neighbours_together(made):
    rows = hindcast(made, QUICK)
    assert pit_shares(rows).sum() == pytest.approx(1)
    steady = pd.DataFrame({"origin": np.repeat(range(12), 2), "ahead": 2, "crps": np.repeat([1.0, 3.0], 12)})
    low, high = interval_within(steady)
    assert low < 2 < high
    alone = interval_within(steady.assign(ahead=1))
    assert high - low > alone[1] - alone[0]


# --- the programme's own figures ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record():
    return programme_record(resolve("as_decided"), draws=64)


def test_figures_that_priors_were_centred_on_do_not_make_a_score(record):
    free = record.figures[record.figures["in_view_of"] == ""]
    assert record.independent == len(free) < ENOUGH and not record.scoreable
    assert set(record.figures["rows"].str.split(", ").explode()).isdisjoint(
        row.row for row in record.excluded
    )


def test_no_figure_of_the_start_or_earlier_is_called_a_forecast(record):
    assert (record.figures["year"] > 2009.68).all()


def test_a_lower_bound_has_odds_and_no_place_in_a_distribution(record):
    bound = record.figures["kind"] == "at_least"
    assert bound.any() and record.figures.loc[bound, ["pit", "crps"]].isna().all(axis=None)
    assert record.figures.loc[bound, "odds"].between(0, 1).all()
    assert record.figures.loc[~bound, "pit"].between(0, 1).all() and np.isfinite(record.figures["log"]).all()


def test_were_the_model_right_its_bands_would_hold(record):
    assert (record.synthetic["within_80"].between(0.7, 0.9)).all()
    assert (record.synthetic["within_95"] > record.synthetic["within_50"]).all()


@pytest.mark.parametrize("kind", ["count", "selected"])
def test_figures_are_simulated_as_the_likelihood_scores_them(kind):
    """The share of simulated figures in a small window is the window's density under the likelihood."""
    one = next(one for one in observations(2100, 2009.68)[0] if one.kind == kind)
    n, rng = 200_000, np.random.default_rng(5)
    p = {"project_count_dispersion": np.full(n, 3.0), "payback_sigma": np.full((3, n), 0.6)}
    centre = told_figure(one)
    reported = simulated(one, np.full(n, centre), p, 0.0, rng)
    few = {name: values[..., :1] for name, values in p.items()}
    if kind == "count":
        share = (reported == 14).mean()
        expected = np.exp(match(replace(one, values=(14.0,)), np.array([centre]), few).log_likelihood[0])
    else:
        logs = np.log(reported)
        share = (np.abs(logs - np.log(centre)) < 0.02).mean() / 0.04
        expected = np.exp(match(one, np.array([centre]), few).log_likelihood[0])
    assert share == pytest.approx(expected, rel=0.05)


# --- the command ----------------------------------------------------------------------------------------------


def test_a_series_can_be_asked_for_by_a_part_of_its_name(capsys, project):  # noqa: F811
    code, out, _ = call(capsys, "hindcast", "--series", "viet nam", "--quick")
    assert code == 0 and VIETNAM in out and "CRPS of cpmodel from" in out and "90% interval" in out
    code, out, _ = call(capsys, "hindcast", "--series", "viet nam", "--quick", "--json")
    found = json.loads(out)
    assert code == 0 and found["quick"] and len(found["pit_shares"]) == 5 and "programme" not in found
    assert (project / "reports" / "hindcast").is_dir()


def test_an_unknown_series_is_answered_with_the_known_ones(capsys, project):  # noqa: F811
    code, _, err = call(capsys, "hindcast", "--series", "ISO 14001 certificates, Vietnam")
    assert code == 2 and VIETNAM in err and "Traceback" not in err
