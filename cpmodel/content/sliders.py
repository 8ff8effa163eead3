"""A small stand-in for the model inside a page: sliders over budgets, and what they move. Only HTML can show it."""

from __future__ import annotations

from typing import Literal

from cpmodel.content.runs import Frozen, Key, Runs, Str


class Slider(Frozen):
    """A budget that may be moved: multiples of `money` [bn VND, all years] from 0 to `highest`."""

    id: str
    label: Str
    money: float
    highest: float


class Band(Frozen):
    """A fan drawn anew at every move: rows of outputs by statistic, one index a year.

    scale    what a value is multiplied by to be drawn   targets    (year, low, high or None), in the drawn unit
    """

    id: str
    title: Str
    unit: Str
    years: tuple[int, ...]
    rows: dict[str, tuple[int, ...]]
    scale: float
    decimals: int
    targets: tuple[tuple[int, float, float | None], ...] = ()


class Chance(Frozen):
    """A target whose odds are told anew at every move: the index of its output."""

    label: Str
    year: int
    clause: str
    threshold: Str
    output: int


class Sliders(Frozen):
    """Sliders with what they move.

    levers, bend, centres, weights, basis, middle    of the emulator, see `cpmodel.analysis.emulator`; `middle` is
    shifted so that at the scenario's own money each output is the run's cell (`keys`)
    probit, scales    by output: is the link probit (else logit), and what a share is multiplied by
    """

    kind: Literal["sliders"] = "sliders"
    id: str
    title: Str
    lead: Runs
    accuracy: Runs
    levers: tuple[Slider, ...]
    bands: tuple[Band, ...]
    chances: tuple[Chance, ...]
    bend: float
    centres: tuple[tuple[float, ...], ...]
    weights: tuple[tuple[float, ...], ...]
    basis: tuple[tuple[float, ...], ...]
    middle: tuple[float, ...]
    probit: tuple[bool, ...]
    scales: tuple[float, ...]
    words: dict[str, Str]
    keys: tuple[Key, ...] = ()
