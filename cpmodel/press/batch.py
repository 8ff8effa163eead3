"""What a batch asks for: the YAML file `scenarios/batches/NAME.yaml`, read and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from cpmodel.content import Frozen, Language, Str
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.complaints import Origin, schema_problems
from cpmodel.inputs.yaml_text import read_yaml
from cpmodel.press.cases import ALL

FOLDER = Path("scenarios") / "batches"
SCHEMA = "batch.schema.json"
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

    every: Literal["day", "week", "month", "year"] = Field(
        "month", description="How often the batch is started."
    )
    day: int = Field(1, ge=1, le=28, description="Day of the month, or of the week (1 Monday to 7 Sunday).")
    month: int = Field(1, ge=1, le=12, description="Month of the year, for a batch that is started yearly.")
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
    memory_mb: int = Field(
        2048, ge=64, description="Memory that the notebook, and then rendering, may each take, in MB."
    )


class Entry(Frozen):
    """One kind of brief, for one scenario, once or for every case."""

    notebook: str = Field("", description="Notebook in notebooks/; `brief_KIND` when left out.")
    scenario: str = Field("", description="Scenario whose run the brief is printed from.")
    compare: tuple[str, ...] = Field((), description="Scenarios set beside it.")
    against: str = Field("", description="Scenario that it is told against, for a comparison.")
    each: dict[str, Literal["all"] | tuple[str | int, ...]] = Field(
        {}, description="Parameter of the notebook → its cases: `all`, or a list; `scenario` may be one."
    )
    parameters: dict[str, Scalar] = Field({}, description="Further parameters of the notebook.")
    languages: tuple[Language, ...] = Field((), description="Languages; those of the batch when left out.")
    formats: tuple[Format, ...] = Field((), description="Formats; those of the batch when left out.")
    cadence: Cadence = Field("always", description="At most how often; `always` is each run of the batch.")

    def named(self) -> list[tuple[str, str]]:
        """Return key and name of every scenario named."""
        found = [("scenario", self.scenario), ("against", self.against)]
        each = self.each.get("scenario", ())
        found += [("compare", name) for name in self.compare]
        found += [("each.scenario", str(name)) for name in (each if each != ALL else ())]
        return [(key, name) for key, name in found if name]


class Batch(Frozen):
    """A batch: which briefs, from which scenarios, in which languages and formats, how often, and what is kept."""

    schema_version: Literal[1] = Field(1, description="Version of this form.")
    title: Bilingual = Field(description="What the batch is, as the index page names it.")
    schedule: Schedule = Field(Schedule(), description="When `cpmodel schedule` starts it.")
    languages: tuple[Language, ...] = Field(
        ("vi", "en"), min_length=1, description="Languages of the briefs."
    )
    formats: tuple[Format, ...] = Field(("html", "pdf"), min_length=1, description="Formats of the briefs.")
    draws: int | None = Field(
        None, ge=2, le=1_000_000, description="Draws instead of each scenario's own, for a trial."
    )
    resolution: Literal["full", "explorer"] | None = Field(
        None, description="Instead of each scenario's own."
    )
    calibration: str | None = Field(
        None,
        description="Calibration whose draws the runs take: `latest`, or a folder; the prior's when left out.",
    )
    keep: Keep = Field(Keep(), description="What is kept of the past.")
    limits: Limits = Field(Limits(), description="What one brief may take.")
    briefs: dict[Name, Entry] = Field(min_length=1, description="Kind of brief → what is printed of it.")


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
