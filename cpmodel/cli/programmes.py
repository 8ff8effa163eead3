"""Commands that ask what to do: what it would take, where money does most, which option holds up, what to survey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from cpmodel.cli.application import (
    LANGUAGES,
    AsJson,
    Calibration,
    Language,
    Scenario,
    app,
    progress,
    resolved,
)
from cpmodel.cli.options import unfolded
from cpmodel.errors import BadInput, Problems

LINES = 8  # of progress for a stage whose length is known
EVERY = 200  # programmes tried between two lines of progress where it is not


@dataclass(frozen=True)
class Searched:
    """What every search for a programme is asked, beside its aim."""

    annual_cap: Annotated[
        str | None, typer.Option(help="Most public money in one year; default: data/programme_space.yaml.")
    ] = None
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="KEY=VALUE",
            help="Limit in place of that of data/programme_space.yaml, as "
            "projects.network.most=60, .least, .ramp or .knots; may be repeated.",
        ),
    ] = None
    scenario: Annotated[
        str, typer.Option(help="Whose worlds, windows and money before the first year chosen hold.")
    ] = "as_decided"
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a key of the scenario, as toggles.windows_extended.network=2020; may be repeated.",
        ),
    ] = None
    first: Annotated[
        int | None,
        typer.Option("--from", help="First year that is chosen; before it the scenario's money stays."),
    ] = None
    draws: Annotated[
        int, typer.Option(help="Worlds of the search in each variant; what is told rests on fresh ones.")
    ] = 96
    calibration: Calibration = None
    language: Language = "en"
    as_json: AsJson = False


@app.command()
@unfolded()
def backcast(
    target: Annotated[str, typer.Option(help="Outcome, year and level: adoption_2020=0.5, offices_2020=57.")],
    asked: Searched,
    probability: Annotated[float, typer.Option(help="Chance with which the level is to be reached.")] = 0.8,
    cap: Annotated[
        str | None, typer.Option(help="Most public money in all: 300bn, 1.2tn; default: none.")
    ] = None,
) -> None:
    """Find the least budget path that reaches a level with a given probability, or what binds and the best there is.

    Interrupted, it goes on where it stopped when it is asked again.
    """
    from cpmodel.analysis.programme_question import read_backcast

    _search("backcast", read_backcast, (target, probability, cap), asked)


@app.command()
@unfolded()
def allocate(
    cap: Annotated[str, typer.Option(help="Public money in all: 120bn, 1.2tn.")],
    asked: Searched,
    maximise: Annotated[
        str, typer.Option(help="targets (mean number), all (chance of all), adoption_2020.")
    ] = "targets",
    probability: Annotated[
        float, typer.Option(help="Chance with which a level is reached, where one is made large.")
    ] = 0.5,
) -> None:
    """Split a sum over component projects, years and uses so that it brings most; five other packages nearly as good."""
    from cpmodel.analysis.programme_question import read_allocation

    _search("allocate", read_allocation, (maximise, probability, cap), asked)


@app.command()
def robust(
    scenarios: Annotated[list[str], typer.Argument(help="Two or more scenarios.")],
    draws: Annotated[int, typer.Option(min=32, help="Worlds of each future.")] = 256,
    level: Annotated[float | None, typer.Option(help="Level that satisfies; default: the Decision's last target.")] = None,
    calibration: Calibration = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Compare scenarios over H1/H2, paths of growth and readings of the target: regret, satisficing, the worst tenth."""
    from cpmodel.analysis.robustness import robust as compare

    problems, told = Problems(), []
    for name in scenarios:
        one = _scenario(name, language, draws, problems)
        told += [] if one is None else [one]
    if level is not None and not 0 < level < 1:
        problems.add(
            "command line",
            "--level",
            level,
            "The level is a share above 0 and below 1.",
            "Write 0.1, for example.",
        )
    problems.raise_if_any()
    asked = {"draws": draws, "level": level, "scenarios": [one.content_hash() for one in told]}
    name = "+".join(one.name for one in told)
    make = lambda work, say: compare(told, draws, level, say, work=work, calibration=calibration)  # noqa: E731
    _answer("robust", name, told[0], asked, make, calibration, language, as_json)


