"""A process that ends with the one that started it.

Apart from `engine`, which papermill loads while it is itself being imported: so `papermill` must be imported first there.
"""

from __future__ import annotations

import ctypes
import signal
from contextlib import suppress


def end_with_parent() -> None:
    """Have the system end this process when its parent ends, even by `kill -9`; where it can."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
