"""The brief as a Word document in the layout of Decree 30/2020/NĐ-CP: A4, Times New Roman, native tables.

State titles, number, place and date, recipients and signature are left to be filled in by who issues it. The same content
gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as AT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from cpmodel.content import WORD_JOINER, Block, BriefContent, Figure, Runs, Table
from cpmodel.press import provenance
from cpmodel.press.html import groups, printed
from cpmodel.press.word_file import packed, raster

FACE = "Times New Roman"
LOCALES = {"vi": "vi-VN", "en": "en-GB"}
SIDES = {
    "left_margin": 30,
    "right_margin": 18,
    "top_margin": 20,
    "bottom_margin": 20,
}  # mm; Decree 30, annex I
WIDTH = 210 - SIDES["left_margin"] - SIDES["right_margin"]  # mm between the margins
BODY, SMALL, HEAD = 13, 10.5, 14  # pt; the decree asks 13–14 for text
ONE_FIGURE = 112  # mm wide, where it stands alone
RULE = ("", False, False, 1)  # the short line below an agency and below the motto
ALIGN = {"left": AT.LEFT, "right": AT.RIGHT, "center": AT.CENTER}


def render(content: BriefContent) -> bytes:
    """Return the brief as DOCX, dated by its edition."""
    document = docx.Document()
    _set_page(document, content)
    _letterhead(document, content)
    _paragraph(document, content.title, bold=True, size=HEAD, align=AT.CENTER, after=6)
    _paragraph(document, content.standfirst, italic=True, align=AT.JUSTIFY)
    _paragraph(document, " · ".join((content.edition_text, *content.status)), italic=True, size=SMALL)
    for section in content.sections:
        document.add_heading(section.title, level=1)
        for half, members in groups(printed(section.blocks)):
            if half and len(members) > 1 and all(isinstance(block, Figure) for block in members):
                _side_by_side(document, members)
                continue
            for block in members:
                _block(document, block)
    _closing(document, content)
    if content.lineage:
        _lineage(document, content)  # an annex, so after the signature
    return packed(document)


def _set_page(document, content: BriefContent) -> None:
    """Set paper, margins, typeface and language; the page number stands top centre, not on the first page."""
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    for side, millimetres in SIDES.items():
        setattr(page, side, Mm(millimetres))
    page.different_first_page_header_footer = True
    number = page.header.paragraphs[0]
    number.alignment = AT.CENTER
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = number.add_run()
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        part.set(qn("w:fldCharType"), kind) if kind else None
        part.text = text or None
        run._r.append(part)
    for name, size in (("Normal", BODY), ("Heading 1", HEAD), ("Heading 2", BODY)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = FACE, Pt(size), RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for slot in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(slot), FACE)
        for slot in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(slot), None)
        style.paragraph_format.space_before = Pt(0 if name == "Normal" else 10)
        style.paragraph_format.space_after = Pt(4)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LOCALES[content.language])
    document.styles["Normal"].element.get_or_add_rPr().append(language)
    day, about = dt.datetime.fromisoformat(content.edition), document.core_properties
    about.created = about.modified = day
    about.author, about.last_modified_by, about.revision = "cpmodel", "cpmodel", 1
    about.title, about.language = _text(content.title), LOCALES[content.language]
    about.comments, about.keywords = "", f"{content.scenario}, {content.manifest.run_id}"


def _letterhead(document, content: BriefContent) -> None:
    """Write who issues it and its number on the left, state title, motto, place and date on the right."""
    word, told = content.labels.__getitem__, content.official
    left, right = _frame(document, (0.42, 0.58)).rows[0].cells
    above = ((told.above.upper(), False, False, 12),) if told and told.above else ()
    agency = told.agency.upper() if told else word("docx.agency")
    for cell, lines in (
        (left, (*above, (agency, True, False, 12), RULE, (word("docx.number"), False, False, 13))),
        (right, ((word("docx.state"), True, False, 12), (word("docx.motto"), True, False, 13), RULE,
                 (word("docx.place"), False, True, 13))),
    ):  # fmt: skip
        for row, (text, bold, italic, size) in enumerate(lines):
            line = cell.paragraphs[0] if row == 0 else cell.add_paragraph()
            _fill(line, text, bold=bold, italic=italic, size=size)
            line.alignment = AT.CENTER
            line.paragraph_format.space_after = Pt(0 if text else 3)
            if not text:
                _ruled(line, cell.width)
    _paragraph(document, word("docx.kind"), bold=True, size=HEAD, align=AT.CENTER, before=14, after=0)
    subject = told.subject if told and told.subject else content.kicker
    _paragraph(document, subject, bold=True, align=AT.CENTER, after=2)
    rule = document.add_paragraph()
    _ruled(rule, Mm(WIDTH))
    if told and told.to:
        to = f"{word('docx.to')} {told.to}"
        _paragraph(document, to, align=AT.CENTER, before=6, after=8)


def _ruled(line, width: int) -> None:
    """Draw the short line that stands below an agency, the motto and a subject: a border over the middle third."""
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = int(width * 0.34)
    line.paragraph_format.space_after = Pt(4)
    line.paragraph_format.line_spacing = Pt(3)
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("w:val", "single"), ("w:sz", "6"), ("w:space", "1"), ("w:color", "000000")):
        top.set(qn(name), value)
    borders.append(top)
    line._p.get_or_add_pPr().append(borders)


def _closing(document, content: BriefContent) -> None:
    """Write recipients on the left and the place of the signature on the right."""
    word = content.labels.__getitem__
    _paragraph(document, word("provenance.pdf_note"), italic=True, size=SMALL, before=6)
    row = _frame(document, (0.5, 0.5)).rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    left, right = row.cells
    _fill(left.paragraphs[0], word("docx.recipients"), bold=True, italic=True, size=12)
    told = content.official
    lines = (
        (*(f"- {name};" for name in told.recipients), word("docx.filed"))
        if told
        else (word("docx.recipient_list"),)
    )
    for text in lines:
        line = left.add_paragraph()
        _fill(line, text, size=11)
        line.paragraph_format.space_after = Pt(0)
    _fill(right.paragraphs[0], word("docx.signature"), bold=True, size=BODY)
    right.paragraphs[0].alignment = AT.CENTER


def _block(document, block: Block) -> None:
    """Add one block; sliders stay with the HTML."""
    if block.kind == "heading":
        document.add_heading(block.text, level=2)
    elif block.kind == "paragraph":
        small = block.role == "note"
        _paragraph(
            document,
            block.runs,
            size=SMALL if small else BODY,
            italic=small,
            align=AT.LEFT if small else AT.JUSTIFY,
        )
    elif block.kind == "messages":
        for item in block.items:
            _paragraph(document, item.headline, bold=True, align=AT.JUSTIFY, before=4, after=2)
            _paragraph(document, item.body, align=AT.JUSTIFY)
    elif block.kind == "key_figures":
        rows = [[item.label, item.figure, item.context] for item in block.items]
        _grid(document, rows, (1.5, 0.7, 2.0), ("left", "right", "left"))
    elif block.kind == "callout":
        _paragraph(document, block.title, bold=True, before=6, after=2)
        _paragraph(document, block.runs, align=AT.JUSTIFY)
    elif block.kind == "table":
        _table(document, block)
    elif block.kind == "figure":
        _drawing(document, block, ONE_FIGURE)
    elif block.kind == "footnotes":
        for note in block.notes:
            _paragraph(document, note, size=SMALL)


def _table(document, table: Table) -> None:
    _paragraph(document, table.caption, bold=True, size=12, before=6, after=3, keep=True)
    heads = [column.label for column in table.columns]
    rows = [[cell.runs for cell in row] for row in table.rows]
    weights = [column.weight for column in table.columns]
    _grid(document, rows, weights, [column.align for column in table.columns], heads)
    for note in table.notes:
        _paragraph(document, note, italic=True, size=SMALL, before=2)


def _lineage(document, content: BriefContent) -> None:
    """Write what the outcomes go back to, in short, as the PDF does."""
    document.add_heading(content.labels["lineage.title"], level=2)
    heads = [content.labels[f"lineage.{name}"] for name in ("outcome", "equations", "clauses", "sources")]
    rows = []
    for entry in content.lineage:
        made_by = ", ".join(equation.name.split(".")[-1] for equation in entry.equations) or entry.note
        clauses = "; ".join(f"{id} {title}" for id, title in entry.clauses)
        rows.append([entry.title, made_by, clauses, provenance.by_source(entry)])
    _grid(document, rows, (1.2, 1.9, 2.6, 1.7), ("left",) * 4, heads, size=9)


def _grid(
    document, rows: Iterable[Sequence], weights, aligns, heads: Sequence[str] = (), size: float = 10
) -> None:
    """Write a native table with lines; its head is repeated on every page it reaches."""
    rows = list(rows)
    grid = document.add_table(rows=0, cols=len(weights), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = [Mm(WIDTH * weight / sum(weights)) for weight in weights]
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for line, values in enumerate(([heads] if heads else []) + rows):
        row = grid.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if heads and line == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for at, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            cell.width = widths[at]
            _fill(cell.paragraphs[0], value, bold=bool(heads) and (line == 0 or at == 0), size=size)
            cell.paragraphs[0].alignment = AT.CENTER if heads and line == 0 else ALIGN[aligns[at]]
            cell.paragraphs[0].paragraph_format.space_after = Pt(1)


def _side_by_side(document, members: Sequence[Figure]) -> None:
    """Place neighbouring half-width figures two to a row, in a table without lines."""
    for start in range(0, len(members), 2):
        frame = _frame(document, (0.5, 0.5))
        for cell, figure in zip(frame.rows[0].cells, members[start : start + 2], strict=False):
            _drawing(cell, figure, WIDTH / 2 - 5)
            cell._tc.remove(cell.paragraphs[0]._p)


def _frame(document, parts: Sequence[float]):
    frame = document.add_table(rows=1, cols=len(parts))
    frame.autofit = False
    for at, part in enumerate(parts):
        frame.columns[at].width = frame.rows[0].cells[at].width = Mm(WIDTH * part)
    return frame


def _drawing(place, figure: Figure, width: float) -> None:
    """Place a figure with its title above and caption below; the words that replace it go with the picture."""
    _paragraph(place, figure.title, bold=True, size=11, after=2, keep=True)
    line = place.add_paragraph()
    line.paragraph_format.keep_with_next = True
    picture = line.add_run().add_picture(io.BytesIO(raster(figure.svg)), width=Mm(width))
    described = picture._inline.docPr
    described.set("descr", figure.alt)
    described.set("title", figure.title)
    _paragraph(place, figure.caption, italic=True, size=SMALL)


def _paragraph(
    place, words: Runs | str, *, bold=False, italic=False, size: float = BODY, align=AT.LEFT, before=0.0, after=4.0,
    keep=False,
) -> None:  # fmt: skip
    if not words:
        return
    line = place.add_paragraph()
    line.alignment = align
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(before), Pt(after)
    line.paragraph_format.keep_with_next = keep
    _fill(line, words, bold=bold, italic=italic, size=size)


def _fill(line, words: Runs | str, *, bold=False, italic=False, size: float = BODY) -> None:
    run = line.add_run(_text(words))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)


def _text(words: Runs | str) -> str:
    """Return runs as plain text; the joiner that keeps a range on one line is left out, as some faces draw it."""
    text = words if isinstance(words, str) else "".join(run.text for run in words)
    return text.replace(WORD_JOINER, "")
