"""Safe reading of YAML files: text in, plain mappings and line numbers out.

The habits are those of YAML 1.2: only `true` and `false` are booleans (`no` and `on` are words), `012` is the
text "012" (a province code, never an octal number), dates stay text. Keys are always text. Duplicate keys,
tags, merge keys, several documents and alias bombs are refused, each with file, line, found and fix.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.inputs.yaml_bombs import refuse_bombs

MAX_BYTES = 256 * 1024
PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}": kind for kind in ("null", "bool", "int", "float", "str")}
HIDDEN_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
NUMBER_STARTS = list("-+.0123456789")

KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One YAML file: `data` is its top mapping, `lines` the line (from 1) of every key and list item."""

    file: str
    data: dict
    lines: dict[KeyPath, int]


class _Loader(yaml.SafeLoader):
    """The safe loader with the YAML 1.2 rules for what a plain word means."""

    yaml_implicit_resolvers = {}


class _QuickLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The same in C, ten times faster, where PyYAML was built with it; it says less well what is wrong."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


class _Writer(yaml.SafeDumper):
    """The safe writer; it quotes whatever YAML 1.1, YAML 1.2 or our reader would not read back as text."""

    yaml_implicit_resolvers = {
        key: list(rules) for key, rules in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: object) -> bool:
        return True


_RULES = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", NUMBER_STARTS),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        NUMBER_STARTS,
    ),
)
for _kind, _pattern, _starts in _RULES:
    for _class in (_Loader, _Writer):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _starts)
# A province code such as 08 is text to YAML 1.1 and to our reader, and the number 8 to YAML 1.2.
_LEADING_ZERO = re.compile(r"^(?:[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|0o[0-7]+)$")
_Writer.add_implicit_resolver("tag:yaml.org,2002:int", _LEADING_ZERO, NUMBER_STARTS)


def read_yaml(path: str | Path, file: str | None = None) -> Document:
    """Read one YAML file whose top level is a mapping; raise `BadInput` with every problem found.

    file    name to show in messages; the path as given when left out
    """
    shown = file or shown_path(path)
    return parse_yaml(read_text(path, shown), shown)


def parse_yaml(text: str, file: str = "(text)") -> Document:
    """Read YAML text (see `read_yaml`)."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    _refuse_hidden_direction(text, file)
    try:
        nodes = _nodes(text, file, _QuickLoader)
    except yaml.YAMLError:
        try:
            nodes = _nodes(text, file, _Loader)
        except yaml.YAMLError as error:
            raise BadInput(_syntax_problem(error, text, file)) from None
    if len(nodes) > 1:
        where = f"line {nodes[1].start_mark.line + 1}"
        why = "One file holds one document, so it is unclear which of them is meant."
        fix = "Keep one document and put the other in its own file."
        raise BadInput(Problem(file, where, "a second document (`---`)", why, fix))
    if not nodes or not isinstance(nodes[0], yaml.MappingNode):
        found = "an empty file" if not nodes else f"a {nodes[0].id}"
        why = "The file must be a list of `key: value` lines."
        raise BadInput(Problem(file, "line 1", found, why, "Begin with a line such as `title: …`."))
    problems, lines = Problems(), {}
    data = _mapping(nodes[0], (), file, lines, problems)
    problems.raise_if_any()
    return Document(file, data, lines)


def _nodes(text: str, file: str, loader: type) -> list[yaml.Node]:
    """Return the top node of every document; raises `YAMLError` where the text is none."""
    refuse_bombs(text, file, loader)
    return list(yaml.compose_all(text, Loader=loader))


def read_text(path: str | Path, file: str | None = None) -> str:
    """Return the text of a file that must be UTF-8 (strictly) and of reasonable size."""
    path, shown = Path(path), file or shown_path(path)
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise BadInput(
                Problem(shown, "file", "not a file", "A YAML file is needed here.", "Name the file itself.")
            )
        if kind.st_size > MAX_BYTES:
            why = f"A file of this kind is at most {MAX_BYTES:,} bytes."
            raise BadInput(Problem(shown, "file", f"{kind.st_size:,} bytes", why, "Is it the right file?"))
        raw = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(_missing_file(path, shown)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        fix = "Check the name and the permissions."
        raise BadInput(Problem(shown, "file", reason, "The file cannot be read.", fix)) from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        why = "The file is not UTF-8, so Vietnamese letters cannot be read safely."
        found = f"byte 0x{raw[error.start]:02x}"
        raise BadInput(
            Problem(shown, f"line {line}", found, why, "Save it as UTF-8 in your editor.")
        ) from None


def write_yaml(data: dict) -> str:
    """Return `data` as YAML text that `parse_yaml` reads back to the same values (keys become text)."""
    return yaml.dump(data, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=110)


def shown_path(path: str | Path) -> str:
    """Return `path` as shown in messages: relative to the working folder when it lies inside it."""
    try:
        return Path(path).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except (ValueError, OSError):
        return str(path)


def _missing_file(path: Path, shown: str) -> Problem:
    folder = path.parent
    near = nearest(path.name, [p.name for p in folder.iterdir()]) if folder.is_dir() else None
    fix = f"Did you mean `{near}`?" if near else "Check the name and the folder."
    return Problem(shown, "file", "no such file", "The file does not exist.", fix)


def _refuse_hidden_direction(text: str, file: str) -> None:
    hidden = HIDDEN_DIRECTION.search(text)
    if hidden:
        line = text.count("\n", 0, hidden.start()) + 1
        why = "This invisible character changes the order in which text is shown."
        raise BadInput(Problem(file, f"line {line}", f"U+{ord(hidden[0]):04X}", why, "Delete it."))


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """Translate the parser's complaint into plain English."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0)) + 1
    rows = text.splitlines()
    found = rows[line - 1].strip() if 0 < line <= len(rows) else "the end of the file"
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    why, fix = f"The YAML cannot be read here: {said}.", "Check indentation, colons, quotes and brackets."
    if "\\t" in str(said) or (line <= len(rows) and "\t" in rows[line - 1]):
        why, fix = (
            "A tab is used for indentation; YAML allows spaces only.",
            "Replace each tab by two spaces.",
        )
    elif "'?'" in str(said):
        why, fix = "A question mark inside `{ }` or `[ ]` starts a key in YAML.", "Put the text in quotes."
    elif "undefined alias" in str(said):
        why, fix = "The alias `*…` names an anchor `&…` that does not exist.", "Write the value out."
    elif isinstance(error, yaml.reader.ReaderError):
        found, why = (
            f"character U+{int(error.character):04X}",
            "This control character may not stand in YAML.",
        )
        fix = "Delete it, and save the file as UTF-8."
    return Problem(file, f"line {line}", found, why, fix)


