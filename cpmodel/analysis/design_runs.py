"""Runs of many mixes of instruments in the same worlds, cheap enough to try hundreds.

What no mix moves is made once: the draws, the market's terms and the run without credit. In a search the engine takes
half-year steps and a mix is tabulated coarsely (`design_offers`); in full, the result is that of a run of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cpmodel.analysis.design_mixes import Mix, opened_credit
from cpmodel.analysis.design_offers import Fidelity, market_offers, packages_of, side_by_side, with_scheme
from cpmodel.analysis.ledgers import ledger, year_terms
from cpmodel.axes import SIZES
from cpmodel.inputs.datasets import read
from cpmodel.inputs.establishments import matrix
from cpmodel.inputs.load import Inputs
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import World, make_offers, make_world, opening_of, run_variant
from cpmodel.model.stepping import make_clock


@dataclass(frozen=True)
class Bench:
    """What all mixes share at one fidelity.

    sides    parameters of an offer with the four sizes side by side, last axis 4·n   market, without    offers and run
    without any scheme, by variant   year, outcome    the target's place in years and in `GROUP_SUMS`   rate, base    of
    discounting   provinces    region → share of the country's establishments that it holds, by size (4,)
    """

    world: World
    fidelity: Fidelity
    opening: tuple
    sides: Mapping[str, np.ndarray]
    market: Mapping[str, s.Offers]
    without: Mapping[str, s.Outputs]
    year: int
    outcome: int
    rate: float
    base: int
    provinces: Mapping[str, np.ndarray]


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


def make_bench(
    inputs: Inputs, fidelity: Fidelity, seed: int, year: int, outcome: str, opens: float,
    provinces: Mapping[str, np.ndarray] | None = None,
) -> Bench:  # fmt: skip
    """Return the bench for a scenario read at explorer resolution; its credit for investments is taken out.

    opens    decimal year in which every mix opens, so that clock and regimes are the same for all
    provinces    what `province_shares` returns, where it is known already
    """
    told = inputs.scenario
    own = {one.name for one in levers.opened(told, inputs.catalogue)}
    rules = {name: one for name, one in told.credit.items() if name not in own}
    plain = told.model_copy(update={"credit": rules, "seed": seed, "draws": fidelity.draws})
    world = make_world(replace(inputs, scenario=plain))
    moments = tuple(sorted({*world.moments, float(opens)}))
    clock = make_clock(told.horizon.start, int(world.years[-1]), moments, fidelity.steps_a_year)
    world = replace(world, moments=moments, clock=clock)
    sides = side_by_side(world.parameters)
    market = {variant: market_offers(world, sides, variant, fidelity) for variant in told.variants}
    without = {variant: run_variant(world, market[variant], variant) for variant in told.variants}
    return Bench(
        world, fidelity, opening_of(world), sides, market, without, year - int(world.years[0]), s.GROUP_SUMS.index(outcome),
        float(world.parameters["government_rate"][0]), int(np.floor(opens)),
        provinces or province_shares(),
    )  # fmt: skip


def province_shares(root=None) -> dict[str, np.ndarray]:
    """Return region → share of the country's establishments of each size that its provinces hold, (4,)."""
    fitted = matrix(root)
    region = read("provinces", root).set_index("province_code")["region_code"]
    counts = fitted.counts.sum(1)
    named = np.array([region[code] for code in fitted.regions])
    return {name: counts[named == name].sum(0) / counts.sum(0) for name in dict.fromkeys(named)}


@dataclass(frozen=True)
class Offered:
    """A mix ready to run: the world with its instruments, the offers by variant, what is on offer each year."""

    world: World
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
    """Return a mix as the engine meets it. Provinces enter by the share of establishments of a size that they hold."""
    opened = opened_credit(mix.credit, bench.world.inputs.catalogue)
    world = replace(bench.world, instruments=opened)
    taken = [z for z, size in enumerate(SIZES) if all(one.takes(size) for one in opened)]
    packages = packages_of(world, SIZES[taken[0]])
    years = {r: int(np.floor(world.moments[r] + 1e-9)) - int(world.years[0]) for r in packages}
    terms = [
        levers.offer_terms(packages[r].design, world.parameters, world.lending_rate[y])
        for r, y in years.items()
    ]
    held = np.minimum(sum(bench.provinces[one] for one in mix.eligibility["provinces"].members), 1.0)
    offers = {}
    for variant in bench.market:
        one = with_scheme(
            world, bench.sides, bench.market[variant], packages, terms, taken, variant, bench.fidelity
        )
        offers[variant] = one._replace(reach=one.reach * held[:, None])
    return Offered(world, offers, year_terms(world, [SIZES[taken[0]]]))


def run_offered(bench: Bench, one: Offered) -> Result:
    """Run a mix that is ready, each variant on one thread."""
    found = {v: run_variant(one.world, offers, v, 1, bench.opening) for v, offers in one.offers.items()}
    return measured(bench, one.world, found, one.terms)


def run_own(bench: Bench, inputs: Inputs) -> Result:
    """Run the scenario with its own credit in the worlds of the bench, as `cpmodel finance` does."""
    changes = {"seed": bench.world.inputs.scenario.seed, "draws": bench.fidelity.draws}
    world = make_world(replace(inputs, scenario=inputs.scenario.model_copy(update=changes)))
    found = {variant: run_variant(world, make_offers(world, variant), variant) for variant in bench.market}
    return measured(bench, world, found)


def measured(bench: Bench, world: World, outputs: Mapping[str, s.Outputs], terms=None) -> Result:
    """Return what a search asks of the runs of a mix, against those without credit."""
    found = {name: {} for name in Result.__dataclass_fields__}
    terms = terms or year_terms(world)
    for variant, out in outputs.items():
        last, without = out.groups[bench.year, 0].astype(float), bench.without[variant].groups[bench.year, 0]
        found["adoption"][variant] = last[bench.outcome] / last[0]
        found["assessed"][variant] = last[s.GROUP_SUMS.index("assessed")] / last[0]
        found["gained"][variant] = last[bench.outcome] - without[bench.outcome]
        if not any(terms):
            for name in ("fiscal_npv", "claims", "expected_claims", "lent"):
                found[name][variant] = np.zeros(last.shape[-1])
            continue
        money = ledger(world, out, terms)
        for name, flows in (("fiscal_npv", money.total), ("claims", money.sampled_claims),
                            ("expected_claims", money.book.claims), ("lent", money.lent)):  # fmt: skip
            found[name][variant] = money.present_value(flows, bench.rate, bench.base)
    return Result(**found)
