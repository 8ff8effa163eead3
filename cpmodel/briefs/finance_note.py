"""What the notebook of a finance note calls: each part shown as it is made and kept as content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cpmodel.briefs import (
    note_assessment,
    note_charts,
    note_frontier,
    note_messages,
    note_tables,
    places,
    term_sheet,
)
from cpmodel.briefs.assembly import Assembly, data_for, names_in, refuse_twice
from cpmodel.briefs.calibration import confidence
from cpmodel.briefs.messages import draws
from cpmodel.briefs.note_frontier import why_none, with_design
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Shown
from cpmodel.briefs.wording import joined
from cpmodel.content import Heading, KeyFigures, Messages, Paragraph, Runs, Text
from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.project import project_root

SECTIONS = ("answer", "terms", "money", "gains", "options", "who", "change")
MADE_BY = "cpmodel brief finance_note --scenario {}"
PLACE_OF = {"cash": "money", "claims": "money", "fund": "money", "tornado": "money", "waterfall": "gains",
            "shares": "who"}  # fmt: skip


def open_finance_note(
    note: str | Path,
    language: str = "vi",
    compare: str | Sequence[str] = (),
    data: Path | None = None,
    notes: Path | None = None,
    design: str | Path = "",
    designs: Path | None = None,
) -> FinanceNote:
    """Open a saved note (a folder, or a scenario's latest note) as the page of a brief.

    compare    other notes to set beside it as options, as a list or separated by commas
    notes    the folder of all notes; by default reports/notes
    design    folder of a design search for the frontier; empty: the newest of the same content under `designs`, by default
    reports/designs
    Raises `BadInput` when a note cannot be read, is a run of another kind, or the language is not known.
    """
    data = data_for(language, data)
    notes = notes or project_root() / "reports" / "notes"
    opened = [open_saved(name, notes, MADE_BY) for name in (note, *names_in(compare))]
    for one in opened:
        if one.manifest.get("kind") != "finance_note":
            why, fix = "This run holds no fiscal note.", f"Make one with `{MADE_BY.format(one.name)}`."
            raise BadInput(Problem(str(one.folder), "kind", str(one.manifest.get("kind")), why, fix))
    refuse_twice(opened)
    designs = designs or project_root() / "reports" / "designs"
    first = with_design(opened[0], design or None, designs)
    return FinanceNote(first, language, data, opened[1:], why_none(opened[0], designs))


class FinanceNote(Assembly):
    """The finance note in the making."""

    brief = "finance_note"
    sections = SECTIONS
    heads = "note.section"
    compact = True

    def __init__(
        self,
        run: SavedRun,
        language: str,
        data: Path,
        compare: Sequence[SavedRun] = (),
        stale: Sequence[str] = (),
    ) -> None:
        """stale    in what the newest search of the scenario differs from the note"""
        super().__init__(run, language, data, compare)
        self.stale = stale
        self.reading = Reading(run, self.words)

    def about(self) -> str:
        """Return the title of the scenario."""
        return self.run.title(self.words.language)

    def title(self) -> Runs:
        """Return the answer for the Ministry, in one sentence."""
        return note_messages.title(self.reading)

    def standfirst(self) -> Runs:
        """Return the lines under the title."""
        return note_messages.standfirst(self.reading)

    def messages(self) -> Shown:
        """Add the key messages: money, what is additional, H1 and H2, what stands in the way."""
        return self._add("answer", Messages(items=note_messages.messages(self.reading)))

    def key_figures(self) -> Shown:
        """Add the headline figures."""
        return self._add("answer", KeyFigures(items=note_messages.key_figures(self.reading)))

    def request(self) -> Shown:
        """Add the decisions requested."""
        return self._add("answer", note_messages.ask(self.reading))

    def terms(self) -> Shown:
        """Add the term sheet of the instruments opened."""
        return self._add("terms", term_sheet.term_sheet(self.reading))

    def typical_projects(self) -> Shown:
        """Add typical projects with and without support."""
        table = note_tables.typical_projects(self.reading)
        return self._add_or_say("terms", table, "note.section.terms")

    def figure(self, name: str) -> Shown:
        """Add one figure: cash, claims, fund, tornado, waterfall or shares."""
        if name not in note_charts.FIGURES:
            near = nearest(name, note_charts.FIGURES)
            fix = f"Did you mean `{near}`?" if near else f"Use one of {', '.join(note_charts.FIGURES)}."
            raise BadInput(Problem("notebook", "note.figure", name, "There is no figure of that name.", fix))
        draw, otherwise = note_charts.FIGURES[name]
        found = draw(self.reading) or self._nothing(f"note.chart.{name}", otherwise)
        return self._add(PLACE_OF[name], found)

    def frontier(self) -> Shown:
        """Add the frontier of the design search and the terms of its options; or say why there is none."""
        drawn = note_frontier.frontier(self.reading)
        if drawn is not None:
            return self._add("options", drawn, note_frontier.terms_of_options(self.reading))
        otherwise = "note.chart.no_search"
        if self.stale:
            otherwise = f"note.chart.stale_search.{'inputs' if set(self.stale) - {'code'} else 'code'}"
        return self._add("options", self._nothing("note.chart.frontier", otherwise))

    def map(self) -> Shown:
        """Add the map of who gains by province."""
        shape, names = places.geometry(self.data), places.provinces(self.data)
        found = note_charts.province_map(self.reading, shape, names)
        return self._add("who", found or self._nothing("note.chart.map", "note.chart.no_places"))

    def barriers(self) -> Shown:
        """Add the matrix of barriers and the instruments that act on them."""
        return self._add_or_say("terms", note_assessment.barriers(self.reading), "note.barriers.title")

    def budget(self) -> Shown:
        """Add the budget by year: low, central, high."""
        return self._add_or_say("money", note_assessment.budget(self.reading), "note.section.money")

    def variations(self) -> Shown:
        """Add what volumes a fifth lower and higher bring, and what a year's delay costs."""
        return self._add_or_say("options", note_assessment.variations(self.reading), "note.varied.title")

    def heat_map(self) -> Shown:
        """Add the heat map of who gains, size by province."""
        found = note_charts.heat(self.reading, places.provinces(self.data))
        return self._add("who", found or self._nothing("note.chart.heat", "note.chart.no_places"))

    def bought(self) -> Shown:
        """Add what is additional, and what an additional project, a toe and a tCO2 cost."""
        return self._add("gains", note_tables.bought(self.reading))

    def options(self) -> Shown:
        """Add the options side by side: no change, then every note of this brief, the scenario's own last."""
        readings = [Reading(run, self.words) for run in (*self.compare, self.run)]
        return self._add("options", note_tables.options_table(readings, self.parameters))

    def what_would_change(self) -> Shown:
        """Add what would change the answer."""
        return self._add("change", *note_messages.change_of_mind(self.reading))

    def method(self) -> Shown:
        """Add the method in one paragraph."""
        text = self.words.say("note.method.text", draws=draws(self.run, self.words))
        text = joined((*text, Text(text=" "), *confidence(self.run, self.words)))
        return self._add("change", Heading(text=self.words.word("method.title")), Paragraph(runs=text))
