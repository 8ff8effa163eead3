"""PySD on the equations of the engine, which it translates itself from a Vensim file written here, for 1 and 48 cells.

The model in the file is the whole model without a scheme, of one draw: cells by region, sector and size, outreach by
size, offices by region, database, demonstrations, providers and readiness. It is held to the engine before anything
is timed. PySD steps by Euler, so it is timed with as many evaluations of the rates as the engine makes, and with the
quarters that its users would take. Most of its time goes to looking up what is given by year (money, growth,
acceptance); a model in which all that stays as in the first year shows what is left without. Seconds are of one run:
PySD has no draws, the engine's are divided.
"""

from __future__ import annotations

import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.kernel import B, first_cells
from benchmarks.measure import Row, side_by_side
from cpmodel.model import engine
from cpmodel.model import state as s
from cpmodel.model.stepping import STAGES

DRAWS = 64 * B
SHAPES = {1: (1, 1, 1), 48: (2, 6, 4)}  # regions, sectors, sizes
CLOSE = (
    0.04  # step at which the file is held to the engine [years]: the start and every new year lie on its grid
)
HELD = {"aware": 1, "assessed": 2, "rung1": 5, "rung2": 6, "rung3": 7}  # stock → its row of `GROUP_SUMS`
YEARLY = ("outreach", "office_training", "provider_training", "database", "assessment_support", "support_open",
          "network", "certificates", "unit_mandate", "finance", "readiness_multiplier")  # fmt: skip
EQUATIONS = Path(__file__).with_name("peer.mdl")


def vensim(case: tuple, regions: int, sectors: int, sizes: int, steady: bool = False) -> str:
    """Return the model of the first draw of a case of `kernel.first_cells` as a Vensim file; one cell has no subscripts.

    steady    what is given by year stays as in the first year, which is not the engine's model: see `rows`
    """
    layout, clock, spending, offers, drivers, p, opening, years = case
    names = {"C": "[r,j,z]", "P": "[r,j]", "R": "[r]", "J": "[j]", "Z": "[z]", "Rj": "[r,j,z!]", "Zs": "[r!,j!,z]",
             "A": "[r!,j!,z!]", "Js": "[j!]", "Zi": "[z!]"}  # fmt: skip
    several = len(layout.region) > 1
    told = names | {"SUM": "SUM"} if several else dict.fromkeys([*names, "SUM"], "")
    told |= {"last": clock.first_year + years - 1}
    axes = {"r": regions, "j": sectors, "z": sizes}
    body = [f"{a}: " + ", ".join(f"{a}{i}" for i in range(n)) for a, n in axes.items()] if several else []
    body += [line.format(**told).replace("(y)", "" if steady else "(y)") for line in _equations()]
    table = partial(_table, clock.first_year, steady)
    values = _constants(p, layout) | {"n0": layout.establishments.reshape(regions, sectors, sizes)}
    values |= _starts(opening, regions, sectors, sizes)
    for name, value in values.items():
        body += _constant(name, np.asarray(value, float), axes if several else {})
    for name in YEARLY:
        body += table(name.replace("_", " "), getattr(spending, name))
    at = [clock.regime[clock.year == y][0] for y in range(years)]
    for name, values in (("growth table", drivers.growth), ("start table", drivers.size_at_start)):
        for j in range(sectors):
            body += table(f"{name}[j{j}]" if several else name, values[:, j, 0])
    for k in range(3):
        for z in range(sizes):
            name = f"accept{k + 1}[z{z}]" if several else f"accept{k + 1}"
            body += table(name, offers.accept[offers.market[at, z], 0, k, 0])
    body += [
        f"INITIAL TIME = {clock.start[0]}",
        f"FINAL TIME = {clock.first_year + years}",
        "TIME STEP = 0.25",
    ]
    body.append("SAVEPER = 1")
    return "{UTF-8}\n" + "\n".join(f"{line}\n\t~\t\n\t~\t\n\t|\n" for line in body)


def _equations() -> list[str]:
    """Return the equations of the file, one each, without its heading."""
    return [line for line in EQUATIONS.read_text("utf-8").splitlines() if " = " in line]


def _constants(p, layout) -> dict[str, np.ndarray]:
    """Return the parameters of the first draw by their names in the file."""
    found = {name.replace("_", " "): np.asarray(values)[..., 0] for name, values in p._asdict().items()}
    for name, short in (("uptake rate", "uptake"), ("lapse rate", "lapse")):
        found |= {f"{short}{k + 1}": value for k, value in enumerate(found.pop(name))}
    used = " ".join(_equations())
    found = {name: value for name, value in found.items() if name in used}
    return found | {"offices": layout.offices, "large": np.arange(4) >= 2}


