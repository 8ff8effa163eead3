"""Words in a Word document: paragraphs, and runs as plain text."""

from __future__ import annotations

from docx.enum.text import WD_ALIGN_PARAGRAPH as AT
from docx.shared import Pt

from cpmodel.content import WORD_JOINER, Runs

BODY, SMALL, HEAD = 13, 10.5, 14  # pt; the decree asks 13–14 for text


def paragraph(
    place, words: Runs | str, *, bold=False, italic=False, size: float = BODY, align=AT.LEFT, before=0.0, after=4.0,
    keep=False,
) -> None:  # fmt: skip
    """Add a paragraph to a document or a cell, with these words; none for no words. Sizes and spaces in pt."""
    if not words:
        return
    line = place.add_paragraph()
    line.alignment = align
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(before), Pt(after)
    line.paragraph_format.keep_with_next = keep
    fill(line, words, bold=bold, italic=italic, size=size)


def fill(line, words: Runs | str, *, bold=False, italic=False, size: float = BODY) -> None:
    """Add words to a paragraph."""
    run = line.add_run(text_of(words))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)


def text_of(words: Runs | str) -> str:
    """Return runs as plain text; the joiner that keeps a range on one line is left out, as some faces draw it."""
    text = words if isinstance(words, str) else "".join(run.text for run in words)
    return text.replace(WORD_JOINER, "")
