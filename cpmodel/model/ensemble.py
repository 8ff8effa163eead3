"""All draws of a scenario: inputs → named tuples of the engine → outputs, one structural variant at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cpmodel.errors import RunFailed
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.opened import opened
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import engine, levers
from cpmodel.model import state as s
from cpmodel.model.opening import opening_stocks
from cpmodel.model.regimes import make_offers, market_of  # noqa: F401  (whoever runs a world asks here)
from cpmodel.model.stepping import make_clock
from cpmodel.model.surroundings import (
    drivers_of,
    extended_prices,
    laws_of,
    output_index,
    real_prices,
    tax_rates,
)
from cpmodel.model.world import World
from cpmodel.outlook.draws import all_uniforms, streams_of

OFFICES = 63  # provincial offices of Industry and Trade until June 2025


@dataclass(frozen=True)
class Ensemble:
    """A finished run by variant: worlds, acceptance tables, outputs; worlds differ where parameters were fitted apart.

    offers    of the first draws at least, see `batches.KEPT`
    """

    worlds: dict[str, World]
    offers: dict[str, s.Offers]
    outputs: dict[str, s.Outputs]


def make_world(inputs: Inputs) -> World:
    """Draw the uncertain inputs and lay out everything that both variants share.

    Draws are rounded up to whole blocks of the engine; the surplus is dropped from the outputs.
    """
    scenario = inputs.scenario
    draws = -(-scenario.draws // s.BLOCK) * s.BLOCK
    years = np.arange(int(scenario.horizon.start), scenario.horizon.end + 1)
    p = _parameters(inputs, all_uniforms(scenario.seed, inputs.parameters.streams, draws), draws)
    instruments = opened(scenario, inputs.catalogue)
    moments = levers.regime_starts(scenario, instruments, years)
    prices = extended_prices(inputs, years)
    layout, clock = layout_of(inputs), make_clock(scenario.horizon.start, int(years[-1]), moments)
    spending, coefficients = levers.spending(scenario, prices, years), coefficients_of(p)
    engine.prepare(layout, clock, spending, coefficients)
    laws, stream = laws_of(inputs, years), streams_of(scenario.seed, draws)
    lending = laws["lending_rate"].path(years, stream)
    output = output_index(inputs, years, laws["output"], stream)
    return World(
        inputs, years, draws, layout, clock, moments, spending, drivers_of(inputs, years, p, output, stream),
        coefficients, p, lending.values,
        real_prices(inputs, years, p, laws["electricity"], stream), prices.reindex(years).to_numpy(),
        tax_rates(inputs, years), instruments, lending.observed, laws["lending_rate"].median(years), laws, prices,
    )  # fmt: skip


def at_uniforms(world: World, uniforms: dict[str, np.ndarray]) -> World:
    """Return the world with other parameters, and with other drivers where their streams are named too.

    uniforms    stream name → numbers in (0, 1), shape (world.draws,); drivers not named keep their own
    """
    inputs, years, laws = world.inputs, world.years, world.laws
    own = streams_of(inputs.scenario.seed, world.draws)

    def stream(name: str) -> np.ndarray:
        return uniforms[name] if name in uniforms else own(name)

    p = _parameters(inputs, uniforms, world.draws)
    output = output_index(inputs, years, laws["output"], stream)
    return replace(
        world, parameters=p, drivers=drivers_of(inputs, years, p, output, stream), coefficients=coefficients_of(p),
        lending_rate=laws["lending_rate"].path(years, stream).values,
        log_prices=real_prices(inputs, years, p, laws["electricity"], stream),
    )  # fmt: skip


def at_scenario(world: World, scenario: Scenario) -> World:
    """Return the world with another scenario's money, switches and credit: the same draws of the same surroundings.

    Only what is in `MOVES_WITH_POLICY` may differ; a world of other surroundings is made by `make_world`.
    """
    told, inputs = world.inputs.scenario, replace(world.inputs, scenario=scenario)
    if surroundings_of(told) != surroundings_of(scenario):
        raise ValueError(f"{scenario.name} and {told.name} differ in more than policy")
    world = replace(world, inputs=inputs, spending=levers.spending(scenario, world.prices, world.years))
    if scenario.credit == told.credit:
        return world
    instruments = opened(scenario, inputs.catalogue)
    moments = levers.regime_starts(scenario, instruments, world.years)
    clock = make_clock(scenario.horizon.start, int(world.years[-1]), moments)
    return replace(world, instruments=instruments, moments=moments, clock=clock)


MOVES_WITH_POLICY = frozenset(
    {"name", "title", "question", "lineage", "budgets", "activity_shares", "credit", "toggles"}
)


def surroundings_of(scenario: Scenario) -> tuple:
    """Return what of a scenario no policy moves; equal for scenarios that meet the same worlds."""
    return tuple((k, getattr(scenario, k)) for k in type(scenario).model_fields if k not in MOVES_WITH_POLICY)


def _parameters(inputs: Inputs, uniforms: dict[str, np.ndarray], draws: int) -> dict[str, np.ndarray]:
    p = inputs.parameters.values(uniforms, draws)
    p["bill_saving"] = np.einsum("mn,mkn->kn", p["resource_cost_share"], p["saving_share"])
    p["uptake_rate"] = 1.0 / p["uptake_time"]
    return p


def coefficients_of(p: dict[str, np.ndarray]) -> s.Coefficients:
    """Return the parameters that the engine reads."""
    return s.Coefficients(**{name: p[name] for name in s.Coefficients._fields})


def opening_of(world: World):
    """Return the stocks at the start of a world's run."""
    return opening_stocks(world.layout, world.parameters, len(world.inputs.cells.regions))


