"""Commands that run scenarios and show what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import (
    AsJson,
    Calibration,
    Changes,
    Draws,
    Resolution,
    Scenario,
    Scheduler,
    app,
    resolved,
    saved_run,
)
from cpmodel.cli.printing import table as laid_out
from cpmodel.cli.printing import wrapped
from cpmodel.errors import BadInput, CheckFailed, Problem


@app.command()
def run(
    scenario: Scenario,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to write, which must be empty.")
    ] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
    changes: Changes = None,
    scheduler: Scheduler = None,
    fail_on: Annotated[
        str | None, typer.Option(help="Exit 3 when a target's odds stay below this, e.g. 0.5.")
    ] = None,
) -> None:
    """Run a scenario and write its run folder: resolved scenario, results, draws, manifest."""
    folder = saved_run(scenario, output, draws, resolution, calibration, changes, scheduler)
    typer.echo(str(folder))
    for name in sorted(path.name for path in folder.iterdir()):
        typer.echo(f"  {name}")
    if fail_on is not None:
        _refuse_low_odds(folder, fail_on)


def _refuse_low_odds(folder: Path, least: str) -> None:
    from cpmodel.results.saved import open_run
    from cpmodel.results.targets import targets_table

    try:
        threshold = float(least)
    except ValueError:
        problem = Problem(
            "command line", "--fail-on", least, "This is not a probability.", "Write 0.5, for example."
        )
        raise BadInput(problem) from None
    opened = open_run(folder)
    table = targets_table(opened.results, opened.decision)
    low = table[table["probability"] < threshold]
    if len(low):
        names = ", ".join(
            f"{c} ({r}) {p:.2f}" for c, r, p in low[["clause", "reading", "probability"]].to_numpy()
        )
        raise CheckFailed(f"Below {threshold:g}: {names}")


@app.command()
def targets(
    scenario: Scenario, as_json: AsJson = False, draws: Draws = None, resolution: Resolution = None,
    calibration: Calibration = None, changes: Changes = None,
) -> None:  # fmt: skip
    """Show every target of the Decision: value, gap and probability of being met, in each reading."""
    from cpmodel.results.saved import open_run
    from cpmodel.results.targets import targets_table

    opened = open_run(saved_run(scenario, None, draws, resolution, calibration, changes))
    if opened.decision is None:
        why, fix = "This scenario follows no Decision, so it has no targets.", "Name another scenario."
        raise BadInput(Problem(f"scenarios/{scenario}.yaml", "strategy", "none", why, fix))
    table = targets_table(opened.results, opened.decision)
    if as_json:
        typer.echo(json.dumps(json.loads(table.to_json(orient="records")), indent=1, ensure_ascii=False))
        return
    typer.echo(
        f"{opened.manifest['title']['en']} · {opened.decision.number} · pooled over H1 and H2 · {_evidence(opened)}"
    )
    shown = table.assign(probability=[_odds(p) for p in table["probability"]])
    typer.echo(shown.round(3).fillna("").to_string(index=False))


@app.command()
def uncertainty(
    scenario: Scenario, as_json: AsJson = False, draws: Draws = None, resolution: Resolution = None,
    calibration: Calibration = None,
) -> None:  # fmt: skip
    """Show where the spread of every headline result comes from: parameters, data, and H1 against H2, each by itself."""
    from cpmodel.results.saved import open_run
    from cpmodel.results.uncertainty import apart

    opened = open_run(saved_run(scenario, None, draws, resolution, calibration))
    found = apart(opened.results)
    if as_json:
        typer.echo(json.dumps(json.loads(found.to_json(orient="records")), indent=1, ensure_ascii=False))
        return
    typer.echo(f"{opened.manifest['title']['en']} · 80% ranges, medians of H1 and H2 · {_evidence(opened)}")
    typer.echo(laid_out(
        ["result", "year", "median", "all sources", "parameters alone", "data alone", "H1 · H2", "evidence"],
        [_spread_line(row) for row in found.to_dict("records")],
    ))  # fmt: skip
    typer.echo(wrapped(
        "Shares in per cent, offices as a number. Data: opening stocks, establishments, exits, cost shares, output, "
        "lending rate, electricity price. One source at a time, the others at their medians: the ranges do not add up."
    ))  # fmt: skip


def _spread_line(row: dict) -> list[str]:
    scale = 1 if row["unit"] == "offices" else 100

    def span(low: str, high: str) -> str:
        return f"{scale * row[low]:.1f}–{scale * row[high]:.1f}"

    return [
        row["outcome"], str(row["year"]), f"{scale * row['p50']:.1f}", span("p10", "p90"),
        span("parameters_low", "parameters_high"), span("data_low", "data_high"),
        f"{scale * row['h1']:.1f} · {scale * row['h2']:.1f}", row["evidence"],
    ]  # fmt: skip


def _evidence(opened) -> str:
    told = opened.manifest["calibration"]
    return "prior-driven" if told == "prior" else f"held against {told['rows']} observed rows"


def _odds(probability: float) -> str:
    """Return odds in words that never claim certainty."""
    if probability < 0.01:
        return "<1%"
    return ">99%" if probability > 0.99 else f"{100 * probability:.0f}%"


@app.command()
def compare(
    base: Scenario,
    other: Scenario,
    year: Annotated[list[int] | None, typer.Option(help="Years to show; default: target years.")] = None,
    as_json: AsJson = False,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
) -> None:
    """Compare two scenarios draw by draw: the band of the difference other − base."""
    from cpmodel.inputs.company import refuse_other_years
    from cpmodel.results.comparison import difference_table, paired_differences
    from cpmodel.results.saved import open_run

    refuse_other_years([resolved(name, draws, resolution) for name in (base, other)], some=True)
    a, b = (open_run(saved_run(name, None, draws, resolution, calibration)) for name in (base, other))
    outcomes = ["awareness", "adoption_lenient", "adoption_strict", "specific_saving", "office_capacity",
                "dedicated_units", "energy_saved", "emissions_avoided", "scheme_projects"]  # fmt: skip
    differences = paired_differences(a.draws, b.draws)
    known = sorted(set(differences["year"]))
    targeted = {t.year for run in (a, b) if run.decision for t in run.decision.targets}
    years = year or [y for y in sorted(targeted) if y in known] or known[-1:]
    unknown = [y for y in years if y not in known]
    if unknown:
        why = f"The two runs share the years {known[0]}–{known[-1]}."
        raise BadInput(Problem("command line", "--year", str(unknown[0]), why, "Name a year in between."))
    table = difference_table(differences, outcomes, years)
    if as_json:
        typer.echo(table.to_json(orient="records", indent=1))
        return
    typer.echo(f"{other} − {base}, paired over the same draws")
    columns = ["variant", "outcome", "year", "p10", "p50", "p90", "share_above_zero"]
    typer.echo(table[columns].round(4).to_string(index=False))


@app.command()
def export(scenario: Scenario, output: Annotated[Path, typer.Argument(help="A .csv file to write.")]) -> None:
    """Write the results of a scenario in the IAMC form: model, scenario, region, variable, unit, year, value."""
    from cpmodel.results.outcomes import iamc
    from cpmodel.results.saved import open_run

    table = iamc(open_run(saved_run(scenario, None, None, None)).results)
    stage = output.with_name(f".{output.name}.part")
    table.to_csv(stage, index=False, lineterminator="\n")
    stage.replace(output)
    typer.echo(f"{output} ({len(table):,} rows)")
