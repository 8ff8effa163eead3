"""What a user changes of a scenario, key by key: one spelling for the command line, for links and for the explorer.

A change is a dotted key of the scenario file and its value: `budgets.awareness.state.2012` and 20. Years may be ranges,
as in the file. `laid_out` makes of changes what a file would say that extends the scenario; `resolve` reads either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from urllib.parse import parse_qsl, quote

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import BadInput, Problem, Problems
from cpmodel.inputs.scenario import Scenario
from cpmodel.inputs.written import YEARS
from cpmodel.inputs.yaml_text import parse_yaml

Value = object  # a number, a switch, words, a list of words, or None: removed
Changes = Mapping[str, Value]
MOST_CHANGES = 2000
LONGEST_LINK = 64 * 1024


def read_changes(spelled: Iterable[str], where: str = "--set") -> dict[str, Value]:
    """Return changes written as `KEY=VALUE`, the value as in a scenario file; raise `BadInput` with every wrong one."""
    found: dict[str, Value] = {}
    problems = Problems()
    for text in spelled:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key or "\n" in text or len(found) >= MOST_CHANGES:
            why = "A change names a key of the scenario and its value."
            problems.add(
                "command line", where, text, why, "Write budgets.awareness.state.2012=20, for example."
            )
            continue
        try:
            given = parse_yaml(f"value: {value.strip()}", "command line").data["value"]
        except BadInput as error:
            problems.add(
                "command line", f"{where} {key}", value, error.problems[0].why, error.problems[0].fix
            )
            continue
        if isinstance(given, dict):
            why = "A group of keys is changed key by key."
            problems.add("command line", f"{where} {key}", value, why, f"Write {key}.NAME=VALUE.")
            continue
        found = with_change(found, key, given)
    problems.raise_if_any()
    return found


def with_change(changes: Changes, key: str, value: Value) -> dict[str, Value]:
    """Return changes with one more; what it makes void (the same years, keys above or below it) goes."""
    years = set(_years_of(key))
    kept = {}
    for other, old in changes.items():
        if other == key or other.startswith(f"{key}.") or key.startswith(f"{other}.") and old is None:
            continue
        if years and _stem(other) == _stem(key) and years & set(_years_of(other)):
            kept |= {f"{_stem(key)}.{year}": old for year in _years_of(other) if year not in years}
            continue
        kept[other] = old
    new = {f"{_stem(key)}.{year}": value for year in sorted(years)} or {key: value}
    return dict(sorted((kept | new).items()))


def _stem(key: str) -> str:
    return key.rpartition(".")[0]


def _years_of(key: str) -> list[int]:
    """Return the years that the last part of a key of `budgets` names, if it names any."""
    match = YEARS.match(key.rpartition(".")[2]) if key.startswith("budgets.") else None
    return list(range(int(match[1]), int(match[2] or match[1]) + 1)) if match else []


def spelled(changes: Changes) -> list[str]:
    """Return changes as `KEY=VALUE` texts that `read_changes` reads back; equal years running are one range."""
    return [f"{key}={_plain(value)}" for key, value in in_ranges(changes).items()]


def _plain(value: Value) -> str:
    return "null" if value is None else json.dumps(value, ensure_ascii=False)


def in_ranges(changes: Changes) -> dict[str, Value]:
    """Return changes with runs of years of one amount written as a range, `2011-2015`."""
    single = [(key, value) for key, value in changes.items() if len(_years_of(key)) != 1]
    yearly = [
        (_stem(key), _years_of(key)[0], value) for key, value in changes.items() if len(_years_of(key)) == 1
    ]
    yearly.sort(key=lambda row: row[:2])
    numbered = enumerate(yearly)
    for (stem, value, _), run in groupby(numbered, key=lambda n: (n[1][0], n[1][2], n[1][1] - n[0])):
        years = [year for _, (_, year, _) in run]
        span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
        single.append((f"{stem}.{span}", value))
    return dict(sorted(single))


def laid_out(base: Scenario, changes: Changes) -> dict:
    """Return changes as a scenario file would say them that extends `base`: named as its own, money marked as assumed.

    What is not changed is not said: no changes give an empty mapping.
    """
    if not changes:
        return {}
    said = {"name": changed_name(base.name), "title": changed_title(base)}
    said = {f"title.{code}": text for code, text in said.pop("title").items()} | said
    if any(_is_money(key) for key in changes):
        said |= {"budgets.unit": "bn VND/year", "budgets.status": "assumed", "budgets.source": ""}
        said |= {f"budgets.note.{code}": text for code, text in _note(base).items()}
    return nested(said | dict(changes))


def _is_money(key: str) -> bool:
    return key == "budgets.scale" or any(
        key.startswith(f"budgets.{project}") for project in COMPONENT_PROJECTS
    )


def changed_name(name: str) -> str:
    """Return the name of a scenario that changes another and was given none."""
    return f"{name[:52]}_changed"


def changed_title(base: Scenario) -> dict[str, str]:
    """Return the title of a scenario that changes another and was given none."""
    return {"vi": f"{base.title.vi} (đã thay đổi)", "en": f"{base.title.en} (changed)"}


def _note(base: Scenario) -> dict[str, str]:
    return {
        "vi": f"Mức kinh phí là giả định, thay đổi từ kịch bản “{base.title.vi}”.",
        "en": f"The amounts are assumed, changed from the scenario “{base.title.en}”.",
    }


def nested(changes: Changes) -> dict:
    """Return changes as nested mappings; raise `BadInput` where one key is both a value and a group."""
    tree: dict = {}
    for key, value in in_ranges(changes).items():
        *groups, last = key.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                why = f"`{group}` is given a value and keys of its own."
                raise BadInput(Problem("command line", key, value, why, "Change one of the two."))
        place[last] = list(value) if isinstance(value, tuple) else value
    return tree


def flat(tree: Mapping, head: str = "") -> dict[str, Value]:
    """Return nested mappings as changes, years written out one by one."""
    found: dict[str, Value] = {}
    for key, value in tree.items():
        path = f"{head}{key}"
        if isinstance(value, dict) and value:
            found |= flat(value, f"{path}.")
        else:
            stem = _stem(path)
            found |= {f"{stem}.{year}": value for year in _years_of(path)} or {path: value}
    return dict(sorted(found.items()))


def link(base: str, changes: Changes) -> str:
    """Return the part of a link behind `#` that brings back a scenario and its changes."""
    parts = [("base", base), *((key, _plain(value)) for key, value in in_ranges(changes).items())]
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='[],.')}" for key, value in parts)


def read_link(fragment: str) -> tuple[str, dict[str, Value]]:
    """Return the scenario and the changes of a link; raise `BadInput` where it is none of ours."""
    if len(fragment) > LONGEST_LINK:
        why, fix = "A link holds a scenario and what is changed of it.", "Load the scenario from its file."
        raise BadInput(Problem("link", "length", f"{len(fragment):,} characters", why, fix))
    try:
        parts = parse_qsl(fragment.removeprefix("#"), keep_blank_values=True, max_num_fields=MOST_CHANGES)
    except ValueError:
        parts = []
    base = next((value for key, value in parts if key == "base"), "")
    if not base:
        why, fix = "The link does not say which scenario it changes.", "Copy the whole link again."
        raise BadInput(Problem("link", "base", fragment[:80], why, fix))
    return base, read_changes((f"{key}={value}" for key, value in parts if key != "base"), "link")
