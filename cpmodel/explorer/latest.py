"""Work for a user who keeps moving: the newest move is worked on, older ones that still wait are dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Request = TypeVar("Request")


class Latest(Generic[Request]):
    """One worker, and a place where the newest move waits behind the questions that were put to be answered.

    work    called with a request, on the worker's thread; it may ask `stale()` to stop early. It must not raise.
    """

    def __init__(self, work: Callable[[Request], None]) -> None:
        self._work = work
        self._waiting: list[tuple[bool, Request]] = []
        self._wake = threading.Condition()
        self._busy = self._ended = False
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def ask(self, request: Request, keep: bool = False) -> None:
        """Ask for a request to be worked on; it replaces the move that waits. `keep`: nothing replaces this one."""
        with self._wake:
            if self._ended:
                return
            kept = [(kept, waiting) for kept, waiting in self._waiting if kept]
            self.dropped += len(self._waiting) - len(kept)
            self._waiting = [*kept, (keep, request)]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="explorer", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def stale(self) -> bool:
        """True when something newer waits or nobody does, so that slow work on the present state should end."""
        return bool(self._waiting) or self._ended

    def end(self) -> None:
        """Drop what waits and let the worker go; nothing that is asked later is worked on."""
        with self._wake:
            self._ended, self._waiting = True, []
            self._wake.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing waits and nothing is worked on; False when that takes longer."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._busy and not self._waiting, seconds)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._ended)
                if self._ended:
                    return
                _, request = self._waiting.pop(0)
                self._busy = True
            try:
                self._work(request)
            finally:
                with self._wake:
                    self._busy = False
                    self._wake.notify_all()
