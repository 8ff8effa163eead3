"""Which briefs a change of the run's cells reaches: real notebooks over made-up runs; the same on a cluster."""

import dataclasses
import json

import pandas as pd
import pytest
from little_press import task, write_project
from synthetic_run import write_run

from cpmodel.compute import open_workers
from cpmodel.content import Key
from cpmodel.inputs.project import project_root
from cpmodel.press.batch import Batch
from cpmodel.press.orders import orders
from cpmodel.press.phrases import told
from cpmodel.press.plan import DUE
from cpmodel.press.running import Task, carry_out, plan
from cpmodel.press.store import Store
from cpmodel.results.cells import INDEX

CASES = ("31", "48")


class Runs:
    """A preparer with one run, which a test exchanges for another."""

    def __init__(self, run):
        self.run = run

    def find(self, kind, scenario):
        return None if kind == "emulator" else self.run

    make = find

    def keep(self, folders, because):
        return []


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A batch that has printed the national brief and two provinces, in English, from a made-up run."""
    root = tmp_path_factory.mktemp("cells")
    for name in ("data", "notebooks", "scenarios"):
        (root / name).symlink_to(project_root() / name)
    batch = Batch.model_validate({
        "title": {"vi": "x", "en": "x"}, "languages": ["en"], "formats": ["html"],
        "briefs": {
            "national": {"scenario": "as_decided"},
            "province": {"scenario": "as_decided", "each": {"province": list(CASES)}},
        },
    })  # fmt: skip
    run = write_run(root / "reports" / "runs" / "2026-11-20_as_decided_0123abcd")
    found = Task(
        name="cells", batch=batch, orders=orders(batch, root, "x"), root=root, prepare=Runs(run),
        store=Store(root / "reports" / "published" / "cells"),
    )  # fmt: skip
    report = carry_out(found)
    assert not report.failed, report.failed
    return found


def with_run(job, name, change):
    """Return the batch with another run in place of the first: the same table but for `change`, under another name."""
    old = job.prepare.run
    folder = old.with_name(name)
    folder.mkdir()
    for path in old.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    table = pd.read_parquet(folder / "results.parquet")
    change(table)
    table.to_parquet(folder / "results.parquet", index=False)
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    told["hashes"]["data"] = "e" * 64
    (folder / "manifest.json").write_text(json.dumps(told), "utf-8")
    (job.store.folder / "prepared.json").unlink(missing_ok=True)
    return dataclasses.replace(job, prepare=Runs(folder))


def reasons(job):
    return {line.order.brief: told(line.why, "en") for line in plan(job)[0] if line.action in DUE}


def scaled(factor, **where):
    def change(table):
        rows = pd.concat([table[column] == value for column, value in where.items()], axis=1).all(axis=1)
        assert rows.any()
        table.loc[rows, "value"] *= factor

    return change


def test_a_new_run_with_the_same_cells_prints_nothing(job):
    assert reasons(with_run(job, "2026-11-21_as_decided_11111111", lambda table: None)) == {}


def test_a_change_in_one_province_reaches_that_province_and_who_looks_at_it_only(job):
    changed = with_run(job, "2026-11-22_as_decided_22222222", scaled(1.3, region="48", outcome="awareness"))
    why = reasons(changed)
    assert "province/48" in why and "province/31" not in why
    assert "48 · all · all · awareness" in why["province/48"]
    kept = [line for line in plan(changed)[0] if line.action == "keep"]
    before = {line.order.id: line.object for line in kept}
    report = carry_out(changed)
    assert {outcome.order.rpartition("/")[0] for outcome in report.outcomes} == set(why)
    assert all(job.store.trace(order)["object"] == name for order, name in before.items())


def test_every_printed_cell_was_noted_as_read_and_others_too(job):
    trace = job.store.trace("national/en")
    reads = {tuple(read) for read in trace["reads"]}
    manifest = job.store.manifest(trace["object"])
    keys = [Key.model_validate(key) for number in manifest["numbers"] for key in number.get("keys", [])]
    printed = {tuple(getattr(key, name) for name in INDEX) for key in keys if not key.base}
    assert len(printed) > 50 and printed <= reads and reads - printed


def test_a_cluster_prints_the_same_objects_as_this_machine(tmp_path):
    pytest.importorskip("distributed")
    cases = {"a": "first", "b": "second", "c": "fail"}
    here = task(write_project(tmp_path / "p", cases), list(cases))
    there = dataclasses.replace(here, store=Store(tmp_path / "cluster"))
    carry_out(here)
    with open_workers("local", 1) as workers:
        report = carry_out(there, workers)
    assert {outcome.order: outcome.status for outcome in report.outcomes} == {
        "little/a/vi": "printed", "little/b/vi": "printed", "little/c/vi": "failed"
    }  # fmt: skip
    one, other = ({path.name for path in job.store.objects.iterdir()} for job in (here, there))
    assert one == other and all(not there.store.damage(name) for name in other)
