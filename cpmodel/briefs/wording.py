"""Sentences by rule, in both languages from one vocabulary.

A phrase is a template with named places. The rule that chooses a phrase looks at the numbers only, never at
the language, so the two languages always say the same thing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from cpmodel.briefs import numbers
from cpmodel.content import Key, Number, Runs, Text
from cpmodel.errors import RunFailed, in_number
from cpmodel.inputs.phrases import phrases_of

LANGUAGES = ("vi", "en")
PLACE = re.compile(r"\{(\w+)\}")


@functools.cache
def vocabulary() -> Mapping[str, Mapping[str, str]]:
    """Return every phrase of the vocabulary's files: dotted id → language → template; no id stands twice."""
    files = sorted(Path(__file__).parent.glob("vocabulary*.yaml"))
    found = [phrase for file in files for phrase in phrases_of(file)]
    if len(found) != len(dict(found)):
        raise RunFailed("The vocabulary holds a phrase twice: " + ", ".join(_twice([id for id, _ in found])))
    return dict(found)


def _twice(ids: list[str]) -> list[str]:
    return sorted({id for id in ids if ids.count(id) > 1})


class Wording:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._phrases = vocabulary()

    def word(self, phrase: str, **parts: str) -> str:
        """Return a phrase as plain text; `parts` are words, not numbers."""
        return in_number(self._phrases[phrase][self.language].format(**parts))

    def has(self, phrase: str) -> bool:
        """Say whether the vocabulary holds the phrase."""
        return phrase in self._phrases

    def labels(self, head: str) -> tuple[str, ...]:
        """Return the ids of the phrases that begin with `head` and have no places to fill."""
        found = (k for k in self._phrases if k.startswith(head))
        return tuple(k for k in found if not PLACE.search(self._phrases[k][self.language]))

    def say(self, phrase: str, **parts: Number | Runs | str) -> Runs:
        """Return a phrase as runs, each place filled by a number, by runs or by words."""
        return filled(self._phrases[phrase][self.language], parts)

    def missing(self) -> Runs:
        """Return the words that stand where a run has no number."""
        return (Text(text=self.word("missing"), style="muted"),)

    def odds(self, value: float, key: Key, words: str = "odds") -> Runs:
        """Return odds as word and number together: `likely to be met (72 %)`, or in `odds_short`: `likely (72 %)`."""
        word = self.word(f"{words}.{numbers.odds_word(value)}")
        return (Text(text=f"{word} ("), numbers.odds(value, self.language, key), Text(text=")"))

    def money(self, value: float, *keys: Key, decimals: int = 0, how: str = "cell") -> Number:
        """Return an amount of billion đồng with its unit."""
        unit = self.word("unit.bn_vnd")
        return numbers.amount(value, self.language, unit, *keys, decimals=decimals, how=how)


def filled(template: str, parts: Mapping[str, Number | Runs | str]) -> Runs:
    """Return a template as runs; every place must be given, and nothing else."""
    runs: list[Text | Number] = []
    for index, piece in enumerate(PLACE.split(template)):
        part = parts[piece] if index % 2 else piece
        if isinstance(part, str):
            part = (Text(text=part),) if part else ()
        runs.extend((part,) if isinstance(part, Text | Number) else part)
    return _in_number(joined(tuple(runs)))


def _in_number(runs: Runs) -> Runs:
    """Return runs with a noun that follows the number 1 in the singular; the number is a run of its own."""
    found = list(runs)
    for i, (first, second) in enumerate(pairwise(runs)):
        if isinstance(second, Text) and isinstance(first, Number) and first.text == "1":
            found[i + 1] = second.model_copy(update={"text": in_number(f"1{second.text}")[1:]})
    return tuple(found)


def joined(runs: Runs) -> Runs:
    """Return runs with neighbouring plain words made one."""
    out: list[Text | Number] = []
    for run in runs:
        last = out[-1] if out else None
        if isinstance(run, Text) and isinstance(last, Text) and run.style == last.style:
            out[-1] = Text(text=last.text + run.text, style=run.style)
        else:
            out.append(run)
    return tuple(out)
