"""What a notebook calls: a page that shows each part of a brief as it is made and keeps it as content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from cpmodel import __version__
from cpmodel.briefs import (
    charts,
    compared,
    effects,
    evidence,
    flagged,
    goals,
    lineage,
    messages,
    numbers,
    places,
    prospects,
    recheck,
    tables,
)
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Finished, Shown
from cpmodel.briefs.wording import LANGUAGES, Wording, joined
from cpmodel.content import (
    Block,
    BriefContent,
    Callout,
    Heading,
    KeyFigures,
    Manifest,
    Messages,
    Number,
    Paragraph,
    Section,
    Text,
    keys_in,
)
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.project import project_root

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
    if language not in LANGUAGES:
        near = nearest(language, LANGUAGES)
        fix = f"Did you mean `{near}`?" if near else "Use `vi` or `en`."
        raise BadInput(Problem("brief", "language", language, "Briefs are printed in two languages.", fix))
    if province:
        fix = "Leave `province` empty for the national brief."
        raise BadInput(Problem("brief", "province", province, "Only the national brief can be printed.", fix))
    data = data or project_root() / "data"
    others = compare.split(",") if isinstance(compare, str) else compare
    names = [name for name in (str(other).strip() for other in others) if name]
    opened = [open_saved(name, runs) for name in (run, *names)]
    refuse_twice(opened)
    return Page(opened[0], language, data, opened[1:])


def refuse_twice(runs: Sequence[SavedRun]) -> None:
    """Refuse two runs of one scenario: a cell is named by its scenario, so it must mean one run."""
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        why, fix = "Each scenario may stand in a brief once.", "Name other scenarios to compare."
        raise BadInput(Problem("brief", "compare", ", ".join(twice), why, fix))


class Page:
    """A brief in the making: each method adds blocks to its section and shows them in the notebook."""

    def __init__(self, run: SavedRun, language: str, data: Path, compare: Sequence[SavedRun] = ()) -> None:
        self.run = run
        self.words = Wording(language)
        self.data = data
        self.compare = list(compare)
        self.parameters = places.parameter_rows(data)
        self.blocks: dict[str, list[Block]] = {name: [] for name in SECTIONS}

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
        runs: list = []
        for name in ("adoption", "awareness"):
            runs += [Text(text=" ")] if runs else []
            runs += prospects.distance(self.run, self.words, name)
        blocks: list[Block] = [
            Heading(text=self.words.word("takes.title", year=str(goals.end(self.run)))),
            Paragraph(runs=joined(tuple(runs))),
        ]
        if self.compare:
            blocks.append(compared.comparison_table([self.run, *self.compare], self.words))
        else:
            blocks.append(Paragraph(runs=self.words.say("takes.no_comparison"), role="note"))
        return self._add("takes", *blocks)

    def map(self, outcome: str = "adoption_strict", year: int | None = None) -> Shown:
        """Add a map of provinces, and the highest and lowest of them with their ranges."""
        names, year = places.provinces(self.data), year or goals.end(self.run)
        shape = places.geometry(self.data)
        figure = charts.province_map(self.run, self.words, outcome, year, shape, names)
        table = tables.province_table(self.run, self.words, outcome, year, names)
        return self._add("places", figure or self._nothing("section.places"), *([table] if table else []))

    def data_quality(self) -> Shown:
        """Add what the results rest on, survey rows that are not scored, and that all is prior-driven."""
        callout = Callout(
            title=self.words.word("quality.confidence_title"),
            runs=self.words.say("quality.confidence"),
            tone="caution",
        )
        rows = flagged.flagged_table(flagged.flagged_rows(self.data), places.provinces(self.data), self.words)
        quality = evidence.quality_table(self.run, self.words, self.parameters)
        return self._add("evidence", quality, *([rows] if rows else []), callout)

    def method(self) -> Shown:
        """Add the method in one paragraph, and what would change the conclusion."""
        text = self.words.say("method.text", draws=messages.draws(self.run, self.words))
        change = Paragraph(runs=self.words.say("method.change"))
        return self._add(
            "evidence", Heading(text=self.words.word("method.title")), Paragraph(runs=text), change
        )

    def provenance(self) -> Shown:
        """Add where the brief comes from: run, version, seed, hashes."""
        manifest, words = self.run.manifest, self.words
        origin = {"origin": "manifest seed"}
        seed = manifest.get("seed")
        runs = words.say(
            "provenance.run",
            run=self.run.folder.name,
            version=str(manifest.get("cpmodel_version", "?")),
            seed=Number(value=seed, text=str(seed), **origin) if isinstance(seed, int) else words.missing(),
            draws=messages.draws(self.run, words),
        )
        hashes = manifest.get("hashes") or {}
        shown = ", ".join(f"{name} {str(value)[:12]}" for name, value in sorted(hashes.items()))
        lines = [Paragraph(runs=runs, role="note")]
        if shown:
            lines.append(Paragraph(runs=words.say("provenance.hashes", hashes=shown), role="note"))
        return self._add("evidence", Heading(text=words.word("provenance.title")), *lines)

    def content(self) -> BriefContent:
        """Return the brief as typed content."""
        words, run = self.words, self.run
        edition = edition_date(run)
        sections = (
            Section(id=name, title=words.word(f"section.{name}"), blocks=tuple(blocks))
            for name, blocks in self.blocks.items()
            if blocks
        )
        found = BriefContent(
            brief="national",
            language=words.language,
            scenario=run.name,
            kicker=words.word("brief.national"),
            title=messages.title(run, words),
            standfirst=messages.standfirst(run, words),
            status=self._status(),
            edition=edition.isoformat(),
            edition_text=words.word("brief.edition", date=numbers.long_date(edition, words.language)),
            sections=tuple(sections),
            labels={k: words.word(k) for head in ("provenance.", "lineage.") for k in words.labels(head)},
            manifest=Manifest(
                run_id=run.folder.name,
                scenario=run.name,
                cpmodel_version=str(run.manifest.get("cpmodel_version", __version__)),
                run=run.manifest,
            ),
        )
        outcomes = {key.outcome for key in keys_in(found)}
        traced = lineage.lineage(outcomes, run.decision, self.parameters, words)
        return found.model_copy(update={"lineage": traced})

    def finish(self) -> Finished:
        """Return the finished content; shown as the cell's result, it is stored in the notebook.

        Raises `RunFailed` when a printed number is not that of the run it names.
        """
        content = self.content()
        recheck.refuse_wrong_numbers(content, [self.run, *self.compare])
        return Finished(content)

    def _status(self) -> tuple[str, ...]:
        status = str(self.run.manifest.get("budgets_status", "assumed"))
        status = status if self.words.has(f"status.{status}") else "assumed"
        return tuple(self.words.word(f"status.{name}") for name in (status, "prior", "unverified"))

    def _nothing(self, title: str) -> Callout:
        return Callout(title=self.words.word(title), runs=self.words.say("missing_figure"), tone="caution")

    def _add_or_say(self, section: str, block: Block | None, title: str) -> Shown:
        return self._add(section, block or self._nothing(title))

    def _add(self, section: str, *blocks: Block) -> Shown:
        self.blocks[section].extend(blocks)
        return Shown(blocks)


def edition_date(run: SavedRun) -> dt.date:
    """Return the date of the edition: that of the data, else that of the run; never the clock's."""
    for name in ("data_date", "data_edition", "created"):
        text = str(run.manifest.get(name, ""))[:10]
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            continue
    raise BadInput(
        Problem(
            str(run.folder / "manifest.json"),
            "data_edition",
            str(run.manifest.get("data_edition")),
            "Neither `data_edition` nor `created` is a date, so the edition cannot be dated.",
            "Run the scenario again with `cpmodel run`.",
        )
    )
