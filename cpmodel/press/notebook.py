"""What a notebook takes and imports, read without running it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cpmodel.errors import BadInput, Problem

PREPARED = ("run", "note")  # parameters that name the folder a brief is printed from
FOLDERS = (
    *PREPARED,
    "compare",
    "against",
    "emulator",
    "design",
)  # parameters that name folders made beforehand
TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool}
OWN = ("scenario", "language", *FOLDERS)  # parameters that whoever prints fills in


def folder_kind(takes: Iterable[str]) -> str:
    """Return the kind of folder that a notebook with these parameters is printed from: `run`, `note`, or none."""
    return next((name for name in PREPARED if name in takes), "")


def parameters_of(notebook: Path) -> dict[str, str]:
    """Return the names that the cell tagged `parameters` assigns, in order, each with its type; none without such a cell.

    The type is as annotated (`str`); empty where the cell does not say.
    """
    tagged = [c for c in _cells(notebook) if "parameters" in c.get("metadata", {}).get("tags", [])]
    try:
        tree = ast.parse("".join(tagged[0]["source"]) if tagged else "")
    except SyntaxError as error:
        raise _unreadable(notebook, error) from None
    found = {}
    for line in tree.body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        kind = ast.unparse(line.annotation) if isinstance(line, ast.AnnAssign) else ""
        found |= {target.id: kind for target in targets if isinstance(target, ast.Name)}
    return found


def fits(value: object, kind: str) -> bool:
    """Say whether a value is of the type that a parameter is annotated with; any is where none, or no plain one, stands."""
    wanted = TYPES.get(kind, object)
    return isinstance(value, wanted) and (kind == "bool" or not (kind in TYPES and isinstance(value, bool)))


def sources_of(notebook: Path) -> list[str]:
    """Return the source of every code cell."""
    return ["".join(cell.get("source", "")) for cell in _cells(notebook) if cell.get("cell_type") == "code"]


def imported(sources: Iterable[str]) -> Iterator[str]:
    """Yield the modules that the sources import, in order; a source that is no Python yields none.

    A package of ours may have a module `warmed`, whose import makes ready what every notebook of it needs: it is named too.
    """
    for name in _named(sources):
        yield name
        if name.startswith("cpmodel."):
            yield f"{name}.warmed"


def _named(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        try:
            found = [node for node in ast.walk(ast.parse(source))]
        except SyntaxError:
            continue
        for node in found:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _cells(notebook: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(notebook.read_text("utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(notebook, error) from None


def _unreadable(notebook: Path, error: Exception) -> BadInput:
    why, fix = "The file cannot be read as a notebook.", "Restore it, or save it again from Jupyter."
    return BadInput(Problem(str(notebook), "notebook", str(error), why, fix))
