"""A posterior of both variants at explorer resolution, from history matching to what was learned, by stage."""

from __future__ import annotations

from benchmarks.measure import Row
from cpmodel.calibration.calibrating import calibrate
from cpmodel.inputs.overlay import resolve


def rows(quick: bool = False) -> list[Row]:
    """Seconds by stage, and in all without the confirmation at full resolution."""
    particles = 256 if quick else 512
    found = calibrate(resolve("as_decided"), particles=particles, confirm=0)
    stages = found.seconds | {"in all": sum(found.seconds.values())}
    case = f"posterior, {particles} particles a variant"
    return [Row("posterior", case, stage, seconds, "s") for stage, seconds in stages.items()]
