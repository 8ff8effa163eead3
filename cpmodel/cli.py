"""The command line: says what it does, shows progress, and turns every error into one readable message.

Exit codes: 0 done · 1 failed run · 2 bad input · 3 a check or target failed on request. Work is imported inside the
commands, so that help answers at once.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cpmodel import __version__
from cpmodel.errors import BadInput, CheckFailed, CpmodelError, Problem

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Scenario modelling and forecasting for a national cleaner production programme.")  # fmt: skip
scenario_app = typer.Typer(no_args_is_help=True, help="List and show scenarios.")
brief_app = typer.Typer(no_args_is_help=True, help="Print a policy brief.")
config_app = typer.Typer(no_args_is_help=True, help="Settings and where they come from.")
app.add_typer(scenario_app, name="scenario")
app.add_typer(brief_app, name="brief")
app.add_typer(config_app, name="config")

Scenario = Annotated[
    str, typer.Argument(help="Name of a scenario in scenarios/, or the path of a YAML file.")
]
Draws = Annotated[int | None, typer.Option(min=2, help="Number of sampled worlds; default: the scenario's.")]
Resolution = Annotated[str | None, typer.Option(help="full or explorer; default: the scenario's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LANGUAGES = ("vi", "en")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; every error ends in one message and an exit code."""
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="cpmodel", standalone_mode=False)
    except CpmodelError as error:
        typer.echo(str(error), err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        typer.echo("Interrupted. What was finished stays; nothing was left half-written.", err=True)
        code = 130
    except Exception as error:
        code = _explained(error)
    sys.exit(code if isinstance(code, int) else 0)


def _explained(error: Exception) -> int:
    """Show a usage error of the command line as such; anything else is ours to mend and shows its origin."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return 2
    if type(error).__name__ == "Abort":
        typer.echo("Stopped.", err=True)
        return 130
    raise error


def _say(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _progress(first: str):
    """Show what is being done: a moving line on a terminal, one line a step elsewhere; yields the way to say it."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        _say(first)
        yield _say
        return
    with console.status(first) as status:
        yield status.update


def _resolved(name: str, draws: int | None, resolution: str | None):
    from cpmodel.inputs.overlay import resolve

    overrides = {"draws": draws, "resolution": resolution}
    return resolve(name, overrides={key: value for key, value in overrides.items() if value is not None})


def _run(name: str, into: Path | None, draws: int | None, resolution: str | None) -> Path:
    """Run a scenario, or find the run that exists already, with progress on stderr."""
    from cpmodel.results.saved import run_and_save

    scenario = _resolved(name, draws, resolution)
    words = {
        "H1": "running H1, time preference",
        "H2": "running H2, hidden cost",
        "results": "bands and odds",
    }
    with _progress(f"{scenario.name}: reading the data") as say:
        return run_and_save(scenario, into, lambda what: say(f"{scenario.name}: {words.get(what, what)}"))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@app.command()
def check() -> None:
    """Check data, parameters, instruments, Decisions and scenarios; tell every problem at once."""
    from cpmodel.inputs.check import check_everything, summary

    typer.echo(summary(check_everything()))


@app.command()
def run(
    scenario: Scenario,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to write, which must be empty.")
    ] = None,
    draws: Draws = None,
    resolution: Resolution = None,
    fail_on: Annotated[
        str | None, typer.Option(help="Exit 3 when a target's odds stay below this, e.g. 0.5.")
    ] = None,
) -> None:
    """Run a scenario and write its run folder: resolved scenario, results, draws, manifest."""
    folder = _run(scenario, output, draws, resolution)
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
    scenario: Scenario, as_json: AsJson = False, draws: Draws = None, resolution: Resolution = None
) -> None:
    """Show every target of the Decision: value, gap and probability of being met, in each reading."""
    from cpmodel.results.saved import open_run
    from cpmodel.results.targets import targets_table

    opened = open_run(_run(scenario, None, draws, resolution))
    if opened.decision is None:
        why, fix = "This scenario follows no Decision, so it has no targets.", "Name another scenario."
        raise BadInput(Problem(f"scenarios/{scenario}.yaml", "strategy", "none", why, fix))
    table = targets_table(opened.results, opened.decision)
    if as_json:
        typer.echo(json.dumps(json.loads(table.to_json(orient="records")), indent=1, ensure_ascii=False))
        return
    typer.echo(
        f"{opened.manifest['title']['en']} · {opened.decision.number} · pooled over H1 and H2 · prior-driven"
    )
    shown = table.assign(probability=[_odds(p) for p in table["probability"]])
    typer.echo(shown.round(3).fillna("").to_string(index=False))


def _odds(probability: float) -> str:
    """Return odds in words that never claim certainty."""
    if probability < 0.01:
        return "<1 %"
    return ">99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


