"""Schema errors in plain English: where the key stands, what was found, why it matters and what to write."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from cpmodel.errors import Problem, as_share, nearest
from cpmodel.inputs.yaml_text import KeyPath

EXPECTED = {
    "float_type": "A number is expected here.",
    "int_type": "A whole number is expected here.",
    "int_parsing": "A year is expected here.",
    "finite_number": "A finite number is expected here.",
    "bool_type": "A switch is expected here.",
    "string_type": "Words are expected here.",
    "model_type": "A group of keys is expected here.",
    "dict_type": "A group of keys is expected here.",
    "tuple_type": "A list is expected here.",
}
BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


@dataclass(frozen=True)
class Origin:
    """Where a value was written: the file, the line, and the key as it stands there."""

    file: str
    line: int
    key: str


Origins = Mapping[KeyPath, Origin]


def at(origins: Origins, path: KeyPath, file: str) -> Origin:
    """Return where `path`, or else the innermost group around it, was written; line 0 if not known."""
    for length in range(len(path), 0, -1):
        if path[:length] in origins:
            found = origins[path[:length]]
            return Origin(found.file, found.line, ".".join([found.key, *path[length:]]))
    return Origin(file, 0, ".".join(path))


def problem_at(origins: Origins, path: KeyPath, file: str, found: object, why: str, fix: str) -> Problem:
    """Return the problem with the value at `path`; the line is shown behind what was found."""
    origin = at(origins, path, file)
    shown = [_shown(found)] if found is not None else []
    if origin.line and path in origins:
        shown.append(f"(line {origin.line})")
    return Problem(origin.file, origin.key, " ".join(shown), why, fix)


def schema_problems(
    error: ValidationError, model: type[BaseModel], origins: Origins, file: str, orphan: bool = False
) -> list[Problem]:
    """Translate every error of a pydantic model; of an orphan, those that no inherited key could mend."""
    items = [item for item in error.errors(include_url=False) if not _follows_from_another(item)]
    items = [item for item in items if not (orphan and _inherited(item))]
    return list(dict.fromkeys(_translated(item, model, origins, file) for item in items))


def _inherited(item: dict) -> bool:
    """Whether a key is missing that a scenario inherits, or a group does not hold together without what it inherits."""
    whole_group = item["type"] == "value_error" and isinstance(item.get("input"), Mapping)
    return (item["type"] == "missing" and item["loc"] != ("title",)) or whole_group


def _follows_from_another(item: dict) -> bool:
    """Whether a list counts as too short only because its one name was already refused."""
    return item["type"] == "too_short" and bool(item["input"])


def _translated(item: dict, model: type[BaseModel], origins: Origins, file: str) -> Problem:
    path = tuple(str(part) for part in item["loc"] if part != "[key]")
    kind, found, ctx = item["type"], item.get("input"), item.get("ctx", {})
    if kind == "int_parsing" and "[key]" not in item["loc"]:
        kind = "int_type"  # only years are keys that must be numbers
    about = describe(model, path)
    if kind == "missing":
        why, fix = "This key is needed.", f"Add `{path[-1]}: …`." + (f" {about}" if about else "")
        return problem_at(origins, path, file, None, why, fix)
    if kind == "extra_forbidden":
        known = known_keys(model, path[:-1])
        near = nearest(path[-1], known)
        fix = f"Did you mean `{near}`?" if near else f"Known here: {', '.join(known)}."
        why = "This key is not known here, so it would have no effect."
        return problem_at(origins, path, file, "an unknown key", why, fix)
    if kind == "scenario":
        return problem_at(origins, path, file, found, ctx["why"], ctx["fix"])
    if kind == "literal_error":
        return problem_at(origins, path, file, found, *_choice(found, ctx["expected"]))
    if kind in BOUNDS:
        return problem_at(origins, path, file, found, *_bound(kind, ctx, found, about, path))
    if kind == "string_pattern_mismatch":
        why = "A name is made of small letters a–z, digits and `_`, and begins with a letter."
        return problem_at(origins, path, file, found, why, "Rename it, for example `soft_loan`.")
    if kind in ("string_too_short", "too_short"):
        return problem_at(origins, path, file, "nothing", "It is empty.", "Fill it in, or leave the key out.")
    why = EXPECTED.get(kind, f"{item['msg']}.")
    return problem_at(origins, path, file, found, f"{why} {about}".strip(), _type_fix(kind, found))


def _choice(found: object, expected: str) -> tuple[str, str]:
    names = [name.strip("' ") for name in expected.replace(" or ", ", ").split(",")]
    near = nearest(str(found), names) if len(names) > 1 else names[0]
    return f"Only these are known: {', '.join(names)}.", f"Write `{near}`." if near else "Write one of them."


def _bound(kind: str, ctx: dict, found: object, about: str, path: KeyPath) -> tuple[str, str]:
    key, words = BOUNDS[kind]
    limit = f"{ctx[key]:,}" if ctx[key] >= 10_000 else f"{ctx[key]:g}"
    limit = f"{ctx[key]}" if 1900 <= ctx[key] <= 2200 else limit
    if key in ("ge", "gt") and isinstance(found, int | float) and found < 0 and "budgets" in path[:1]:
        return "Money cannot be negative.", "Write 0 or a positive amount."
    fix = f"Write a number that is {words} {limit}."
    if key in ("le", "lt") and ctx[key] == 1 and isinstance(found, int | float):
        fix = as_share(found)
    return f"It must be {words} {limit}. {about}".strip(), fix


def _type_fix(kind: str, found: object) -> str:
    if kind in ("float_type", "int_type") and isinstance(found, str):
        if "%" in found:
            return "Write a fraction without the sign, such as 0.12 for 12 %."
        if "," in found:
            return "Write a decimal point and no thousands separator, such as 1200.5."
        return "Write a plain number, without quotes, letters or separators."
    if kind == "int_type" and isinstance(found, float) and found.is_integer():
        return f"Write {int(found)}, without a decimal point."
    return {
        "bool_type": "Write `true` or `false`.",
        "model_type": "Write its keys on the next lines, indented by two spaces.",
        "dict_type": "Write its keys on the next lines, indented by two spaces.",
        "tuple_type": "Write a list, such as `[a, b]`.",
        "string_type": "Write words, in quotes if they look like a number.",
        "int_parsing": "Write a year, such as 2012.",
    }.get(kind, "Write a plain number.")


def _shown(found: object) -> str:
    if isinstance(found, dict):
        return f"the keys {', '.join(map(str, found))}" if found else "an empty group"
    if found == "":
        return "nothing"
    return str(found).lower() if isinstance(found, bool) else str(found)


def known_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the keys that may stand under `path`."""
    inner = _model_at(model, path)
    return list(inner.model_fields) if inner else []


def describe(model: type[BaseModel], path: KeyPath) -> str:
    """Return the description of the key at `path`, or an empty text."""
    inner = _model_at(model, path[:-1]) if path else None
    field = inner.model_fields.get(path[-1]) if inner else None
    return (field.description or "") if field else ""


def _model_at(model: type[BaseModel] | None, path: KeyPath) -> type[BaseModel] | None:
    if not path or model is None:
        return model
    field = model.model_fields.get(path[0])
    if field is None:
        return None
    named = typing.get_origin(field.annotation) is dict  # the user's own names stand one level in between
    return _model_at(next(_models_in(field.annotation), None), path[2:] if named else path[1:])


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models_in(inner)
