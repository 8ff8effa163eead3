"""What is published and what happened, as an office wants to read it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.messages import in_language
from cpmodel.press import edition
from cpmodel.press.history import History, Run, opened
from cpmodel.press.notices import conclusions, last_line
from cpmodel.press.phrases import reread, said
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
        "damaged": {
            order: damage.in_(task.language)
            for order, name in objects.items()
            if (damage := store.damage(name))
        },
        "failing": {order: outcome.error for order, outcome in failing.items()},
        "kept_notebooks": {order: outcome.notebook for order, outcome in failing.items() if outcome.notebook},
        "odds": {one["label"]: one["words"] for one in conclusions(store, objects, task.language).values()},
        "last_run": _run(runs[0]) if runs else {},
        "next_start": next_start(task.batch.schedule, dt.datetime.now()).strftime("%Y-%m-%d %H:%M"),
    }


def status_text(found: dict[str, Any], language: str) -> str:
    """Return the status on a screenful, the verdict first."""
    say = lambda phrase, **parts: said(f"state.{phrase}", **parts).in_(language)  # noqa: E731
    troubles = [*found["failing"], *found["missing"], *found["damaged"]]
    rows: list[tuple[str, str]] = []
    if found["published"]:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(found["by_kind"].items()))
        editions = ", ".join(f"{day} ({count})" for day, count in sorted(found["data_editions"].items()))
        rows.append(("published", say("published_text", **(found | {"kinds": kinds}))))
        rows += [("data", editions), ("where", found["folder"])]
    else:
        rows.append(("published", say("nothing", batch=found["batch"], wanted=found["wanted"])))
    last = found["last_run"]
    if last:
        rows.append(("last_run", say("last_text", **(last | {"ended": last["ended"] or say("not_ended")}))))
        rows.append(("", say("counts", **last)))
    rows.append(("next", say("next_text", when=found["next_start"])))
    for order, error in found["failing"].items():
        rows.append(("failed", f"{order}: {last_line(error, language)}"))
        kept = found["kept_notebooks"].get(order)
        rows += [("", said("run.kept", notebook=kept).in_(language))] if kept else []
    rows += [("damaged", f"{order}: {what}") for order, what in found["damaged"].items()]
    missing = [name for name in found["missing"] if name not in found["failing"]]
    if missing and found["published"]:
        more = f" {said('plan.more', count=len(missing) - 8).in_(language)}" if missing[8:] else ""
        rows.append(("missing", ", ".join(missing[:8]) + more))
    rows += _told_odds(found["odds"])
    width = max(len(say(head)) for head, _ in rows if head)
    head = f"{found['title'][language]} ({found['batch']}): {say('attention' if troubles else 'in_order')}"
    return "\n".join([head, *(f"  {say(name) if name else '':{width}}  {text}" for name, text in rows)])


def _told_odds(odds: dict[str, str]) -> list[tuple[str, str]]:
    lines = [f"{label}: {words}" for label, words in sorted(odds.items())]
    return [("odds" if not number else "", line) for number, line in enumerate(lines)]


def log_text(store: Store, language: str, last: int, run: int | None = None) -> str:
    """Return the latest runs, one a line, or one run with what became of each of its briefs."""
    none = said("log.none").in_(language)
    if not store.folder.is_dir():
        return none
    with opened(store.folder) as history:
        if run is not None:
            return _one_run(history, run, language)
        lines = [
            f"{r.run:>5}  {r.began}  {_duration(r)}  {said('state.counts', **_run(r)).in_(language)}  "
            + _edition(r, language)
            for r in history.runs(last)
        ]
    return "\n".join(lines) or none


def _one_run(history: History, run: int, language: str) -> str:
    found = history.orders(run)
    if not found:
        why, fix = "The history holds no briefs of this run.", "`cpmodel batch log` lists the runs."
        raise BadInput(Problem("command line", "--run", str(run), why, fix))
    lines = []
    for outcome, why in found:
        status = said(f"status.{outcome.status}").in_(language)
        lines.append(f"  {status:10} {outcome.order:28} {outcome.seconds:6.1f} s  {reread(why, language)}")
        lines += [f"             {line}" for line in in_language(outcome.error, language).splitlines()]
    return "\n".join(lines)


def _run(run: Run) -> dict[str, Any]:
    return {
        name: getattr(run, name) for name in ("run", "began", "ended", "printed", "kept", "skipped", "failed")
    }


def _edition(run: Run, language: str) -> str:
    phrase = said("log.edition", number=run.edition) if run.edition else said("log.not_ended")
    return phrase.in_(language)


def _duration(run: Run) -> str:
    if not run.ended:
        return "     –"
    began, ended = (dt.datetime.fromisoformat(text) for text in (run.began, run.ended))
    return f"{(ended - began).total_seconds():>5.0f}s"
