"""The design search in a finance note: the cost–adoption frontier with the line of the cap, from a search kept in a folder.

A search is a note's when scenario, data, parameters, code and calibration are the same; draws and resolution may differ.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from cpmodel.briefs import note_panels, numbers
from cpmodel.briefs.charts import capital, ticks
from cpmodel.briefs.messages import separated
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.saved_run import SavedRun, cells_of
from cpmodel.briefs.tables import cell
from cpmodel.briefs.term_sheet import terms_of
from cpmodel.briefs.wording import joined
from cpmodel.content import Column, Figure, Key, Runs, Table, Text
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.yaml_text import read_yaml
from cpmodel.results import saved

MADE_BY = "cpmodel design --scenario {}"
SAME = ("data", "parameters", "code", "calibration")
FREE = ("draws", "resolution")
EVERYONE = "all"  # the choice of an axis of eligibility that leaves nobody out
SILENT_AT_ZERO = ("grace", "fee", "exempt_years", "half_years")
COST, GAIN = ("fiscal_npv", "p50"), ("extra_adopters", "mean")


def with_design(note: SavedRun, design: str | Path | None, designs: Path) -> SavedRun:
    """Return the note with the cells of a search beside its own: the one named, or the newest of the same content.

    Raises `BadInput` where the search named is none, or is of other inputs.
    """
    if design is None:
        folder = newest_of(note, designs)
    else:
        folder = Path(design)
        run = saved.open_run(folder)
        kind = run.manifest.get("kind")
        apart = _apart(note, folder, run.manifest) if kind == "design" else ()
        if kind != "design" or apart:
            found = f"other {', '.join(apart)}" if apart else "another kind of run"
            why = (
                "The frontier of a note comes from a search of the same scenario, data, parameters and code."
            )
            raise BadInput(
                Problem(str(folder), "design", found, why, f"Search with `{MADE_BY.format(note.name)}`.")
            )
    if folder is None:
        return note
    table = pd.concat([note.run.results, saved.open_run(folder).results], ignore_index=True)
    return SavedRun(replace(note.run, results=table), note.decision, cells_of(folder, table), folder)


def newest_of(note: SavedRun, designs: Path) -> Path | None:
    """Return the newest search of a note's content, or None."""
    return next(
        (folder for folder, manifest in _searches(note, designs) if not _apart(note, folder, manifest)), None
    )


def why_none(note: SavedRun, designs: Path) -> tuple[str, ...]:
    """Return in what the newest search of the note's scenario differs from the note; empty where none was kept."""
    return next((_apart(note, folder, manifest) for folder, manifest in _searches(note, designs)), ())


def _searches(note: SavedRun, designs: Path) -> list[tuple[Path, dict]]:
    """Return the searches of a note's scenario and their manifests, newest first."""
    folders = [f for f in designs.glob(f"????-??-??_{note.name}_????????") if saved.is_complete(f)]
    found = [(folder, saved.open_run(folder).manifest) for folder in folders]
    return sorted(found, key=lambda one: one[1]["created"], reverse=True)


def _apart(note: SavedRun, folder: Path, manifest: dict) -> tuple[str, ...]:
    """Return in what a search and a note differ: names in `SAME`, or the scenario."""
    told, asked = manifest["hashes"], note.manifest["hashes"]
    found = tuple(name for name in SAME if told.get(name) != asked.get(name))
    files = (read_yaml(one / saved.FILES[0]).data for one in (note.folder, folder))
    first, second = ({key: value for key, value in one.items() if key not in FREE} for one in files)
    return found if first == second else (*found, "scenario")


