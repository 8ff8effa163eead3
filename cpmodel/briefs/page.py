"""What a notebook calls: a page that shows each part of a brief as it is made and keeps it as content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cpmodel.analysis.emulated_runs import open_emulator
from cpmodel.briefs import (
    charts,
    compared,
    effects,
    evidence,
    flagged,
    gainers,
    goals,
    messages,
    places,
    prospects,
    sliders,
    tables,
)
from cpmodel.briefs.assembly import Assembly, data_for, names_in, refuse_twice
from cpmodel.briefs.saved_run import open_saved
from cpmodel.briefs.show import Shown
from cpmodel.briefs.wording import joined
from cpmodel.content import Block, Heading, KeyFigures, Messages, Paragraph, Runs, Text
from cpmodel.errors import BadInput, Problem, nearest

SECTIONS = ("summary", "track", "takes", "places", "evidence")


def open_page(
    run: str | Path,
    province: str | None = None,
    language: str = "vi",
    compare: str | Sequence[str] = (),
    data: Path | None = None,
    runs: Path | None = None,
) -> Page:
    """Open a saved run (a folder, or a scenario's latest run) as the page of a brief.

    compare    other scenarios or run folders to set beside it, as a list or separated by commas
    Raises `BadInput` when the run cannot be read or the language is not known.
    """
    data = data_for(language, data)
    if province:
        fix = "Leave `province` empty for the national brief."
        raise BadInput(Problem("brief", "province", province, "Only the national brief can be printed.", fix))
    opened = [open_saved(name, runs) for name in (run, *names_in(compare))]
    refuse_twice(opened)
    return Page(opened[0], language, data, opened[1:])


class Page(Assembly):
    """The national brief in the making."""

    brief = "national"
    sections = SECTIONS
    own_page = ("track", "takes", "places")

    def title(self) -> Runs:
        """Return the finding: where adoption stands against its target."""
        return messages.title(self.run, self.words)

    def standfirst(self) -> Runs:
        """Return the lines under the title."""
        return messages.standfirst(self.run, self.words)

    def messages(self) -> Shown:
        """Add the key messages."""
        found = messages.messages(self.run, self.words, self.parameters)
        return self._add("summary", Messages(items=found))

    def request(self) -> Shown:
        """Add the decision requested."""
        return self._add("summary", messages.ask(self.run, self.words, self.parameters))

    def key_figures(self) -> Shown:
        """Add the headline figures."""
        return self._add("summary", KeyFigures(items=messages.key_figures(self.run, self.words)))

    def targets(self) -> Shown:
        """Add the table of targets: clause, asked, median, range, odds."""
        return self._add("track", tables.targets_table(self.run, self.words))

    def fan(self, name: str) -> Shown:
        """Add one fan chart: awareness, adoption, saving or offices."""
        if name not in charts.FANS:
            near = nearest(name, charts.FANS)
            fix = f"Did you mean `{near}`?" if near else f"Use one of {', '.join(charts.FANS)}."
            raise BadInput(Problem("notebook", "page.fan", name, "There is no fan chart of that name.", fix))
        return self._add_or_say("track", charts.fan(self.run, self.words, name), f"fan.{name}.title")

    def money(self) -> Shown:
        """Add where the money goes, as a sentence, bars and a table of what each project goes with."""
        total = tables.spend(self.run, self.words, "total")
        years = sorted({key.year for key in total.keys}) if total else []
        lead: list[Block] = []
        if total:
            runs = self.words.say("money.lead", total=total, first=str(years[0]), last=str(years[-1]))
            if messages.assumed(self.run):
                runs = joined((*runs, Text(text=" "), *self.words.say("message.assumed")))
            lead = [Paragraph(runs=runs)]
        figure = charts.money(self.run, self.words) or self._nothing("money.title")
        return self._add("takes", *lead, effects.effects_table(self.run, self.words), figure)

    def credit(self) -> Shown:
        """Add what credit support changes under H1 and H2, and why the two differ."""
        figure = charts.credit(self.run, self.words)
        sentence = prospects.credit_sentence(self.run, self.words)
        return self._add(
            "takes",
            figure or self._nothing("credit.title"),
            *([Paragraph(runs=sentence)] if sentence else []),
        )

    def what_it_takes(self) -> Shown:
        """Add the distance to the targets, and the scenarios compared."""
        blocks: list[Block] = [
            Heading(text=self.words.word("takes.title", year=str(goals.end(self.run)))),
            Paragraph(runs=messages.separated(prospects.distances(self.run, self.words), " ")),
        ]
        if self.compare:
            blocks.append(compared.comparison_table([self.run, *self.compare], self.words))
        else:
            blocks.append(Paragraph(runs=self.words.say("takes.no_comparison"), role="note"))
        return self._add("takes", *blocks)

    def try_it(self, emulator: str | Path) -> Shown:
        """Add sliders over the budgets (HTML only), answered by a saved emulator; `emulator` is its folder, empty: none."""
        if not str(emulator):
            return self._add("takes")
        found = open_emulator(emulator)
        made = (
            sliders.sliders(self.run, self.words, found, Path(emulator).name)
            if sliders.accurate(found)
            else None
        )
        return self._add("takes", *([made] if made else []))

    def map(self, outcome: str = "adoption_strict", year: int | None = None) -> Shown:
        """Add a map of provinces, and the highest and lowest of them with their ranges."""
        names, year = places.provinces(self.data), year or goals.end(self.run)
        shape = places.geometry(self.data)
        figure = charts.province_map(self.run, self.words, outcome, year, shape, names)
        table = tables.province_table(self.run, self.words, outcome, year, names)
        return self._add("places", figure or self._nothing("section.places"), *([table] if table else []))

    def who_gains(self) -> Shown:
        """Add which sizes of establishment come to apply most and least; in one line, so that the page holds."""
        return self._add("takes", gainers.who_gains(self.run, self.words))

    def data_quality(self) -> Shown:
        """Add what the results rest on, where their spread is from, survey rows not scored, and what is prior-driven."""
        rows = flagged.flagged_table(flagged.flagged_rows(self.data), places.provinces(self.data), self.words)
        quality = evidence.quality_table(self.run, self.words, self.parameters)
        spread = evidence.spread_table(self.run, self.words, goals.end(self.run))
        found = [table for table in (quality, spread, rows) if table]
        return self._add("evidence", *found, self._confidence())

    def method(self) -> Shown:
        """Add the method in one paragraph, and what would change the conclusion."""
        return self._explain("method.text", "method.change")
