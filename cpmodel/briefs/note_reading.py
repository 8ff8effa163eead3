"""A finance note read from its cells: each kind of figure printed by one rule, and nothing where a cell is missing."""

from __future__ import annotations

from dataclasses import dataclass

from cpmodel.axes import VARIANTS
from cpmodel.briefs import numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Key, Number, Runs
from cpmodel.results.outcomes import POOLED

FRICTIONS = ("application_cost", "inspection_fear")  # of those who know the scheme

FEW = 10  # projects; below, a mean over draws is printed with a decimal


@dataclass(frozen=True)
class Reading:
    """The cells of one note in one language. Amounts are in billion VND."""

    run: SavedRun
    words: Wording

    @property
    def base(self) -> int:
        """The year to which values are discounted; sums over the years stand under it."""
        return int(self.run.manifest["base_year"])

    @property
    def end(self) -> int:
        """The last year in which the scenario lends."""
        return max(self.run.years("note_volume_lent", "mean") or self.run.years("note_cash", "mean"))

    @property
    def variants(self) -> tuple[str, ...]:
        """The structural variants of the note, in their order."""
        return tuple(v for v in VARIANTS if v in self.run.manifest["variants"])

    @property
    def whole(self) -> str:
        """The variants taken together, or the only one."""
        return POOLED if len(self.variants) > 1 else self.variants[0]

    def key(self, outcome: str, statistic: str = "mean", year: int | None = None, **where: str) -> Key:
        """Return the key of a cell; sums over the years and all variants unless another is named."""
        where = {"variant": self.whole} | where
        return self.run.key(outcome, self.base if year is None else year, statistic, **where)

    def value(
        self, outcome: str, statistic: str = "mean", year: int | None = None, **where: str
    ) -> float | None:
        """Return the value of a cell, or None."""
        return self.run.get(self.key(outcome, statistic, year, **where))

    def money(
        self, outcome: str, statistic: str = "mean", year: int | None = None, unit: str = "unit.bn_vnd",
        digits: int = 3, **where: str,
    ) -> Number | None:  # fmt: skip
        """Return an amount with three figures at least; an empty `unit` prints none."""
        key = self.key(outcome, statistic, year, **where)
        value = self.run.get(key)
        if value is None:
            return None
        word, decimals = self.words.word(unit) if unit else "", numbers.decimals_of(value, digits)
        return numbers.amount(value, self.words.language, word, key, decimals=decimals)

    def count(self, outcome: str, unit: str = "", decimals: int = 0, **where: str) -> Number | None:
        """Return a number of projects, or another count; a decimal where there are few, `<0.1` where hardly any."""
        key = self.key(outcome, **where)
        value = self.run.get(key)
        if value is None:
            return None
        word, language = self.words.word(unit) if unit else "", self.words.language
        decimals = max(decimals, 1) if 0 < value < FEW else decimals
        number = numbers.amount(value, language, word, key, decimals=decimals)
        least = 10.0**-decimals
        if 0 < value < least / 2:
            number = number.model_copy(
                update={"text": "<" + numbers.amount(least, language, word, decimals=decimals).text}
            )
        return number

    def share(
        self, outcome: str, statistic: str = "mean", year: int | None = None, decimals: int = 0, **where: str
    ):
        """Return a share as per cent, or None."""
        key = self.key(outcome, statistic, year, **where)
        value = self.run.get(key)
        return None if value is None else numbers.percent(value, self.words.language, key, decimals=decimals)

    def ratio(
        self, outcome: str, statistic: str = "mean", year: int | None = None, decimals: int = 1, **where: str
    ) -> Number | None:  # fmt: skip
        """Return a ratio or a number of years, or None."""
        key = self.key(outcome, statistic, year, **where)
        value = self.run.get(key)
        return (
            None if value is None else numbers.amount(value, self.words.language, "", key, decimals=decimals)
        )

    def scaled(self, outcome: str, scale: float, **where: str) -> Number | None:
        """Return an amount in a larger unit, such as thousands by a scale of 1/1000."""
        key = self.key(outcome, **{"variant": "both"} | where)
        value = self.run.get(key)
        if value is None:
            return None
        shown = value * scale
        number = numbers.amount(shown, self.words.language, "", key, decimals=numbers.decimals_of(shown, 2))
        return number.model_copy(update={"value": value, "scale": scale})

    def band(self, outcome: str, **where: str) -> Runs | None:
        """Return the 80 % range of an amount, its unit once."""
        found = [self.money(outcome, statistic, digits=2, **where) for statistic in ("p10", "p90")]
        return None if None in found else numbers.span(*found)

    def by_variant(self, outcome: str, show) -> dict[str, Number] | None:
        """Return variant → figure, `show(outcome, variant=…)`; None when a variant lacks it."""
        found = {v: show(outcome, variant=v) for v in self.variants}
        return None if None in found.values() else found

    def friction(self) -> str | None:
        """Return the friction whose relief adds most among those who know the scheme; None where it is not known."""
        found = {name: self.value(f"note_relieved_{name}", variant=POOLED) for name in FRICTIONS}
        known = {name: value for name, value in found.items() if value is not None}
        return max(known, key=known.get) if known else None

    def drivers(self, most: int) -> list[str]:
        """Return the uncertain inputs that move the cost, the largest first."""
        ranks = {
            key[5].removeprefix("driver_"): value
            for key, value in self.run.cells.items()
            if key[5].startswith("driver_") and key[7] == "rank"
        }
        return sorted(ranks, key=ranks.get)[:most]
