"""Reading `data/decisions/<name>.yaml` into a `Decision`, with every problem at once."""

from __future__ import annotations

import functools
from pathlib import Path

from pydantic import ValidationError

from cpmodel.decision import Decision
from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.inputs.datasets import read
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import Document, read_yaml

FOLDER = "data/decisions"


def decision_names(root: str | Path | None = None) -> tuple[str, ...]:
    """Return the names of the Decisions in the data folder."""
    folder = Path(root or project_root()) / FOLDER
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load_decision(name: str, root: str | Path | None = None) -> Decision:
    """Return the Decision `name` (file stem); raise `BadInput` with everything that is wrong with it."""
    root = Path(root or project_root())
    known = decision_names(root)
    if name not in known:
        near = nearest(name, known)
        fix = f"Did you mean `{near}`?" if near else f"Known are {', '.join(known)}."
        raise BadInput(Problem(FOLDER, "decision", name, "There is no Decision of this name.", fix))
    shown = f"{FOLDER}/{name}.yaml"
    document = read_yaml(root / FOLDER / f"{name}.yaml", shown)
    try:
        decision = Decision.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(_translated(item, document) for item in error.errors(include_url=False)) from None
    problems = Problems()
    if decision.id != name:
        problems.add(shown, "id", decision.id, "The id must be the name of the file.", f"Write `id: {name}`.")
    for key, found, why, fix in decision.faults():
        problems.add(shown, key, found, why, fix)
    sources = set(read("sources", root)["source_id"])
    for source in decision.sources:
        if source not in sources:
            near = nearest(source, sources)
            fix = f"Did you mean `{near}`?" if near else "Add it to data/sources.csv, with its licence."
            problems.add(shown, "sources", source, "This source is not in the registry.", fix)
    problems.raise_if_any()
    return decision


@functools.cache
def every_decision() -> tuple[Decision, ...]:
    """Return all Decisions of the project's data, by name; read once."""
    return tuple(load_decision(name) for name in decision_names())


def _translated(item: dict, document: Document) -> Problem:
    """Return a pydantic error in plain English, at its place in the file."""
    path = tuple(str(part) for part in item["loc"])
    line = next((document.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in document.lines), 1)
    key = f"{_named(path, document.data)} (line {line})"
    kind, found = item["type"], item["input"]
    if kind == "missing":
        return Problem(document.file, key, "missing", "This key is needed.", f"Add `{path[-1]}: …`.")
    if kind == "extra_forbidden":
        return Problem(document.file, key, "an unknown key", "Nothing reads it.", "Correct or remove it.")
    why = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    shown = "" if isinstance(found, dict) else str(found)
    return Problem(document.file, key, shown, f"{why[0].upper()}{why[1:]}.", "Correct the value.")


def _named(path: tuple[str, ...], data: object) -> str:
    """Return the path with list positions replaced by the ids that stand there."""
    words = []
    for part in path:
        if isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
            words.append(str(data.get("id", part)) if isinstance(data, dict) else part)
        else:
            data = data.get(part) if isinstance(data, dict) else None
            words.append(part)
    return ".".join(words)
