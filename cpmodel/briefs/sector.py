"""What the notebook of a sectoral brief calls: one group of industries beside the nation and the other groups."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cpmodel.axes import SIZES
from cpmodel.briefs import goals, numbers, parts, province_messages
from cpmodel.briefs.assembly import data_for
from cpmodel.briefs.messages import draws
from cpmodel.briefs.part_page import PartPage
from cpmodel.briefs.parts import Part
from cpmodel.briefs.saved_run import open_saved
from cpmodel.briefs.show import Shown
from cpmodel.briefs.tables import cell
from cpmodel.briefs.wording import Wording
from cpmodel.content import (
    Callout,
    Cell,
    Column,
    Message,
    Messages,
    Runs,
    Table,
)
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.places import bare

COLUMNS = (("name", "left", 2.8), ("establishments", "right", 1.3), ("aware", "right", 1.0),
           ("adopt", "right", 0.9), ("range", "right", 1.1), ("saving_head", "right", 1.0),
           ("part", "right", 1.2), ("of_all", "right", 1.2))  # fmt: skip


def open_sector(
    run: str | Path, sector: str, language: str = "vi", data: Path | None = None, runs: Path | None = None
) -> Sector:
    """Open a saved run (a folder, or a scenario's latest run) as the brief of one sector group.

    sector    id or name of a group of `data/sector_groups.csv`, in any Unicode form, with or without marks
    Raises `BadInput` when the run cannot be read or the sector is not known; near names are offered.
    """
    data = data_for(language, data)
    return Sector(open_saved(run, runs), language, data, find_sector(data, sector, language))


def find_sector(data: Path, sector: str, language: str) -> Part:
    """Return a sector group of the full resolution by id or name."""
    words, known = Wording(language), {}
    for row in _groups(data).itertuples(index=False):
        for name in (row.sector, row.name_vi, row.name_en):
            known[bare(name)] = row.sector
    code = known.get(bare(sector))
    if code is None:
        near = next((k for k in known if sector and k.startswith(bare(sector))), nearest(bare(sector), known))
        fix = (
            f"Did you mean `{known[near]}`?"
            if near
            else f"Use one of {', '.join(sorted(set(known.values())))}."
        )
        raise BadInput(
            Problem("brief", "sector", sector, "There is no group of industries of this name.", fix)
        )
    return _part(code, words)


def _groups(data: Path) -> pd.DataFrame:
    rows = pd.read_csv(data / "sector_groups.csv", dtype=str, keep_default_na=False)
    return rows[rows["resolution"] == "full"]


def _part(code: str, words: Wording) -> Part:
    return Part("sector", code, words.word(f"sector.{code}"), {"sector": code})


class Sector(PartPage):
    """The brief of one sector group in the making."""

    brief = "sector"
    sections = ("summary", "path", "takes", "gains", "evidence")
    heads = "sector_brief.section"

    def title(self) -> Runs:
        """Return the sector's share beside the nation's."""
        if not self.told:
            return self.words.say("sector_brief.title_none", name=self.part.name)
        return self.words.say(
            "sector_brief.title",
            name=self.part.name,
            year=str(goals.end(self.run)),
            value=self._share(self.part),
            nation=self._share(parts.nation(self.words)),
        )

    def standfirst(self) -> Runs:
        """Return the lines under the title."""
        title = self.run.title(self.words.language)
        told = {"draws": draws(self.run, self.words), "decision": self.run.decision.number}
        return self.words.say("sector_brief.standfirst", title=title, **told)

    def messages(self) -> Shown:
        """Add the key messages: where it stands, its part of the nation, what it saves, what helps it most."""
        if not self.told:
            none = Message(headline=self.words.say("sector_brief.none", name=self.part.name), tone="caution")
            return self._add("summary", Messages(items=(none,)))
        found = (
            province_messages.stands(self),
            province_messages.contribution(self),
            self._saving(),
            self._lever(),
        )
        return self._add("summary", Messages(items=tuple(m for m in found if m)))

    def caution(self) -> Shown:
        """Add what the model does not know of a single sector."""
        runs = self.words.say("sector_brief.caution")
        title = self.words.word("sector_brief.caution_title")
        return self._add("summary", Callout(title=title, runs=runs, tone="caution"))

    def who_gains(self) -> Shown:
        """Add all sectors and sizes side by side: their part of the adopters beside their part of establishments."""
        words, run = self.words, self.run
        rows = [_part(code, words) for code in _groups(self.data)["sector"]]
        rows = [part for part in rows if run.get(part.key(run, parts.ADOPTION)) is not None]
        rows += [Part("size", size, words.word(f"size.{size}"), {"size": size}) for size in SIZES]
        table = Table(
            id="gains",
            caption=words.say("sector_brief.gains_caption", year=str(goals.end(run))),
            columns=tuple(
                Column(label=words.word(f"sector_brief.{n}"), align=a, weight=w) for n, a, w in COLUMNS
            ),
            rows=tuple(self._row(part) for part in (*rows, parts.nation(words))),
            notes=(words.say("sector_brief.gains_note"),),
        )
        return self._add("gains", table)

    def method(self) -> Shown:
        """Add how the figures came about, and what would change them."""
        return self._explain("sector_brief.method", "sector_brief.change")

    def _share(self, part: Part, outcome: str = parts.ADOPTION, decimals: int = 0):
        found = parts.share(self.run, self.words, part, outcome, decimals=decimals)
        return found or self.words.missing()

    def _saving(self) -> Message | None:
        """Say what adopters of the sector save per unit of product, beside the nation."""
        run, words = self.run, self.words
        keys = {s: self.part.key(run, "specific_saving", statistic=s) for s in ("p50", "p10", "p90")}
        if any(run.get(key) is None for key in keys.values()):
            return None
        shown = {s: numbers.percent(run.get(k), words.language, k, decimals=1) for s, k in keys.items()}
        whole = self._share(parts.nation(words), "specific_saving", decimals=1)
        headline = words.say(
            "sector_brief.saving",
            value=shown["p50"],
            range=numbers.span(shown["p10"], shown["p90"]),
            nation=whole,
        )
        return Message(headline=headline, body=words.say("sector_brief.saving_body"))

    def _lever(self) -> Message | None:
        """Say which activity adds most adoption in the sector."""
        run, words, part = self.run, self.words, self.part
        best = parts.best_lever(run, part)
        if best is None:
            return None
        return Message(
            headline=words.say(
                "sector_brief.lever",
                lever=words.word(f"lever.{best}_in_words"),
                gain=parts.lever_gain(run, words, part, best, parts.ADOPTION, words.word("unit.points"))
                or words.missing(),
                count=parts.lever_adopters(run, words, part, best) or words.missing(),
                year=str(goals.end(run)),
            ),
            body=words.say("sector_brief.lever_body"),
            tone="good",
        )

    def _row(self, part: Part) -> tuple[Cell, ...]:
        run, words = self.run, self.words
        nation = cell("–", words) if part.kind == "nation" else None
        return (
            cell(part.name, words, header=True),
            cell(parts.count(run, words, part, "establishments"), words),
            cell(self._share(part, "awareness"), words),
            cell(self._share(part), words),
            cell(parts.between(run, words, part, parts.ADOPTION), words),
            cell(self._share(part, "specific_saving", decimals=1), words),
            nation or cell(self._share(part, "part_of_adoption_strict"), words),
            nation or cell(self._share(part, "part_of_establishments"), words),
        )
