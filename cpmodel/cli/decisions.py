"""Commands that ask what a result hangs on: the inputs that matter, and where a target is missed."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cpmodel.cli.application import AsJson, Draws, Resolution, Scenario, app, resolved, saved_run, say
from cpmodel.errors import BadInput, Problem

LEAST_DRAWS = 100


@app.command()
def sensitivity(
    scenario: Scenario,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="Outcome and year; repeat for several. Default: adoption in the last year."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many inputs to show.")] = 10,
    draws: Draws = None,
    resolution: Resolution = None,
    as_json: AsJson = False,
) -> None:
    """Show which uncertain inputs a result hangs on: the share of its variance each explains by itself."""
    import pandas as pd

    from cpmodel.analysis.drawn import asked, of_variant

    run, inputs = _run_and_inputs(scenario, draws, resolution)
    wanted = outcome or [f"adoption_{run.draws['year'].max()}"]
    tables = []
    for question in [asked(text, run.draws, "--outcome") for text in wanted]:
        values = of_variant(run.draws, question)
        table = _by_variant(inputs, values, run.manifest["seed"])
        tables.append(table.assign(outcome=question.outcome, year=question.year))
        if not as_json:
            _tell_shares(question, table, values, top)
    if as_json:
        table = pd.concat(tables, ignore_index=True)
        typer.echo(json.dumps(json.loads(table.to_json(orient="records")), indent=1, ensure_ascii=False))


def _run_and_inputs(scenario: str, draws: int | None, resolution: str | None):
    """Return the saved run of a scenario, and the uncertain inputs of its draws."""
    from cpmodel.analysis.drawn import drawn_inputs
    from cpmodel.inputs.parameters import read_parameters
    from cpmodel.inputs.project import project_root
    from cpmodel.results.saved import open_run

    asked_for = resolved(scenario, draws, resolution)
    if asked_for.draws < LEAST_DRAWS:
        why, fix = (
            "Too few draws to tell inputs apart.",
            "Give 100 or more; 1,000 show shares down to about 1%.",
        )
        raise BadInput(Problem("command line", "--draws", str(asked_for.draws), why, fix))
    run = open_run(saved_run(scenario, None, draws, resolution))
    parameters = read_parameters(project_root() / "data" / "parameters.csv")
    return run, drawn_inputs(parameters, run.manifest["seed"], run.manifest["draws"])


def _by_variant(inputs, values: dict, seed: int):
    import numpy as np
    import pandas as pd

    from cpmodel.analysis.sensitivity import main_effects

    parts = [
        main_effects(inputs, y, np.random.default_rng(seed)).assign(variant=v) for v, y in values.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _tell_shares(question, table, values: dict, top: int) -> None:
    """Print one line an input: its share and range under each variant, and which way it moves the outcome."""
    from cpmodel.analysis.sensitivity import structural_share

    rank = table.groupby("input")["share"].mean().sort_values(ascending=False).index[:top]
    typer.echo(
        f"{question.outcome}, {question.year}: share of the variance that each input explains by itself"
    )
    heads = "".join(f"{v:>24}" for v in values)
    typer.echo(f"{'input':<32}{heads}   more of it means")
    rows = table.set_index(["input", "variant"])
    for name in rank:
        cells = [rows.loc[(name, v)] for v in values]
        shown = "".join(f"{f'{c.share:6.1%} ({max(c.low, 0):.1%}–{c.high:.1%})':>24}" for c in cells)
        chance = (
            3 / len(next(iter(values.values()))) ** 0.5
        )  # three standard errors of a rank correlation of 0
        way = {1: "more", -1: "less"}.get(_sign([c.direction for c in cells], chance), "unclear")
        typer.echo(f"{name:<32}{shown}   {way}")
    for variant in values:
        left = 1 - table.loc[table["variant"] == variant, "share"].sum()  # unclipped: errors then cancel out
        typer.echo(
            f"{variant}: {max(left, 0):.0%} of the variance lies in interactions and in drivers outside the table"
        )
    if len(values) > 1:
        typer.echo(f"Choice of H1 or H2: {structural_share(values):.1%} of the pooled variance")


def _sign(directions: list[float], chance: float) -> int:
    """Return 1 or −1 when a rank correlation is beyond chance and alike in all variants, else 0."""
    clear = {int(d > 0) - int(d < 0) if abs(d) > chance else 0 for d in directions}
    return clear.pop() if len(clear) == 1 else 0


@app.command()
def discover(
    scenario: Scenario,
    missed: Annotated[str, typer.Option(help="Target that is missed, as outcome and year: adoption_2020.")],
    below: Annotated[
        float | None,
        typer.Option(help="Level below which it counts as missed; default: the Decision's target."),
    ] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    as_json: AsJson = False,
) -> None:
    """Find the plainest conditions under which a target is missed, with their coverage and density."""
    from dataclasses import asdict

    from cpmodel.analysis.discovery import chosen, prim
    from cpmodel.analysis.drawn import asked, of_variant

    run, inputs = _run_and_inputs(scenario, draws, resolution)
    question = asked(missed, run.draws, "--missed")
    level = below if below is not None else _target(run, question, missed)
    found = {}
    for variant, values in of_variant(run.draws, question).items():
        case = values < level
        if not 0 < case.sum() < len(case):
            say(_all_alike(variant, question, level, case.all(), values))
            found[variant] = {"missed": float(case.mean())}
            continue
        box = chosen(prim(inputs, case), inputs, case)
        found[variant] = {"missed": float(case.mean()), **asdict(box)}
        if not as_json:
            _tell_rule(variant, question, level, case.mean(), box)
    if as_json:
        text = json.dumps(found, indent=1, ensure_ascii=False)
        typer.echo(text.replace("-Infinity", "null").replace("Infinity", "null"))


def _target(run, question, missed: str) -> float:
    """Return the least the Decision asks of an outcome in a year."""
    from cpmodel.results.targets import targets_table

    table = targets_table(run.results, run.decision) if run.decision is not None else None
    here = (
        table[(table["outcome"] == question.outcome) & (table["year"] == question.year)]
        if table is not None
        else []
    )
    if not len(here):
        why = "The Decision sets no target of this outcome and year."
        raise BadInput(
            Problem("command line", "--missed", missed, why, "Add --below with a level, such as --below 0.1.")
        )
    return float(here["lower"].iloc[0])


def _all_alike(variant: str, question, level: float, all_missed: bool, values) -> str:
    import numpy as np

    low, high = np.quantile(values, [0.05, 0.95])
    what = "missed in every draw" if all_missed else "met in every draw"
    return (
        f"{variant}: {question.outcome} {question.year} at {level:g} or more is {what} (5–95%: {low:.3g} to {high:.3g}), "
        f"so no input decides. Ask for another level, such as --below {float(np.median(values)):.2g}."
    )


def _tell_rule(variant: str, question, level: float, share: float, box) -> None:
    typer.echo(
        f"{variant}: {question.outcome} {question.year} is below {level:g} in {share:.0%} of the draws"
    )
    typer.echo(
        f"  and in {box.density:.0%} of those where the following holds "
        f"({box.support:.0%} of all draws, {box.coverage:.0%} of the misses):"
    )
    for name, (low, high) in box.limits.items():
        if low > float("-inf") and high < float("inf"):
            span = f"between {low:.3g} and {high:.3g}"
        else:
            span = f"at least {low:.3g}" if low > float("-inf") else f"at most {high:.3g}"
        typer.echo(f"  {name:<34}{span}   (p {box.p_values[name]:.1g})")
