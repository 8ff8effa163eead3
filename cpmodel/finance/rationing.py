"""Who gets a loan: collateral, cash flow and score, tested one by one so that the binding one can be named.

A guarantee moves the first test, an interest subsidy only the second; support that relieves a barrier
which does not bind changes nothing.
"""

from __future__ import annotations

import numpy as np

from cpmodel.axes import equation
from cpmodel.finance.design import Design
from cpmodel.finance.loans import yearly_payments
from cpmodel.finance.relief import yearly_rates
from cpmodel.finance.tax import depreciation_schedule

BARRIERS = ("none", "collateral", "cash_flow", "score")


@equation(
    clauses="IV.4.c IV.4.d",
    source="Collateral constraint: Kiyotaki & Moore (1997), J. Political Economy 105(2)",
)
def collateral_suffices(principal, collateral, loan_to_value, cover):
    """True where principal ≤ LTV·collateral + cover·principal; money, and shares for the other two."""
    return principal <= loan_to_value * collateral + cover * principal


@equation(clauses="IV.4.c IV.4.d", source="Lenders' test of debt service cover")
def cash_flow_suffices(least_cover, required_cover):
    """True where the least DSCR over the loan's life reaches what the lender requires [ratio]."""
    return least_cover >= required_cover


@equation(clauses="IV.4.c IV.4.d", source="`collateral_suffices` solved for the principal")
def largest_loan(collateral, loan_to_value, cover):
    """Largest principal that collateral and guarantee carry [money]: LTV·collateral/(1 − cover); inf at
    cover 1."""
    free = np.asarray(cover) >= 1.0
    return np.where(free, np.inf, loan_to_value * collateral / np.where(free, 1.0, 1.0 - cover))


@equation(clauses="IV.4.c IV.4.d", source="Debt service cover of one year, solved for the saving")
def bankable_saving(service, interest, tax, deducted, loan_share, required_cover):
    """Yearly saving, per unit invested, that covers one year's service as the lender asks [1/year].

    service, interest    of the year per unit lent [1]   tax [share]   deducted    from profit per unit invested [1]
        [required cover·ℓ·service − τ·(deducted + ℓ·interest)] / (1 − τ)
    """
    shield = tax * (deducted + loan_share * interest)
    return (required_cover * loan_share * service - shield) / np.maximum(1.0 - tax, 1e-9)


@equation(
    clauses="IV.4.c IV.4.d",
    source="Debt service cover, solved for the payback; Yescombe (2013), Project Finance",
)
def longest_bankable_payback(design: Design, rate, required_cover, life):
    """Return the longest simple payback at which savings cover the loan's service in every year [years].

    rate    contract rate [1/year, nominal]   required_cover    least DSCR that the lender asks [ratio], 0 for no test
    life    of the option [years]; all of one shape. Of each year t up to the loan's end or the option's:
        [(1 − τ_t)/PB + τ_t·((1 − g)·Dep_t + ℓ·Int_t)] / (ℓ·service_t) ≥ required cover
    Cash is after tax and before service, as in `appraisal.service_cover`; a reward is not counted on. Beyond the
    option's life the establishment pays from elsewhere. Infinite where nothing is borrowed or asked.
    """
    interest, principal = yearly_payments(rate, design.tenor, design.grace, design.equal_principal)
    written = depreciation_schedule(1.0, design.depreciation_years, design.depreciation_factor)
    taxes = yearly_rates(design, len(interest))
    needed = 0.0 * np.asarray(required_cover)
    for t, (paid, repaid, tax) in enumerate(zip(interest, principal, taxes, strict=True)):
        deducted = (1.0 - design.grant_share) * (written[t] if t < len(written) else 0.0)
        saving = bankable_saving(paid + repaid, paid, tax, deducted, design.loan_share, required_cover)
        needed = np.maximum(needed, np.where(t < life, saving, 0.0))
    return np.where(needed > 0.0, 1.0 / np.where(needed > 0.0, needed, 1.0), np.inf)


def loan_granted(
    principal, collateral, loan_to_value, cover, least_cover, required_cover, score=0.0, required_score=0.0
):
    """True where all three tests pass; arguments may be arrays of one shape."""
    return (
        collateral_suffices(principal, collateral, loan_to_value, cover)
        & cash_flow_suffices(least_cover, required_cover)
        & (np.asarray(score) >= required_score)
    )


def binding_barrier(
    principal, collateral, loan_to_value, cover, least_cover, required_cover, score=0.0, required_score=0.0
) -> np.ndarray:
    """Name of the first test that fails, in the order collateral, cash flow, score; "none" where a loan is
    granted.

    Arguments as in `loan_granted`. Where several fail, relieving the named one alone is not enough.
    """
    tests = [
        ~np.asarray(collateral_suffices(principal, collateral, loan_to_value, cover)),
        ~np.asarray(cash_flow_suffices(least_cover, required_cover)),
        np.asarray(score) < required_score,
    ]
    return np.select(np.broadcast_arrays(*tests), BARRIERS[1:], default=BARRIERS[0])
