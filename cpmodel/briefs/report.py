"""What the notebook of a yearly report calls: clause V.1, the Ministry to the Prime Minister; clause V.3, to the Ministry.

A report tells what is observed and what is modelled apart. What only the reporting body can know is left to fill in.
"""

from __future__ import annotations

from pathlib import Path

from cpmodel.briefs import (
    calibration,
    gainers,
    goals,
    local_evidence,
    messages,
    parts,
    places,
    prospects,
    province_messages,
    report_tables,
)
from cpmodel.briefs.assembly import Assembly, data_for
from cpmodel.briefs.local_places import find_place
from cpmodel.briefs.messages import draws
from cpmodel.briefs.parts import Part
from cpmodel.briefs.report_tables import Respondent
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Shown
from cpmodel.briefs.wording import joined
from cpmodel.content import Callout, Heading, Message, Messages, Official, Paragraph, Runs, Table, Text
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.annual_form import annual_form
from cpmodel.inputs.places import bare
from cpmodel.inputs.reporting import MINISTRY, PRIME_MINISTER, refuse_unordered

ISSUER = "BCT"  # the Ministry of Industry and Trade, which clause V.1 names


def open_report(
    run: str | Path,
    clause: str = PRIME_MINISTER,
    respondent: str = "",
    year: int = 0,
    language: str = "vi",
    data: Path | None = None,
    runs: Path | None = None,
) -> Report:
    """Open a saved run (a folder, or a scenario's latest run) as a yearly report.

    clause    V.1: to the Prime Minister; V.3: of a ministry or a province to the Ministry of Industry and Trade
    respondent    for V.3, who reports: name or code of a province or a ministry
    year    year reported on; 0: the last year of the run
    Raises `BadInput` when the run cannot be read, or clause, respondent or year are not known.
    """
    data = data_for(language, data)
    who = find_respondent(data, clause, respondent, language)
    opened = open_saved(run, runs)
    refuse_unordered(opened.decision, clause)
    years = opened.years("awareness")
    if year and year not in years:
        known = f"{years[0]} to {years[-1]}" if years else "no year"
        why, fix = "The run holds no results of that year.", f"Name a year from {known}, or 0 for the last."
        raise BadInput(Problem("brief", "year", str(year), why, fix))
    return Report(opened, language, data, clause, who, year or (years[-1] if years else goals.end(opened)))


def find_respondent(data: Path, clause: str, respondent: str, language: str) -> Respondent:
    """Return who reports: the Ministry of Industry and Trade for V.1, a ministry or a province for V.3."""
    ministries = annual_form()["ministries"]
    if clause == PRIME_MINISTER:
        return Respondent(ISSUER, ministries[ISSUER][language])
    if clause != MINISTRY:
        why, fix = "The Decision asks for yearly reports in clauses V.1 and V.3.", "Use V.1 or V.3."
        raise BadInput(Problem("brief", "clause", clause, why, fix))
    for code, names in ministries.items():
        if respondent and bare(respondent) in {bare(text) for text in (code, *names.values())}:
            return Respondent(code, names[language])
    try:
        part = find_place(data, respondent, "63", language)
    except BadInput as error:
        near = nearest(respondent, [n for names in ministries.values() for n in (names["vi"], names["en"])])
        fix = f"Did you mean `{near}`?" if near else error.problems[0].fix
        why = "No ministry and no province has this name or code."
        raise BadInput(Problem("brief", "respondent", respondent, why, fix)) from None
    return Respondent(part.code, part.name, part)


