"""A run in batches of draws: the same numbers as a run in one piece, in bounded memory, by whoever does the work.

A batch carries its own draws, so a thread of this machine or a worker of a cluster gives the same bytes, and a lost
batch is simply done again. What every year holds of every group is by far the largest result; where it would crowd
the memory it is kept in a file that the system pages in as it is read.
"""

from __future__ import annotations

import mmap
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cpmodel.compute import Threads, Workers, spread
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.load import Inputs
from cpmodel.memory import free_memory, in_words, refuse_too_little_memory
from cpmodel.model import engine
from cpmodel.model import state as s
from cpmodel.model.ensemble import Ensemble, World, coefficients_of, make_offers, run_variant, worlds_of
from cpmodel.model.offers import NODES, QUADRATURE

BATCH = 16 * s.BLOCK  # draws
KEPT = 4 * BATCH  # draws whose acceptance tables are kept beside the results
TABLE = 46  # columns of the national table
IN_MEMORY = 400e6  # bytes of the sums over groups; more goes to a file


def run(
    inputs: Inputs, progress: Callable[[str], None] | None = None, workers: Workers | None = None
) -> Ensemble:
    """Run every variant of a scenario, under the prior or under the draws of a calibration.

    workers    from `compute.open_workers`; default: as many threads as this machine has cores
    """
    if progress and not engine.was_compiled():
        progress("compiling the model, for the first time on this machine")
    worlds = worlds_of(inputs)
    world = next(iter(worlds.values()))
    tasks = [(variant, first) for variant in worlds for first in range(0, world.draws, BATCH)]
    outputs: dict[str, s.Outputs] = {}
    offers: dict[str, dict[int, s.Offers]] = {variant: {} for variant in worlds}
    workers, frames = workers or Threads.every(), ({v: frame_of(one) for v, one in worlds.items()},)
    part = ""
    for done, (place, (tables, found)) in enumerate(
        spread(run_batch, Batches(worlds, tasks), workers, frames), start=1
    ):
        variant, first = tasks[place]
        if variant not in outputs:
            outputs[variant] = empty_like(found, inputs.scenario.draws)
        fill(outputs[variant], found, first)
        if tables is not None:
            offers[variant][first] = tables
        if progress and part != (part := f"{done / len(tasks):.0%}"):
            progress(f"run on {workers.where}: {part}")
    kept = {variant: joined([parts[first] for first in sorted(parts)]) for variant, parts in offers.items()}
    return Ensemble(worlds, kept, {variant: outputs[variant] for variant in worlds})  # not as they finished


def memory_of_a_batch(inputs: Inputs) -> float:
    """Return about what one batch needs at its peak [bytes]."""
    return memory_of_a_run(inputs, BATCH)


def memory_of_a_run(inputs: Inputs, draws: int) -> float:
    """Return about what a run in one piece needs at its peak [bytes]: sums over groups, tables by hurdle rate, stocks."""
    cells, scenario = inputs.cells, inputs.scenario
    years = scenario.horizon.end + 1 - int(scenario.horizon.start)
    groups = s.groups_of(s.GROUPS, len(cells.regions), len(cells.sectors))
    sums, each = years * groups * len(s.GROUP_SUMS) * 4, 4 * years * len(NODES) * 3 * 8
    return draws * (sums + (2 * 4 + QUADRATURE) * each + 7 * len(cells) * 8)


def room_of_a_run(inputs: Inputs) -> tuple[float, float]:
    """Return about what all draws of a run need to its end [bytes]: memory, and room for files that pass.

    Per draw: the world's drivers and parameters; by variant what every year holds of the nation, and its table; sums over
    groups and offices, which go to files where they would crowd the memory.
    """
    cells, scenario = inputs.cells, inputs.scenario
    years, variants = scenario.horizon.end + 1 - int(scenario.horizon.start), len(scenario.variants)
    groups = s.groups_of(s.GROUPS, len(cells.regions), len(cells.sectors))
    sums, offices = years * groups * len(s.GROUP_SUMS) * 4, years * len(cells.regions) * 8
    nation = years * 8 * (len(s.NATION_STOCKS) + len(s.YEAR_FLOWS) + 24 + 16 + 2 + TABLE)
    world = 8 * (4 * len(inputs.parameters.streams) + years * (2 + 3 * len(cells.sectors)))
    whole, draws = sums + offices, scenario.draws
    filed = draws * sums > IN_MEMORY
    each = world + variants * (nation + (0 if filed else whole))
    return float(draws * each), float(draws * variants * whole if filed else 0)


