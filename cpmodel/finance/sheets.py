"""Sheets for one typical project: the establishment's with and without support, and the state's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from cpmodel.errors import BadInput, Problem
from cpmodel.finance.appraisal import Project, firm_sheet, least_grant_share
from cpmodel.finance.cashflow import net_present_value
from cpmodel.finance.design import Design, accepted_payback, loan_schedule, market_terms
from cpmodel.finance.fiscal import cost_per_unit_saved, lending_cash
from cpmodel.finance.guarantees import expected_loss, fee_value
from cpmodel.finance.loans import amortise, loan_value
from cpmodel.finance.stacking import Circumstances, Combination, combine
from cpmodel.finance.support import IMF_DISCOUNT, grant_element, subsidy_equivalent
from cpmodel.finance.tax import depreciation_shield, interest_shield
from cpmodel.inputs.instruments import Catalogue, load_catalogue


@dataclass(frozen=True)
class TypicalProject:
    """A typical project of one sector and size, and the world around it. Defaults are judgements (grade J).

    investment_bn_vnd [bn VND]   payback, life [years]   hurdle [1/year, nominal]   kappa    hidden-cost
    multiplier lending_rate, government_rate [1/year]   default_rate [1/year]   loss_given_default [share]
    yearly_toe, yearly_tco2    saved a year, for the state's unit costs; None leaves them out
    """

    investment_bn_vnd: float
    payback: float
    life: int
    hurdle: float
    lending_rate: float
    tax_rate: float
    kappa: float = 1.0
    depreciation_years: float = 10.0
    government_rate: float = 0.10
    default_rate: float = 0.05
    loss_given_default: float = 0.45
    improvement: float | None = None
    vnd_per_usd: float | None = None
    yearly_toe: float | None = None
    yearly_tco2: float | None = None


@dataclass(frozen=True)
class Appraisal:
    """firm    one column per design, one row per figure   state    figure, value, unit   combination
    the design."""

    firm: pd.DataFrame
    state: pd.DataFrame
    combination: Combination
    sector: str
    size: str
    at: date


def appraise(
    instrument: str | list[str], sector: str, size: str, at: date, project: TypicalProject,
    catalogue: Catalogue | None = None,
) -> Appraisal:  # fmt: skip
    """The firm's sheet with and without support, and the state's sheet, for a typical project.

    instrument    one id or several to be combined   sector, size    only name the sheet and test eligibility
    at    day whose terms are used   project    the typical project of that sector and size
    Raises BadInput for an instrument before its date, one not open to the size or sector, or a forbidden mix.
    """
    catalogue = catalogue or load_catalogue()
    chosen = [
        catalogue.terms(name, at) for name in ([instrument] if isinstance(instrument, str) else instrument)
    ]
    for one in chosen:
        _refuse_ineligible(one.instrument, sector, size)
    market = replace(
        market_terms(project.lending_rate, project.tax_rate), depreciation_years=project.depreciation_years
    )
    around = Circumstances(
        commercial_rate=project.lending_rate,
        improvement=project.improvement,
        investment_bn_vnd=project.investment_bn_vnd,
        vnd_per_usd=project.vnd_per_usd,
        horizon=project.life,
    )
    combination = combine(market, chosen, around)
    own = replace(market, label="own funds", loan_share=0.0)
    designs = [own, market, combination.design]
    firm = pd.DataFrame({design.label: firm_column(design, project) for design in designs})
    firm.index.name = "figure"
    public = any("loan" in one.instrument.kinds for one in chosen)
    once = sum(one.terms.fee_once or 0.0 for one in chosen)
    yearly = sum(one.terms.fee or 0.0 for one in chosen)
    state = state_sheet(combination.design, market, project, public, once, yearly)
    return Appraisal(firm, state, combination, sector, size, at)


def _refuse_ineligible(instrument, sector: str, size: str) -> None:
    for key, asked, allowed in (
        ("size", size, instrument.eligibility.sizes),
        ("sector", sector, instrument.eligibility.sectors),
    ):
        if allowed is not None and asked not in allowed:
            why = f"The instrument is open to {', '.join(allowed)} only."
            fix = f"Choose one of {', '.join(allowed)}, or another instrument."
            raise BadInput(Problem(f"instrument {instrument.id}", key, asked, why, fix))


def firm_column(design: Design, project: TypicalProject) -> dict[str, object]:
    """Figures of one design for the firm's sheet: money in bn VND nominal, rates per year, times in years."""
    cost = project.investment_bn_vnd
    loan = loan_schedule(design, cost)
    typical = Project(
        investment=cost,
        saving=cost / project.payback,
        life=project.life,
        hidden_cost=(project.kappa + design.application_cost_share - 1.0) * cost,
        depreciation_years=design.depreciation_years,
        depreciation_factor=design.depreciation_factor,
    )
    sheet = firm_sheet(
        typical, project.hurdle, design.tax_rate, loan, design.grant_share * cost, design.reward_share * cost
    )
    longest = float(accepted_payback(design, project.hurdle, project.life, project.kappa))
    return {
        "investment": cost,
        "own_money_at_start": cost * (1.0 - design.grant_share - design.loan_share),
        "loan": design.loan_share * cost,
        "loan_rate": design.loan_rate if loan is not None else np.nan,
        "tenor": design.tenor if loan is not None else np.nan,
        "grant": design.grant_share * cost,
        "reward": design.reward_share * cost,
        "guarantee_cover": design.guarantee_cover,
        "equity_npv": sheet.equity_npv,
        "project_npv": sheet.project_npv,
        "equity_irr": sheet.equity_irr.rate,
        "equity_irr_several_roots": sheet.equity_irr.several,
        "project_irr": sheet.project_irr.rate,
        "payback": sheet.payback,
        "discounted_payback": sheet.discounted_payback,
        "least_debt_service_cover": sheet.least_cover,
        "mean_debt_service_cover": sheet.mean_cover,
        "loan_life_cover": sheet.loan_life_cover,
        "longest_accepted_payback": longest,
        "accepted": longest >= project.payback,
        "least_grant_that_is_accepted": least_grant(design, project),
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
            design.tax_rate,
            depreciation_shield(h, design.depreciation_years, design.depreciation_factor),
            interest_shield(h, *terms),
        )
    )


