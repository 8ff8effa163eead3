"""The finance design of a programme: terms of credit moved step by step, at the best package and at what money brings there.

Acceptance tables of one design take less than a tenth of a second, so terms need not be those of a list: from the design
that does best among those listed every term moves up and down by steps of a term sheet, large ones first, as long as
the result gains more than it costs (a compass search: Hooke & Jeeves 1961, doi 10.1145/321062.321069).
"""

from __future__ import annotations

import numpy as np

from cpmodel.analysis.design_mixes import Mix, moved
from cpmodel.analysis.programme_search import Search
from cpmodel.inputs.design_space import DesignSpace, read_design_space

Array = np.ndarray
STRIDES = (4, 2, 1)  # steps of a term sheet
WORTH_IT = 1e-3  # share of the score by which another design must do better


def refined(search: Search, design: str, at: Array, price: float) -> str:
    """Return the finance design that brings most at a package, net of its cost; the one it has, if none brings more.

    price    what one more bn VND brings, in the unit of the score   The design found is on the bench of the search.
    """
    menu, space = search.trials.bench, read_design_space()
    opened = at.copy()
    opened[search.plan.names.index("credit volume")] = 1.0

    def net(name: str, point: Array) -> float:
        score, cost = search.scores(point[None], name)
        return float(score[0] - price * cost[0])

    now = net(design, at)
    worth = {name: net(name, opened) for name in menu.designs}
    best = max((name for name in worth if name in search.mixes), key=worth.get, default=None)
    if best is not None:
        for stride in STRIDES:
            best = _walked(search, best, stride, space, worth, lambda name: net(name, opened))
        search.trials.bench = menu.with_mix(search.mixes[best])
    found = max((name for name in worth if name in search.trials.bench.designs), key=worth.get)
    return found if worth[found] > now + WORTH_IT * abs(now) else design


def _walked(search: Search, best: str, stride: int, space: DesignSpace, worth: dict[str, float], net) -> str:
    """Return the mix from which no move of the stride gains; `worth` comes to hold every mix met."""
    bench, most, gained = search.trials.bench, search.effort.terms, True
    listed = sum("~" not in name for name in worth)
    while gained:
        gained = False
        for kind, term, way in _moves(search.mixes[best], space):
            other = moved(search.mixes[best], space, kind, term, way * stride, search.inputs.catalogue)
            if other is None or other.name in worth or len(worth) - listed >= most:
                continue
            search.trials.bench, search.mixes[other.name] = bench.with_mix(other), other
            worth[other.name] = net(other.name)
            search.say("terms", len(worth) - listed, most)
            if worth[other.name] > worth[best]:
                best, gained = other.name, True
    search.trials.bench = bench
    return best


def _moves(mix: Mix, space: DesignSpace) -> list[tuple[str, str, int]]:
    """Return instrument, term and direction of every move from a mix."""
    found = []
    for kind in mix.kinds:
        volume = ["volume"] if space.kinds[kind].volume is not None else []
        found += [(kind, term, way) for term in (*space.kinds[kind].bounds, *volume) for way in (1, -1)]
    return found