def refuse_too_large(inputs: Inputs) -> None:
    """Raise `BadInput` when this machine lacks the memory or the room on disk for all draws of a run."""
    memory, files = room_of_a_run(inputs)
    refuse_too_little_memory("this machine", free_memory(), memory, "--draws")
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if files > free:
        found = f"{in_words(files)} needed, {in_words(free)} free in {tempfile.gettempdir()}"
        why = "What every year holds of every province would fill the disk."
        fix = "Ask for fewer draws or the explorer's resolution, or name another folder in TMPDIR."
        raise BadInput(Problem("command line", "--draws", found, why, fix))


class Batches(Sequence):
    """The batches of a run, each cut from its world when it is asked for: variant, what is drawn in it, tables kept."""

    def __init__(self, worlds: dict[str, World], tasks: list[tuple[str, int]]):
        self.worlds, self.tasks = worlds, tasks

    def __len__(self) -> int:
        return len(self.tasks)

    def __getitem__(self, place: int) -> tuple[str, dict, bool]:
        variant, first = self.tasks[place]
        return variant, drawn(self.worlds[variant], first, first + BATCH), first < KEPT


def run_batch(frames: dict[str, World], batch: tuple[str, dict, bool]) -> tuple[s.Offers | None, s.Outputs]:
    """Run a batch on one thread, in the world of its variant's frame; returns its outputs, and its tables if asked."""
    variant, draws, keep = batch
    world = with_draws(frames[variant], draws)
    offers = make_offers(world, variant, threads=1)
    return offers if keep else None, run_variant(world, offers, variant, threads=1)


def drawn(world: World, first: int, last: int) -> dict:
    """Return what of a world belongs to draws `first` to `last`, or to those of them that there are."""
    part = slice(first, min(last, world.draws))

    def cut(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values[..., part])

    return {
        "draws": part.stop - first,
        "counted": min(part.stop, world.inputs.scenario.draws) - first,
        "drivers": s.Drivers(*map(cut, world.drivers)),
        "parameters": {name: cut(values) for name, values in world.parameters.items()},
        "lending_rate": cut(world.lending_rate),
        "log_prices": cut(world.log_prices),
    }


def frame_of(world: World) -> World:
    """Return the world without its draws."""
    nothing = {
        "parameters": {},
        "drivers": None,
        "coefficients": None,
        "lending_rate": None,
        "log_prices": None,
    }
    return replace(world, inputs=replace(world.inputs, posterior=None), draws=0, **nothing)


def with_draws(frame: World, draws: dict) -> World:
    """Return a frame with the draws that `drawn` returned."""
    rest = {name: values for name, values in draws.items() if name != "counted"}
    scenario = frame.inputs.scenario.model_copy(update={"draws": draws["counted"]})
    inputs = replace(frame.inputs, scenario=scenario)
    return replace(frame, inputs=inputs, coefficients=coefficients_of(draws["parameters"]), **rest)


def of_draws(world: World, last: int) -> World:
    """Return the world of the draws before `last`."""
    return world if last >= world.draws else with_draws(frame_of(world), drawn(world, 0, last))


def offers_of_draws(offers: s.Offers, last: int) -> s.Offers:
    """Return the offers of the draws before `last`."""
    return offers._replace(**{name: getattr(offers, name)[..., :last] for name in s.OFFERS_BY_DRAW})


def empty_like(part: s.Outputs, draws: int) -> s.Outputs:
    """Return outputs with room for `draws` draws, of the shapes of a part."""
    room = s.Outputs(*(np.empty((*values.shape[:-1], draws), values.dtype) for values in part))
    if room.groups.nbytes <= IN_MEMORY:
        return room
    by_sum = in_a_file(room.groups, (2, 0, 1, 3))  # each of the sums lies together, as it is read
    return room._replace(groups=by_sum, offices=in_a_file(room.offices, (0, 1, 2)))


def in_a_file(values: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Return room like `values` in a file where its axes lie in another order."""
    shape = tuple(values.shape[axis] for axis in order)
    with tempfile.TemporaryFile(prefix="cpmodel-") as file:  # gone from the folder at once, kept by the map
        return np.memmap(file, values.dtype, "w+", shape=shape).transpose(np.argsort(order))


def fill(whole: s.Outputs, part: s.Outputs, first: int) -> None:
    """Write the outputs of a batch that begins at draw `first` into the whole."""
    for target, values in zip(whole, part, strict=True):
        target[..., first : first + values.shape[-1]] = values
    release(whole)


def release(out: s.Outputs) -> None:
    """Let the system take back the memory of what is kept in files; it is read again when needed."""
    for values in out:
        if isinstance(values, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
            values._mmap.madvise(mmap.MADV_DONTNEED)


def joined(parts: list[s.Offers]) -> s.Offers:
    """Return the offers of batches side by side; what does not depend on the draw is the same in all."""
    whole = {
        name: np.concatenate([getattr(one, name) for one in parts], axis=-1) for name in s.OFFERS_BY_DRAW
    }
    return parts[0]._replace(**whole)
