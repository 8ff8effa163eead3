"""Remarks about terms in both languages: the English text, which also knows its Vietnamese."""

from __future__ import annotations

import functools
import string
from collections.abc import Mapping
from pathlib import Path

from cpmodel.errors import in_number
from cpmodel.inputs.yaml_text import read_yaml


class _Vietnamese(string.Formatter):
    """Figures with a decimal comma; a space before the per cent sign is not usual in legal Vietnamese text."""

    def format_field(self, value: object, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        return text.replace(".", ",") if isinstance(value, float) else text


class Remark(str):
    """A remark: itself in English, `in_language` in either; `key` names it in remarks.yaml."""

    key: str
    parts: Mapping[str, object]

    def in_language(self, language: str) -> str:
        """Return the remark in "vi" or "en"."""
        return (
            str(self)
            if language == "en"
            else _Vietnamese().vformat(_texts()[self.key][language], (), self.parts)
        )


def remark(key: str, **parts: object) -> Remark:
    """Return the remark `key` with its places filled."""
    found = Remark(in_number(_texts()[key]["en"].format(**parts)))
    found.key, found.parts = key, parts
    return found


@functools.cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return read_yaml(Path(__file__).with_name("remarks.yaml"), "remarks.yaml").data
