"""Whose draws the page shows: those of the prior, or of a calibration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cpmodel.errors import BadInput, Problem
from cpmodel.explorer.desk import Desk
from cpmodel.explorer.session import Session
from cpmodel.inputs.posterior import calibrations

LATEST = "latest"


def folder_of(asked: str | None) -> str | None:
    """Return the folder of a calibration for the whole session: `latest` is what is the newest now."""
    found = calibrations() if asked == LATEST else []
    return str(found[0]) if found else asked


def offered(calibration: str | None) -> Mapping[str, str]:
    """Return name → folder of the calibrations of the project, and of the one in use."""
    found = [*calibrations(), *([Path(calibration)] if calibration else [])]
    return {folder.name: str(folder) for folder in found}


def name_of(session: Session) -> str:
    """Return the name of the calibration that a session draws from; empty for the prior."""
    return Path(session.calibration).name if session.calibration else ""


def draw_from(desk: Desk, name: str) -> None:
    """Take the draws of a calibration by its name, or of the prior; raise `BadInput` and change nothing where it cannot be.

    What was kept to compare is run again where it is next compared, as only runs on the same draws can be told
    apart draw by draw.
    """
    folders = offered(desk.session.calibration)
    if name and name not in folders:
        why, fix = (
            "There is no calibration of this name.",
            "Choose from the list, or run `cpmodel calibrate`.",
        )
        raise BadInput(Problem("explorer", "calibration", name, why, fix))
    session = Session(folders.get(name))
    session.told(desk.scenario)
    desk.begin(session)
    desk.show("calibration", name_of(session))
