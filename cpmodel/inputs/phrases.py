"""Files of phrases in both languages: a tree of names whose leaves are `{vi: …, en: …}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cpmodel.inputs.yaml_text import read_yaml

LANGUAGES = {"vi", "en"}
FOLDS = re.compile(r"[ \t\n]+")  # no-break spaces stay


def phrases_of(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield dotted id and language → template of every phrase of a file, each on one line."""
    return _flat(read_yaml(file, file.name).data, "")


def _flat(tree: Mapping, head: str) -> Iterator[tuple[str, dict[str, str]]]:
    for name, branch in tree.items():
        if set(branch) == LANGUAGES:
            yield (
                head + name,
                {language: FOLDS.sub(" ", str(text)).strip(" ") for language, text in branch.items()},
            )
        else:
            yield from _flat(branch, f"{head}{name}.")