def state_sheet(
    design: Design, market: Design, project: TypicalProject, public_loan: bool, fee_once: float = 0.0,
    fee: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """What one supported project costs the state: figure, value, unit. Money in bn VND, present value at t
    = 0.

    public_loan    True when the state lends itself: its cost is then the loan's cash flow at the
    government rate,
                   default included; else only interest support paid on the bank's loan counts
    fee_once    guarantee fee on the credit [share]   fee    a year on the amount covered [1/year]
    `fiscal_npv` adds what is at the government rate. The subsidy-equivalent is at the borrower's market
    rate, which already prices default; it stands beside and is never added.
    """
    cost, rate = project.investment_bn_vnd, project.government_rate
    loan = loan_schedule(design, cost)
    risk = (project.loss_given_default, project.default_rate, rate)
    lending = support = loss = fees = equivalent = covered = 0.0
    element = float("nan")
    if loan is not None:
        covered = design.guarantee_cover * loan.face
        loss = expected_loss(loan.opening, design.guarantee_cover, *risk)
        fees = fee_once * loan.face
        fees += fee_value(loan.opening, design.guarantee_cover, 0.0, fee, project.default_rate, rate)
        equivalent = float(subsidy_equivalent(loan, project.lending_rate))
        element = float(grant_element(loan, IMF_DISCOUNT))
        support = 0.0 if public_loan else interest_support(design, market, cost, rate)
        cash = lending_cash(loan, project.default_rate, project.loss_given_default)
        lending = net_present_value(rate, cash) if public_loan else 0.0
    grant, reward = design.grant_share * cost, design.reward_share * cost / (1.0 + rate)
    forgone = tax_forgone(design, market, project)
    total = lending + support + grant + reward + loss - fees + forgone
    rows = [
        ("public_lending", lending, "bn VND"),
        ("interest_support", support, "bn VND"),
        ("grant", grant, "bn VND"),
        ("reward", reward, "bn VND"),
        ("guarantee_expected_loss", loss, "bn VND"),
        ("guarantee_fees", 0.0 - fees, "bn VND"),
        ("tax_forgone", forgone, "bn VND"),
        ("fiscal_npv", total, "bn VND"),
        ("contingent_exposure_at_start", covered, "bn VND"),
        ("subsidy_equivalent_of_loan", equivalent, "bn VND"),
        ("grant_element_of_loan_at_5_percent", element, "share of face"),
        ("investment_per_fiscal_npv", cost / total if total > 0 else np.nan, "ratio"),
    ]
    for name, saved in (("toe", project.yearly_toe), ("tCO2", project.yearly_tco2)):
        if saved:
            per = float(cost_per_unit_saved(total * 1e3, 1.0, saved, project.life))
            rows.append((f"cost_per_{name}_gross_undiscounted", per, f"m VND per {name}"))
    return pd.DataFrame(rows, columns=["figure", "value", "unit"])


def interest_support(design: Design, market: Design, cost: float, rate: float) -> float:
    """Present value at the government rate of interest support on a bank loan [bn VND].

    The service of the same loan at the market rate less its service at the design's effective rate.
    """
    if design.interest_subsidy == 0.0:
        return 0.0
    unsupported = loan_schedule(replace(design, loan_rate=market.loan_rate), cost)
    return float(unsupported.value(rate) - loan_schedule(design, cost).value(rate))


def tax_forgone(design: Design, market: Design, project: TypicalProject) -> float:
    """Present value at the government rate of tax lost to tax rate and depreciation rules [bn VND], no
    loan counted."""
    rate, cost = project.government_rate, project.investment_bn_vnd
    saving = cost / project.payback * -np.expm1(-project.life * np.log1p(rate)) / rate

    def tax(one: Design) -> float:
        shield = float(depreciation_shield(rate, one.depreciation_years, one.depreciation_factor))
        return one.tax_rate * (saving - cost * shield)

    return tax(market) - tax(design)


def term_sheet(terms, language: str = "en") -> pd.DataFrame:
    """Term, value, source and quality of one instrument on its day, one row per stated term."""
    rows = [
        {"term": key, "value": value, "source_id": terms.sources[key], "quality": terms.qualities[key]}
        for key, value in terms.terms.given().items()
    ]
    frame = pd.DataFrame(rows)
    frame.attrs["name"] = getattr(terms.instrument.name, language)
    return frame


def grant_element_table(
    rate: float, tenor: float, grace: float, discount_rates=(0.05, 0.10, 0.12)
) -> pd.Series:
    """Grant element [share of face] of an equal-principal yearly loan at several discount rates [1/year]."""
    loan = amortise(1.0, rate, tenor, grace)
    return pd.Series({discount: float(grant_element(loan, discount)) for discount in discount_rates})
