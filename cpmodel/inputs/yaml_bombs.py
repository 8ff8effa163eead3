"""YAML that would blow up: refused before anything is made of it."""

from __future__ import annotations

import yaml

from cpmodel.errors import BadInput, Problem

MAX_DEPTH = 24
MAX_NODES = 20_000


def refuse_bombs(text: str, file: str, loader: type) -> None:
    """Refuse nesting and aliases that would blow up, by one flat pass over the parser's events."""
    depth = nodes = 0
    grown: list[int] = [1]  # nodes under each open collection, aliases counted at their full size
    names: list[str | None] = [None]
    sizes: dict[str, int] = {}
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            grown.append(1)
            names.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            size, name = grown.pop(), names.pop()
            grown[-1] += size
            if name:
                sizes[name] = size
        elif isinstance(event, yaml.ScalarEvent):
            grown[-1] += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in names:
                why = "The alias stands inside the very thing it names, so it never ends."
                raise BadInput(
                    Problem(file, f"line {line}", f"*{event.anchor}", why, "Write the values out.")
                )
            grown[-1] += sizes.get(event.anchor, 1)
        nodes = sum(grown)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            found = (
                f"nested deeper than {MAX_DEPTH}" if depth > MAX_DEPTH else f"more than {MAX_NODES:,} values"
            )
            why = "Such a file would fill the memory when its aliases and levels are written out."
            raise BadInput(
                Problem(file, f"line {line}", found, why, "Write the values out without `&` and `*`.")
            )
