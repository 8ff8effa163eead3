"""The names a scenario may use, and the window each component project has in its strategy."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cpmodel.decision import Decision
from cpmodel.inputs.decisions import decision_names, load_decision
from cpmodel.inputs.instruments import FOLDER as CATALOGUE
from cpmodel.inputs.instruments import Catalogue, load_catalogue
from cpmodel.inputs.places import Places, read_places
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import read_text
from cpmodel.kept import content_key, kept

NO_STRATEGY = "none"
Window = tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """What a scenario needs to know of its strategy.

    start, end    from the date of issue (decimal year) to the end of the year `end`
    windows       first and last year of each component project, both included
    """

    start: float
    end: int
    windows: Mapping[str, Window] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What exists: a name outside it is refused with the nearest one.

    strategies    name → frame; `none` is the world without a strategy
    sectors       ids of the sector groups
    places        the provinces
    catalogue     the instruments
    """

    strategies: Mapping[str, Frame]
    sectors: tuple[str, ...]
    places: Places
    catalogue: Catalogue

    @functools.cached_property
    def templates(self) -> tuple[str, ...]:
        """Every `<id>_<year>` of the catalogue."""
        return self.catalogue.templates()


def frame_of(decision: Decision) -> Frame:
    """Return the frame of a Decision as read by `cpmodel.inputs.decisions.load_decision`."""
    windows = {project.id: tuple(project.window) for project in decision.component_projects}
    return Frame(float(decision.start), int(decision.end), windows)


def load_known(root: str | Path | None = None) -> Known:
    """Return what is known in a project: its Decisions, its catalogue of instruments, its data; read once and kept."""
    root = Path(root or project_root()).resolve()
    files = sorted(path for path in (root / "data").rglob("*") if path.is_file())
    code = sorted([*Path(__file__).parent.glob("*.py"), *Path(__file__).parents[1].glob("*.py")])
    key = content_key(list(map(str, files)), [*files, *code], ("numpy", "pandas", "pydantic", "PyYAML"))
    return kept("known", key, lambda: _read_known(root))


def _read_known(root: Path) -> Known:
    frames = {name: frame_of(load_decision(name, root)) for name in decision_names(root)}
    return known_in(root / "data", frames, load_catalogue(root / CATALOGUE))


def known_in(data: str | Path, strategies: Mapping[str, Frame], catalogue: Catalogue) -> Known:
    """Return what is known from the data folder `data`, given the strategies and the catalogue."""
    data = Path(data)
    sectors = csv.DictReader(io.StringIO(read_text(data / "sectors.csv")))
    names = tuple(dict.fromkeys(row["sector"] for row in sectors))
    frames = dict(strategies)
    first = min((frame.start for frame in frames.values()), default=2009.68)
    frames[NO_STRATEGY] = Frame(first, min((frame.end for frame in frames.values()), default=2020))
    return Known(frames, names, read_places(data / "provinces.csv"), catalogue)