def run_variant(
    world: World, offers: s.Offers, variant: str, threads: int | None = None, opening: tuple | None = None,
    sums: str = s.GROUPS,
) -> s.Outputs:  # fmt: skip
    """Run one structural variant; raises `RunFailed` when a share leaves [0, 1] or mass is not conserved.

    opening    what `opening_of` returns for the world, where it is known already   sums    as in `engine.run`
    """
    return checked(world, variant, simulate(world, offers, threads, opening, sums))


def run_variants(
    worlds: Mapping[str, World], laid: Mapping[str, engine.Laid], sums: str = s.GROUPS
) -> dict[str, s.Outputs]:
    """Run variants together on all cores.

    worlds, laid    by variant, and what `laid_out` returns for them   sums    as in `engine.run`
    """
    ready = [_ready(world, laid[v], sums) for v, world in worlds.items()]
    found = zip(worlds.items(), engine.together(ready), strict=True)
    return {v: checked(world, v, _draws_asked(world, out)) for (v, world), out in found}


def simulate(
    world: World,
    offers: s.Offers,
    threads: int | None = None,
    opening: tuple | None = None,
    sums: str = s.GROUPS,
) -> s.Outputs:
    """Run every draw and return what came out, sound or not; see `sound`."""
    ready = _ready(world, laid_out(world, offers, opening), sums)
    return _draws_asked(world, engine.together([ready], threads)[0])


def laid_out(world: World, offers: s.Offers, opening: tuple | None = None) -> engine.Laid:
    """Return what a run of a world reads: the same for all scenarios that differ from its own in money alone.

    opening    what `opening_of` returns for the world, where it is known already
    """
    return engine.laid_out(
        world.layout, world.clock, offers, world.drivers, world.coefficients, opening or opening_of(world)
    )


def _ready(world: World, laid: engine.Laid, sums: str) -> engine.Ready:
    return engine.ready(laid, world.spending, len(world.years), sums, world.inputs.scenario.draws)


def _draws_asked(world: World, out: s.Outputs) -> s.Outputs:
    return s.Outputs(*(values[..., : world.inputs.scenario.draws] for values in out))


def checked(world: World, variant: str, out: s.Outputs) -> s.Outputs:
    """Return outputs that are `sound`, or raise `RunFailed`."""
    if not sound(out).all():
        found = f"balance {out.worst_balance.max():.1e}, shares {out.bounds[0].min():.3g} to {out.bounds[1].max():.3g}"
        raise RunFailed(f"{world.inputs.scenario.name}, {variant}: the run broke conservation ({found}).")
    return out


def sound(out: s.Outputs) -> np.ndarray:
    """True for the draws (n,) in which mass was conserved and every share stayed in [0, 1]."""
    within = (out.bounds[0] > -1e-9) & (out.bounds[1] < 1 + 1e-9)
    return within & (out.worst_balance < 1e-10)


def worlds_of(inputs: Inputs) -> dict[str, World]:
    """Return the world of each variant: one for all under the prior, one each under a posterior."""
    world, variants = make_world(inputs), inputs.scenario.variants
    if inputs.posterior is None:
        return {variant: world for variant in variants}
    return {v: at_uniforms(world, uniforms_of(inputs, v, world.draws)) for v in variants}


def uniforms_of(inputs: Inputs, variant: str, draws: int) -> dict[str, np.ndarray]:
    """Return stream → numbers in (0, 1), shape (draws,), behind the uncertain inputs of a variant's draws."""
    if inputs.posterior is None:
        return all_uniforms(inputs.scenario.seed, inputs.parameters.streams, draws)
    return inputs.posterior.uniforms(variant, draws)


def layout_of(inputs: Inputs) -> s.Layout:
    """Return the cells with their energy use in 2010 and the neighbours of every region."""
    cells = inputs.cells
    use = inputs.resources.energy[cells.sector, cells.size] * cells.establishments[:, None]
    start = np.cumsum([0, *(len(row) for row in inputs.neighbours)])
    edges = np.concatenate([*inputs.neighbours, np.zeros(0, np.int64)]).astype(np.int64)
    index = (np.ascontiguousarray(part, dtype=np.int64) for part in (cells.region, cells.sector, cells.size))
    return s.Layout(*index, cells.establishments.astype(float), use, start, edges, float(OFFICES))
