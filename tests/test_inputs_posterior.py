"""Draws of a calibration in place of the prior's: taken as they are, refused when they mean something else."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri
from test_cli import call

from cpmodel.errors import BadInput
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.posterior import find_posterior
from cpmodel.inputs.project import project_root
from cpmodel.model.ensemble import run
from cpmodel.outlook.draws import uniforms
from cpmodel.results.outcomes import national_draws
from cpmodel.results.saved import open_run, run_and_save

DRAWS = 64
VARIANTS = ("H1", "H2")


@pytest.fixture(scope="module")
def inputs():
    return load(resolve("as_decided", overrides={"draws": DRAWS, "resolution": "explorer"}))


def write(folder, inputs, shift=None, **changes):
    """A calibration that is the prior's own draws, or those with one stream moved."""
    seed, streams = inputs.scenario.seed, inputs.parameters.streams
    z = pd.DataFrame({name: ndtri(uniforms(seed, name, DRAWS)) for name in streams})
    for name, by in (shift or {}).items():
        z[name] += by
    parts = [z.assign(variant=v, run=0) for v in VARIANTS]
    folder.mkdir(parents=True)
    pd.concat(parts).to_parquet(folder / "posterior.parquet", index=False)
    words = pd.DataFrame({"outcome": ["awareness"], "year": [2020], "contraction": [0.1]})
    words.to_csv(folder / "results.csv", index=False)
    manifest = {"scenario": "as_decided", "until": 2020, "rows_scored": 8, "created": "2026-11-20T08:00:00Z",
                "hashes": {"parameters": inputs.hashes["parameters"]}} | changes  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def opened(folder, inputs):
    return find_posterior(str(folder), inputs.hashes["parameters"], inputs.parameters.streams, VARIANTS)


def test_particles_are_taken_in_turn_and_each_once_before_any_twice(tmp_path, inputs):
    posterior = opened(write(tmp_path / "c", inputs), inputs)
    name = inputs.parameters.streams[0]
    once = posterior.uniforms("H1", (name,), DRAWS)[name]
    np.testing.assert_allclose(np.sort(once), np.sort(uniforms(inputs.scenario.seed, name, DRAWS)), rtol=1e-9)
    twice = posterior.uniforms("H1", (name,), 2 * DRAWS)[name]
    assert np.unique(twice).size == DRAWS and (np.unique(twice, return_counts=True)[1] == 2).all()


def test_inputs_of_one_particle_stay_together(tmp_path, inputs):
    posterior = opened(write(tmp_path / "c", inputs), inputs)
    a, b = inputs.parameters.streams[:2]
    found = posterior.uniforms("H1", (a, b), DRAWS)
    alone = [np.round(uniforms(inputs.scenario.seed, name, DRAWS), 9) for name in (a, b)]
    pairs = set(zip(*alone, strict=True))
    assert {(round(x, 9), round(y, 9)) for x, y in zip(found[a], found[b], strict=True)} == pairs


def test_a_posterior_that_learned_more_outreach_means_more_awareness(tmp_path, inputs):
    plain, more = (
        national_draws(found.worlds, found.outputs)
        for found in (
            run(inputs, posterior=opened(write(tmp_path / name, inputs, shift), inputs))
            for name, shift in (("a", None), ("b", {"outreach_strength": 1.0}))
        )
    )
    last = plain["year"] == 2020
    assert (more.loc[last, "awareness"] > plain.loc[last, "awareness"]).all()
    assert (more["variant"] == plain["variant"]).all()


def test_the_run_says_which_calibration_it_took(tmp_path, inputs):
    folder = write(tmp_path / "c", inputs)
    run_folder = run_and_save(inputs.scenario, tmp_path / "run", calibration=str(folder))
    told = open_run(run_folder).manifest
    assert told["calibration"]["folder"] == "c" and told["calibration"]["rows"] == 8
    assert told["calibration"]["contraction"] == {"awareness 2020": 0.1}
    assert "calibration" in told["hashes"]


def test_a_calibration_of_another_parameter_table_is_refused(tmp_path, inputs):
    folder = write(tmp_path / "c", inputs, hashes={"parameters": "0" * 64})
    with pytest.raises(BadInput, match=r"another edition of data/parameters\.csv"):
        opened(folder, inputs)


def test_an_input_without_draws_is_named(tmp_path, inputs):
    folder = write(tmp_path / "c", inputs)
    draws = pd.read_parquet(folder / "posterior.parquet").drop(columns=["word_of_mouth"])
    draws.to_parquet(folder / "posterior.parquet", index=False)
    with pytest.raises(BadInput, match="word_of_mouth"):
        opened(folder, inputs)


def test_a_damaged_or_missing_calibration_is_named(tmp_path, inputs):
    folder = write(tmp_path / "c", inputs)
    (folder / "posterior.parquet").write_bytes(b"no table")
    with pytest.raises(BadInput, match="damaged"):
        opened(folder, inputs)
    (folder / "results.csv").unlink()
    with pytest.raises(BadInput, match=r"results\.csv"):
        opened(folder, inputs)


def test_latest_without_any_calibration_says_what_to_do(capsys, tmp_path, monkeypatch):
    for name in ("data", "notebooks", "scenarios"):
        (tmp_path / name).symlink_to(project_root() / name)
    monkeypatch.setenv("CPMODEL_HOME", str(tmp_path))
    code, _, err = call(capsys, "run", "as_decided", "--calibration", "latest")
    assert code == 2 and "cpmodel calibrate" in err and "Traceback" not in err
    assert not (tmp_path / "reports").exists()
