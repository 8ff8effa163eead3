"""The compiled engine is the readable model: same numbers, whatever the block, batch or thread."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import real_world, world

from cpmodel.model import (
    averages,
    choices,
    engine,
    kernels,
    moves,
    regimes,
    service,
    sharing,
    simulate,
    tally,
    thresholds,
)
from cpmodel.model import state as s


def cut(part, n):
    """Keep the first n draws of every array of a named tuple whose last axis is draws."""
    if isinstance(part, tuple):
        kept = [cut(x, n) for x in part]
        return type(part)(*kept) if hasattr(part, "_fields") else tuple(kept)
    return part[..., :n] if isinstance(part, np.ndarray) and part.ndim and part.shape[-1] == 64 else part


WORLDS = {
    "no scheme": {"scheme": False},
    "ample": {"capacity": 1e12},
    "shared out": {"capacity": 3.0},
    "waiting": {"capacity": 3.0, "rule": "queue", "years": 4},
    "stopped each year": {"capacity": 3.0, "rule": "stop", "years": 4},
    "stopped for good": {"rule": "stop", "cap": 5.0, "years": 4},
    "waiting under a cap": {"capacity": 30.0, "rule": "queue", "cap": 20.0, "spread": 2014.0, "years": 4},
}


@pytest.mark.parametrize("name", WORLDS)
def test_engine_equals_the_readable_model(name):
    arguments = world(**WORLDS[name])
    fast, plain = engine.run(*arguments), simulate.simulate(*arguments)
    for name in s.Outputs._fields:
        rough = 1e-6 if name == "groups" else 1e-11  # groups are stored in single precision
        a, b = getattr(fast, name), getattr(plain, name)
        assert np.allclose(a, b, rtol=rough, atol=1e-13), f"{name}: {np.nanmax(np.abs(a - b))}"


def test_the_oracles_meet_every_equation_that_the_kernels_are_made_of():
    modules = [
        sys.modules[name]
        for name in sorted(sys.modules)
        if name.startswith(("cpmodel.model.", "cpmodel.finance."))
    ]
    equations = {
        one.__code__: name for m in modules for name, one in vars(m).items() if hasattr(one, "clauses")
    }
    inside = {one.py_func.__code__ for m in (kernels, moves, service, tally, averages, thresholds)
              for one in vars(m).values() if hasattr(one, "py_func")} & set(equations)  # fmt: skip
    assert len(inside) > 30
    met = set()
    real = real_world("as_decided", 16)
    soft = next(iter(regimes.packages_of(real).values())).design
    given = real.lending_rate[0], real.log_prices[0], 1, 1, "H2", real.parameters
    arguments = world(draws=16, years=1)
    sys.setprofile(lambda frame, event, _: met.add(frame.f_code))
    try:
        simulate.simulate(*arguments)
        choices.accepted(soft, *given, market=(regimes.market_in(real, 0), real.lending_rate[0]))
    finally:
        sys.setprofile(None)
    assert not {equations[code] for code in inside - met}


def test_results_do_not_depend_on_threads_or_batches():
    arguments = world(draws=64)
    alone = engine.run(*arguments, threads=1)
    both = engine.run(*arguments, threads=2)
    half = engine.run(*(cut(part, 32) for part in arguments))
    for name in s.Outputs._fields:
        assert np.array_equal(getattr(alone, name), getattr(both, name), equal_nan=True), name
        assert np.array_equal(getattr(alone, name)[..., :32], getattr(half, name), equal_nan=True), name


def test_runs_that_differ_in_money_share_all_else_to_the_same_bits():
    layout, clock, spending, *rest, years = world(draws=64)
    more = spending._replace(outreach=2.0 * spending.outreach)
    laid = engine.laid_out(layout, clock, *rest)
    for money in (spending, more, spending):
        runs = [engine.ready(laid, money, years), engine.ready(laid, more, years, s.COUNTRY, draws=20)]
        found = engine.together(runs, threads=2)
        alone = [engine.run(layout, clock, one, *rest, years) for one in (money, more)]
        for name in s.Outputs._fields:
            assert np.array_equal(getattr(found[0], name), getattr(alone[0], name), equal_nan=True), name
        assert np.array_equal(found[1].flows, alone[1].flows[..., :32])
    assert not np.array_equal(alone[0].nation, alone[1].nation)
    assert 1 <= len(laid.free) <= 4  # of two runs on two threads: handed on from round to round


@given(blocks=st.integers(1, 2000), threads=st.integers(1, 64))
def test_every_block_is_run_once_and_threads_end_together(blocks, threads):
    parts = sharing.parts_of(blocks, threads)
    assert [block for first, last in parts for block in range(first, last)] == list(range(blocks))
    lengths = [last - first for first, last in parts]
    assert lengths == sorted(lengths, reverse=True) and lengths[-1] == 1
    assert max(lengths) <= max(1, blocks / (2 * threads))


def test_a_run_keeps_the_same_sums_of_the_groups_that_it_keeps():
    arguments = world(draws=32, years=3)
    country, usual, crossed = (engine.run(*arguments, sums=sums) for sums in s.SUMS)
    assert country.groups.shape[1] == 1 < usual.groups.shape[1] < crossed.groups.shape[1]
    for less, more in ((country, usual), (usual, crossed)):
        for name in s.Outputs._fields:
            kept = getattr(more, name)[:, : less.groups.shape[1]] if name == "groups" else getattr(more, name)
            assert np.array_equal(getattr(less, name), kept, equal_nan=True), name


@pytest.mark.law("II.2.a.1", "II.2.b.1")
def test_shares_stay_shares_and_the_three_stages_sum_to_one():
    out = engine.run(*world(years=6))
    assert out.bounds[0].min() > -1e-9 and out.bounds[1].max() < 1 + 1e-9
    assert out.worst_balance.max() < 1e-10


PRINT_DIGEST = """
import hashlib, numpy as np
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import batches
found = batches.run(load(resolve("as_decided", overrides={"draws": 32, "resolution": "explorer"})))
digest = hashlib.sha256()
for group in (found.offers, found.outputs):
    for one in group.values():
        for values in one:
            digest.update(np.ascontiguousarray(values).tobytes())
print(digest.hexdigest())
"""


def test_a_kernel_from_the_cache_gives_the_bits_of_one_just_compiled(tmp_path):
    around = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", PRINT_DIGEST]
    first, again = (
        subprocess.run(command, env=around, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert len(list(tmp_path.glob("kernels/*.kept"))) == 2  # the tables and the engine, one kind of each
    assert first == again and len(first.strip()) == 64
