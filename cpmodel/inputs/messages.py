"""Messages of the command line in the user's language: code says them in English, `messages.yaml` holds the Vietnamese.

A message is known by its English text with places for what varies. What is not in the file stays English.
"""

from __future__ import annotations

import functools
import re
import string
from pathlib import Path

from cpmodel.inputs.yaml_text import read_yaml

FILE = Path(__file__).with_name("messages.yaml")
THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
DOING = "→ "  # before what to do, in an error


def in_language(message: str, language: str, grouped: bool = True) -> str:
    """Return a message of one or more lines in a language, `vi` or `en`; what its places hold is translated as well.

    grouped    whether a number in a place has its thousands parted as the language parts them; its decimals stay as a
    file takes them
    """
    if language == "en":
        return message
    return "\n".join(_line(line, grouped) for line in message.split("\n"))


def _line(line: str, grouped: bool) -> str:
    text = line.lstrip()
    head = line[: len(line) - len(text)]
    if text.startswith(DOING):
        head, text = head + DOING, text.removeprefix(DOING)
    return head + _translated(text, grouped)


def _translated(text: str, grouped: bool) -> str:
    for pattern, template in catalogue():
        if found := pattern.fullmatch(text):
            parts = {name: _translated(part, grouped) for name, part in found.groupdict().items()}
            return template.format(**parts)
    return text.replace(",", ".") if grouped and THOUSANDS.fullmatch(text) else text


@functools.cache
def catalogue() -> tuple[tuple[re.Pattern, str], ...]:
    """Return English patterns with their Vietnamese; those with more fixed text first, so that the closest is met first."""
    pairs = sorted(
        read_yaml(FILE, FILE.name).data.items(),
        key=lambda pair: -sum(len(fixed) for fixed, *_ in string.Formatter().parse(pair[0])),
    )
    return tuple((re.compile(_pattern(english)), vietnamese) for english, vietnamese in pairs)


def _pattern(english: str) -> str:
    parts = string.Formatter().parse(english)
    return "".join(re.escape(fixed) + (f"(?P<{name}>.+?)" if name else "") for fixed, name, *_ in parts)
