"""The words of the page and the first three questions, each in Vietnamese and English."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from cpmodel.inputs.yaml_text import read_yaml


@functools.cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return every phrase of the page: id → language → template."""
    return read_yaml(Path(__file__).with_name("words.yaml"), "words.yaml").data


@functools.cache
def guide() -> Mapping[str, Mapping[str, list[dict]]]:
    """Return by Decision the three questions in their order, each with its answers."""
    return read_yaml(Path(__file__).with_name("guide.yaml"), "guide.yaml").data
