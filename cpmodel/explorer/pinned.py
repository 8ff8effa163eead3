"""Scenarios kept beside the open one: the difference draw by draw, with its band."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cpmodel.errors import CpmodelError
from cpmodel.explorer.reading import FANS, Outcomes, finite
from cpmodel.explorer.state import State
from cpmodel.inputs.scenario import Scenario

BANDS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
MOST_PINS = 3


class Read(NamedTuple):
    """What is compared of a run: its years, and national outcomes by variant."""

    years: list[int]
    outcomes: Mapping[str, Outcomes]


@dataclass
class Pins:
    """The last `MOST_PINS` states that were kept; each is run when it is first compared, and again on other draws.

    scenario    gives the scenario of a state   run    runs a state on the draws of the page   show    takes what is told
    """

    scenario: Callable[[State], Scenario]
    run: Callable[[State], Read]
    show: Callable[[list[dict]], None]
    states: tuple[State, ...] = ()
    runs: dict[State, Read] = field(default_factory=dict)

    def keep(self, *states: State) -> None:
        """Keep states beside those that are kept, the oldest give way."""
        self.states = (*self.states, *states)[-MOST_PINS:]

    def drop(self, index: object) -> None:
        """Let the state at a place go; nothing where there is none."""
        self.states = tuple(state for i, state in enumerate(self.states) if i != index)

    def tell(self, shown: Read | None = None) -> None:
        """Show the open run less each one kept; of those not run yet, that they wait."""
        told = []
        for state in self.states:
            title, run = self.scenario(state).title, self.runs.get(state)
            found = differences(run, shown) if run and shown else {"paired": False, "waiting": True}
            told.append({"title": {"vi": title.vi, "en": title.en}} | finite(found))
        self.show(told)

    def compare(self, shown: Read, stale: Callable[[], bool]) -> None:
        """Show the open run less each one kept, and run what was not; that gives way to whatever is `stale()`.

        A state that cannot be run on these draws is let go; the `CpmodelError` says why.
        """
        self.runs = {state: run for state, run in self.runs.items() if state in self.states}
        self.tell(shown)
        for state in self.states:
            if state in self.runs:
                continue
            if stale():
                return
            try:
                self.runs[state] = self.run(state)
            except CpmodelError:
                self.states = tuple(one for one in self.states if one != state)
                raise
            finally:
                self.tell(shown)


def differences(kept: Read, shown: Read) -> dict:
    """Return the open scenario less a kept one: bands by year and outcome, and the share of draws that gain at the end.

    Both were run on the same draws, so the difference is that of policy alone; other years or draws cannot be paired.
    """
    (years, read), old = shown, kept.outcomes
    same = kept.years == years and set(old) == set(read)
    if not same or any(old[v]["awareness"].shape != read[v]["awareness"].shape for v in read):
        return {"paired": False}
    bands, gaining = {}, {}
    for name in FANS:
        gap = np.concatenate([read[v][name] - old[v][name] for v in read], axis=-1)
        found = np.quantile(gap, list(BANDS.values()), axis=-1)
        bands[name] = {band: [float(x) for x in row] for band, row in zip(BANDS, found, strict=True)}
        gaining[name] = float((gap[-1] > 0).mean())
    return {"paired": True, "bands": bands, "gaining": gaining, "years": years}
