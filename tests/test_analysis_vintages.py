"""Kept forecasts: unchanged for good, scored only by what came later, and their change explained step by step."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_cli import call
from test_inputs_posterior import write as calibrate_by_hand

from cpmodel.analysis.vintage_scores import scored
from cpmodel.analysis.vintages import keep, keep_published, vintage, vintages
from cpmodel.analysis.waterfall import HEADLINES, STEPS, waterfall
from cpmodel.errors import BadInput
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.press.running import _keep as keep_in_batch
from cpmodel.results.saved import run_and_save

ROOT = project_root()
SMALL = {"draws": 32, "resolution": "explorer"}


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    """A project with one run and one vintage, made once; tests get copies that they may spoil."""
    root = tmp_path_factory.mktemp("master")
    for name in ("data", "scenarios"):
        shutil.copytree(ROOT / name, root / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPMODEL_HOME", str(root))
        keep(run_and_save(present()), root, "national brief of 2026", "2026-11-24")
    return root


@pytest.fixture
def project(master, tmp_path, monkeypatch):
    shutil.copytree(master, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("CPMODEL_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept(project):
    return vintages(project)[0]


def saved(project):
    return next((project / "reports" / "runs").iterdir())


def present():
    return resolve("as_decided", overrides=SMALL)


def edited(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_vintage_keeps_run_and_inputs_and_keeping_it_again_changes_nothing(project, kept):
    assert kept.name.startswith("2026-11-24_as_decided_") and kept.card["because"] == "national brief of 2026"
    with kept.inputs() as place:
        for file in ("data/parameters.csv", "data/programme/survey_national.csv", "data/driver_models.yaml"):
            assert (place / file).read_bytes() == (project / file).read_bytes()
    before = {path.name: path.stat().st_mtime_ns for path in kept.folder.iterdir()}
    assert keep(saved(project), project).folder == kept.folder and len(vintages(project)) == 1
    assert {path.name: path.stat().st_mtime_ns for path in kept.folder.iterdir()} == before
    assert vintage("as_decided", project).name == kept.name == vintage(kept.name[-8:], project).name


def test_a_vintage_that_was_touched_is_refused(kept):
    draws = kept.folder / "draws.parquet"
    draws.write_bytes(draws.read_bytes() + b" ")
    with pytest.raises(BadInput, match="draws.parquet"):
        kept.run()


def test_a_run_whose_inputs_have_changed_can_no_longer_be_kept(project):
    edited(project / "data" / "parameters.csv", "0.005", "0.006")
    with pytest.raises(BadInput, match="parameters have changed"):
        keep(saved(project), project)


@pytest.fixture
def note(project):
    """A folder that says it is a fiscal note: the files are those of a run."""
    folder = project / "reports" / "notes" / "2026-11-24_as_decided_0a0a0a0a"
    shutil.copytree(saved(project), folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["hashes"]["note"] = "of its settings"
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_what_goes_out_is_kept_run_or_note_and_the_note_stands_behind_the_run(project, kept, note):
    found = keep_published([saved(project), note, note], project, "monthly, edition 0003")
    assert [one.kind for one in found] == ["run", "fiscal note"] and found[0].name == kept.name
    assert vintage("as_decided", project).kind == "run" and vintage("0a0a0a0a", project).kind == "fiscal note"
    told = scored(found[1], project)
    assert told.rows.empty and "no observation answers" in told.left_out[0]
    with pytest.raises(BadInput, match="Only the change of a run"):
        waterfall(found[1], present(), project, 32)


def test_an_edition_of_a_batch_keeps_what_its_briefs_were_printed_from(project, note):
    shutil.rmtree(project / "reports" / "vintages")
    lines = [
        SimpleNamespace(order=SimpleNamespace(id=name, scenarios=("as_decided",))) for name in ("good", "bad")
    ]
    folders = {"good": saved(project), "bad": note}
    around = SimpleNamespace(folder=lambda order, scenario: folders[order.id])
    outcomes = [
        SimpleNamespace(order="good", status="printed"),
        SimpleNamespace(order="bad", status="failed"),
    ]
    told = []
    keeps = SimpleNamespace(
        keep=lambda *what: [one.name for one in keep_published(what[0], project, what[1])]
    )
    task = SimpleNamespace(prepare=keeps, name="monthly", say=told.append)
    keep_in_batch(task, lines, outcomes, around, "0001")
    (one,) = vintages(project)
    assert one.kind == "run" and one.card["because"] == "monthly, edition 0001" and one.name in told[0]
    edited(project / "data" / "parameters.csv", "\n", " \n")
    keep_in_batch(task, lines, outcomes, around, "0002")
    assert "not kept" in told[1] and len(vintages(project)) == 1


def test_without_a_change_every_step_is_zero(project, kept):
    steps = waterfall(kept, present(), project, 32)
    assert set(steps["outcome"]) == set(HEADLINES)
    assert (steps[list(STEPS)].abs() < 1e-12).all(axis=None) and np.allclose(steps["then"], steps["now"])


def test_steps_add_up_and_each_cause_shows_in_its_own(project, kept):
    data = project / "data"
    table = pd.read_csv(data / "parameters.csv", dtype=str, keep_default_na=False)
    row = table.index[table["name"] == "word_of_mouth"][0]
    for column in ("low", "median", "high"):
        table.loc[row, column] = str(round(float(table.loc[row, column]) * 1.3, 6))
    table.to_csv(data / "parameters.csv", index=False, lineterminator="\n")
    only = waterfall(kept, present(), project, 32)
    assert only[["model version", "data", "drivers", "scenario"]].abs().max(axis=None) < 1e-12
    assert (only.loc[(only["outcome"] == "awareness") & (only["year"] == 2020), "parameters"] > 0.001).all()
    edited(data / "background" / "macro.csv", "lending_rate,2015,7.1175", "lending_rate,2015,12.1175")
    both = waterfall(kept, present(), project, 32)
    assert both["drivers"].abs().max() > 1e-6 and both["data"].abs().max() < 1e-12
    total = both["now"] - both["then"]
    assert np.allclose(both[list(STEPS)].sum(axis=1), total, atol=1e-12)


def calibration(project, day, shift=None):
    return calibrate_by_hand(
        project / "reports" / "calibrations" / f"{day}_as_decided",
        load(present()),
        shift,
        created=f"{day}T08:00:00Z",
    )


def test_the_change_of_a_calibrated_vintage_is_split_and_a_new_calibration_shows_in_the_parameters(project):
    first = calibration(project, "2026-11-20")
    one = keep(run_and_save(present(), calibration=str(first)), project, "calibrated", "2026-11-25")
    assert one.calibration and "calibration/posterior.parquet" in one.card["files"]
    still = waterfall(one, present(), project)
    assert np.allclose(still[list(STEPS)], 0.0) and np.allclose(still["then"], still["now"])
    calibration(project, "2026-12-20", {"outreach_strength": 1.0})
    steps = waterfall(one, present(), project).set_index(["outcome", "year"])
    assert np.allclose(steps[list(STEPS)].sum(axis=1), steps["now"] - steps["then"])
    last = steps.loc[("awareness", 2020)]
    assert last["parameters"] > 0.01 and last[["data", "drivers", "model version"]].abs().max() < 1e-12
    (one.folder / "calibration" / "posterior.parquet").write_bytes(b"other draws")
    with pytest.raises(BadInput, match="posterior"):
        one.run()


def test_a_calibration_that_is_gone_when_a_run_is_kept_leaves_its_change_unsplit(project):
    made = calibration(project, "2026-11-20")
    folder = run_and_save(present(), calibration=str(made))
    shutil.rmtree(made)
    one = keep(folder, project, "calibrated", "2026-11-25")
    assert one.calibration is None
    with pytest.raises(BadInput, match="gone when it was kept"):
        waterfall(one, present(), project)


def test_scenarios_of_other_draws_are_not_paired(project, kept):
    with pytest.raises(BadInput, match="paired"):
        waterfall(kept, resolve("as_decided", overrides=SMALL | {"resolution": "full"}), project, 32)


def test_only_what_came_after_a_vintage_scores_it(project, kept):
    before = scored(kept, project)
    assert before.rows.empty and before.left_out == ()  # what was known then is not even looked at
    data = project / "data"
    with (data / "programme" / "survey_national.csv").open("a", encoding="utf-8") as text:
        text.write("NAT020,share_aware_of_cp,47,,percent,exact,2020,2020,2020,Viet Nam,,900,industrial establishments,"
                   "VNA_DANANG_2020,reported_official,A,,made up for a test\n")  # fmt: skip
        text.write("NAT021,share_applying_cp,30,,percent,exact,2020,2020,2020,Viet Nam,,,industrial establishments,"
                   "VNA_DANANG_2020,reported_official,A,,made up for a test\n")  # fmt: skip
    with (data / "background" / "macro.csv").open("a", encoding="utf-8") as text:
        text.write(
            "lending_rate,2024,7.9,percent/year,,Viet Nam,WB_WDI,international_org,A,,made up for a test\n"
        )
    found = scored(kept, project)
    rows = found.rows.set_index("what")
    assert set(rows.index) == {"awareness", "lending_rate"} and not found.scoreable
    assert rows.at["awareness", "observed"] == pytest.approx(0.47) and 0 < rows.at["awareness", "pit"] < 1
    assert rows.at["lending_rate", "p10"] < 0.079 < rows.at["lending_rate", "p90"]
    (left_out,) = found.left_out
    assert "NAT021" in left_out and "sample size" in left_out
    again = scored(kept, project)
    pd.testing.assert_frame_equal(found.rows, again.rows)


def test_offices_are_forecast_as_a_number_of_offices(project, kept):
    with (project / "data" / "programme" / "survey_national.csv").open("a", encoding="utf-8") as text:
        text.write("NAT020,share_doit_able_to_advise_on_cp,71.42857,,percent,exact,2020,2020,2020,Viet Nam,,63,"
                   "Departments of Industry and Trade,VNA_DANANG_2020,reported_official,A,,made up\n")  # fmt: skip
    row = scored(kept, project).rows.iloc[0]
    expected = kept.run().draws.query("year == 2020")["office_capacity"].median()
    assert row["observed"] == 45 and row["p50"] == pytest.approx(expected, abs=4) and row["p90"] <= 63


def test_what_arrives_later_does_not_reach_back_into_the_forecast(project, kept):
    """The 2024 rate is forecast from the archived series: a figure of 2025 beside it changes nothing."""
    macro = project / "data" / "background" / "macro.csv"
    line = "lending_rate,{},{},percent/year,,Viet Nam,WB_WDI,international_org,A,,made up for a test\n"
    with macro.open("a", encoding="utf-8") as text:
        text.write(line.format(2024, 7.9))
    first = scored(kept, project).rows.iloc[0]
    with macro.open("a", encoding="utf-8") as text:
        text.write(line.format(2025, 30.0))
    assert scored(kept, project).rows.iloc[0].equals(first)


def test_the_commands_list_keep_explain_and_score(project, capsys):
    shutil.rmtree(project / "reports" / "vintages")
    code, _, err = call(capsys, "vintages")
    assert code == 0 and "No vintage is kept" in err
    code, out, _ = call(
        capsys,
        "vintages",
        "keep",
        "as_decided",
        "--because",
        "brief",
        "--draws",
        "32",
        "--resolution",
        "explorer",
    )
    assert code == 0 and "vintages" in out
    code, out, _ = call(capsys, "vintages")
    assert code == 0 and "as_decided" in out and "prior" in out
    code, out, _ = call(capsys, "vintages", "explain", "as_decided", "--draws", "32", "--year", "2020")
    assert code == 0 and "awareness" in out and "drivers" in out
    code, out, _ = call(capsys, "score")
    assert code == 0 and "No actual has arrived" in out
    code, out, _ = call(capsys, "score", "as_decided", "--json")
    assert code == 0 and json.loads(out) == []
    code, _, err = call(capsys, "score", "as_decded")
    assert code == 2 and "as_decided" in err
