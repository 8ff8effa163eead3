"""What the notebook of a comparison calls: a scenario against another, in the same draws, and why they differ."""

from __future__ import annotations

from pathlib import Path

from cpmodel.axes import SIZES
from cpmodel.briefs import compared, comparison_messages, figures, goals, numbers
from cpmodel.briefs.assembly import Assembly, data_for, refuse_twice
from cpmodel.briefs.charts import BANDS, ticks
from cpmodel.briefs.differences import Differences
from cpmodel.briefs.messages import draws, separated
from cpmodel.briefs.parts import Part
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Shown
from cpmodel.briefs.tables import bare_spend, cell, chance_cell, target_notes
from cpmodel.briefs.wording import Wording
from cpmodel.content import (
    Cell,
    Column,
    Figure,
    KeyFigure,
    KeyFigures,
    Messages,
    Paragraph,
    Runs,
    Table,
)

ADOPTION = "adoption_strict"
COLUMNS = (("target", "left", 3.55), ("asked", "right", 1.2), ("other", "right", 1.85),
           ("own", "right", 1.85), ("gain_head", "right", 1.95), ("odds_other", "left", 3.6),
           ("odds_own", "left", 3.6))  # fmt: skip


def open_comparison(
    run: str | Path,
    against: str | Path,
    language: str = "vi",
    data: Path | None = None,
    runs: Path | None = None,
) -> Comparison:
    """Open two saved runs (folders, or scenarios' latest runs): `run` is told against `against`.

    Raises `BadInput` when a run cannot be read, both are of one scenario, or the language is not known.
    """
    data = data_for(language, data)
    opened = [open_saved(name, runs) for name in (run, against)]
    refuse_twice(opened)
    return Comparison(opened[0], language, data, opened[1:])


