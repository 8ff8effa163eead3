"""Kernels called without the compiler: numba's own bits, made once, made again when damaged, whoever compiles them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from tiny_kernel import Pair, weigh

from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import native
from cpmodel.model.averages import fill_tables
from cpmodel.model.ensemble import make_offers, make_world
from cpmodel.model.inlining import EQUATIONS

SMALL = {"draws": 16, "resolution": "explorer"}
TINY = "tiny_kernel.weigh"
FIRST = """
import sys
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import batches
batches.run(load(resolve("as_decided", overrides={"draws": 16, "resolution": "explorer"})))
print(sorted({"numba", "statsmodels", "matplotlib"} & set(sys.modules)))
"""


@pytest.fixture()
def empty(tmp_path, monkeypatch) -> Path:
    """Let kernels be kept in a folder of the test's own, and be found beside the tests."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    native._loaded.cache_clear()
    yield tmp_path
    native._loaded.cache_clear()


@pytest.fixture(scope="module")
def market() -> tuple:
    """Return the arguments of a run's first call of the kernel of acceptance tables: what the market's terms are."""
    found, plain = [], native.bound

    def bound(kernel, leading, *arguments):
        found.append(arguments)
        return plain(kernel, leading, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "bound", bound)
        make_offers(make_world(load(resolve("as_decided", overrides=SMALL))), "H2", threads=1)
    return found[0]


def arguments(rows: int = 5, columns: int = 3) -> tuple:
    draw = np.random.default_rng(7).normal
    records = np.zeros(rows, np.dtype([("whole", np.int64), ("parts", float, (2,))], align=True))
    records["whole"], records["parts"] = np.arange(rows), draw(size=(rows, 2))
    deep = draw(size=1), draw(size=(columns, rows, 1))
    small = draw(size=(rows, columns)).astype(np.float32)
    return (
        0.3,
        records,
        Pair(draw(size=(rows, columns)), draw(size=columns)),
        deep,
        small,
        np.zeros((rows, columns)),
    )


def as_python(first: int, last: int, by: float, records: np.ndarray, *rest) -> None:
    weigh.py_func(first, last, by, records.view(np.recarray), *rest)


def test_a_kernel_does_what_its_python_says(empty):
    told, plain = arguments(), arguments()
    native.bound(TINY, 2, *told)(1, 4)
    as_python(1, 4, *plain)
    assert np.allclose(told[-1], plain[-1], rtol=1e-12, atol=0)
    assert told[-1][1:4].all() and not told[-1][[0, 4]].any()


def test_tables_have_the_bits_of_numba_s_own_call(market):
    *rest, shares, tables = market
    own = np.zeros_like(shares), (np.zeros_like(tables[0]),) * 4
    njit(**EQUATIONS)(fill_tables.py_func)(0, 1, *rest, *own)
    assert np.array_equal(own[0], shares) and np.array_equal(own[1][0], tables[0])
    assert shares.any()


@pytest.mark.parametrize("damage", [lambda code: code[: len(code) // 2], lambda code: code[:-99] + bytes(99)])
def test_a_damaged_kernel_is_made_anew(empty, damage):
    told, again = arguments(), arguments()
    native.bound(TINY, 2, *told)(0, 5)
    (file,) = (empty / "kernels").glob("*.kept")
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    native._loaded.cache_clear()
    native.bound(TINY, 2, *again)(0, 5)
    assert np.array_equal(told[-1], again[-1])
    assert file.read_bytes() == whole


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false", "/bin/true"])
def test_a_kernel_is_compiled_here_where_no_other_process_can(empty, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    told, plain = arguments(), arguments()
    native.bound(TINY, 2, *told)(0, 5)
    as_python(0, 5, *plain)
    assert np.allclose(told[-1], plain[-1], rtol=1e-12, atol=0)


def test_arrays_of_another_order_are_refused(empty):
    *told, out = arguments()
    with pytest.raises(ValueError, match="C-ordered"):
        native.bound(TINY, 2, *told, np.asfortranarray(out))


def test_code_for_another_processor_is_not_taken_up(monkeypatch):
    plain = native.code_key.__wrapped__
    own = plain()
    assert plain() == own
    monkeypatch.setattr(native.llvm, "get_host_cpu_name", lambda: "another")
    assert plain() != own


def test_a_run_with_kept_kernels_never_loads_the_compiler(market):
    found = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
