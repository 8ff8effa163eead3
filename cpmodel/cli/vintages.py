"""`cpmodel vintages` and `cpmodel score`: past forecasts kept, scored when actuals arrive, and what changed since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import AsJson, Calibration, Draws, Resolution, app, progress, saved_run, say
from cpmodel.cli.printing import table, wrapped

vintages_app = typer.Typer(
    help="Published forecasts: kept with their inputs, listed, and what changed since."
)
app.add_typer(vintages_app, name="vintages")
Name = Annotated[str, typer.Argument(help="Folder name of a vintage, its last eight letters, or a scenario.")]


@vintages_app.callback(invoke_without_command=True)
def listed(context: typer.Context) -> None:
    """List the vintages that are kept."""
    if context.invoked_subcommand is not None:
        return
    from cpmodel.analysis.vintages import vintages
    from cpmodel.inputs.project import project_root

    found = vintages(project_root())
    if not found:
        say("No vintage is kept. Keep a published forecast with `cpmodel vintages keep SCENARIO`.")
        return
    lines = []
    for one in found:
        card = one.card
        fit = card["calibration"] if isinstance(card["calibration"], str) else "calibrated"
        kind = "" if one.kind == "run" else f" ({one.kind})"
        hashes = " ".join(card["hashes"][part][:8] for part in ("data", "parameters", "code"))
        lines.append(
            [one.name + kind, card["cpmodel_version"], card["data_edition"], fit, hashes, card["because"]]
        )
    typer.echo(
        table(
            ["vintage", "version", "edition", "draws", "data · parameters · code", "because"], lines, words=6
        )
    )


@vintages_app.command()
def keep(
    scenario: Annotated[
        str, typer.Argument(help="Scenario whose forecast was published; it is run if need be.")
    ],
    because: Annotated[str, typer.Option(help="What it was published for.")] = "",
    run: Annotated[
        Path | None, typer.Option(help="A run folder to keep instead of the scenario's own.")
    ] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    calibration: Calibration = None,
) -> None:
    """Keep a published forecast: the run, its data, parameters and calibration, all with their hashes."""
    from cpmodel.analysis.vintages import keep as kept
    from cpmodel.inputs.project import project_root

    folder = run or saved_run(scenario, None, draws, resolution, calibration)
    typer.echo(str(kept(folder, project_root(), because).folder))


@vintages_app.command()
def explain(
    vintage: Name,
    year: Annotated[
        list[int] | None, typer.Option(help="Years to show; default: 2015, 2020 and the last.")
    ] = None,
    draws: Annotated[int, typer.Option(min=2, help="Paired draws of each variant.")] = 256,
    calibration: Calibration = None,
    as_json: AsJson = False,
) -> None:
    """Say what changed since a vintage, and how much of it came from code, data, drivers, parameters, scenario."""
    from cpmodel.analysis.vintages import vintage as named
    from cpmodel.analysis.waterfall import STEPS, waterfall
    from cpmodel.inputs.overlay import resolve
    from cpmodel.inputs.project import project_root

    root = project_root()
    one = named(vintage, root)
    overrides = {"resolution": one.run().manifest["resolution"]}
    with progress(f"{one.name}: what changed") as tell:
        steps = waterfall(
            one,
            resolve(one.card["scenario"], overrides=overrides),
            root,
            draws,
            lambda what: tell(f"letting in: {what}"),
            calibration,
        )
    if as_json:
        typer.echo(json.dumps(json.loads(steps.to_json(orient="records")), indent=1))
        return
    years = year or sorted({2015, 2020, int(steps["year"].max())})
    typer.echo(
        f"{one.name} (kept {one.card['kept']}) against the present, percentage points (offices: number), "
        f"means over {one.run().manifest['draws'] if one.calibration else draws} paired draws of each variant"
    )
    head = ["outcome", "year", "then", "now", "change", *STEPS]
    lines = [_step_line(row) for row in steps[steps["year"].isin(years)].to_dict("records")]
    typer.echo(table(head, lines))
    typer.echo(
        wrapped(
            "Causes are let in from left to right and add up to the change; another order would share out "
            "interactions differently."
        )
    )


def _step_line(row: dict) -> list[str]:
    """Return outcome, year, then, now, change and steps; shares in per cent, offices as a number."""
    from cpmodel.analysis.waterfall import STEPS

    scale = 1.0 if row["outcome"] == "office_capacity" else 100.0
    moved = [scale * value for value in (row["now"] - row["then"], *(row[step] for step in STEPS))]
    told = [
        "0"
        if abs(value) < 5e-5
        else "<0.01"
        if 0 < value < 0.005
        else ">−0.01"
        if -0.005 < value < 0
        else f"{value:+.2f}"
        for value in moved
    ]
    return [
        row["outcome"],
        str(row["year"]),
        f"{scale * row['then']:.2f}",
        f"{scale * row['now']:.2f}",
        *told,
    ]


@app.command()
def score(
    vintage: Annotated[str | None, typer.Argument(help="A vintage; default: all of them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Score kept forecasts by the observations and driver figures that arrived after them."""
    import pandas as pd

    from cpmodel.analysis.vintage_scores import scored
    from cpmodel.analysis.vintages import vintage as named
    from cpmodel.analysis.vintages import vintages
    from cpmodel.inputs.project import project_root

    root = project_root()
    chosen = [named(vintage, root)] if vintage else vintages(root)
    if not chosen:
        say("No vintage is kept. Keep a published forecast with `cpmodel vintages keep SCENARIO`.")
        return
    found = [scored(one, root) for one in chosen]
    if as_json:
        rows = pd.concat([one.rows for one in found], ignore_index=True)
        typer.echo(json.dumps(json.loads(rows.to_json(orient="records")), indent=1, ensure_ascii=False))
        return
    for one in found:
        _tell(one)


def _tell(one) -> None:
    typer.echo(one.vintage)
    if one.rows.empty:
        typer.echo(wrapped("No actual has arrived since that could be scored."))
    else:
        lines = [
            [r.what, str(r.year), *(f"{v:.4g}" for v in (r.observed, r.p10, r.p50, r.p90)), f"{r.crps:.3g}", f"{r.log:.2f}",
             f"{r.pit:.2f}", "yes" if r.within_80 else "no", r.rows]
            for r in one.rows.itertuples()
        ]  # fmt: skip
        typer.echo(
            table(
                ["what", "year", "actual", "10%", "50%", "90%", "CRPS", "log score", "PIT", "in 80%", "rows"],
                lines,
            )
        )
        means = one.rows[["within_50", "within_80", "within_95"]].astype(float).mean()
        held = ", ".join(f"{100 * means[f'within_{band}']:.0f}% in the {band}% band" for band in (50, 80, 95))
        few = "" if one.scoreable else " Fewer than 5 actuals: not scoreable as a record yet."
        typer.echo(wrapped(f"Of {len(one.rows)} scored: {held}.{few} CRPS of drivers is of the logarithm."))
    for reason in one.left_out:
        typer.echo(wrapped(f"Not scored, {reason}."))
