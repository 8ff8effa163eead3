"""One order printed in a process of its own, so that a crash, a hang or a full memory harms no other.

The process is forked from one that has already imported what the notebooks import (the `forkserver` of the standard
library), so it starts in milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable
from contextlib import suppress

from cpmodel.errors import CpmodelError
from cpmodel.inputs.project import HOME
from cpmodel.press.batch import Limits
from cpmodel.press.jobs import Job, Outcome

PRELOADED = "cpmodel.press.warmed"
TO_RENDER = 60.0  # seconds beyond the notebook's own limit for rendering, before the whole process is stopped


def warm_up(modules: Iterable[str]) -> None:
    """Say what the mother of all printing processes imports before the first is forked."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED, *dict.fromkeys(modules)])


def print_apart(job: Job) -> Outcome:
    """Print an order in a process of its own and return what became of it; never raises for what the brief does."""
    started = time.monotonic()
    # A Dask worker is a daemon, and the standard library forbids daemons children; ours end with their parent anyway.
    multiprocessing.current_process()._config.pop("daemon", None)
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_print, args=(job, theirs), name=job.order.id)
    process.start()
    theirs.close()
    try:
        if ours.poll(job.limits.seconds + TO_RENDER):
            return ours.recv()
        return _failed(job, started, "Rendering took too long and was stopped.")
    except EOFError:
        process.join()
        return _failed(job, started, _death(process.exitcode, job.limits))
    finally:
        ours.close()
        process.kill()
        process.join()


def _print(job: Job, pipe) -> None:
    """In the new process: print, and send what became of it."""
    from cpmodel.press.parentage import end_with_parent
    from cpmodel.press.printing import NotebookFailed, print_order

    end_with_parent()
    os.chdir(
        job.root
    )  # the mother process may have been started anywhere, on a cluster even on another machine
    os.environ[HOME] = str(job.root)
    started = time.monotonic()
    try:
        outcome = print_order(job)
    except NotebookFailed as error:
        outcome = _failed(job, started, str(error), str(error.kept))
    except MemoryError:
        text = f"Rendering needs more memory than `limits.memory_mb` allows ({job.limits.memory_mb} MB)."
        outcome = _failed(job, started, text)
    except (CpmodelError, OSError) as error:
        outcome = _failed(job, started, str(error) or type(error).__name__)
    except Exception as error:  # ours to mend; the other briefs go on
        outcome = _failed(job, started, f"{type(error).__name__}: {error}")
    with suppress(BrokenPipeError):  # whoever waited was killed; what was printed is in the store
        pipe.send(outcome)
    pipe.close()


def _death(code: int | None, limits: Limits) -> str:
    """Return why a printing process is gone; a library that is refused memory ends its process rather than say so."""
    return (
        f"The printing process ended itself (exit code {code}), as libraries do that need more memory than "
        f"`limits.memory_mb` allows ({limits.memory_mb} MB)."
    )


def _failed(job: Job, started: float, error: str, notebook: str = "") -> Outcome:
    return Outcome(job.order.id, "failed", time.monotonic() - started, error=error, notebook=notebook)
