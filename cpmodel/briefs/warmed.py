"""Imported by processes that print many briefs and by nothing else: what is ready here is ready in every fork of them.

Only what no data decides: a file of `data/` that was read here would not be noted as read by the brief that needs it.
"""

from __future__ import annotations

from cpmodel import briefs
from cpmodel.briefs import callers, wording

for _page in briefs.__all__:
    getattr(briefs, _page)
wording.vocabulary()
callers.called_with()
