"""What a brief says of the calibration behind its run: how many rows, and which results they taught anything about."""

from __future__ import annotations

from dataclasses import dataclass

from cpmodel.briefs import numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Number, Runs


@dataclass(frozen=True)
class Learned:
    """Rows held against the model, headline results in all and those informed, and the outcomes of the latter."""

    rows: int
    headlines: int
    informed: int
    outcomes: tuple[str, ...]


def learned_from(run: SavedRun) -> Learned | None:
    """Return what the run's calibration taught; None for a run under the prior."""
    told = run.manifest.get("calibration", "prior")
    if not isinstance(told, dict):
        return None
    informed = told["informed"]
    outcomes = tuple(dict.fromkeys(name.rsplit(" ", 1)[0] for name in informed))
    return Learned(told["rows"], len(told["contraction"]), len(informed), outcomes)


def count(value: int, name: str, words: Wording) -> Number:
    """Return a count of the calibration as a number that says where it is from."""
    return numbers.amount(value, words.language, "", origin=f"manifest calibration {name}")


def confidence(run: SavedRun, words: Wording) -> Runs:
    """Return the sentence on how far results can be trusted."""
    learned = learned_from(run)
    if learned is None:
        return words.say("quality.confidence")
    rows = count(learned.rows, "rows", words)
    if not learned.outcomes:
        return words.say("quality.confidence_calibrated_none", rows=rows)
    names = ", ".join(words.word(f"outcome.{name}") for name in learned.outcomes)
    return words.say("quality.confidence_calibrated", rows=rows, names=names)
