"""What batches did, in an SQLite file: runs in the order in which they began, whatever the clock said."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cpmodel.errors import RunFailed
from cpmodel.press.apart import Outcome
from cpmodel.press.phrases import Said, kept

FILE = "history.sqlite3"
TABLES = """
create table if not exists runs (
    run integer primary key autoincrement, began text not null, ended text, process integer not null,
    printed integer not null default 0, kept integer not null default 0, skipped integer not null default 0,
    failed integer not null default 0, edition text not null default '', note text not null default '');
create table if not exists orders (
    run integer not null references runs on delete cascade, brief text not null, status text not null,
    why text not null, object text not null, seconds real not null, error text not null, notebook text not null);
create index if not exists orders_of_run on orders (run);
"""


@dataclass(frozen=True)
class Run:
    """One run of a batch; `ended` is empty while it goes on, or for ever when it was killed."""

    run: int
    began: str
    ended: str
    process: int
    printed: int
    kept: int
    skipped: int
    failed: int
    edition: str
    note: str


class History:
    """The history of one batch; opened for one run, or to be read."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.moved_aside = ""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self.connection = self._open()
        except sqlite3.DatabaseError:
            aside = self._aside()
            os.replace(self.path, aside)
            self.moved_aside = aside.name
            self.connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10)
        connection.execute("pragma foreign_keys = on")
        connection.executescript(TABLES)
        connection.execute("select count(*) from orders").fetchone()
        return connection

    def _aside(self) -> Path:
        number = 1
        while (place := self.path.with_name(f"damaged_{number}.sqlite3")).exists():
            number += 1
        return place

    def begin(self) -> int:
        """Note that a run begins, and return its number."""
        with self.connection as writing:
            done = writing.execute("insert into runs (began, process) values (?, ?)", (now(), os.getpid()))
        return int(done.lastrowid or 0)

    def add(self, run: int, outcome: Outcome, why: Iterable[Said]) -> None:
        """Note what became of one order, and why it was due."""
        row = (
            run,
            outcome.order,
            outcome.status,
            kept(why),
            outcome.object,
            outcome.seconds,
            outcome.error,
            outcome.notebook,
        )
        with self.connection as writing:
            writing.execute("insert into orders values (?, ?, ?, ?, ?, ?, ?, ?)", row)
            if outcome.status in ("printed", "kept", "failed"):
                writing.execute(
                    f"update runs set {outcome.status} = {outcome.status} + 1 where run = ?", (run,)
                )

    def end(self, run: int, skipped: int, edition: str, note: str = "") -> None:
        """Note that a run is over."""
        with self.connection as writing:
            row = (now(), skipped, edition, note, run)
            writing.execute(
                "update runs set ended = ?, skipped = ?, edition = ?, note = ? where run = ?", row
            )

    def runs(self, most: int) -> list[Run]:
        """Return the latest runs, the latest first."""
        columns = "run, began, coalesce(ended, ''), process, printed, kept, skipped, failed, edition, note"
        rows = self.connection.execute(f"select {columns} from runs order by run desc limit ?", (most,))
        return [Run(*row) for row in rows]

    def orders(self, run: int) -> list[tuple[Outcome, str]]:
        """Return what became of each order of a run, with why it was due as `phrases.reread` reads it."""
        columns = "brief, status, seconds, object, error, notebook, why"
        rows = self.connection.execute(f"select {columns} from orders where run = ? order by rowid", (run,))
        return [(Outcome(*row[:6]), row[6]) for row in rows]

    def failing(self) -> dict[str, Outcome]:
        """Return the orders whose last try failed."""
        columns = "brief, status, seconds, object, error, notebook"
        rows = self.connection.execute(f"select {columns} from orders order by rowid")
        last = {row[0]: Outcome(*row) for row in rows}
        return {order: outcome for order, outcome in last.items() if outcome.status == "failed"}

    def forget(self, keep: int) -> None:
        """Forget all but the latest runs; the last word on a brief that still fails stays."""
        with self.connection as writing:
            last = "select max(rowid) from orders group by brief"
            oldest = writing.execute(
                "select run from runs order by run desc limit 1 offset ?", (keep - 1,)
            ).fetchone()
            if oldest:
                busy = f"select run from orders where rowid in ({last}) and status = 'failed'"
                writing.execute(f"delete from runs where run < ? and run not in ({busy})", oldest)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[History]:
    """Open the history of a batch's folder and close it at the end; raises `RunFailed` when it cannot be written."""
    try:
        history = History(folder)
        try:
            yield history
        finally:
            history.close()
    except sqlite3.Error as error:
        raise RunFailed(f"The history {folder / FILE} cannot be written: {error}.") from None


def now() -> str:
    """Return the time in UTC, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
