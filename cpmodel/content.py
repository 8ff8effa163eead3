"""The typed content of a brief: what `briefs` fills and `press` renders.

A brief is a list of sections, a section a list of blocks, and running text a list of runs. A run is plain
text or a number; a number carries the cells of the results table it was read from, so that a reader can
follow it back, and the press can refuse a number that names no source. Every renderer (HTML, PDF, later DOCX
and XLSX) reads this model and nothing else; none reads another's output.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MIME = "application/vnd.cpmodel.brief+json"
WORD_JOINER = "\u2060"

Language = Literal["vi", "en"]
Tone = Literal["good", "uncertain", "bad", "caution", "neutral"]


def clean(text: Any) -> Any:
    """Return `text` in NFC, without control or direction characters (the word joiner stays)."""
    if not isinstance(text, str):
        return text
    kept = (c for c in unicodedata.normalize("NFC", text) if c == WORD_JOINER or c == "\n" or not _unsafe(c))
    return "".join(kept)


def _unsafe(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")


Str = Annotated[str, BeforeValidator(clean)]


class Frozen(BaseModel):
    """Base of all content: unchangeable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Key(Frozen):
    """One cell of the results table; the fields are the table's columns without unit and value.

    base    another scenario: the cell is then a statistic of the difference to it, draw by draw
    """

    scenario: Str
    base: Str = ""
    variant: str = "both"
    region: str = "VN"
    sector: str = "all"
    size: str = "all"
    outcome: str
    year: int
    statistic: str = "p50"

    def line(self) -> str:
        """Return the key on one line, as it is printed in the provenance table."""
        parts = (
            self.variant,
            self.region,
            self.sector,
            self.size,
            self.outcome,
            str(self.year),
            self.statistic,
        )
        scenario = f"{self.scenario} − {self.base}" if self.base else self.scenario
        return " · ".join((scenario, *parts))


class Text(Frozen):
    """A run of words."""

    kind: Literal["text"] = "text"
    text: Str
    style: Literal["plain", "strong", "muted"] = "plain"


class Number(Frozen):
    """A printed number: its value, how it is printed, and where it comes from.

    value      in the unit of the results table (shares as 0–1)
    text       as printed
    decimals   decimals of the printed figure, after multiplying by `scale` (negative: tens, hundreds)
    scale      printed figure = value · scale (100 for a share printed in per cent)
    keys       cells of the results table; empty only when `origin` names another source
    how        how the value follows from the cells: the cell itself; their sum; first minus second;
               `constant` minus the cell (shortfall), or that times the second cell (shortfall_count);
               the number of cells (count); the first cell times `constant` over the sum of the others
               (per_amount)
    constant   the threshold of the Decision that a shortfall is measured from; the amount of per_amount
    origin     for a number that is no result: a clause of the Decision, a parameter, a manifest field
    """

    kind: Literal["number"] = "number"
    value: float
    text: Str
    decimals: int = 0
    scale: float = 1.0
    keys: tuple[Key, ...] = ()
    how: Literal["cell", "sum", "difference", "shortfall", "shortfall_count", "count", "per_amount"] = "cell"
    constant: float | None = None
    origin: Str = ""
    style: Literal["plain", "strong", "muted"] = "plain"


Run = Annotated[Text | Number, Field(discriminator="kind")]
Runs = tuple[Run, ...]


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
    width: Literal["full", "half"] = "full"


class Figure(Frozen):
    """A drawing: SVG text, the words that replace it for who cannot see it, and the cells it shows."""

    kind: Literal["figure"] = "figure"
    id: str
    svg: str
    alt: Str
    title: Str
    caption: Runs = ()
    keys: tuple[Key, ...] = ()
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
    Heading | Paragraph | KeyFigures | Messages | Table | Figure | Callout | Footnotes,
    Field(discriminator="kind"),
]


class Section(Frozen):
    """A titled part of the brief; `id` is the same in every language."""

    id: str
    title: Str
    blocks: tuple[Block, ...] = ()


class Manifest(Frozen):
    """What the brief was made from; `run` is the run's own manifest, unchanged."""

    run_id: str
    scenario: Str
    cpmodel_version: str
    run: dict[str, Any]


class BriefContent(Frozen):
    """A whole brief in one language.

    title      the finding, in one sentence
    kicker     the line above the title: what kind of document this is
    standfirst the lines under the title
    status     what must be known before reading: data status, assumptions (printed in the title band)
    edition    the date of the edition, ISO, from the run and never from the clock
    """

    schema_version: Literal[1] = 1
    brief: str
    language: Language
    scenario: Str
    kicker: Str
    title: Runs
    standfirst: Runs = ()
    status: tuple[Str, ...] = ()
    edition: str
    edition_text: Str
    sections: tuple[Section, ...]
    labels: dict[str, Str] = Field(default_factory=dict)
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
    elif isinstance(item, Frozen) and not isinstance(item, Manifest | Key):
        for name in type(item).model_fields:
            yield from runs_in(getattr(item, name))
    elif isinstance(item, tuple | list):
        for part in item:
            yield from runs_in(part)


def numbers_in(item: Any) -> Iterator[Number]:
    """Yield every printed number inside any piece of content, in reading order."""
    return (run for run in runs_in(item) if isinstance(run, Number))
