"""PySD on an equivalent model, which it translates itself from a Vensim file written here, for 1 and 48 cells.

Same seven stocks a cell, same flows between them, quarters as steps; PySD takes Euler's single stage where the engine
takes three and carries the national stocks too. Seconds are of one run: PySD has no draws, the engine's are divided.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np

from benchmarks.kernel import B
from benchmarks.measure import Row, side_by_side
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import engine, ensemble
from cpmodel.model.regimes import make_offers

DRAWS = 64 * B
STOCKS = {
    "unaware": ("-learned{c} + churn*(1-unaware{c})", 0.72), "aware": ("learned{c}-done{c}-churn*aware{c}", 0.17),
    "assessed": ("done{c}-churn*assessed{c}", 0.11),
    **{f"rung{k}": (f"MAX(0, assessed{{c}}*{a}-rung{k}{{c}})/{t}-(churn+0.08)*rung{k}{{c}}", 0.05)
       for k, a, t in ((1, 0.6, 0.5), (2, 0.3, 1), (3, 0.1, 2))},
    "units": ("(0.01+0.02*(aware{c}+assessed{c}))*(1-units{c})-(0.1+churn)*units{c}", 0.05),
}  # fmt: skip
FLOWS = {
    "adopters": "assessed{c}*(1-(1-rung1{c}/assessed{c})*(1-rung2{c}/assessed{c})*(1-rung3{c}/assessed{c}))",
    "learned": "(0.01+0.1*outreach^1.5/(1+outreach^1.5)+0.15*seen)*unaware{c}-0.05*aware{c}",
    "done": "(-LN(1-0.1)+0.02)*aware{c}",
}


def vensim(cells: int) -> str:
    """Return the model as a Vensim file."""
    c = "[cell]" if cells > 1 else ""
    head = [f"cell: (c1-c{cells})"] if cells > 1 else []
    seen = "SUM(adopters[cell!])/48" if cells > 1 else "adopters"
    body = [f"{name}{c} = INTEG({rate.format(c=c)}, {start})" for name, (rate, start) in STOCKS.items()]
    body += [f"{name}{c} = {rule.format(c=c)}" for name, rule in FLOWS.items()]
    body += [f"seen = {seen}", "churn = 0.1", "outreach = INTEG(1-0.69*outreach, 0.1)", "INITIAL TIME = 2009.75",
             "FINAL TIME = 2021", "TIME STEP = 0.25", "SAVEPER = 1"]  # fmt: skip
    return "{UTF-8}\n" + "\n".join(f"{line}\n\t~\t\n\t~\t\n\t|\n" for line in head + body)


def rows(quick: bool = False) -> list[Row]:
    """Seconds a run, and how many times the engine's."""
    import pysd

    found = []
    for cells in (1, 48):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = Path(folder) / "model.mdl"
            path.write_text(vensim(cells), "utf-8")
            model = pysd.read_vensim(str(path))
            given = engine_case(cells)
            times = side_by_side(
                {"PySD": model.run, "engine": lambda given=given: engine.run(*given, threads=1)}, repeats=3
            )
        seconds = {"PySD": times["PySD"], "engine": times["engine"] / DRAWS}
        found += [
            Row("peer", f"{cells} cells", name, 1e6 * value, "µs a run") for name, value in seconds.items()
        ]
        found.append(
            Row("peer", f"{cells} cells", "PySD / engine", seconds["PySD"] / seconds["engine"], "ratio")
        )
    return found


def engine_case(cells: int) -> tuple:
    """Return the arguments of the engine with the first cells of the country by province, without a scheme."""
    world = ensemble.make_world(load(resolve("as_decided", overrides={"draws": DRAWS, "resolution": "full"})))
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
    offers = offers._replace(scheme=np.full_like(offers.scheme, -1), eligible=offers.eligible[:, keep],
                             resource_bill=offers.resource_bill[:sectors])  # fmt: skip
    opening = (opening[0][:, keep], opening[1], opening[2][:regions], opening[3])
    return layout, world.clock, world.spending, offers, drivers, world.coefficients, opening, len(world.years)
