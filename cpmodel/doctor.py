"""`cpmodel doctor`: is this installation fit to work?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "numba",
    "papermill",
    "typst",
    "matplotlib",
    "jupyterlab",
)


def examine() -> list[tuple[bool, str]]:
    """Return (fine, what was found) for everything the main job needs."""
    found = [(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or later needed)")]
    for name in LIBRARIES:
        try:
            found.append((True, f"{name} {metadata.version(name)}"))
        except metadata.PackageNotFoundError:
            found.append((False, f"{name} is not installed"))
    return found + [_tried(name, trial) for name, trial in TRIALS.items()]


def _tried(name: str, trial: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, f"{name}: {trial()}"
    except Exception as error:  # a diagnosis reports whatever is wrong
        return False, f"{name}: {type(error).__name__}: {error}"


def _project() -> str:
    from cpmodel.inputs.project import project_root

    root = project_root()
    reports = root / "reports"
    reports.mkdir(exist_ok=True)
    probe = reports / ".doctor"
    probe.write_text("")
    probe.unlink()
    return f"{root}, reports/ can be written"


def _run() -> str:
    from cpmodel.inputs.load import load
    from cpmodel.inputs.overlay import resolve
    from cpmodel.model.batches import run

    scenario = resolve("reference", overrides={"draws": 32, "resolution": "explorer"})
    found = run(load(scenario))
    years = len(next(iter(found.worlds.values())).years)
    return f"reference with 32 draws, {len(found.outputs)} variants, {years} years"


def _pdf() -> str:
    import typst

    return f"typst made {len(typst.compile(b'Xin ch' + 'ào'.encode())):,} bytes"


TRIALS = {"project": _project, "trial run": _run, "PDF": _pdf}
