"""Briefs printed from the page: `cpmodel brief` on the file that the state would be saved as, while the user goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from cpmodel.errors import BadInput, Problem, RunFailed
from cpmodel.explorer.full_run import begun, written
from cpmodel.explorer.state import State
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import shown_path

if TYPE_CHECKING:
    from cpmodel.explorer.desk import Desk

KINDS = ("national", "comparison")
PRINTED = (".html", ".pdf", ".docx")


def printable() -> list[str]:
    """Return the kinds of brief that this project has a notebook for."""
    return [kind for kind in KINDS if (project_root() / "notebooks" / f"brief_{kind}.ipynb").is_file()]


def print_brief(desk: Desk, kind: str, language: str) -> None:
    """Print a brief of the state on screen on a thread of its own; its PDF is sent to the page."""
    if kind not in printable() or language not in ("vi", "en"):
        why, fix = "This brief cannot be printed from here.", f"Choose one of {', '.join(KINDS)}."
        raise BadInput(Problem("explorer", "print", f"{kind}, {language}", why, fix))
    state = desk.history.shown
    beside = [pin.state.base for pin in desk.pins] if kind == "comparison" else ["reference"]
    compare = [name for name in dict.fromkeys([*beside, state.base]) if name != desk.scenario.name]
    base = desk.scenario_of(State(state.base))
    Thread(target=_print, args=(desk, kind, language, state, base, compare), daemon=True).start()


def _print(desk: Desk, kind: str, language: str, state: State, base, compare: list[str]) -> None:
    def tell(what: str) -> None:
        desk.show("notice", {"said": "printing", "what": what})

    tell(kind)
    try:
        with TemporaryDirectory(prefix="cpmodel-explorer-") as folder:
            file = written(state, base, Path(folder), desk.scenario.name)
            files = brief(kind, file, language, compare, desk.options, tell)
    except RunFailed as error:
        desk.show("notice", {"failed": str(error)})
        return
    for path in files:
        if path.suffix == ".pdf":
            desk.show("file", (path.name, "application/pdf", path.read_bytes()))
    desk.show("notice", {"said": "printed", "path": ", ".join(shown_path(path) for path in files)})


def brief(
    kind: str, file: Path, language: str, compare: list[str], options: list[str], tell: Callable[[str], None]
) -> list[Path]:  # fmt: skip
    """Print a brief of a scenario file, telling what is being done; returns the pages that were written.

    Raises RunFailed with the last words of the command.
    """
    arguments = ["brief", kind, "--scenario", str(file), "--language", language, *options]
    arguments += (
        ["--no-sliders"] if kind == "national" else []
    )  # whoever prints from here has sliders already
    arguments += ["--compare", ",".join(compare)] if compare else []
    process, heard = begun(arguments, nice=0), []
    reader = Thread(target=lambda: heard.extend(process.stdout), daemon=True)
    reader.start()
    said = [line.strip() for line in _told(process.stderr, tell)]
    process.wait()
    reader.join()
    if process.returncode:
        raise RunFailed(" ".join(said[-4:])[:400])
    paths = (Path(line.strip()) for line in heard)
    return [path for path in paths if path.suffix in PRINTED and path.is_file()]


def _told(lines, tell: Callable[[str], None]):
    for line in lines:
        if line.strip():
            tell(line.strip())
            yield line
