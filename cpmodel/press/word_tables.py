"""Tables of a Word document: native, no word of them broken, on a page laid across where they need it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as AT
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt

from cpmodel.content import Table
from cpmodel.press.columns import fitted
from cpmodel.press.word_text import SMALL, fill, paragraph, text_of

# mm; Decree 30, annex I
SIDES = {"left_margin": 30, "right_margin": 18, "top_margin": 20, "bottom_margin": 20}
PAPER = (210, 297)  # mm; A4
# mm between the margins, upright and across
WIDTH, ACROSS = (side - SIDES["left_margin"] - SIDES["right_margin"] for side in PAPER)
RANGE = re.compile(r"\u00a0(?=\([<>+−]*\d)")  # what stands between a number and its range: 3.1 (1.2–7.0)
IN_TABLES, IN_ANNEX = (10, 9, 8), (9, 8)  # pt; smaller only where a word would break
ALIGN = {"left": AT.LEFT, "right": AT.RIGHT, "center": AT.CENTER}


def turn(document, across: bool) -> None:
    """Begin a section on a new page where the page lies the other way; across, the longer side is the width."""
    page = document.sections[-1]
    if (page.orientation == WD_ORIENT.LANDSCAPE) == across:
        return
    page = document.add_section(WD_SECTION.NEW_PAGE)
    page.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = map(Mm, sorted(PAPER, reverse=across))
    page.different_first_page_header_footer = False  # only the first page of all has no number


def needs_across(table: Table) -> bool:
    """Say whether words of a table would break on an upright page and stand whole on one that is laid across."""
    lines = _texts(_parts(table))
    upright, across = (fitted(lines, room, IN_TABLES, True) for room in (WIDTH, ACROSS))
    return across.whole and not upright.whole


def captioned(document, table: Table) -> None:
    """Write a table of the content: caption, lines, notes."""
    heads, *rows = _parts(table)
    paragraph(document, table.caption, bold=True, size=12, before=6, after=3, keep=True)
    grid(document, rows, [column.align for column in table.columns], heads)
    for note in table.notes:
        paragraph(document, note, italic=True, size=SMALL, before=2)


def _parts(table: Table) -> list[Sequence]:
    """Return the head of a table and its rows."""
    return [[column.label for column in table.columns], *([cell.runs for cell in row] for row in table.rows)]


def _texts(lines: Iterable[Sequence]) -> list[list[str]]:
    """Return cells as text; a range in brackets stands below its number, as a line would break inside it."""
    return [[RANGE.sub("\n", text_of(value)) for value in line] for line in lines]


def grid(
    document, rows: Iterable[Sequence], aligns: Sequence[str], heads: Sequence[str] = (), sizes=IN_TABLES
) -> None:
    """Write a native table with lines, no word of it broken; its head is repeated on every page it reaches."""
    lines = _texts([*([heads] if heads else []), *rows])
    across = document.sections[-1].orientation == WD_ORIENT.LANDSCAPE
    fit = fitted(lines, ACROSS if across else WIDTH, sizes, bool(heads))
    table = document.add_table(rows=0, cols=len(aligns), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, fit.widths, strict=True):
        column.width = Mm(width)
    for line, values in enumerate(lines):
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if heads and line == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for at, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            cell.width = Mm(fit.widths[at])
            fill(cell.paragraphs[0], value, bold=bool(heads) and (line == 0 or at == 0), size=fit.size)
            cell.paragraphs[0].alignment = AT.CENTER if heads and line == 0 else ALIGN[aligns[at]]
            cell.paragraphs[0].paragraph_format.space_after = Pt(1)


def frame(document, parts: Sequence[float]):
    """Return a table of one row without lines, whose cells have these parts of the width."""
    table = document.add_table(rows=1, cols=len(parts))
    table.autofit = False
    for at, part in enumerate(parts):
        table.columns[at].width = table.rows[0].cells[at].width = Mm(WIDTH * part)
    return table
