"""Commands of the printing house: plan, run, status and log of a batch of briefs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import (
    AsJson,
    Language,
    app,
    require_language,
    resolved,
    saved_run,
    say,
    signing_key,
)
from cpmodel.errors import BadInput, Problems, RunFailed, problems_of

if TYPE_CHECKING:
    from cpmodel.inputs.load import Inputs
    from cpmodel.press.batch import Batch
    from cpmodel.press.jobs import Outcome
    from cpmodel.press.running import Task

batch_app = typer.Typer(no_args_is_help=True, help="Print many briefs: what is due, on schedule, provable.")
app.add_typer(batch_app, name="batch")

OF_A_BRIEF = 0.45e9  # bytes that a process which prints a brief takes for itself, measured

Name = Annotated[
    str, typer.Argument(help="Name of a batch in scenarios/batches/, or the path of a YAML file.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(help="Only these: `province`, `province/31`, `province/31/vi`; may be repeated."),
]
Force = Annotated[bool, typer.Option("--force", help="Print again, changed or not, due or not.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Folder of the batch; default: reports/published/NAME.")
]


@batch_app.command("plan")
def batch_plan(
    name: Name = "monthly",
    only: Only = None,
    force: Force = False,
    output: Output = None,
    make: Annotated[
        bool,
        typer.Option(
            "--make", help="Make the runs that are missing first, so that their cells can be compared."
        ),
    ] = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Say what a run would print, what is unchanged or not due, and why; no brief is printed."""
    from cpmodel.cli.batch_text import plan_text
    from cpmodel.press.phrases import told
    from cpmodel.press.running import locked, plan

    task = _task(name, output, only, force, language)
    _refuse_impossible(task, name)
    with locked(task.store) if make else nullcontext():
        lines, _, troubles = plan(task, make)
    if as_json:
        rows = [
            {"brief": line.order.id, "action": line.action, "why": told(line.why, language)} for line in lines
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        typer.echo(plan_text(lines, language))
    for text in troubles.values():
        say(text, language)


@batch_app.command("run")
def batch_run(
    name: Name = "monthly",
    only: Only = None,
    force: Force = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Briefs printed at a time; default: all cores.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Address of a Dask scheduler whose workers see this project, or `local`."),
    ] = None,
    output: Output = None,
    language: Language = "en",
) -> None:
    """Print what is due and has changed, and publish it as one edition; exit 1 when a brief failed."""
    from cpmodel.cli.batch_text import report_text
    from cpmodel.compute import open_workers
    from cpmodel.press.notices import deliver
    from cpmodel.press.running import carry_out

    on_a_cluster = (
        None if scheduler == "local" else scheduler
    )  # one of this machine would be no faster for runs
    task = _task(name, output, only, force, language, on_a_cluster)
    of_a_run = _refuse_impossible(task, name)
    need = max(OF_A_BRIEF, of_a_run) if on_a_cluster else OF_A_BRIEF
    with open_workers(scheduler, jobs, need, lambda text: say(f"{task.name}: {text}", language)) as workers:
        say(f"{task.name}: {len(task.orders)} briefs in all, {workers.where}", language)
        report = carry_out(task, workers)
    typer.echo(report_text(task, report))
    for trouble in deliver(task.name, report.failed, report.notices, *_addresses(), language):
        say(trouble, language)
    if report.failed:
        raise RunFailed(
            f"{len(report.failed)} of {len(report.outcomes)} briefs failed; the last good ones stay published."
        )


@batch_app.command("status")
def batch_status(
    name: Name = "monthly", output: Output = None, language: Language = "en", as_json: AsJson = False
) -> None:
    """Say what is published, how old it is, what failed, and when the batch runs next."""
    from cpmodel.press.status import status_of, status_text

    task = _task(name, output, language=language)
    found = status_of(task)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else status_text(found, language))


@batch_app.command("log")
def batch_log(
    name: Name = "monthly",
    run: Annotated[int | None, typer.Option(help="Number of one run, for every brief of it.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many runs.")] = 10,
    output: Output = None,
    language: Language = "en",
) -> None:
    """List the latest runs of a batch, or what became of every brief of one."""
    from cpmodel.press.status import log_text

    typer.echo(log_text(_task(name, output, language=language).store, language, last, run))


def _task(
    name: str, output: Path | None, only: list[str] | None = None, force: bool = False, language: str = "en",
    scheduler: str | None = None,
) -> Task:  # fmt: skip
    """Read a batch and return it ready to be carried out."""
    from cpmodel.inputs.project import project_root
    from cpmodel.press.batch import read_batch
    from cpmodel.press.orders import orders
    from cpmodel.press.plan import chosen_of
    from cpmodel.press.running import Task
    from cpmodel.press.store import Store

    require_language(language)
    root = project_root()
    batch = read_batch(name, root)
    title, wanted = Path(name).stem, orders(batch, root, name)
    chosen_of(wanted, only or ())  # a slip is told before a run of the batch begins
    return Task(
        name=title,
        batch=batch,
        orders=wanted,
        root=root,
        store=Store((output or root / "reports" / "published" / title).absolute()),
        prepare=_Folders(batch, language, scheduler),
        only=tuple(only or ()),
        force=force,
        key_file=signing_key(),
        language=language,
        say=lambda text: say(text, language),
        step=lambda outcome, done, of: say(_step_text(outcome, done, of, language)),
    )


