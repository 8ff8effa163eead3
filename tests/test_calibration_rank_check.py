"""Simulation-based calibration of the true model, small; and truths recovered where they can be, flagged where not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_cli import call, project  # noqa: F401  (a fixture)

from cpmodel.axes import VARIANTS
from cpmodel.calibration.calibrating import told_apart
from cpmodel.calibration.contraction import PRIOR_DRIVEN, contraction, run_error, told
from cpmodel.calibration.observations import sorted_out
from cpmodel.calibration.predictions import replay
from cpmodel.calibration.rank_check import KEPT, LIKELIHOOD, on_trial, ranks, verdict
from cpmodel.calibration.reports import retold, simulated, told_figure
from cpmodel.calibration.sampler import sample, sobol_normals
from cpmodel.inputs.datasets import read
from cpmodel.inputs.overlay import resolve

SCENARIO = resolve("as_decided")
OBSERVED = on_trial(SCENARIO)
PARTICLES = 512


def test_every_kind_of_likelihood_is_tried():
    assert {one.kind for one in OBSERVED} == {"share", "offices", "at_least", "count", "selected"}


def test_truths_rank_evenly_among_their_posteriors_on_the_true_equations():
    """The rows that ask for no run of the model keep this within seconds; `cpmodel sbc` tries all of them."""
    quick = tuple(one for one in OBSERVED if one.kind == "selected")
    found = ranks(SCENARIO, quick, range(40), 256)
    judged = verdict(found)
    assert judged.replicates == 40 and judged.uniform, judged.table.head()
    informed = judged.table.set_index("quantity").loc[
        ["realisation", "demonstration_saving_selection", LIKELIHOOD]
    ]
    assert informed["spread"].between(0.5, 1.6).all() and informed["lean"].abs().max() < 0.15


def test_a_replicate_is_filed_and_found_again_whatever_else_is_asked_for(tmp_path):
    quick = tuple(one for one in OBSERVED if one.kind == "selected")
    first = ranks(SCENARIO, quick, range(2), 256, tmp_path)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    again = ranks(SCENARIO, quick, range(3), 256, tmp_path)
    pd.testing.assert_frame_equal(again[again["replicate"] < 2].reset_index(drop=True), first)
    assert all((tmp_path / name).stat().st_mtime_ns == when for name, when in before.items())


def made_up(spread, lean=0.0, replicates=96, seed=1):
    random = np.random.default_rng(seed)
    level = np.clip(0.5 + lean + spread * (random.random((replicates, 12)) - 0.5), 0, 0.9999)
    rank = (level * (KEPT + 1)).astype(int)
    return pd.DataFrame([(i, "H1", f"q{j}", rank[i, j]) for i in range(replicates) for j in range(12)],
                        columns=["replicate", "variant", "quantity", "rank"])  # fmt: skip


def test_even_ranks_pass_and_a_posterior_too_wide_or_too_low_does_not():
    assert verdict(made_up(1.0)).uniform
    wide, low = verdict(made_up(0.5)), verdict(made_up(0.9, lean=0.2))
    assert not wide.uniform and (wide.table["spread"] < 0.5).all()
    assert not low.uniform and (low.table["lean"] > 0.1).all()


@pytest.fixture(scope="module")
def surveyed():
    """A truth with little awareness and adoption, seen by two large surveys through the model end to end."""
    shares = [replace(one, size=4000, wave="") for one in OBSERVED if one.kind == "share"]
    told_all = replay(SCENARIO, tuple(shares), PARTICLES)
    rng = np.random.default_rng(11)
    z = rng.standard_normal((PARTICLES, len(told_all.coordinates)))
    said, followed = told_all.said("H1", z)
    aware = said[0].predicted
    place = int(np.argmin(np.where(followed, np.abs(aware - np.quantile(aware, 0.15)), np.inf)))
    reports = tuple(retold(one, float(simulated(one, x, p, b, rng)[place])) for one, p, x, b in said)
    here = replace(told_all, observed=reports)
    start = sobol_normals(len(told_all.coordinates), PARTICLES // 4, 4, 3)
    label = np.full(PARTICLES, VARIANTS.index("H1"))
    found = sample(lambda _, z: here.log_likelihood(label, z), 1, start, 5)
    after, _ = here.said("H1", found.z)
    return {
        one.outcome: (x[place], x[followed], y.predicted) for (one, _, x, _), y in zip(said, after, strict=True)
    }, told_all.coordinates, found, reports  # fmt: skip


def test_a_synthetic_truth_is_recovered_where_surveys_speak_of_it(surveyed):
    outcomes, _, _, reports = surveyed
    for outcome, (truth, before, after) in outcomes.items():
        low, high = np.quantile(after, (0.005, 0.995))
        assert low < truth < high, outcome
        assert np.ptp(np.quantile(after, (0.1, 0.9))) < np.ptp(np.quantile(before, (0.1, 0.9))), outcome
    aware = outcomes["awareness"]
    assert contraction(aware[1], aware[2]) > 0.3
    assert {told_figure(one) > 0 for one in reports} == {True}


def test_what_the_surveys_do_not_speak_of_is_flagged_as_prior_driven(surveyed):
    _, names, found, _ = surveyed
    unit = np.array([[-1.0], [1.0]]) * np.ones(len(names))  # variance one, as the prior has
    shrunk = contraction(unit, found.z)
    error = (1.0 - shrunk) * run_error(found.z, found.run)
    words = {name: told(*one) for name, *one in zip(names, shrunk, error, strict=True)}
    silent = ("rebound", "project_count_dispersion", "demonstration_payback_selection", "saving_share.water")
    assert {words[name] for name in silent if name in words} == {PRIOR_DRIVEN}
    assert list(words.values()).count(PRIOR_DRIVEN) > 0.8 * len(names)


def test_a_survey_of_one_province_is_held_against_that_province():
    """A row of Da Nang passes the rule where provinces are told apart, and its likelihood follows Da Nang alone."""
    row = {"record_id": "TEST01", "indicator": "share_aware_of_cp", "value": 60.0, "unit": "percent", "year": 2012,
           "qualifier": "exact", "geography": "Da Nang", "province_code": "48", "sample_size": 300, "grade": "A",
           "flag": "", "source_id": "TEST", "note": ""}  # fmt: skip
    flags = read("flags").set_index("flag")
    table = {"survey_provincial": pd.DataFrame([row])}
    assert "full resolution" in sorted_out(table, flags, 2020, 2009.68, told_apart("explorer"))[1][0].reason
    (one,), left = sorted_out(table, flags, 2020, 2009.68, told_apart("full"))
    assert not left and (one.region, one.values, one.size) == ("48", (0.6,), 300)
    here = replay(SCENARIO, (one, replace(one, id="nation", region="VN")), 64, "full")
    z = np.random.default_rng(3).standard_normal((64, len(here.coordinates)))
    said, followed = here.said("H1", z)
    local, nation = (part.predicted[followed] for part in said)
    assert 0 < np.abs(local - nation).max() < 0.5 and np.corrcoef(local, nation)[0, 1] > 0.8
    unit = replace(one, id="unit", region="48;49")
    parts = replay(SCENARIO, (one, replace(one, id="49", region="49"), unit), 64, "full").said("H1", z)[0]
    first, second, both = (part.predicted[followed] for part in parts)
    assert (np.minimum(first, second) < both).all() and (both < np.maximum(first, second)).all()
    best = here.matches("H1", z)["TEST01"].log_likelihood[followed].argmax()
    assert abs(local[best] - 0.6) < np.quantile(np.abs(local - 0.6), 0.4)


def test_a_unit_of_2025_is_scored_and_what_is_put_together_from_scored_rows_is_not():
    row = {"indicator": "share_aware_of_cp", "value": 60.0, "unit": "percent", "year": 2025, "qualifier": "exact",
           "sample_size": 300, "grade": "A", "flag": "", "note": "", "quality": "reported_official"}  # fmt: skip
    unit = row | {
        "record_id": "TEST01",
        "geography": "Hai Duong, Hai Phong",
        "province_code": "30;31",
        "source_id": "V3_2025_31",
    }
    pair = unit | {"record_id": "TEST02", "geography": "Ha Noi, Hai Phong", "province_code": "01;31"}
    nation = row | {
        "record_id": "TEST03",
        "geography": "Viet Nam",
        "province_code": "",
        "source_id": "V3_2025",
        "quality": "derived",
    }
    table, flags = {"survey_provincial": pd.DataFrame([unit, pair, nation])}, read("flags").set_index("flag")
    for resolution, scored in (("full", ["TEST01"]), ("explorer", ["TEST03"])):
        found, left = sorted_out(table, flags, 2030, 2009.68, told_apart(resolution))
        assert [one.id for one in found] == scored and len(left) == 2, resolution


def test_the_command_tells_a_verdict_and_refuses_what_cannot_be(capsys, project):  # noqa: F811
    code, out, err = call(capsys, "sbc", "as_decided", "--until", "2011", "--replicates", "8")
    assert code in (0, 3), err
    assert "8 truths" in out and "uniform" in out and "demonstration_saving 2011, selected" in out
    assert len(list((project / "reports" / "sbc").glob("*/replicate_*.parquet"))) == 8
    code, _, err = call(capsys, "sbc", "as_decided", "--particles", "100")
    assert code == 2 and "multiple of 256" in err