def frontier(r: Reading) -> Figure | None:
    """Return the frontier: every mix tried, the options run in full, the front through them, and the cap; None without a
    search.
    """
    years = r.run.years("design_cap", "fixed")
    if not years:
        return None
    year, w = years[-1], r.words
    options = ["no_change", "base", *_numbered(r)]
    keys, shown, items = [], [], []
    for option in options:
        at = [_key(r, f"design_{option}_{end}", year, statistic) for end, statistic in (COST, GAIN)]
        front = bool(r.run.value(f"design_{option}_on_front", year, "fixed"))
        label = _label(r, option)
        cost, gain = (r.run.get(key) for key in at)
        shown.append(note_panels.Option(label, cost, gain, front, option == "base"))
        keys += at
        items.append(
            w.word(
                "note.chart.frontier_item",
                name=_name(r, option),
                cost=_amount(r, cost),
                gain=_amount(r, gain),
            )
        )
    cap = r.run.key("design_cap", year, "fixed")
    limit = r.run.get(cap)
    cloud = [
        tuple(r.run.value(f"design_{name}_{end}", year, statistic) for end, statistic in (COST, GAIN))
        for name in _candidates(r)
    ]
    words = (w.word("note.chart.frontier_cap", value=_amount(r, limit)), w.word("note.chart.frontier_cost"),
             w.word("note.chart.frontier_gain"))  # fmt: skip
    svg = note_panels.frontier(shown, cloud, limit, words, ticks(w))
    tried = numbers.amount(len(cloud), w.language, "", r.run.key("design_tried", year, "fixed"), decimals=0)
    alt = w.word("note.chart.frontier_alt", cap=_amount(r, limit), items="; ".join(items))
    caption = w.say("note.chart.frontier_caption", tried=tried)
    return Figure(id="note_frontier", svg=svg, alt=alt, title=w.word("note.chart.frontier"), caption=caption,
                  keys=(*keys, cap), width="half")  # fmt: skip


def terms_of_options(r: Reading) -> Table:
    """Return what each numbered option of the search offers, and to whom."""
    told = {one["option"]: one for one in saved.open_run(r.run.search).manifest["options"]}
    heads = (("option", "left", 0.5), ("terms", "left", 5.0))
    return Table(
        id="design_options",
        caption=r.words.say("note.design.caption"),
        columns=tuple(Column(label=r.words.word(f"note.design.{n}"), align=a, weight=w) for n, a, w in heads),
        rows=tuple(
            (cell(_label(r, name), r.words, header=True), cell(_offer(r, told[name]), r.words))
            for name in _numbered(r)
        ),
        notes=(r.words.say("note.design.note"),),
        width="half",
    )


def _offer(r: Reading, option: dict) -> Runs:
    """Return the instruments of an option with their terms, then whom it takes where that is not everyone."""
    space, language = read_design_space(), r.words.language
    parts: list[Runs] = []
    for kind, terms in option["terms"].items():
        told = {
            "most" if name == "volume" else name: (value, f"design {option['option']}", "modelled")
            for name, value in terms.items()
            if name not in space.kinds[kind].fixed and not (name in SILENT_AT_ZERO and value == 0)
        }
        label = (
            f"{getattr(space.kinds[kind].label, language)}: " if "rate" in terms else ""
        )  # others name themselves
        first, *rest = joined((Text(text=label), *terms_of(r, {"template": kind, "terms": told})))
        parts.append((first.model_copy(update={"text": capital(first.text)}), *rest))
    for axis, choice in option["eligibility"].items():
        chosen = next(one for one in space.eligibility[axis] if one.name == choice)
        if chosen.name != EVERYONE:
            parts.append((Text(text=capital(getattr(chosen.label, language))),))
    return joined(separated(parts, ". "))


def _key(r: Reading, outcome: str, year: int, statistic: str) -> Key:
    return r.run.key(outcome, year, statistic, variant="both")


def _numbered(r: Reading) -> list[str]:
    found = {key[5].removeprefix("design_").removesuffix("_fiscal_npv") for key in r.run.cells
             if key[5].startswith("design_option_") and key[5].endswith("_fiscal_npv")}  # fmt: skip
    return sorted(found, key=lambda name: int(name.rpartition("_")[2]))


def _candidates(r: Reading) -> list[str]:
    found = {key[5].removeprefix("design_").removesuffix("_fiscal_npv") for key in r.run.cells
             if key[5].startswith("design_m") and key[5].endswith("_fiscal_npv")}  # fmt: skip
    return sorted(found)


def _label(r: Reading, option: str) -> str:
    return "" if option in ("no_change", "base") else option.removeprefix("option_")


def _name(r: Reading, option: str) -> str:
    if option in ("no_change", "base"):
        return r.words.word(f"note.chart.frontier_{option}")
    return r.words.word("note.chart.frontier_option", number=option.removeprefix("option_"))


def _amount(r: Reading, value: float) -> str:
    return numbers.plain_number(value, r.words.language, numbers.decimals_of(value, 2))
