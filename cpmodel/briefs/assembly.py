"""What every brief is assembled with: blocks kept by section, provenance, the finished content checked cell by cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from cpmodel import __version__
from cpmodel.analysis.findings import Finding, latest_finding
from cpmodel.briefs import goals, lineage, messages, numbers, places, recheck
from cpmodel.briefs.calibration import confidence, learned_from
from cpmodel.briefs.causes import warning_block
from cpmodel.briefs.findings import finding_blocks, watched
from cpmodel.briefs.saved_run import SavedRun, reads_of
from cpmodel.briefs.show import Finished, Shown
from cpmodel.briefs.told import Told
from cpmodel.briefs.wording import LANGUAGES, Wording, joined
from cpmodel.content import (
    Basis,
    Block,
    BriefContent,
    Callout,
    Figure,
    Heading,
    Manifest,
    Number,
    Official,
    Paragraph,
    Runs,
    Section,
    Text,
    keys_in,
)
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.project import project_root

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
LABEL_HEADS = ("provenance.", "lineage.", "docx.", "xlsx.")  # phrases that a printed page itself needs


class Assembly:
    """A brief in the making: each method of a brief adds blocks to its section and shows them in the notebook.

    brief       its name, as in `cpmodel brief NAME`
    sections    ids of its sections in the order of print; section → phrase `HEAD.ID` of the vocabulary
    own_page    those of them that start a page in print
    compact    set closely in print, to keep to two pages
    numbered    those that bear a Roman number, counted over the ones that hold something
    """

    brief: str
    sections: tuple[str, ...]
    heads = "section"
    own_page: tuple[str, ...] = ()
    compact = False
    numbered: tuple[str, ...] = ()

    def __init__(self, run: SavedRun, language: str, data: Path, compare: Sequence[SavedRun] = ()) -> None:
        self.run = run
        self.words = Wording(language)
        self.data = data
        self.compare = list(compare)
        self.parameters = places.parameter_rows(data)
        self.blocks: dict[str, list[Block]] = {name: [] for name in self.sections}
        self.findings: list[Finding] = []  # that the brief tells

    def finding(self, finding: Finding | str, section: str | None = None) -> Shown:
        """Add what an analysis found: the finding, or its kind for the newest kept about this brief's scenario.

        section    where it stands; by default before the last, which tells the evidence
        """
        if isinstance(finding, str):
            finding = latest_finding(finding, self.run.name)
        self.findings.append(finding)
        return self._add(section or self.sections[-2], *finding_blocks(finding, self.words))

    def watch(self, section: str | None = None) -> Shown:
        """Add early warnings held against what is observed by now, so that a scheduled brief raises an alarm by itself.

        Thresholds are those that `cpmodel discover` last kept about the scenario; where it kept none, they are worked out
        from the run for the target that can still go either way.
        """
        finding, section = watched(self.run, self.data), section or self.sections[-2]
        if finding is None:
            title, told = self.words.word("decide.title.watch"), self.words.say("decide.watch.decided")
            return self._add(section, Callout(title=title, runs=told, tone="caution"))
        self.findings.append(finding)
        return self._add(section, warning_block(Told(finding, self.words)))

    def about(self) -> str:
        """Return the name of whom or what the brief is about; empty for the nation."""
        return ""

    def title(self) -> Runs:
        """Return the finding, in one sentence."""
        raise NotImplementedError

    def standfirst(self) -> Runs:
        """Return the lines under the title."""
        raise NotImplementedError

    def official(self) -> Official | None:
        """Return who issues the document to whom; None for a brief that is no official report."""
        return None

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
        named = (
            (words.word(f"provenance.hash_of.{name}"), str(value)[:12])
            for name, value in sorted(hashes.items())
        )
        shown = ", ".join(" ".join(one) for one in named)
        lines = [Paragraph(runs=runs, role="note")]
        if shown:
            lines.append(Paragraph(runs=words.say("provenance.hashes", hashes=shown), role="note"))
        return self._add(self.sections[-1], Heading(text=words.word("provenance.title")), *lines)

    def content(self) -> BriefContent:
        """Return the brief as typed content."""
        words, run = self.words, self.run
        edition = edition_date(run)
        sections = (
            Section(
                id=name,
                title=self._section_title(name),
                own_page=name in self.own_page,
                blocks=tuple(map(self._with_values, blocks)),
            )
            for name, blocks in self.blocks.items()
            if blocks
        )
        found = BriefContent(
            brief=self.brief,
            language=words.language,
            scenario=run.name,
            kicker=words.word(f"brief.{self.brief}"),
            about=self.about(),
            title=self.title(),
            standfirst=self.standfirst(),
            status=self._status(),
            edition=edition.isoformat(),
            edition_text=words.word("brief.edition", date=numbers.long_date(edition, words.language)),
            compact=self.compact,
            sections=tuple(sections),
            labels={k: words.word(k) for head in LABEL_HEADS for k in words.labels(head)},
            conclusions=goals.conclusions(run, words),
            official=self.official(),
            manifest=Manifest(
                run_id=run.folder.name,
                scenario=run.name,
                cpmodel_version=str(run.manifest.get("cpmodel_version", __version__)),
                run=run.manifest,
                beside=self._beside(),
            ),
        )
        outcomes = {key.outcome for key in keys_in(found)}
        traced = lineage.lineage(outcomes, run.decision, self.parameters, words)
        cited = {parameter.source for entry in traced for parameter in entry.parameters}
        units = {outcome: unit for outcome, unit in run.units.items() if outcome in outcomes}
        told = {"lineage": traced, "units": units, "sources": places.sources(self.data, cited)}
        told["reads"] = reads_of([run, *self.compare])
        return found.model_copy(update=told)

    def _beside(self) -> tuple[Basis, ...]:
        """Return what else than the run the brief tells of; a finding that was not kept is none."""
        found = [basis for run in (self.run, *self.compare) for basis in run.basis][1:]
        for finding in (one for one in self.findings if one.folder is not None):
            about = {"id": finding.folder.name, "scenario": finding.scenario, "hashes": {"key": finding.key}}
            found.append(Basis(kind="finding", **about))
        return tuple(found)

    def _section_title(self, name: str) -> str:
        title = self.words.word(f"{self.heads}.{name}")
        if name not in self.numbered:
            return title
        place = [one for one in self.numbered if self.blocks[one]].index(name)
        return f"{ROMAN[place]}. {title}"

    def _with_values(self, block: Block) -> Block:
        """Return a block as it is; a figure with the values of its cells, which its annex prints."""
        if not isinstance(block, Figure):
            return block
        get = recheck.reader([self.run, *self.compare])
        return block.model_copy(update={"values": tuple(get(key) for key in block.keys)})

    def finish(self) -> Finished:
        """Return the finished content; shown as the cell's result, it is stored in the notebook.

        Raises `RunFailed` when a printed number is not that of the run it names.
        """
        content = self.content()
        recheck.refuse_wrong_numbers(content, [self.run, *self.compare], recheck.cells_of(self.findings))
        return Finished(content)

    def _status(self) -> tuple[str, ...]:
        status = str(self.run.manifest.get("budgets_status", "assumed"))
        status = status if self.words.has(f"status.{status}") else "assumed"
        fitted = "calibrated" if learned_from(self.run) else "prior"
        return tuple(self.words.word(f"status.{name}") for name in (status, fitted, "unverified"))

    def _explain(self, method: str, change: str, *more: Block) -> Shown:
        """Add to the last section how the figures came about and what would change them, as two phrases, and more."""
        text = self.words.say(method, draws=messages.draws(self.run, self.words))
        heading = Heading(text=self.words.word("method.title"))
        told = (Paragraph(runs=text), Paragraph(runs=self.words.say(change)), *more)
        return self._add(self.sections[-1], heading, *told)

    def _confidence(self, more: str = "") -> Callout:
        """Return how far the evidence carries, which stands apart from how likely an outcome is; `more` is a phrase."""
        title, found = self.words.word("quality.confidence_title"), confidence(self.run, self.words)
        if more:
            found = joined((*found, Text(text=" "), *self.words.say(more)))
        return Callout(title=title, runs=found, tone="caution")

    def _nothing(self, title: str, why: str = "missing_figure") -> Callout:
        return Callout(title=self.words.word(title), runs=self.words.say(why), tone="caution")

    def _add_or_say(self, section: str, block: Block | None, title: str) -> Shown:
        return self._add(section, block or self._nothing(title))

    def _add(self, section: str, *blocks: Block) -> Shown:
        self.blocks[section].extend(blocks)
        return Shown(blocks)


def data_for(language: str, data: Path | None) -> Path:
    """Return the data folder of a brief, the project's where none is named; raises `BadInput` for a strange language."""
    require_language(language)
    return data or project_root() / "data"


def require_language(language: str) -> None:
    """Raise `BadInput` for a language in which nothing is printed."""
    if language not in LANGUAGES:
        near = nearest(language, LANGUAGES)
        fix = f"Did you mean `{near}`?" if near else "Use `vi` or `en`."
        raise BadInput(Problem("brief", "language", language, "Briefs are printed in two languages.", fix))


def names_in(compare: str | Sequence[str]) -> list[str]:
    """Return the runs to set beside a brief, given as a list or separated by commas."""
    others = compare.split(",") if isinstance(compare, str) else compare
    return [name for name in (str(other).strip() for other in others) if name]


def refuse_twice(runs: Sequence[SavedRun]) -> None:
    """Refuse two runs of one scenario: a cell is named by its scenario, so it must mean one run."""
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        why, fix = "Each scenario may stand in a brief once.", "Name other scenarios to compare."
        raise BadInput(Problem("brief", "compare", ", ".join(twice), why, fix))


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
