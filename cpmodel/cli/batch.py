"""Commands of the printing house: plan, run, status and log of a batch of briefs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpmodel.cli.application import AsJson, app, resolved, saved_run, say
from cpmodel.errors import RunFailed

if TYPE_CHECKING:
    from cpmodel.press.apart import Outcome
    from cpmodel.press.batch import Batch
    from cpmodel.press.plan import Line
    from cpmodel.press.running import Report, Task

batch_app = typer.Typer(no_args_is_help=True, help="Print many briefs: what is due, on schedule, provable.")
app.add_typer(batch_app, name="batch")

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
SHOWN = 12  # lines of one kind before the rest is only counted


@batch_app.command("plan")
def batch_plan(
    name: Name = "monthly",
    only: Only = None,
    force: Force = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Say what a run would print, what is unchanged or not due, and why; nothing is run or written."""
    from cpmodel.press.running import plan

    lines, _, troubles = plan(_task(name, output, only, force))
    if as_json:
        rows = [{"brief": line.order.id, "action": line.action, "why": line.why} for line in lines]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        typer.echo(_plan_text(lines))
    for text in troubles.values():
        say(text)


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
) -> None:
    """Print what is due and has changed, and publish it as one edition; exit 1 when a brief failed."""
    from cpmodel.compute import open_workers
    from cpmodel.press.notices import deliver
    from cpmodel.press.running import carry_out

    task = _task(name, output, only, force)
    with open_workers(scheduler, jobs) as workers:
        say(f"{name}: {len(task.orders)} briefs in all, {workers.where}")
        report = carry_out(task, workers)
    typer.echo(_report_text(task, report))
    for trouble in deliver(name, report.failed, report.notices, os.environ):
        say(trouble)
    if report.failed:
        raise RunFailed(
            f"{len(report.failed)} of {len(report.outcomes)} briefs failed; the last good ones stay published."
        )


@batch_app.command("status")
def batch_status(name: Name = "monthly", output: Output = None, as_json: AsJson = False) -> None:
    """Say what is published, how old it is, what failed, and when the batch runs next."""
    from cpmodel.press.status import status_of, status_text

    task = _task(name, output, None, False)
    found = status_of(task)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else status_text(found))


@batch_app.command("log")
def batch_log(
    name: Name = "monthly",
    run: Annotated[int | None, typer.Option(help="Number of one run, for every brief of it.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many runs.")] = 10,
    output: Output = None,
) -> None:
    """List the latest runs of a batch, or what became of every brief of one."""
    from cpmodel.press.status import log_text

    typer.echo(log_text(_task(name, output, None, False).store, last, run))


def _task(name: str, output: Path | None, only: list[str] | None, force: bool) -> Task:
    """Read a batch and return it ready to be carried out."""
    from cpmodel.config import load_config
    from cpmodel.inputs.project import project_root
    from cpmodel.press.batch import orders, read_batch
    from cpmodel.press.running import Task
    from cpmodel.press.store import Store

    root = project_root()
    batch = read_batch(name, root)
    title = Path(name).stem
    key = load_config()["signing_key"]
    if key:
        from cpmodel.press.stamps import private_key

        private_key(Path(str(key)))
    return Task(
        name=title,
        batch=batch,
        orders=orders(batch, root, name),
        root=root,
        store=Store((output or root / "reports" / "published" / title).absolute()),
        prepare=_Folders(batch),
        only=tuple(only or ()),
        force=force,
        key_file=Path(str(key)).absolute() if key else None,
        say=say,
        step=lambda outcome, done, of: say(_step_text(outcome, done, of)),
    )


class _Folders:
    """Finds and makes the runs and fiscal notes that briefs are printed from."""

    def __init__(self, batch: Batch) -> None:
        self.draws, self.resolution = batch.draws, batch.resolution

    def find(self, kind: str, scenario: str) -> Path | None:
        """Return the run that a scenario has as things are now; a note is found only by making it."""
        from cpmodel.inputs.load import load
        from cpmodel.results.saved import default_folder, is_complete

        if kind != "run":
            return None
        folder = default_folder(load(resolved(scenario, self.draws, self.resolution)))
        return folder if is_complete(folder) else None

    def make(self, kind: str, scenario: str) -> Path:
        """Run a scenario, or make its fiscal note; what is there already is taken."""
        from cpmodel.cli.briefs import saved_note

        if kind == "run":
            return saved_run(scenario, None, self.draws, self.resolution)
        return saved_note(resolved(scenario, self.draws, self.resolution))


def _step_text(outcome: Outcome, done: int, of: int) -> str:
    told = f"  {done:>4}/{of}  {outcome.status:8} {outcome.order}  {outcome.seconds:.1f} s"
    return f"{told}\n            {outcome.error}" if outcome.error else told


def _plan_text(lines: tuple[Line, ...]) -> str:
    heads = {"print": "To print", "wait": "Changed, but not due", "keep": "Unchanged, skipped"}
    parts = []
    for action, head in heads.items():
        found = [line for line in lines if line.action == action]
        by_reason: dict[str, list[str]] = {}
        for line in found:
            by_reason.setdefault(line.why, []).append(line.order.id)
        parts.append(f"{head}: {len(found)}")
        for why, names in by_reason.items():
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            parts += [f"  {why}", f"      {', '.join(names[:SHOWN])}{more}"]
    return "\n".join(parts)


def _report_text(task: Task, report: Report) -> str:
    count = {
        status: sum(o.status == status for o in report.outcomes) for status in ("printed", "kept", "failed")
    }
    lines = [
        f"Run {report.run}: {count['printed']} printed, {count['kept']} worked out again without a change, "
        f"{len(report.lines) - len(report.outcomes)} skipped, {count['failed']} failed",
        f"Edition {report.edition}: {task.store.current}",
    ]
    lines += [f"  conclusion changed · {notice}" for notice in report.notices]
    for outcome in report.failed:
        lines += [f"  failed · {outcome.order}: {outcome.error.splitlines()[-1]}"]
        lines += [f"      kept as {outcome.notebook}"] if outcome.notebook else []
    return "\n".join(lines)
