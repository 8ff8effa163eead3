"""Running text of a brief: words, and numbers that carry the cells they were read from."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

WORD_JOINER = "\u2060"
RANGE = re.compile(r"(?<=\d)–(?=\d)")


def clean(text: Any) -> Any:
    """Return `text` in NFC, without control or direction characters (the word joiner stays)."""
    if not isinstance(text, str):
        return text
    kept = (c for c in unicodedata.normalize("NFC", text) if c == WORD_JOINER or c == "\n" or not _unsafe(c))
    return "".join(kept)


def _unsafe(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")


def unbroken(text: str) -> str:
    """Return `text` with its ranges of figures held together: a line does not end within `8–13%`."""
    return RANGE.sub(f"{WORD_JOINER}–{WORD_JOINER}", text)


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
    text: Annotated[Str, AfterValidator(unbroken)]
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
               (per_amount); the cells multiplied (product)
    constant   the threshold of the Decision that a shortfall is measured from; the amount of per_amount
    origin     for a number that is no result: a clause of the Decision, a parameter, a manifest field
    """

    kind: Literal["number"] = "number"
    value: float
    text: Str
    decimals: int = 0
    scale: float = 1.0
    keys: tuple[Key, ...] = ()
    how: Literal[
        "cell", "sum", "difference", "shortfall", "shortfall_count", "count", "per_amount", "product"
    ] = "cell"
    constant: float | None = None
    origin: Str = ""
    style: Literal["plain", "strong", "muted"] = "plain"


Run = Annotated[Text | Number, Field(discriminator="kind")]
Runs = tuple[Run, ...]
