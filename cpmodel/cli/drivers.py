"""`cpmodel drivers`: how the world outside policy is forecast, how well that would have gone, and what it says."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cpmodel.cli.application import AsJson, app, progress, say
from cpmodel.cli.printing import table, wrapped
from cpmodel.errors import BadInput, Problem

UNITS = {"output": "bn VND of 2010", "lending_rate": "% a year", "electricity": "VND of 2010/kWh"}
SHOWN = {"lending_rate": 100.0}  # printed figure = value · this
FIRST, LAST = 2025, 2060


@app.command()
def drivers(
    until: Annotated[int, typer.Option(help="Last year of the paths.")] = 2030,
    choose: Annotated[
        bool, typer.Option("--choose", help="Record what the back-test says; later runs use it.")
    ] = False,
    draws: Annotated[int, typer.Option(min=2, help="Sampled paths.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the models of industrial output, lending rate and electricity price: back-test, checks, paths."""
    from cpmodel.inputs.macro import macro_series
    from cpmodel.inputs.project import project_root
    from cpmodel.outlook.driver_record import account, record

    if not FIRST <= until <= LAST:
        why = f"Paths end between {FIRST} and {LAST}."
        raise BadInput(Problem("command line", "--until", str(until), why, "Name a year in between."))
    root = project_root()
    with progress("drivers") as tell:
        told = account(macro_series(root), root, root / "reports" / "hindcast", tell)
    if choose:
        say(
            f"Written: {record(told, root).relative_to(root)}. Where a model changed, runs change after the last "
            "published years: say so in CHANGELOG.md."
        )
        told = account(macro_series(root), root, root / "reports" / "hindcast")
    paths = _paths(macro_series(root), until, draws)
    if as_json:
        typer.echo(json.dumps(_as_json(told, paths), indent=1, ensure_ascii=False))
        return
    for name, chosen in told.chosen.items():
        _tell(name, chosen, told, paths[name])
    _tell_rest(told)


def _paths(macro: dict, until: int, draws: int) -> dict:
    """Return driver → table of the 10, 50 and 90 % quantiles by year after the last published; as a run draws them."""
    import numpy as np
    import pandas as pd

    from cpmodel.inputs.scenario import Scenario
    from cpmodel.outlook.driver_choice import driver_series
    from cpmodel.outlook.drivers import log_path

    found, seed = {}, Scenario.model_fields["seed"].default
    for name, series in driver_series(macro).items():
        years = np.arange(int(series.index.max()), max(until, int(series.index.max())) + 1)
        values = log_path(name, series, years, seed, draws, UNITS[name]).values * SHOWN.get(name, 1.0)
        bands = np.quantile(values, (0.1, 0.5, 0.9), axis=1).T
        found[name] = pd.DataFrame(bands, pd.Index(years, name="year"), ["p10", "p50", "p90"])
    return found


def _as_json(told, paths: dict) -> dict:
    def records(frame):
        return json.loads(frame.to_json(orient="records", force_ascii=False))

    drivers = {
        name: {
            "model": one.model,
            "origins": int(one.origins),
            "back_test": records(one.table),
            "checks": one.checks,
            "unit": UNITS[name],
            "paths": records(paths[name].reset_index()),
        }
        for name, one in told.chosen.items()
    }
    from cpmodel.outlook.driver_record import NOT_SCOREABLE

    return {"drivers": drivers, "out_of_date": told.stale, "not_scoreable": NOT_SCOREABLE,
            "correlation_found": told.found.to_dict(), "correlation_used": told.used.to_dict()}  # fmt: skip


def _tell(name: str, chosen, told, path) -> None:
    """Print one driver: its model, the back-test, the checks of what is left over, and its paths."""
    from cpmodel.outlook.driver_choice import FEWEST_ORIGINS

    typer.echo(f"{name} [{UNITS[name]}]: {chosen.model}")
    if chosen.origins < FEWEST_ORIGINS:
        typer.echo(
            wrapped(
                f"{chosen.origins} origins are too few to choose on ({FEWEST_ORIGINS} are needed): the simplest model stays."
            )
        )
    if name in told.stale:
        typer.echo(
            wrapped(
                f"The record is out of date: {told.stale[name]}. Say `cpmodel drivers --choose` to use it."
            )
        )
    lines = [
        [r.model, str(r.estimated), f"{r.crps:.2f}", f"{r.low:.2f} to {r.high:.2f}", 
         f"{100 * r.within_80:.0f}% ({100 * r.held_low:.0f} to {100 * r.held_high:.0f})",
         "chosen" if r.model == chosen.model else "ties" if r.ties else ""]
        for r in chosen.table.itertuples()
    ]  # fmt: skip
    typer.echo(
        table(["model", "estimates", "CRPS, %", "behind the best, 90%", "80% band held, 90%", ""], lines)
    )
    c = chosen.checks
    jumps = ", ".join(f"{year} ({z:+.1f} sd)" for year, z in c["jumps"].items()) or "none"
    typer.echo(wrapped(
        f"Left over in {c['years']} years, p-values: Ljung–Box {c['ljung_box']:.2f}, Jarque–Bera {c['jarque_bera']:.2f}, "
        f"McLeod–Li {c['mcleod_li']:.2f}. Surprises beyond 2 sd: {jumps}."
    ))  # fmt: skip
    decimals = 1 if name == "lending_rate" else 0
    rows = [
        [label, *(f"{v:,.{decimals}f}" for v in path[key])]
        for label, key in (("10%", "p10"), ("50%", "p50"), ("90%", "p90"))
    ]
    typer.echo(table(["path", *(f"{year}" for year in path.index)], rows) + "\n")


def _tell_rest(told) -> None:
    from cpmodel.outlook.driver_record import NOT_SCOREABLE

    names = list(told.found)
    pairs = [
        f"{a} and {b} {round(told.found.at[a, b], 2) + 0.0:+.2f}"
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    kept = "none is left" if told.shrunk > 0.999 else f"{100 * (1 - told.shrunk):.0f}% of each is used"
    typer.echo(
        wrapped(
            f"Surprises of the same year go together: {'; '.join(pairs)}. So few years estimate this poorly: {kept}."
        )
    )
    typer.echo(
        wrapped(
            "CRPS of the logarithm; origins from six published years on, one to five years ahead, none across a break. "
            "The first year of a path is published."
        )
    )
    for what, why in NOT_SCOREABLE.items():
        typer.echo(wrapped(f"Not scoreable: {what}: {why}."))
