"""Where the project lies: the folder that holds `data/` and `scenarios/`."""

from __future__ import annotations

import os
from pathlib import Path

from cpmodel.errors import BadInput, Problem

HOME = "CPMODEL_HOME"
NEEDED = ("data", "scenarios")


def project_root(start: str | Path | None = None) -> Path:
    """Return the project folder: `start` itself where it is one, else `CPMODEL_HOME`, else the first folder upward
    from `start` (default: here) that holds `data/` and `scenarios/`, else the checkout this package lies in."""
    if start is not None and _is_project(Path(start)):
        return Path(start).resolve()
    home = os.environ.get(HOME)
    if home:
        if _is_project(Path(home)):
            return Path(home).resolve()
        why = f"`{HOME}` must name the folder that holds data/ and scenarios/."
        raise BadInput(Problem("environment", HOME, home, why, "Correct it, or unset it inside a project."))
    here = Path(start or Path.cwd()).resolve()
    checkout = Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, checkout):
        if _is_project(folder):
            return folder
    why = "No folder with data/ and scenarios/ was found here or above."
    raise BadInput(
        Problem(str(here), "folder", "no project", why, f"Go into a project, or set `{HOME}` to one.")
    )


def _is_project(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in NEEDED)
