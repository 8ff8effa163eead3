"""A question about one project, as a user puts it, checked as a whole and answered with both sheets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from cpmodel.analysis.typical_projects import (
    Typical,
    find_sector,
    find_size,
    guarantee_tail,
    observed_paybacks,
    shares_that_accept,
    typical_project,
)
from cpmodel.axes import RUNGS, SIZES
from cpmodel.errors import BadInput, Problems, as_share, nearest
from cpmodel.finance.sheets import Appraisal, appraise, ineligible, term_sheet
from cpmodel.inputs.instrument_terms import TermsInForce, unusual
from cpmodel.inputs.instruments import Catalogue, overlaid
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.places import read_places
from cpmodel.inputs.project import project_root
from cpmodel.inputs.remarks import Remark, remark

WHERE = "command line"
FIRST_DAY = date(
    2009, 1, 1
)  # consumer prices and the model's typical projects begin with the Decision's year
LOANS_LIKE_IT = 100  # the portfolio whose tail is told: small enough that single defaults still count


@dataclass(frozen=True)
class Question:
    """What was asked. at    None: the day of the instruments' names, else today   terms    overrides by term

    investment_bn_vnd    None: the typical one   improvement    verified fall of the environmental impact [share]
    """

    instruments: Sequence[str]
    sector: str
    size: str
    rung: str = RUNGS[-1]
    at: date | None = None
    province: str | None = None
    investment_bn_vnd: float | None = None
    improvement: float | None = None
    terms: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Answer:
    """Both sheets and what stands behind them. establishments    of that sector and size in the province (or the
    country), modelled   tail    of the guarantee: mean, p95, p99 [share of the amount], empty without one
    warnings    (instrument or nothing, remark)"""

    sheet: Appraisal
    rung: str
    typical: Typical
    terms: tuple[pd.DataFrame, ...]
    shares: pd.DataFrame
    tail: dict[str, float]
    demonstrations: pd.DataFrame
    establishments: float
    place: str | None
    warnings: tuple[tuple[str, Remark], ...]

    @property
    def demonstration_median(self) -> float:
        """Median of the paybacks of demonstration projects [years]."""
        return float(self.demonstrations["value"].median())


def answer(question: Question, draws: int = 512, inputs: Inputs | None = None) -> Answer:
    """Answer a question; raises BadInput with everything that is wrong with it at once.

    draws    sampled worlds behind the shares that accept   inputs    at full resolution; None reads the project's
    """
    inputs = inputs or load(resolve("reference"))
    problems = Problems()
    sector = _tried(problems, find_sector, question.sector)
    size = _tried(problems, find_size, question.size)
    _known(problems, "--rung", question.rung, RUNGS)
    place = _province(problems, question.province)
    _positive(problems, question)
    chosen = _tried(problems, chosen_terms, inputs.catalogue, question) or []
    day = question.at or max((one.at for one in chosen), default=date.today())
    if day < FIRST_DAY:
        day = FIRST_DAY
    if problems.found and sector and size:
        for one in chosen:
            problems.found += ineligible(one.instrument, sector, size, place)
    problems.raise_if_any()
    typical = typical_project(inputs, sector, size, question.rung, day, question.investment_bn_vnd)
    typical = replace(typical, project=replace(typical.project, improvement=question.improvement))
    sheet = appraise(chosen, sector, size, day, typical.project, inputs.catalogue, place)
    design = sheet.combination.design
    shares = shares_that_accept(inputs, size, question.rung, sheet.market, design, draws)
    guaranteed = design.guarantee_cover * design.loan_share * typical.project.investment_bn_vnd
    layers = {"cover": design.guarantee_cover, "first_loss": design.first_loss}
    tail = guarantee_tail(inputs, guaranteed, LOANS_LIKE_IT, **layers) if guaranteed > 0 else {}
    odd = [(one.instrument.id, text) for one in chosen for text in unusual(one.terms)]
    odd += [
        (one.instrument.id, remark("comparator", country=one.instrument.country))
        for one in chosen
        if one.instrument.comparator
    ]
    if day == FIRST_DAY and min([question.at or day, *(one.at for one in chosen)]) < FIRST_DAY:
        odd.append(("", remark("prices_of_first_year", year=FIRST_DAY.year)))
    warnings = (*(("", text) for text in sheet.combination.warnings), *odd)
    return Answer(
        sheet, question.rung, typical, tuple(term_sheet(one) for one in chosen), shares, tail, observed_paybacks(),
        _establishments(inputs, sector, size, place), place, warnings,
    )  # fmt: skip


def chosen_terms(catalogue: Catalogue, question: Question) -> list[TermsInForce]:
    """Return the terms of every instrument asked for, overrides laid over them; all problems at once.

    `gctf_2007` names the terms of that year unless a day is given; `gctf` those of the day, or of today. An override
    `cover` goes to the only instrument, `gctf.cover` to the one named.
    """
    problems, found = Problems(), []
    given = dict(question.terms or {})
    for name in question.instruments:
        terms = _tried(problems, _terms_of, catalogue, name, question.at)
        if terms is None:
            continue
        ours = {}
        for key in list(given):
            owner, _, term = key.rpartition(".")
            if owner in (name, terms.instrument.id) or (not owner and len(question.instruments) == 1):
                ours[term] = given.pop(key)
        if ours:
            terms = _tried(problems, overlaid, terms, ours, WHERE, f"--term {terms.instrument.id}") or terms
        found.append(terms)
    if len(found) == len(question.instruments):
        for key in given:
            why = "It is not clear which instrument this term belongs to."
            problems.add(
                WHERE, "--term", key, why, f"Write `{found[0].instrument.id}.{key.rpartition('.')[2]}=…`."
            )
    problems.raise_if_any()
    return found


def _terms_of(catalogue: Catalogue, name: str, at: date | None) -> TermsInForce:
    dated = re.fullmatch(r"(.+)_(\d{4})", name)
    if dated and dated[1] in catalogue.instruments:
        return catalogue.template(name) if at is None else catalogue.terms(dated[1], at)
    return catalogue.terms(name, at or date.today())


def _tried(problems: Problems, step, *arguments):
    """Return what a step gives, or None with its problems noted."""
    try:
        return step(*arguments)
    except BadInput as error:
        problems.extend(error)
        return None


def _known(problems: Problems, key: str, asked: str, known: Sequence[str]) -> None:
    if asked not in known:
        near = nearest(asked, known)
        fix = f"Did you mean `{near}`?" if near else f"Use {', '.join(known)}."
        problems.add(WHERE, key, asked, "This is not known.", fix)


def _province(problems: Problems, asked: str | None) -> str | None:
    if asked is None:
        return None
    places = read_places(project_root() / "data" / "provinces.csv")
    code = places.code(asked)
    if code is None:
        near = places.nearest(asked)
        fix = f"Did you mean {near}?" if near else "Give a name or code of data/provinces.csv."
        problems.add(WHERE, "--province", asked, "No province has this name or code.", fix)
    return code


def _positive(problems: Problems, question: Question) -> None:
    amount, improvement = question.investment_bn_vnd, question.improvement
    if amount is not None and not 0 < amount < 1e6:
        why = "An investment is an amount above 0, in billion VND."
        problems.add(WHERE, "--investment", f"{amount:g}", why, "Write 2.5 for 2.5 billion VND.")
    if improvement is not None and not 0 <= improvement <= 1:
        fix = as_share(improvement) if improvement > 1.0 else "Give a share from 0 to 1."
        problems.add(WHERE, "--improvement", f"{improvement:g}", "This is a share: 1 means 100 %.", fix)


def _establishments(inputs: Inputs, sector: str, size: str, place: str | None) -> float:
    cells = inputs.cells
    here = (cells.sector == cells.sectors.index(sector)) & (cells.size == SIZES.index(size))
    if place is not None:
        here &= cells.region == cells.regions.index(place)
    return float(cells.establishments[here].sum())
