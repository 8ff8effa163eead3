"""One order from its notebook to an object of the store: run, compared with what was printed before, rendered, put."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from cpmodel.content import BriefContent
from cpmodel.press import build, engine, stamps
from cpmodel.press.build import NotebookFailed
from cpmodel.press.cells import Tables
from cpmodel.press.fingerprints import OF_PRINTING, digest, of_file
from cpmodel.press.jobs import Job, Outcome
from cpmodel.press.store import MANIFEST, json_bytes, read_json

__all__ = ["NotebookFailed", "print_order"]
COVERED = (
    "results.parquet",
    "results.csv",
    "draws.parquet",
    MANIFEST,
)  # of a run folder: by its cells and facts
NOT_INPUTS = ("reports", "notebooks", "cpmodel", "tests", ".venv", ".git")  # folders of a project
SEARCHED = (
    ("reports", "decisions"),
    ("reports", "designs"),
)  # where a page takes the newest of what was found


def print_order(job: Job) -> Outcome:
    """Print an order and return what became of it; raises `NotebookFailed`, `BadInput` or `RunFailed`.

    An object is named by its content, without the names of runs, and by what turns it into pages. Where an object of
    that name is there, nothing that a reader sees would change, so it stays, with the run it was printed from.
    """
    started = time.monotonic()
    order = job.order
    parameters = build.check(order.notebook, filled_in(job), order.formats)
    executed = build.execute(
        order.notebook,
        parameters,
        job.store.failed,
        name=order.stem,
        engine_name=engine.register(),
        notebook_timeout=job.limits.seconds,
        memory_mb=job.limits.memory_mb,
    )
    opened = executed.metadata.papermill.get("files_read", [])
    executed = build.quiet(executed)
    content = build.content_of(executed, order.notebook)
    build.refuse_loose_numbers(content)
    said = digest(as_read(content, job.folders | {"sliders": job.emulator} if job.emulator else job.folders))
    looks = {part: job.parts[part] for part in OF_PRINTING}
    named = content.manifest.model_dump(mode="json") if job.force else None
    name = digest(said, looks, order.formats, order.stem, named)[:32]
    status = "kept" if not job.store.damage(name) else "printed"
    if status == "printed":
        with engine.limited_memory(job.limits.memory_mb):
            files = files_of(job, content, executed)
        job.store.put(name, files)
    trace = {
        "order": order.id,
        "object": name,
        "day": job.day,
        "parts": dict(job.parts),
        "files": files_read(job, opened),
        "runs": {scenario: run_read(folder, content) for scenario, folder in job.folders.items()},
        "reads": reads_of(content),
    }
    job.store.keep_trace(order.id, trace)
    seconds = time.monotonic() - started
    return Outcome(order.id, status, seconds, name, conclusions=stamps.conclusions(content))


def filled_in(job: Job) -> dict[str, Any]:
    """Return the notebook's parameters with the folders that were made for it."""
    order = job.order
    own, *others = order.scenarios
    found = {"scenario": own, "language": order.language}
    if order.folder_kind:
        found[order.folder_kind] = str(job.folders[own])
    beside = ",".join(str(job.folders.get(name, name)) for name in others)
    found |= {"compare": beside, "against": beside, "emulator": str(job.emulator or "")}
    found = {name: value for name, value in found.items() if name in order.takes}
    return found | dict(order.parameters)


def as_read(content: BriefContent, folders: Mapping[str, Path]) -> Any:
    """Return a content as far as a reader sees it: values to the six digits that are printed, names of runs blanked."""
    names: set[str] = set()
    for folder in folders.values():
        hashes = read_json(folder / MANIFEST).get("hashes", {})
        names |= {folder.name, *hashes.values(), *(str(value)[:12] for value in hashes.values())}
    longest_first = sorted((name for name in names if name), key=len, reverse=True)

    def seen(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: seen(value) for name, value in part.items()}
        if isinstance(part, list):
            return [seen(value) for value in part]
        if isinstance(part, float):
            return f"{part:.6g}"
        if isinstance(part, str):
            for name in longest_first:
                part = part.replace(name, "·")
        return part

    return seen(content.model_dump(mode="json", exclude={"manifest", "reads", "conclusions"}))


def files_of(job: Job, content: BriefContent, executed: nbformat.NotebookNode) -> dict[str, bytes]:
    """Return every file of the object: the formats with their seals, the executed notebook, the manifest."""
    order = job.order
    how = stamps.Made(
        order.brief, order.notebook, order.parameters, order.folder_kind, job.parts, job.key_file
    )
    made, manifest = build.sealed(content, executed, order.formats, order.stem, how)
    return made | {MANIFEST: json_bytes(manifest)}


def files_read(job: Job, opened: Iterable[str]) -> dict[str, str]:
    """Return file → hash of what the notebook read in the project, apart from the cells of its runs.

    Findings and design searches that a page takes the newest of count, with the folders in which they are looked for.
    A file of a run folder is named `SCENARIO:FILE`, so that it is looked up in whatever run stands for the scenario then.
    """
    homes = {str(folder.absolute()): scenario for scenario, folder in job.folders.items()}
    found = {}
    for text in opened:
        path = Path(text)
        scenario = homes.get(str(path.parent))
        if scenario is not None and path.name not in COVERED:
            found[f"{scenario}:{path.name}"] = of_file(path)
        elif path.is_relative_to(job.root) and path.relative_to(job.root).parts[:1]:
            inside = path.relative_to(job.root)
            if scenario is None and (inside.parts[0] not in NOT_INPUTS or inside.parts[:2] in SEARCHED):
                found[inside.as_posix()] = of_file(path)
    return dict(sorted(found.items()))


def run_read(folder: Path, content: BriefContent) -> dict[str, str]:
    """Return what a run was when it was read: its folder, what it says of itself, and the cells that were read."""
    tables = Tables()
    name = read_json(folder / MANIFEST).get("scenario", "")
    reads = reads_of(content)
    own = None if reads is None else [read for read in reads if name in read[:1]]
    return {"folder": str(folder), "facts": tables.facts(folder), "cells": tables.cells(folder, own)}


def reads_of(content: BriefContent) -> list | None:
    """Return the reads that the page noted, as JSON holds them; None when it noted none."""
    return [list(read) for read in content.reads] or None
