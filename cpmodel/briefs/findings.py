"""Which blocks tell a finding: one function a kind, used by notebooks, briefs and the command line alike."""

from __future__ import annotations

from pathlib import Path

from cpmodel.analysis.conditions import signs
from cpmodel.analysis.early_warning import watched_again
from cpmodel.analysis.findings import Finding, kept_finding
from cpmodel.briefs.causes import discover_blocks, sensitivity_blocks
from cpmodel.briefs.options import robust_blocks, survey_blocks, wedge_blocks
from cpmodel.briefs.packages import backcast_blocks
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.told import Told
from cpmodel.briefs.wording import Wording, joined
from cpmodel.calibration.observations import observations
from cpmodel.content import Block, Paragraph, Text

BLOCKS = {
    "backcast": backcast_blocks,
    "allocate": backcast_blocks,
    "wedges": wedge_blocks,
    "robust": robust_blocks,
    "survey_value": survey_blocks,
    "sensitivity": sensitivity_blocks,
    "discover": discover_blocks,
}


def watched(run: SavedRun, data: Path) -> Finding | None:
    """Return early warnings held against what is observed by now: the thresholds last kept, else those of the run itself.

    None where none are kept and every target is all but decided in the draws of the run.
    """
    years = sorted(run.draws["year"].unique())
    seen = observations(int(years[-1]), float(years[0]), data.parent)[0]
    kept = kept_finding("discover", run.name)
    return (
        watched_again(kept, seen)
        if kept is not None
        else signs(run.draws, run.decision.scored, run.name, seen)
    )


def finding_blocks(finding: Finding, words: Wording) -> list[Block]:
    """Return a finding as content of a brief; one that rests on a calibration says so at its end."""
    told = Told(finding, words)
    blocks = BLOCKS[finding.kind](told)
    if name := finding.facts.get("calibration"):
        runs = told.say("calibrated", name=str(name))
        if "particles" in finding.facts:
            apart = told.say("calibrated_apart", particles=told.fact("particles", "number", 0))
            runs = joined((*runs, Text(text=" "), *apart))
        blocks = [*blocks, Paragraph(runs=runs)]
    return blocks
