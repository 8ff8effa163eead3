"""Scenarios kept beside the open one: the difference draw by draw, with its band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cpmodel.explorer.reading import FANS, Outcomes
from cpmodel.explorer.state import State

BANDS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


@dataclass(frozen=True)
class Pin:
    """A kept scenario: its state, title in both languages, years and national outcomes by variant."""

    state: State
    title: Mapping[str, str]
    years: tuple[int, ...]
    read: Mapping[str, Outcomes]


def differences(pin: Pin, years: list[int], read: Mapping[str, Outcomes]) -> dict:
    """Return the open scenario less a kept one: bands by year and outcome, and the share of draws that gain at the end.

    Both were run on the same draws, so the difference is that of policy alone; other years or draws cannot be paired.
    """
    told = {"title": dict(pin.title), "base": pin.state.base, "paired": False}
    same = list(pin.years) == years and set(pin.read) == set(read)
    if not same or any(pin.read[v]["awareness"].shape != read[v]["awareness"].shape for v in read):
        return told
    bands, gaining = {}, {}
    for name in FANS:
        gap = np.concatenate([read[v][name] - pin.read[v][name] for v in read], axis=-1)
        found = np.quantile(gap, list(BANDS.values()), axis=-1)
        bands[name] = {band: [float(x) for x in row] for band, row in zip(BANDS, found, strict=True)}
        gaining[name] = float((gap[-1] > 0).mean())
    return told | {"paired": True, "bands": bands, "gaining": gaining, "years": years}
