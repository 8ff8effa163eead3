"""Briefs: the words, tables and figures of a page, filled from a saved run."""

from cpmodel.briefs.finance_note import FinanceNote, open_finance_note
from cpmodel.briefs.page import Page, open_page
from cpmodel.briefs.province import Province, open_province

__all__ = ["FinanceNote", "Page", "Province", "open_finance_note", "open_page", "open_province"]
