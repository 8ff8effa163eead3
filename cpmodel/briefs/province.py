"""What the notebook of a provincial brief calls: a province, or a unit of July 2025, beside the nation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cpmodel.briefs import local_evidence, parts, province_messages, province_tables
from cpmodel.briefs.assembly import Assembly, require_language
from cpmodel.briefs.local_places import find_place
from cpmodel.briefs.messages import draws
from cpmodel.briefs.parts import Part
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Shown
from cpmodel.content import Heading, KeyFigures, Messages, Paragraph, Runs
from cpmodel.inputs.project import project_root


def open_province(
    run: str | Path,
    province: str,
    units: str = "63",
    language: str = "vi",
    data: Path | None = None,
    runs: Path | None = None,
) -> Province:
    """Open a saved run (a folder, or a scenario's latest run) as the brief of one province.

    province    name or code, Vietnamese or English, in any Unicode form, with or without marks
    units    `63`: a province of the Decision; `34`: a unit of July 2025, by the crosswalk
    Raises `BadInput` when the run cannot be read or the province is not known; near names are offered.
    """
    require_language(language)
    data = data or project_root() / "data"
    part = find_place(data, province, units, language)
    return Province(open_saved(run, runs), language, data, part)


class Province(Assembly):
    """The brief of one province in the making; a run that holds nothing of it gives a brief that says so."""

    brief = "province"
    sections = ("summary", "path", "takes", "peers", "evidence")
    heads = "province.section"
    own_page = ("path",)
    compact = True

    def __init__(
        self, run: SavedRun, language: str, data: Path, part: Part, compare: Sequence[SavedRun] = ()
    ) -> None:
        super().__init__(run, language, data, compare)
        self.part = part
        self.told = run.get(part.key(run, parts.ADOPTION)) is not None
        self.surveys = local_evidence.survey_rows(data, part)

    def title(self) -> Runs:
        """Return the finding, and whether anything observed stands behind it."""
        return province_messages.title(self)

    def standfirst(self) -> Runs:
        """Return the lines under the title."""
        return province_messages.standfirst(self)

    def messages(self) -> Shown:
        """Add the key messages: where it stands, its part of the nation, its rank, what it can do."""
        return self._add("summary", Messages(items=province_messages.messages(self)))

    def key_figures(self) -> Shown:
        """Add the headline figures; none where the run tells nothing of the province."""
        found = province_messages.key_figures(self)
        return self._add("summary", *([KeyFigures(items=found)] if found else []))

    def too_little_data(self) -> Shown:
        """Add the statement that data are too few, where they are."""
        found = province_messages.too_little(self)
        return self._add("summary", *([found] if found else []))

    def fan(self, outcome: str) -> Shown:
        """Add the province's own fan of `awareness` or `adoption_strict`, with the nation's median."""
        found = parts.part_fan(self.run, self.words, self.part, outcome)
        return self._add_or_say("path", found, f"fan.{outcome.removesuffix('_strict')}.title")

    def levers(self) -> Shown:
        """Add what the province can do itself, and what it would take to stand where the nation should."""
        table = parts.levers_table(self.run, self.words, self.part)
        distance = Paragraph(runs=province_messages.distance(self))
        return self._add("takes", table or self._nothing("province.section.takes"), distance)

    def peers(self) -> Shown:
        """Add the provinces most like it, with ranges."""
        found = province_tables.peers_table(self)
        return self._add_or_say("peers", found, "province.section.peers")

    def data_gaps(self) -> Shown:
        """Add what is known of the province and what is not, and who must deliver it."""
        return self._add("evidence", local_evidence.gaps_table(self.surveys, self.part, self.words))

    def method(self) -> Shown:
        """Add how the figures came about, and what would change them."""
        text = self.words.say("province.method", draws=draws(self.run, self.words))
        heading = Heading(text=self.words.word("method.title"))
        change = Paragraph(runs=self.words.say("province.change"))
        return self._add("evidence", heading, Paragraph(runs=text), change)
