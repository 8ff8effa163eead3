"""A design search kept as a folder: its figures as cells of the long table, its options as scenarios to be run.

Outcomes begin with `design_`, followed by the option (`no_change`, `base`, `option_1`…) or the candidate, and its figure;
money is in bn VND of present value in the base year, under which all cells stand. Figures are those of the
worse variant, under `both`, and some of each variant too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from itertools import product
from pathlib import Path

import pandas as pd

from cpmodel.analysis.design_question import Question
from cpmodel.analysis.design_search import BASE, BY_VARIANT, DesignSearch, Effort, search
from cpmodel.axes import ALL, NATION
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.opened import opened
from cpmodel.inputs.overlay import OWN_WORDS, resolve, scenario_names
from cpmodel.inputs.scenario import SCHEMA_LINE, Scenario
from cpmodel.inputs.yaml_text import write_yaml
from cpmodel.results import saved
from cpmodel.results.outcomes import COLUMNS, POOLED

FOLDER, KIND, OPTIONS = "designs", "design", "options"
# Figure of an option → outcome's end, unit and statistic.
TOLD = {
    "fiscal_npv_p05": ("fiscal_npv", "bn VND", "p05"),
    "fiscal_npv_p50": ("fiscal_npv", "bn VND", "p50"),
    "fiscal_npv_p95": ("fiscal_npv", "bn VND", "p95"),
    "capped_p95": ("capped", "bn VND", "p95"),
    "contingent_p95": ("claims_npv", "bn VND", "p95"),
    "adoption_p50": ("adoption", "share of establishments", "p50"),
    "extra_adopters": ("extra_adopters", "establishments", "mean"),
    "odds": ("odds", "share of draws", "mean"),
}
CLOUD = ("fiscal_npv_p50", "extra_adopters")  # what is kept of every candidate tried


def saved_design(
    question: Question, scenario: Scenario, effort: Effort | None = None, into: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None, calibration: str | None = None,
) -> Path:  # fmt: skip
    """Search and write the folder; returns the folder, which may exist already with the same content.

    into    the folder to write; by default reports/designs/<UTC date>_<scenario>_<hash8>
    A search that is stopped raises KeyboardInterrupt: what is not refined is not kept.
    """
    effort, space = effort or Effort(), read_design_space()
    inputs = load(scenario, calibration=calibration)
    folder = into or folder_of(inputs, question, effort)
    if into is None and saved.is_complete(folder):
        return folder
    saved.refuse_taken(folder)
    found = search(question, scenario, effort, space, progress, inputs)
    if found.interrupted:
        raise KeyboardInterrupt
    return keep(found, inputs, folder)


def folder_of(inputs: Inputs, question: Question, effort: Effort) -> Path:
    """Return the folder of a search: an existing one of the same content, or today's; its hash joins the inputs'."""
    asked = json.dumps([asdict(question), asdict(effort)], sort_keys=True)
    inputs.hashes["design"] = hashlib.sha256(asked.encode()).hexdigest()
    return saved.default_folder(inputs, FOLDER)


def keep(found: DesignSearch, inputs: Inputs, folder: Path) -> Path:
    """Write a search that was not stopped: scenario, cells, draws, manifest, and each option as a scenario."""
    manifest = saved.manifest_of(inputs) | {
        "kind": KIND, "question": asdict(found.question), "effort": asdict(found.effort), "base_year": found.base,
        "discount_rate": found.rate, "opens": found.opens, "binds": found.verdict.binds,
        "reachable": found.verdict.reachable, "options": [_told(row) for row in found.options.itertuples()],
    }  # fmt: skip
    texts = {f"{OPTIONS}/{name}": text for name, text in option_files(found, inputs).items()}
    return saved.write(folder, inputs.scenario, cells(found), found.draws, manifest, texts)


def _told(row) -> dict:
    return {"option": row.option, "role": row.role, "instruments": row.instruments, "terms": row.terms,
            "eligibility": row.eligibility, "on_front": bool(row.on_front), "within_cap": bool(row.within_cap)}  # fmt: skip


def cells(found: DesignSearch) -> pd.DataFrame:
    """Return every figure of the options and of the candidates tried, and the question, as rows of the long table."""
    rows: list[tuple] = []

    def add(outcome: str, unit: str, statistic: str, value: float, variant: str = POOLED) -> None:
        rows.append((found.scenario.name, variant, NATION, ALL, ALL, f"design_{outcome}", unit, found.base, statistic,
                     float(value)))  # fmt: skip

    add("cap", "bn VND", "fixed", found.question.cap)
    add("level", "share of establishments", "fixed", found.question.level)
    add("tried", "mixes", "fixed", len(found.tried))
    add("discount_rate", "1/year", "fixed", found.rate)
    for row in found.options.to_dict("records"):
        option = BASE if row["role"] == BASE else row["option"]
        for figure, (end, unit, statistic) in TOLD.items():
            add(f"{option}_{end}", unit, statistic, row[figure])
        for figure, variant in product(BY_VARIANT, found.scenario.variants):
            end, unit, statistic = TOLD[figure]
            add(f"{option}_{end}", unit, statistic, row[f"{figure}_{variant}"], variant)
        add(f"{option}_on_front", "yes or no", "fixed", row["on_front"])
    for row in found.tried.to_dict("records"):
        for figure in CLOUD:
            end, unit, statistic = TOLD[figure]
            add(f"{row['candidate']}_{end}", unit, statistic, row[figure])
    return pd.DataFrame(rows, columns=COLUMNS)


def option_files(found: DesignSearch, inputs: Inputs) -> dict[str, str]:
    """Return file name → text of a scenario for every option but no change and the scenario itself.

    An option is the scenario searched with the mix in place of its own credit for investments. It lays itself over that
    scenario where it stands in `scenarios/` as it was searched; else it is written in full.
    """
    scenario = inputs.scenario
    own = [one.name for one in opened(scenario, inputs.catalogue)]
    if _stands_in_the_project(scenario):
        base, others = (
            {"extends": scenario.name},
            dict.fromkeys(own),
        )  # empty values take the scenario's own away
    else:
        base = {key: value for key, value in scenario.to_dict().items() if key not in OWN_WORDS}
        others = {name: one for name, one in base.pop("credit", {}).items() if name not in own}
    texts = {}
    for option, mix in found.mixes.items():
        credit = {
            f"{name}_{option}": one.model_dump(mode="json", exclude_defaults=True)
            for name, one in mix.credit.items()
        }
        told = _titled(scenario, option) | base | {"credit": others | credit}
        texts[f"{scenario.name}_{option}.yaml"] = SCHEMA_LINE + write_yaml(told)
    return texts


def _stands_in_the_project(scenario: Scenario) -> bool:
    if scenario.name not in scenario_names():
        return False
    run = {"draws": scenario.draws, "resolution": scenario.resolution}
    return resolve(scenario.name).model_copy(update=run).content_hash() == scenario.content_hash()


def _titled(scenario: Scenario, option: str) -> dict:
    number, title = option.removeprefix("option_"), scenario.title
    return {
        "title": {"vi": f"{title.vi}, phương án {number}", "en": f"{title.en}, option {number}"},
        "question": {
            "vi": "Phương án tín dụng do tìm kiếm thiết kế đưa ra mang lại gì khi chạy đầy đủ?",
            "en": "What does a mix of credit found by a design search bring when it is run in full?",
        },
    }


def refuse_overwriting(folder: Path, scenario: Scenario) -> None:
    """Raise `BadInput` where options of a scenario stand in a folder already."""
    there = sorted(folder.glob(f"{scenario.name}_option_*.yaml"))
    if there:
        why, fix = "Scenario files are never overwritten.", "Name another folder."
        raise BadInput([Problem(str(folder), one.name, "it exists", why, fix) for one in there])


def written_options(found: DesignSearch, inputs: Inputs, folder: Path) -> list[Path]:
    """Write the options as scenario files into a folder, which must not hold them yet; returns the files."""
    texts = option_files(found, inputs)
    refuse_overwriting(folder, inputs.scenario)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in texts]
