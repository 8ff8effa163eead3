"""Briefs: the words, tables and figures of a page, filled from a saved run."""

import importlib

_PLACES = {
    "Comparison": "comparison",
    "ComponentProject": "component_project",
    "FinanceNote": "finance_note",
    "Page": "page",
    "Province": "province",
    "Report": "report",
    "Sector": "sector",
    "open_comparison": "comparison",
    "open_component_project": "component_project",
    "open_finance_note": "finance_note",
    "open_page": "page",
    "open_province": "province",
    "open_report": "report",
    "open_sector": "sector",
}
__all__ = list(_PLACES)


def __getattr__(name: str):
    """Bring a page in when it is asked for: who wants a number written need not load what draws charts."""
    if name in _PLACES:
        return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
