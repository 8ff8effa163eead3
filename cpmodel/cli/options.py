"""Options that several commands share, written once: a command takes them as one object and is told of nothing else."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps


def unfolded(**defaults: object) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Unfold the parameter of a command that is a dataclass of options: one option for each field, after its own.

    defaults    of single options, where this command has others than the class
    A field is declared as a parameter of a command is: `draws: Annotated[int, typer.Option(…)] = 96`.
    """

    def unfold(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        hints = typing.get_type_hints(command, include_extras=True)
        asked = next(name for name in signature.parameters if is_dataclass(hints[name]))
        kinds = typing.get_type_hints(hints[asked], include_extras=True)
        options = inspect.signature(hints[asked]).parameters.values()
        shared = [one.replace(default=defaults.get(one.name, one.default)) for one in options]
        own = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values() if p.name != asked]
        shared = [p.replace(annotation=kinds[p.name]) for p in shared]
        parameters = [one.replace(kind=one.KEYWORD_ONLY) for one in (*own, *shared)]

        @wraps(command)
        def called(**given: object) -> None:
            its = {one.name: given.pop(one.name) for one in shared}
            command(**given, **{asked: hints[asked](**its)})

        called.__signature__ = signature.replace(parameters=parameters)
        called.__annotations__ = {one.name: one.annotation for one in parameters}
        return called

    return unfold
