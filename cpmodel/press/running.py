"""A batch carried out: runs made, plan worked out, orders printed side by side, edition published, history written."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from cpmodel.compute import Workers, spread
from cpmodel.errors import CpmodelError, RunFailed
from cpmodel.press import apart, edition
from cpmodel.press.batch import Batch
from cpmodel.press.fingerprints import digest, of_code, of_file, of_files, of_tree
from cpmodel.press.history import History, opened
from cpmodel.press.jobs import Job, Outcome
from cpmodel.press.notices import Notice, conclusions_changed
from cpmodel.press.orders import Order
from cpmodel.press.plan import DUE, KEEP, Folders, Line, Surroundings, chosen_of, make_plan, parts_of
from cpmodel.press.store import Store, read_json, remove_leftovers, write_json

PREPARED = "prepared.json"
PAGES = "pages.json"  # what the pages of the current edition were last rendered from, changed or not
NONE = ""  # in it, for what need not be made: a scenario without money has no sliders
CALIBRATIONS = Path("reports") / "calibrations"


class Preparer(Protocol):
    """Who finds and makes the folders that briefs are printed from, and keeps those behind what was published."""

    def find(self, kind: str, scenario: str) -> Path | None:
        """Return the folder that stands for a scenario as things are now, or None when it is not made yet."""

    def make(self, kind: str, scenario: str) -> Path | None:
        """Return the folder, making it first where needed; None where a scenario has nothing to make an emulator of."""

    def keep(self, folders: Sequence[Path], because: str) -> Sequence[str]:
        """Keep what was published as vintages; return their names."""


@dataclass(frozen=True)
class Task:
    """What a batch is carried out with.

    orders    every order of the batch   only, force    as in `plan.make_plan`
    language  of the conclusions that are told when they change
    say       told of every step in words   step    told of every order that is done, with how many of how many
    """

    name: str
    batch: Batch
    orders: tuple[Order, ...]
    root: Path
    store: Store
    prepare: Preparer
    only: tuple[str, ...] = ()
    force: bool = False
    key_file: Path | None = None
    language: str = "en"
    today: dt.date = dataclasses.field(default_factory=dt.date.today)
    say: Callable[[str], None] = lambda text: None
    step: Callable[[Outcome, int, int], None] = lambda outcome, done, of: None


@dataclass(frozen=True)
class Report:
    """What a run of a batch came to; `changed` are the conclusions that moved to another category."""

    run: int
    lines: tuple[Line, ...]
    outcomes: tuple[Outcome, ...]
    edition: str
    notices: tuple[Notice, ...]
    gone: tuple[str, ...]

    @property
    def failed(self) -> list[Outcome]:
        """Orders that failed."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Keep every other batch out of the store; raises `RunFailed` when one is at work there."""
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(store.folder / ".lock", timeout=0):
            yield
    except Timeout:
        with opened(store.folder) as history:
            busy = next((run for run in history.runs(1) if not run.ended), None)
        since = f" (process {busy.process}, since {busy.began})" if busy else ""
        raise RunFailed(
            f"Another batch is at work in {store.folder}{since}. Wait for it, or end it."
        ) from None
    except OSError as error:
        raise RunFailed(f"{store.folder} cannot be written: {error.strerror or error}.") from None


def plan(
    task: Task, make: bool = False
) -> tuple[tuple[Line, ...], Surroundings, Mapping[tuple[str, str], str]]:
    """Return the plan, what it was held against, and the folders that could not be made, with the reason.

    make    whether folders that are missing are made first; otherwise the plan says that they must be
    """
    folders, troubles = folders_of(task, make)
    around = Surroundings(task.root, task.store, folders, task.today)
    failing = {}
    if task.store.folder.is_dir():
        with opened(task.store.folder) as history:
            failing = history.failing()
    return make_plan(task.orders, around, task.only, task.force, failing), around, troubles


