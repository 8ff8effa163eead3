"""The dated catalogue of financing instruments: what was on offer on a given day, and who says so.

One YAML file per instrument in `data/instruments`. Its `terms` are dated rows; a row may give only some of
the terms, and the terms in force on a day are laid over each other, the row that began last winning. What no
source states stays missing: it is never filled in, and whoever uses it must say what was assumed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ValidationError

from cpmodel.errors import BadInput, Problem, Problems, as_share, nearest
from cpmodel.inputs.instrument_terms import Instrument, Kind, Terms, TermsInForce, contradictions, unusual
from cpmodel.inputs.places import bare
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import read_yaml

FOLDER = "data/instruments"


@dataclass(frozen=True)
class Catalogue:
    """All instruments by id; `warnings` are terms that are unusual but legal."""

    instruments: Mapping[str, Instrument]
    warnings: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Instrument:
        if name not in self.instruments:
            near = self.resembling(name)
            meant = f"Did you mean {' or '.join(f'`{one}`' for one in near)}? " if near else ""
            fix = f"{meant}`cpmodel instruments` lists them all."
            raise BadInput(Problem("instrument catalogue", "id", name, "No instrument has this id.", fix))
        return self.instruments[name]

    def resembling(self, text: str, most: int = 4) -> list[str]:
        """Return ids that a vague name may mean: like it in spelling, of that kind, or with its words in their names."""
        close = difflib.get_close_matches(text, list(self.instruments), n=most, cutoff=0.6)
        words = [bare(word) for word in re.split(r"[\s_]+", text) if len(word) > 2]

        def said(one: Instrument) -> str:
            return bare(" ".join([one.id, one.name.vi, one.name.en, *one.kinds]).replace("_", " "))

        named = [id for id, one in self.instruments.items() if words and all(w in said(one) for w in words)]
        home = sorted(named, key=lambda id: self.instruments[id].comparator)
        return list(dict.fromkeys([*close, *home]))[:most]

    def terms(self, name: str, at: date) -> TermsInForce:
        """Terms of instrument `name` in force on the day `at`; BadInput when there are none on that day."""
        instrument = self[name]
        rows = sorted((row for row in instrument.terms if row.holds(at)), key=lambda row: row.start)
        if not rows:
            raise BadInput(_not_in_force(instrument, at))
        layers = [(row, row.terms.given()) for row in rows]
        values = {key: value for _, given in layers for key, value in given.items()}
        sources = {key: row.source_id for row, given in layers for key in given}
        qualities = {key: row.quality for row, given in layers for key in given}
        notes = tuple(row.note for row in rows if row.note)
        return TermsInForce(instrument, at, Terms(**values), sources, qualities, notes)

    def template(self, name: str) -> TermsInForce:
        """Terms named `<id>_<year>`: 31 December, or the last day within that year."""
        match = re.fullmatch(r"(.+)_(\d{4})", name)
        if match is None:
            self[name]
            fix = f"Write the year too, such as `{name}_{self[name].terms[-1].start.year}`."
            raise BadInput(Problem("instrument catalogue", "template", name, "Terms are dated.", fix))
        instrument, year = self[match[1]], int(match[2])
        return self.terms(match[1], _last_day(instrument, year))

    def templates(self) -> tuple[str, ...]:
        """Every `<id>_<year>` that resolves, up to the last year in which a row begins, and ten years on."""
        found = []
        for instrument in self.instruments.values():
            first = min(row.start.year for row in instrument.terms)
            last = max(
                (row.end or row.start.replace(year=row.start.year + 10, day=1)).year
                for row in instrument.terms
            )
            for year in range(first, last + 1):
                day = _last_day(instrument, year)
                if any(row.holds(day) for row in instrument.terms):
                    found.append(f"{instrument.id}_{year}")
        return tuple(found)


def _last_day(instrument: Instrument, year: int) -> date:
    """31 December, or the last day in that year on which a row of the instrument holds."""
    last = date(year, 12, 31)
    ends = [min(row.end or last, last) for row in instrument.terms if row.start <= last]
    inside = [day for day in ends if day.year == year]
    return max(inside, default=last)


def _not_in_force(instrument: Instrument, at: date) -> Problem:
    first = min(row.start for row in instrument.terms)
    found, where = f"{instrument.id} on {at.isoformat()}", "instrument catalogue"
    if at < first:
        why = f"This is before the instrument's date: its first known terms hold from {first.isoformat()}."
        return Problem(
            where, "at", found, why, f"Choose {first.isoformat()} or later, or another instrument."
        )
    before = max((row.end for row in instrument.terms if row.end and row.end < at), default=None)
    after = min((row.start for row in instrument.terms if row.start > at), default=None)
    known = [f"up to {before}" if before else "", f"from {after}" if after else ""]
    why = f"No source states terms for that day; some are known {' and '.join(filter(None, known))}."
    days = [f"`--at {day}`" for day in (before, after) if day]
    return Problem(where, "at", found, why, f"Choose {' or '.join(days)}, or give the terms in full.")


def load_catalogue(folder: str | Path | None = None) -> Catalogue:
    """Read every instrument in `folder`, by default the project's; BadInput carries all problems."""
    folder = project_root() / FOLDER if folder is None else Path(folder)
    problems, found, warnings = Problems(), {}, []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = read_yaml(path)
            instrument = _parsed(Instrument, document.data, document.file)
        except BadInput as error:
            problems.extend(error)
            continue
        if instrument.id != path.stem:
            why = "The file is named after the instrument, so that one search finds both."
            problems.add(
                document.file, "id", instrument.id, why, f"Write `id: {path.stem}` or rename the file."
            )
        _check_rows(instrument, document.file, problems)
        found[instrument.id] = instrument
        warnings += [f"{instrument.id}: {text}" for row in instrument.terms for text in unusual(row.terms)]
    if not found and not problems.found:
        problems.add(folder, "folder", "no .yaml file", "The catalogue is empty.", "Name the right folder.")
    _check_stacking(found, problems)
    problems.raise_if_any()
    return Catalogue(found, tuple(warnings))


