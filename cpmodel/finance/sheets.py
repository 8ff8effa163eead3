"""Sheets for one typical project: the establishment's with and without support, and the state's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from cpmodel.axes import VARIANTS
from cpmodel.errors import BadInput, Problem, Problems
from cpmodel.finance.appraisal import FirmSheet, Project, accepted_payback, firm_sheet, least_grant_share
from cpmodel.finance.design import Design, loan_schedule, market_terms
from cpmodel.finance.loans import amortise, loan_value
from cpmodel.finance.projects import TypicalProject
from cpmodel.finance.relief import tax_terms, yearly_rates
from cpmodel.finance.stacking import Circumstances, Combination, combine, supported_years
from cpmodel.finance.state_sheet import Scheme, state_cash, state_sheet
from cpmodel.finance.support import grant_element
from cpmodel.inputs.instrument_terms import TermsInForce
from cpmodel.inputs.instruments import Catalogue, load_catalogue


@dataclass(frozen=True)
class Appraisal:
    """firm    one column per design, one row per figure   state    figure, value, unit   cash    of the state by year
    combination    the design   market    what remains without it."""

    firm: pd.DataFrame
    state: pd.DataFrame
    cash: pd.DataFrame
    combination: Combination
    sector: str
    size: str
    at: date
    market: Design


def appraise(
    instrument: str | TermsInForce | Sequence[str | TermsInForce], sector: str, size: str, at: date,
    project: TypicalProject, catalogue: Catalogue | None = None, province: str | None = None,
) -> Appraisal:  # fmt: skip
    """The firm's sheet with and without support, and the state's sheet, for a typical project.

    instrument    an id, terms in force, or several of them to be combined   at    day whose terms an id stands for
    sector, size, province    only name the sheet and test eligibility   project    typical of that sector and size
    Raises BadInput, with every problem, for an instrument before its date or not open to the size, sector or
    province, and for a forbidden mix.
    """
    catalogue = catalogue or load_catalogue()
    asked = [instrument] if isinstance(instrument, str | TermsInForce) else list(instrument)
    chosen = [catalogue.terms(one, at) if isinstance(one, str) else one for one in asked]
    market = replace(
        market_terms(project.lending_rate, project.tax_rate), depreciation_years=project.depreciation_years
    )
    problems = Problems()
    for one in chosen:
        problems.found += ineligible(one.instrument, sector, size, province)
    try:
        combination = combine(market, chosen, circumstances(project))
    except BadInput as error:
        problems.extend(error)
    problems.raise_if_any()
    own = replace(market, label="own funds", loan_share=0.0)
    designs = [own, market, combination.design]
    firm = pd.DataFrame({design.label: firm_column(design, project) for design in designs})
    firm.index.name = "figure"
    public = any("loan" in one.instrument.kinds for one in chosen)
    scheme = Scheme(
        public,
        fee_once=sum(one.terms.fee_once or 0.0 for one in chosen),
        fee=sum(one.terms.fee or 0.0 for one in chosen),
        supported_years=supported_years([one.terms for one in chosen]),
    )
    state = state_sheet(combination.design, market, project, scheme)
    cash = state_cash(combination.design, market, project, scheme)
    return Appraisal(firm, state, cash, combination, sector, size, at, market)


def circumstances(project: TypicalProject) -> Circumstances:
    """Return what a design depends on beside its terms, for one project."""
    return Circumstances(
        commercial_rate=project.lending_rate,
        improvement=project.improvement,
        investment_bn_vnd=project.investment_bn_vnd,
        vnd_per_usd=project.vnd_per_usd,
        refund_lag=project.refund_lag,
    )


def ineligible(instrument, sector: str, size: str, province: str | None = None) -> list[Problem]:
    """Return why an instrument is not open to an establishment; an empty list where it is."""
    found = []
    for key, asked, allowed in (
        ("size", size, instrument.eligibility.sizes),
        ("sector", sector, instrument.eligibility.sectors),
        ("province", province, instrument.eligibility.provinces),
    ):
        if asked is not None and allowed is not None and asked not in allowed:
            why = f"The instrument is open to {', '.join(allowed)} only."
            fix = f"Choose one of {', '.join(allowed)}, or another instrument."
            found.append(Problem(f"instrument {instrument.id}", key, asked, why, fix))
    return found


def firm_column(design: Design, project: TypicalProject) -> dict[str, object]:
    """Figures of one design for the firm's sheet: money in bn VND nominal, rates per year, times in years."""
    cost = project.investment_bn_vnd
    loan = loan_schedule(design, cost)
    sheet = judged(design, replace(project, hurdle=project.lending_rate))
    found = {
        "investment": cost,
        "own_money_at_start": cost * (1.0 - design.grant_share - design.loan_share),
        "loan": design.loan_share * cost,
        "loan_rate": design.loan_rate if loan is not None else np.nan,
        "tenor": design.tenor if loan is not None else np.nan,
        "grant": design.grant_share * cost,
        "reward": design.reward_share * cost,
        "guarantee_cover": design.guarantee_cover,
        "equity_npv_at_lending_rate": sheet.equity_npv,
        "project_npv_at_lending_rate": sheet.project_npv,
        "equity_irr": sheet.equity_irr.rate,
        "equity_irr_several_roots": sheet.equity_irr.several,
        "project_irr": sheet.project_irr.rate,
        "project_irr_several_roots": sheet.project_irr.several,
        "payback": sheet.payback,
        "discounted_payback": sheet.discounted_payback,
        "least_debt_service_cover": sheet.least_cover,
        "mean_debt_service_cover": sheet.mean_cover,
        "loan_life_cover": sheet.loan_life_cover,
    }
    for variant in VARIANTS:
        decided = decision(design, project.under(variant))
        found |= {f"{name}_{variant}": value for name, value in decided.items()}
    return found


