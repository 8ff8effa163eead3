"""What acceptance is tabulated from, as its compiled kernel reads it: terms of a design, and memory for what follows."""

from typing import NamedTuple

import numpy as np

from cpmodel.finance import relief

# The terms of a design as kernels read them, beside what is told of the design itself. By year from the investment on:
# taxes [share], written off [1]; under relief also tax saved by what is deducted, per unit invested, and by interest, per
# unit lent, and the rates that hold up to a number of years.
TERMS = np.dtype(
    [(name, np.int64) for name in ("size", "first", "last", "scheme", "loan_years", "relieved", "steps")]
    + [(name, float) for name in (
        "loan_share", "tenor", "grace", "equal_principal", "grant_share", "reward_share", "guarantee_cover",
        "tax_rate", "depreciation_years", "depreciation_factor", "deduction_share", "application_cost_share",
        "collateral_share",
    )]
    + [(name, float, (relief.SETTLED,)) for name in ("taxes", "written", "saved_by_asset", "saved_by_loan")]
    + [(name, float, (relief.SETTLED,)) for name in ("step_ends", "step_rates")],
    align=True,
)  # fmt: skip


class Thresholds(NamedTuple):
    """What is worked out of one set of terms; Q hurdle rates, V levels of visible adoption."""

    h: np.ndarray  # (Q,) hurdle rates
    value: np.ndarray  # (Q,) of the loan's service, per unit lent
    by_asset: np.ndarray  # (Q,) tax saved, per unit invested
    by_loan: np.ndarray  # (Q,) tax saved, per unit lent
    reward: np.ndarray  # (Q,) per unit invested, at the end of the first year
    kappa: np.ndarray  # (V,) hidden-cost multiplier, with the costs of applying
    longest: np.ndarray  # (2, V, Q) log of the longest payback accepted, by way to pay
