"""The printing house: only what changed is printed, one failure harms no other, and no fault leaves anything half done."""

import dataclasses
import datetime as dt
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from little_press import task, write_project

from cpmodel.compute import Threads
from cpmodel.errors import BadInput, RunFailed
from cpmodel.press import build, edition, store
from cpmodel.press.batch import read_batch, schema_text
from cpmodel.press.history import History
from cpmodel.press.orders import orders, refuse_impossible
from cpmodel.press.phrases import told
from cpmodel.press.plan import next_due
from cpmodel.press.running import carry_out, ground_of, locked, plan

ROOT = Path(__file__).resolve().parents[1]
LITTLE = {"a": "first", "b": "second", "c": "third"}


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "p", LITTLE)


def actions(job) -> dict[str, str]:
    return {line.order.case: line.action for line in plan(job)[0]}


def statuses(report) -> dict[str, str]:
    return {outcome.order.split("/")[1]: outcome.status for outcome in report.outcomes}


def published(job) -> dict[str, str]:
    """Return case → the title that a reader of the current edition sees."""
    found = {}
    for order in job.orders:
        page = job.store.current / order.id / f"{order.stem}.html"
        if page.is_file():
            found[order.case] = page.read_text("utf-8").split("<title>")[1].split("</title>")[0]
    return found


def test_only_what_depends_on_a_change_is_printed_again(project):
    job = task(project, list(LITTLE))
    assert set(statuses(carry_out(job, Threads(2))).values()) == {"printed"}
    assert published(job) == LITTLE and set(actions(job).values()) == {"keep"}
    assert carry_out(job).outcomes == () and edition.numbers(job.store) == ["0001"]
    (project / "data" / "b.txt").write_text("changed", "utf-8")
    assert actions(job) == {"a": "keep", "b": "look", "c": "keep"}
    assert [told(line.why, "en") for line in plan(job)[0]][1] == "data/b.txt changed"
    report = carry_out(job)
    assert statuses(report) == {"b": "printed"} and report.edition == "0002"
    assert published(job) == LITTLE | {"b": "changed"}


def test_a_change_that_no_reader_would_see_prints_nothing(project):
    job = task(project, ["a"])
    carry_out(job)
    before = edition.current(job.store)
    (project / "data" / "a.txt").write_text("first\n\n", "utf-8")
    report = carry_out(job)
    assert statuses(report) == {"a": "kept"} and edition.current(job.store) == before
    assert actions(job) == {"a": "keep"}


def test_how_pages_look_is_printed_again_for_certain_and_said_so(project, monkeypatch):
    job = task(project, ["a"])
    carry_out(job)
    monkeypatch.setattr("cpmodel.press.fingerprints.of_fonts", lambda: "another typeface")
    (line,) = plan(job)[0]
    assert line.action == "print" and told(line.why, "en") == "fonts changed"


@pytest.mark.parametrize("where", ["decisions", "designs"])
def test_a_newer_finding_or_design_prints_again_what_shows_the_newest(project, where):
    kept = project / "reports" / where
    for name, text in (("2026-11-01_a", "old finding"), ("2026-11-02_b", "finding")):
        (kept / name).mkdir(parents=True)
        (kept / name / "manifest.json").write_text(text, "utf-8")
    notebook = project / "notebooks" / "brief_little.ipynb"
    told_last = f'max((root / "reports" / "{where}").iterdir()) / "manifest.json").read_text("utf-8"'
    cells = notebook.read_text("utf-8")
    read = 'own = (root / \\"data\\" / f\\"{case}.txt\\").read_text(\\"utf-8\\")'
    assert read in cells
    notebook.write_text(cells.replace(read, f"own = ({told_last})".replace('"', '\\"')), "utf-8")
    job = task(project, ["a"])
    carry_out(job)
    assert published(job) == {"a": "finding"} and actions(job) == {"a": "keep"}
    (kept / "2026-11-03_c").mkdir()
    (kept / "2026-11-03_c" / "manifest.json").write_text("newer finding", "utf-8")
    (line,) = plan(job)[0]
    assert line.action == "look" and told(line.why, "en") == f"reports/{where} changed"
    assert statuses(carry_out(job)) == {"a": "printed"} and published(job) == {"a": "newer finding"}