REPLACES = {"rate": ("rate_other", "rate_of_commercial"), "reward_share": ("reward_tiers",)}


def opened_terms(
    catalogue: Catalogue, name: str, template: str | None, overrides: Mapping[str, object], file: str
) -> TermsInForce:
    """Terms of an instrument as a scenario opens it: a template with `overrides` on top, or terms in full.

    name    of the instrument in the scenario, used for messages and, without a template, as its id
    overrides    by name of the term; a rate given here also replaces the template's other rates and rules
    """
    key = f"credit.{name}.terms"
    if template is None:
        instrument = Instrument(
            id=name,
            name={"vi": name, "en": name},
            country="VN",
            kinds=_kinds(overrides),
            terms=({"from": date.min, "terms": {}, "source_id": file, "quality": "recalled"},),
        )
        base = TermsInForce(instrument, date.max, Terms(), {}, {}, ())
    else:
        base = catalogue.template(template)
    return overlaid(base, overrides, file, key)


def overlaid(base: TermsInForce, overrides: Mapping[str, object], file: str, key: str) -> TermsInForce:
    """Terms in force with some of them replaced; each replaced term names `file` as its source, grade C."""
    replaced = {old for new in overrides for old in REPLACES.get(new, ())}
    kept = Terms(**{term: value for term, value in base.terms.given().items() if term not in replaced})
    terms = parse_terms(overrides, file, key, kept)
    sources = {term: file if term in overrides else base.sources[term] for term in terms.given()}
    qualities = {term: "recalled" if term in overrides else base.qualities[term] for term in terms.given()}
    return TermsInForce(base.instrument, base.at, terms, sources, qualities, base.notes)


