"""What one supported project costs the state: its cash year by year, and its sheet in present value.

The cash is that of a scheme's book (`portfolio.book_of_loans`) with this one loan in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpmodel.finance.cashflow import net_present_value
from cpmodel.finance.design import Design, loan_schedule
from cpmodel.finance.fiscal import cost_per_unit_saved
from cpmodel.finance.guarantees import share_borne
from cpmodel.finance.portfolio import Book, book_of_loans
from cpmodel.finance.projects import TypicalProject
from cpmodel.finance.relief import tax_forgone
from cpmodel.finance.support import IMF_DISCOUNT, grant_element, subsidy_equivalent

CASH = (
    "public_lending",
    "interest_support",
    "grant",
    "reward",
    "guarantee_claims",
    "guarantee_fees",
    "tax_forgone",
)
NAMED = {"guarantee_claims": "guarantee_expected_loss"}  # in present value


@dataclass(frozen=True)
class Scheme:
    """How the state stands behind a design.

    public_loan    it lends itself: interest support is then inside the loan's own cash   fee_once    of a guarantee, on the
    credit [share]   fee    a year on the amount covered [1/year]   supported_years    of interest support
    """

    public_loan: bool = False
    fee_once: float = 0.0
    fee: float = 0.0
    supported_years: float = np.inf


def state_sheet(design: Design, market: Design, project: TypicalProject, scheme: Scheme) -> pd.DataFrame:
    """Return what one supported project costs the state: figure, value, unit; bn VND, present value at t = 0.

    `fiscal_npv` adds what is discounted at the government's rate. The subsidy-equivalent is at the borrower's market
    rate, which already prices default; it stands beside and is never added.
    """
    cost, loan = project.investment_bn_vnd, loan_schedule(design, project.investment_bn_vnd)
    cash = state_cash(design, market, project, scheme)
    worth = {name: net_present_value(project.government_rate, cash[name]) for name in cash}
    total = worth["total"]
    equivalent = 0.0 if loan is None else float(subsidy_equivalent(loan, project.lending_rate))
    element = np.nan if loan is None else float(grant_element(loan, IMF_DISCOUNT))
    rows = [(NAMED.get(name, name), worth[name], "bn VND") for name in CASH] + [
        ("fiscal_npv", total, "bn VND"),
        ("contingent_exposure_at_start", design.guarantee_cover * design.loan_share * cost, "bn VND"),
        ("subsidy_equivalent_of_loan", equivalent, "bn VND"),
        ("grant_element_of_loan_at_5_percent", element, "share of face"),
        ("investment_per_fiscal_npv", cost / total if total > 0 else np.nan, "ratio"),
    ]
    for name, saved in (("toe", project.yearly_toe), ("tCO2", project.yearly_tco2)):
        if saved:
            per = float(cost_per_unit_saved(total * 1e3, 1.0, saved, project.life))
            rows.append((f"cost_per_{name}_gross_undiscounted", per, f"m VND per {name}"))
    return pd.DataFrame(rows, columns=["figure", "value", "unit"])


def tax_forgone_by_year(design: Design, market: Design, project: TypicalProject) -> np.ndarray:
    """Tax lost to lower rates, deductions and faster depreciation, years 1, 2, … [bn VND, nominal], no loan counted."""
    cost = project.investment_bn_vnd
    longest = max(design.depreciation_years, market.depreciation_years)
    years = max(project.life, int(np.ceil(longest)))
    of_saving, of_investment = tax_forgone(design, market, years)
    saving = np.where(np.arange(years) < project.life, cost / project.payback, 0.0)
    return saving * of_saving + cost * of_investment


def state_cash(design: Design, market: Design, project: TypicalProject, scheme: Scheme) -> pd.DataFrame:
    """Return expected cash of the state by year [bn VND, nominal, positive when it spends]; index `year` 0, 1, 2, …"""
    cost = project.investment_bn_vnd
    columns = {name: np.zeros(1) for name in CASH}
    book = _book(design, project, scheme)
    if book is not None:
        face = design.loan_share * cost
        columns["guarantee_claims"] = book.claims[:, 0]
        columns["guarantee_fees"] = -(scheme.fee * book.guaranteed_at_start[:, 0])
        columns["guarantee_fees"][0] -= scheme.fee_once * face
        if scheme.public_loan:
            columns["public_lending"] = -book.returned[:, 0]
            columns["public_lending"][0] += face
        else:
            columns["interest_support"] = book.support[:, 0]
    columns["grant"] = np.array([design.grant_share * cost])
    columns["reward"] = np.array([0.0, design.reward_share * cost])
    columns["tax_forgone"] = np.append(0.0, tax_forgone_by_year(design, market, project))
    years = max(map(len, columns.values()))
    frame = pd.DataFrame({name: np.pad(flow, (0, years - len(flow))) + 0.0 for name, flow in columns.items()})
    frame.index.name = "year"
    return frame.assign(total=frame.sum(axis=1))


def _book(design: Design, project: TypicalProject, scheme: Scheme) -> Book | None:
    """Return the book with the project's loan alone in it; None without a loan."""
    loan = loan_schedule(design, project.investment_bn_vnd)
    if loan is None:
        return None
    risk = (project.loss_given_default, project.default_rate, project.default_correlation)
    borne = float(share_borne(design.guarantee_cover, *risk, design.first_loss))

    def one(value: float) -> np.ndarray:
        return np.array([[value]])

    return book_of_loans(
        one(1.0), one(1.0), [loan], one(design.guarantee_cover), one(design.interest_subsidy), [scheme.supported_years],
        np.array([project.default_rate]), np.array([project.loss_given_default]), one(borne),
    )  # fmt: skip
