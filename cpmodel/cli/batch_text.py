"""A plan and a run of a batch as the command line tells them, in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cpmodel.press.notices import last_line
from cpmodel.press.phrases import said, told

if TYPE_CHECKING:
    from cpmodel.press.plan import Line
    from cpmodel.press.running import Report, Task

SHOWN = 12  # briefs of one reason before the rest is only counted


def plan_text(lines: tuple[Line, ...], language: str) -> str:
    """Return what would be printed, what waits and what is skipped, by reason."""
    parts = []
    for action in ("print", "look", "wait", "keep"):
        found = [line for line in lines if line.action == action]
        by_reason: dict[str, list[str]] = {}
        for line in found:
            by_reason.setdefault(told(line.why, language), []).append(line.order.id)
        parts.append(f"{said(f'plan.{action}').in_(language)}: {len(found)}")
        for why, names in by_reason.items():
            more = said("plan.more", count=len(names) - SHOWN).in_(language) if len(names) > SHOWN else ""
            parts += [f"  {why}", f"      {', '.join(names[:SHOWN])} {more}".rstrip()]
    return "\n".join(parts)


def report_text(task: Task, report: Report) -> str:
    """Return what a run came to: counts, the edition, conclusions that changed, what failed and where it is kept."""
    every = [outcome.status for outcome in report.outcomes]
    count = {status: every.count(status) for status in ("printed", "kept", "failed")}
    skipped = len(report.lines) - len(report.outcomes)
    lines = [said("run.counts", run=report.run, skipped=skipped, **count).in_(task.language)]
    lines += [said("run.edition", number=report.edition, folder=task.store.current).in_(task.language)]
    lines += [f"  {said('run.conclusion', notice=notice).in_(task.language)}" for notice in report.notices]
    for one in report.failed:
        lines += [
            f"  {said('run.failed', order=one.order, error=last_line(one.error, task.language)).in_(task.language)}"
        ]
        lines += (
            [f"      {said('run.kept', notebook=one.notebook).in_(task.language)}"] if one.notebook else []
        )
    return "\n".join(lines)
