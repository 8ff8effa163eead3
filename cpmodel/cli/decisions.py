"""Commands that ask what a result hangs on: the inputs that matter, and where a target is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import (
    AsJson,
    Calibration,
    Draws,
    Language,
    Resolution,
    Scenario,
    app,
    progress,
    require_language,
    resolved,
    saved_run,
)
from cpmodel.errors import BadInput, Problem

if TYPE_CHECKING:
    from cpmodel.analysis.findings import Finding

LEAST_DRAWS = 100


@app.command()
def sensitivity(
    scenario: Scenario,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="Outcome and year; repeat for several. Default: adoption in the last year."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many inputs to show.")] = 10,
    model: Annotated[
        bool,
        typer.Option(
            "--model", help="Ask the model anew: Morris screens all inputs, Sobol' weighs the first."
        ),
    ] = False,
    calibration: Calibration = None,
    chosen: Annotated[int, typer.Option(min=2, max=40, help="Inputs that Sobol' weighs.")] = 15,
    draws: Draws = None,
    resolution: Resolution = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show which uncertain inputs a result hangs on: the share of its variance each explains by itself.

    From the draws of a run within a second; --model gives Sobol' indices with interactions; --calibration a method that
    holds where inputs go together.
    """
    require_language(language)
    if model and calibration:
        why = "Sobol' indices need inputs that are drawn independently; after a calibration they are not."
        fix = "Leave out --model: a calibration is answered by Shapley's value of R²."
        raise BadInput(Problem("command line", "--model", "with --calibration", why, fix))
    from cpmodel.cli.finding_text import tell

    if model:
        findings = _ask_the_model(scenario, outcome, chosen)
    elif calibration:
        findings = _ask_the_posterior(scenario, outcome, calibration, top, draws, resolution)
    else:
        findings = _ask_the_draws(scenario, outcome, top, draws, resolution)
    tell(findings, language, as_json)


def _ask_the_draws(scenario, outcome, top, draws, resolution) -> list[Finding]:
    from cpmodel.analysis.prior_importance import prior_importance

    run, by_variant = _run_and_inputs(scenario, draws, resolution)
    inputs = next(iter(by_variant.values()))  # of the prior: alike for every variant
    return _ask_a_run(
        run, outcome, top, "draws", lambda question: prior_importance(run, inputs, question, top)
    )


def _ask_the_posterior(scenario, outcome, calibration, top, draws, resolution) -> list[Finding]:
    from cpmodel.analysis.posterior_importance import posterior_importance
    from cpmodel.results.saved import open_run

    run = open_run(saved_run(scenario, None, draws, resolution, calibration))
    ask = lambda question: posterior_importance(run, calibration, question, top)  # noqa: E731
    return _ask_a_run(run, outcome, top, "posterior", ask)


def _ask_a_run(run, outcome, top, method, ask) -> list[Finding]:
    """Return the kept or new answer to each outcome asked for, by default adoption in the run's last year."""
    from cpmodel.analysis.drawn import asked
    from cpmodel.analysis.findings import found

    name, hashes, findings = run.manifest["scenario"], run.manifest["hashes"], []
    wanted = outcome or [f"adoption_{run.draws['year'].max()}"]
    for question in [asked(text, run.draws, "--outcome") for text in wanted]:
        told = {"outcome": question.outcome, "year": question.year, "top": top, "method": method}
        findings.append(found("sensitivity", name, hashes, told, lambda work: ask(question)))  # noqa: B023
    return findings


def _ask_the_model(scenario, outcome, chosen) -> list[Finding]:
    from cpmodel.analysis.findings import found
    from cpmodel.analysis.programme_question import headline
    from cpmodel.analysis.screening import Effort, screen
    from cpmodel.errors import Problems
    from cpmodel.inputs.load import fingerprints
    from cpmodel.inputs.project import project_root

    told, problems = resolved(scenario, None, None), Problems()
    wanted = [headline(one, told, problems, "--outcome", "adoption_2020")
              for one in outcome or [f"adoption_{told.horizon.end}"]]  # fmt: skip
    problems.raise_if_any()
    findings = []
    for name, year in wanted:
        with progress(f"{told.name}: reading the data") as show:
            say_it = lambda stage, done, of: show(f"{told.name}: {stage}, {done}/{of}")  # noqa: E731
            make = lambda work: screen(told, name, year, Effort(chosen=chosen), None, say_it, work)  # noqa: E731, B023
            question = {"outcome": name, "year": year, "chosen": chosen, "method": "model"}
            findings.append(
                found("sensitivity", told.name, fingerprints(project_root(), told), question, make)
            )
    return findings


def _run_and_inputs(scenario: str, draws: int | None, resolution: str | None, calibration: str | None = None):
    """Return the saved run of a scenario, and variant → the uncertain inputs of its draws."""
    from cpmodel.analysis.drawn import drawn_inputs, fitted_inputs
    from cpmodel.inputs.parameters import read_parameters
    from cpmodel.inputs.posterior import find_posterior
    from cpmodel.inputs.project import project_root
    from cpmodel.results.saved import open_run

    asked_for = resolved(scenario, draws, resolution)
    if asked_for.draws < LEAST_DRAWS:
        why, fix = (
            "Too few draws to tell inputs apart.",
            "Give 100 or more; 1,000 show shares down to about 1%.",
        )
        raise BadInput(Problem("command line", "--draws", str(asked_for.draws), why, fix))
    run = open_run(saved_run(scenario, None, draws, resolution, calibration))
    parameters = read_parameters(project_root() / "data" / "parameters.csv")
    count, variants = run.manifest["draws"], tuple(run.manifest["variants"])
    if calibration is None:
        return run, dict.fromkeys(variants, drawn_inputs(parameters, run.manifest["seed"], count))
    told = find_posterior(calibration, run.manifest["hashes"]["parameters"], parameters.streams, variants)
    return run, fitted_inputs(parameters, told, count)


@app.command()
def discover(
    scenario: Scenario,
    missed: Annotated[str, typer.Option(help="Target that is missed, as outcome and year: adoption_2020.")],
    below: Annotated[
        float | None,
        typer.Option(help="Level below which it counts as missed; default: the Decision's target."),
    ] = None,
    calibration: Calibration = None,
    draws: Draws = None,
    resolution: Resolution = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Find the plainest conditions under which a target is missed, and the figures that warn of it years before."""
    from cpmodel.analysis.conditions import conditions
    from cpmodel.analysis.drawn import asked
    from cpmodel.analysis.findings import found
    from cpmodel.calibration.observations import observations
    from cpmodel.cli.finding_text import tell

    require_language(language)
    run, inputs = _run_and_inputs(scenario, draws, resolution, calibration)
    question = asked(missed, run.draws, "--missed")
    level = below if below is not None else _target(run, question, missed)
    years = sorted(run.draws["year"].unique())
    name = run.manifest["scenario"]

    fit = None if calibration is None else run.manifest["calibration"]["folder"]

    def make(work):
        seen, _ = observations(int(years[-1]), float(years[0]))
        return conditions(inputs, run.draws, question, level, name, seen, calibration=fit)

    told = {"missed": missed, "level": level}
    tell([found("discover", name, run.manifest["hashes"], told, make)], language, as_json)


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
