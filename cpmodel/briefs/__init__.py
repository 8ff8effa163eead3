"""Briefs: the words, tables and figures of a page, filled from a saved run."""

from cpmodel.briefs.finance_note import FinanceNote, open_finance_note
from cpmodel.briefs.page import Page, open_page

__all__ = ["FinanceNote", "Page", "open_finance_note", "open_page"]
