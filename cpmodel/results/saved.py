"""Run folders: written whole or not at all, never overwritten, opened with a clear error when something is missing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

import cpmodel
from cpmodel.compute import open_workers, threads_for
from cpmodel.errors import BadInput, Problem, nearest, problems_of
from cpmodel.inputs.decisions import load_decision
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.posterior import Posterior
from cpmodel.inputs.project import project_root
from cpmodel.inputs.scenario import SCHEMA_LINE, Scenario
from cpmodel.model.batches import memory_of_a_batch, refuse_too_large, run
from cpmodel.model.ensemble import Ensemble
from cpmodel.results.contributions import contribution_rows
from cpmodel.results.local_levers import lever_rows
from cpmodel.results.outcomes import long_table, national_draws
from cpmodel.results.provinces import province_rows
from cpmodel.results.targets import target_rows
from cpmodel.results.uncertainty import informed_rows, uncertainty_rows

FILES = ("scenario.resolved.yaml", "results.parquet", "results.csv", "draws.parquet", "manifest.json")


@dataclass(frozen=True)
class Run:
    """A saved run: the long table, the national draws and the manifest."""

    folder: Path
    results: pd.DataFrame
    draws: pd.DataFrame
    manifest: dict

    @property
    def decision(self):
        """The Decision whose targets the run is held against; None where no Decision has its horizon."""
        name = self.manifest["yardstick"]
        return None if name == "none" else load_decision(name)


def run_and_save(
    scenario: Scenario, into: Path | None = None, progress: Callable[[str], None] | None = None,
    calibration: str | None = None, scheduler: str | None = None, say: Callable[[str], None] = lambda text: None,
) -> Path:  # fmt: skip
    """Run a scenario and write its folder; returns the folder, which may exist already with the same content.

    into           the folder to write; by default reports/runs/<UTC date>_<scenario>_<hash8>
    calibration    folder of a calibration whose draws the run takes, or `latest`; None for the prior's
    scheduler, say    who does the work, and who is told of it, see `compute.open_workers`
    """
    inputs = load(scenario, calibration=calibration)
    folder = Path(into) if into else default_folder(inputs)
    if is_complete(folder) and into is None:
        return folder
    refuse_taken(folder)
    refuse_too_little(inputs, scheduler)
    with open_workers(scheduler, memory=memory_of_a_batch(inputs), say=say) as workers:
        parts, draws = _told(inputs, run(inputs, progress, workers), progress or (lambda what: None))
    table = pd.concat(parts, ignore_index=True)
    del parts
    manifest = manifest_of(inputs)
    try:
        return write(folder, inputs.scenario, table, draws, manifest)
    except OSError:
        if into is None and is_complete(folder):  # another process has made the same run meanwhile
            return folder
        raise


def _told(
    inputs: Inputs, ensemble: Ensemble, progress: Callable[[str], None]
) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """Return the parts of the long table, and the national draws; the ensemble, the largest of all, is then let go."""
    progress("results")
    worlds, found = ensemble.worlds, ensemble.outputs
    draws = national_draws(worlds, found)
    parts = [long_table(worlds, found), contribution_rows(inputs, ensemble.offers)]
    parts += [province_rows(worlds, found), lever_rows(worlds, ensemble.offers, found)]
    parts += [uncertainty_rows(inputs), informed_rows(inputs)]
    parts += [target_rows(worlds, found, draws, inputs.yardstick)] if inputs.yardstick is not None else []
    return [part for part in parts if len(part)], draws


def refuse_too_little(inputs: Inputs, scheduler: str | None = None) -> None:
    """Raise `BadInput` with all that this machine lacks for a run: room for its draws, memory for its own threads."""
    found = [*problems_of(lambda: refuse_too_large(inputs))]
    if scheduler is None:
        found += problems_of(lambda: threads_for(None, memory_of_a_batch(inputs)))
    if found:
        raise BadInput(found)


def refuse_taken(folder: Path) -> None:
    """Raise `BadInput` when a run cannot be written to `folder`: something is there, or a file in the way."""
    fix = "Choose another folder."
    blocked = next((p for p in (folder, *folder.parents) if p.exists() and not p.is_dir()), None)
    if blocked is not None:
        why = f"`{blocked}` is a file; a run needs a folder."
        raise BadInput(Problem(str(folder), "folder", "it is a file, or lies in one", why, fix))
    if folder.exists() and any(folder.iterdir()):
        why = "Run folders are never overwritten."
        raise BadInput(Problem(str(folder), "folder", "it is not empty", why, fix))


def write(
    folder: Path, scenario: Scenario, table: pd.DataFrame, draws: pd.DataFrame, manifest: dict,
    texts: Mapping[str, str] | None = None,
) -> Path:  # fmt: skip
    """Write the files of a run, all or none. texts    other files by their path in the folder, if there are any"""
    with written_whole(folder) as stage:
        (stage / FILES[0]).write_text(SCHEMA_LINE + scenario.to_yaml(), "utf-8")
        table.to_parquet(stage / FILES[1], index=False)
        table.to_csv(stage / FILES[2], index=False, lineterminator="\n")
        draws.to_parquet(stage / FILES[3], index=False)
        (stage / FILES[4]).write_text(json_text(manifest), "utf-8")
        for name, text in (texts or {}).items():
            (stage / name).parent.mkdir(exist_ok=True)
            (stage / name).write_text(text, "utf-8")
    return folder


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Yield a folder beside `folder` to write into; it takes its place at once, or leaves nothing behind."""
    stage = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    try:
        yield stage
        if folder.exists():
            folder.rmdir()
        os.replace(stage, folder)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def json_text(value: dict) -> str:
    """Return the text of a manifest: keys sorted, letters as they are."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


def manifest_of(inputs: Inputs) -> dict:
    """Return what a reader needs to repeat the run: hashes, seed, versions, and what was assumed."""
    scenario = inputs.scenario
    return {
        "scenario": scenario.name,
        "title": {"vi": scenario.title.vi, "en": scenario.title.en},
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpmodel_version": cpmodel.__version__,
        "seed": scenario.seed,
        "draws": scenario.draws,
        "variants": list(scenario.variants),
        "resolution": scenario.resolution,
        "hashes": inputs.hashes,
        "data_edition": inputs.edition["edition"],
        "data_date": str(inputs.edition["date"]),
        "decision": scenario.strategy,
        "yardstick": inputs.yardstick.id if inputs.yardstick is not None else "none",
        "budgets_status": scenario.budgets.status,
        "calibration": _told_of(inputs.posterior) if inputs.posterior else "prior",
        "notes": [],
    }


def _told_of(posterior: Posterior) -> dict:
    """Return what a brief must say of a calibration; contraction near 0 means that the prior still decides."""
    return {
        "folder": posterior.name,
        "scenario": posterior.scenario,
        "until": posterior.until,
        "rows": posterior.rows,
        "contraction": posterior.words,
        "informed": list(posterior.informed),
    }


def run_key(hashes: dict[str, str]) -> str:
    """Return eight characters that stand for everything a run depends on."""
    import hashlib

    return hashlib.sha256("".join(hashes[name] for name in sorted(hashes)).encode()).hexdigest()[:8]


def default_folder(inputs: Inputs, under: str = "runs") -> Path:
    """Return the folder of this run: an existing one with the same key, whatever its date, or today's.

    under    the folder of all of its kind, below reports
    """
    runs = project_root() / "reports" / under
    tail = f"_{inputs.scenario.name}_{run_key(inputs.hashes)}"
    same = sorted(runs.glob(f"????-??-??{tail}"))
    return same[-1] if same else runs / f"{datetime.now(UTC):%Y-%m-%d}{tail}"


def is_complete(folder: Path) -> bool:
    """True when a folder holds every file of a run."""
    return all((folder / name).is_file() for name in FILES)


def open_run(folder: str | Path) -> Run:
    """Open a run folder; raises `BadInput` naming every file that is missing."""
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        why = "This is not a complete run folder." if folder.is_dir() else "There is no such run folder."
        fix = "Make it with `cpmodel run SCENARIO`, or name another folder."
        raise BadInput(Problem(str(folder), "run", "missing: " + ", ".join(missing), why, fix))
    damaged = []
    found = {}
    for name in (FILES[1], FILES[3], FILES[4]):
        path = folder / name
        try:
            is_table = path.suffix == ".parquet"
            found[name] = pd.read_parquet(path) if is_table else json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:  # pyarrow's and json's errors are ValueErrors
            fix = "Delete the folder and run again."
            damaged.append(Problem(str(folder), name, str(error), "This file is damaged.", fix))
    if damaged:
        raise BadInput(damaged)
    return Run(folder, *(found[name] for name in (FILES[1], FILES[3], FILES[4])))


def latest_run(scenario: str, runs: Path | None = None, made_by: str = "cpmodel run {}") -> Path:
    """Return the newest complete run of a scenario; raises `BadInput` when there is none.

    runs    the folder of all runs; by default reports/runs   made_by    the command that the error names
    """
    runs = runs or project_root() / "reports" / "runs"
    found = [f for f in sorted(runs.glob(f"????-??-??_{scenario}_????????")) if is_complete(f)]
    if not found:
        known = {folder.name[11:-9] for folder in runs.glob("????-??-??_*_????????")}
        near = nearest(scenario, known)
        why, fix = f"No saved run of `{scenario}` was found.", f"Run `{made_by.format(scenario)}` first."
        fix += f" Or did you mean `{near}`?" if near else ""
        raise BadInput(Problem(str(runs), "run", "none", why, fix))
    return max(found, key=lambda folder: json.loads((folder / FILES[4]).read_text("utf-8"))["created"])
