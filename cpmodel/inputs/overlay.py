"""From a scenario file to the resolved scenario: read the chain of `extends`, lay one over the other, check.

Each file is first put in plain form (`cpmodel.inputs.written`). Mappings merge key by key; everything else
replaces. An empty value (`soft_loan:` or `null`) under `credit` or `budgets` removes what was inherited.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.inputs.checks import scenario_problems
from cpmodel.inputs.complaints import Origin, Origins, schema_problems
from cpmodel.inputs.known import NO_STRATEGY, Known, load_known
from cpmodel.inputs.places import Places
from cpmodel.inputs.project import project_root
from cpmodel.inputs.scenario import Scenario
from cpmodel.inputs.written import plain_budgets, plain_credit, refuse_mixed_prices
from cpmodel.inputs.yaml_text import Document, KeyPath, read_yaml, shown_path

MAX_CHAIN = 12
OWN_WORDS = ("title", "question", "name", "extends", "lineage")  # never inherited
REMOVABLE = ("credit", "budgets")
STAND_INS = {"title": "?", "strategy": "none", "name": "unnamed", "horizon": {"start": 1990.0, "end": 2100}}


def scenario_folder() -> Path:
    """Return the project's folder of scenarios."""
    return project_root() / "scenarios"


def scenario_names(folder: str | Path | None = None) -> list[str]:
    """Return the names of the scenarios in the folder, `reference` first, then by the alphabet."""
    names = {path.stem for path in Path(folder or scenario_folder()).glob("*.yaml") if path.is_file()}
    return sorted(names, key=lambda name: (name != "reference", name))


def scenario_path(name_or_path: str | Path, folder: str | Path | None = None) -> Path:
    """Return the file of a scenario given by name or by path; raise `BadInput` with the nearest name."""
    folder = Path(folder or scenario_folder())
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or "\\" in text or text.endswith((".yaml", ".yml")):
        return Path(name_or_path)
    if (found := folder / f"{text}.yaml").is_file():
        return found
    raise BadInput(_no_such_scenario(text, folder, shown_path(folder), "scenario"))


def resolve(
    name_or_path: str | Path,
    known: Known | None = None,
    folder: str | Path | None = None,
    overrides: Mapping[str, object] | None = None,
    documents: Sequence[Document] | None = None,
) -> Scenario:
    """Return the resolved scenario; raise `BadInput` with every problem of the file and its parents.

    name_or_path    `as_decided`, or the path of a YAML file
    known           the names that exist ; those of the project when left out
    folder          where scenarios are looked up by name; `scenario_folder()` when left out
    overrides       laid over at the end, written as in a file, such as {"draws": 200} from the command line; with a
                    `name` they are a scenario of their own, as if a file of that name extended this one
    documents       what `documents_of` returns for the name, where its files are read already
    """
    known = known or load_known()
    problems = Problems()
    chain = list(documents or documents_of(name_or_path, folder, problems))
    orphan = chain[0].data.get("extends") is not None  # what it would inherit is not known
    place = len(chain) - 1  # of the document that gives the scenario its name
    if overrides:
        chain.append(_as_document(overrides))
        place += "name" in overrides
    merged, origins = _laid_over(chain, known.places, problems)
    own, ancestors = chain[place], chain[:place]
    for document in chain[place:]:
        merged |= {key: document.data[key] for key in ("title", "question") if key in document.data}
    merged["name"] = own.data.get("name", _slug(Path(own.file).stem))
    merged["lineage"] = own.data.get("lineage") or [_slug(Path(d.file).stem) for d in reversed(ancestors)]
    merged["horizon"] = _horizon(merged, known)
    scenario = _checked(without_removed(merged), known, origins, own.file, problems, orphan)
    problems.raise_if_any()
    return scenario


def _as_document(overrides: Mapping[str, object]) -> Document:
    """Return overrides as if they stood in a file that is laid over at the end; they have no lines."""
    lines: dict[KeyPath, int] = {}

    def number(path: KeyPath, value: object) -> None:
        lines[path] = 0
        for key, inner in value.items() if isinstance(value, dict) else ():
            number((*path, str(key)), inner)

    for key, value in overrides.items():
        number((key,), value)
    return Document("command line", dict(overrides), lines)


def overlay(parent: dict, child: dict) -> dict:
    """Return `child` laid over `parent`: mappings merge key by key, everything else is replaced."""
    merged = dict(parent)
    for key, value in child.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlay(merged[key], value) if both else value
    return merged


