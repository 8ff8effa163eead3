"""The brief as a tagged PDF (PDF/UA), typeset by Typst from the content as data: no text is ever markup."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import typst

from cpmodel.content import BriefContent
from cpmodel.errors import RunFailed
from cpmodel.press import fonts, provenance
from cpmodel.press.html import groups, printed

TEMPLATE = Path(__file__).with_name("templates") / "brief.typ"


def render(content: BriefContent) -> bytes:
    """Return the brief as PDF, dated by its edition: the same content gives the same bytes."""
    fonts.require_letters(content)
    day = dt.date.fromisoformat(content.edition)
    try:
        return typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=[str(fonts.FOLDER)],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
            timestamp=dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC),
            sys_inputs={"content": json.dumps(arranged(content), ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise RunFailed(f"The PDF could not be typeset: {error}") from error


def arranged(content: BriefContent) -> dict:
    """Return the content as plain data, blocks grouped as they stand on the page."""
    data = content.model_dump(mode="json")
    for section, shown in zip(content.sections, data["sections"], strict=True):
        shown["new_page"] = section.own_page
        shown["groups"] = [
            {"side_by_side": half, "blocks": [block.model_dump(mode="json") for block in members]}
            for half, members in groups(printed(section.blocks))
        ]
        del shown["blocks"]
    for entry, shown in zip(content.lineage, data["lineage"], strict=True):
        shown["made_by"] = (
            ", ".join(equation.name.split(".")[-1] for equation in entry.equations) or entry.note
        )
        shown["rests_on"] = provenance.by_source(entry)
    return data