def _starts(opening, regions: int, sectors: int, sizes: int) -> dict[str, np.ndarray]:
    cells, outreach, offices, nation = (part[..., 0] for part in opening)
    rows = zip(("unaware", "aware", "assessed", "rung1", "rung2", "rung3", "units"), cells, strict=True)
    found = {f"{name} start": row.reshape(regions, sectors, sizes) for name, row in rows}
    found |= {"reminded start": outreach, "competent start": offices, "content start": nation[s.DATABASE]}
    rest = ("models", s.DEMONSTRATIONS), ("providers", s.PROVIDERS), ("ready", s.READINESS)
    return found | {f"{name} start": nation[i] for name, i in rest}


def _constant(name: str, value: np.ndarray, axes: dict[str, int]) -> list[str]:
    """Return the lines that set a constant; without subscripts its first element, which is the one cell's."""
    if not axes or value.ndim == 0:
        return [f"{name} = {value.ravel()[0]!r}".replace("np.float64(", "").replace(")", "")]
    if value.ndim == 1:
        axis = "r" if name == "competent start" else "z"
        return [f"{name}[{axis}] = " + ", ".join(map(repr, value[: axes[axis]].tolist()))]
    rows = (";".join(", ".join(map(repr, row)) for row in part) + ";" for part in value.tolist())
    return [f"{name}[r{i},j,z] = {row}" for i, row in enumerate(rows)]


def _table(first: int, steady: bool, name: str, values: np.ndarray) -> list[str]:
    if steady:
        return [f"{name} = {float(values[0])!r}"]
    points = ",".join(f"({first + i},{float(value)!r})" for i, value in enumerate(values))
    return [f"{name}({points})"]


def translated(case: tuple, shape: tuple[int, int, int], steady: bool = False):
    """Return PySD's model of a case."""
    import pysd

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.mdl"
        path.write_text(vensim(case, *shape, steady), "utf-8")
        return pysd.read_vensim(str(path))


def hold_to_engine(model, case: tuple) -> None:
    """Refuse to time a file that is not the engine's model: stocks at the end, weighted by establishments at the start."""
    told = model.run(time_step=CLOSE, saveper=CLOSE, return_columns=list(HELD)).iloc[-1]
    layout, out = case[0], engine.run(*case, threads=1)
    regions, sectors = int(layout.region.max()) + 1, int(layout.sector.max()) + 1
    sums = out.groups[-1, 1 + regions : 1 + regions + sectors, :, 0].astype(float)
    weight = np.bincount(layout.sector, layout.establishments) / layout.establishments.sum()
    known = {name: weight @ (sums[:, i] / sums[:, 0]) for name, i in HELD.items()}
    found = {name: _mean(told, name, layout.establishments) for name in HELD}
    known["aware"] -= known["assessed"]
    gaps = {name: abs(found[name] - known[name]) for name in HELD}
    if max(gaps.values()) > 5e-4:  # Euler's own error at this step is a fifth of it
        raise AssertionError(f"the Vensim file is not the engine's model: {gaps}")


def _mean(told, name: str, weights: np.ndarray) -> float:
    """Return the mean of a stock over cells; the columns of PySD are in the order of the cells."""
    return float(
        np.average([told[column] for column in told.index if column.split("[")[0] == name], weights=weights)
    )


def rows(quick: bool = False) -> list[Row]:
    """Seconds a run, and how many times the engine's."""
    found = []
    for cells, shape in SHAPES.items():
        case = first_cells(cells, DRAWS)
        model = translated(case, shape)
        if cells == 1 or not quick:
            hold_to_engine(model, case)
        span = case[1].first_year + case[-1] - case[1].start[0]
        steps = {"as many evaluations": len(STAGES) * len(case[1].step), "quarters": round(4 * span)}
        who = {f"PySD, {name}": partial(_timed, model, span, count) for name, count in steps.items()}
        still = translated(case, shape, steady=True)
        who["PySD, quarters, nothing given by year"] = partial(_timed, still, span, steps["quarters"])
        who["engine"] = lambda case=case: engine.run(*case, threads=1)
        times = side_by_side(who, repeats=1 if cells > 1 else 3)
        times["engine"] /= DRAWS
        found += [
            Row("peer", f"{cells} cells", name, 1e6 * value, "µs a run") for name, value in times.items()
        ]
        for name in list(who)[:-1]:
            found.append(
                Row("peer", f"{cells} cells", f"{name} / engine", times[name] / times["engine"], "ratio")
            )
    return found


def _timed(model, span: float, steps: int) -> None:
    """Run PySD, and ask for little of what it has: to lay out the columns of every variable takes it longer than the run."""
    model.run(time_step=span / steps, saveper=span, return_columns=["number", "knowing"])
