"""Briefs as their notebooks make them, cell by cell in this process: what papermill would leave, without a kernel."""

from pathlib import Path

import nbformat

from cpmodel.content import Table, plain, runs_in

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
KINDS = {  # kind of brief → the parameters that its notebook needs beside a run and a language
    "national": {},
    "province": {"province": "31"},
    "unit": {"province": "79", "units": "34"},
    "sector": {"sector": "textile_garment_leather"},
    "project": {"project": "awareness"},
    "comparison": {},
    "report_v1": {"clause": "V.1", "year": 2015},
    "report_province": {"clause": "V.3", "respondent": "Hải Phòng", "year": 2015},
    "report_ministry": {"clause": "V.3", "respondent": "BTC"},
}
# Words of a brief at most. Vietnamese writes every syllable apart, 1.3 to 1.5 of them to an English word.
MOST_WORDS = {"en": 1500, "vi": 2100}
NOTEBOOK_OF = {
    "unit": "province",
    "report_v1": "report",
    "report_province": "report",
    "report_ministry": "report",
}


def printed(kind, run, language, against=None):
    """Return the content of a brief of a kind; a comparison is told against the run `against`."""
    given = {"run": str(run), "language": language, **KINDS[kind]}
    given |= {"against": str(against)} if kind == "comparison" else {}
    notebook = nbformat.read(NOTEBOOKS / f"brief_{NOTEBOOK_OF.get(kind, kind)}.ipynb", as_version=4)
    names = {}
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        if "parameters" in cell.metadata.get("tags", []):
            exec(cell.source, names)
            assert set(given) <= set(names), "the notebook has these parameters"
            names.update(given)
        elif cell.source.strip() == "page.finish()":
            return names["page"].finish().content
        else:
            exec(cell.source, names)


def words_of(content):
    """Return every sentence and cell of a brief as one text."""
    return plain(tuple(runs_in((content.title, content.standfirst, content.sections))))


def table(content, name):
    """Return the table of that id."""
    return next(b for s in content.sections for b in s.blocks if isinstance(b, Table) and b.id == name)
