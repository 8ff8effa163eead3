"""A Dask cluster as workers: reached, examined before any work, and asked so that a lost worker loses nothing."""

from __future__ import annotations

import hashlib
import pickle
import platform
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed

from cpmodel.errors import BadInput, Problem, Problems
from cpmodel.memory import refuse_too_little_memory

LOCAL = "local"
PATIENCE = "10s"  # for a scheduler to answer
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "numba",
    "llvmlite",
    "statsmodels",
)  # they may move the last bits of a result


@dataclass(frozen=True)
class Cluster:
    """Workers behind a Dask client; see `cpmodel.compute.Workers`."""

    client: Client
    count: int
    sent: dict[int, tuple] = field(
        default_factory=dict
    )  # what is shared, by identity, with its place on the cluster

    @property
    def where(self) -> str:
        return (
            f"{self.count} workers of {self.client.scheduler.address}, dashboard {self.client.dashboard_link}"
        )

    def spread(self, function: Callable, tasks: Sequence, shared: tuple = ()) -> Iterator[tuple[int, Any]]:
        """Yield (place, function(*shared, task)) as tasks finish; what a lost worker had is done again by another.

        What is shared travels as a task of its own, once: the scheduler can make it anew wherever it was lost.
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            common = [self._shared(one) for one in shared]
            futures = [self.client.submit(function, *common, task, pure=False) for task in tasks]
        places = {future.key: place for place, future in enumerate(futures)}
        try:
            for done in as_completed(futures):
                yield places[done.key], done.result()
                futures[places[done.key]] = None
                done.release()
        finally:
            self.client.cancel([future for future in futures if future is not None])

    def _shared(self, one: Any):
        if id(one) not in self.sent:
            self.sent[id(one)] = one, self.client.submit(pickle.loads, pickle.dumps(one), pure=False)
        return self.sent[id(one)][1]


@contextmanager
def open_cluster(scheduler: str, jobs: int | None, memory: float) -> Iterator[Cluster]:
    """Reach or start a cluster, examine it, and close what was started; arguments as in `compute.open_workers`."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 10}), _client(scheduler, jobs) as client:
        _refuse_unfit(client, scheduler, memory)
        yield Cluster(client, sum(one["nthreads"] for one in _workers(client).values()))


@contextmanager
def _client(scheduler: str, jobs: int | None) -> Iterator[Client]:
    if scheduler == LOCAL:
        workers = LocalCluster(
            n_workers=jobs, threads_per_worker=1, dashboard_address=":0", silence_logs="ERROR"
        )
        with workers, Client(workers) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        why = f"No Dask scheduler answers there ({type(error).__name__}: {error})."
        fix = (
            "Start one with `dask scheduler`, check the address and the firewall, or say `--scheduler local`."
        )
        raise BadInput(Problem("command line", "--scheduler", scheduler, why, fix)) from None
    with client:
        yield client


def _workers(client: Client) -> dict[str, dict]:
    return client.scheduler_info(n_workers=-1)["workers"]


def _refuse_unfit(client: Client, scheduler: str, memory: float) -> None:
    """Raise `BadInput` with everything that keeps the workers from giving the results of this machine."""
    problems, workers = Problems(), _workers(client)
    if not workers:
        why, fix = "The scheduler has no workers.", f"Start one with `dask worker {scheduler}`."
        raise BadInput(Problem("command line", "--scheduler", scheduler, why, fix))
    here = installation()
    for address, there in client.run(installation, on_error="return").items():
        if isinstance(there, Exception):
            why, fix = f"cpmodel does not start on this worker: {there}", "Install the same version there."
            problems.add("command line", "--scheduler", address, why, fix)
            continue
        for name in [name for name in here if there.get(name) != here[name]]:
            why = (
                f"Its {name} is {there.get(name)}, here it is {here[name]}; results would not be comparable."
            )
            problems.add(
                "command line", "--scheduler", address, why, "Install the same version there, and restart it."
            )
    for address, one in workers.items():
        try:
            need = memory * one["nthreads"]
            refuse_too_little_memory(
                f"worker {address}", one["memory_limit"] or float("inf"), need, "--scheduler"
            )
        except BadInput as error:
            problems.extend(error)
    problems.raise_if_any()


def installation() -> dict[str, str]:
    """Return what results depend on: Python, the code of this package, and the libraries that compute."""
    digest, package = hashlib.sha256(), Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    found = {"python": platform.python_version(), "cpmodel code": digest.hexdigest()[:12]}
    return found | {name: metadata.version(name) for name in LIBRARIES}
