"""Small made-up worlds in which every equation is at work and nothing is real; and small runs of real ones."""

from pathlib import Path

import numpy as np

from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.parameters import read_parameters
from cpmodel.model import ensemble
from cpmodel.model import state as s
from cpmodel.model.stepping import STAGES, make_clock
from cpmodel.outlook.draws import all_uniforms

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = read_parameters(ROOT / "data" / "parameters.csv")


def coefficients(draws, seed=1):
    values = PARAMETERS.values(all_uniforms(seed, PARAMETERS.streams, draws), draws)
    values["bill_saving"] = np.einsum("mn,mkn->kn", values["resource_cost_share"], values["saving_share"])
    values["uptake_rate"] = 1.0 / values["uptake_time"]
    return s.Coefficients(**{name: values[name] for name in s.Coefficients._fields})


def layout(regions=3, sectors=2, seed=0):
    random = np.random.default_rng(seed)
    index = np.array([(r, j, z) for r in range(regions) for j in range(sectors) for z in range(4)])
    cells = len(index)
    neighbours = [[o for o in (r - 1, r + 1) if 0 <= o < regions] for r in range(regions)]
    start = np.cumsum([0, *map(len, neighbours)])
    return s.Layout(
        *index.T.copy(), random.uniform(50, 3000, cells), random.uniform(1e3, 1e5, (cells, 2)), start,
        np.array([n for row in neighbours for n in row], np.int64), 63.0,
    )  # fmt: skip


def spending(years, seed=0, level=1.0):
    random = np.random.default_rng(seed)
    money = [level * random.uniform(1, 20, years) for _ in range(7)]
    flags = [np.zeros(years), np.ones(years), np.ones(years)]
    return s.Spending(*money[:5], random.random(years), *money[5:], *flags)


def offers(world, draws, regimes=2, seed=0, scheme=True, capacity=30.0, rule="prorate", cap=1e12, spread=0.0):
    random = np.random.default_rng(seed)
    cells, sectors = len(world.region), world.sector.max() + 1
    nodes = np.array([0.0, 0.05, 0.2, 0.6])
    accept = np.sort(random.uniform(0, 0.5, (8, 4, 3, draws)), axis=1)
    accept[4:] = accept[:4] + random.uniform(0, 0.3, (4, 1, 3, 1))
    market = np.tile(np.arange(4), (regimes, 1))
    taken = np.where((np.arange(regimes)[:, None] > 0) & scheme, market + 4, -1)
    eligible = (random.random((regimes, cells)) < 0.7).astype(float)
    return s.Offers(
        market, taken, eligible, nodes, accept, accept * 0.6, accept * random.uniform(0.5, 3, accept.shape),
        accept * random.uniform(0.1, 0.5, accept.shape), random.uniform(0, 1, (8, len(s.TERMS), draws)),
        random.uniform(0, 0.5, (4, draws)), np.full((regimes, 3), capacity), np.ones(regimes),
        np.full(regimes, 10.0), random.uniform(0.1, 0.3, draws), np.full(regimes, 0.05),
        random.uniform(1, 40, (sectors, 4)), np.full(regimes, s.WHEN_FULL.index(rule)), np.full((regimes, 3), capacity),
        np.full(regimes, cap), np.full(regimes, spread), np.full(regimes, 0.8),
    )  # fmt: skip


def drivers(world, years, draws, seed=0):
    random = np.random.default_rng(seed)
    growth = random.normal(0.05, 0.02, (years, world.sector.max() + 1, draws))
    start = np.concatenate([np.zeros((1, *growth.shape[1:])), np.cumsum(growth, 0)[:-1]])
    return s.Drivers(growth, start, np.exp(random.normal(0, 0.1, (years, draws))))


def opening(world, draws, seed=0):
    random = np.random.default_rng(seed)
    cells = np.zeros((7, len(world.region), draws))
    cells[:3] = random.dirichlet([5, 2, 1], (len(world.region), draws)).transpose(2, 0, 1)
    cells[3:6] = cells[2] * random.uniform(0, 0.4, (3, 1, 1))
    cells[6] = (world.size >= 2)[:, None] * random.uniform(0, 0.2, (1, draws))
    nation = np.zeros((9, draws))
    nation[s.PROVIDERS], nation[s.FUND], nation[s.READINESS] = 100.0, 50.0, 0.3
    offices = random.uniform(0.1, 0.3, (world.region.max() + 1, draws))
    return cells, np.zeros((4, draws)), offices, nation


def world(draws=32, years=3, steps_a_year=4, **changes):
    """Return the arguments of `simulate` and `run`."""
    place = layout(changes.get("regions", 3), changes.get("sectors", 2))
    clock = make_clock(2009.68, 2009 + years - 1, (2009.68, 2010.5), steps_a_year)
    money = spending(years, level=changes.get("money", 0.2))
    asked = {
        name: changes[name] for name in ("scheme", "capacity", "rule", "cap", "spread") if name in changes
    }
    offered = offers(place, draws, **asked)
    return (place, clock, money, offered, drivers(place, years, draws), coefficients(draws),
            opening(place, draws), years)  # fmt: skip


SHARED: dict[str, object] = {}


def _once(key, make):
    """Return what `make` gives, made once for every test of the session."""
    if repr(key) not in SHARED:
        SHARED[repr(key)] = make()
    return SHARED[repr(key)]


def real_world(name="as_decided", draws=64, resolution="explorer", **overrides):
    """Return the world of a scenario of the project, by name or path, with a few draws; made once and shared."""

    def make():
        changes = {"resolution": resolution, "draws": draws, **overrides}
        return ensemble.make_world(load(resolve(name, folder=ROOT / "scenarios", overrides=changes)))

    return _once(("world", name, draws, resolution, overrides), make)


def real_run(name="as_decided", variant="H1", draws=64, resolution="explorer", **overrides):
    """Return the outputs of one variant of a scenario of the project; run once and shared."""
    place = real_world(name, draws, resolution, **overrides)
    return _once(("run", name, variant, draws, resolution, overrides), lambda: run_in(place, variant))


def run_in(place, variant="H1"):
    """Return the outputs of one variant in a world; the acceptance tables are made once for each world's terms."""
    told = place.inputs.scenario
    key = (
        "offers",
        variant,
        place.draws,
        told.seed,
        told.horizon,
        told.resolution,
        told.credit,
        told.credit_cap,
        told.drivers,
    )
    offers = _once(key, lambda: ensemble.make_offers(place, variant))
    return ensemble.run_variant(place, offers, variant)


def national(out, name):
    """Return a share of the country, shape (Y, n), by its name in `state.GROUP_SUMS`."""
    return shares(out, name)[:, 0]


def shares(out, name):
    """Return a share of every group, shape (Y, groups, n), by its name in `state.GROUP_SUMS`."""
    sums = out.groups.astype(float)
    return sums[:, :, s.GROUP_SUMS.index(name)] / sums[:, :, 0]


def step_through(rates, stocks, years, steps_a_year=4):
    """Integrate `rates(stocks)` with the model's own stages; returns the stocks at the end."""
    stocks = np.array(stocks, float)
    change = np.zeros_like(stocks)
    for _ in range(round(years * steps_a_year)):
        for weight, carry, _ in STAGES:
            change = carry * change + np.array(rates(stocks)) / steps_a_year
            stocks = stocks + weight * change
    return stocks
