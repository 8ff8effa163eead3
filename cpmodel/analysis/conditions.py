"""When a target is missed: rules by PRIM and by a tree, and the figures that warn of it years before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from cpmodel.analysis.discovery import chosen, prim
from cpmodel.analysis.drawn import Asked, of_variant
from cpmodel.analysis.early_warning import early_warnings, watch
from cpmodel.analysis.findings import Finding
from cpmodel.analysis.trees import tree
from cpmodel.calibration.observations import Observation
from cpmodel.decision import Target

BOX, LEAF = "box", "leaf"
UNDECIDED = 0.05  # least chance of either end of a target that is still worth a warning


def conditions(
    inputs: Mapping[str, pd.DataFrame], draws: pd.DataFrame, question: Asked, level: float, scenario: str,
    seen: Sequence[Observation] = (), years: Sequence[int] | None = None, calibration: str | None = None,
) -> Finding:  # fmt: skip
    """Return under which conditions the outcome asked stays below a level, in each variant.

    inputs    variant → draws × inputs   draws    the nation's outcomes, as a run keeps them
    seen    observations against which warnings are held   years    of the warnings; default: all but the last two
    calibration    name of the one whose draws they are, None for the prior's
    Tables: missed (variant, share of draws, median of the outcome), rules (rule, kind box or leaf, variant, coverage,
    density, support; densest first), limits (rule, input, low, high; NaN where a side is free), warnings (see
    `early_warning.watch`).
    """
    values = of_variant(draws, question)
    rules, limits, missed = [], [], []
    for variant, outcome in values.items():
        case = outcome < level
        own = inputs[variant]
        missed.append((variant, float(case.mean()), float(np.median(outcome))))
        if not 0 < case.sum() < len(case):
            continue
        found = [
            (BOX, chosen(prim(own, case), own, case)),
            *((LEAF, leaf) for leaf in tree(own, case)),
        ]
        for number, (kind, rule) in enumerate(found, start=1):
            name = f"{variant} {kind} {number}"
            told = asdict(rule)
            rules.append((name, kind, variant, told["coverage"], told["density"], told["support"]))
            limits += [
                (name, key, *(x if np.isfinite(x) else np.nan for x in span))
                for key, span in rule.limits.items()
            ]
    facts = {
        "outcome": question.outcome,
        "year": question.year,
        "level": level,
        "draws": len(next(iter(values.values()))),
        "calibration": calibration,
    }
    tables = {
        "missed": pd.DataFrame(missed, columns=["variant", "share", "median"]),
        "rules": pd.DataFrame(rules, columns=["rule", "kind", "variant", "coverage", "density", "support"]),
        "limits": pd.DataFrame(limits, columns=["rule", "input", "low", "high"]),
        "warnings": _warnings(draws, values, question, level, seen, years),
    }
    return Finding("discover", scenario, facts, tables)


def signs(
    draws: pd.DataFrame, targets: Sequence[Target], scenario: str, seen: Sequence[Observation] = ()
) -> Finding | None:
    """Return the warnings alone, of the last target that can still go either way; None where each is all but decided.

    targets    whose first reading is an outcome of the draws; the chance that one is missed is counted over all variants,
    and of one year the target whose chance is most even is taken. A finding of the kind `discover`, with warnings alone.
    """
    open_ones: list[tuple[int, float, Target]] = []
    for target in (t for t in targets if t.outcome in draws):
        missed = float((draws.loc[draws["year"] == target.year, target.outcome] < target.threshold).mean())
        if UNDECIDED <= missed <= 1 - UNDECIDED:
            open_ones.append((target.year, -abs(missed - 0.5), target))
    if not open_ones:
        return None
    target = max(open_ones, key=lambda one: one[:2])[-1]
    question, level = Asked(str(target.outcome), target.year), target.threshold
    warnings = _warnings(draws, of_variant(draws, question), question, level, seen, None)
    facts = {"outcome": question.outcome, "year": question.year, "level": level}
    return Finding("discover", scenario, facts, {"warnings": warnings})


def _warnings(draws: pd.DataFrame, values: dict, question: Asked, level: float, seen, years) -> pd.DataFrame:
    missed = np.concatenate([values[v] < level for v in sorted(values)])
    every = sorted(draws["year"].unique())
    years = years if years is not None else [y for y in every[1:] if y <= question.year - 2]
    if not 0 < missed.sum() < len(missed):
        years = []
    empty = ["indicator", "year", "threshold", "hit_rate", "false_alarms", "skill", "density", "observed", "status",
             "observation"]  # fmt: skip
    signs = early_warnings(draws, missed, years) if len(years) else pd.DataFrame(columns=empty)
    return watch(signs, seen) if len(signs) else pd.DataFrame(columns=empty)
