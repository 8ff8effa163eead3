"""Briefs: the printing house beside a plain loop of papermill commands, on the same run, in one go.

    python benchmarks/briefs.py [--provinces 63]

The loop only runs the notebooks, one command after the other, on a sample (`--sample`); the batch runs them, prints four
formats of each, seals, compares and publishes. So the ratio flatters the loop. Everything is written into a passing folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row
from cpmodel.compute import Threads
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.press.batch import Batch
from cpmodel.press.cases import known_cases
from cpmodel.press.orders import orders
from cpmodel.press.running import Task, carry_out, plan
from cpmodel.press.store import Store
from cpmodel.results.saved import run_and_save

FORMATS = ("html", "pdf", "docx", "xlsx")


class OneRun:
    """The run of the benchmark, whatever is asked for."""

    def __init__(self, run: Path) -> None:
        self.run = run

    def find(self, kind: str, scenario: str) -> Path:
        """Return the run."""
        return self.run

    make = find

    def keep(self, folders: Sequence[Path], because: str) -> tuple[str, ...]:
        """Keep nothing: a benchmark publishes no forecast."""
        return ()


def rows(quick: bool = False) -> list[Row]:
    """Seconds a brief and a batch, and the ratio to a loop of papermill commands."""
    told = measure(4, 2) if quick else measure()
    return [Row("briefs", one["note"], one["name"], one["value"], one["unit"]) for one in told]


def measure(provinces: int = 12, sample: int = 4, draws: int = 64, jobs: int | None = None) -> list[dict]:
    """Return rows of (name, value, unit, note)."""
    jobs = jobs or os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        run = run_and_save(resolve("as_decided", overrides={"draws": draws}), Path(folder) / "run")
        job = _task(run, Path(folder) / "store", provinces)
        loop = _timed(lambda: [_papermill(run, order, Path(folder)) for order in job.orders[:sample]])
        whole = _timed(lambda: _without_failures(job, jobs))
        again = _timed(lambda: _without_failures(job, jobs))
        only_plan = _timed(lambda: plan(job))
    briefs = len(job.orders)
    each, ours = loop / min(sample, briefs), whole / briefs
    return [
        _row("papermill command, a brief", each, "s", f"notebook only, mean of {min(sample, briefs)}"),
        _row(
            "batch, a brief",
            ours,
            "s",
            f"with {', '.join(FORMATS)}; mean of {briefs}, {jobs} at a time, start included",
        ),
        _row("papermill loop / batch", each / ours, "ratio", "3 or more is the goal"),
        _row("batch of 126 provincial briefs", ours * 126, "s", f"from {briefs}; at most 300 is the goal"),
        _row(
            "batch with nothing to do",
            again,
            "s",
            f"{briefs} briefs, every file hashed again; at most 1 is the goal",
        ),
        _row("plan", only_plan, "s", f"{briefs} briefs"),
    ]


def _task(run: Path, store: Path, provinces: int) -> Task:
    root = project_root()
    cases = (known_cases("province", {}, root) or [])[:provinces]
    batch = Batch.model_validate({
        "title": {"vi": "x", "en": "x"}, "formats": FORMATS,
        "briefs": {"province": {"scenario": "as_decided", "each": {"province": cases}}},
    })  # fmt: skip
    found = orders(batch, root, "benchmark")
    return Task(
        name="benchmark", batch=batch, orders=found, root=root, store=Store(store), prepare=OneRun(run)
    )


def _papermill(run: Path, order, folder: Path) -> None:
    given = {"run": str(run), "language": order.language, **order.parameters}
    parameters = [part for name, value in given.items() for part in ("-r", name, str(value))]
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        str(order.notebook),
        str(folder / "out.ipynb"),
    ]
    subprocess.run([*command, *parameters], check=True, capture_output=True)


def _without_failures(job: Task, jobs: int) -> None:
    failed = carry_out(job, Threads(jobs)).failed
    if failed:
        raise SystemExit(f"{failed[0].order}: {failed[0].error}")


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _row(name: str, value: float, unit: str, note: str) -> dict:
    return {"name": name, "value": round(value, 3), "unit": unit, "note": note}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--provinces", type=int, default=12)
    asked.add_argument("--sample", type=int, default=4)
    given = asked.parse_args()
    print(json.dumps(measure(given.provinces, given.sample), indent=1))