class Report(Assembly):
    """A yearly report in the making."""

    brief = "report"
    sections = ("general", "results", "projects", "places", "difficulties", "requests", "evidence")
    heads = "report.section"
    numbered = sections[:-1]

    def __init__(
        self, run: SavedRun, language: str, data: Path, clause: str, who: Respondent, year: int
    ) -> None:
        super().__init__(run, language, data)
        self.clause, self.who, self.year = clause, who, year

    @property
    def part(self) -> Part:
        """The part of the country that the report is about."""
        return self.who.part or parts.nation(self.words)

    def about(self) -> str:
        """Return who reports, where it is not the Ministry of Industry and Trade on the nation."""
        return "" if self.clause == PRIME_MINISTER else self.who.name

    def title(self) -> Runs:
        """Return what the model estimates for the year, of the nation or of the province."""
        words = self.words
        key = self.part.key(self.run, parts.ADOPTION, self.year)
        if self.run.get(key) is None:
            return words.say("report.title_none", name=self.part.name, year=str(self.year))
        value = report_tables.percent(self.run, words, key)
        return words.say("report.title", name=self.part.name, value=value, year=str(self.year))

    def standfirst(self) -> Runs:
        """Return on what the report stands."""
        title = self.run.title(self.words.language)
        return self.words.say("report.standfirst", title=title, draws=draws(self.run, self.words))

    def official(self) -> Official:
        """Return who reports to whom, as the clause has it."""
        words, language = self.words, self.words.language
        asked = next(o for o in self.run.decision.obligations if o.clause == self.clause)
        agency = self.who.name
        if self.who.part:
            kind = places.provinces(self.data)[self.who.code].kind
            agency = words.word(f"report.committee_{kind}", name=agency)
        return Official(
            agency=agency,
            to=asked.to.in_(language),
            subject=words.word("report.subject", what=asked.what.in_(language), year=str(self.year)),
            recipients=(words.word("report.as_above"),),
        )

    def general(self) -> Shown:
        """Add the general judgement: how the targets stand, and how far the figures can be trusted."""
        found = [messages.track(self.run, self.words)] if not self.who.part else [self._local()]
        trust = Message(
            headline=calibration.confidence(self.run, self.words),
            body=self.words.say("report.apart"),
            tone="caution",
        )
        return self._add("general", Messages(items=(*found, trust)))

    def results(self) -> Shown:
        """Add what was observed, then what the model estimates, apart from each other."""
        words = self.words
        if self.who.part:
            table = report_tables.form_table(self.run, words, self.who, self.year, self.data)
            return self._add("results", table)
        names = places.provinces(self.data)
        observed = report_tables.observed_table(self.data, self.year, names, words)
        modelled = report_tables.modelled_table(self.run, words, self.year)
        form = [] if self.clause == PRIME_MINISTER else [
            report_tables.form_table(self.run, words, self.who, self.year, self.data)
        ]  # fmt: skip
        return self._add(
            "results", *form, observed or self._nothing("report.observed", "report.nothing"), modelled
        )

    def projects(self) -> Shown:
        """Add the component projects: who leads, when, money until the year, what they bring."""
        if self.who.part:
            return self._add("projects", Paragraph(runs=self.words.say("report.fill_in_activities")))
        mine = None if self.clause == PRIME_MINISTER else self.who.code
        table = report_tables.projects_table(self.run, self.words, self.year, self._named(mine))
        record = report_tables.money_on_record(self.data, self.year, self.words)
        return self._add("projects", table, *([Paragraph(runs=record)] if record else []))

    def reporting(self) -> Shown:
        """Add how many provinces sent a usable return for the year; in a return, that it is one of them."""
        if self.clause == MINISTRY:
            return Shown(())
        return self._add("places", Paragraph(runs=report_tables.returns(self.data, self.year, self.words)))

    def who_gains(self) -> Shown:
        """Add which sizes of establishment apply most and least in the year, and how many of them the province has."""
        told = gainers.who_gains(self.run, self.words, self.who.part, self.year)
        return self._add("projects", gainers.heading(self.words), told)

    def difficulties(self) -> Shown:
        """Add what stood in the way, as far as the run tells, and the room for what only the body knows."""
        told = self.words.say("report.difficulties_modelled") if self.clause == PRIME_MINISTER else ()
        room = self.words.say("report.fill_in")
        runs = joined((*told, Text(text=" "), *room)) if told else room
        return self._add("difficulties", Paragraph(runs=runs), *self._gaps())

    def watch(self, section: str | None = None) -> Shown:
        """Add early warnings of the national targets; a province's report tells none, since no target is its own."""
        return Shown(()) if self.who.part else super().watch(section or "difficulties")

    def what_it_takes(self) -> Shown:
        """Add the distance to the targets; of a province also what it can do itself."""
        run, words, end = self.run, self.words, str(goals.end(self.run))
        heading = Heading(text=words.word("takes.title", year=end))
        if not self.who.part:
            told = [Paragraph(runs=runs) for runs in prospects.distances(run, words)]
            return self._add("requests", heading, *told)
        table = parts.levers_table(run, words, self.part)
        distance = Paragraph(runs=province_messages.distance(self))
        return self._add("requests", heading, distance, *([table] if table else []))

    def requests(self) -> Shown:
        """Add the decisions requested."""
        if self.clause == PRIME_MINISTER:
            return self._add("requests", messages.ask(self.run, self.words, self.parameters))
        text = self.words.say("report.requests")
        return self._add("requests", Callout(title=self.words.word("ask.title"), runs=text, tone="caution"))

    def method(self) -> Shown:
        """Add how the figures came about, and what would change them."""
        return self._explain("method.text", "method.change")

    def _gaps(self) -> list[Table]:
        """Return what is not known of the province that reports, and who must deliver it."""
        if not self.who.part:
            return []
        surveys = local_evidence.survey_rows(self.data, self.part)
        return [local_evidence.gaps_table(surveys, self.part, self.words, self.run.decision)]

    def _local(self) -> Message:
        words, key = self.words, self.part.key(self.run, parts.ADOPTION, self.year)
        if self.run.get(key) is None:
            return Message(headline=words.say("province.none", name=self.part.name), tone="caution")
        nation = self.run.key(parts.ADOPTION, self.year)
        return Message(
            headline=words.say(
                "report.local", name=self.part.name, year=str(self.year),
                value=report_tables.percent(self.run, words, key),
                range=report_tables.between(self.run, words, key) or words.missing(),
                nation=report_tables.percent(self.run, words, nation),
            ),
            body=words.say("report.local_body"),
        )  # fmt: skip

    def _named(self, ministry: str | None) -> set[str] | None:
        """Return the ids of the projects whose text names a ministry; None for all of them."""
        if ministry is None:
            return None
        name = annual_form()["ministries"][ministry]["vi"]
        short = name.removeprefix("Bộ ")
        return {
            p.id for p in self.run.decision.component_projects if name in p.lead.vi or short in p.partners.vi
        }
