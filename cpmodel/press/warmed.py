"""Imported by the mother of all printing processes and by nothing else: what is ready here is ready in each of them.

The standard library's `forkserver` can be told module names only, so this is the one module whose import does work.
"""

from __future__ import annotations

import contextlib
import importlib

import ipykernel.ipkernel  # noqa: F401
import IPython.core.interactiveshell  # noqa: F401
import pandas  # noqa: F401

import cpmodel.press.printing  # noqa: F401
from cpmodel.press import fonts

with contextlib.suppress(ImportError):
    importlib.import_module("black")  # papermill lays out parameters with it, where it is installed
for _weight in fonts.CUTS:
    fonts.embedded(_weight, set())