@app.command()
def compare(
    base: Scenario,
    other: Scenario,
    year: Annotated[list[int] | None, typer.Option(help="Years to show; default: target years.")] = None,
    as_json: AsJson = False,
    draws: Draws = None,
    resolution: Resolution = None,
) -> None:
    """Compare two scenarios draw by draw: the band of the difference other − base."""
    from cpmodel.results.comparison import difference_table, paired_differences
    from cpmodel.results.saved import open_run

    a, b = (open_run(_run(name, None, draws, resolution)) for name in (base, other))
    outcomes = ["awareness", "adoption_lenient", "adoption_strict", "specific_saving", "office_capacity",
                "dedicated_units", "energy_saved", "emissions_avoided", "scheme_projects"]  # fmt: skip
    differences = paired_differences(a.draws, b.draws)
    known = sorted(set(differences["year"]))
    years = year or [y for y in (2015, 2020, 2025, 2030) if y in known]
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

    table = iamc(open_run(_run(scenario, None, None, None)).results)
    stage = output.with_name(f".{output.name}.part")
    table.to_csv(stage, index=False, lineterminator="\n")
    stage.replace(output)
    typer.echo(f"{output} ({len(table):,} rows)")


@scenario_app.command("list")
def scenario_list() -> None:
    """List the scenarios with their titles."""
    from cpmodel.inputs.overlay import resolve, scenario_names

    for name in scenario_names():
        scenario = resolve(name)
        typer.echo(f"{name:20} {scenario.title.en} · {scenario.title.vi}")


@scenario_app.command("show")
def scenario_show(
    scenario: Scenario,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Everything filled in, as a run would use it.")
    ] = False,
) -> None:
    """Show a scenario as written, or resolved."""
    from cpmodel.inputs.overlay import resolve, scenario_path

    found = resolve(scenario)
    typer.echo(found.to_yaml() if resolved else scenario_path(scenario).read_text("utf-8"), nl=False)


@brief_app.command("national")
def brief_national(
    scenario: Annotated[str, typer.Option(help="Scenario of the brief.")] = "as_decided",
    language: Annotated[str, typer.Option(help="vi, en or vi,en")] = "vi,en",
    beside: Annotated[
        str, typer.Option("--compare", help="Scenarios to set beside it.")
    ] = "reference,double_budget",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write.")] = None,
    draws: Draws = None,
    resolution: Resolution = None,
) -> None:
    """Print the national brief (HTML and PDF), running the scenarios it needs first."""
    from cpmodel.inputs.project import project_root
    from cpmodel.press.build import build

    languages = [part.strip() for part in language.split(",") if part.strip()]
    strange = [part for part in languages if part not in LANGUAGES]
    if strange or not languages:
        why = "Briefs are printed in Vietnamese and English."
        raise BadInput(Problem("command line", "--language", language, why, "Use vi, en or vi,en."))
    others = [part.strip() for part in beside.split(",") if part.strip() and part.strip() != scenario]
    folder = _run(scenario, None, draws, resolution)
    compared = [str(_run(name, None, draws, resolution)) for name in others]
    out = output or project_root() / "reports" / "briefs" / "national" / folder.name.split("_", 1)[1]
    written = []
    for code in languages:
        with _progress(f"brief, {code}") as say:
            written += build(
                project_root() / "notebooks" / "brief_national.ipynb",
                {"scenario": scenario, "run": str(folder), "language": code, "compare": ",".join(compared)},
                out,
                progress=lambda what, done, code=code, say=say: say(f"brief, {code}: {what} ({done:.0%})"),
            )
    for path in dict.fromkeys([*(folder / n for n in ("results.csv", "manifest.json")), *written]):
        typer.echo(str(path))


@app.command()
def instruments(
    at: Annotated[str | None, typer.Option(help="A day, such as 2018-06-01; default: today.")] = None,
    language: Annotated[str, typer.Option(help="vi or en")] = "en",
) -> None:
    """Show the dated catalogue of financing instruments as it stood on a day."""
    import datetime

    from cpmodel.inputs.instruments import instruments_at

    try:
        day = datetime.date.fromisoformat(at) if at else datetime.date.today()
    except ValueError:
        why = "This is not a day."
        raise BadInput(
            Problem("command line", "--at", at, why, "Write YYYY-MM-DD, such as 2018-06-01.")
        ) from None
    typer.echo(instruments_at(day, language=language).fillna("").to_string(index=False))


@config_app.command("show")
def config_show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
):
    """Show the settings in force."""
    from cpmodel.config import load_config

    for row in load_config().rows():
        typer.echo("  ".join(map(str, row if origin else row[:2])))


@app.command()
def doctor() -> None:
    """Say whether this installation is fit to work: Python, libraries, fonts, folders, a trial run."""
    from cpmodel.doctor import examine

    findings = examine()
    for fine, text in findings:
        typer.echo(f"{'ok  ' if fine else 'FAIL'} {text}")
    if not all(fine for fine, _ in findings):
        raise CheckFailed("Something is missing; see the lines marked FAIL.")
