"""Briefs: the words, tables and figures of a page, filled from a saved run."""

from cpmodel.briefs.page import Page, open_page

__all__ = ["Page", "open_page"]
