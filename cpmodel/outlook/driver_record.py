"""What was chosen for the drivers, on what figures, and whether that still holds: data/driver_models.yaml.

Runs read the record and fit the chosen models to the figures at hand; they never choose. A choice is made by
`cpmodel drivers --choose`, so that a run changes when someone decides so, not when a score moves by a hair.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import yaml

from cpmodel.inputs.macro import CHOICES, recorded_choices
from cpmodel.outlook.driver_choice import (
    Chosen,
    choose,
    driver_series,
    fingerprint,
    rolling_origin,
    tied,
    weights,
)
from cpmodel.outlook.hindcast import content_key, kept_or_made

CODE = ("driver_choice", "driver_models", "scores")
# Drivers and prices that no rolling origin can be laid over, and why; shown with every account.
NOT_SCOREABLE = {
    "establishments": "industry is published for five year ends (2005, 2007 to 2010), industry with construction for "
    "seven (2016 to 2022), on two rules of counting; growth and its error stand as docs/data.md says",
    "fuel price": "seven pump prices of diesel, every second November to 2016; coal by announcements without a level",
    "materials and water prices": "no series found",
}


@dataclass(frozen=True)
class Account:
    """Choices by driver; correlation of their surprises as found and as used; the record and where it is out of date."""

    chosen: Mapping[str, Chosen]
    found: pd.DataFrame
    used: pd.DataFrame
    shrunk: float
    recorded: dict | None

    @property
    def stale(self) -> dict[str, str]:
        """Driver → why its record no longer is what would be chosen; empty when all hold."""
        if self.recorded is None:
            return dict.fromkeys(self.chosen, "nothing is recorded: a random walk with drift is used")
        told = {}
        for name, chosen in self.chosen.items():
            row = self.recorded["drivers"][name]
            if row["model"] != chosen.model:
                told[name] = f"recorded is `{row['model']}`, the back-test now says `{chosen.model}`"
            elif row["series"] != chosen.series:
                told[name] = "its figures have changed since the choice; the same model would be chosen"
        return told


def account(
    macro: Mapping[str, pd.Series],
    root: Path,
    kept: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Account:
    """Choose for every driver that can be scored.

    kept    folder of back-tests already made, filed by content; None: nothing is read or written
    """
    chosen = {}
    for name, series in driver_series(macro).items():
        if progress:
            progress(f"rolling origins of {name}")
        beside = series.attrs.get("beside")
        told = [fingerprint(series), None if beside is None else [list(beside.index), list(beside.round(10))]]
        file = kept / f"driver_{name}_{content_key(told, CODE)}.parquet" if kept else None
        chosen[name] = choose(name, series, kept_or_made(file, partial(rolling_origin, series)))
    found, used, shrunk = tied({name: one.residuals for name, one in chosen.items()})
    return Account(chosen, found, used, shrunk, recorded_choices(root))


def record(told: Account, root: Path) -> Path:
    """Write the choices to data/driver_models.yaml, whole or not at all; returns the file."""
    weight = weights(told.used)
    drivers = {
        name: {"model": one.model, "series": one.series, "origins": int(one.origins), "tied": weight[name]}
        for name, one in told.chosen.items()
    }
    head = (
        "# How each driver is forecast after its last published year; made by `cpmodel drivers --choose`, not by hand.\n"
        "# series: fingerprint of the figures the choice was made on. tied: weights of the drivers' own random streams\n"
        "# in its surprises; the streams of other drivers stand in it where surprises of one year go together.\n"
    )
    path = Path(root) / CHOICES
    stage = path.with_name(f".{path.name}.{os.getpid()}")
    stage.write_text(
        head + yaml.safe_dump({"drivers": drivers}, sort_keys=False, allow_unicode=True), "utf-8"
    )
    stage.replace(path)
    return path
