"""Which parameters an equation is called with, read from the model's own code, so that no list goes stale."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

import cpmodel.model


@functools.cache
def called_with() -> Mapping[str, frozenset[str]]:
    """Return function name → every word in the arguments of its calls within the model.

    A local name stands for the words of what was assigned to it in the same function, and so on. Words are
    attributes (`p.forgetting`) and strings (`p["credit_access"]`).
    """
    found: dict[str, set[str]] = {}
    for path in sorted(Path(cpmodel.model.__file__).parent.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                _add_calls(function, found)
    return {name: frozenset(words) for name, words in found.items()}


def parameters_of(equation: str, known: Iterable[str]) -> list[str]:
    """Return which of the `known` parameters an equation (by its function's name) is called with, in their order."""
    words = called_with().get(equation, frozenset())
    return [name for name in known if name in words]


def _add_calls(function: ast.FunctionDef, found: dict[str, set[str]]) -> None:
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for name in (n for target in node.targets for n in ast.walk(target)):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    assigned.setdefault(name.id, []).append(node.value)
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rsplit(".", 1)[-1]
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            found.setdefault(name, set()).update(*(_words(part, assigned, frozenset()) for part in given))


def _words(part: ast.expr, assigned: Mapping[str, list[ast.expr]], seen: frozenset[str]) -> set[str]:
    words: set[str] = set()
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
        elif isinstance(node, ast.Name) and node.id in assigned and node.id not in seen:
            words.update(*(_words(value, assigned, seen | {node.id}) for value in assigned[node.id]))
    return words