def test_one_failure_keeps_its_notebook_and_the_last_good_brief_and_the_rest_goes_on(project):
    limits = {"seconds": 3, "memory_mb": 512}
    job = task(project, list(LITTLE), limits=limits)
    carry_out(job, Threads(2))
    for case, deed in {"a": "hang", "b": "eat", "c": "die"}.items():
        (project / "data" / f"{case}.txt").write_text(deed, "utf-8")
    for case, text in {"d": "fail", "e": "fifth"}.items():
        (project / "data" / f"{case}.txt").write_text(text, "utf-8")
    job = task(project, [*LITTLE, "d", "e"], limits=limits)
    report = carry_out(job, Threads(2))
    assert statuses(report) == {"a": "failed", "b": "failed", "c": "failed", "d": "failed", "e": "printed"}
    assert published(job) == LITTLE | {"e": "fifth"}  # the last good ones stay
    assert edition.current(job.store)["older"] == ["little/a/vi", "little/b/vi", "little/c/vi"]
    told = {outcome.order.split("/")[1]: outcome for outcome in report.outcomes}
    for case, name in {
        "a": "TimeoutError",
        "b": "MemoryError",
        "c": "SIGKILL",
        "d": "the figure is missing",
    }.items():
        assert name in told[case].error
        kept = json.loads(Path(told[case].notebook).read_text("utf-8"))
        assert any(o["output_type"] == "error" for c in kept["cells"] for o in c.get("outputs", []))
    (project / "data" / "d.txt").write_text("mended", "utf-8")
    assert statuses(carry_out(dataclasses.replace(job, only=("little/d",)))) == {"d": "printed"}


@pytest.mark.parametrize("what", ["page", "manifest", "trace", "object"])
def test_a_corrupted_entry_is_made_again(project, what):
    job = task(project, ["a"])
    carry_out(job)
    order, name = job.orders[0], job.store.trace("little/a/vi")["object"]
    folder = job.store.objects / name
    if what == "object":
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    else:
        spoilt = {"page": folder / f"{order.stem}.html", "manifest": folder / "manifest.json"}
        path = spoilt.get(what, job.store.trace_file(order.id))
        path.write_bytes(path.read_bytes()[:100])
    assert actions(job) == {"a": "print"}
    assert "failed" not in statuses(carry_out(job)).values()
    assert published(job) == {"a": "first"} and not job.store.damage(name) and actions(job) == {"a": "keep"}


def test_a_spoilt_history_is_put_aside_and_loses_no_brief(project):
    job = task(project, ["a"])
    carry_out(job)
    (job.store.folder / "history.sqlite3").write_bytes(b"no database" * 100)
    assert carry_out(job).outcomes == ()
    assert (job.store.folder / "damaged_1.sqlite3").is_file()


def test_two_batches_cannot_interleave(project):
    job = task(project, ["a"])
    with locked(job.store), pytest.raises(RunFailed, match="Another batch is at work"):
        carry_out(job)
    assert statuses(carry_out(job)) == {"a": "printed"}


def test_a_target_that_cannot_be_written_leaves_nothing_behind(project, tmp_path):
    (tmp_path / "file").write_text("in the way", "utf-8")
    job = task(project, ["a"], store=store.Store(tmp_path / "file" / "deep"))
    with pytest.raises(RunFailed, match="cannot be written"):
        carry_out(job)


def test_a_full_disk_fails_the_brief_and_keeps_the_last_good_one(project, monkeypatch):
    job = task(project, ["a"])
    carry_out(job)

    def full(self, object_id, files):
        with store.staged(self.objects, object_id) as stage:
            (stage / "half").write_bytes(b"half")
            raise OSError(28, "No space left on device")

    (project / "data" / "a.txt").write_text("changed", "utf-8")
    monkeypatch.setattr("cpmodel.press.running.apart.print_apart", in_this_process)
    monkeypatch.setattr(store.Store, "put", full)
    report = carry_out(job)
    assert statuses(report) == {"a": "failed"} and "No space left" in report.outcomes[0].error
    assert published(job) == {"a": "first"} and not list(job.store.folder.glob("**/.*.*"))


