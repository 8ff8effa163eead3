"""What the printing house says of its work, in both languages: a sentence stays data until somebody reads it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpmodel.errors import in_number

FILE = Path(__file__).with_name("phrases.yaml")


@dataclass(frozen=True)
class Said:
    """A phrase of `phrases.yaml` and what fills its places, which may be said itself."""

    phrase: str
    parts: Mapping[str, Any] = field(default_factory=dict)

    def in_(self, language: str) -> str:
        """Return the sentence in one language."""
        parts = {
            name: part.in_(language) if isinstance(part, Said) else part for name, part in self.parts.items()
        }
        return in_number(_phrases()[self.phrase][language].format(**parts))


def said(phrase: str, **parts: Any) -> Said:
    """Return a phrase with its places filled."""
    return Said(phrase, parts)


def part(name: str) -> Said | str:
    """Return a part that a brief is made from as its phrase; a file is called by its name."""
    return Said(f"part.{name}") if f"part.{name}" in _phrases() else name


def told(reasons: Iterable[Said], language: str) -> str:
    """Return several sentences as one line."""
    return "; ".join(reason.in_(language) for reason in reasons)


def kept(reasons: Iterable[Said]) -> str:
    """Return sentences as text that any language can be read from again."""
    return json.dumps([_plain(reason) for reason in reasons], ensure_ascii=False)


def reread(text: str, language: str) -> str:
    """Return what was kept, in one language."""
    return told((_said(*pair) for pair in json.loads(text)), language)


def _plain(reason: Said) -> list:
    inner = {name: _plain(p) if isinstance(p, Said) else p for name, p in reason.parts.items()}
    return [reason.phrase, inner]


def _said(phrase: str, parts: Mapping[str, Any]) -> Said:
    return Said(phrase, {name: _said(*p) if isinstance(p, list) else p for name, p in parts.items()})


@functools.cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    from cpmodel.inputs.phrases import phrases_of  # a command that only shows its help reads no words

    return dict(phrases_of(FILE))
