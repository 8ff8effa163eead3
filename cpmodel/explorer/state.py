"""What the explorer is set to: a scenario and what is changed of it, with the way back. No widget and no model here.

The same state has four doors, and each gives the same resolved scenario: the explorer (`resolved`), a scenario file
(`to_yaml`), the command line (`command`) and a notebook (`python`); a link (`link`) brings it back into the explorer.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs import changes as ch
from cpmodel.inputs.fields import FrozenMap, frozen
from cpmodel.inputs.known import Known
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.scenario import SCHEMA_LINE, Scenario
from cpmodel.inputs.yaml_text import Document, parse_yaml, write_yaml

NEVER_SHOWN = ("schema_version", "extends", "lineage", "draws", "seed", "resolution", "variants")
MOST_STEPS = 200


@dataclass(frozen=True)
class State:
    """A scenario by name, and changes of it by dotted key (see `cpmodel.inputs.changes`)."""

    base: str
    changes: FrozenMap = field(default_factory=FrozenMap)

    def moved(self, moves: Mapping[str, object]) -> State:
        """Return the state with some keys changed; years may be ranges, None removes what is inherited."""
        changes = dict(self.changes)
        for key, value in moves.items():
            changes = ch.with_change(changes, key, tuple(value) if isinstance(value, list) else value)
        return replace(self, changes=frozen(changes))

    def without(self, key: str) -> State:
        """Return the state with a key, and all below it, as in the scenario that is changed."""
        kept = {k: v for k, v in self.changes.items() if k != key and not k.startswith(f"{key}.")}
        return replace(self, changes=frozen(kept))

    def plain(self, base: Scenario) -> State:
        """Return the state without changes that say what `base`, the resolved scenario of that name, says anyway."""
        told = base.to_dict()
        kept = {key: value for key, value in self.changes.items() if not _says(told, key, value)}
        return self if len(kept) == len(self.changes) else replace(self, changes=frozen(kept))

    def overlay(self, base: Scenario) -> dict:
        """Return the changes as a file says them that extends `base`, the resolved scenario of that name."""
        return ch.laid_out(base, self.changes)

    def resolved(
        self, known: Known | None = None, folder: Path | None = None, run: Mapping[str, object] | None = None,
        base: Scenario | None = None, documents: Sequence[Document] | None = None,
    ) -> Scenario:  # fmt: skip
        """Return the resolved scenario; raise `BadInput` with every problem.

        run    how it is run, such as {"draws": 200, "resolution": "explorer"}; no part of the state
        base, documents    the scenario that is changed, and its files, where they are read already
        """
        if not re.fullmatch(r"\w[\w-]*", self.base):  # a link may not name a file anywhere on the machine
            why, fix = (
                "A scenario of the project is named here, not a file.",
                "Name one of the folder scenarios/.",
            )
            raise BadInput(Problem("explorer", "base", self.base, why, fix))
        said = self.overlay(base or resolve(self.base, known, folder)) if self.changes else {}
        return resolve(self.base, known, folder, said | dict(run or {}), documents)

    def to_yaml(self, base: Scenario) -> str:
        """Return the text of a scenario file that extends the base."""
        return SCHEMA_LINE + write_yaml({"extends": self.base} | self.overlay(base))

    def command(self, *more: str) -> str:
        """Return the command that runs it, `more` options at the end."""
        options = [part for text in ch.spelled(self.changes) for part in ("--set", text)]
        return shlex.join(["cpmodel", "run", self.base, *options, *more])

    def python(self, calibration: str | None = None) -> str:
        """Return the call that opens it in a notebook."""
        changed = ", ".join(f"{key!r}: {value!r}" for key, value in ch.in_ranges(self.changes).items())
        drawn = f", calibration={calibration!r}" if calibration else ""
        return f"explorer.open_explorer({self.base!r}{f', {{{changed}}}' if changed else ''}{drawn})"

    def link(self) -> str:
        """Return the part of a link behind `#`."""
        return ch.link(self.base, self.changes)


def _says(told: Mapping, key: str, value: object) -> bool:
    """True when a resolved scenario has that value at that key already."""
    place: object = told
    for part in key.split("."):
        if not isinstance(place, Mapping) or part not in place:
            return False
        place = place[part]
    same = list(value) == place if isinstance(value, tuple) else value == place
    return same and not isinstance(place, Mapping)


def from_link(fragment: str) -> State:
    """Return the state of a link; raise `BadInput` where it is none."""
    base, changes = ch.read_link(fragment)
    return State(base).moved(changes)


def from_yaml(text: str, file: str = "the file") -> State:
    """Return the state of a scenario file that extends another; raise `BadInput` where it does not."""
    data = parse_yaml(text, file).data
    base = data.get("extends")
    if not isinstance(base, str):
        why = "The explorer keeps what is changed of a scenario, so the file must extend one."
        raise BadInput(
            Problem(file, "extends", base, why, "Add `extends: as_decided`, or put the file in scenarios/.")
        )
    said = ch.flat({key: value for key, value in data.items() if key not in NEVER_SHOWN})
    return State(base).moved({key: value for key, value in said.items() if value != {}})


def opened(
    base: str, changes: Mapping[str, object] | None = None, link: str = "", file: Path | None = None
) -> State:
    """Return the state to open with: a link's, a file's, or a scenario and changes of it."""
    if link:
        return from_link(link)
    if file is not None:
        return from_yaml(file.read_text("utf-8"), file.name)
    if not base:
        raise BadInput(
            Problem("explorer", "scenario", "", "No scenario was named.", "Name one, such as as_decided.")
        )
    return State(base).moved(changes or {})


@dataclass(frozen=True)
class History:
    """States in the order they were reached, and where the user stands; a drag is one step once it is let go.

    draft    the state while a lever is being dragged   past, undone    the states to go back and forth to
    """

    now: State
    undone: tuple[State, ...] = ()
    past: tuple[State, ...] = ()
    draft: State | None = None

    @property
    def shown(self) -> State:
        """The state on screen: the drag's, or the last that was reached."""
        return self.now if self.draft is None else self.draft

    def links(self, most: int) -> dict[str, list[str]]:
        """Return the last `most` states that are gone back and forth to, as links."""
        each = {"past": self.past, "undone": self.undone}
        return {name: [state.link() for state in states[-most:]] for name, states in each.items()}

    def dragged(self, state: State) -> History:
        """Return the history with a lever held somewhere."""
        return replace(self, draft=state)

    def reached(self, state: State) -> History:
        """Return the history with one more step; a step that changes nothing is none."""
        if state == self.now:
            return replace(self, draft=None)
        return History(state, (), (*self.past, self.now)[-MOST_STEPS:])

    def undo(self) -> History:
        """Return the history one step back, if there is one."""
        if not self.past:
            return replace(self, draft=None)
        return History(self.past[-1], (*self.undone, self.now), self.past[:-1])

    def redo(self) -> History:
        """Return the history one step forward again, if there is one."""
        if not self.undone:
            return replace(self, draft=None)
        return History(self.undone[-1], self.undone[:-1], (*self.past, self.now))
