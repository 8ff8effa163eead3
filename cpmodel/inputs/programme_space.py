"""What a programme may be made of: how much money a component project can take, and how fast it can grow.

The file is `data/programme_space.yaml`; every limit is a judgement that says why, its grade and its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import BadInput, Problems, nearest
from cpmodel.inputs.changes import flat, nested
from cpmodel.inputs.complaints import Origin, schema_problems
from cpmodel.inputs.datasets import read
from cpmodel.inputs.design_space import DesignSpace, read_design_space
from cpmodel.inputs.fields import Part, Text, complaint
from cpmodel.inputs.overlay import overlay
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import read_yaml

FILE = "data/programme_space.yaml"
Amount = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]


class Judged(Part):
    """A limit says why it stands there, how well it is known and where from."""

    grade: Literal["A", "B", "C", "J"]
    source: Text
    reason: Annotated[str, Field(min_length=3)]


class ProjectRoom(Judged):
    """Room of one component project [bn VND/year of 2010]; knots spread evenly over its window."""

    knots: Annotated[int, Field(ge=2, le=8)]
    least: Amount
    most: Amount
    ramp: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _ordered(self) -> ProjectRoom:
        if self.least > min(self.most, self.ramp):
            why = f"The running cost {self.least:g} exceeds what the project can take in its first year."
            raise complaint(why, "Lower `least`, or raise `most` and `ramp`.")
        return self


class LeastShare(Judged):
    """The least share of the money for awareness that each of its uses keeps."""

    least: Annotated[float, Field(ge=0, lt=1 / 3)]


class Cap(Judged):
    """Public money in one year [bn VND of 2010]."""

    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ProgrammeSpace(Part):
    """Room by component project, and what holds for all."""

    projects: dict[Literal[COMPONENT_PROJECTS], ProjectRoom]
    activity_share: LeastShare
    annual_cap: Cap
    credit_kinds: tuple[str, ...]

    @model_validator(mode="after")
    def _whole(self) -> ProgrammeSpace:
        missing = [name for name in COMPONENT_PROJECTS if name not in self.projects]
        if missing:
            raise complaint(
                f"No room is given to {', '.join(missing)}.", "Give every component project one line."
            )
        return self


def read_programme_space(
    root: str | Path | None = None, changes: Mapping[str, object] | None = None
) -> ProgrammeSpace:
    """Return the space of `data/programme_space.yaml`; raises `BadInput` with everything that is wrong with it.

    changes    limits in place of the file's, by dotted key: `projects.network.most` → 60
    """
    root = project_root(root)
    document, problems = read_yaml(root / FILE, FILE), Problems()
    origins = {path: Origin(FILE, line, ".".join(path)) for path, line in document.lines.items()}
    known, changed = flat(document.data), {}
    for key, value in (changes or {}).items():
        if key not in known:
            why, fix = "The file has no limit of this name.", _instead(key, known)
            problems.add("command line", f"--limit {key}", value, why, fix)
            continue
        changed[key] = value
        path = tuple(key.split("."))
        origins |= {
            path[:n]: Origin("command line", 0, "--limit " + ".".join(path[:n]))
            for n in (len(path) - 1, len(path))
        }
    try:
        space = ProgrammeSpace.model_validate(overlay(document.data, nested(changed)))
    except ValidationError as error:
        problems.found.extend(schema_problems(error, ProgrammeSpace, origins, FILE))
        raise BadInput(problems.found) from None
    sources, kinds = set(read("sources", root)["source_id"]), read_design_space(root).kinds
    limits = {f"projects.{name}": room for name, room in space.projects.items()}
    limits |= {"activity_share": space.activity_share, "annual_cap": space.annual_cap}
    for key, limit in limits.items():
        if limit.source not in sources:
            fix = f"Name an id of data/sources.csv{_meant(limit.source, sources)}."
            problems.add(FILE, f"{key}.source", limit.source, "No entry of the registry has this id.", fix)
    for kind in space.credit_kinds:
        if kind not in kinds:
            fix = f"Name kinds of data/design_space.yaml{_meant(kind, kinds)}."
            problems.add(FILE, "credit_kinds", kind, "No kind of instrument has this name.", fix)
    problems.raise_if_any()
    return space


def _instead(key: str, known: Mapping[str, object]) -> str:
    numbers = [name for name, value in known.items() if isinstance(value, int | float)]
    near = nearest(key, numbers)
    return f"Did you mean `{near}`?" if near else f"Choose from {', '.join(numbers)}."


def _meant(name: str, known) -> str:
    near = nearest(name, known)
    return f", perhaps `{near}`" if near else ""


def kinds_of(space: ProgrammeSpace, design: DesignSpace) -> tuple[str, ...]:
    """Return the kinds of instrument to try, in the order of the design space."""
    return tuple(name for name in design.kinds if name in space.credit_kinds)
