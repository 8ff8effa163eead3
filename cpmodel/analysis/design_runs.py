"""Runs of many mixes of instruments in the same worlds, cheap enough to try hundreds.

What no mix moves is made once: the draws, the market's terms and the run without credit. In a search the engine takes
half-year steps and a mix is tabulated coarsely (`design_offers`); in full, the result is that of a run of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cpmodel.analysis.design_mixes import Mix, opened_credit
from cpmodel.analysis.design_offers import Fidelity, market_at, market_offers, with_scheme
from cpmodel.analysis.financing import market_terms_only
from cpmodel.analysis.ledgers import ledger, year_terms
from cpmodel.axes import SIZES
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.opened import opened
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, make_offers, opening_of, run_variant, worlds_of
from cpmodel.model.offers import Market
from cpmodel.model.regimes import packages_of
from cpmodel.model.stepping import make_clock

Worlds = Mapping[str, World]


@dataclass(frozen=True)
class Bench:
    """What all mixes share at one fidelity, by variant where it differs: worlds, opening stocks, offers and run without
    any scheme (`market`, `without`).

    year, outcome   the target's place in years and in `GROUP_SUMS`   rate, base    of discounting
    at_market    what establishments accept on the market's terms
    """

    worlds: Worlds
    fidelity: Fidelity
    opening: Mapping[str, tuple]
    market: Mapping[str, s.Offers]
    without: Mapping[str, s.Outputs]
    year: int
    outcome: int
    rate: float
    base: int
    at_market: Mapping[str, Market]

    @property
    def world(self) -> World:
        """The world of the first variant; parameters may differ in the others, years, prices and cells do not."""
        return next(iter(self.worlds.values()))


@dataclass(frozen=True)
class Result:
    """One mix run, by variant and draw (n,): present values [bn VND of the base year], share, establishments."""

    fiscal_npv: Mapping[str, np.ndarray]
    claims: Mapping[str, np.ndarray]
    expected_claims: Mapping[str, np.ndarray]
    adoption: Mapping[str, np.ndarray]
    gained: Mapping[str, np.ndarray]
    assessed: Mapping[str, np.ndarray]
    lent: Mapping[str, np.ndarray]


def make_bench(inputs: Inputs, fidelity: Fidelity, seed: int, year: int, outcome: str, opens: float) -> Bench:
    """Return the bench for a scenario read at explorer resolution; its credit for investments is taken out.

    opens    decimal year in which every mix opens, so that clock and regimes are the same for all
    """
    told = inputs.scenario
    own = {one.name for one in opened(told, inputs.catalogue)}
    rules = {name: one for name, one in told.credit.items() if name not in own}
    plain = told.model_copy(update={"credit": rules, "seed": seed, "draws": fidelity.draws})
    worlds = worlds_of(replace(inputs, scenario=plain))
    world = next(iter(worlds.values()))
    moments = tuple(sorted({*world.moments, float(opens)}))
    clock = make_clock(
        told.horizon.start, int(world.years[-1]), moments, fidelity.steps_a_year, fidelity.opening_steps
    )
    worlds = {variant: replace(one, moments=moments, clock=clock) for variant, one in worlds.items()}
    at_market = {variant: market_at(one, variant, fidelity) for variant, one in worlds.items()}
    market = {variant: market_offers(one, at_market[variant]) for variant, one in worlds.items()}
    opening = {variant: opening_of(one) for variant, one in worlds.items()}
    without = {v: run_variant(one, market[v], v, opening=opening[v]) for v, one in worlds.items()}
    return Bench(
        worlds, fidelity, opening, market, without, year - int(world.years[0]), s.GROUP_SUMS.index(outcome),
        float(world.parameters["government_rate"][0]), int(np.floor(opens)), at_market,
    )  # fmt: skip


@dataclass(frozen=True)
class Offered:
    """A mix ready to run: the worlds with its instruments and the offers, by variant; what is on offer each year."""

    worlds: Worlds
    offers: Mapping[str, s.Offers]
    terms: list

    def to_everyone(self) -> Offered:
        """Return the same with all who are eligible knowing the scheme and nobody fearing inspection."""
        offers = {
            v: one._replace(reach=np.ones_like(one.reach) * (one.reach > 0)) for v, one in self.offers.items()
        }
        return replace(self, offers=offers)


def run_mix(bench: Bench, mix: Mix) -> Result:
    """Run a mix in every variant."""
    return run_offered(bench, offered(bench, mix))


def offered(bench: Bench, mix: Mix) -> Offered:
    """Return a mix as the engine meets it."""
    opened = opened_credit(mix.credit, bench.world.inputs.catalogue)
    worlds = {variant: replace(one, instruments=opened) for variant, one in bench.worlds.items()}
    world = next(iter(worlds.values()))
    taken = [z for z, size in enumerate(SIZES) if all(one.takes(size) for one in opened)]
    packages = {r: package for (r, z), package in packages_of(world).items() if z == taken[0]}
    offers = {
        v: with_scheme(one, bench.at_market[v], bench.market[v], packages, taken, bench.fidelity)
        for v, one in worlds.items()
    }
    return Offered(worlds, offers, year_terms(world, [SIZES[taken[0]]]))


def run_offered(bench: Bench, one: Offered) -> Result:
    """Run a mix that is ready, each variant on one thread."""
    found = {
        v: run_variant(one.worlds[v], offers, v, 1, bench.opening[v], s.COUNTRY)
        for v, offers in one.offers.items()
    }
    return measured(bench, one.worlds, found, one.terms)


def run_own(bench: Bench, inputs: Inputs) -> Result:
    """Run the scenario with its own credit in the worlds of the bench, as `cpmodel finance` does.

    It keeps its own dates, so it is held against a run without credit of its own: levels differ with tables and steps.
    """
    changes = {"seed": bench.world.inputs.scenario.seed, "draws": bench.fidelity.draws}
    worlds = worlds_of(replace(inputs, scenario=inputs.scenario.model_copy(update=changes)))
    steps, nodes = (bench.fidelity.steps_a_year, bench.fidelity.opening_steps), np.array(bench.fidelity.nodes)
    found, without = {}, {}
    for v, one in worlds.items():
        start = one.inputs.scenario.horizon.start
        worlds[v] = one = replace(one, clock=make_clock(start, int(one.years[-1]), one.moments, *steps))
        offers = make_offers(one, v, nodes)
        found[v] = run_variant(one, offers, v)
        without[v] = run_variant(one, market_terms_only(offers), v)
    return measured(bench, worlds, found, without=without)


def measured(
    bench: Bench, worlds: Worlds, outputs: Mapping[str, s.Outputs], terms=None,
    without: Mapping[str, s.Outputs] | None = None,
) -> Result:  # fmt: skip
    """Return what a search asks of the runs of a mix, against those without credit: by default the bench's."""
    plain = without or bench.without
    found = {name: {} for name in Result.__dataclass_fields__}
    terms = terms or year_terms(next(iter(worlds.values())))
    for variant, out in outputs.items():
        last, before = out.groups[bench.year, 0].astype(float), plain[variant].groups[bench.year, 0]
        found["adoption"][variant] = last[bench.outcome] / last[0]
        found["assessed"][variant] = last[s.GROUP_SUMS.index("assessed")] / last[0]
        found["gained"][variant] = last[bench.outcome] - before[bench.outcome]
        if not any(terms):
            for name in ("fiscal_npv", "claims", "expected_claims", "lent"):
                found[name][variant] = np.zeros(last.shape[-1])
            continue
        money = ledger(worlds[variant], out, terms)
        for name, flows in (("fiscal_npv", money.total), ("claims", money.sampled_claims),
                            ("expected_claims", money.book.claims), ("lent", money.lent)):  # fmt: skip
            found[name][variant] = money.present_value(flows, bench.rate, bench.base)
    return Result(**found)


def unchanged(bench: Bench) -> Result:
    """Return the run without credit: it costs nothing and adds nobody."""
    zero = {variant: np.zeros(bench.fidelity.draws) for variant in bench.without}
    last = {variant: out.groups[bench.year, 0].astype(float) for variant, out in bench.without.items()}
    adoption = {variant: sums[bench.outcome] / sums[0] for variant, sums in last.items()}
    assessed = {variant: sums[s.GROUP_SUMS.index("assessed")] / sums[0] for variant, sums in last.items()}
    return Result(zero, zero, zero, adoption, zero, assessed, zero)
