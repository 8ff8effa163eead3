"""Briefs printed from the page: `cpmodel brief` on the file that the state would be saved as, while the user goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from cpmodel.errors import BadInput, Problem, RunFailed
from cpmodel.explorer.desk import Desk
from cpmodel.explorer.files import found_at
from cpmodel.explorer.full_run import begun, named
from cpmodel.explorer.problems import in_both
from cpmodel.explorer.state import State
from cpmodel.inputs.company import usual_company
from cpmodel.inputs.project import project_root
from cpmodel.inputs.scenario import Scenario

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
    kept = desk.pins.states[-1:] if kind == "comparison" else ()
    told = [
        desk.history.shown,
        *(apart(state, *map(desk.scenario_of, (state, desk.history.shown))) for state in kept),
    ]
    bases = [desk.scenario_of(State(state.base)) for state in told]
    Thread(target=_print, args=(desk, kind, language, told, bases), daemon=True).start()


def apart(state: State, kept: Scenario, shown: Scenario) -> State:
    """Return a kept state under a name of its own, where it bears the name of the scenario that is shown beside it."""
    if kept.name != shown.name:
        return state
    vi, en = kept.title.vi.removesuffix(" (đã thay đổi)"), kept.title.en.removesuffix(" (changed)")
    name = f"{kept.name.removesuffix('_changed')[:50]}_kept"
    return state.moved({"name": name, "title.vi": f"{vi} (bản đã giữ)", "title.en": f"{en} (kept)"})


def _print(desk: Desk, kind: str, language: str, told: list[State], bases: list[Scenario]) -> None:
    def tell(what: str) -> None:
        desk.show("notice", {"said": "printing", "what": what})

    desk.show("notice", {"said": f"printing.{kind}"})
    try:
        with TemporaryDirectory(prefix="cpmodel-explorer-") as folder:
            names = []
            for i, (state, base) in enumerate(zip(told, bases, strict=True)):
                place = Path(folder) / str(i)
                place.mkdir()
                names.append(named(state, base, place))
            others = beside(kind, names, told[0], usual_company(bases[0]))
            files = brief([kind, *others, "--language", language, *desk.options], tell)
    except RunFailed as error:
        desk.show("notice", {"failed": in_both(str(error))})
        return
    for path in files:
        if path.suffix == ".pdf":
            desk.show("file", (path.name, "application/pdf", path.read_bytes()))
    desk.show("notice", {"said": "printed", "path": ", ".join(map(found_at, files))})


def beside(kind: str, names: list[str], state: State, company: Sequence[str]) -> list[str]:
    """Return the options that name the scenario of a brief and what it stands beside: what was kept, or its start.

    company    scenarios that usually stand beside the start, of the same years
    Whoever prints from the page has sliders already, so the national page carries none.
    """
    scenario = ["--scenario", names[0]]
    start = [state.base] if state.changes else []
    if kind == "comparison":
        against = [*names[1:], *start, *company]
        if not against:
            raise RunFailed(
                f"No scenario has the years of {state.base}: keep one to print a comparison with it."
            )
        return [*scenario, "--against", against[0]]
    return [*scenario, "--no-sliders", "--compare", ",".join(dict.fromkeys([*company[:1], *start]))]


def brief(arguments: list[str], tell: Callable[[str], None]) -> list[Path]:
    """Print a brief, telling what is being done; returns the pages that were written.

    arguments    of `cpmodel brief`   Raises RunFailed with the last words of the command.
    """
    process, heard = begun(["brief", *arguments], nice=0), []
    reader = Thread(target=lambda: heard.extend(process.stdout), daemon=True)
    reader.start()
    said = [line.strip() for line in _told(process.stderr, tell)]
    process.wait()
    reader.join()
    if process.returncode:
        raise RunFailed(" ".join(said[-4:])[:400])
    paths = (Path(line.strip()) for line in heard)
    return [path for path in paths if path.suffix in PRINTED and path.is_file()]


def _told(lines: Iterable[str], tell: Callable[[str], None]) -> Iterator[str]:
    for line in lines:
        if line.strip():
            tell(line.strip())
            yield line
