"""What is told to people when a batch is done: failures, and conclusions that changed, never a mere digit.

Sent through apprise (mail, webhook and more). Addresses hold passwords, so they stand in no batch file, no log and no error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpmodel.inputs.messages import in_language
from cpmodel.press.jobs import Outcome
from cpmodel.press.phrases import Said, said
from cpmodel.press.store import Store

TOLD = 20  # how many of one kind a message spells out


@dataclass(frozen=True)
class Notice:
    """A target whose odds moved to another category."""

    target: str
    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.label}: {self.before} → {self.after}"


def conclusions_changed(
    store: Store, before: Mapping[str, str], after: Mapping[str, str], language: str = "en"
) -> Iterator[Notice]:
    """Yield the targets whose odds are in another category in the objects `after` than in those `before`, each once."""
    if before == after:
        return
    old, new = (conclusions(store, objects, language) for objects in (before, after))
    for target, now in new.items():
        then = old.get(target)
        if then is not None and then["odds"] != now["odds"]:
            yield Notice(target, now["label"], then["words"], now["words"])


def conclusions(store: Store, objects: Mapping[str, str], language: str) -> dict[str, Mapping[str, Any]]:
    """Return target → its odds, from the first brief that tells them; one in the language asked for comes first."""
    found: dict[str, Mapping[str, Any]] = {}
    for order in sorted(objects, key=lambda order: (not order.endswith(f"/{language}"), order)):
        for target, told in store.manifest(objects[order]).get("conclusions", {}).items():
            found.setdefault(target, told)
    return found


def deliver(
    name: str, failed: Sequence[Outcome], changed: Sequence[Notice], addresses: str, file: Path | None = None,
    language: str = "en",
) -> list[str]:  # fmt: skip
    """Send what is worth a message; return what could not be delivered, in words without addresses.

    addresses    in the form of apprise, with spaces between   file    a file of more of them, one a line
    Nothing is sent when nothing failed and no conclusion changed.
    """
    if not failed and not changed:
        return []
    found, troubles = addresses_of(addresses, file)
    if not found:
        return troubles
    import apprise

    title, body = message(name, failed, changed, language)
    for number, address in enumerate(found, start=1):
        with _silent("apprise"):  # its log shows addresses whole
            sender = apprise.Apprise()
            known = sender.add(address)
            sent = known and sender.notify(title=title, body=body)
        if not known:
            troubles.append(f"Address {number} for notices is of no known kind; see the page on batches.")
        elif not sent:
            troubles.append(f"The notice could not be delivered to address {number}.")
    return troubles


@contextmanager
def _silent(logger: str) -> Iterator[None]:
    log = logging.getLogger(logger)
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def addresses_of(addresses: str, file: Path | None) -> tuple[list[str], list[str]]:
    """Return the addresses for notices, and what is wrong with where they should stand."""
    found = addresses.split()
    if file is None:
        return found, []
    try:
        return [*found, *file.read_text("utf-8").split()], []
    except (OSError, UnicodeDecodeError):
        return found, ["`notify_file` names a file that cannot be read; no notice was sent from it."]


def message(
    name: str, failed: Sequence[Outcome], changed: Sequence[Notice], language: str
) -> tuple[str, str]:
    """Return title and text of a notice."""
    parts = [_counted(len(changed), "one_conclusion", "conclusions")] if changed else []
    parts += [_counted(len(failed), "one_failed", "many_failed")] if failed else []
    lines = [said("notice.conclusion", notice=notice) for notice in changed[:TOLD]]
    lines += [
        said("notice.failed", order=one.order, error=last_line(one.error, language)) for one in failed[:TOLD]
    ]
    rest = max(0, len(changed) - TOLD) + max(0, len(failed) - TOLD)
    lines += [said("notice.more", count=rest, batch=name)] if rest else []
    told = ", ".join(part.in_(language) for part in parts)
    title = said("notice.title", batch=name, parts=told).in_(language)
    return title, "\n".join(line.in_(language) for line in lines)


def last_line(error: str, language: str) -> str:
    """Return the line of an error that says what went wrong, or what to do about it."""
    return in_language(error.splitlines()[-1], language).strip() if error else ""


def _counted(number: int, one: str, many: str) -> Said:
    return said(f"notice.{one}") if number == 1 else said(f"notice.{many}", count=number)