def carry_out(task: Task, workers: Workers | None = None) -> Report:
    """Carry a batch out; what fails is told in the report, and everything else is printed and published."""
    with locked(task.store), opened(task.store.folder) as history:
        remove_leftovers(task.store.folder)
        run = history.begin()
        lines, around, troubles = plan(task, make=True)
        outcomes = tuple(_printed(task, lines, around, troubles, workers, history, run))
        before = edition.current(task.store)
        number = _published(task, lines, outcomes, around.code)
        _keep(task, lines, outcomes, around, number)
        notices = conclusions_changed(
            task.store, before.get("objects", {}), edition.current(task.store)["objects"], task.language
        )
        keep = task.batch.keep
        gone = edition.clear_away(task.store, keep.editions, keep.failed) if outcomes else []
        history.end(run, len(lines) - len(outcomes), number, history.moved_aside)
        history.forget(task.batch.keep.runs_logged)
        return Report(run, lines, outcomes, number, tuple(notices), tuple(gone))


def folders_of(task: Task, make: bool) -> tuple[Folders, Mapping[tuple[str, str], str]]:
    """Return the folder of every scenario that the orders need, and why some could not be made.

    As long as data, scenarios, code and what is asked are the same, they are those that were noted: nothing is loaded.
    """
    if (found := noted_folders(task)) is not None:
        return found, {}
    folders, troubles = {}, {}
    for kind, scenario in needs_of(task):
        try:
            task.say(f"{scenario}: {'making' if make else 'looking for'} its {kind}")
            folders[kind, scenario] = (task.prepare.make if make else task.prepare.find)(kind, scenario)
        except CpmodelError as error:
            troubles[kind, scenario], folders[kind, scenario] = str(error), None
    if make and not troubles:
        file, ground = task.store.folder / PREPARED, ground_of(task)
        noted = read_json(file)
        named = {"/".join(key): str(folder or NONE) for key, folder in folders.items()}
        others = noted.get("folders", {}) if noted.get("ground") == ground else {}
        write_json(file, {"ground": ground, "folders": others | named})
    return folders, troubles


def noted_folders(task: Task) -> Folders | None:
    """Return the folders that were noted when they were made; None where anything that they come from has changed since."""
    noted = read_json(task.store.folder / PREPARED)
    if noted.get("ground") != ground_of(task):
        return None
    found = {key: noted["folders"].get("/".join(key)) for key in needs_of(task)}
    if all(f == NONE or (f and (Path(f) / "manifest.json").is_file()) for f in found.values()):
        return {key: Path(folder) if folder else None for key, folder in found.items()}
    return None


def needs_of(task: Task) -> list[tuple[str, str]]:
    """Return every folder that the orders chosen need, once, as (kind, scenario)."""
    chosen = chosen_of(task.orders, task.only)
    return list(dict.fromkeys(need for order in chosen for need in order.needs))


def ground_of(task: Task) -> str:
    """Return the fingerprint of all that runs come from, and of what is asked of them."""
    scenarios = of_files((task.root / "scenarios").glob("*.yaml"), task.root)
    batch = task.batch
    drawn = batch.calibration and (batch.calibration, of_file(task.root / CALIBRATIONS))
    asked = [(order.id, order.scenarios, dict(order.parameters)) for order in task.orders]
    return digest(
        of_tree(task.root / "data"), scenarios, of_code(), batch.draws, batch.resolution, drawn, asked
    )


