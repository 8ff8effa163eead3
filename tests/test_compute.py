"""Tasks come back whole, whoever does them: threads, a cluster, a cluster that loses a worker."""

import os
import pkgutil
import re
import signal
import time
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster

from cpmodel import cluster, installation
from cpmodel.analysis.design_mixes import candidates
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.design_runs import make_bench, run_mix
from cpmodel.calibration.predictions import replay
from cpmodel.calibration.rank_check import on_trial, ranks
from cpmodel.compute import Threads, in_order, open_workers, spread
from cpmodel.errors import BadInput, RunFailed
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.load import load
from cpmodel.inputs.messages import in_language
from cpmodel.inputs.overlay import resolve


class Python399:
    """What tells of this installation as if it had another Python; on its way to a worker it is itself again."""

    def __init__(self, itself):
        self.itself = itself

    def __call__(self):
        return self.itself() | {"python": "3.99.0"}

    def __reduce__(self):
        return pkgutil.resolve_name, ("cpmodel.cluster:installation",)


def scaled(factor, number):
    time.sleep(0.1)
    return os.getpid(), factor * number


def failing(number):
    if number == 3:
        raise RuntimeError("task 3 failed")
    return number


@pytest.fixture(scope="module")
def local():
    with open_workers("local", 2) as workers:
        yield workers


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_bring_every_result_with_its_place(threads):
    found = dict(spread(failing, [0, 10, 20, 5], Threads(threads)))
    assert found == {0: 0, 1: 10, 2: 20, 3: 5}
    assert list(in_order(iter([(2, "c"), (0, "a"), (1, "b")]))) == ["a", "b", "c"]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failed_task_is_told(threads):
    with pytest.raises(RuntimeError, match="task 3"):
        list(spread(failing, range(6), Threads(threads)))


def test_a_killed_worker_loses_nothing(local):
    found, killed = {}, None
    for place, (process, value) in spread(scaled, range(24), local, (7,)):
        assert place not in found
        found[place] = value
        if killed is None:
            killed = process
            os.kill(process, signal.SIGKILL)
    assert found == {place: 7 * place for place in range(24)}


def test_a_failed_task_on_a_cluster_is_told(local):
    with pytest.raises(RuntimeError, match="task 3"):
        list(spread(failing, range(6), local))


def test_a_scheduler_reached_by_its_address_spreads_as_many_tasks_as_are_asked_for(local):
    with open_workers(address(local), jobs=1) as workers:
        assert workers.count == 1
        assert list(in_order(spread(failing, [5, 0, 7], workers))) == [5, 0, 7]


def test_everything_that_keeps_workers_from_the_work_is_told_at_once_in_both_languages(local, monkeypatch):
    monkeypatch.setattr(cluster, "installation", Python399(cluster.installation))
    workers = set(local.client.nthreads())
    with pytest.raises(BadInput, match=r"here it is 3\.99\.0; results would not be comparable") as told:
        cluster._refuse_unfit(local.client, "local", 1e15)
    problems = told.value.problems
    assert {problem.found for problem in problems if "needed" not in problem.found} == workers
    assert (
        sum("needed" in problem.found for problem in problems) == len(workers) + 1
    )  # and this machine's memory
    assert not re.search(r"results|needed|worker tcp|machine|Install", in_language(str(told.value), "vi"))


def test_a_worker_that_joins_later_and_differs_cannot_take_part():
    here, kind = installation.installation(), installation.processor()
    assert installation.alike((here, kind), failing, 2) == 2
    for asked in ((here | {"numba": "0.1"}, kind), (here, "z80")):
        with pytest.raises(RunFailed, match="has joined") as told:
            installation.alike(asked, failing, 2)
        assert not re.search(r"joined|results|decide", in_language(str(told.value), "vi"))


def pretend(kind):
    """Make a worker one of another processor; None makes it itself again."""
    told = cluster.processor if kind is None else lambda: kind
    installation.processor = told


@pytest.fixture
def kinds(local):
    """Give the workers processors, in the order of their addresses."""
    local.client.wait_for_workers(2, timeout=30)  # one that was killed comes back
    yield lambda *names: [
        local.client.run(pretend, one, workers=[address])
        for address, one in zip(sorted(local.client.nthreads()), names, strict=True)
    ]
    local.client.run(pretend, None)


def test_workers_of_one_kind_may_differ_from_this_machine_and_it_is_said_before_the_work(local, kinds):
    told = []
    kinds("z80", "z80")
    with open_workers(address(local), say=told.append) as workers:
        assert list(in_order(spread(failing, [5, 0], workers))) == [5, 0]
    waiting, other = told
    assert waiting == f"waiting for the scheduler {address(local)}, 10 s at most"
    assert f"the workers is z80, here it is {installation.processor()}. " in other and "same bytes" in other
    assert not re.search(r"waiting|workers|bytes|machine", in_language(f"a: {waiting}\na: {other}", "vi"))


