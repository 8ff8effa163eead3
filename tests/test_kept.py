"""What is kept between two starts: equal to what is made anew, made again when anything it depends on changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from cpmodel import kept as keeping
from cpmodel.inputs.known import load_known
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.kept import cache_folder, content_key, kept
from cpmodel.model.ensemble import make_world


@pytest.fixture()
def empty(tmp_path, monkeypatch) -> Path:
    """Let everything be kept in a folder of the test's own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_damaged_file_is_made_again(empty):
    made = []

    def make() -> list:
        made.append(1)
        return [1.5, "đồng"]

    assert kept("kind", "key", make) == kept("kind", "key", make) == [1.5, "đồng"]
    assert len(made) == 1
    (empty / "kind" / "key.kept").write_bytes(b"\x80\x05 half a file")
    assert kept("kind", "key", make) == [1.5, "đồng"]
    assert len(made) == 2
    kept("kind", "key", make).append("changed by whoever asked")
    assert kept("kind", "key", make) == [1.5, "đồng"]


def test_only_so_many_files_of_a_kind_are_kept(empty, monkeypatch):
    monkeypatch.setattr(keeping, "MOST", 3)
    for i in range(5):
        kept("kind", str(i), lambda i=i: i)
        os.utime(empty / "kind" / f"{i}.kept", (i, i))
    assert {path.stem for path in (empty / "kind").iterdir()} == {"2", "3", "4"}


def test_a_place_that_cannot_be_written_to_is_passed_over(empty, monkeypatch):
    (empty / "a-file").write_text("in the way")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(empty / "a-file"))
    assert not str(cache_folder("kind")).startswith(str(empty / "a-file"))


def test_what_another_user_could_have_written_is_not_read(empty, monkeypatch):
    kept("kind", "key", lambda: "ours")
    monkeypatch.setattr(os, "getuid", lambda: os.stat(empty).st_uid + 1)
    assert kept("kind", "key", lambda: "made") == "made"


def test_a_key_tells_content_code_and_libraries_apart(tmp_path):
    code = tmp_path / "code.py"
    code.write_text("a = 1")
    first = content_key([1.0], [code], ("numpy",))
    assert first == content_key([1.0], [code], ("numpy",))
    assert first != content_key([1.0 + 2**-52], [code], ("numpy",))
    assert first != content_key([1.0], [code], ("scipy",))
    code.write_text("a = 2")
    assert first != content_key([1.0], [code], ("numpy",))


def test_inputs_that_were_kept_make_the_same_world(empty):
    scenario = resolve("as_decided", overrides={"draws": 16, "resolution": "explorer"})
    first, again = make_world(load(scenario)), make_world(load(scenario))
    assert list((empty / "inputs").iterdir()) and list((empty / "fits").iterdir())
    for name in ("lending_rate", "log_prices", "price", "typical_rate"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert all(np.array_equal(first.parameters[name], again.parameters[name]) for name in first.parameters)
    assert all(np.array_equal(*pair) for pair in zip(first.drivers, again.drivers, strict=True))
    assert first.inputs.hashes == again.inputs.hashes


def test_inputs_take_the_scenario_that_asks_for_them(empty):
    scenario = resolve("as_decided", overrides={"draws": 16, "resolution": "explorer"})
    other = scenario.model_copy(update={"seed": scenario.seed + 1})
    first, second = load(scenario), load(other)
    assert (first.scenario, second.scenario) == (scenario, other)
    assert first.hashes["scenario"] != second.hashes["scenario"]
    assert len(list((empty / "inputs").iterdir())) == 1


def test_names_are_read_again_when_a_file_of_the_data_changes(empty, tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(project_root() / "data", root / "data")
    assert load_known(root) == load_known(root)
    assert load_known(root).sectors == load_known().sectors
    sectors = root / "data" / "sectors.csv"
    first = load_known().sectors[0]
    sectors.write_text(sectors.read_text("utf-8").replace(first, "renamed"), "utf-8")
    assert load_known(root).sectors[0] == "renamed"
    assert len(list((empty / "known").glob("*.kept"))) == 3
