"""What the notebook of a provincial brief calls: a province, or a unit of July 2025, beside the nation."""

from __future__ import annotations

from pathlib import Path

from cpmodel.briefs import gainers, local_evidence, province_messages, province_tables
from cpmodel.briefs.assembly import data_for
from cpmodel.briefs.local_places import find_place
from cpmodel.briefs.part_page import PartPage
from cpmodel.briefs.parts import Part
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Shown
from cpmodel.content import Messages, Runs


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
    data = data_for(language, data)
    part = find_place(data, province, units, language)
    return Province(open_saved(run, runs), language, data, part)


class Province(PartPage):
    """The brief of one province in the making; a run that holds nothing of it gives a brief that says so."""

    brief = "province"
    sections = ("summary", "path", "takes", "peers", "evidence")
    heads = "province.section"

    def __init__(self, run: SavedRun, language: str, data: Path, part: Part) -> None:
        super().__init__(run, language, data, part)
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

    def too_little_data(self) -> Shown:
        """Add the statement that data are too few, where they are."""
        found = province_messages.too_little(self)
        return self._add("summary", *([found] if found else []))

    def who_gains(self) -> Shown:
        """Add which sizes come to apply most and least, and how many of them the province has."""
        return self._add(
            "summary", gainers.heading(self.words), gainers.who_gains(self.run, self.words, self.part)
        )

    def peers(self) -> Shown:
        """Add the provinces most like it, with ranges."""
        found = province_tables.peers_table(self)
        return self._add_or_say("peers", found, "province.section.peers")

    def data_gaps(self) -> Shown:
        """Add what is known of the province and what is not, and who must deliver it."""
        return self._add(
            "evidence", local_evidence.gaps_table(self.surveys, self.part, self.words, self.run.decision)
        )

    def method(self) -> Shown:
        """Add how the figures came about, and what would change them."""
        return self._explain("province.method", "province.change")
