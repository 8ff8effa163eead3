"""What printing an order takes, and what became of it: the two ends of a printing process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpmodel.press.batch import Limits
from cpmodel.press.orders import Order
from cpmodel.press.store import Store


@dataclass(frozen=True)
class Job:
    """All that printing an order takes, so that any process of any machine that sees the project can do it.

    folders    scenario → run folder, the order's own scenario first
    emulator    folder of the emulator behind the sliders, None for a brief without
    parts      what the order's brief is made from, by name: fingerprints (`plan.parts_of`)
    force      print again although the same content was printed before
    """

    order: Order
    store: Store
    root: Path
    folders: Mapping[str, Path]
    parts: Mapping[str, str]
    limits: Limits
    day: str
    force: bool = False
    key_file: Path | None = None
    emulator: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of an order: `printed`, `kept` (worked out again, nothing printed would change) or `failed`."""

    order: str
    status: str
    seconds: float
    object: str = ""
    error: str = ""
    notebook: str = ""  # where a failed one is kept
    conclusions: Mapping[str, Any] = field(default_factory=dict)
