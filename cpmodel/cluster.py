"""A Dask cluster as workers: reached, examined before any work, and asked so that a lost worker loses nothing."""

from __future__ import annotations

import asyncio
import functools
import logging
import pickle
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from itertools import islice
from typing import Any

import dask
from distributed import Client, KilledWorker, LocalCluster, Security, as_completed, rpc

from cpmodel.errors import BadInput, Problem, Problems, RunFailed, problems_of
from cpmodel.installation import alike, installation, other_kind, processor, unlike
from cpmodel.memory import LESS, PROCESS, free_memory, refuse_too_little_memory

LOCAL = "local"  # instead of an address: worker processes of this machine
PATIENCE = 10.0  # seconds for a scheduler to answer, and for its first worker
USABLE = 0.8  # of a worker's memory limit; beyond, Dask lets it begin no task
AHEAD = 2  # tasks sent for a thread: one in work, one waiting
DRAWS = "bokeh"  # what a scheduler needs to draw its dashboard
ROUNDING = (
    "Repeated there, the work gives the same bytes; the last digits may differ from a run on this machine. "
    "For the same bytes, say the command on a machine like theirs."
)


@dataclass(frozen=True)
class Cluster:
    """Workers behind a Dask client; see `cpmodel.compute.Workers`.

    kind    processor of the workers   most    tasks at a time; None for as many as the workers have threads
    """

    client: Client
    kind: str
    most: int | None = None
    sent: dict[int, tuple] = field(
        default_factory=dict
    )  # what is shared, by identity, with its place on the cluster

    @property
    def count(self) -> int:
        """Tasks done at a time, as things are now: workers come and go."""
        threads = sum(self.client.nthreads().values())
        return min(self.most or threads, threads)

    @property
    def where(self) -> str:
        count = len(self.client.nthreads())
        workers = f"{count} worker{'' if count == 1 else 's'} of {self.client.scheduler.address}"
        try:
            self.client.run_on_scheduler(metadata.version, DRAWS)
        except metadata.PackageNotFoundError:
            return f"{workers} (no dashboard without {DRAWS})"
        return f"{workers}, dashboard {self.client.dashboard_link}"

    def spread(self, function: Callable, tasks: Sequence, shared: tuple = ()) -> Iterator[tuple[int, Any]]:
        """Yield (place, function(*shared, task)) as tasks finish; what a lost worker had is done again by another.

        Few tasks are sent ahead, so that neither tasks nor results pile up; workers that join later get theirs. What
        is shared travels as a task of its own, once: the scheduler can make it anew wherever it was lost.
        """
        common, left, sent = [self._shared(one) for one in shared], enumerate(tasks), {}
        here = installation(), self.kind
        finished = as_completed(loop=self.client.loop)

        def begin() -> None:
            for place, task in islice(left, max(self._room() - len(sent), 0)):
                future = self.client.submit(alike, here, function, *common, task, pure=False)
                sent[future.key] = place, future
                finished.add(future)

        try:
            begin()
            for done in finished:
                place, _ = sent.pop(done.key)
                begin()
                yield place, self._result(done)
                done.release()
        finally:
            if _alive(self.client):
                self.client.cancel([future for _, future in sent.values()])

    def _room(self) -> int:
        """Return how many tasks may be on the cluster; one where all workers are lost, so that it waits for another."""
        return self.most or max(AHEAD * self.count, 1)

    def _shared(self, one: Any):
        if id(one) not in self.sent:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")  # once, not with every task
                self.sent[id(one)] = one, self.client.submit(pickle.loads, pickle.dumps(one), pure=False)
        return self.sent[id(one)][1]

    def _result(self, done: Any) -> Any:
        try:
            return done.result()
        except KilledWorker:
            why = "A task ended several workers one after another, as a rule for want of memory."
            raise RunFailed(f"{why} Give the workers more, or fewer threads (docs/scaling.md).") from None


@contextmanager
def open_cluster(
    scheduler: str, jobs: int | None, memory: float, say: Callable[[str], None]
) -> Iterator[Cluster]:
    """Reach or start a cluster, examine it, and close what was started; arguments as in `compute.open_workers`."""
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler is told below, once
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 10}),
        _client(scheduler, jobs, say) as client,
    ):
        if not client.nthreads():
            say(f"waiting for the first worker of {scheduler}, {PATIENCE:.0f} s at most")
        kind = _refuse_unfit(client, scheduler, memory)
        if kind != processor():
            say(f"the processor of the workers is {kind}, here it is {processor()}. {ROUNDING}")
        try:
            yield Cluster(client, kind, jobs)
        except Exception:  # without its scheduler the client fails in many words
            if _alive(client):
                raise
            why = f"The scheduler {scheduler} was lost in the middle of the work."
            raise RunFailed(f"{why} Start it again, and say the command again.") from None


def _alive(client: Client) -> bool:
    return client.status == "running"


