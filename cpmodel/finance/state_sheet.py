"""What one supported project costs the state: its sheet in present value, and its cash year by year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cpmodel.finance.cashflow import net_present_value
from cpmodel.finance.design import Design, loan_schedule
from cpmodel.finance.fiscal import cost_per_unit_saved, lending_cash
from cpmodel.finance.guarantees import expected_loss, fee_value, share_borne, surviving_share
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
        loss = expected_loss(loan.opening, _borne(design, project), *risk)
        fees = fee_once * loan.face
        fees += fee_value(loan.opening, design.guarantee_cover, 0.0, fee, project.default_rate, rate)
        equivalent = float(subsidy_equivalent(loan, project.lending_rate))
        element = float(grant_element(loan, IMF_DISCOUNT))
        support = 0.0 if public_loan else interest_support(design, market, cost, rate)
        cash = lending_cash(loan, project.default_rate, _own_loss(design, project))
        lending = net_present_value(rate, cash) if public_loan else 0.0
    grant, reward = design.grant_share * cost, design.reward_share * cost / (1.0 + rate)
    forgone = net_present_value(rate, _after_start(tax_forgone_by_year(design, market, project)))
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


def tax_forgone_by_year(design: Design, market: Design, project: TypicalProject) -> np.ndarray:
    """Tax lost to lower rates, deductions and faster depreciation, years 1, 2, … [bn VND, nominal], no loan counted."""
    cost = project.investment_bn_vnd
    longest = max(design.depreciation_years, market.depreciation_years)
    years = max(project.life, int(np.ceil(longest)))
    of_saving, of_investment = tax_forgone(design, market, years)
    saving = np.where(np.arange(years) < project.life, cost / project.payback, 0.0)
    return saving * of_saving + cost * of_investment


def state_cash(
    design: Design, market: Design, project: TypicalProject, public_loan: bool, fee_once: float = 0.0,
    fee: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """Expected cash of the state by year [bn VND, nominal, positive when it spends]; index `year` 0, 1, 2, …

    Arguments as in `state_sheet`; discounted at the government's rate, `total` is its `fiscal_npv`.
    """
    cost, loan = project.investment_bn_vnd, loan_schedule(design, project.investment_bn_vnd)
    columns = {name: np.zeros(0) for name in CASH}
    if loan is not None:
        periods = np.arange(1.0, len(loan.times) + 1.0)
        performing = surviving_share(project.default_rate, periods) * loan.opening
        claims = project.loss_given_default * project.default_rate * _borne(design, project) * performing
        columns["guarantee_claims"] = _after_start(claims)
        columns["guarantee_fees"] = -_after_start(
            fee * design.guarantee_cover * performing, fee_once * loan.face
        )
        if public_loan:
            columns["public_lending"] = lending_cash(loan, project.default_rate, _own_loss(design, project))
        elif design.interest_subsidy:
            unsupported = loan_schedule(replace(design, loan_rate=market.loan_rate), cost)
            columns["interest_support"] = _after_start(unsupported.service - loan.service)
    columns["grant"] = np.array([design.grant_share * cost])
    columns["reward"] = np.array([0.0, design.reward_share * cost])
    columns["tax_forgone"] = _after_start(tax_forgone_by_year(design, market, project))
    years = max(map(len, columns.values()))
    frame = pd.DataFrame({name: np.pad(flow, (0, years - len(flow))) for name, flow in columns.items()})
    frame.index.name = "year"
    return frame.assign(total=frame.sum(axis=1))


def _own_loss(design: Design, project: TypicalProject) -> float:
    """Loss given default of a public lender [share]: what a guarantee pays it is booked there, not twice."""
    return project.loss_given_default * (1.0 - _borne(design, project))


def _borne(design: Design, project: TypicalProject) -> float:
    risk = (project.loss_given_default, project.default_rate, project.default_correlation)
    return float(share_borne(design.guarantee_cover, *risk, design.first_loss))


def _after_start(flows: np.ndarray, at_start: float = 0.0) -> np.ndarray:
    return np.concatenate([[at_start], flows])