@app.command()
def wedges(
    scenario: Scenario = "as_decided",
    outcome: Annotated[str, typer.Option(help="awareness, adoption_lenient, assessed …")] = "adoption_strict",
    draws: Annotated[int, typer.Option(min=32, help="Worlds in each variant.")] = 64,
    levers: Annotated[str | None, typer.Option(help="Levers, separated by commas; default: all.")] = None,
    calibration: Calibration = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Split what a scenario adds over its levers, synergy apart: every coalition on the same draws, exact sums."""
    from cpmodel.analysis.programme_question import ASKED
    from cpmodel.analysis.wedges import wedges as split
    from cpmodel.errors import nearest

    problems = Problems()
    told = _scenario(scenario, language, draws, problems)
    if outcome not in ASKED:
        near = nearest(outcome, ASKED)
        fix = f"Did you mean `{near}`?" if near else f"Write one of {', '.join(ASKED)}."
        problems.add(
            "command line", "--outcome", outcome, "No headline outcome of the country has this name.", fix
        )
    problems.raise_if_any()
    chosen = None if levers is None else [one.strip() for one in levers.split(",")]
    asked = {"outcome": outcome, "draws": draws, "levers": chosen}
    make = lambda work, say: split(told, outcome, draws, chosen, None, say, work, calibration)  # noqa: E731
    _answer("wedges", told.name, told, asked, make, calibration, language, as_json)


@app.command("survey-value")
def survey_value(
    scenario: Scenario = "as_decided",
    year: Annotated[int | None, typer.Option(help="Surveyed at the end of it; default: half-way.")] = None,
    draws: Annotated[int, typer.Option(min=64, help="Worlds in each variant.")] = 512,
    calibration: Calibration = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Value surveys by what is chosen better after them, in establishments and VND, against what they cost."""
    from cpmodel.analysis.survey_value import survey_value as value

    problems = Problems()
    told = _scenario(scenario, language, draws, problems)
    problems.raise_if_any()
    at = year or int((told.horizon.start + told.horizon.end + 1) / 2)
    make = lambda work, say: value(told, at, draws, progress=say, work=work, calibration=calibration)  # noqa: E731
    _answer(
        "survey_value", told.name, told, {"year": at, "draws": draws}, make, calibration, language, as_json
    )


def _scenario(name: str, language: str, draws: int, problems: Problems, changes: list[str] | None = None):
    """Return a scenario, changed or as it is, or None with its problems added to the rest."""
    if language not in LANGUAGES and not any(p.key == "--language" for p in problems.found):
        why = "The answer is printed in Vietnamese and English."
        problems.add("command line", "--language", language, why, "Use vi or en.")
    if draws < 32 and not any(p.key == "--draws" for p in problems.found):
        why = "Too few worlds to tell options apart."
        problems.add("command line", "--draws", draws, why, "Give 32 or more; 96 search well.")
    try:
        return resolved(name, None, None, changes)
    except BadInput as error:
        problems.extend(error)
        return None


def _search(kind: str, read, aim: tuple, asked: Searched) -> None:
    """Read what is asked, with all that is wrong with it at once, and search for the programme."""
    from dataclasses import asdict

    from cpmodel.analysis.backcast import backcast as search
    from cpmodel.analysis.programme_search import Effort

    problems = Problems()
    told = _scenario(asked.scenario, asked.language, asked.draws, problems, asked.changes)
    question = read(*aim, asked.annual_cap, asked.first, told, problems, asked.limits or ())
    problems.raise_if_any()
    effort = Effort(draws=asked.draws)
    make = lambda work, say: search(question, told, effort, work, say, calibration=asked.calibration)  # noqa: E731
    settled = {**asdict(question), **asdict(effort)}
    _answer(kind, told.name, told, settled, make, asked.calibration, asked.language, asked.as_json)


def _answer(
    kind: str, name: str, told, asked: dict, make, calibration: str | None, language: str, as_json: bool
) -> None:
    """Find the answer that is kept, or make it with progress on stderr, and print it."""
    from cpmodel.analysis.findings import found
    from cpmodel.cli.finding_text import tell
    from cpmodel.inputs.load import fingerprints
    from cpmodel.inputs.project import project_root

    with progress(f"{name}: reading the data") as show:
        hashes = fingerprints(project_root(), told, calibration)
        told_at = [0]  # programmes tried when progress was last shown

        def say(stage: str, done: int, of: int) -> None:
            if of and (done == of or done % max(of // LINES, 1) == 0):
                show(f"{name}: {stage}, {done}/{of}")
            elif not of and done - told_at[0] >= EVERY:
                told_at[0] = done
                show(f"{name}: {stage}, {done} programmes tried")

        finding = found(kind, name, hashes, asked, lambda work: make(work, say))
    tell([finding], language, as_json)
