"""What is published and what happened, as an office wants to read it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from cpmodel.errors import BadInput, Problem
from cpmodel.press import edition
from cpmodel.press.history import History, Run, opened
from cpmodel.press.schedules import next_start
from cpmodel.press.store import Store

if TYPE_CHECKING:
    from cpmodel.press.running import Task


def status_of(task: Task) -> dict[str, Any]:
    """Return what a batch has published, what failed last, the odds it told, and when it starts next."""
    store = task.store
    now = edition.current(store)
    objects: dict[str, str] = now.get("objects", {})
    runs: list[Run] = []
    failing = {}
    if store.folder.is_dir():
        with opened(store.folder) as history:
            runs, wanted = history.runs(1), {order.id for order in task.orders}
            failing = {order: outcome for order, outcome in history.failing().items() if order in wanted}
    manifests = {order: store.manifest(name) for order, name in objects.items()}
    odds = {key: told for about in manifests.values() for key, told in about.get("conclusions", {}).items()}
    return {
        "batch": task.name,
        "title": task.batch.title.model_dump(),
        "edition": str(now.get("number", "")),
        "folder": str(store.current) if objects else "",
        "published": len(objects),
        "wanted": len(task.orders),
        "missing": [order.id for order in task.orders if order.id not in objects],
        "by_kind": dict(Counter(order.split("/", 1)[0] for order in objects)),
        "data_editions": dict(Counter(about.get("edition", "?") for about in manifests.values())),
        "damaged": {order: damage for order, name in objects.items() if (damage := store.damage(name))},
        "failing": {order: outcome.error for order, outcome in failing.items()},
        "kept_notebooks": {order: outcome.notebook for order, outcome in failing.items() if outcome.notebook},
        "odds": {told["label"]: told["words"] for told in odds.values()},
        "last_run": _run(runs[0]) if runs else {},
        "next_start": next_start(task.batch.schedule, dt.datetime.now()).strftime("%Y-%m-%d %H:%M"),
    }


def status_text(found: dict[str, Any]) -> str:
    """Return the status on a screenful, the verdict first."""
    troubles = [*found["failing"], *found["missing"], *found["damaged"]]
    lines = [f"{found['title']['en']} ({found['batch']}): {'needs attention' if troubles else 'in order'}"]
    if found["published"]:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(found["by_kind"].items()))
        editions = ", ".join(f"{day} ({count})" for day, count in sorted(found["data_editions"].items()))
        lines += [
            f"  published   edition {found['edition']}: {found['published']} of {found['wanted']} briefs ({kinds})",
            f"  data of     {editions}",
            f"  where       {found['folder']}",
        ]
    else:
        lines.append(
            f"  published   nothing yet; `cpmodel batch run {found['batch']}` prints {found['wanted']} briefs"
        )
    last = found["last_run"]
    if last:
        state = last["ended"] or "not ended: it goes on, or was killed and is taken up by the next run"
        lines.append(f"  last run    {last['run']}, began {last['began']}, ended {state}")
        lines.append(f"              {_counts(last)}")
    lines.append(f"  next        {found['next_start']}, where `cpmodel schedule show` finds it installed")
    lines += _listed("failed", found["failing"], found["kept_notebooks"])
    lines += _listed("damaged", found["damaged"], {})
    missing = [name for name in found["missing"] if name not in found["failing"]]
    if missing and found["published"]:
        lines.append(
            f"  missing     {', '.join(missing[:8])}"
            + (f" and {len(missing) - 8} more" if missing[8:] else "")
        )
    if found["odds"]:
        lines += [
            "  odds told",
            *(f"              {label}: {words}" for label, words in sorted(found["odds"].items())),
        ]
    return "\n".join(lines)


def _listed(head: str, errors: dict[str, str], notebooks: dict[str, str]) -> list[str]:
    lines = []
    for order, error in errors.items():
        lines.append(f"  {head:11} {order}: {error.splitlines()[-1] if error else ''}")
        lines += [f"              kept as {notebooks[order]}"] if order in notebooks else []
    return lines


def log_text(store: Store, last: int, run: int | None = None) -> str:
    """Return the latest runs, one a line, or one run with what became of each of its briefs."""
    if not store.folder.is_dir():
        return "No run yet."
    with opened(store.folder) as history:
        if run is not None:
            return _one_run(history, run)
        lines = [
            f"{r.run:>5}  {r.began}  {_duration(r)}  {_counts(_run(r))}  {_edition(r)}"
            for r in history.runs(last)
        ]
    return "\n".join(lines) or "No run yet."


def _one_run(history: History, run: int) -> str:
    found = history.orders(run)
    if not found:
        why, fix = "The history holds no briefs of this run.", "`cpmodel batch log` lists the runs."
        raise BadInput(Problem("command line", "--run", str(run), why, fix))
    lines = []
    for outcome, why in found:
        lines.append(f"  {outcome.status:8} {outcome.order:28} {outcome.seconds:6.1f} s  {why}")
        lines += [f"           {line}" for line in outcome.error.splitlines()]
    return "\n".join(lines)


def _run(run: Run) -> dict[str, Any]:
    return {
        name: getattr(run, name) for name in ("run", "began", "ended", "printed", "kept", "skipped", "failed")
    }


def _counts(run: dict[str, Any]) -> str:
    return f"{run['printed']} printed, {run['kept']} kept, {run['skipped']} skipped, {run['failed']} failed"


def _edition(run: Run) -> str:
    return f"edition {run.edition}" if run.edition else "not ended"


def _duration(run: Run) -> str:
    if not run.ended:
        return "     –"
    began, ended = (dt.datetime.fromisoformat(text) for text in (run.began, run.ended))
    return f"{(ended - began).total_seconds():>5.0f}s"
