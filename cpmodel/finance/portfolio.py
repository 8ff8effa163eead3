"""Loans made year by year under one scheme: what comes back, what is claimed, what stands out, draw by draw.

Nominal. Loans are paid out during their year and serviced from the next one; of what performs at the start of a year
the share `hazard` defaults in it. Arrays are (years, n), years those of lending and then of the longest loan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cpmodel.finance.loans import LoanSchedule


@dataclass(frozen=True)
class Book:
    """Flows over each year and stocks at its start and end [money, nominal], (years, n).

    returned    service and recoveries   support    interest paid by the state   claims    expected, on guarantees
    guaranteed_at_start    what may be claimed in the year   guaranteed    at 31 December   outstanding    loans then
    loans_at_start    number of guaranteed loans that perform
    """

    returned: np.ndarray
    support: np.ndarray
    claims: np.ndarray
    guaranteed_at_start: np.ndarray
    guaranteed: np.ndarray
    outstanding: np.ndarray
    loans_at_start: np.ndarray


def book_of_loans(
    lent, loans, schedules: Sequence[LoanSchedule | None], cover, points, supported_years: Sequence[float],
    hazard, loss_given_default, borne=None,
) -> Book:  # fmt: skip
    """Return the book of loans lent year by year.

    lent [money] and loans [number]    (Y, n)   schedules    yearly, of a loan of 1, or None in a year without lending
    cover [share of the loan], points [1/year]    (Y, n)   supported_years    of interest support, infinity for all
    hazard [1/year], loss_given_default [share]    (n,); what a guarantee pays its lender is booked in `claims`
    borne    share of a loss that the guarantee bears, (Y, n), where a first loss makes it more than its cover
    """
    borne = cover if borne is None else borne
    lent, loans = np.asarray(lent, float), np.asarray(loans, float)
    longest = max((len(one.times) for one in schedules if one is not None), default=0)
    sums = {name: np.zeros((len(lent) + longest, lent.shape[1])) for name in Book.__dataclass_fields__}
    survive = [(1.0 - hazard) ** t for t in range(longest)]
    for y, schedule in enumerate(schedules):
        if schedule is None:
            continue
        for t, (opening, closing, service) in enumerate(
            zip(schedule.opening, schedule.closing, schedule.service, strict=True), start=1
        ):
            performing = lent[y] * survive[t - 1]
            own_loss = loss_given_default * (1.0 - borne[y])
            back = (1.0 - hazard) * service + hazard * (1.0 - own_loss) * opening
            months = np.clip(supported_years[y] - (t - 1), 0.0, 1.0)
            sums["returned"][y + t] += performing * back
            sums["support"][y + t] += performing * points[y] * opening * months
            sums["claims"][y + t] += performing * hazard * loss_given_default * borne[y] * opening
            sums["guaranteed_at_start"][y + t] += performing * cover[y] * opening
            sums["guaranteed"][y + t] += performing * (1.0 - hazard) * cover[y] * closing
            sums["outstanding"][y + t] += performing * (1.0 - hazard) * closing
            sums["loans_at_start"][y + t] += loans[y] * survive[t - 1] * (cover[y] > 0)
        sums["guaranteed"][y] += lent[y] * cover[y]
        sums["outstanding"][y] += lent[y]
    return Book(**sums)
