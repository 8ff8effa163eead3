"""Saved runs: whole or not at all, never overwritten, the same again, and opened with a word about what is missing."""

import json
import shutil

import pandas as pd
import pytest
from worlds import ROOT

from cpmodel.errors import BadInput, RunFailed
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.results import saved

SMALL = {"resolution": "explorer", "draws": 32, "variants": ["H1"]}


def scenario(name="as_decided"):
    return resolve(name, folder=ROOT / "scenarios", overrides=SMALL)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return saved.run_and_save(scenario(), tmp_path_factory.mktemp("runs") / "one")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project of its own with the data of this one, so that default folders lie in it."""
    for name in ("data", "scenarios"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("CPMODEL_HOME", str(tmp_path))
    return tmp_path


def test_a_run_folder_holds_every_file_and_opens_again(run_folder):
    assert sorted(p.name for p in run_folder.iterdir()) == sorted(saved.FILES)
    opened = saved.open_run(run_folder)
    assert opened.manifest["draws"] == 32 and opened.manifest["scenario"] == "as_decided"
    assert opened.decision.id == "decision_1419"
    assert set(opened.manifest["hashes"]) == {"scenario", "data", "parameters", "code"}
    assert set(opened.results["variant"]) == {"H1"} and len(opened.draws) == 32 * 12


def test_the_table_as_text_and_as_parquet_say_the_same(run_folder):
    text = pd.read_csv(run_folder / "results.csv", dtype={"region": str}, keep_default_na=False)
    pd.testing.assert_frame_equal(text, saved.open_run(run_folder).results, rtol=1e-12, check_dtype=False)


def test_the_resolved_scenario_of_a_run_is_that_scenario(run_folder):
    assert resolve(run_folder / "scenario.resolved.yaml", folder=ROOT / "scenarios") == scenario()


def test_the_same_seed_gives_the_same_files_to_the_byte(run_folder, tmp_path):
    again = saved.run_and_save(scenario(), tmp_path / "again")
    for name in saved.FILES[:-1]:
        assert (again / name).read_bytes() == (run_folder / name).read_bytes(), name
    one, two = (json.loads((f / "manifest.json").read_text("utf-8")) for f in (run_folder, again))
    assert {k: v for k, v in one.items() if k != "created"} == {
        k: v for k, v in two.items() if k != "created"
    }


def test_a_folder_with_something_in_it_is_refused_and_left_as_it_is(run_folder):
    before = {p.name: p.read_bytes() for p in run_folder.iterdir()}
    with pytest.raises(BadInput) as refused:
        saved.run_and_save(scenario(), run_folder)
    assert str(run_folder) in str(refused.value) and "never overwritten" in str(refused.value)
    assert {p.name: p.read_bytes() for p in run_folder.iterdir()} == before


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "results.csv").write_text("mine")
    for folder in (tmp_path / "results.csv", tmp_path / "results.csv" / "deeper"):
        with pytest.raises(BadInput) as refused:
            saved.run_and_save(scenario(), folder)
        assert "is a file" in str(refused.value)
    assert (tmp_path / "results.csv").read_text() == "mine"


def test_an_empty_folder_may_be_filled(run_folder, tmp_path):
    opened, empty = saved.open_run(run_folder), tmp_path / "empty"
    empty.mkdir()
    saved.write(empty, scenario(), opened.results, opened.draws, opened.manifest)
    assert saved.is_complete(empty)


@pytest.mark.parametrize(
    "trouble", [KeyboardInterrupt, OSError("no space left on device"), RunFailed("stopped")]
)
def test_writing_that_is_interrupted_leaves_nothing_behind(run_folder, tmp_path, monkeypatch, trouble):
    opened = saved.open_run(run_folder)

    def interrupted(*_, **__):
        raise trouble

    monkeypatch.setattr(pd.DataFrame, "to_csv", interrupted)
    with pytest.raises(BaseException) as met:
        saved.write(tmp_path / "run", scenario(), opened.results, opened.draws, opened.manifest)
    assert not isinstance(met.value, AssertionError)
    assert list(tmp_path.iterdir()) == []


def test_two_who_make_the_same_run_at_once_both_get_it(run_folder, home, monkeypatch):
    write = saved.write

    def overtaken(folder, *rest):
        shutil.copytree(run_folder, folder)
        return write(folder, *rest)

    monkeypatch.setattr(saved, "write", overtaken)
    found = saved.run_and_save(scenario())
    assert saved.is_complete(found) and [path.name for path in found.parent.iterdir()] == [found.name]


def test_a_run_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def failing(*_):
        raise RunFailed("the run broke conservation")

    monkeypatch.setattr(saved, "run", failing)
    with pytest.raises(RunFailed):
        saved.run_and_save(scenario(), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_complete_run_of_the_same_inputs_is_used_again(run_folder, home, monkeypatch):
    folder = saved.default_folder(load(scenario()))
    assert folder.parent == home / "reports" / "runs"
    folder.parent.mkdir(parents=True)
    earlier = folder.with_name("2020-01-31" + folder.name[10:])
    shutil.copytree(run_folder, earlier)
    monkeypatch.setattr(saved, "run", lambda *_: pytest.fail("it was run again"))
    assert saved.run_and_save(scenario()) == earlier


def test_any_change_of_the_inputs_changes_the_key():
    hashes = load(scenario()).hashes
    keys = {saved.run_key({**hashes, name: "0" * 64}) for name in hashes} | {saved.run_key(hashes)}
    assert len(keys) == len(hashes) + 1
    assert load(scenario("double_budget")).hashes["scenario"] != hashes["scenario"]


@pytest.mark.parametrize("name", saved.FILES)
def test_a_missing_file_is_named(run_folder, tmp_path, name):
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / name).unlink()
    with pytest.raises(BadInput) as refused:
        saved.open_run(tmp_path / "run")
    assert name in str(refused.value) and "cpmodel run" in str(refused.value)


def test_a_folder_that_does_not_exist_is_told_so(tmp_path):
    with pytest.raises(BadInput) as refused:
        saved.open_run(tmp_path / "nowhere")
    assert "no such run folder" in str(refused.value)


@pytest.mark.parametrize("name", ["results.parquet", "draws.parquet", "manifest.json"])
def test_a_damaged_file_is_named(run_folder, tmp_path, name):
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(b"not what it should be")
    with pytest.raises(BadInput) as refused:
        saved.open_run(tmp_path / "run")
    assert name in str(refused.value) and "damaged" in str(refused.value)


def test_the_latest_run_is_the_newest_complete_one_of_exactly_that_name(run_folder, home):
    runs = home / "reports" / "runs"
    runs.mkdir(parents=True)
    for day, name, created in (("2024-01-02", "as_decided_00000001", "2024-01-02T00:00:00Z"),
                               ("2024-01-01", "as_decided_00000002", "2024-05-01T00:00:00Z"),
                               ("2025-01-01", "not_as_decided_00000003", "2025-01-01T00:00:00Z"),
                               ("2026-01-01", "as_decided_00000004", "2026-01-01T00:00:00Z")):  # fmt: skip
        shutil.copytree(run_folder, runs / f"{day}_{name}")
        manifest = runs / f"{day}_{name}" / "manifest.json"
        manifest.write_text(
            json.dumps({**json.loads(manifest.read_text("utf-8")), "created": created}), "utf-8"
        )
    (runs / "2026-01-01_as_decided_00000004" / "results.csv").unlink()
    assert saved.latest_run("as_decided").name == "2024-01-01_as_decided_00000002"
    with pytest.raises(BadInput) as refused:
        saved.latest_run("decided")
    assert "cpmodel run decided" in str(refused.value)
