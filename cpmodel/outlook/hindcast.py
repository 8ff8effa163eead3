"""The back-test as a record that is kept: each series is scored once for what it depends on, then read again.

A series' scores are filed under the hash of its figures, the settings and the code that makes them, so an
interrupted back-test goes on where it stopped, and changed figures or changed code are scored afresh.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.outlook.backtest import OURS, backtest

CODE = (
    "backtest",
    "diffusion",
    "diffusion_curves",
    "diffusion_filter",
    "diffusion_prior",
    "rivals",
    "scores",
    "tempering",
)


@dataclass(frozen=True)
class Settings:
    """Of a back-test: points at the first origin, step between origins, years ahead, draws a forecast, seed."""

    first: int = 6
    every: int = 1
    horizon: int = 5
    draws: int = 2000
    seed: int = 0


FULL = Settings()
QUICK = Settings(
    every=4, draws=500
)  # every fourth origin with a quarter of the draws: seconds, wider scatter


def hindcast(
    series: Mapping[str, pd.Series],
    settings: Settings = FULL,
    kept: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return the rows of `backtest` for every series.

    kept    folder of scores already made; None: nothing is read or written
    """
    parts = []
    for number, (name, levels) in enumerate(series.items(), start=1):
        file = kept / f"{key(name, levels, settings)}.parquet" if kept else None
        if progress:
            progress(f"series {number} of {len(series)}: {name}")
        parts.append(kept_or_made(file, partial(backtest, {name: levels}, **asdict(settings))))
    return pd.concat(parts, ignore_index=True)


def key(name: str, levels: pd.Series, settings: Settings = FULL) -> str:
    """Return sixteen characters that stand for everything a series' scores depend on."""
    told = [name, levels.index.tolist(), levels.tolist(), levels.attrs.get("ceiling"), asdict(settings)]
    return content_key(told, CODE)


def content_key(told: object, modules: tuple[str, ...]) -> str:
    """Return sixteen characters for what was told, as JSON, and the code of modules of this station."""
    digest = hashlib.sha256(json.dumps(told).encode())
    for module in modules:
        digest.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    return digest.hexdigest()[:16]


def kept_or_made(file: Path | None, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return the table filed under `file`, or make and file it; without a file it is made."""
    found = filed(file)
    if found is None:
        found = make()
        if file:
            _file(found, file)
    return found


def filed(file: Path | None) -> pd.DataFrame | None:
    """Return scores filed earlier; a damaged file counts as none, for it can be made again."""
    if file is None or not file.is_file():
        return None
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError):
        return None


def _file(rows: pd.DataFrame, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    stage = file.with_name(f".{file.name}.{os.getpid()}")
    rows.to_parquet(stage, index=False)
    stage.replace(file)


def pit_shares(rows: pd.DataFrame, who: str = OURS, bins: int = 5) -> np.ndarray:
    """Return the share of the probability integral transform in equal bins, a mean over series; flat if calibrated."""
    transform = rows.loc[rows["forecaster"] == who].groupby("series")["pit"]
    return np.mean([np.histogram(v, bins, (0, 1))[0] / len(v) for _, v in transform], axis=0)