@pytest.mark.parametrize("mine", [True, False])
def test_workers_of_several_kinds_are_refused_since_chance_would_decide_the_last_digits(local, kinds, mine):
    kinds(installation.processor() if mine else "8086", "z80")
    with pytest.raises(BadInput, match="who does a task would decide") as told, open_workers(address(local)):
        pass
    (problem,) = told.value.problems
    assert problem.found in local.client.nthreads() and problem.why.startswith(
        "Its processor is z80, that of"
    )
    assert not re.search(r"digits|Keep", in_language(str(told.value), "vi"))


def test_a_scheduler_without_workers_is_waited_for_aloud(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    told = []
    with LocalCluster(n_workers=0, dashboard_address=None) as empty:
        where = empty.scheduler_address
        with pytest.raises(BadInput, match="has no workers"), open_workers(where, say=told.append):
            pass
    assert [line.split(",")[0] for line in told] == [
        f"waiting for the scheduler {where}", f"waiting for the first worker of {where}",
    ]  # fmt: skip


def test_too_little_memory_is_refused_before_the_work(local):
    for where in (address(local), None):
        with pytest.raises(BadInput, match="GiB needed"), open_workers(where, memory=1e15):
            pass


@pytest.mark.parametrize(
    "where", ["tcp://127.0.0.1:1", "nowhere", "tcp://no.such.host.invalid:8786", "http://a:1"]
)
def test_a_scheduler_that_does_not_answer_is_refused(where, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    told = []
    with pytest.raises(BadInput, match="No Dask scheduler answers"), open_workers(where, say=told.append):
        pass
    assert told[0].startswith(f"waiting for the scheduler {where}, ")


def test_what_answers_and_is_no_scheduler_is_refused(local, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    worker, page = next(iter(local.client.nthreads())), local.client.dashboard_link
    with pytest.raises(BadInput, match="A Dask worker answers"), open_workers(worker):
        pass
    with pytest.raises(BadInput, match="No Dask scheduler"), open_workers(f"tcp://{urlsplit(page).netloc}"):
        pass


def test_a_scheduler_lost_in_the_middle_is_told():
    with pytest.raises(RunFailed, match="was lost"), open_workers("local", 1) as workers:
        for _ in spread(scaled, range(50), workers, (7,)):
            workers.client.cluster.close()


def test_a_cluster_without_dask_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cpmodel.cluster", None)
    with pytest.raises(BadInput, match=r"cpmodel\[scale\]"), open_workers("local"):
        pass


def address(local):
    return local.client.scheduler.address


def test_particles_on_a_cluster_have_the_likelihood_of_this_machine(local):
    scenario = resolve("as_decided", overrides={"resolution": "explorer"})
    told = replay(scenario, on_trial(scenario, 2015), 256)
    z = np.random.default_rng(1).standard_normal((512, len(told.coordinates)))
    label = np.repeat([0, 1], 256)
    assert np.array_equal(told.log_likelihood(label, z), told.log_likelihood(label, z, local))


def test_mixes_on_a_cluster_that_loses_a_worker_are_those_of_this_machine(local):
    inputs = load(resolve("as_decided", overrides={"resolution": "explorer"}))
    bench = make_bench(inputs, Fidelity(32).coarse(), 1, 2020, "adoption_strict", 2010.0)
    kinds = ("soft_loan", "grant")
    mixes = candidates(read_design_space(), kinds, 6, 1, 2010.0, inputs.catalogue).mixes[:6]
    found, workers = {}, list(local.client.scheduler_info(n_workers=-1)["workers"])
    for place, result in spread(run_mix, mixes, local, (bench,)):
        if not found:
            os.kill(local.client.run(os.getpid, workers=workers[:1])[workers[0]], signal.SIGKILL)
        found[place] = result
    for place, mix in enumerate(mixes):
        here, there = run_mix(bench, mix), found[place]
        for name in ("fiscal_npv", "adoption", "claims"):
            for variant in inputs.scenario.variants:
                assert np.array_equal(getattr(here, name)[variant], getattr(there, name)[variant])


def test_replicates_of_a_rank_check_on_a_cluster_are_those_of_this_machine(local):
    scenario = resolve("as_decided")
    quick = tuple(one for one in on_trial(scenario) if one.kind == "selected")
    here, there = (ranks(scenario, quick, range(2), 256, workers=workers) for workers in (None, local))
    pd.testing.assert_frame_equal(here, there)