def _mapping(node: yaml.MappingNode, path: KeyPath, file: str, lines: dict, problems: Problems) -> dict:
    data: dict = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            why, fix = (
                "A key must be one plain word.",
                "Write `key: value`, without brackets before the colon.",
            )
            problems.add(file, f"line {line}", "a list or mapping as a key", why, fix)
            continue
        key = key_node.value
        here = (*path, key)
        if key in data:
            why = f"The key is already given on line {lines[here]}; one of the two would be lost."
            problems.add(file, ".".join(here), f"again on line {line}", why, "Keep one of them.")
            continue
        if key == "<<" and not key_node.style:
            why = "Merge keys do not belong to YAML 1.2."
            problems.add(file, f"line {line}", "<<", why, "Write the values out, or use `extends`.")
            continue
        lines[here] = line
        data[key] = _value(value_node, here, file, lines, problems)
    return data


def _value(node: yaml.Node, path: KeyPath, file: str, lines: dict, problems: Problems) -> object:
    plain = PLAIN_TAGS.get(node.tag)
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return _mapping(node, path, file, lines, problems)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return list(_items(node, path, file, lines, problems))
    if isinstance(node, yaml.ScalarNode) and plain:
        try:
            return _scalar(node.value, plain)
        except ValueError:
            found, why = f"{node.value[:40]} (line {node.start_mark.line + 1})", f"This is no {plain} value."
            problems.add(file, ".".join(path), found, why, "Write a plain value without a tag.")
            return None
    found = f"{node.tag} (line {node.start_mark.line + 1})"
    problems.add(
        file, ".".join(path), found, "Tags are not allowed in this file.", "Write the value without `!`."
    )
    return None


def _items(
    node: yaml.SequenceNode, path: KeyPath, file: str, lines: dict, problems: Problems
) -> Iterator[object]:
    for index, item in enumerate(node.value):
        here = (*path, str(index))
        lines[here] = item.start_mark.line + 1
        yield _value(item, here, file, lines, problems)


def _scalar(text: str, kind: str) -> object:
    """Return the value of a plain word of one kind."""
    if kind == "null":
        return None
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if kind == "int":
        return int(text)  # Python itself refuses numbers of more than 4,300 digits
    if kind == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