def _addresses() -> tuple[str, Path | None]:
    """Return the addresses for notices in the environment, and the file of others."""
    from cpmodel.config import SECRET, load_config

    config = load_config()
    file = config.folder("notify_file") if config["notify_file"] else None
    return " ".join(os.environ.get(name, "") for name in SECRET), file


def _refuse_impossible(task: Task, file: str) -> float:
    """Return what a part of the runs still to be made needs at most [bytes], for whoever does it.

    Raises BadInput for all that the scenarios cannot give, and for every such run or note that this machine has no room
    for. What was made once, and has not changed since, can be given.
    """
    from cpmodel.press.orders import refuse_impossible
    from cpmodel.press.running import needs_of, noted_folders

    if noted_folders(task) is not None:
        return 0.0
    # They read tables and the model, which a batch with nothing to do need not.
    from cpmodel.analysis.fiscal_note import refuse_too_large
    from cpmodel.inputs.posterior import calibration_asked
    from cpmodel.model.batches import memory_of_a_batch
    from cpmodel.results.saved import refuse_too_little

    if task.batch.calibration:
        calibration_asked(task.batch.calibration)
    problems, missing = Problems(), task.prepare.missing(needs_of(task))
    problems.found += problems_of(partial(refuse_impossible, task.orders, task.root, file))
    refuse = {"run": partial(refuse_too_little, scheduler=task.prepare.scheduler), "note": refuse_too_large}
    for (kind, scenario), inputs in missing.items():
        for one in problems_of(partial(refuse[kind], inputs)):
            problems.add(file, f"{kind} of {scenario}", one.found, one.why, one.fix)
    problems.raise_if_any()
    return max(
        (memory_of_a_batch(inputs) for (kind, _), inputs in missing.items() if kind == "run"), default=0.0
    )


class _Folders:
    """Finds and makes what briefs are printed from: runs, fiscal notes, and the emulators behind sliders."""

    def __init__(self, batch: Batch, language: str, scheduler: str | None = None) -> None:
        self.language, self.scheduler = language, scheduler
        self.draws, self.resolution, self.calibration = batch.draws, batch.resolution, batch.calibration

    def find(self, kind: str, scenario: str) -> Path | None:
        """Return the run that a scenario has as things are now; anything else is found only by making it."""
        from cpmodel.results.saved import default_folder, is_complete

        if kind != "run":
            return None
        folder = default_folder(self._inputs(scenario))
        return folder if is_complete(folder) else None

    def missing(self, needs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Inputs]:
        """Return what runs and notes that are still to be made are made from; who cannot be read is left out."""
        from cpmodel.analysis.note_cells import note_folder
        from cpmodel.results.saved import default_folder, is_complete

        found, folder = {}, {"run": default_folder, "note": note_folder}
        for kind, scenario in needs:
            with suppress(BadInput):
                if kind in folder and not is_complete(folder[kind](inputs := self._inputs(scenario))):
                    found[kind, scenario] = inputs
        return found

    def _inputs(self, scenario: str) -> Inputs:
        from cpmodel.inputs.load import load

        return load(resolved(scenario, self.draws, self.resolution), calibration=self.calibration)

    def make(self, kind: str, scenario: str) -> Path | None:
        """Make what is asked for; what is there already is taken."""
        from cpmodel.cli.briefs import saved_emulator, saved_note

        if kind == "run":
            asked = self.draws, self.resolution, self.calibration
            return saved_run(scenario, None, *asked, scheduler=self.scheduler, language=self.language)
        told = resolved(scenario, self.draws, self.resolution)
        if kind == "note":
            return saved_note(told, self.calibration, self.language)
        found = saved_emulator(told, self.calibration, self.language)
        return Path(found) if found else None

    def keep(self, folders: Sequence[Path], because: str) -> list[str]:
        """Keep runs and notes as vintages, with the reason; return their names."""
        from cpmodel.analysis.vintages import keep_published
        from cpmodel.inputs.project import project_root

        return [one.name for one in keep_published(folders, project_root(), because)]


def _step_text(outcome: Outcome, done: int, of: int, language: str) -> str:
    from cpmodel.inputs.messages import in_language
    from cpmodel.press.phrases import said

    status = said(f"status.{outcome.status}").in_(language)
    error = in_language(outcome.error, language)
    told = f"  {done:>4}/{of}  {status:10} {outcome.order}  {outcome.seconds:.1f} s"
    return told + "".join(f"\n            {line}" for line in error.splitlines())
