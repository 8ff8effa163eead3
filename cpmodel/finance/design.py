"""The design vector f: what finance hands to the acceptance equation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpmodel.errors import Problems, as_share
from cpmodel.finance.loans import PROFILES, LoanSchedule, amortise
from cpmodel.finance.tax import TaxRelief

MARKET_LOAN_SHARE = 0.6  # judgement: without a design, market terms remain
MARKET_TENOR = 5.0
DEPRECIATION_YEARS = 10.0  # within 5–12 years for working equipment, Decision 206/2003 (RB_206_2003)


@dataclass(frozen=True)
class Design:
    """One financing design; all rates nominal per year, all shares of the investment unless said otherwise.

    loan_share ℓ   loan_rate r_f [1/year]; level rate with every subsidy already inside   tenor, grace [years]
    profile "annuity" or "equal_principal"   grant_share g at t = 0   reward_share b at t = 1
    guarantee_cover γ [share of loan]   tax_rate τ [share]   depreciation_years [years]
    depreciation_factor 1 straight line, ≤ 2 accelerated   relief    a lower tax rate for some years, or none
    first_loss    of a portfolio, borne in full by the guarantor [share of the amount guaranteed]
    deduction_share    of the investment, from the profit of year 1, on top of depreciation
    collateral_share    largest loan as a share of the collateral; None: as the market's lenders
    interest_subsidy [1/year], for the record: already inside loan_rate
    application_cost_share    adds to κ_hc   label    for tables
    """

    label: str = "market terms"
    loan_share: float = MARKET_LOAN_SHARE
    loan_rate: float = 0.12
    tenor: float = MARKET_TENOR
    grace: float = 0.0
    profile: str = "annuity"
    grant_share: float = 0.0
    reward_share: float = 0.0
    guarantee_cover: float = 0.0
    first_loss: float = 0.0
    tax_rate: float = 0.0
    depreciation_years: float = DEPRECIATION_YEARS
    depreciation_factor: float = 1.0
    interest_subsidy: float = 0.0
    application_cost_share: float = 0.0
    relief: TaxRelief | None = None
    deduction_share: float = 0.0
    collateral_share: float | None = None

    def __post_init__(self) -> None:
        _refuse_impossible(self)

    @property
    def equal_principal(self) -> float:
        """1.0 for equal principal, 0.0 for an annuity: the flag of the compiled kernels."""
        return 1.0 if self.profile == "equal_principal" else 0.0

    def vector(self) -> np.ndarray:
        """The numbers of the design in the order of `VECTOR`, for the engine."""
        flags = {"equal_principal": self.equal_principal}
        return np.array([flags[name] if name in flags else getattr(self, name) for name in VECTOR], float)


VECTOR = (
    "loan_share",
    "loan_rate",
    "tenor",
    "grace",
    "equal_principal",
    "grant_share",
    "reward_share",
    "guarantee_cover",
    "tax_rate",
    "depreciation_years",
    "depreciation_factor",
    "application_cost_share",
)


def _refuse_impossible(design: Design) -> None:
    problems, where = Problems(), f"design {design.label!r}"
    for key in [
        "loan_share",
        "grant_share",
        "reward_share",
        "guarantee_cover",
        "first_loss",
        "tax_rate",
        "interest_subsidy",
        "loan_rate",
        "application_cost_share",
        "deduction_share",
    ]:
        value = getattr(design, key)
        if not 0.0 <= value <= 1.0:
            fix = as_share(value) if value > 1.0 else "Give a share from 0 to 1."
            problems.add(where, key, value, "This must be a share between 0 and 1.", fix)
    if not design.tenor > 0:
        problems.add(where, "tenor", design.tenor, "A loan must be repaid some time.", "Give years above 0.")
    elif not 0 <= design.grace < design.tenor:
        why = f"Grace must end before the tenor of {design.tenor:g} years."
        problems.add(where, "grace", design.grace, why, "Shorten grace, or lengthen the tenor.")
    if design.profile not in PROFILES:
        problems.add(
            where, "profile", design.profile, "Not a known profile.", f"Use {' or '.join(PROFILES)}."
        )
    if not (design.depreciation_years > 0 and design.depreciation_factor >= 1):
        found = f"{design.depreciation_years} years × {design.depreciation_factor}"
        problems.add(where, "depreciation", found, "A life above 0 and a factor of 1 or more are needed.",
                     "Use 1 for straight line.")  # fmt: skip
    if design.loan_share + design.grant_share > 1.0 + 1e-12:
        found = f"{design.loan_share:g} + {design.grant_share:g}"
        problems.add(where, "loan_share", found, "Loan and grant together exceed the investment.",
                     "Lower one of them.")  # fmt: skip
    problems.raise_if_any()


def market_terms(lending_rate: float, tax_rate: float = 0.0) -> Design:
    """What an establishment with credit access gets without any support: ℓ .6, five years, no grace, annuity.

    lending_rate [1/year, nominal]   tax_rate [share]
    """
    return Design(label="market terms", loan_rate=lending_rate, tax_rate=tax_rate)


def own_funds(tax_rate: float = 0.0) -> Design:
    """No loan and no support."""
    return Design(label="own funds", loan_share=0.0, tax_rate=tax_rate)


def loan_schedule(design: Design, investment: float) -> LoanSchedule | None:
    """Yearly schedule of the design's loan for an `investment` [money]; None without a loan."""
    if design.loan_share < 1e-12:
        return None
    face = design.loan_share * investment
    return amortise(face, design.loan_rate, design.tenor, design.grace, design.profile)
