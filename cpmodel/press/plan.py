"""What a batch has to do: for every order, whether it is printed, kept or not due, and why.

Nothing is run to find out. A brief is unchanged when its code, notebook, parameters, formats and installed versions, every
file it read, and every cell it read of its runs are as they were when it was last printed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.press import fingerprints
from cpmodel.press.cells import Tables
from cpmodel.press.orders import Order
from cpmodel.press.phrases import Said, part, said
from cpmodel.press.store import Store

SLIDERS, EMULATOR = "emulator", "emulator.json"
PRINT, LOOK, KEEP, WAIT = "print", "look", "keep", "wait"
DUE = (PRINT, LOOK)  # what a run does: print, or work out again and print where a reader would see a change
LOOKS = (*fingerprints.OF_PRINTING, "formats")  # parts whose change every reader sees
Folders = Mapping[tuple[str, str], Path | None]  # (kind of folder, scenario) → folder; None: to be made first


@dataclass(frozen=True)
class Line:
    """One order of the plan: `print`, `look`, `keep` or `wait`, with the reasons, and the object there is."""

    order: Order
    action: str
    why: tuple[Said, ...]
    object: str = ""


@dataclass
class Surroundings:
    """What all orders of a plan are held against; files and tables are read once.

    folders    the folder that stands for each scenario now
    code, printing    fingerprints of the package and of what makes pages
    """

    root: Path
    store: Store
    folders: Folders
    today: dt.date
    code: str = field(default_factory=fingerprints.of_code)
    printing: Mapping[str, str] = field(default_factory=fingerprints.of_printing)
    tables: Tables = field(default_factory=Tables)
    hashed: dict[Path, str] = field(default_factory=dict)

    def of_file(self, path: Path) -> str:
        """Return the hash of a file, worked out once."""
        if path not in self.hashed:
            self.hashed[path] = fingerprints.of_file(path)
        return self.hashed[path]

    def emulator(self, order: Order) -> Path | None:
        """Return the folder of the emulator behind an order's sliders, None for a brief without."""
        return self.folders.get((SLIDERS, order.scenarios[0])) if SLIDERS in dict(order.needs) else None

    def folder(self, order: Order, scenario: str) -> Path | None:
        """Return the folder that stands for a scenario in an order."""
        return self.folders.get((order.folder_kind, scenario))


def make_plan(
    orders: Iterable[Order], around: Surroundings, only: Sequence[str] = (), force: bool = False,
    failed_before: Iterable[str] = (),
) -> tuple[Line, ...]:  # fmt: skip
    """Return a line for every order asked for.

    only             briefs to look at (`province`, `province/31`, `province/31/vi`); all when empty
    failed_before    orders that failed when they were last tried
    Raises `BadInput` for an `only` that names nothing.
    """
    chosen, failed = chosen_of(tuple(orders), only), set(failed_before)
    return tuple(_line(order, around, bool(only), force, order.id in failed) for order in chosen)


def chosen_of(orders: Sequence[Order], only: Sequence[str]) -> list[Order]:
    """Return the orders that `only` names."""
    known = {name: None for order in orders for name in (order.kind, order.brief, order.id)}
    for name in only:
        if name not in known:
            near = nearest(name, known)
            fix = f"Did you mean `{near}`?" if near else "`cpmodel batch plan` lists them."
            raise BadInput(Problem("command line", "--only", name, "The batch has no such brief.", fix))
    return [o for o in orders if not only or {o.kind, o.brief, o.id} & set(only)]


def _line(order: Order, around: Surroundings, asked: bool, force: bool, failed: bool) -> Line:
    trace = around.store.trace(order.id)
    if trace is None:
        return Line(order, PRINT, (said("failed_before" if failed else "never"),))
    found = str(trace["object"])
    if force:
        return Line(order, PRINT, (said("forced"),), found)
    if damage := around.store.damage(found):
        return Line(order, PRINT, (said("damaged", what=damage),), found)
    if failed:
        return Line(order, PRINT, (said("failed_before"),), found)
    changes = changes_of(order, trace, around)
    if not changes:
        return Line(order, KEEP, (said("unchanged"),), found)
    if not asked and (until := next_due(order.cadence, str(trace.get("day", "")), around.today)):
        return Line(order, WAIT, (*changes, said("not_due", day=until)), found)
    return Line(order, PRINT if _looks_moved(order, trace, around) else LOOK, tuple(changes), found)


def parts_of(order: Order, around: Surroundings) -> dict[str, str]:
    """Return what an order's brief is made from, apart from files and runs: name → fingerprint."""
    given = {"scenarios": order.scenarios, **order.parameters}
    notebook = around.of_file(order.notebook)
    found = fingerprints.of_brief(notebook, given, order.formats, around.code, around.printing)
    emulator = around.emulator(order)
    return found | ({"sliders": around.of_file(emulator / EMULATOR)} if emulator else {})


def changes_of(order: Order, trace: Mapping[str, Any], around: Surroundings) -> list[Said]:
    """Return everything that is not as it was when the brief was printed."""
    before, now = trace["parts"], parts_of(order, around)
    moved = [name for name, value in now.items() if before.get(name) != value]
    if "code" in moved and "printing code" in moved:
        moved.remove("printing code")
    found = [said("changed", part=part(name)) for name in moved]
    for scenario in order.scenarios:
        if told := _run_change(order, scenario, trace, around):
            found.append(told)
    for name, value in trace["files"].items():
        scenario, colon, file = name.partition(":")
        place = around.folder(order, scenario) if colon else around.root
        if place is not None and around.of_file(place / (file or name)) != value:
            found.append(said("changed", part=name))
    return found


def _looks_moved(order: Order, trace: Mapping[str, Any], around: Surroundings) -> bool:
    now = parts_of(order, around)
    return any(trace["parts"].get(name) != now[name] for name in LOOKS)


def _run_change(order: Order, scenario: str, trace: Mapping[str, Any], around: Surroundings) -> Said | None:
    folder, before = around.folder(order, scenario), trace["runs"].get(scenario)
    if not order.folder_kind:
        return None
    if folder is None:
        return said("run_first", scenario=scenario)
    if before is None:
        return said("new_scenario", scenario=scenario)
    if before["folder"] == str(folder):
        return None
    if around.tables.facts(folder) != before["facts"]:
        return said("facts", scenario=scenario)
    reads = None if trace.get("reads") is None else [r for r in trace["reads"] if scenario in r[:1]]
    if around.tables.cells(folder, reads) == before["cells"]:
        return None
    old, moved = Path(before["folder"]), []
    if reads is not None and (old / "results.parquet").is_file():
        moved = around.tables.moved(folder, old, reads)
    if not moved:
        return said("cells", scenario=scenario)
    return said("cells_moved", scenario=scenario, count=len(moved), all=len(reads), example=moved[0])


def next_due(cadence: str, last: str, today: dt.date) -> str:
    """Return the day on which a brief that was carried out on day `last` is due again; empty when it is due.

    A clock that stands before `last` was moved back, and decides nothing.
    """
    try:
        done = dt.date.fromisoformat(last)
    except ValueError:
        return ""
    start = PERIODS.get(cadence)
    if start is None or done > today or start(done) != start(today):
        return ""
    after = start(done)
    while start(after) == start(done):
        after += dt.timedelta(days=1)
    return after.isoformat()


PERIODS: Mapping[str, Callable[[dt.date], dt.date]] = {
    "weekly": lambda day: day - dt.timedelta(days=day.weekday()),
    "monthly": lambda day: day.replace(day=1),
    "quarterly": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
    "yearly": lambda day: day.replace(month=1, day=1),
}
