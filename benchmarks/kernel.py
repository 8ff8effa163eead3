"""The engine, the readable model in numpy and a loop written by hand in C, on the same equations and arrays.

The world is a real one without a scheme, under H1, because that is what the loop in C can do; it is held to the engine
before anything is timed. Seconds are of one thread.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, side_by_side
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import engine, ensemble, simulate
from cpmodel.model.regimes import make_offers

B = 16  # draws of a block, as in loop.c
PARAMETERS = (  # in the order of `params` in loop.c
    "exit_rate", "background_discovery", "outreach_strength", "outreach_exponent",
    "outreach_half_saturation", "contact_cost", "outreach_decay", "database_strength",
    "database_cost", "database_build_time", "database_decay", "office_strength", "word_of_mouth",
    "neighbour_weight", "visibility", "forgetting", "demonstration_cost", "demonstration_decay",
    "demonstration_effect", "demonstration_half", "support_response", "self_assessment",
    "guide_gain", "support_ceiling", "support_share_ceiling", "support_grant_share",
    "assessments_per_fte", "inhouse_assessments", "capacity_per_training", "capacity_per_network",
    "provider_ceiling", "provider_build_time", "provider_attrition", "unit_protection",
    "office_training_rate", "office_training_time", "office_attrition", "unit_background",
    "unit_from_awareness", "unit_from_office", "unit_loss", "assessment_base", "assessment_fee",
    "outreach_reach", "uptake_rate", "lapse_rate",
)  # fmt: skip
CASES = {"explorer": (512, 2048), "full": (32, 128)}
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


def rows(quick: bool = False) -> list[Row]:
    """Seconds by resolution, draws and years; nanoseconds of a cell in one stage of one step of one draw."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        loop = built(Path(folder))
        for resolution, counts in CASES.items():
            for draws in counts[:1] if quick else counts:
                found += _of(loop, resolution, draws)
    return found


def _of(loop, resolution: str, draws: int) -> list[Row]:
    world = ensemble.make_world(
        load(resolve("as_decided", overrides={"resolution": resolution, "draws": draws}))
    )
    offers = make_offers(world, "H1")
    offers = offers._replace(scheme=np.full_like(offers.scheme, -1))
    opening = ensemble.opening_of(world)
    given = (
        world.layout, world.clock, world.spending, offers, world.drivers, world.coefficients, opening, len(world.years)
    )  # fmt: skip
    out = engine.run(*given, threads=1)
    hold_to_engine(loop(world, offers, opening), out, world)
    who = {"engine": lambda: engine.run(*given, threads=1), "C": lambda: loop(world, offers, opening)}
    if draws == min(CASES[resolution]):
        who["numpy"] = lambda: simulate.simulate(*given)
    cells, case = len(world.layout.region), f"{resolution}, {len(world.layout.region)} cells, {draws} draws"
    work = cells * 3 * len(world.clock.step) * draws
    times = side_by_side(who, repeats=5 if "numpy" not in who else 3)
    found = [Row("kernel", case, name, seconds, "s") for name, seconds in times.items()]
    for unit, scale in (
        ("ns a cell, stage and draw", 1e9 / work),
        ("µs a run-year", 1e6 / draws / len(world.years)),
    ):
        found += [Row("kernel", case, name, scale * seconds, unit) for name, seconds in times.items()]
    found.append(Row("kernel", case, "engine / C", times["engine"] / times["C"], "ratio"))
    if "numpy" in times:
        found.append(Row("kernel", case, "numpy / engine", times["numpy"] / times["engine"], "ratio"))
    return found


