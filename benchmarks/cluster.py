"""What a cluster costs and brings: its start, a task, the bytes of a batch, a run on it beside threads; and large cells.

The cluster is a local one, so bytes travel over the loopback of this machine; a network adds its own time for them.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.kernel import first_cells
from benchmarks.measure import Row, side_by_side
from cpmodel.compute import Threads, open_workers, spread
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import batches, engine
from cpmodel.model.ensemble import worlds_of
from cpmodel.results.saved import run_and_save

WORKERS = 2
DRAWS = (512, 2048)
FULL = 1512  # cells of the country by province
FINER = (1, 52)  # times as many cells: provinces, and about as many as there are communes


def rows(quick: bool = False) -> list[Row]:
    """Seconds, milliseconds and megabytes; runs are of both variants at full resolution."""
    draws = DRAWS[:1] if quick else DRAWS
    started = time.perf_counter()
    with open_workers("local", WORKERS) as workers:
        found = [_row("a local cluster", f"start, {WORKERS} workers", time.perf_counter() - started, "s")]
        batch, result = _of_a_batch(_inputs(batches.BATCH))
        found += batch + _of_a_task(workers, result)
        for number in draws:
            found += _of_a_run(workers, number)
        most = max(workers.client.run(_most_memory).values())
        found.append(_row("a local cluster", "most memory of a worker of one thread", most, "MiB"))
    return found + _of_many_cells(16 if quick else 32)


def _row(case: str, who: str, value: float, unit: str) -> Row:
    return Row("cluster", case, who, value, unit)


def _inputs(draws: int) -> Inputs:
    return load(resolve("as_decided", overrides={"draws": draws, "resolution": "full"}))


def _of_a_batch(inputs: Inputs) -> tuple[list[Row], int]:
    """What is sent and brought back, and processor time; with the bytes that come back."""
    worlds = worlds_of(inputs)
    frames = {variant: batches.frame_of(world) for variant, world in worlds.items()}
    tasks = {v: (v, batches.drawn(world, 0, batches.BATCH), False) for v, world in worlds.items()}
    times = side_by_side(
        {v: lambda task=task: batches.run_batch(frames, task) for v, task in tasks.items()}, repeats=3
    )
    task = next(iter(tasks.values()))
    result = len(pickle.dumps(batches.run_batch(frames, task)))
    sizes = {"shared": len(pickle.dumps(frames)), "sent": len(pickle.dumps(task)), "brought back": result}
    case = f"a batch of {batches.BATCH} draws, {len(inputs.cells)} cells"
    found = [_row(case, who, size / 1e6, "MB") for who, size in sizes.items()]
    return found + [_row(case, f"processor, {v}", seconds, "s") for v, seconds in times.items()], result


def _of_a_task(workers, size: int) -> list[Row]:
    """Elapsed time of a task that does nothing, and of one that brings back what a batch does."""
    times = side_by_side({
        "that does nothing": lambda: list(spread(_zeros, [1] * 100, workers)),
        f"that brings back {size / 1e6:.0f} MB": lambda: list(spread(_zeros, [size] * 100, workers)),
    }, repeats=3, clock=time.perf_counter)  # fmt: skip
    return [_row("a task", who, 1e3 * seconds / 100, "ms") for who, seconds in times.items()]


def _of_a_run(workers, draws: int) -> list[Row]:
    """The same run on threads and on as many workers: elapsed and processor time; and what this machine does after it."""
    inputs = _inputs(draws)
    here, there = f"{WORKERS} threads", f"{WORKERS} workers"
    who = {here: Threads(WORKERS), there: workers}
    elapsed = side_by_side(
        {name: lambda one=one: batches.run(inputs, None, one) for name, one in who.items()},
        repeats=3, clock=time.perf_counter,
    )  # fmt: skip
    case = f"national, both variants, {draws} draws"
    found = [_row(case, f"{name}, elapsed", seconds, "s") for name, seconds in elapsed.items()]
    for name, one in who.items():
        before, there_before = time.process_time(), _worked(workers)
        batches.run(inputs, None, one)
        found.append(_row(case, f"{name}, processor of who asks", time.process_time() - before, "s"))
        if one is workers:
            found.append(_row(case, f"{name}, processor of theirs", _worked(workers) - there_before, "s"))
    return [*found, _row(case, "after it, on one machine, processor", _after_a_run(inputs), "s")]


def _worked(workers) -> float:
    """Processor time of all workers until now."""
    return sum(workers.client.run(time.process_time).values())


def _after_a_run(inputs: Inputs) -> float:
    """Processor time of bands, odds, sources of spread and files, when the draws are there."""
    reached = {}
    with tempfile.TemporaryDirectory() as folder:
        told = lambda what: reached.setdefault(what, time.process_time())  # noqa: E731
        run_and_save(inputs.scenario, Path(folder) / "run", told)
        return time.process_time() - reached["results"]


def _of_many_cells(draws: int, cells: int = FULL, finer: tuple[int, ...] = FINER) -> list[Row]:
    """Processor time of a cell in one stage of one step of one draw, when the cells are many."""
    layout, clock, spending, offers, drivers, coefficients, opening, years = first_cells(cells, draws)
    found = []
    for times in finer:
        keep = np.repeat(np.arange(cells), times)
        parts = layout._replace(
            region=layout.region[keep], sector=layout.sector[keep], size=layout.size[keep],
            establishments=layout.establishments[keep] / times, energy_use=layout.energy_use[keep] / times,
        )  # fmt: skip
        case = (
            parts, clock, spending, offers._replace(eligible=offers.eligible.take(keep, 1)), drivers, coefficients,
            (opening[0].take(keep, 1), *opening[1:]), years,
        )  # fmt: skip
        seconds = side_by_side({"": lambda case=case: engine.run(*case, threads=1)}, repeats=2)[""]
        work = len(keep) * 3 * len(clock.step) * draws
        found.append(_row(f"{len(keep)} cells", "engine", 1e9 * seconds / work, "ns a cell, stage and draw"))
    return found


def _zeros(size: int) -> np.ndarray:
    return np.zeros(size, np.uint8)


def _most_memory() -> float:
    """Return the most memory of this process [MiB]; `getrusage` counts that of whoever started it too."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) / 1024
