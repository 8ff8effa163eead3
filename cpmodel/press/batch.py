"""What a batch asks for: the YAML file `scenarios/batches/NAME.yaml`, checked, and unfolded into single orders.

An order is one brief in one language: the unit that is printed, skipped, or fails alone.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.content import Frozen, Language, Str
from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.inputs.complaints import Origin, schema_problems
from cpmodel.inputs.places import read_places
from cpmodel.inputs.yaml_text import read_text, read_yaml
from cpmodel.press.notebook import parameters_of

FOLDER = Path("scenarios") / "batches"
SCHEMA = "batch.schema.json"
ALL = "all"
PREPARED = ("run", "note")  # parameters of notebooks that name a folder made beforehand
OWN = ("scenario", "compare", "language", *PREPARED)  # parameters that the batch fills in itself
SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Format = Literal["html", "pdf", "docx", "xlsx", "json"]
Cadence = Literal["always", "weekly", "monthly", "quarterly", "yearly"]
Scalar = bool | int | float | str


class Bilingual(Frozen):
    """A text in both languages."""

    vi: Str
    en: Str


class Schedule(Frozen):
    """When the batch is started, in the local time of the machine."""

    every: Literal["day", "week", "month"] = Field("month", description="How often the batch is started.")
    day: int = Field(1, ge=1, le=28, description="Day of the month, or of the week (1 Monday to 7 Sunday).")
    at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        "06:00", description="Time of day, HH:MM."
    )


class Keep(Frozen):
    """What is kept of the past."""

    editions: int = Field(12, ge=1, description="Editions kept, the current one included.")
    failed: int = Field(50, ge=0, description="Failed notebooks kept.")
    runs_logged: int = Field(500, ge=1, description="Batch runs kept in the history.")


class Limits(Frozen):
    """What one brief may take before it is stopped and counted as failed."""

    seconds: int = Field(180, ge=1, description="Seconds that one brief may take.")
    memory_mb: int = Field(2048, ge=64, description="Memory that the notebook of one brief may take, in MB.")


class Entry(Frozen):
    """One kind of brief, for one scenario, once or for every case."""

    notebook: str = Field("", description="Notebook in notebooks/; `brief_KIND` when left out.")
    scenario: str = Field(description="Scenario whose run the brief is printed from.")
    compare: tuple[str, ...] = Field((), description="Scenarios set beside it.")
    each: dict[str, Literal["all"] | tuple[str, ...]] = Field(
        {}, description="Parameter of the notebook → its cases: `all`, or a list."
    )
    parameters: dict[str, Scalar] = Field({}, description="Further parameters of the notebook.")
    languages: tuple[Language, ...] = Field((), description="Languages; those of the batch when left out.")
    formats: tuple[Format, ...] = Field((), description="Formats; those of the batch when left out.")
    cadence: Cadence = Field("always", description="At most how often; `always` is each run of the batch.")


class Batch(Frozen):
    """A batch: which briefs, from which scenarios, in which languages and formats, how often, and what is kept."""

    schema_version: Literal[1] = Field(1, description="Version of this form.")
    title: Bilingual = Field(description="What the batch is, as the index page names it.")
    schedule: Schedule = Field(Schedule(), description="When `cpmodel schedule` starts it.")
    languages: tuple[Language, ...] = Field(
        ("vi", "en"), min_length=1, description="Languages of the briefs."
    )
    formats: tuple[Format, ...] = Field(("html", "pdf"), min_length=1, description="Formats of the briefs.")
    draws: int | None = Field(None, ge=2, description="Draws instead of each scenario's own, for a trial.")
    resolution: Literal["full", "explorer"] | None = Field(
        None, description="Instead of each scenario's own."
    )
    keep: Keep = Field(Keep(), description="What is kept of the past.")
    limits: Limits = Field(Limits(), description="What one brief may take.")
    briefs: dict[Name, Entry] = Field(min_length=1, description="Kind of brief → what is printed of it.")


@dataclass(frozen=True)
class Order:
    """One brief in one language.

    kind, case     `province` and `31`; a brief without cases has an empty case
    scenarios      its own, then those set beside it
    takes          names of the notebook's parameters
    parameters     those that the batch file gives
    """

    kind: str
    case: str
    language: str
    notebook: Path
    scenarios: tuple[str, ...]
    takes: tuple[str, ...]
    parameters: Mapping[str, Scalar]
    formats: tuple[str, ...]
    cadence: str

    @property
    def folder_kind(self) -> str:
        """The kind of folder that it is printed from, made beforehand: `run`, `note`, or none."""
        return next((name for name in PREPARED if name in self.takes), "")

    @property
    def brief(self) -> str:
        """The brief without its language: `province/31`."""
        return f"{self.kind}/{self.case}" if self.case else self.kind

    @property
    def id(self) -> str:
        """The name of the order, and of its place in an edition: `province/31/vi`."""
        return f"{self.brief}/{self.language}"

    @property
    def stem(self) -> str:
        """The name of its files, which tells them apart in a mailbox: `province_31_vi`."""
        return self.id.replace("/", "_")


def batch_names(root: Path) -> list[str]:
    """Return the names of the batches of a project."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))


