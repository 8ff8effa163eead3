"""A message is what a browser sent: nothing in it is trusted to be well formed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cpmodel.errors import BadInput, Problem

Message = Mapping[str, object]


def words_of(message: Message, key: str, most: int = 200) -> str:
    """Return the words that a message holds at a key; raise `BadInput` where it holds something else."""
    value = message.get(key, "")
    if not isinstance(value, str) or len(value) > most:
        raise BadInput(
            Problem("explorer", key, str(value)[:80], "Words are expected here.", "Load the page again.")
        )
    return value


def number_of(message: Message, key: str, low: float, high: float) -> float | None:
    """Return the number that a message holds at a key, None where it holds none; raise `BadInput` beyond its limits."""
    value = message.get(key)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not low <= value <= high:
        why = f"A number from {low:g} to {high:g} is expected here."
        raise BadInput(
            Problem("explorer", key, str(value)[:80], why, "Write such a number, or leave it empty.")
        )
    return float(value)
