"""A brief of one part of the country, province, unit of 2025 or sector: its path and its levers beside the nation."""

from __future__ import annotations

from pathlib import Path

from cpmodel.briefs import parts, province_messages
from cpmodel.briefs.assembly import Assembly
from cpmodel.briefs.parts import Part
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.show import Shown
from cpmodel.content import KeyFigures, Paragraph


class PartPage(Assembly):
    """The brief of a part in the making.

    told    whether the run holds anything of it; where it does not, the brief says so
    """

    own_page = ("path",)
    compact = True

    def __init__(self, run: SavedRun, language: str, data: Path, part: Part) -> None:
        super().__init__(run, language, data)
        self.part = part
        self.told = run.get(part.key(run, parts.ADOPTION)) is not None

    def about(self) -> str:
        """Return the name of the part."""
        return self.part.name

    def key_figures(self) -> Shown:
        """Add the headline figures; none where the run tells nothing of the part."""
        found = province_messages.key_figures(self)
        return self._add("summary", *([KeyFigures(items=found)] if found else []))

    def fan(self, outcome: str) -> Shown:
        """Add the part's own fan of `awareness` or `adoption_strict`, with the nation's median."""
        found = parts.part_fan(self.run, self.words, self.part, outcome)
        return self._add_or_say("path", found, f"fan.{outcome.removesuffix('_strict')}.title")

    def levers(self) -> Shown:
        """Add what twice the money of each activity brings in the part, and the distance to the target."""
        table = parts.levers_table(self.run, self.words, self.part)
        distance = Paragraph(runs=province_messages.distance(self))
        return self._add("takes", table or self._nothing(f"{self.heads}.takes"), distance)
