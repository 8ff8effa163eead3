"""Every equation of the model and of finance, whoever asks and whatever else was loaded."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module

from cpmodel.axes import EQUATIONS

MODULES = (
    "model.awareness", "model.population", "model.assessment", "model.institutions", "model.uptake", "model.savings",
    "finance.loans", "finance.tax", "finance.guarantees", "finance.support", "finance.relief", "model.acceptance",
    "finance.appraisal", "finance.rationing", "finance.fiscal", "finance.fund",
)  # fmt: skip


@functools.cache
def every_equation() -> Mapping[str, Callable]:
    """Return `module.function` → equation, module by module.

    A run calls kernels that were compiled before and loads none of the equations, so that the registry alone would tell
    what happened to be loaded.
    """
    for name in MODULES:
        import_module(f"cpmodel.{name}")
    heads = [name.rsplit(".", 1)[-1] for name in MODULES]
    return {name: EQUATIONS[name] for head in heads for name in EQUATIONS if name.split(".")[0] == head}
