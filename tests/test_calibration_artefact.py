"""A scenario fitted end to end, kept as a folder, and read back."""

import json

import numpy as np
import pytest
from test_cli import call

from cpmodel.calibration.artefact import FILES, open_calibration, save
from cpmodel.calibration.calibrating import calibrate
from cpmodel.calibration.contraction import shown
from cpmodel.calibration.observations import observations
from cpmodel.calibration.predictions import replay
from cpmodel.errors import BadInput
from cpmodel.inputs.overlay import resolve


@pytest.fixture(scope="module")
def blind():
    """Fitted with nothing to see: no row is so old."""
    return calibrate(resolve("as_decided"), until=1990, particles=256, confirm=0)


@pytest.fixture(scope="module")
def fitted():
    """Fitted to what was seen by 2011: what demonstration projects saved and paid back, which asks for no run."""
    return calibrate(resolve("as_decided"), until=2011, particles=512, confirm=64)


def test_with_nothing_to_see_nothing_is_learned(blind):
    assert blind.observed == () and blind.kept == {"all": 1.0}
    np.testing.assert_allclose(blind.sample.evidence, 0.0, atol=1e-12)
    assert blind.parameters["contraction"].median() == pytest.approx(0.0, abs=0.1)
    adoption = blind.results.set_index(["outcome", "year"]).loc[("adoption_strict", 2020)]
    assert adoption["posterior"] == pytest.approx(adoption["prior"], rel=0.1)
    assert adoption["word"] == "prior-driven"
    for table in (blind.parameters, blind.results):  # luck of the draws is told as luck
        assert set(table["word"]) == {"prior-driven"}
        told = [shown(row.contraction, row.error).startswith("≈ 0") for row in table.itertuples()]
        assert np.mean(told) > 0.8 and (table["error"] > 0).all()


def test_demonstrations_teach_savings_and_nothing_about_credit(fitted):
    assert [one.outcome for one in fitted.observed] == ["demonstration_saving", "payback_good_housekeeping"]
    learned = fitted.parameters.set_index("coordinate")["contraction"]
    assert max(learned["realisation"], learned["demonstration_saving_selection"]) > 0.1
    assert abs(learned["word_of_mouth"]) < 0.15 and abs(learned["hurdle_median"]) < 0.15
    results = fitted.results.set_index(["outcome", "year"])["contraction"]
    assert results[("specific_saving", 2020)] > results[("awareness", 2020)]


def test_the_runs_agree_and_the_coarse_country_stands_in_for_the_full_one(fitted):
    assert fitted.sample.r_hat.max() < 1.05
    assert set(fitted.confirmed) == {"H1", "H2"} and min(fitted.confirmed.values()) > 0.9


def test_a_calibration_is_read_back_as_it_was_written(fitted, tmp_path):
    folder = save(fitted, tmp_path / "one")
    again = open_calibration(folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)
    np.testing.assert_array_equal(again.posterior[list(fitted.coordinates)].to_numpy(), fitted.sample.z)
    assert again.manifest["rows_scored"] + again.manifest["rows_excluded"] == sum(
        len(one.rows) for one in fitted.observed
    ) + len(fitted.excluded)
    assert set(again.manifest["hashes"]) >= {"scenario", "data", "parameters", "code", "until"}
    with pytest.raises(BadInput, match="never overwritten"):
        save(fitted, folder)


def test_what_is_missing_or_damaged_is_named(fitted, tmp_path):
    with pytest.raises(BadInput, match="no such folder"):
        open_calibration(tmp_path / "nowhere")
    folder = save(fitted, tmp_path / "two")
    (folder / "posterior.parquet").write_bytes(b"not parquet")
    with pytest.raises(BadInput, match="damaged"):
        open_calibration(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(BadInput, match=r"manifest\.json"):
        open_calibration(folder)


def test_the_model_says_the_same_of_a_draw_whoever_stands_beside_it():
    scenario = resolve("as_decided")
    observed, _ = observations(2013, scenario.horizon.start)
    told = replay(scenario, observed, 64)
    z = np.random.default_rng(1).standard_normal((64, len(told.coordinates)))
    mixed = np.random.default_rng(2).permutation(64)
    one, other = told.log_likelihood(np.zeros(64, int), z), told.log_likelihood(np.zeros(64, int), z[mixed])
    np.testing.assert_array_equal(one[mixed], other)
    assert np.ptp(one) > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--particles", "100"), ("--particles", "256")),
        (("--until", "1999"), ("--until", "2009–2020")),
        (("--particles", "0", "--until", "2050"), ("--particles", "--until")),
    ],
)
def test_settings_that_cannot_be_are_refused_together(capsys, arguments, words):
    code, _, err = call(capsys, "calibrate", "as_decided", *arguments)
    assert code == 2 and "Traceback" not in err
    assert all(word in err for word in words), err


def test_the_command_tells_what_was_learned(capsys, tmp_path):
    arguments = ("--until", "2011", "--particles", "256", "--no-confirm", "-o", str(tmp_path / "c"))
    code, out, err = call(capsys, "calibrate", "as_decided", *arguments)
    assert code == 0, err
    assert "5 rows scored" in out and "prior-driven" in out and "R-hat" in out
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text("utf-8"))
    assert manifest["until"] == 2011 and manifest["worst_r_hat"] <= 1.05
