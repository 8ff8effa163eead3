"""What a design search concludes: whether the target is within reach under the cap, and if not, what stands in the way.

One obstacle after another is taken away, on the same fresh draws: the cap, the ceilings of volume and eligibility, the
friction that keeps those eligible away, at last the reluctance of those assessed. The first step at which the target
comes within reach names what binds; where even the last does not help, it is that too few are assessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpmodel.analysis.design_mixes import Mix, opened_credit
from cpmodel.analysis.design_question import Question
from cpmodel.analysis.design_runs import Bench, offered, run_offered
from cpmodel.analysis.typical_projects import shares_that_accept
from cpmodel.axes import SIZES
from cpmodel.finance.design import market_terms
from cpmodel.inputs.design_space import DesignSpace
from cpmodel.model import levers

# What binds when a step is the first to reach the target: the obstacle that this step has taken away.
BINDS = {"no_change": "nothing", "within_cap": "nothing", "any_cost": "cap", "unlimited": "volume",
         "everyone_reached": "reach", "every_assessed_adopts": "acceptance"}  # fmt: skip
BEYOND = "assessment"
BARRIERS = ("size", "variant", "eligible", "barrier", "gain", "market", "support")
RUNG = "technology_change"  # the option that asks for most capital, so where terms matter most


@dataclass(frozen=True)
class Verdict:
    """reachable    under the cap, by `option`   option    the best within the cap; else the best of all, None without one

    binds    what stands in the way: nothing, cap, volume, reach, acceptance, assessment; unknown where interrupted
    steps    step, odds, adoption_p50, of the worse variant
    """

    reachable: bool
    odds: float
    option: str | None
    binds: str
    steps: pd.DataFrame


def verdict_of(
    question: Question, options: pd.DataFrame, mixes: Mapping[str, Mix], space: DesignSpace, bench: Bench,
    interrupted: bool = False,
) -> Verdict:  # fmt: skip
    """Return the conclusion from options that were run in full, and from two more runs on the same draws."""
    unchanged = options[options["role"] == "no_change"].iloc[0]
    candidates = options[options["role"] == "candidate"]
    within = best_option(options[options["within_cap"]])
    steps = [("no_change", unchanged["odds"], unchanged["adoption_p50"])]
    if within is not None:
        steps.append(("within_cap", within["odds"], within["adoption_p50"]))
    anyhow = best_option(options)
    steps.append(("any_cost", anyhow["odds"], anyhow["adoption_p50"]))
    lead = best_option(candidates[candidates["within_cap"]])
    lead = best_option(candidates) if lead is None else lead
    if len(candidates) and not interrupted:
        most = candidates.sort_values("extra_adopters").iloc[-1]
        steps += _without_obstacles(question, mixes[most["option"]].open_to_all(space), bench)
    table = pd.DataFrame(steps, columns=["step", "odds", "adoption_p50"])
    reached = table[table["odds"] >= question.least_odds]["step"]
    binds = BINDS[reached.iloc[0]] if len(reached) else "unknown" if interrupted else BEYOND
    odds = float(within["odds"]) if within is not None else float(unchanged["odds"])
    option = within["option"] if binds == "nothing" else None if lead is None else lead["option"]
    return Verdict(binds == "nothing", odds, option, binds, table)


def best_option(options: pd.DataFrame) -> pd.Series | None:
    """Return the option with the best odds, ties by adopters gained, then by cost."""
    if options.empty:
        return None
    order = options.sort_values(["odds", "extra_adopters", "fiscal_npv_p50"], ascending=[False, False, True])
    return order.iloc[0]


def _without_obstacles(question: Question, mix: Mix, bench: Bench) -> list[tuple[str, float, float]]:
    """Return the steps beyond the options: no ceilings, everyone reached, every assessed establishment adopts."""
    open_to_all = offered(bench, mix)
    unlimited, reached = (run_offered(bench, one) for one in (open_to_all, open_to_all.to_everyone()))
    found = [(name, *_worse(question, one.adoption)) for name, one in
             (("unlimited", unlimited), ("everyone_reached", reached))]  # fmt: skip
    return [*found, ("every_assessed_adopts", *_worse(question, reached.assessed))]


def _worse(question: Question, shares: Mapping[str, np.ndarray]) -> tuple[float, float]:
    odds = min(float((one >= question.level).mean()) for one in shares.values())
    return odds, min(float(np.median(one)) for one in shares.values())


def binding_barriers(bench: Bench, mix: Mix | None, draws: int, rung: str = RUNG) -> pd.DataFrame:
    """Return what keeps most of those from accepting who are assessed and know the support, by size and variant.

    Columns: size, variant, eligible, barrier, gain (of the share that accepts, were it gone), market, support (shares).
    mix    whose terms are on offer, on the day it opens; None, and for sizes left out: the market's terms
    draws    enough for the means of a comparison on common draws
    """
    world, rows = bench.world, []
    opened = [] if mix is None else opened_credit(mix.credit, world.inputs.catalogue)
    y = bench.base - int(world.years[0])
    around = (float(world.typical_rate[y]), float(world.tax_rate[y]))
    market = market_terms(*around)
    for size in SIZES:
        package = levers.package(size, float(bench.base), opened, *around, float(world.price[y]))
        design = market if package is None else package.design
        found = shares_that_accept(world.inputs, size, rung, market, design, draws)
        means = found.set_index(["terms", "variant"])["mean"]
        gains = found.attrs["barriers"].set_index(["variant", "barrier"])["gain"]
        rows += [
            (size, variant, package is not None, barrier, gains[variant, barrier], means["market", variant],
             means["support", variant])
            for variant, barrier in found.attrs["binding"].items() if variant in bench.market
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=BARRIERS)
