"""The typed content of a brief: what `briefs` fills and `press` renders.

A brief is a list of sections, a section a list of blocks, and running text a list of runs. A run is plain
text or a number; a number carries the cells of the results table it was read from, so that a reader can
follow it back, and the press can refuse a number that names no source. Every renderer (HTML, PDF, later DOCX
and XLSX) reads this model and nothing else; none reads another's output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from cpmodel.content.origins import Basis, Conclusion, Equation, Lineage, Manifest, Parameter, Source
from cpmodel.content.runs import WORD_JOINER, Frozen, Key, Number, Run, Runs, Str, Text, clean
from cpmodel.content.sliders import Band, Chance, Slider, Sliders

__all__ = [
    "MIME",
    "WORD_JOINER",
    "Band",
    "Basis",
    "Block",
    "BriefContent",
    "Callout",
    "Cell",
    "Chance",
    "Column",
    "Conclusion",
    "Equation",
    "Figure",
    "Footnotes",
    "Frozen",
    "Heading",
    "Key",
    "KeyFigure",
    "KeyFigures",
    "Language",
    "Lineage",
    "Manifest",
    "Message",
    "Messages",
    "Number",
    "Official",
    "Paragraph",
    "Parameter",
    "Run",
    "Runs",
    "Section",
    "Slider",
    "Sliders",
    "Source",
    "Table",
    "Text",
    "Tone",
    "clean",
    "keys_in",
    "numbers_in",
    "plain",
    "runs_in",
]

MIME = "application/vnd.cpmodel.brief+json"

Language = Literal["vi", "en"]
Tone = Literal["good", "uncertain", "bad", "caution", "neutral"]


class Heading(Frozen):
    """A heading below the section's own title."""

    kind: Literal["heading"] = "heading"
    text: Str


class Paragraph(Frozen):
    kind: Literal["paragraph"] = "paragraph"
    runs: Runs
    role: Literal["body", "lead", "note"] = "body"


class KeyFigure(Frozen):
    """One headline figure: what it is, the number, and one line that puts it in proportion."""

    label: Str
    figure: Runs
    context: Runs
    tone: Tone = "neutral"


class KeyFigures(Frozen):
    kind: Literal["key_figures"] = "key_figures"
    items: tuple[KeyFigure, ...]


class Message(Frozen):
    """A key message: one sentence that can stand alone, and what supports it."""

    headline: Runs
    body: Runs = ()
    tone: Tone = "neutral"


class Messages(Frozen):
    kind: Literal["messages"] = "messages"
    items: tuple[Message, ...]


class Column(Frozen):
    label: Str
    align: Literal["left", "right", "center"] = "left"
    weight: float = 1.0  # relative width


class Cell(Frozen):
    """A table cell; `status` draws a mark (a shape, not a glyph) before the words."""

    runs: Runs = ()
    header: bool = False
    status: Tone | None = None


class Table(Frozen):
    kind: Literal["table"] = "table"
    id: str
    caption: Runs
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Runs, ...] = ()
    legend: Runs = ()  # what the marks mean; ends the last note where marks are drawn
    width: Literal["full", "half"] = "full"


class Figure(Frozen):
    """A drawing: SVG text, the words that replace it for who cannot see it, the cells it shows and their values."""

    kind: Literal["figure"] = "figure"
    id: str
    svg: str
    alt: Str
    title: Str
    caption: Runs = ()
    keys: tuple[Key, ...] = ()
    values: tuple[float, ...] = ()
    width: Literal["full", "half"] = "full"


class Callout(Frozen):
    """Words set apart: a caution, an assumption, a request."""

    kind: Literal["callout"] = "callout"
    title: Str
    runs: Runs
    tone: Tone = "neutral"


class Footnotes(Frozen):
    kind: Literal["footnotes"] = "footnotes"
    notes: tuple[Runs, ...]


Block = Annotated[
    Heading | Paragraph | KeyFigures | Messages | Table | Figure | Callout | Footnotes | Sliders,
    Field(discriminator="kind"),
]


class Section(Frozen):
    """A titled part of the brief; `id` is the same in every language. In print it may start a page (`own_page`)."""

    id: str
    title: Str
    own_page: bool = False
    blocks: tuple[Block, ...] = ()


class Official(Frozen):
    """What an official report carries beside its text (Decree 30/2020/NĐ-CP); what is not known yet is left to fill in.

    agency    who issues it; above: the body it is under, if any
    to    whom it is addressed   subject    what it is about, below the word REPORT
    """

    agency: Str
    above: Str = ""
    to: Str = ""
    subject: Str = ""
    recipients: tuple[Str, ...] = ()


class BriefContent(Frozen):
    """A whole brief in one language.

    title      the finding, in one sentence
    kicker     the line above the title: what kind of document this is
    about      whom or what it is about, by name: a province, a sector, a scenario; empty for the nation
    standfirst the lines under the title
    status     what must be known before reading: data status, assumptions (printed in the title band)
    compact    set closely in print, for briefs that must keep to two pages
    lineage    what the outcomes go back to: equations, clauses, parameters
    units    unit of every outcome that a number or a figure shows
    sources    what the parameters of the lineage are from
    edition    the date of the edition, ISO, from the run and never from the clock
    conclusions  the odds of the targets, by category
    reads      keys of the long table that were looked at, printed or not, None where every value was asked for;
               `("SCENARIO", "draws")` for the nation's draws; empty when that was not noted
    stamp      the manifest that the printing house puts into a printed JSON; empty elsewhere
    """

    schema_version: Literal[1] = 1
    brief: str
    language: Language
    scenario: Str
    kicker: Str
    about: Str = ""
    title: Runs
    standfirst: Runs = ()
    status: tuple[Str, ...] = ()
    edition: str
    edition_text: Str
    compact: bool = False
    sections: tuple[Section, ...]
    lineage: tuple[Lineage, ...] = ()
    units: dict[str, str] = Field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    labels: dict[str, Str] = Field(default_factory=dict)
    conclusions: tuple[Conclusion, ...] = ()
    reads: tuple[tuple[str | int | None, ...], ...] = ()
    stamp: dict[str, Any] = Field(default_factory=dict)
    official: Official | None = None
    manifest: Manifest


def plain(runs: Runs) -> str:
    """Return runs as plain text."""
    return "".join(run.text for run in runs)


def runs_in(item: Any) -> Iterator[Text | Number]:
    """Yield every run inside any piece of content, in reading order."""
    if isinstance(item, Text | Number):
        yield item
    elif isinstance(item, Figure):
        yield from runs_in(item.caption)
    elif isinstance(item, Frozen) and not isinstance(item, Manifest | Key | Lineage):
        for name in type(item).model_fields:
            yield from runs_in(getattr(item, name))
    elif isinstance(item, tuple | list):
        for part in item:
            yield from runs_in(part)


def keys_in(content: BriefContent) -> Iterator[Key]:
    """Yield the cells behind every number and every figure of a brief."""
    for number in numbers_in((content.title, content.standfirst, content.sections)):
        yield from number.keys
    for section in content.sections:
        for block in section.blocks:
            yield from block.keys if isinstance(block, Figure | Sliders) else ()


def numbers_in(item: Any) -> Iterator[Number]:
    """Yield every printed number inside any piece of content, in reading order."""
    return (run for run in runs_in(item) if isinstance(run, Number))