def without_removed(data: dict) -> dict:
    """Return `data` without the empty values under `credit` and `budgets`: they remove what is inherited."""

    def pruned(value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {key: pruned(item) for key, item in value.items() if item is not None}

    kept = {key: value for key, value in data.items() if key not in REMOVABLE or value is not None}
    return {key: pruned(value) if key in REMOVABLE else value for key, value in kept.items()}


def documents_of(
    name_or_path: str | Path, folder: str | Path | None = None, problems: Problems | None = None
) -> list[Document]:
    """Return the documents from the first ancestor to the scenario itself; raise `BadInput` where one cannot be read.

    problems    where given, an `extends` that leads nowhere is noted there in place of raising, so that the rest of
    the file is still checked: over the scenario of the nearest name, or else by itself
    """
    path, folder = scenario_path(name_or_path, folder), Path(folder or scenario_folder())
    chain: list[Document] = []
    seen: list[Path] = []
    while True:
        document = read_yaml(path)
        chain.insert(0, document)
        seen.append(path.resolve())
        if document.data.get("extends") is None:
            return chain
        path, problem = _parent(document, path, folder, seen)
        if problem is not None and problems is None:
            raise BadInput(problem)
        if problem is not None:
            problems.found.append(problem)
        if path is None:
            return chain


def _parent(
    document: Document, path: Path, folder: Path, seen: Sequence[Path]
) -> tuple[Path | None, Problem | None]:
    """Return the file that `extends` means, or one that may stand in for it, and what is wrong with it."""
    parent, shown = (
        document.data["extends"],
        f"{document.data['extends']} (line {document.lines[('extends',)]})",
    )
    found = _parent_path(parent, path, folder)
    if found is None:
        near = _parent_path(nearest(str(parent), scenario_names(folder)), path, folder)
        stand_in = near if near is not None and near.resolve() not in seen else None
        problem = _no_such_scenario(str(parent), folder, document.file, "extends")
        return stand_in, replace(problem, found=shown)
    if found.resolve() not in seen and len(seen) < MAX_CHAIN:
        return found, None
    names = " → ".join([*(p.stem for p in seen), found.stem])
    why = f"The scenarios extend each other without end: {names}."
    fix = "Let one of them stand by itself, without `extends`."
    return None, Problem(document.file, "extends", shown, why, fix)


def _parent_path(parent: object, path: Path, folder: Path) -> Path | None:
    """Return the file that `extends: parent` means: beside the scenario, or else in the folder."""
    if not isinstance(parent, str) or not re.fullmatch(r"\w[\w.-]*", parent):
        return None
    found = [place / f"{parent}.yaml" for place in (path.parent, folder)]
    return next((file for file in found if file.is_file()), None)


def _no_such_scenario(name: str, folder: Path, file: str, key: str) -> Problem:
    names = scenario_names(folder)
    near = nearest(name, names)
    fix = f"Did you mean `{near}`?" if near else f"Known: {', '.join(names) or 'none in this folder'}."
    return Problem(file, key, name, f"There is no scenario of this name in {shown_path(folder)}.", fix)


def _laid_over(chain: list[Document], places: Places, problems: Problems) -> tuple[dict, Origins]:
    """Return the merged mapping and where each of its values was written."""
    merged: dict = {}
    origins: dict[KeyPath, Origin] = {}
    unit = "bn VND/year"
    for document in chain:
        data = {key: value for key, value in document.data.items() if key not in OWN_WORDS}
        where = {p: Origin(document.file, line, ".".join(p)) for p, line in document.lines.items()}
        if isinstance(data.get("budgets"), dict):
            unit = data["budgets"].get("unit", unit)
            refuse_mixed_prices(data["budgets"], merged.get("budgets"), where, document.file, problems)
            data["budgets"] = plain_budgets(data["budgets"], unit, where, document.file, problems)
        data = plain_credit(data, places, where, document.file, problems)
        merged = overlay(merged, data)
        origins = {p: o for p, o in origins.items() if p[0] not in OWN_WORDS} | where
    return merged, origins


def _horizon(merged: dict, known: Known) -> object:
    """Return the horizon with what the strategy gives where the scenario is silent."""
    frame = known.strategies.get(str(merged.get("strategy")), known.strategies[NO_STRATEGY])
    given = merged.get("horizon", {})
    if not isinstance(given, dict):
        return given
    return {"start": frame.start, "end": frame.end} | given


def _checked(
    data: dict, known: Known, origins: Origins, file: str, problems: Problems, orphan: bool
) -> Scenario | None:
    """Return the scenario; note every problem of the schema and of the checks, in one go.

    Where the schema fails, the failing values are taken out and the rest is still checked. Of an orphan only what is
    wrong whatever it would have inherited is told.
    """
    scenario = None
    for attempt in range(6):
        try:
            scenario = Scenario.model_validate(data)
            break
        except ValidationError as error:
            if attempt == 0:
                problems.found.extend(schema_problems(error, Scenario, origins, file, orphan))
            for item in error.errors(include_url=False):
                path = tuple(str(part) for part in item["loc"] if part != "[key]")
                data = _without(data, path, item["type"] == "missing")
    if scenario is not None and not orphan:
        problems.found.extend(scenario_problems(scenario, known, origins, file))
    return scenario


def _without(data: dict, path: KeyPath, missing: bool) -> dict:
    """Return `data` without the value at `path`, or without the group in which a key is missing."""
    if path[0] == "credit" and path[2:] == ("opens",):
        return _opening_at_once(data, path[1])
    if path[0] in ("activity_shares", "horizon"):  # taking out one number of these would make another problem
        path = path[:1]
    elif missing:
        path = path[:-1] or path
    if len(path) == 1 and path[0] in STAND_INS:
        return data | {path[0]: STAND_INS[path[0]]}
    inner = data.get(path[0])
    if len(path) > 1 and isinstance(inner, dict):
        return data | {path[0]: _without(inner, path[1:], False)}
    return {key: value for key, value in data.items() if key != path[0]}


def _opening_at_once(data: dict, name: str) -> dict:
    """Return `data` with the instrument open from the start: what else is wrong with it is still found."""
    instrument = data["credit"].get(name)
    if not isinstance(instrument, dict):
        return data
    opens = {"opens": math.floor(data["horizon"]["start"])}
    return data | {"credit": data["credit"] | {name: instrument | opens}}


def _slug(stem: str) -> str:
    """Return a file's stem as a plain name: small letters, digits and `_`."""
    plain = unicodedata.normalize("NFKD", stem.casefold().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50]
    return plain if plain[:1].isalpha() else f"scenario_{plain}".rstrip("_")