def first_cells(cells: int, draws: int) -> tuple:
    """Return the arguments of the engine with the first cells of the country by province, without a scheme."""
    world = ensemble.make_world(load(resolve("as_decided", overrides={"draws": draws, "resolution": "full"})))
    offers = make_offers(world, "H1")
    opening, keep = ensemble.opening_of(world), np.arange(cells)
    layout = world.layout._replace(
        region=world.layout.region[keep], sector=world.layout.sector[keep], size=world.layout.size[keep],
        establishments=world.layout.establishments[keep], energy_use=world.layout.energy_use[keep],
        neighbour_start=np.zeros(int(world.layout.region[keep].max()) + 2, np.int64), neighbours=np.zeros(0, np.int64),
    )  # fmt: skip
    regions, sectors = int(layout.region.max()) + 1, int(layout.sector.max()) + 1
    drivers = world.drivers._replace(growth=world.drivers.growth[:, :sectors].copy(),
                                     size_at_start=world.drivers.size_at_start[:, :sectors].copy())  # fmt: skip
    offers = offers._replace(scheme=np.full_like(offers.scheme, -1), eligible=offers.eligible.take(keep, 1),
                             resource_bill=offers.resource_bill[:sectors])  # fmt: skip
    opening = (opening[0].take(keep, 1), opening[1], opening[2][:regions], opening[3])
    return layout, world.clock, world.spending, offers, drivers, world.coefficients, opening, len(world.years)


def built(folder: Path):
    """Compile loop.c, and return it as a function of a world, its offers and its opening stocks."""
    target = folder / "loop.so"
    subprocess.run(
        ["gcc", *FLAGS, "-o", str(target), str(Path(__file__).with_name("loop.c")), "-lm"], check=True
    )
    library = ctypes.CDLL(str(target))

    def run(world, offers, opening) -> np.ndarray:
        return _blocks(library.block, world, offers, opening)

    return run


def _blocks(block, world, offers, opening) -> np.ndarray:
    layout, clock, p = world.layout, world.clock, world.coefficients
    regions, sectors = int(layout.region.max()) + 1, int(layout.sector.max()) + 1
    index = [np.ascontiguousarray(x, np.int32) for x in (layout.region, layout.sector, layout.size)]
    near = [
        np.ascontiguousarray(x, np.int32) for x in (layout.neighbour_start, np.append(layout.neighbours, 0))
    ]
    starts = engine.starts_of(layout)
    now = clock.start - (clock.first_year + clock.year)
    when = [np.ascontiguousarray(x, np.int32) for x in (clock.year, clock.regime)]
    s = world.spending
    spend = np.stack([s.outreach, s.office_training / layout.offices, s.provider_training, s.database,
                      s.assessment_support, s.support_open, s.network], axis=1).copy()  # fmt: skip
    cells, outreach, offices, nation = opening
    found = []
    for d in range(0, world.draws, B):
        part = slice(d, d + B)
        flat = np.concatenate(
            [np.atleast_2d(getattr(p, name)[..., part]).reshape(-1, B) for name in PARAMETERS]
        )
        x = cells[:, :, part].transpose(1, 0, 2).copy()
        state = np.concatenate([outreach[:, part], offices[:, part], nation[:3, part]])
        shared = np.concatenate([state, np.zeros_like(state)])
        work = np.zeros((3 * regions * sectors + 5 * sectors, B))
        accept = offers.accept[offers.market, 0][..., part].copy()
        growth, start = (
            np.ascontiguousarray(v[..., part]) for v in (world.drivers.growth, world.drivers.size_at_start)
        )
        out = np.zeros((3, B))
        arrays = (*index, layout.establishments, *near, starts.place, starts.size, clock.step, now, *when, spend, flat,
                  growth, start, accept, x, np.zeros_like(x), shared, work, out)  # fmt: skip
        pointers = (a.ctypes.data_as(ctypes.c_void_p) for a in arrays)
        block(len(layout.region), regions, sectors, len(clock.step), *pointers)
        found.append(out)
    return np.concatenate(found, axis=1)


def hold_to_engine(found: np.ndarray, out, world) -> None:
    """Refuse to time a loop that does not do the engine's work: aware, assessed and housekeeping at the end."""
    layout = world.layout
    regions, sectors = int(layout.region.max()) + 1, int(layout.sector.max()) + 1
    sums = out.groups[-1, 1 + regions : 1 + regions + sectors].astype(float)
    at_start = np.bincount(layout.sector, layout.establishments)
    known = np.stack([(sums[:, i] / sums[:, 0] * at_start[:, None]).sum(0) for i in (1, 2, 5)])
    if not np.allclose(found, known, rtol=1e-5):
        raise AssertionError(f"loop.c is not the engine: {np.abs(found / known - 1).max():.1e}")