def read_batch(name: str, root: Path) -> Batch:
    """Read a batch by name or path; raises `BadInput` with everything that is wrong with the file."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else root / FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = batch_names(root)
        near = nearest(name, known)
        fix = f"Did you mean `{near}`?" if near else f"There are: {', '.join(known) or 'none yet'}."
        raise BadInput(Problem(str(FOLDER), "batch", name, "There is no batch of this name.", fix))
    document = read_yaml(path)
    origins = {key: Origin(document.file, line, ".".join(key)) for key, line in document.lines.items()}
    try:
        return Batch.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(schema_problems(error, Batch, origins, document.file)) from None


def orders(batch: Batch, root: Path, file: str) -> tuple[Order, ...]:
    """Return every order of a batch; raises `BadInput` with every name in it that does not exist.

    file    the batch's file, as errors name it
    """
    problems, found = Problems(), []
    known = {path.stem for path in (root / "scenarios").glob("*.yaml")}
    for kind, entry in batch.briefs.items():
        for name in (entry.scenario, *entry.compare):
            if name not in known:
                near = nearest(name, known)
                fix = f"Did you mean `{near}`?" if near else "`cpmodel scenario list` names them."
                problems.add(file, f"briefs.{kind}.scenario", name, "There is no such scenario.", fix)
        found += _orders_of(kind, entry, batch, root, file, problems)
    problems.raise_if_any()
    return tuple(found)


def _orders_of(
    kind: str, entry: Entry, batch: Batch, root: Path, file: str, problems: Problems
) -> Iterator[Order]:
    notebook = root / "notebooks" / f"{entry.notebook or f'brief_{kind}'}.ipynb"
    if not notebook.is_file():
        near = nearest(notebook.stem, [path.stem for path in (root / "notebooks").glob("*.ipynb")])
        fix = f"Did you mean `{near}`?" if near else "Name a notebook of the `notebooks` folder."
        problems.add(file, f"briefs.{kind}.notebook", notebook.stem, "There is no such notebook.", fix)
        return
    takes = parameters_of(notebook)
    for name in (*entry.each, *entry.parameters):
        if name in OWN or name not in takes:
            free = [one for one in takes if one not in OWN]
            why = "The batch fills this in itself." if name in OWN else "The notebook has no such parameter."
            fix = f"It takes {', '.join(free) or 'no further ones'}."
            problems.add(file, f"briefs.{kind}.{name}", name, why, fix)
    cases = [_cases(kind, name, given, root, file, problems) for name, given in entry.each.items()]
    for chosen in product(*cases):
        for language in entry.languages or batch.languages:
            yield Order(
                kind=kind,
                case="/".join(chosen),
                language=language,
                notebook=notebook,
                scenarios=(entry.scenario, *(name for name in entry.compare if name != entry.scenario)),
                takes=tuple(takes),
                parameters=dict(entry.parameters) | dict(zip(entry.each, chosen, strict=True)),
                formats=entry.formats or batch.formats,
                cadence=entry.cadence,
            )


def _cases(kind: str, name: str, given: object, root: Path, file: str, problems: Problems) -> list[str]:
    """Return the cases of a parameter, provinces as codes; one that is not known, or no safe name, is a problem."""
    key, known = f"briefs.{kind}.each.{name}", known_cases(name, root)
    if given == ALL:
        if known is None:
            why = f"`all` is known of {', '.join(CASES)} only."
            problems.add(file, key, given, why, "List the cases.")
        return known or []
    found = []
    places = read_places(root / CASES["province"][0]) if name == "province" else None
    for case in given:
        code = places.code(case) if places else case
        if code is None or (known is not None and code not in known):
            near = places.nearest(case) if places else nearest(str(case), known or [])
            fix = f"Did you mean `{near}`?" if near else f"Known: {', '.join(known or [])}."
            problems.add(file, key, case, "There is no such case.", fix)
        elif not SAFE.match(code):
            why = "A case names a folder: letters, digits, `-` and `_` only."
            problems.add(file, key, case, why, "Use an id instead of a name.")
        else:
            found.append(code)
    return list(dict.fromkeys(found))


CASES = {
    "province": ("data/provinces.csv", "province_code"),
    "sector": ("data/sectors.csv", "sector"),
    "project": ("", ""),
}


def known_cases(parameter: str, root: Path) -> list[str] | None:
    """Return every case of a parameter that the project lists, or None for other parameters."""
    if parameter == "project":
        return list(COMPONENT_PROJECTS)
    if parameter not in CASES:
        return None
    file, column = CASES[parameter]
    rows = csv.DictReader(io.StringIO(read_text(root / file).removeprefix("\ufeff")))
    return list(dict.fromkeys(row[column] for row in rows))


def schema_text() -> str:
    """Return the JSON Schema of batch files, for editors."""
    schema = Batch.model_json_schema()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cpmodel batch",
        "description": "Which briefs are printed, from which scenarios, how often, and what is kept.",
    }
    return (
        json.dumps(head | {k: v for k, v in schema.items() if k not in head}, indent=2, ensure_ascii=False)
        + "\n"
    )
