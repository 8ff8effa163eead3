"""The brief as a Word document in the layout of Decree 30/2020/NĐ-CP: A4, Times New Roman, native tables.

State titles, number, place and date, recipients and signature are left to be filled in by who issues it. The same content
gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as AT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from cpmodel.content import Block, BriefContent, Figure
from cpmodel.press import provenance
from cpmodel.press.html import groups, printed
from cpmodel.press.word_file import packed, raster
from cpmodel.press.word_tables import (
    IN_ANNEX,
    PAPER,
    SIDES,
    WIDTH,
    captioned,
    frame,
    grid,
    needs_across,
    turn,
)
from cpmodel.press.word_text import BODY, HEAD, SMALL, fill, paragraph, text_of

FACE = "Times New Roman"
LOCALES = {"vi": "vi-VN", "en": "en-GB"}
ONE_FIGURE = 112  # mm wide, where it stands alone
RULE = ("", False, False, 1)  # the short line below an agency and below the motto


def render(content: BriefContent) -> bytes:
    """Return the brief as DOCX, dated by its edition."""
    document = docx.Document()
    _set_page(document, content)
    _letterhead(document, content)
    paragraph(document, content.title, bold=True, size=HEAD, align=AT.CENTER, after=6)
    paragraph(document, content.standfirst, italic=True, align=AT.JUSTIFY)
    paragraph(document, " · ".join((content.edition_text, *content.status)), italic=True, size=SMALL)
    for section in content.sections:
        turn(document, across=False)
        document.add_heading(section.title, level=1)
        for half, members in groups(printed(section.blocks)):
            if half and len(members) > 1 and all(isinstance(block, Figure) for block in members):
                turn(document, across=False)
                _side_by_side(document, members)
                continue
            for block in members:
                _block(document, block)
    turn(document, across=False)
    _closing(document, content)
    if content.lineage:
        turn(document, across=True)
        _lineage(document, content)  # an annex, so after the signature
    return packed(document)


def _set_page(document, content: BriefContent) -> None:
    """Set paper, margins, typeface and language; the page number stands top centre, not on the first page."""
    page = document.sections[0]
    page.page_width, page.page_height = map(Mm, PAPER)
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
    about.title, about.language = text_of(content.title), LOCALES[content.language]
    about.comments, about.keywords = "", f"{content.scenario}, {content.manifest.run_id}"


def _letterhead(document, content: BriefContent) -> None:
    """Write who issues it and its number on the left, state title, motto, place and date on the right."""
    word, told = content.labels.__getitem__, content.official
    left, right = frame(document, (0.42, 0.58)).rows[0].cells
    above = ((told.above.upper(), False, False, 12),) if told and told.above else ()
    agency = told.agency.upper() if told else word("docx.agency")
    for cell, lines in (
        (left, (*above, (agency, True, False, 12), RULE, (word("docx.number"), False, False, 13))),
        (right, ((word("docx.state"), True, False, 12), (word("docx.motto"), True, False, 13), RULE,
                 (word("docx.place"), False, True, 13))),
    ):  # fmt: skip
        for row, (text, bold, italic, size) in enumerate(lines):
            line = cell.paragraphs[0] if row == 0 else cell.add_paragraph()
            fill(line, text, bold=bold, italic=italic, size=size)
            line.alignment = AT.CENTER
            line.paragraph_format.space_after = Pt(0 if text else 3)
            if not text:
                _ruled(line, cell.width)
    paragraph(document, word("docx.kind"), bold=True, size=HEAD, align=AT.CENTER, before=14, after=0)
    subject = told.subject if told and told.subject else content.kicker
    paragraph(document, subject, bold=True, align=AT.CENTER, after=2)
    rule = document.add_paragraph()
    _ruled(rule, Mm(WIDTH))
    if told and told.to:
        to = f"{word('docx.to')} {told.to}"
        paragraph(document, to, align=AT.CENTER, before=6, after=8)


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
    paragraph(document, word("provenance.pdf_note"), italic=True, size=SMALL, before=6)
    row = frame(document, (0.5, 0.5)).rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    left, right = row.cells
    fill(left.paragraphs[0], word("docx.recipients"), bold=True, italic=True, size=12)
    told = content.official
    lines = (
        (*(f"- {name};" for name in told.recipients), word("docx.filed"))
        if told
        else (word("docx.recipient_list"),)
    )
    for text in lines:
        line = left.add_paragraph()
        fill(line, text, size=11)
        line.paragraph_format.space_after = Pt(0)
    fill(right.paragraphs[0], word("docx.signature"), bold=True, size=BODY)
    right.paragraphs[0].alignment = AT.CENTER


def _block(document, block: Block) -> None:
    """Add one block; sliders stay with the HTML. A table that is too wide for the page is laid across one of its own."""
    turn(document, block.kind == "table" and needs_across(block))
    if block.kind == "heading":
        document.add_heading(block.text, level=2)
    elif block.kind == "paragraph":
        small = block.role == "note"
        paragraph(
            document,
            block.runs,
            size=SMALL if small else BODY,
            italic=small,
            align=AT.LEFT if small else AT.JUSTIFY,
        )
    elif block.kind == "messages":
        for item in block.items:
            paragraph(document, item.headline, bold=True, align=AT.JUSTIFY, before=4, after=2)
            paragraph(document, item.body, align=AT.JUSTIFY)
    elif block.kind == "key_figures":
        rows = [[item.label, item.figure, item.context] for item in block.items]
        grid(document, rows, ("left", "right", "left"))
    elif block.kind == "callout":
        paragraph(document, block.title, bold=True, before=6, after=2)
        paragraph(document, block.runs, align=AT.JUSTIFY)
    elif block.kind == "table":
        captioned(document, block)
    elif block.kind == "figure":
        _drawing(document, block, ONE_FIGURE)
    elif block.kind == "footnotes":
        for note in block.notes:
            paragraph(document, note, size=SMALL)


def _lineage(document, content: BriefContent) -> None:
    """Write what the outcomes go back to, in short, as the PDF does."""
    document.add_heading(content.labels["lineage.title"], level=2)
    heads = [content.labels[f"lineage.{name}"] for name in ("outcome", "equations", "clauses", "sources")]
    rows = []
    for entry in content.lineage:
        made_by = ", ".join(equation.name.split(".")[-1] for equation in entry.equations) or entry.note
        clauses = "; ".join(f"{id} {title}" for id, title in entry.clauses)
        rows.append([entry.title, made_by, clauses, provenance.by_source(entry)])
    grid(document, rows, ("left",) * 4, heads, IN_ANNEX)


def _side_by_side(document, members: Sequence[Figure]) -> None:
    """Place neighbouring half-width figures two to a row, in a table without lines."""
    for start in range(0, len(members), 2):
        row = frame(document, (0.5, 0.5))
        for cell, figure in zip(row.rows[0].cells, members[start : start + 2], strict=False):
            _drawing(cell, figure, WIDTH / 2 - 5)
            cell._tc.remove(cell.paragraphs[0]._p)


def _drawing(place, figure: Figure, width: float) -> None:
    """Place a figure with its title above and caption below; the words that replace it go with the picture."""
    paragraph(place, figure.title, bold=True, size=11, after=2, keep=True)
    line = place.add_paragraph()
    line.paragraph_format.keep_with_next = True
    picture = line.add_run().add_picture(io.BytesIO(raster(figure.svg)), width=Mm(width))
    described = picture._inline.docPr
    described.set("descr", figure.alt)
    described.set("title", figure.title)
    paragraph(place, figure.caption, italic=True, size=SMALL)
