"""Who gets a loan: collateral, cash flow and score, tested one by one so that the binding one can be named.

A guarantee moves the first test, an interest subsidy only the second; support that relieves a barrier
which does not bind changes nothing.
"""

from __future__ import annotations

import numpy as np

from cpmodel.axes import equation

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
