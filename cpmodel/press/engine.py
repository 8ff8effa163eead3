"""A papermill engine without a kernel: the cells run in a fork of this process, which has imported what they import.

Registered as `cpmodel` under the entry point `papermill.engine`, so `papermill --engine cpmodel` uses it as well. It keeps
papermill's life of a notebook (every cell started, ended and saved) and leaves the same outputs as a kernel. What the
notebook does to its process ends with it: a crash, a hang, or memory beyond the limit is an error of the cell.
"""

from __future__ import annotations

import functools
import importlib
import io
import math
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from ipykernel.ipkernel import IPythonKernel
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines

from cpmodel.press.notebook import imported
from cpmodel.press.parentage import end_with_parent

NAME = "cpmodel"
MEGABYTE = 1024 * 1024


def register() -> str:
    """Make the engine known to papermill in this process, also where no entry point was installed; return its name."""
    papermill_engines.register(NAME, ForkedEngine)
    return NAME


class ForkedEngine(Engine):
    """Runs the cells of a notebook in one fork of the calling process."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man,
        kernel_name,
        execution_timeout: float | None = None,
        notebook_timeout: float | None = None,
        memory_mb: int | None = None,
        **kwargs,
    ) -> None:
        """Run every cell and record it; the first error ends the notebook, and papermill tells it.

        execution_timeout, notebook_timeout    seconds that one cell, and all of them, may take
        memory_mb                              memory beyond that of the calling process
        The files read go into the notebook's metadata, as `papermill.files_read`.
        """
        for name in imported([cell.source for cell in nb_man.nb.cells if cell.cell_type == "code"]):
            with suppress(Exception):  # the notebook meets the same error, and tells it in its cell
                importlib.import_module(name)
        fork = multiprocessing.get_context("fork")
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_serve, args=(theirs, memory_mb))
        process.start()
        theirs.close()
        end = time.monotonic() + (notebook_timeout or math.inf)
        try:
            _run_all(nb_man, ours, process, execution_timeout or math.inf, end)
        finally:
            ours.close()
            process.kill()
            process.join()


def _run_all(nb_man, pipe: Connection, process, limit: float, end: float) -> None:
    nb_man.nb.metadata.language_info = dict(IPythonKernel.language_info)
    for index, cell in enumerate(nb_man.nb.cells):
        nb_man.cell_start(cell, index)
        failed = False
        if cell.cell_type == "code" and cell.source.strip():
            cell.execution_count, cell.outputs = _answer(pipe, process, cell.source, limit, end)
            failed = any(output.output_type == "error" for output in cell.outputs)
        if failed:
            nb_man.cell_exception(cell, cell_index=index)
        nb_man.cell_complete(cell, cell_index=index)
        if failed:
            return
    with suppress(EOFError, OSError):
        pipe.send(None)
        nb_man.nb.metadata.papermill["files_read"] = pipe.recv()


def _answer(
    pipe: Connection, process, source: str, limit: float, end: float
) -> tuple[int | None, list[NotebookNode]]:
    """Return what a cell gave: (execution count, outputs); a hang and a death are outputs of kind error."""
    started = time.monotonic()
    patience = max(0.0, min(limit, end - started))
    try:
        pipe.send(source)
        if pipe.poll(None if patience == math.inf else patience):
            return pipe.recv()
        process.kill()
        text = f"stopped after {time.monotonic() - started:.0f} seconds in this cell: its time was over"
        return None, [_error("TimeoutError", text)]
    except (EOFError, OSError):
        process.join()
        return None, [_error("ProcessDied", _cause_of_death(process.exitcode))]


def _cause_of_death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"the process of the notebook was ended by {name}" + (
            ", as the system does when memory runs out" if -code == signal.SIGKILL else ""
        )
    return f"the process of the notebook ended itself with exit code {code}"


def _error(name: str, text: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _serve(pipe: Connection, memory_mb: int | None) -> None:
    """Run the cells that come through the pipe, in one IPython session, until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that waits for us answers for both
    end_with_parent()
    sys.stdin = io.StringIO()
    shell = _shell()
    read: set[str] = set()
    sys.addaudithook(functools.partial(_note_reading, read))
    with suppress(EOFError, OSError), limited_memory(memory_mb):
        while (source := pipe.recv()) is not None:
            pipe.send(shell.answer(source))
        pipe.send(sorted(read))


def _note_reading(read: set[str], event: str, arguments: tuple) -> None:
    """Add the path of a file that is opened for reading, or of a folder that is listed."""
    if event == "open":
        path, mode, flags = arguments
        writes = (flags or 0) & (os.O_WRONLY | os.O_RDWR) or set(mode or "") & set("wax+")
    elif event in ("os.listdir", "os.scandir"):
        path, writes = arguments[0], False
    else:
        return
    if isinstance(path, str | os.PathLike) and not writes:
        read.add(os.path.abspath(os.fspath(path)))


@contextmanager
def limited_memory(megabytes: int | None) -> Iterator[None]:
    """Let this process take at most so much memory more than it has; beyond it, Python raises MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    if megabytes is not None:
        with open("/proc/self/statm") as told:
            held = int(told.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + megabytes * MEGABYTE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _shell():
    """Return a fresh IPython session that keeps outputs as a kernel would send them."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from cpmodel.press.session import Session

    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    with tempfile.TemporaryDirectory(
        prefix="cpmodel_session_"
    ) as folder:  # a session wants one only to begin
        return Session.instance(config=config, ipython_dir=folder)
