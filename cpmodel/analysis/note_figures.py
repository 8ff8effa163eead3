"""What stands behind the figures of a finance note: how a fund of the scheme lasts under three default rates, how savings
fall from gross to net, how claims are spread, and which uncertain inputs move the cost.

Money is nominal unless a docstring says otherwise; values are discounted to the note's base year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cpmodel.analysis.financing import Pair, gained_uptake, pooled
from cpmodel.analysis.ledgers import Ledger, ledger
from cpmodel.analysis.unit_costs import energy_saved
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, uniforms_of

DEFAULT_LEVELS = {"low": 0.1, "central": 0.5, "high": 0.9}
TAIL = (
    0.2  # an input's lowest and highest fifth of draws: enough of them for a mean, far enough apart to differ
)
NOISE = (
    2.0  # standard errors of the difference; inputs that move the cost by less are not told apart from chance
)


def fund_balance(
    pair: Pair, levels: Sequence[str] = tuple(DEFAULT_LEVELS)
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the capital of a fund that makes all public loans of the run: level, default_rate, year, capital; and facts.

    Capital is cash in hand and performing loans [bn VND, nominal], mean over draws of both variants. The fund opens with
    the largest sum it ever lays out at the central default rate, so that it never runs dry there; idle cash earns nothing.
    Every draw has the same default rate: the 10th, 50th and 90th percentile of the draws'. Volumes are those of the run.
    Facts: opening [bn VND]; for each level, kept: the capital of the last year of the run in prices of the first over the
    opening one [share]. An empty table where the state lends nothing itself.
    """
    world = pair.world
    prior = pooled({v: one.parameters["loan_default"] for v, one in pair.worlds.items()})
    rates = {name: float(np.quantile(prior, DEFAULT_LEVELS[name])) for name in levels}
    paths, years = {}, world.years
    for name, rate in rates.items():
        books = [ledger(_at_default(pair.worlds[v], rate), out) for v, out in pair.supported.items()]
        years = books[0].years
        paths[name] = tuple(np.mean([one(book) for book in books], axis=0) for one in (_net_cash, _standing))
    if not any(standing.max() > 0 for _, standing in paths.values()):
        return pd.DataFrame(columns=["level", "default_rate", "year", "capital"]), {}
    central = paths["central" if "central" in paths else next(iter(paths))][0]
    opening = max(float(-central.min()), 0.0)
    rows = [
        (name, rates[name], int(year), opening + cash + loans)
        for name, (net, standing) in paths.items()
        for year, cash, loans in zip(years, net, standing, strict=True)
    ]
    end, eroded = len(world.years) - 1, float(world.price[0] / world.price[-1])
    facts = {"opening": opening}
    facts |= {
        name: (opening + net[end] + loans[end]) * eroded / opening for name, (net, loans) in paths.items()
    }
    return pd.DataFrame(rows, columns=["level", "default_rate", "year", "capital"]), facts


def _at_default(world: World, rate: float) -> World:
    every = np.full_like(world.parameters["loan_default"], rate)
    return replace(world, parameters={**world.parameters, "loan_default": every})


def _net_cash(one: Ledger) -> np.ndarray:
    """Cash of public lending since the start, mean over draws, (T,)."""
    return -(one.cash["lending"] + one.cash["repayments"]).cumsum(axis=0).mean(-1)


def _standing(one: Ledger) -> np.ndarray:
    """Performing public loans at 31 December, mean over draws, (T,)."""
    found = np.zeros(len(one.years))
    lent = one.lent.sum(-1)
    public = np.divide(one.public_lent.sum(-1), lent, out=np.zeros_like(lent), where=lent > 0)
    held = one.book.outstanding.mean(-1)
    found[: len(held)] = (
        held * np.append(public, np.full(max(len(held) - len(public), 0), public[-1]))[: len(held)]
    )
    return found


def savings_steps(pair: Pair) -> dict[str, float]:
    """Return how savings fall from gross to net: gross, free_riders, additional, rebound, net [toe], means over draws.

    To the end of life: within the run, and what stands at its end, lapsing and closing as before. Gross are the savings
    of all users of the scheme in proportion to what it adds per investment; net are additional ones after rebound.
    """
    found = []
    for variant, out in pair.supported.items():
        world, draws = pair.worlds[variant], out.flows.shape[-1]
        net = energy_saved(pair, variant, draws)[0]
        decay = (world.parameters["lapse_rate"][2] + world.parameters["exit_rate"])[:draws]
        life = net.sum(0) + net[-1] / decay
        before = life / (1.0 - world.parameters["rebound"][:draws])
        share = gained_uptake(world, out, pair.without[variant]).sum() / max(
            out.flows[:, s.PROJECTS].sum(), 1e-300
        )
        gross = before.mean() / min(max(share, 1e-12), 1.0)
        found.append((gross, before.mean(), life.mean()))
    gross, additional, net = np.mean(found, axis=0)
    return {
        "gross": gross, "free_riders": additional - gross, "additional": additional, "rebound": net - additional,
        "net": net,
    }  # fmt: skip


def claims_histogram(ledgers: dict[str, Ledger], rate: float, base: int, bins: int = 24) -> pd.DataFrame:
    """Return how claims on guarantees are spread over draws, in present value: low, high [bn VND], share of draws.

    bins    equal steps from nothing to the 99th percentile; the last one holds what lies beyond
    Empty where no guarantee is given.
    """
    values = pooled({v: one.present_value(one.sampled_claims, rate, base) for v, one in ledgers.items()})
    top = float(np.quantile(values, 0.99))
    if top <= 0:
        return pd.DataFrame(columns=["low", "high", "share"])
    edges = np.linspace(0.0, top, bins + 1)
    counts, _ = np.histogram(np.minimum(values, top), edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": counts / len(values)})


def cost_drivers(pair: Pair, ledgers: dict[str, Ledger], rate: float, base: int) -> pd.DataFrame:
    """Return which uncertain inputs move the fiscal cost: input, low, high [bn VND], swing, told; largest swing first.

    low, high    mean present value over the draws in which the input is in its lowest and in its highest fifth, all other
    inputs as they fall; so the same draws serve every input   told    the swing stands out from chance
    """
    inputs, rows = pair.world.inputs, []
    cost = {v: one.present_value(one.total, rate, base) for v, one in ledgers.items()}
    drawn = {v: uniforms_of(inputs, v, world.draws) for v, world in pair.worlds.items()}
    few = max(int(inputs.scenario.draws * TAIL), 1)
    for stream in inputs.parameters.streams:
        orders = {v: np.argsort(drawn[v][stream][: len(values)]) for v, values in cost.items()}
        low = np.mean([values[orders[v][:few]] for v, values in cost.items()], axis=0)
        high = np.mean([values[orders[v][-few:]] for v, values in cost.items()], axis=0)
        error = np.sqrt((low.var() + high.var()) / few)
        swing = float(high.mean() - low.mean())
        rows.append((stream, low.mean(), high.mean(), abs(swing), abs(swing) > NOISE * error))
    found = pd.DataFrame(rows, columns=["input", "low", "high", "swing", "told"])
    return found.sort_values("swing", ascending=False, ignore_index=True)
