"""The command that holds the model against what was observed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import AsJson, Scheduler, app, cluster_or_none, progress, resolved
from cpmodel.errors import BadInput, Problem


@app.command()
def calibrate(
    scenario: Annotated[str, typer.Argument(help="Scenario whose parameters are fitted.")] = "as_decided",
    until: Annotated[int | None, typer.Option(help="Last year that may be seen; default: all.")] = None,
    particles: Annotated[int, typer.Option(help="Posterior draws of each variant, a multiple of 256.")] = 512,
    confirm: Annotated[
        bool, typer.Option(help="Reweight at full resolution to confirm the coarse country.")
    ] = True,
    resolution: Annotated[
        str,
        typer.Option(help="explorer, or full: scores rows of single provinces too, and takes far longer."),
    ] = "explorer",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to write, which must be empty.")
    ] = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Fit the parameters to the programme's observations; tell what was learned and what stays prior-driven."""
    from cpmodel.calibration.artefact import FILES, open_calibration, save
    from cpmodel.calibration.calibrating import calibrate as fit
    from cpmodel.inputs.load import load
    from cpmodel.model.batches import memory_of_a_run

    told = resolved(scenario, None, None)
    _refuse(told, until, particles, resolution)
    memory = memory_of_a_run(load(told), particles)
    with (
        cluster_or_none(scheduler, memory, "--particles") as workers,
        progress(f"{told.name}: reading the data") as tell,
    ):
        found = fit(
            told,
            until,
            particles,
            256 if confirm else 0,
            lambda what: tell(f"{told.name}: {what}"),
            resolution,
            workers,
        )
        folder = save(found, output)
    saved = open_calibration(folder)
    if as_json:
        tables = {"parameters": saved.parameters, "results": saved.results}
        plain = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
        typer.echo(json.dumps(saved.manifest | plain, indent=1, ensure_ascii=False))
        return
    _show(found, saved.manifest)
    typer.echo(f"\n{folder}")
    for name in FILES:
        typer.echo(f"  {name}")


def _refuse(scenario, until: int | None, particles: int, resolution: str) -> None:
    found = []
    if resolution not in ("explorer", "full"):
        why = "There are two resolutions."
        found.append(Problem("command line", "--resolution", resolution, why, "Write explorer or full."))
    if particles < 256 or particles % 256:
        fix = f"Write {max(round(particles / 256), 1) * 256}."
        why = "Four runs of whole Sobol' designs and engine blocks need a multiple of 256."
        found.append(Problem("command line", "--particles", str(particles), why, fix))
    first = int(scenario.horizon.start)
    if until is not None and not first <= until <= scenario.horizon.end:
        why = f"The scenario covers {first}–{scenario.horizon.end}."
        found.append(
            Problem(
                "command line", "--until", str(until), why, f"Write {scenario.horizon.end - 5}, for example."
            )
        )
    if found:
        raise BadInput(found)


def _show(found, manifest: dict) -> None:
    """Print what was scored, what was learned, and whether the runs agree."""
    from cpmodel.calibration.contraction import shown

    scored, left = manifest["rows_scored"], manifest["rows_excluded"]
    typer.echo(
        f"{found.scenario.name}, seen until {found.until}: {scored} rows scored, {left} not (excluded.csv says why)"
    )
    for one in found.observed:
        values = ", ".join(f"{v:g}" for v in (*one.values, *one.highest))
        quiet = "; every draw of the prior meets it alike" if one.id in found.teaches_nothing else ""
        typer.echo(
            f"  {one.id}  {one.outcome} {one.year}: {values}; near {found.kept[one.id]:.0%} of the prior{quiet}"
        )
    local = sum("told apart at full resolution" in one.reason for one in found.excluded)
    if local:
        typer.echo(
            f"  {local} rows of single provinces wait for `--resolution full`, which tells provinces apart"
        )
    learned = found.parameters[found.parameters["word"] == "informed"]
    typer.echo(f"\nParameters: {len(learned)} of {len(found.parameters)} informed, the others prior-driven")
    typer.echo(f"{'parameter':<36}{'prior 5–50–95%':>32}{'posterior':>32}{'contraction':>15}")
    for row in found.parameters.head(max(len(learned), 5)).itertuples():
        before = f"{row.prior_low:.3g} – {row.prior:.3g} – {row.prior_high:.3g}"
        after = f"{row.posterior_low:.3g} – {row.posterior:.3g} – {row.posterior_high:.3g}"
        typer.echo(f"{row.parameter:<36}{before:>32}{after:>32}{shown(row.contraction, row.error):>15}")
    typer.echo(f"\n{'result':<36}{'prior 10–50–90%':>32}{'posterior':>32}{'contraction':>15}")
    for row in found.results.itertuples():
        before = f"{row.prior_low:.3g} – {row.prior:.3g} – {row.prior_high:.3g}"
        after = f"{row.posterior_low:.3g} – {row.posterior:.3g} – {row.posterior_high:.3g}"
        what = f"{row.outcome} {row.year}"
        typer.echo(f"{what:<36}{before:>32}{after:>32}{shown(row.contraction, row.error):>15}  {row.word}")
    typer.echo("Contraction 0: the prior decides, 1: the data do; ≈ 0: within two standard errors of none.")
    one = found.sample
    lean = one.evidence[0] - one.evidence[-1]
    typer.echo(
        f"\nFour runs agree (R-hat at most {one.r_hat.max():.3f}); particles descend from "
        f"{one.ancestors.min():.0f} effective prior draws or more; {one.accepted:.0%} of the last moves taken."
    )
    typer.echo(
        f"The data lean to {'H1' if lean > 0 else 'H2'} by {abs(lean):.2f} nats; 3 would be worth a word."
    )
    if found.confirmed:
        kept = ", ".join(f"{variant} {share:.0%}" for variant, share in found.confirmed.items())
        typer.echo(f"At full resolution the particles keep an effective share of {kept}.")
    typer.echo(
        f"{sum(found.seconds.values()):.0f} s: " + ", ".join(f"{k} {v:.1f}" for k, v in found.seconds.items())
    )
