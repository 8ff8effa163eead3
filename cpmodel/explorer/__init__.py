"""Scenarios at the fingertips: `open_explorer` for a notebook; `financing` for one project on other terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpmodel.explorer.panels import open_explorer as open_explorer


def __getattr__(name: str) -> object:
    """Load the page only where it is asked for, so that nothing else pays for the widgets."""
    if name != "open_explorer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cpmodel.explorer.panels import open_explorer

    return open_explorer
