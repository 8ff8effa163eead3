"""Which constraint binds now: what adoption would gain if one of them alone were gone, on the same draws.

awareness    every establishment knows of cleaner production   assessors    as many as are asked for
credit       every establishment that wants a loan gets one    cash         none is short of its own share
The last two are about establishments that were assessed and weigh an investment; they need tables of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cpmodel.model import state as s
from cpmodel.model.ensemble import Ensemble, World, make_offers, opening_of, simulate

CONSTRAINTS = ("awareness", "assessors", "credit", "cash")
WITHOUT = {  # coefficient → value that takes the constraint away
    "awareness": {"background_discovery": 2.0},  # six in seven hear of it within a year
    "assessors": {"assessments_per_fte": 1e6},
    "credit": {"credit_access": 1.0 - 1e-9},
    "cash": {"cash_ratio_median": 1e6},
}
NEEDS_TABLES = ("credit", "cash")
ADOPTION = s.GROUP_SUMS.index("adoption_strict")


def without(world: World, constraint: str) -> World:
    """Return the world with one constraint gone."""
    changed = {
        name: np.full_like(world.parameters[name], value) for name, value in WITHOUT[constraint].items()
    }
    fields = {name: value for name, value in changed.items() if name in s.Coefficients._fields}
    return replace(
        world, parameters=world.parameters | changed, coefficients=world.coefficients._replace(**fields)
    )


def tables_without(found: Ensemble) -> dict[tuple[str, str], s.Offers]:
    """Return acceptance tables by (variant, constraint) for the constraints that need their own."""
    return {
        (variant, constraint): make_offers(without(world, constraint), variant)
        for variant, world in found.worlds.items()
        for constraint in NEEDS_TABLES
    }


def gains(
    found: Ensemble, tables: dict[tuple[str, str], s.Offers], stale: Callable[[], bool] = lambda: False
) -> dict[str, dict[str, list[float]]] | None:
    """Return constraint → variant → [p10, p50, p90] of the gain in adoption, strict, on the last 31 December [share].

    None as soon as `stale()`.
    """
    rows: dict[str, dict[str, list[float]]] = {name: {} for name in CONSTRAINTS}
    for variant, world in found.worlds.items():
        now = _adoption(found.outputs[variant])
        for constraint in CONSTRAINTS:
            if stale():
                return None
            easier = without(world, constraint)
            offers = tables.get((variant, constraint), found.offers[variant])
            then = _adoption(simulate(easier, offers, opening=opening_of(world), sums=s.COUNTRY))
            rows[constraint][variant] = [float(q) for q in np.quantile(then - now, [0.1, 0.5, 0.9])]
    return rows


def _adoption(out: s.Outputs) -> np.ndarray:
    last = out.groups[-1, 0].astype(float)
    return last[ADOPTION] / last[0]
