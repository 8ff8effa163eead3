"""Draws of a calibration in place of the prior's: taken as they are, refused when they mean something else."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri
from test_cli import call

from cpmodel.analysis.financing import FRICTIONS, run_pair
from cpmodel.analysis.fiscal_note import note_of
from cpmodel.axes import VARIANTS
from cpmodel.cli.notes import note_text
from cpmodel.errors import BadInput
from cpmodel.inputs.load import calibrated, load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.posterior import find_posterior
from cpmodel.inputs.project import project_root
from cpmodel.model.batches import run
from cpmodel.outlook.draws import uniforms
from cpmodel.results.outcomes import national_draws
from cpmodel.results.saved import open_run, run_and_save

DRAWS = 64
RELIEVED = pd.DataFrame(
    [(name, v, 1.0, 1.0, 2.0) for v in VARIANTS for name in ("none", *FRICTIONS, "+".join(FRICTIONS))],
    columns=["relieved", "variant", "projects", "additional", "times"],
)  # what `frictions` gives; it plays no part here


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
    words = pd.DataFrame(
        {"outcome": ["awareness"], "year": [2020], "contraction": [0.1], "word": ["prior-driven"]}
    )
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
    once = posterior.uniforms("H1", DRAWS)[name]
    np.testing.assert_allclose(np.sort(once), np.sort(uniforms(inputs.scenario.seed, name, DRAWS)), rtol=1e-9)
    twice = posterior.uniforms("H1", 2 * DRAWS)[name]
    assert np.unique(twice).size == DRAWS and (np.unique(twice, return_counts=True)[1] == 2).all()


def test_inputs_of_one_particle_stay_together(tmp_path, inputs):
    posterior = opened(write(tmp_path / "c", inputs), inputs)
    a, b = inputs.parameters.streams[:2]
    found = posterior.uniforms("H1", DRAWS)
    alone = [np.round(uniforms(inputs.scenario.seed, name, DRAWS), 9) for name in (a, b)]
    pairs = set(zip(*alone, strict=True))
    assert {(round(x, 9), round(y, 9)) for x, y in zip(found[a], found[b], strict=True)} == pairs


def test_a_posterior_that_learned_more_outreach_means_more_awareness(tmp_path, inputs):
    plain, more = (
        national_draws(found.worlds, found.outputs)
        for found in (
            run(calibrated(inputs, str(write(tmp_path / name, inputs, shift))))
            for name, shift in (("a", None), ("b", {"outreach_strength": 1.0}))
        )
    )
    last = plain["year"] == 2020
    assert (more.loc[last, "awareness"] > plain.loc[last, "awareness"]).all()
    assert (more["variant"] == plain["variant"]).all()


def test_a_fiscal_note_takes_the_draws_of_a_calibration_and_says_so(tmp_path, inputs):
    told = resolve("replay_gctf", overrides={"draws": DRAWS, "resolution": "explorer"})
    told = told.model_copy(update={"seed": inputs.scenario.seed})
    plain = load(told)
    notes = []
    for name, shift in (("a", None), ("b", {"scheme_awareness": 1.0})):
        read = calibrated(plain, str(write(tmp_path / name, plain, shift)))
        pair = run_pair(told, inputs=read)
        assert pair.worlds["H1"] is not pair.worlds["H2"]
        notes.append(note_of(told, pair, None, RELIEVED, pd.DataFrame()))
    prior = note_of(told, run_pair(told, inputs=plain), None, RELIEVED, pd.DataFrame())
    same, more = (note.totals.set_index(["variant", "figure"])["mean"] for note in notes)
    assert more["both", "projects"] > 1.3 * same["both", "projects"]
    # the prior's own draws in another order beside the same prices: means agree
    before = prior.totals.set_index(["variant", "figure"])["mean"]
    assert same["both", "projects"] == pytest.approx(before["both", "projects"], rel=0.25)
    assert notes[1].calibration == "b" and prior.calibration == "prior"
    assert "from the calibration b" in note_text(notes[1], "en") and "hiệu chỉnh b" in note_text(
        notes[1], "vi"
    )


def test_the_run_says_which_calibration_it_took(tmp_path, inputs):
    folder = write(tmp_path / "c", inputs)
    run_folder = run_and_save(inputs.scenario, tmp_path / "run", calibration=str(folder))
    told = open_run(run_folder).manifest
    assert told["calibration"]["folder"] == "c" and told["calibration"]["rows"] == 8
    assert (
        told["calibration"]["contraction"] == {"awareness 2020": 0.1}
        and told["calibration"]["informed"] == []
    )
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
