"""Early warning: which figure, seen years before, tells that a target will be missed, and from which value on.

Thresholds come from the draws of a run and are held against what has been observed since; scheduled briefs watch them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cpmodel.analysis.findings import Finding
from cpmodel.calibration.observations import Observation

Array = np.ndarray
WATCHED = ("awareness", "assessed", "adoption_lenient", "adoption_strict", "office_capacity", "dedicated_units",
           "assessments", "supported_assessments", "provider_capacity", "demonstrations", "scheme_projects")  # fmt: skip
LEAST_SKILL = 0.1  # hit rate less false alarms below which a sign is no better than noise for a reader
ALARM, CLEAR, UNSEEN = "alarm", "clear", "unseen"


def early_warnings(
    draws: pd.DataFrame, missed: Array, years: Sequence[int], watched: Iterable[str] = WATCHED, count: int = 6
) -> pd.DataFrame:
    """Return indicator, year, threshold, hit_rate, false_alarms, skill, density, lead: the most telling first.

    draws    the nation's outcomes of one or more variants, as `outcomes.national_draws` gives them
    missed    for each (variant, draw) in the order of one year's rows, whether the target is missed
    years    in which an indicator may be seen, all before the target's
    An alarm is a value below the threshold that has the largest skill: hit_rate − false_alarms (Youden 1950,
    doi 10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3). density    share of alarms that end in a miss
    One row an indicator, the year with the best skill per year of lead kept first; weak signs are left out.
    """
    missed = np.asarray(missed, bool)
    if not 0 < missed.sum() < len(missed):
        raise ValueError(f"{int(missed.sum())} misses among {len(missed)} draws: there is nothing to warn of")
    rows = []
    for year in years:
        here = draws[draws["year"] == year].sort_values(["variant", "draw"])
        for name in (n for n in watched if n in here):
            sign = best_threshold(here[name].to_numpy(float), missed)
            if sign is not None and sign[3] >= LEAST_SKILL:
                rows.append((name, int(year), *sign))
    table = pd.DataFrame(
        rows, columns=["indicator", "year", "threshold", "hit_rate", "false_alarms", "skill", "density"]
    )
    table = table.sort_values("skill", ascending=False, kind="stable")
    return table.groupby("indicator", sort=False).head(2).head(count).reset_index(drop=True)


def best_threshold(values: Array, missed: Array) -> tuple[float, float, float, float, float] | None:
    """Return (threshold, hit rate, false alarms, skill, density) of alarms below a value; None for a constant."""
    order = np.argsort(values, kind="stable")
    ranked, hits = values[order], np.cumsum(missed[order])
    alarms = np.arange(1, len(values))
    cut = ranked[:-1] < ranked[1:]
    if not cut.any():
        return None
    hit = hits[:-1] / missed.sum()
    false = (alarms - hits[:-1]) / (~missed).sum()
    place = int(np.argmax(np.where(cut, hit - false, -np.inf)))
    threshold = 0.5 * (ranked[place] + ranked[place + 1])
    return (float(threshold), float(hit[place]), float(false[place]), float(hit[place] - false[place]),
            float(hits[place] / alarms[place]))  # fmt: skip


def watch(signs: pd.DataFrame, seen: Iterable[Observation]) -> pd.DataFrame:
    """Return the signs with what was observed: observed, status (alarm, clear, unseen), observation.

    seen    observations that may be scored; suspect rows are not among them, so a flagged figure raises no alarm
    """
    by_key = {
        (one.outcome, one.year): one
        for one in seen
        if one.kind in ("share", "offices") and one.region == "VN"
    }
    found = []
    for row in signs.itertuples():
        one = by_key.get((row.indicator, row.year))
        value = one.values[0] if one is not None else np.nan
        status = UNSEEN if one is None else ALARM if value < row.threshold else CLEAR
        found.append((value, status, one.id if one is not None else ""))
    return signs.assign(
        **dict(zip(("observed", "status", "observation"), map(list, zip(*found, strict=True)), strict=True))
    )


def watched_again(finding: Finding, seen: Iterable[Observation]) -> Finding:
    """Return a finding of `conditions` with its warnings held against what is observed now."""
    signs = finding["warnings"].drop(columns=["observed", "status", "observation"])
    warnings = watch(signs, seen) if len(signs) else finding["warnings"]
    return replace(finding, tables={**finding.tables, "warnings": warnings})