@contextmanager
def _client(scheduler: str, jobs: int | None, say: Callable[[str], None]) -> Iterator[Client]:
    if scheduler == LOCAL:
        workers = LocalCluster(
            n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs="ERROR"
        )
        with workers, Client(workers, set_as_default=False) as client:
            yield client
        return
    say(f"waiting for the scheduler {scheduler}, {PATIENCE:.0f} s at most")
    _refuse_unreachable(scheduler)
    with Client(scheduler, timeout=PATIENCE, set_as_default=False) as client:
        yield client


def _refuse_unreachable(scheduler: str) -> None:
    """Raise `BadInput` unless a Dask scheduler answers; for anything else at the address a client waits without end."""
    fix = (
        "Start one with `dask scheduler`, name the address that it prints as `Scheduler at` (not its dashboard), "
        "see that no firewall is between, or say `--scheduler local`."
    )
    with ThreadPoolExecutor(1) as thread:  # the caller may have an event loop of its own, as a notebook has
        try:
            kind = thread.submit(asyncio.run, _kind_of(scheduler)).result()
            why = f"A Dask {kind.lower()} answers there, not a scheduler."
        except Exception as error:  # whatever is there may answer anything
            kind = None
            told = str(error)
            if not told or isinstance(error, MemoryError):  # its first bytes are not the length of a message
                told = "what is there speaks otherwise"
            why = f"No Dask scheduler answers there ({type(error).__name__}: {told})."
    if kind != "Scheduler":
        raise BadInput(Problem("command line", "--scheduler", scheduler, why, fix))


async def _kind_of(address: str) -> str:
    """Return what of Dask answers at an address: Scheduler, Worker or Nanny."""
    arguments = Security().get_connection_args("client")
    async with (
        asyncio.timeout(PATIENCE + 1),
        rpc(address, timeout=PATIENCE, connection_args=arguments) as there,
    ):
        return (await there.identity())["type"]


def _refuse_unfit(client: Client, scheduler: str, memory: float) -> str:
    """Return the processor of the workers; raises `BadInput` with everything that keeps them from the work."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        why, fix = "The scheduler has no workers.", f"Start one with `dask worker {scheduler}`."
        raise BadInput(Problem("command line", "--scheduler", scheduler, why, fix)) from None
    problems, here = Problems(), installation()
    for address, there in _installations(client).items():
        if isinstance(there, Exception):
            why = f"cpmodel does not start there: {type(there).__name__}: {there}"
            problems.add("command line", "--scheduler", address, why, "Install the same version there.")
            continue
        for why in unlike(here, there):
            fix = "Install the same version there, and restart it."
            problems.add("command line", "--scheduler", address, why, fix)
    kinds = _processors(client)
    kind = _common(kinds, processor())
    for address in (address for address, one in kinds.items() if one != kind):
        fix = "Keep one kind of processor in a cluster."
        problems.add("command line", "--scheduler", address, other_kind(kinds[address], kind), fix)
    fix = LESS
    if scheduler != LOCAL:
        fix = "Give each worker more (`dask worker --memory-limit`), or fewer threads (`--nthreads`)."
    for where, free, need in _memory(client, scheduler, memory):
        check = functools.partial(refuse_too_little_memory, where, free, need, "--scheduler", fix)
        problems.found += problems_of(check)
    problems.raise_if_any()
    return kind


def _installations(client: Client) -> dict[str, dict[str, str] | Exception]:
    """Return what is installed on scheduler and workers, by address; the error where cpmodel does not start."""
    address = client.scheduler.address  # it unpacks what is sent to the workers, so it needs the package too
    try:
        found = {address: client.run_on_scheduler(installation)}
    except Exception as error:  # a package that is missing there, in whatever words
        found = {address: error}
    return found | client.run(installation, on_error="return")


def _processors(client: Client) -> dict[str, str]:
    """Return the processors of the workers by address, where cpmodel starts; the scheduler computes nothing."""
    found = client.run(processor, on_error="return")
    return {address: kind for address, kind in found.items() if isinstance(kind, str)}


def _common(kinds: Mapping[str, str], here: str) -> str:
    """Return which processor the workers are to have: this machine's where one has it, else that of most."""
    found = Counter(sorted(kinds.values()))
    return here if here in found or not found else found.most_common(1)[0][0]


def _memory(client: Client, scheduler: str, memory: float) -> Iterator[tuple[str, float, float]]:
    """Yield where memory is needed, what there is, and what a task on every thread takes [bytes]."""
    workers = client.scheduler_info()["workers"]
    for address, one in workers.items():
        usable = USABLE * one["memory_limit"] if one["memory_limit"] else float("inf")
        yield f"worker {address}", usable, PROCESS + memory * one["nthreads"]
    if scheduler == LOCAL:
        yield "this machine", free_memory(), memory * sum(one["nthreads"] for one in workers.values())