class Comparison(Assembly):
    """Two scenarios compared, in the making."""

    brief = "comparison"
    sections = ("summary", "inputs", "paths", "track", "evidence")
    heads = "comparison.section"
    own_page = ("track",)
    compact = True

    @property
    def base(self) -> SavedRun:
        """The run that the scenario is told against."""
        return self.compare[0]

    def about(self) -> str:
        """Return the title of the scenario."""
        return self.run.title(self.words.language)

    def title(self) -> Runs:
        """Return the gain in adoption over the other scenario."""
        words, value = self.words, self._gain_value()
        names = {"own": self.run.title(words.language), "other": self.base.title(words.language)}
        if value is None:
            return words.say("comparison.title_none", **names)
        if abs(numbers.rounded(value, 1, 100)) == 0:
            return words.say("comparison.title_same", **names, year=str(goals.end(self.run)))
        gain = compared.gain(self.run, self.base, words, unit=words.word("unit.points"))
        return words.say("comparison.title", **names, gain=gain, year=str(goals.end(self.run)))

    def standfirst(self) -> Runs:
        """Return how the two are compared."""
        phrase = "standfirst" if compared.paired(self.run, self.base) else "standfirst_apart"
        return self.words.say(f"comparison.{phrase}", draws=draws(self.run, self.words))

    def messages(self) -> Shown:
        """Add the key messages: which comes closer to the targets, the money, the gain and how sure it is, the odds."""
        found = comparison_messages.messages(self.run, self.base, self.words)
        return self._add("summary", Messages(items=found))

    def key_figures(self) -> Shown:
        """Add adoption in both, and the money of both."""
        words, year = self.words, str(goals.end(self.run))
        missing = words.missing()
        aware, adopt = (goals.told(self.run, name) for name in ("awareness", ADOPTION))
        items = []
        for name, target, pick in (
            ("awareness", aware, lambda r: goals.outcome_number(r, aware, words)),
            ("adoption", adopt, lambda r: goals.outcome_number(r, adopt, words)),
            ("money", None, lambda r: bare_spend(r, words, "total")),
        ):
            own, other = pick(self.run), pick(self.base)
            told = {"other": other or missing}
            if asks := target is not None and target.low is not None:
                told["asked"] = goals.threshold(self.run, target, words)
            items.append(
                KeyFigure(
                    label=words.word(f"comparison.figure_{name}", year=year),
                    figure=(own,) if own else missing,
                    context=words.say(f"comparison.figure_other{'_asked' if asks else ''}", **told),
                )
            )
        return self._add("summary", KeyFigures(items=tuple(items)))

    def inputs(self) -> Shown:
        """Add how the inputs of the two differ, one sentence each."""
        found = Differences(self.run, self.base, self.words, self.data).sentences()
        told = [Paragraph(runs=runs) for runs in found] or [Paragraph(runs=self.words.say("differs.none"))]
        return self._add("inputs", *told)

    def targets(self) -> Shown:
        """Add target by target: what is asked, both medians with their ranges, the paired gain, both odds."""
        words = self.words
        return self._add(
            "track",
            Table(
                id="paired",
                caption=words.say("comparison.table"),
                columns=tuple(
                    Column(label=words.word(f"comparison.{n}"), align=a, weight=w) for n, a, w in COLUMNS
                ),
                rows=tuple(self._target_row(target) for target in comparison_messages.targets_told(self.run)),
                notes=(separated([words.say("comparison.note"), *target_notes(self.run, words)], " "),),
                legend=words.say("targets_table.legend"),
            ),
        )

    def fan(self, outcome: str) -> Shown:
        """Add the fan of `awareness` or `adoption_strict`, with the other scenario's median as a broken line."""
        years = self.run.years(outcome)
        keys = {s: [self.run.key(outcome, year, s) for year in years] for s in BANDS}
        beside = [self.base.key(outcome, year) for year in years]
        values = {s: [self.run.get(key) for key in row] for s, row in keys.items()}
        middle = [self.base.get(key) for key in beside]
        name, words = outcome.removesuffix("_strict"), self.words
        if len(years) < 2 or None in middle or any(None in series for series in values.values()):
            return self._add("paths", self._nothing(f"fan.{name}.title"))
        shown = {s: numbers.percent(values[s][-1], words.language).text for s in BANDS}
        whole = numbers.percent(middle[-1], words.language).text
        title, unit = words.word(f"fan.{name}.title"), words.word(f"fan.{name}.unit")
        drawn = figures.Fan(
            years, {s: [100 * v for v in series] for s, series in values.items()}, (), shown["p50"],
            unverified_start=True, beside=([100 * v for v in middle], whole), height=1.3,
        )  # fmt: skip
        alt = words.word(
            "comparison.fan_alt", title=title, unit=unit, first=str(years[0]), last=str(years[-1]),
            end=shown["p50"], low=shown["p10"], high=shown["p90"], other=whole,
        )  # fmt: skip
        caption = words.say(f"comparison.fan_{'own' if outcome == 'awareness' else 'other'}")
        return self._add(
            "paths",
            Figure(
                id=f"fan_{outcome}", svg=figures.fan(drawn, ticks(words)), alt=alt, title=f"{title}, {unit}",
                caption=caption, keys=tuple(k for row in (*keys.values(), beside) for k in row), width="half",
            ),
        )  # fmt: skip

    def who_gains(self) -> Shown:
        """Add the gain by size and sector, as the difference of the two medians."""
        words = self.words
        sectors = [
            code for code in _sectors(words) if self.run.value(ADOPTION, goals.end(self.run), sector=code)
        ]
        kinds = [Part("size", size, words.word(f"size.{size}"), {"size": size}) for size in SIZES]
        kinds += [Part("sector", code, words.word(f"sector.{code}"), {"sector": code}) for code in sectors]
        heads = (
            ("group", "left", 2.6),
            ("other", "right", 1),
            ("own", "right", 1),
            ("difference", "right", 1.2),
        )
        rows = [self._part_row(part) for part in kinds]
        table = Table(
            id="gains",
            caption=words.say("comparison.gains", year=str(goals.end(self.run))),
            columns=tuple(
                Column(label=words.word(f"comparison.{n}"), align=a, weight=w) for n, a, w in heads
            ),
            rows=tuple(rows),
            notes=(words.say("comparison.gains_note"),),
        )
        return self._add("track", table)

    def data_quality(self) -> Shown:
        """Add what both results rest on."""
        return self._add("evidence", self._confidence("comparison.quality"))

    def method(self) -> Shown:
        """Add how the two are paired, what would change the answer, and which run it is told against."""
        other = self.words.say("comparison.base_run", run=self.base.folder.name)
        method = "method" if compared.paired(self.run, self.base) else "method_apart"
        return self._explain(f"comparison.{method}", "method.change", Paragraph(runs=other, role="note"))

    def _gain_value(self) -> float | None:
        key = compared.gain_key(self.run, self.base, ADOPTION, None, "p50")
        return compared.paired_value(self.run, self.base, key)

    def _target_row(self, target: goals.Goal) -> tuple[Cell, ...]:
        words = self.words
        told = [goals.outcome_with_range(run, target, words) for run in (self.base, self.run)]
        told += [compared.gain(self.run, self.base, words, target.outcome, target.year)]
        return (
            cell(comparison_messages.named(target, words), words, header=True),
            cell(goals.threshold(self.run, target, words, unit=False), words),
            *(cell(numbers.stacked(runs), words) for runs in told),
            chance_cell(self.base, target, words),
            chance_cell(self.run, target, words),
        )

    def _part_row(self, part: Part) -> tuple[Cell, ...]:
        words = self.words
        keys = [part.key(run, ADOPTION) for run in (self.run, self.base)]
        values = [run.get(key) for run, key in zip((self.run, self.base), keys, strict=True)]
        shown, more = [None, None], None
        if None not in values:
            shown = [
                numbers.percent(v, words.language, k, decimals=1) for v, k in zip(values, keys, strict=True)
            ]
            more = numbers.points(
                values[0] - values[1], words.language, "", *keys, decimals=1, signed=True, how="difference"
            )
        return (
            cell(part.name, words, header=True),
            cell(shown[1], words),
            cell(shown[0], words),
            cell(more, words),
        )


def _sectors(words: Wording) -> list[str]:
    """Return the sector groups that the vocabulary names."""
    return [name.removeprefix("sector.") for name in words.labels("sector.")]
