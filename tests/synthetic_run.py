"""A made-up run folder, for tests of the brief and the press only: smooth curves, no model behind them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.axes import COMPONENT_PROJECTS, RUNGS, SIZES
from cpmodel.inputs.yaml_text import write_yaml

YEARS = range(2009, 2021)
Z = {"p05": -1.645, "p10": -1.282, "p25": -0.674, "p50": 0.0, "p75": 0.674, "p90": 1.282, "p95": 1.645}
PROVINCES = [f"{n:02d}" for n in (
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42,
    44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84,
    86, 87, 89, 91, 92, 93, 94, 95, 96,
)]  # fmt: skip
CURVES = {
    "awareness": ("share of establishments", 0.26, 0.64, 0.10),
    "assessed": ("share of establishments", 0.10, 0.34, 0.08),
    "adoption_strict": ("share of establishments", 0.05, 0.21, 0.07),
    "adoption_lenient": ("share of establishments", 0.11, 0.36, 0.09),
    "specific_saving": ("share of use per unit of product", 0.035, 0.071, 0.018),
    "dedicated_units": ("share of medium and large establishments", 0.05, 0.48, 0.12),
    "office_capacity": ("offices", 12.0, 51.0, 5.0),
    "establishments": ("establishments", 38000.0, 96000.0, 4000.0),
    "assessments": ("assessments/year", 300.0, 2100.0, 350.0),
    "provider_capacity": ("FTE", 60.0, 260.0, 40.0),
    "scheme_projects": ("projects/year", 0.0, 34.0, 9.0),
    "finance_readiness": ("share", 0.0, 0.8, 0.06),
}
UNITS = [f"unit_{n:02d}" for n in (
    1, 4, 8, 11, 12, 14, 15, 19, 20, 22, 24, 25, 31, 33, 37, 38, 40, 42, 44, 46, 48, 51, 52, 56, 66, 68, 75, 79, 80,
    82, 86, 91, 92, 96,
)]  # fmt: skip
SECTORS = ("food_beverage_tobacco", "textile_garment_leather", "wood_paper_printing", "chemicals_plastics",
           "minerals_metals", "machinery_other")  # fmt: skip
MET = {
    "II.2.a.1@as_written": (2015, 0.31),
    "II.2.a.2/adoption@strict": (2015, 0.006),
    "II.2.a.2/adoption@lenient": (2015, 0.38),
    "II.2.a.2/saving@floor_cost_weighted": (2015, 0.52),
    "II.2.a.2/saving@band_cost_weighted": (2015, 0.44),
    "II.2.a.3@as_written": (2015, 0.24),
    "II.2.b.1@as_written": (2020, 0.03),
    "II.2.b.2/adoption@strict": (2020, 0.002),
    "II.2.b.2/adoption@lenient": (2020, 0.13),
    "II.2.b.2/saving@floor_cost_weighted": (2020, 0.33),
    "II.2.b.2/saving@band_cost_weighted": (2020, 0.30),
    "II.2.b.2/units@as_written": (2020, 0.004),
    "II.2.b.3@as_written": (2020, 0.71),
}
ACCEPTANCE = {("H1", "small"): (0.078, 0.126), ("H2", "small"): (0.047, 0.058),
              ("H1", "medium"): (0.17, 0.25), ("H2", "medium"): (0.13, 0.17),
              ("H1", "large"): (0.33, 0.41), ("H2", "large"): (0.31, 0.385),
              ("H1", "micro"): (0.052, 0.081), ("H2", "micro"): (0.028, 0.033)}  # fmt: skip


def write_run(
    folder: Path,
    scenario: str = "as_decided",
    without: tuple[str, ...] = (),
    shift: float = 0.0,
    title: dict[str, str] | None = None,
    decision: str = "decision_1419",
    created: str = "2026-11-20T08:00:00Z",
    calibration: str | dict = "prior",
) -> Path:
    """Write a run folder and return it; `without` names outcomes (or their starts) that it shall not have."""
    folder.mkdir(parents=True)
    table = pd.DataFrame(_rows(shift))
    table.insert(0, "scenario", scenario)
    table = table[~table["outcome"].str.startswith(without)] if without else table
    table.to_parquet(folder / "results.parquet", index=False)
    table.to_csv(folder / "results.csv", index=False)
    title = title or {"vi": "Theo Quyết định 1419", "en": "As decided"}
    manifest = {
        "scenario": scenario, "title": title, "created": created, "cpmodel_version": "0.1.0",
        "seed": 1419, "draws": 1000, "variants": ["H1", "H2"], "resolution": "full",
        "hashes": {"data": "d" * 64, "scenario": "5" * 64, "parameters": "a" * 64, "code": "c" * 64},
        "data_edition": "2026-11-09", "decision": decision, "yardstick": "decision_1419",
        "calibration": calibration, "budgets_status": "assumed", "notes": [],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    resolved = {"schema_version": 1, "title": title, "strategy": "decision_1419", "draws": 1000, "seed": 1419}
    _draws(shift).to_parquet(folder / "draws.parquet", index=False)
    (folder / "scenario.resolved.yaml").write_text(write_yaml(resolved), "utf-8")
    return folder


def _draws(shift: float, draws: int = 40) -> pd.DataFrame:
    """Draws around the same middle; two runs of different shift differ by a gain that varies from draw to draw."""
    luck = np.linspace(-1.3, 1.3, draws)
    parts = []
    for tilt, variant in ((1.06, "H1"), (0.94, "H2")):
        for year in YEARS:
            done = (year - 2009) / 11
            parts.append(pd.DataFrame({"variant": variant, "draw": range(draws), "year": year} | {
                outcome: first + (last * tilt * (1 + shift * (1 + 0.5 * luck)) - first) * done + spread * done * luck
                for outcome, (_, first, last, spread) in CURVES.items()
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _rows(shift: float) -> list[dict]:
    rows: list[dict] = []
    for outcome, (unit, first, last, spread) in CURVES.items():
        for variant, tilt in (("H1", 1.06), ("H2", 0.94), ("both", 1.0)):
            _curve(rows, outcome, unit, first, last * tilt * (1 + shift), spread, variant=variant)
    for index, code in enumerate(PROVINCES):
        tilt = 0.7 + 0.6 * ((index * 37) % 63) / 63
        for outcome in ("awareness", "adoption_strict", "adoption_lenient"):
            unit, first, last, spread = CURVES[outcome]
            _curve(rows, outcome, unit, first * tilt, last * tilt, spread, region=code)
        _curve(
            rows, "establishments", "establishments", 300.0 + 60 * index, 700.0 + 90 * index, 40, region=code
        )
    _places(rows)
    for project, amount in zip(COMPONENT_PROJECTS, (24.0, 6.0, 18.0, 9.0, 4.0), strict=True):
        for year in YEARS:
            end = {"network": 2015, "finance": 2012}.get(project, 2020)
            spent = amount * (1 + shift) if 2010 <= year <= end else 0.0
            _row(rows, f"spend_{project}", "bn VND/year", year, "mean", spent)
        for outcome, unit, gain in (("awareness", "share of establishments", 0.05),
                                    ("adoption_lenient", "share of establishments", 0.02),
                                    ("adoption_strict", "share of establishments", 0.008),
                                    ("office_capacity", "offices", 4.0), ("provider_capacity", "FTE", 9.0)):  # fmt: skip
            for statistic, z in Z.items():
                share = gain * amount / 10 * (1 + 0.4 * z)
                _row(rows, f"effect_{project}_on_{outcome}", unit, 2020, statistic, share)
                if outcome in ("awareness", "adoption_strict"):
                    for index, size in enumerate(SIZES):
                        _row(rows, f"effect_{project}_on_{outcome}", unit, 2020, statistic,
                             share * (0.5 + 0.5 * index), size=size)  # fmt: skip
    for size in SIZES:
        _row(rows, "scheme_reach", "share of establishments", 2020, "p50", 0.004, size=size)
    for (variant, size), (market, scheme) in ACCEPTANCE.items():
        for rung in RUNGS:
            for year in YEARS:
                for kind, level in (("market", market), ("scheme", scheme if year >= 2012 else market)):
                    _row(rows, f"acceptance_{rung}_{kind}", "share of establishments", year, "mean", level,
                         variant=variant, size=size)  # fmt: skip
                    _row(rows, f"acceptance_{rung}_{kind}", "share of establishments", year, "p50", level,
                         variant=variant, size=size)  # fmt: skip
    for name, (year, chance) in MET.items():
        _row(rows, f"met:{name}", "probability", year, "probability", chance)
    return rows


def _places(rows) -> None:
    """What only provinces, units of 2025 and sectors have: shares of units, ranks, parts, sizes, local levers."""
    groups = [{"region": code} for code in PROVINCES] + [{"region": unit} for unit in UNITS]
    groups += [{"sector": name} for name in SECTORS] + [{"size": size} for size in SIZES] + [{}]
    for index, where in enumerate(groups):
        tilt = 0.8 + 0.4 * ((index * 29) % 63) / 63
        if where.get("region") in UNITS or "sector" in where or "size" in where:
            for outcome in ("awareness", "adoption_strict", "adoption_lenient", "specific_saving"):
                unit, first, last, spread = CURVES[outcome]
                _curve(rows, outcome, unit, first * tilt, last * tilt, spread, **where)
            _curve(
                rows, "establishments", "establishments", 900.0 + 50 * index, 1500.0 + 80 * index, 60, **where
            )
        for statistic, z in Z.items():
            for lever, gain in (
                ("outreach", 0.008),
                ("office_training", 0.001),
                ("assessment_support", 0.002),
            ):
                for outcome, factor in (("awareness", 5.0), ("adoption_strict", 1.0)):
                    _row(rows, f"lever_{lever}_on_{outcome}", "share of establishments", 2020, statistic,
                         gain * factor * tilt * (1 + 0.4 * z), **where)  # fmt: skip
            if where:
                for name, middle, width in (("rank_adoption_strict", 20 * tilt, 1.0),
                                            ("rank_apart_adoption_strict", 20 * tilt, 9.0)):  # fmt: skip
                    _row(rows, name, "rank", 2020, statistic, max(middle + z * width, 1.0), **where)
                for name in ("part_of_adoption_strict", "part_of_establishments"):
                    _row(rows, name, "share", 2020, statistic, 0.015 * tilt * (1 + 0.02 * z), **where)
        for lever in ("outreach", "office_training", "assessment_support"):
            _row(rows, f"lever_{lever}_money", "bn VND", 2020, "mean", 2.5 * tilt, **where)
        if "sector" not in where and "size" not in where:
            for size, part in zip(SIZES, (0.4, 0.5, 0.04, 0.06), strict=True):
                _row(rows, "opening_mix", "share of establishments", 2009, "mean", part, **where, size=size)


def _curve(rows, outcome, unit, first, last, spread, **where) -> None:
    top = 1.0 if "share" in unit else np.inf
    for year in YEARS:
        done = (year - 2009) / 11
        middle = first + (last - first) * done**1.3
        width = spread * (0.4 + 0.6 * done)
        for statistic, z in {**Z, "mean": 0.05}.items():
            _row(rows, outcome, unit, year, statistic, float(np.clip(middle + z * width, 0, top)), **where)


def _row(
    rows, outcome, unit, year, statistic, value, variant="both", region="VN", sector="all", size="all"
) -> None:
    assert size in ("all", *SIZES)
    rows.append({"variant": variant, "region": region, "sector": sector, "size": size, "outcome": outcome,
                 "unit": unit, "year": year, "statistic": statistic, "value": value})  # fmt: skip
