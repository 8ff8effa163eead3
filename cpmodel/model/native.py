"""Compiled kernels as machine code that is kept from one start to the next, and called without the compiler.

A kernel is compiled once for its sources, the libraries, the processor and the kinds of its arguments, by a process of
its own: several are compiled side by side, and whoever only calls them never loads the compiler, which takes longer
than a run. LLVM links the code. It reads its arguments, taken apart into words as numba has it, from an array: to hand
over hundreds of words one by one would take longer than a block of draws.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np

from cpmodel.kept import cache_folder, content_key, kept

PACKAGE = Path(__file__).parents[1]
ENTRY = "called_with_words"  # the name of the function that reads the words
Kind = type | tuple  # of a number; of an array: dtype and axes; of a tuple: its class and the kinds in it


@dataclass(frozen=True)
class Told:
    """Arguments of a kernel, taken apart: as long as their addresses are used."""

    kinds: tuple[Kind, ...]
    words: list[int]
    arguments: tuple


def told(*arguments) -> Told:
    """Take arguments of a kernel apart, to hand them over more than once; they may be so already in part."""
    parts = [one if isinstance(one, Told) else Told((kind_of(one),), words_of(one), one) for one in arguments]
    kinds = tuple(kind for part in parts for kind in part.kinds)
    return Told(kinds, [word for part in parts for word in part.words], arguments)


def bound(kernel: str, leading: int, *arguments) -> Callable[..., None]:
    """Return a kernel that takes only its `leading` whole numbers, the other arguments being told.

    kernel    its dotted name   arguments    numbers, C-ordered arrays that the kernel may change, tuples of these, and
    what `told` returns for several
    The interpreter is free for other threads while a kernel runs; each thread that runs one asks for its own.
    """
    given = told(*arguments)
    function = _loaded(kernel, (*(int,) * leading, *given.kinds))
    result = array("q", [0, 0])  # numba writes what is returned, and what was raised
    places = result.buffer_info()[0], result.buffer_info()[0] + result.itemsize
    words = array("q", [*places, *(0,) * leading, *given.words])
    address = words.buffer_info()[0]

    def call(*leads: int) -> None:
        words[len(places) : len(places) + leading] = array("q", leads)
        if status := function(address):
            raise RuntimeError(f"the kernel {kernel} failed with status {status}")

    call.memory = words, result, given  # as long as their addresses are used
    return call


def prepare(kernel: str, leading: int, *arguments) -> None:
    """Begin to compile a kernel that will be wanted for arguments of these kinds, where it is not kept already."""
    kinds = (*(int,) * leading, *told(*arguments).kinds)
    if not _place(_key(kernel, kinds)).exists():
        threading.Thread(target=_quietly, args=(kernel, kinds), daemon=True).start()


def was_compiled(kernel: str) -> bool:
    """True when a kernel of these very sources was compiled on this machine before."""
    return any(cache_folder("kernels").glob(f"{kernel}-{code_key()}-*.kept"))


def kind_of(value) -> Kind:
    """Return the kind of an argument: all that a kernel is compiled for."""
    if isinstance(value, tuple):
        return type(value), *map(kind_of, value)
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim
    return float if isinstance(value, float) else int


def words_of(value) -> list[int]:
    """Return an argument as numba takes it apart: an array is its owner (none), size, address, shape and strides."""
    if isinstance(value, tuple):
        return [word for part in value for word in words_of(part)]
    if isinstance(value, float):
        return [int(np.float64(value).view(np.int64))]
    if not isinstance(value, np.ndarray):
        return [value]
    if not value.flags.c_contiguous:
        raise ValueError(f"a kernel takes C-ordered arrays, not one with strides {value.strides}")
    return [0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]


@functools.cache
def _loaded(kernel: str, kinds: tuple[Kind, ...]) -> Callable[[int], int]:
    """Return a kernel as a function of the address of its words; it returns a status, 0 when all is well."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    linker = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    linker.add_object_file(llvm.ObjectFileRef.from_data(_kept(kernel, kinds)))
    linker.finalize_object()
    function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(linker.get_function_address(ENTRY))
    function.memory = linker  # holds the code as long as there is who may call it
    return function


def _kept(kernel: str, kinds: tuple[Kind, ...]) -> bytes:
    """Return the machine code of a kernel; made by one process, should several ask at once."""
    key = _key(kernel, kinds)
    found = functools.partial(kept, "kernels", key, functools.partial(_compiled, kernel, kinds))
    if _place(key).exists():
        return found()
    from filelock import FileLock  # only who compiles needs it

    with FileLock(_place(key).with_suffix(".lock")):
        return found()


def _compiled(kernel: str, kinds: tuple[Kind, ...]) -> bytes:
    """Compile in a process of its own, or in this one where there can be no other."""
    path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "cpmodel.model.compiling", kernel]
    around = os.environ | {"PYTHONPATH": path}
    with contextlib.suppress(
        Exception
    ):  # whatever it was, what is wrong with the kernel itself comes up below
        done = subprocess.run(command, input=pickle.dumps(kinds), capture_output=True, env=around)
        if done.returncode == -signal.SIGINT:
            raise KeyboardInterrupt
        return pickle.loads(done.stdout)
    from cpmodel.model.compiling import machine_code

    return machine_code(kernel, kinds)


def _quietly(kernel: str, kinds: tuple[Kind, ...]) -> None:
    with contextlib.suppress(Exception, KeyboardInterrupt):  # whoever calls the kernel meets it again
        _kept(kernel, kinds)


def _key(kernel: str, kinds: tuple[Kind, ...]) -> str:
    return f"{kernel}-{code_key()}-{hashlib.sha256(repr(kinds).encode()).hexdigest()[:16]}"


def _place(key: str) -> Path:
    return cache_folder("kernels") / f"{key}.kept"


@functools.cache
def code_key() -> str:
    """Return sixteen characters for the sources of kernels, the libraries that compile them, and this processor."""
    code = [*(PACKAGE / "model").glob("*.py"), *(PACKAGE / "finance").glob("*.py")]
    processor = llvm.get_default_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    told = sorted(
        item for item in os.environ.items() if item[0].startswith("NUMBA_") and item[0] != "NUMBA_CACHE_DIR"
    )
    return content_key((processor, told), sorted(code), ("numba", "llvmlite"))