def _kinds(terms: Mapping[str, object]) -> tuple[str, ...]:
    """Kinds of an instrument that a scenario writes in full, from the terms it gives."""
    marks = {
        "loan": ("rate", "loan_share"),
        "interest_subsidy": ("interest_subsidy",),
        "guarantee": ("cover",),
        "grant": ("grant_share", "fee_share"),
        "reward": ("reward_share",),
        "accelerated_depreciation": ("depreciation_factor",),
        "tax_deduction": ("deduction_share",),
        "tax_holiday": ("exempt_years", "half_years"),
        "tax_rate": ("tax_rate",),
    }
    return tuple(kind for kind, names in marks.items() if any(name in terms for name in names)) or ("loan",)


def parse_terms(
    data: Mapping[str, object], file: str, key: str = "terms", base: Terms | None = None
) -> Terms:
    """Terms written in full, or laid over `base`; BadInput names every wrong key, with the fix."""
    told, problems = {**({} if base is None else base.given()), **data}, Problems()
    try:
        terms = _parsed(Terms, told, file, key)
    except BadInput as error:
        problems.extend(error)
        wrong = {problem.key.removeprefix(f"{key}.").split(".")[0] for problem in error.problems}
        terms = Terms(**{name: value for name, value in told.items() if name not in wrong})
    for name, found, why, fix in contradictions(terms):
        problems.add(file, f"{key}.{name}", found, why, fix)
    problems.raise_if_any()
    return terms


def _parsed(model: type[BaseModel], data: Mapping[str, object], file: str, key: str = ""):
    """Validate, translating pydantic's findings into problems."""
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        problems = Problems()
        found = error.errors()
        for item in found:
            if item["type"] == "too_short" and any(_inside(other["loc"], item["loc"]) for other in found):
                continue  # the list is only short because its items are wrong
            path = [str(part) for part in item["loc"]]
            where = ".".join([*([key] if key else []), *path]) or "top level"
            problems.add(file, where, _found(item), *_explained(item, model, path[-1] if path else ""))
        raise BadInput(problems.found) from None


def _inside(inner: tuple, outer: tuple) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _found(item: dict) -> object:
    return None if item["type"] == "missing" else item["input"]


def _explained(item: dict, model: type[BaseModel], name: str) -> tuple[str, str]:
    """Why a finding of pydantic's matters and how to put it right."""
    value, kind = item["input"], item["type"]
    if kind == "less_than_equal" and item["ctx"]["le"] == 1.0:
        return "This is a share: 1 means 100 %.", as_share(value)
    if kind == "extra_forbidden":
        near = nearest(name, [*Terms.model_fields, *model.model_fields, "from", "to", "source_id", "quality"])
        return "This key is not known here.", f"Did you mean `{near}`?" if near else "Delete it."
    if kind == "model_type" and item["ctx"]["class_name"] == "Bilingual" or kind == "string_too_short":
        return "Every text is printed in both languages.", "Write `{vi: …, en: …}`."
    if kind == "missing":
        return "This is required.", "Add it; leave a term out only inside `terms`."
    return f"{item['msg']}.", "Correct the value."


def _check_rows(instrument: Instrument, file: str, problems: Problems) -> None:
    for index, row in enumerate(instrument.terms):
        key = f"terms.{index}"
        if row.end is not None and row.end < row.start:
            fix = "Exchange the two days."
            problems.add(file, f"{key}.to", row.end, f"The row ends before it begins ({row.start}).", fix)
        for name, found, why, fix in contradictions(row.terms):
            problems.add(file, f"{key}.terms.{name}", found, why, fix)
        for other in instrument.terms[:index]:
            same = sorted(set(row.terms.given()) & set(other.terms.given()))
            if other.start == row.start and same:
                why = "Two rows that begin on the same day give the same term."
                problems.add(
                    file, f"{key}.terms", ", ".join(same), why, "Keep one; tell the other in its note."
                )


def _check_stacking(found: Mapping[str, Instrument], problems: Problems) -> None:
    kinds = set(Kind.__args__)
    for instrument in found.values():
        for name in instrument.stacking.not_with:
            if name not in found and name not in kinds:
                near = nearest(name, [*found, *kinds])
                fix = f"Did you mean `{near}`?" if near else "Use an id or a kind of the catalogue."
                why = "No instrument or kind has this name."
                problems.add(f"{instrument.id}.yaml", "stacking.not_with", name, why, fix)