def judged(design: Design, project: TypicalProject) -> FirmSheet:
    """Return the firm's figures at the project's hurdle rate, hidden cost and cost of applying included."""
    cost = project.investment_bn_vnd
    typical = Project(
        investment=cost,
        saving=cost / project.payback,
        life=project.life,
        hidden_cost=(project.kappa + design.application_cost_share - 1.0) * cost,
        depreciation_years=design.depreciation_years,
        depreciation_factor=design.depreciation_factor,
        deduction=design.deduction_share * (1.0 - design.grant_share) * cost,
    )
    rates = yearly_rates(design, project.life + int(np.ceil(max(design.depreciation_years, design.tenor))))
    given = design.grant_share * cost, design.reward_share * cost
    return firm_sheet(typical, project.hurdle, rates, loan_schedule(design, cost), *given)


def decision(design: Design, project: TypicalProject) -> dict[str, object]:
    """Return what decides whether the typical project is accepted, and the least support that would flip it."""
    sheet = judged(design, project)
    longest = float(accepted_payback(design, project.hurdle, project.life, project.kappa))
    return {
        "project_npv": sheet.project_npv,
        "equity_npv": sheet.equity_npv,
        "longest_accepted_payback": longest,
        "accepted": longest >= project.payback,
        "least_grant_that_is_accepted": least_grant(design, project),
        "least_rate_cut_that_is_accepted": least_rate_cut(design, project),
    }


def least_grant(design: Design, project: TypicalProject) -> float:
    """Smallest grant, in place of the design's own, that makes the typical project acceptable [share]."""
    terms = (design.loan_rate, design.tenor, design.grace, design.equal_principal)
    h = project.hurdle
    return float(
        least_grant_share(
            project.payback,
            h,
            project.life,
            project.kappa + design.application_cost_share,
            design.reward_share,
            design.loan_share,
            loan_value(h, *terms),
            *tax_terms(design, h, project.life, design.loan_rate),
        )
    )


def least_rate_cut(design: Design, project: TypicalProject) -> float:
    """Smallest cut of the loan's rate that makes the typical project acceptable [1/year], the other terms kept.

    0 where it is accepted as it is, infinity where it would be refused even at a rate of nought, nan without a loan.
    """
    from scipy.optimize import brentq  # a fifth of a second that no run needs

    if loan_schedule(design, project.investment_bn_vnd) is None:
        return np.nan

    def spare(cut: float) -> float:
        cheaper = replace(design, loan_rate=design.loan_rate - cut)
        return accepted_payback(cheaper, project.hurdle, project.life, project.kappa) - project.payback

    if spare(0.0) >= 0.0:
        return 0.0
    return brentq(spare, 0.0, design.loan_rate) if spare(design.loan_rate) >= 0.0 else np.inf


def term_sheet(terms, language: str = "en") -> pd.DataFrame:
    """Term, value, source and quality of one instrument on its day, one row per stated term."""
    rows = [
        {
            "term": key,
            "value": getattr(value, language, value),
            "source_id": terms.sources[key],
            "quality": terms.qualities[key],
        }
        for key, value in terms.terms.given().items()
    ]
    frame = pd.DataFrame(rows)
    names = {code: getattr(terms.instrument.name, code) for code in ("vi", "en")}
    frame.attrs.update(name=names[language], names=names, id=terms.instrument.id)
    return frame


def grant_element_table(
    rate: float, tenor: float, grace: float, discount_rates=(0.05, 0.10, 0.12)
) -> pd.Series:
    """Grant element [share of face] of an equal-principal yearly loan at several discount rates [1/year]."""
    loan = amortise(1.0, rate, tenor, grace)
    return pd.Series({discount: float(grant_element(loan, discount)) for discount in discount_rates})
