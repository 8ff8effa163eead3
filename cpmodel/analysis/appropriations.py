"""What yearly volumes allow, what is used of them, and what becomes of those whom they cannot serve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import Pair
from cpmodel.analysis.ledgers import Ledger
from cpmodel.model import state as s
from cpmodel.model.ensemble import run_variant
from cpmodel.model.limits import NO_CEILING

BAND = {"low": 0.10, "central": 0.50, "high": 0.90}
UNLIMITED = 1e11  # bn VND/year; ceilings at or above it stand for none
NEARLY_ALL = (
    0.98  # a year's appropriation counts as used up from here; yearly steps never use it to the last đồng
)
VOLUMES = {
    "lending": s.LENDING,
    "grants": s.GRANTS,
    "guarantees": s.NEW_GUARANTEES,
}  # in the order of `capacity`
COLUMNS = ["variant", "kind", "year", "offered", "mean", *BAND, "unspent", "used_up", "unserved", "waiting"]


def appropriations(pair: Pair, ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    """Return by variant, kind of volume and year what is offered and what is used: `COLUMNS`.

    offered    the volumes open, by the share of the year they are [bn VND, nominal]   mean, low, central, high    used
    unspent    mean; it lapses on 31 December   used_up    share of draws in which the year's volume was used
    unserved    mean demand that money did not allow, against the same run without any ceiling
    waiting    establishments in the queue on 31 December, mean; none unless the scenario says `when_full: queue`
    """
    rows = []
    for variant in ledgers:
        offers, out, world = pair.offers[variant], pair.supported[variant], pair.worlds[variant]
        offered = {kind: _offered(offers.capacity[:, i], pair) for i, kind in enumerate(VOLUMES)}
        if not any(one.any() for one in offered.values()):
            continue
        price = world.price[:, None]
        asked = run_variant(world, without_ceilings(offers), variant) if _short(offers, out) else out
        queue = out.queue.mean(axis=-1)
        for kind, flow in VOLUMES.items():
            used, wanted = out.flows[:, flow] * price, asked.flows[:, flow] * price
            for i in np.flatnonzero(offered[kind]):
                most = offered[kind][i]
                rows.append((
                    variant, kind, int(world.years[i]), most, used[i].mean(), *np.quantile(used[i], list(BAND.values())),
                    most - used[i].mean(), float((used[i] >= NEARLY_ALL * most).mean()),
                    max(float((wanted[i] - used[i]).mean()), 0.0), float(queue[i]),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def without_ceilings(offers: s.Offers) -> s.Offers:
    """Return the offers with money for everyone."""
    none = np.full_like(offers.capacity, NO_CEILING)
    return offers._replace(capacity=none, appropriated=none, cap=np.full_like(offers.cap, NO_CEILING))


def _short(offers: s.Offers, out: s.Outputs) -> bool:
    """True when money ran short for somebody in some draw."""
    return bool(
        (out.flows[:, s.APPLICATIONS] > out.flows[:, s.PROJECTS] * (1 + 1e-9)).any() or out.queue.any()
    )


def _offered(ceilings: np.ndarray, pair: Pair) -> np.ndarray:
    """Return what a volume allows in each year [bn VND, nominal], (Y,); 0 where there is none."""
    world = pair.world
    starts = np.append(world.moments, world.years[-1] + 1.0)
    limited = np.where(ceilings < UNLIMITED, ceilings, 0.0)
    years = world.years[:, None]
    open_ = np.clip(np.minimum(starts[1:], years + 1.0) - np.maximum(starts[:-1], years), 0.0, 1.0)
    return (open_ * limited).sum(axis=1) * world.price
