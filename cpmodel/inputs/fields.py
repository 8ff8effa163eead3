"""The kinds of value a scenario may hold: shares, money, years, words; each checked, each frozen."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from cpmodel.axes import SIZES

QUARTERS_PER_YEAR = 4


class FrozenMap(dict):
    """A dictionary that cannot be changed once made; it can be hashed, copied and pickled."""

    def _refuse(self, *_: object, **__: object) -> None:
        raise TypeError("a resolved scenario cannot be changed; resolve it again with overrides")

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = clear = setdefault = _refuse

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.items())))

    def __reduce__(self):
        return FrozenMap, (dict(self),)


def frozen(value: dict) -> FrozenMap:
    """Return a mapping in the order of its keys, closed to change."""
    return FrozenMap(sorted(value.items()))


def complaint(why: str, fix: str) -> PydanticCustomError:
    """Return an error of the schema that already says why it matters and what to write."""
    return PydanticCustomError("scenario", "{why} {fix}", {"why": why, "fix": fix})


def _plain_text(value: str) -> str:
    value = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c != "\n" for c in value):
        raise complaint("The text holds a control character that cannot be printed.", "Delete it.")
    return value


def _both_languages(value: object) -> object:
    return {"vi": value, "en": value} if isinstance(value, str) else value


def _on_quarter(value: float) -> float:
    if not (value * QUARTERS_PER_YEAR).is_integer():
        why = "The model opens and closes instruments at the start of a quarter."
        raise complaint(why, f"Write {round(value * QUARTERS_PER_YEAR) / QUARTERS_PER_YEAR:g}.")
    return value


def in_order(value: tuple) -> tuple:
    """Return a list of names in fixed order (sizes from small to large); refuse a name given twice."""
    if len(set(value)) < len(value):
        raise complaint("A name is given twice.", "Keep it once.")
    return tuple(sorted(value, key=lambda name: (SIZES.index(name) if name in SIZES else 0, name)))


Text = Annotated[str, Field(max_length=4000), AfterValidator(_plain_text)]
Words = Annotated[Text, Field(min_length=1)]
Flag = Annotated[bool, Field(strict=True)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Money = Annotated[float, Field(strict=True, ge=0, le=1e6), AfterValidator(lambda amount: amount + 0.0)]
Year = Annotated[int, Field(ge=1990, le=2100)]
WholeYear = Annotated[int, Field(strict=True, ge=1990, le=2100)]
Moment = Annotated[float, Field(strict=True, ge=1990, le=2101)]
Quarter = Annotated[Moment, AfterValidator(_on_quarter)]
Multiplier = Annotated[float, Field(strict=True, gt=0, le=10)]
YearAmounts = Annotated[dict[Year, Money], AfterValidator(frozen)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class Part(BaseModel):
    """Any group of keys of a scenario: frozen, and nothing unknown passes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Bilingual(Part):
    """A text in Vietnamese and English; a plain text stands for both."""

    vi: Words
    en: Words


BothLanguages = Annotated[Bilingual, BeforeValidator(_both_languages)]