def _printed(
    task: Task, lines: Sequence[Line], around: Surroundings, troubles: Mapping[tuple[str, str], str],
    workers: Workers | None, history: History, run: int,
) -> Iterator[Outcome]:  # fmt: skip
    """Print what is due, side by side, and yield what became of each order as soon as it is known."""
    due = [line for line in lines if line.action in DUE]
    why = {line.order.id: line.why for line in due}
    broken = {line.order.id: _trouble(line.order, troubles) for line in due}
    jobs = [_job(task, line.order, around) for line in due if not broken[line.order.id]]
    outcomes = (Outcome(name, "failed", 0.0, error=text) for name, text in broken.items() if text)
    modules = [name for job in jobs for name in _imports(job.order.notebook)]
    apart.warm_up(dict.fromkeys(modules))
    printed = (outcome for _, outcome in spread(apart.print_apart, jobs, workers))
    for done, outcome in enumerate(chain(outcomes, printed), start=1):
        history.add(run, outcome, why[outcome.order])
        task.step(outcome, done, len(due))
        yield outcome


def _imports(notebook: Path) -> list[str]:
    from cpmodel.press.notebook import imported, sources_of

    return list(imported(sources_of(notebook)))


def _trouble(order: Order, troubles: Mapping[tuple[str, str], str]) -> str:
    return "\n".join(troubles[need] for need in order.needs if need in troubles)


def _job(task: Task, order: Order, around: Surroundings) -> Job:
    folders = {name: folder for name in order.scenarios if (folder := around.folder(order, name)) is not None}
    return Job(
        order=order,
        store=task.store,
        root=task.root,
        folders=folders,
        parts=parts_of(order, around),
        limits=task.batch.limits,
        day=task.today.isoformat(),
        force=task.force,
        key_file=task.key_file,
        emulator=around.emulator(order),
    )


def _published(task: Task, lines: Sequence[Line], outcomes: Sequence[Outcome], code: str) -> str:
    """Publish the newest good object of every order of the batch; return the number of the edition.

    Where no order was touched and the pages would come from the same, nothing is rendered.
    """
    looked_at = {line.order.id: line.object for line in lines if line.action == KEEP}
    objects = {}
    for order in task.orders:
        if order.id in looked_at:
            objects[order.id] = looked_at[order.id]
            continue
        trace = task.store.trace(order.id)
        if trace is not None and task.store.manifest(str(trace["object"])):
            objects[order.id] = str(trace["object"])
    now, noted = edition.current(task.store), task.store.folder / PAGES
    places = [of_file(task.root / "data" / name) for name in ("provinces.csv", "province_tiles.csv")]
    pages_from = digest(task.batch.title.model_dump(), code, places)
    found = {"edition": now.get("number"), "pages_from": pages_from}
    if not outcomes and now.get("objects") == objects and read_json(noted) == found:
        return str(now["number"])
    from cpmodel.press import site  # templates and typefaces, which a run with nothing to do does not load

    failed = {outcome.order for outcome in outcomes if outcome.status == "failed"}
    older = sorted((failed | _older(now, outcomes)) & set(objects))
    pages = site.pages(task.batch, task.store, objects, task.root, older)
    number = edition.publish(task.store, objects, pages, {"batch": task.name, "older": older})
    write_json(noted, {"edition": number, "pages_from": pages_from})
    return number


def _keep(
    task: Task, lines: Sequence[Line], outcomes: Sequence[Outcome], around: Surroundings, number: str
) -> None:
    """Have kept what the briefs of this edition were printed from, so that the forecasts can be scored later."""
    fine = {outcome.order for outcome in outcomes if outcome.status != "failed"}
    orders = [line.order for line in lines if line.order.id in fine]
    folders = [around.folder(order, name) for order in orders for name in order.scenarios]
    found = list(dict.fromkeys(folder for folder in folders if folder is not None))
    if not found:
        return
    try:
        names = task.prepare.keep(found, f"{task.name}, edition {number}")
        task.say(f"Kept as vintages: {', '.join(names)}")
    except (CpmodelError, OSError) as error:
        task.say(f"Published, but not kept as vintages: {error}")


def _older(now: Mapping[str, list[str]], outcomes: Sequence[Outcome]) -> set[str]:
    """Return the orders that were marked as earlier printings and have not been tried since."""
    return set(now.get("older", ())) - {outcome.order for outcome in outcomes}