def test_rendering_that_eats_memory_fails_its_brief_and_harms_no_other(project, monkeypatch):
    monkeypatch.setattr("cpmodel.press.running.apart.print_apart", in_this_process)
    html = build.RENDERERS["html"]

    def greedy(content):
        return bytes(bytearray(3 * 2**30)) if content.title[0].text == "first" else html(content)

    monkeypatch.setitem(build.RENDERERS, "html", greedy)
    limits = {"seconds": 30, "memory_mb": 1024}
    before = resource.getrlimit(resource.RLIMIT_AS)
    report = carry_out(task(project, ["a", "b"], limits=limits))
    assert statuses(report) == {"a": "failed", "b": "printed"}
    assert "limits.memory_mb" in report.failed[0].error and resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    done = (
        subprocess.run(mount, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    )
    if done is None or done.returncode:
        pytest.skip("no small disk can be mounted here (it takes root), so a really full disk was not tried")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full_loses_nothing_and_the_next_run_completes(project, small_disk):
    job = task(project, ["a", "b"], store=store.Store(small_disk / "published"))
    carry_out(task(project, ["a"], store=job.store))
    ballast = small_disk / "ballast"
    with pytest.raises(OSError), ballast.open("wb") as stream:
        while True:
            stream.write(bytes(4096))
            stream.flush()
    try:
        failed = {outcome.order: outcome.error for outcome in carry_out(job, Threads(1)).failed}
        assert "No space left" in failed["little/b/vi"]
    except RunFailed as error:  # not even the history could be written
        assert "disk" in str(error)
    assert published(job)["a"] == "first" and not list(job.store.folder.glob("**/.*.[0-9]*"))
    ballast.unlink()
    assert not carry_out(job).failed and published(job) == {"a": "first", "b": "second"}


IDLE = """
import sys; sys.path[:0] = [{tests!r}]
from pathlib import Path
from little_press import task
from cpmodel.press.running import carry_out
print(len(carry_out(task(Path({root!r}), ["a"])).outcomes), *sorted(
    {{"pandas", "jinja2", "fontTools", "typst", "papermill"}} & set(sys.modules)))
"""


def test_a_run_with_nothing_to_do_loads_nothing_that_prints_also_after_a_change_of_code(project):
    job = task(project, ["a"])
    carry_out(job)
    trace = job.store.trace("little/a/vi")
    job.store.keep_trace("little/a/vi", trace | {"parts": trace["parts"] | {"code": "what it was"}})
    store.write_json(job.store.folder / "pages.json", {"edition": "0001", "pages_from": "what they were"})
    assert [one.status for one in carry_out(job).outcomes] == ["kept"]
    told = subprocess.run([sys.executable, "-c", IDLE.format(tests=str(ROOT / "tests"), root=str(project))],
                          cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert told.stdout.split() == ["0"]


def in_this_process(job):
    """Print an order where a test can reach into it."""
    from cpmodel.press import apart

    class Pipe:
        def send(self, outcome):
            self.outcome = outcome

        def close(self):
            pass

    pipe = Pipe()
    here, home = os.getcwd(), os.environ.get("CPMODEL_HOME")
    apart._print(job, pipe)
    os.chdir(here)
    if home is None:
        del os.environ["CPMODEL_HOME"]
    return pipe.outcome


def whole(kept: store.Store) -> dict[str, int]:
    """Return object → the inode of its folder, which another printing would change."""
    found = kept.objects.iterdir() if kept.objects.is_dir() else ()
    return {path.name: path.stat().st_ino for path in found if not path.name.startswith(".")}


KILLED = """
import sys; sys.path[:0] = [{tests!r}]
from pathlib import Path
from little_press import task
from cpmodel.compute import Threads
from cpmodel.press.running import carry_out
if __name__ == "__main__":
    carry_out(task(Path({root!r}), {cases!r}), Threads(2))
"""


def test_killed_at_any_moment_a_batch_leaves_nothing_partial_and_resumes(project, tmp_path):
    cases = [f"k{number}" for number in range(6)]
    for case in cases:
        (project / "data" / f"{case}.txt").write_text(case, "utf-8")
    script = tmp_path / "killed.py"
    script.write_text(KILLED.format(tests=str(ROOT / "tests"), root=str(project), cases=cases), "utf-8")
    job, luck, made = task(project, cases), random.Random(5), {}
    for least in (0, 1, 3):  # objects there before the kill; where the rest stands is luck
        process = subprocess.Popen(
            [sys.executable, script], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        while process.poll() is None and (not job.store.folder.exists() or len(whole(job.store)) < least):
            time.sleep(0.02)
        time.sleep(luck.uniform(0, 0.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name, made_as in whole(job.store).items():
            assert not job.store.damage(name)
            assert made.setdefault(name, made_as) == made_as, "printed twice"
        if job.store.current.exists():
            assert all(
                (job.store.current / order).is_dir() for order in edition.current(job.store)["objects"]
            )
    time.sleep(0.3)  # what the killed one had forked ends with it
    carry_out(job, Threads(2))
    assert published(job) == {case: case for case in cases}
    assert set(made) <= set(whole(job.store)) and len(list(job.store.objects.iterdir())) == len(cases)


def test_a_yearly_brief_waits_for_the_next_year_and_a_clock_set_back_decides_nothing(project):
    job = task(project, ["a"], cadence="yearly", today=dt.date(2026, 11, 26))
    carry_out(job)
    (project / "data" / "a.txt").write_text("changed", "utf-8")
    line = plan(job)[0][0]
    assert line.action == "wait" and "not due before 2027-01-01" in told(line.why, "en")
    assert actions(dataclasses.replace(job, today=dt.date(2027, 1, 2))) == {"a": "look"}
    assert actions(dataclasses.replace(job, today=dt.date(2025, 3, 1))) == {"a": "look"}
    assert actions(dataclasses.replace(job, only=("little",))) == {"a": "look"}
    assert next_due("quarterly", "2026-05-09", dt.date(2026, 6, 30)) == "2026-07-01"
    assert next_due("always", "2026-05-09", dt.date(2026, 5, 9)) == ""


def test_a_changed_conclusion_is_told_and_a_mere_digit_is_not(project):
    job = task(project, ["a", "b"])
    carry_out(job)
    (project / "data" / "nation.txt").write_text("0.52", "utf-8")
    assert carry_out(job).notices == ()
    (project / "data" / "nation.txt").write_text("0.7", "utf-8")
    assert [str(notice) for notice in carry_out(job).notices] == ["Adoption: unlikely (52%) → likely (70%)"]


def test_old_editions_go_and_what_the_current_one_shows_stays(project):
    job = task(project, ["a", "b"], keep={"editions": 2, "failed": 0})
    for text in ("one", "two", "three"):
        (project / "data" / "a.txt").write_text(text, "utf-8")
        carry_out(job)
    assert edition.numbers(job.store) == ["0002", "0003"]
    assert published(job) == {"a": "three", "b": "second"}
    assert len(list(job.store.objects.iterdir())) == 3


def test_the_history_is_in_the_order_of_the_runs_whatever_the_clock_says(tmp_path, monkeypatch):
    history = History(tmp_path)
    for moment in ("2026-11-26T10:00:00Z", "2026-11-25T09:00:00Z"):
        monkeypatch.setattr("cpmodel.press.history.now", lambda moment=moment: moment)
        history.end(history.begin(), 0, "0001")
    assert [run.began for run in history.runs(5)] == ["2026-11-25T09:00:00Z", "2026-11-26T10:00:00Z"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("titel: x\nbriefs: {}", ("titel", "title")),
        ("briefs: {national: {scenario: as_decidd}}", ("as_decided",)),
        ("briefs: {natoinal: {scenario: as_decided}}", ("brief_national",)),
        (
            "briefs: {province: {scenario: as_decided, each: {province: [Hải Phongg]}}}",
            ("Hải Phongg", "Hải Phòng (31)"),
        ),
        ("briefs: {province: {scenario: as_decided, each: {run: [x]}}}", ("fills this in itself",)),
        ("briefs: {national: {scenario: as_decided, formats: [pfd]}}", ("pfd", "pdf")),
        ("limits: {seconds: 0}\nbriefs: {national: {scenario: as_decided}}", ("seconds", "at least 1")),
    ],
)
def test_a_wrong_batch_file_is_refused_with_the_remedy(tmp_path, text, words):
    path = tmp_path / "wrong.yaml"
    path.write_text(("" if text.startswith("titel") else "title: {vi: x, en: x}\n") + text, "utf-8")
    with pytest.raises(BadInput) as error:
        orders(read_batch(str(path), ROOT), ROOT, str(path))
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("name", ["Hải Phòng", "Ha\u0309i Pho\u0300ng", "hai phong", "31"])
def test_a_province_is_known_in_any_spelling(tmp_path, name):
    path = tmp_path / "one.yaml"
    text = f'title: {{vi: x, en: x}}\nbriefs: {{province: {{scenario: as_decided, each: {{province: ["{name}"]}}}}}}'
    path.write_text(text, "utf-8")
    assert {order.id for order in orders(read_batch(str(path), ROOT), ROOT, "x")} == {
        "province/31/vi",
        "province/31/en",
    }


def test_the_batches_shipped_can_be_read_and_the_published_schema_is_that_of_the_code():
    for path in (ROOT / "scenarios" / "batches").glob("*.yaml"):
        found = orders(read_batch(path.stem, ROOT), ROOT, path.stem)
        assert found
        refuse_impossible(found, ROOT, path.stem)
    assert (ROOT / "scenarios" / "batches" / "batch.schema.json").read_text("utf-8") == schema_text()


def test_another_calibration_makes_the_runs_be_looked_for_again(project):
    job = task(project, ["a"])
    batch = job.batch.model_copy(update={"calibration": "latest"})
    calibrated = dataclasses.replace(job, batch=batch)
    grounds = [ground_of(job), ground_of(calibrated)]
    (project / "reports" / "calibrations" / "2026-11-26_one").mkdir(parents=True)
    assert len({*grounds, ground_of(calibrated)}) == 3 and ground_of(job) == grounds[0]
