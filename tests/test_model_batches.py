"""A run in batches is the run in one piece, to the bit: on threads, in a file, on a cluster that loses a worker."""

import os
import signal

import numpy as np
import pytest
from worlds import real_world

from cpmodel.compute import Threads, open_workers
from cpmodel.errors import BadInput
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import batches
from cpmodel.model import state as s
from cpmodel.model.ensemble import make_offers, run_variant

DRAWS = 100


@pytest.fixture(scope="module")
def whole():
    """The run in one piece, by variant: acceptance tables and outputs."""
    world = real_world("as_decided", DRAWS)
    found = {}
    for variant in ("H1", "H2"):
        offers = make_offers(world, variant)
        found[variant] = offers, run_variant(world, offers, variant)
    return world.inputs, found


def same(ensemble, found):
    for variant, (offers, out) in found.items():
        for name in s.Outputs._fields:
            a, b = getattr(ensemble.outputs[variant], name), getattr(out, name)
            assert np.array_equal(a, b, equal_nan=True), (variant, name)
        for name in s.Offers._fields:
            assert np.array_equal(getattr(ensemble.offers[variant], name), getattr(offers, name)), (
                variant,
                name,
            )


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_on_threads_are_the_whole(whole, threads, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 32)
    told = []
    same(batches.run(whole[0], told.append, Threads(threads)), whole[1])
    assert len(told) == 8 and told[-1].endswith("100%")


def test_what_crowds_the_memory_is_the_same_in_a_file(whole, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 64)
    monkeypatch.setattr(batches, "IN_MEMORY", 0)
    found = batches.run(whole[0])
    assert all(isinstance(out.groups, np.memmap) for out in found.outputs.values())
    same(found, whole[1])


def test_a_cluster_that_loses_a_worker_brings_the_whole(whole, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 16)
    with open_workers("local", 2) as workers:
        alive = list(workers.client.run(os.getpid).values())

        def kill_one(_):
            if len(alive) == 2:
                os.kill(alive.pop(), signal.SIGKILL)

        found = batches.run(whole[0], kill_one, workers)
        assert len(alive) == 1
    same(found, whole[1])


def test_first_draws_of_a_world_are_those_draws(whole):
    world = real_world("as_decided", DRAWS)
    few = batches.of_draws(world, 32)
    assert few.draws == 32 == few.inputs.scenario.draws
    out = run_variant(few, batches.offers_of_draws(whole[1]["H2"][0], 32), "H2")
    assert np.array_equal(out.groups, whole[1]["H2"][1].groups[..., :32])


def test_a_run_too_large_for_this_machine_is_refused_before_the_work(monkeypatch):
    inputs = load(resolve("as_decided", overrides={"draws": 10_000, "resolution": "full"}))
    memory, files = batches.room_of_a_run(inputs)
    assert (
        0.2e9 < memory < 0.4e9
    )  # national table 0.09, flows and stocks of the nation 0.13, drivers and parameters 0.04
    assert 1.1e9 < files < 1.4e9
    batches.refuse_too_large(inputs)
    monkeypatch.setattr(batches, "free_memory", lambda: memory / 2)
    with pytest.raises(BadInput, match="MiB free on this machine"):
        batches.refuse_too_large(inputs)
    monkeypatch.setattr(batches, "free_memory", lambda: 2 * memory)
    monkeypatch.setattr(batches.shutil, "disk_usage", lambda path: type("Usage", (), {"free": files / 2}))
    with pytest.raises(BadInput, match="TMPDIR"):
        batches.refuse_too_large(inputs)


def test_what_a_run_is_said_to_need_is_what_it_holds(whole):
    inputs, found = whole
    memory, files = batches.room_of_a_run(inputs)
    kept = sum(values.nbytes for _, out in found.values() for values in out)
    assert files == 0 and kept < memory < 6 * kept
