"""`cpmodel sbc`: whether the calibration finds truths where it says they are."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cpmodel.cli.application import AsJson, Scheduler, app, cluster_or_none, progress, resolved, say
from cpmodel.cli.printing import table, wrapped
from cpmodel.errors import BadInput, Problem

SHOWN = 8  # the most uneven quantities; all of them stand in ranks.csv


@app.command()
def sbc(
    scenario: Annotated[str, typer.Argument(help="Scenario whose calibration is tried.")] = "as_decided",
    replicates: Annotated[int, typer.Option(min=8, help="Truths drawn, reported on and fitted.")] = 100,
    particles: Annotated[int, typer.Option(help="Particles of each fit, a multiple of 256.")] = 256,
    until: Annotated[int | None, typer.Option(help="Last year that rows may be of; default: all.")] = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Simulation-based calibration: fit made-up reports of truths that are known, and see where the truths rank.

    Takes some seconds a replicate. Each one is filed when it is done, so an interrupted check goes on where it
    stopped, and more replicates may be asked for later. Exit code 3: the ranks are not uniform.
    """
    from cpmodel.calibration.rank_check import on_trial, ranks, verdict
    from cpmodel.inputs.load import load
    from cpmodel.model.batches import memory_of_a_run
    from cpmodel.results.saved import default_folder

    if particles < 256 or particles % 256:
        why = "Four runs of whole Sobol' designs and engine blocks need a multiple of 256."
        raise BadInput(Problem("command line", "--particles", str(particles), why, "Write 256, or 512."))
    told = resolved(scenario, None, None)
    observed = on_trial(told, until)
    inputs = load(told)
    inputs.hashes.update(until=str(until), particles=str(particles), check="sbc")
    folder = default_folder(inputs, "sbc")
    memory = memory_of_a_run(inputs, particles)
    with (
        cluster_or_none(scheduler, memory, "--particles") as workers,
        progress(f"{told.name}: laying out the worlds") as tell,
    ):
        found = ranks(
            told, observed, range(replicates), particles, folder,
            lambda number: tell(f"{told.name}: replicate {number + 1} of {replicates}"), workers,
        )  # fmt: skip
    found.to_csv(folder / "ranks.csv", index=False, lineterminator="\n")
    judged = verdict(found)
    if as_json:
        rows = json.loads(judged.table.to_json(orient="records"))
        whole = {
            "replicates": judged.replicates,
            "uniform": judged.uniform,
            "chance": judged.chance,
            "table": rows,
        }
        typer.echo(json.dumps(whole, indent=1, ensure_ascii=False))
    else:
        _tell(judged, observed)
        say(f"{folder}/ranks.csv")
    raise typer.Exit(0 if judged.uniform else 3)


def _tell(judged, observed) -> None:
    from cpmodel.calibration.rank_check import BINS, LIKELIHOOD

    typer.echo(f"{judged.replicates} truths, reported on by {len(observed)} observations and fitted:")
    for one in observed:
        typer.echo(f"  {one.id}  {one.outcome} {one.year}, {one.kind}")
    frame = judged.table
    shown = frame.head(SHOWN)
    if LIKELIHOOD not in set(shown["quantity"]):
        shown = frame[(frame.index < SHOWN) | (frame["quantity"] == LIKELIHOOD)]
    lines = [
        [r.quantity, _bars(r.counts), f"{r.p:.3f}", f"{r.lean:+.2f}", f"{r.spread:.2f}"]
        for r in shown.itertuples()
    ]
    head = ["quantity", f"ranks in {BINS} bins", "p", "lean", "spread"]
    typer.echo("\n" + table(head, lines))
    typer.echo(wrapped(
        f"The {SHOWN} most uneven of {len(frame)} quantities. Lean above 0: the posterior lies too low. Spread above 1: "
        "it is too narrow, below 1: too wide."
    ))  # fmt: skip
    word = "Nothing speaks against uniform ranks" if judged.uniform else "The ranks are NOT uniform"
    typer.echo(wrapped(
        f"{word}: were all uniform, the worst of so many would look this uneven in {100 * judged.chance:.0f}% of checks. "
        f"Over all quantities the spread is {frame['spread'].mean():.2f}, the lean {frame['lean'].abs().mean():.3f}."
    ))  # fmt: skip


def _bars(counts: list[int]) -> str:
    """Return a histogram as one character a bin."""
    top = max(counts) or 1
    return "".join("▁▂▃▄▅▆▇█"[min(7, round(7 * count / top))] for count in counts)
