"""Compile one kernel, told by its dotted name, to machine code, in a process of its own; `native` starts it.

Takes the kinds of the arguments on standard input, and writes the code.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import signal
import sys

import numpy as np
from numba import typeof

from cpmodel.model.native import Kind


def machine_code(kernel: str, kinds: tuple[Kind, ...]) -> bytes:
    """Return the machine code of a kernel."""
    module, name = kernel.rsplit(".", 1)
    function = getattr(importlib.import_module(module), name)
    types = tuple(typeof(blank(kind)) for kind in kinds)
    function.compile(types)
    made = function.overloads[types]
    return made.library.machine_code(made.fndesc.llvm_func_name)


def blank(kind: Kind):
    """Return an argument of a kind, with nothing in it."""
    if kind in (int, float):
        return kind()
    first, *rest = kind
    if isinstance(first, np.dtype):
        return np.empty((0,) * rest[0], first)
    parts = map(blank, rest)
    return first(*parts) if hasattr(first, "_fields") else tuple(parts)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # one of Python's own would be heard only when LLVM is done
    gc.disable()  # nearly all that is made is kept to the end, and the end need not tidy it away
    sys.stdout.buffer.write(pickle.dumps(machine_code(sys.argv[1], pickle.load(sys.stdin.buffer))))
    sys.stdout.flush()
    os._exit(0)
