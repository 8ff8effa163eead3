"""How compiled code is put together: many small functions, always inlined, and the few outer ones that are called.

An inlined function is never run on its own. Numba would optimise it and turn it into machine code all the same, and
again as a part of every function around it; here it is optimised once, where it ends up. The outer ones become machine
code to be kept (`native`), without what only numba's own call of them would need.
"""

from __future__ import annotations

import llvmlite.binding as llvm
import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock

from cpmodel.model.native import ENTRY

# Level 3 takes twice as long to compile and was no faster on these kernels.
numba.config.OPT = type(numba.config.OPT)(2)


class Ingredient(JITCodeLibrary):
    """The code of a function that is always inlined: linked into others, never optimised as a whole nor run."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is none: zero, as for a function without a wrapper."""
        return 0

    @property
    def codegen(self) -> NoEnvironment:
        return NoEnvironment(self._codegen)


class Kernel(Ingredient):
    """The code of a function that is called: optimised as a whole with all that is inlined, to be kept as machine code."""

    def _optimize_final_module(self) -> None:
        JITCodeLibrary._optimize_final_module(self)

    def machine_code(self, name: str) -> bytes:
        """Return an object file that needs nothing of numba, with the function `name` and one that calls it, `ENTRY`."""
        with global_compiler_lock:
            self._ensure_finalized()
            # a copy, should it be asked for again
            module = llvm.parse_bitcode(self._final_module.as_bitcode())
            module.link_in(llvm.parse_assembly(_entry(module, name)))
            return self._codegen._tm.emit_object(module)


def _entry(module: llvm.ModuleRef, name: str) -> str:
    """Return code that reads the arguments of a function one after the other from where it is told to, and calls it."""
    types = [str(argument.type) for argument in module.get_function(name).arguments]
    loads = "".join(
        f"%p{i} = getelementptr i64, ptr %words, i64 {i}\n%a{i} = load {kind}, ptr %p{i}\n"
        for i, kind in enumerate(types)
    )
    told = ", ".join(f"{kind} %a{i}" for i, kind in enumerate(types))
    return (
        f'target triple = "{module.triple}"\ntarget datalayout = "{module.data_layout}"\n'
        f'declare i32 @"{name}"({", ".join(types)})\n'
        f"define i32 @{ENTRY}(ptr %words) {{\n{loads}"
        f'%status = call i32 @"{name}"({told})\nret i32 %status\n}}\n'
    )


class NoEnvironment:
    """A code generator for functions that are nowhere in memory, so that they have no environment to be told."""

    def __init__(self, codegen) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str):
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment) -> None:
        pass


class Apart(Compiler):
    """Compiles functions whose array arguments never overlap: loops need no run-time check before going vector."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.state.flags.noalias = True
        kind = Ingredient if self.state.flags.forceinline else Kernel
        self.state.library = kind(self.state.targetctx.codegen(), kind.__name__)
        self.state.library.enable_object_caching()


# Inner functions are always inlined: two copies of one, compiled apart, could round a product and a sum differently,
# and a kernel from the cache would not give the bits of one just compiled.
# Nothing is allocated in a kernel, so that none counts who holds an array (`_nrt`).
EQUATIONS = {"error_model": "numpy", "fastmath": {"contract"}}
OUTER = {
    **EQUATIONS,
    "pipeline_class": Apart,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}
INNER = {**OUTER, "forceinline": True}
