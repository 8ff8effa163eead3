"""Tables of Word documents: no word is broken, in whatever typeface the office has; a wide table is laid across its page."""

import io
import re
import unicodedata
from pathlib import Path

import docx
import matplotlib
import pytest
from docx.enum.section import WD_ORIENT
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from printed_briefs import printed
from synthetic_run import write_run

from cpmodel.content import Cell, Column, Section, Table, Text
from cpmodel.press import word_tables
from cpmodel.press.columns import COMFORT, RESERVE, fitted, word_width
from cpmodel.press.docx import render

CELL = 3.8  # mm that Word keeps free beside the text of a cell, both sides together
WORDS = st.text("aMiWế-/ 0", max_size=24)


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    st.floats(60, 400),
)
def test_columns_share_the_room_and_each_holds_its_longest_word(lines, room):
    fit = fitted(lines, room, (10, 8), head=True)
    assert sum(fit.widths) == pytest.approx(room)
    for at, width in enumerate(fit.widths):
        least = [word_width(line[at], fit.size, number == 0 or at == 0) for number, line in enumerate(lines)]
        assert width >= max(least) - 1e-6 or not fit.whole
    if fit.size == 8:
        ten = [max(word_width(line[at], 10, n == 0 or at == 0) for n, line in enumerate(lines))
               for at in range(len(lines[0]))]  # fmt: skip
        assert sum(ten) > COMFORT * room


def test_room_goes_to_the_column_that_needs_it():
    few, many = fitted([["2015", "establishments that apply it " * 9]], 162, (10,), head=False).widths
    assert few == pytest.approx(RESERVE * word_width("2015", 10, False)) and many == pytest.approx(162 - few)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")


@pytest.fixture(scope="module")
def times():
    """Widths of letters [em], upright and bold, in a typeface with the measures of Times."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = []
    for name in ("STIXGeneral.ttf", "STIXGeneralBol.ttf"):
        font = TTFont(folder / name)
        widths = font["hmtx"]
        found.append({chr(c): widths[n][0] / font["head"].unitsPerEm for c, n in font.getBestCmap().items()})
    return found


@pytest.mark.parametrize("kind, language", [
    ("national", "en"), ("national", "vi"), ("sector", "en"), ("report_v1", "en"), ("report_province", "vi"),
])  # fmt: skip
def test_no_word_of_a_printed_table_is_broken(run, times, kind, language):
    tables = [t for t in _opened(printed(kind, run, language)).tables if t.style.name == "Table Grid"]
    assert tables
    for cell in (cell for table in tables for row in table.rows for cell in row.cells):
        for piece in cell.paragraphs[0].runs:
            em = times[bool(piece.bold)]
            words = (unicodedata.normalize("NFD", word) for word in re.split("[ \n]", piece.text))
            longest = max(sum(em[c] for c in word if not unicodedata.combining(c)) for word in words)
            assert longest * piece.font.size.mm + CELL <= cell.width.mm, piece.text


def test_a_table_too_wide_for_the_page_is_laid_across_one_of_its_own(run):
    content = printed("project", run, "en")
    names = [f"establishments{n}" for n in range(7)]
    wide = Table(
        id="wide", caption=(Text(text="Wide"),), columns=tuple(Column(label=name) for name in names),
        rows=(tuple(Cell(runs=(Text(text=name),)) for name in names),),
    )  # fmt: skip
    sections = (
        content.sections[0],
        Section(id="wide", title="Wide", blocks=(wide, wide)),
        *content.sections[1:],
    )
    document = _opened(content.model_copy(update={"sections": sections}))
    upright, across, again, annex = document.sections
    assert across.orientation == annex.orientation == WD_ORIENT.LANDSCAPE
    assert upright.orientation == again.orientation == WD_ORIENT.PORTRAIT
    assert [round(page.page_width.mm) for page in document.sections] == [210, 297, 210, 297]
    assert across.header.is_linked_to_previous and not across.different_first_page_header_footer
    laid = [t for t in document.tables if t.rows[0].cells[0].text == names[0]]
    assert [round(sum(c.width.mm for c in t.rows[0].cells)) for t in laid] == [word_tables.ACROSS] * 2


def _opened(content):
    return docx.Document(io.BytesIO(render(content)))
