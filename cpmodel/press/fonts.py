"""The typeface of the printed brief: which letters it has, and small embedded cuts of it for HTML."""

from __future__ import annotations

import base64
import functools
import io
import unicodedata
from pathlib import Path

import fontpkg_be_vietnam_pro
from fontTools import subset
from fontTools.ttLib import TTFont

from cpmodel.content import WORD_JOINER, BriefContent, Figure, Sliders, runs_in
from cpmodel.errors import RunFailed

FAMILY = fontpkg_be_vietnam_pro.FAMILY
FOLDER = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
CUTS = {400: "Regular", 600: "SemiBold", 800: "ExtraBold"}
IGNORABLE = {WORD_JOINER, "\n"}


def font_file(weight: int) -> Path:
    """Return the font file of a weight."""
    return FOLDER / f"BeVietnamPro-{CUTS[weight]}.ttf"


def letters(content: BriefContent, extra: str = "") -> set[str]:
    """Return every letter that the brief prints as text (figures hold outlines and are not text)."""
    found = set(extra) | set(content.kicker + content.edition_text + "".join(content.status))
    found |= set("".join(content.labels.values()))
    for entry in content.lineage:  # formulas are set in the reader's own fixed-width face
        found |= set(entry.title + entry.note + "".join(title for _, title in entry.clauses))
    for section in content.sections:
        found |= set(section.title)
        for block in section.blocks:
            found |= set("".join(run.text for run in runs_in(block)))
            found |= set(_bare_text(block))
    found |= {c for run in (*content.title, *content.standfirst) for c in run.text}
    return found - IGNORABLE


def _bare_text(block) -> str:
    """Return the words of a block that are not runs: headings, labels, titles."""
    parts = [getattr(block, name, "") for name in ("text", "title")]
    parts += [column.label for column in getattr(block, "columns", ())]
    parts += [getattr(item, "label", "") for item in getattr(block, "items", ())]
    if isinstance(block, Figure):
        parts.append(block.alt)
    if isinstance(block, Sliders):
        parts += [*block.words.values(), *(lever.label for lever in block.levers)]
        parts += [part for c in block.chances for part in (c.label, c.clause, c.threshold)]
        parts += [part for band in block.bands for part in (band.title, band.unit)]
    return "".join(parts)


def require_letters(content: BriefContent) -> None:
    """Refuse a brief that would print an empty box: every letter must be in the typeface."""
    known = TTFont(font_file(400), lazy=True).getBestCmap()
    lacking = sorted(c for c in letters(content) if ord(c) not in known)
    if lacking:
        names = ", ".join(f"U+{ord(c):04X}" for c in lacking)
        raise RunFailed(f"The brief would print an empty box: the typeface has no {names}.")


def embedded(weight: int, wanted: set[str]) -> str:
    """Return a cut of the font that holds at least the wanted letters, as base64 of a WOFF file.

    A brief that needs only `alphabet()` has the same cut as every other, so that it is made once for all of them.
    """
    return _cut(weight, frozenset(wanted) | alphabet())


@functools.cache
def _cut(weight: int, wanted: frozenset[str]) -> str:
    options = subset.Options(flavor="woff", layout_features=["kern", "mark", "mkmk", "ccmp", "locl", "liga"])
    font = TTFont(font_file(weight), recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(wanted)))
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    return base64.b64encode(out.getvalue()).decode("ascii")


def alphabet() -> frozenset[str]:
    """Return the letters of Vietnamese and English, figures, and the marks that briefs use."""
    tones, bases = "\u0300\u0301\u0303\u0309\u0323", "aăâeêioôơuưy"
    vowels = {unicodedata.normalize("NFC", base + tone) for base in bases for tone in ("", *tones)}
    small = vowels | {"đ"}
    marks = "\u00a0–—‘’“”…·×−≤≥±%°²₂⁄•≈§"
    return (
        frozenset(map(chr, range(32, 127))) | small | {letter.upper() for letter in small} | frozenset(marks)
    )
