"""Independent tasks done on the threads of this machine or by the workers of a Dask cluster, through one function.

`spread(function, tasks, workers)` gives every result with the place of its task, as they finish. A task says all
that it needs, so that whoever does it, and however often, the result is the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from cpmodel.errors import BadInput, Problem
from cpmodel.memory import free_memory, refuse_too_little_memory


class Workers(Protocol):
    """Whoever does the tasks: `Threads` here, or a `cpmodel.cluster.Cluster`.

    count    tasks done at a time   where    in words, for the user
    """

    count: int
    where: str

    def spread(
        self, function: Callable, tasks: Sequence, shared: tuple = ()
    ) -> Iterator[tuple[int, Any]]: ...


@dataclass(frozen=True)
class Threads:
    """Threads of this process: for work that leaves the interpreter, in compiled kernels or in other processes."""

    count: int

    @classmethod
    def every(cls) -> Threads:
        """As many as this machine has cores."""
        return cls(os.cpu_count() or 1)

    @property
    def where(self) -> str:
        return f"{self.count} thread{'s' if self.count > 1 else ''} of this machine"

    def spread(self, function: Callable, tasks: Sequence, shared: tuple = ()) -> Iterator[tuple[int, Any]]:
        """Yield (place, function(*shared, task)) as tasks finish; what has not begun is dropped when the caller stops."""
        if self.count == 1:
            yield from ((place, function(*shared, task)) for place, task in enumerate(tasks))
            return
        pool, left, places = ThreadPoolExecutor(self.count), enumerate(tasks), {}

        def begin(most: int) -> None:
            """Begin some more tasks: few ahead, so that neither tasks nor results pile up."""
            for place, task in islice(left, most):
                places[pool.submit(function, *shared, task)] = place

        try:
            begin(2 * self.count)
            while places:
                done, _ = wait(places, return_when=FIRST_COMPLETED)
                while done:
                    one = done.pop()
                    begin(1)
                    yield places.pop(one), one.result()
                    del one  # nobody else keeps the result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def open_workers(
    scheduler: str | None = None, jobs: int | None = None, memory: float = 0.0,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Workers]:  # fmt: skip
    """Open who does the work: threads when `scheduler` is None, a Dask cluster otherwise.

    scheduler    address of a Dask scheduler (`tcp://host:8786`), or `local`: worker processes on this machine
    jobs    tasks at a time; default: all cores, or all that the cluster offers
    memory    what one task needs [bytes], 0 when unknown
    say    told whom it waits for, and when the workers may round otherwise than this machine
    Raises BadInput, before any work, when the scheduler cannot be reached, a worker differs from this installation,
    workers differ in their processors, or memory is too small.
    """
    if scheduler is None:
        yield threads_for(jobs, memory)
        return
    try:
        from cpmodel.cluster import open_cluster
    except ModuleNotFoundError as missing:
        why = f"Work is spread by Dask distributed, and `{missing.name}` is not installed."
        fix = "Install it with `pip install cpmodel[scale]`, or leave the option out."
        raise BadInput(Problem("command line", "--scheduler", scheduler, why, fix)) from None
    with open_cluster(scheduler, jobs, memory, say) as cluster:
        yield cluster


def threads_for(jobs: int | None, memory: float) -> Threads:
    """Return threads of this machine, as in `open_workers`; raises `BadInput` where so many tasks lack memory."""
    threads = Threads(jobs) if jobs else Threads.every()
    refuse_too_little_memory("this machine", free_memory(), memory * threads.count, "--scheduler")
    return threads


def spread(
    function: Callable, tasks: Sequence, workers: Workers | None = None, shared: tuple = ()
) -> Iterator[tuple[int, Any]]:
    """Yield (place, function(*shared, task)) for every task, as they finish; a failed task raises where it is met.

    workers    from `open_workers`; default: this process, one task after the other
    shared    what all tasks need alike, brought to each worker once
    Function, tasks and results must be picklable to go to a cluster.
    """
    return (workers or Threads(1)).spread(function, tasks, shared)


def in_order(found: Iterator[tuple[int, Any]]) -> Iterator[Any]:
    """Yield the results of `spread` in the order of their tasks, each as soon as those before it are there."""
    waiting, turn = {}, 0
    for place, result in found:
        waiting[place] = result
        while turn in waiting:
            yield waiting.pop(turn)
            turn += 1
