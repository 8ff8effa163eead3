"""Corporate income tax: rates by year, holidays, depreciation, losses carried forward, and the shields
they give.

Nominal; tax falls at the end of the year it is due on. Depreciation runs on historical cost from year 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cpmodel.axes import equation
from cpmodel.errors import BadInput, Problem
from cpmodel.finance.loans import annuity_factor, interest_value

METHODS = ("straight_line", "declining_balance")
LOSS_YEARS = 5  # years a loss may be carried forward; recalled, grade C
SETTLED = 60  # years after which no relief goes on


@equation(clauses="IV.4.d", source="Circular 45/2013/TT-BTC (S132): up to twice the straight-line amount")
def depreciation_shield(h, years, factor):
    """Dep(h): present value at h of depreciation per unit invested [1], straight line, speeded up by
    `factor`.

    h    discount rate [1/year]   years    depreciation life [years]   factor    1 straight line, ≤ 2
    accelerated Each full year carries factor/years; the last carries what is left. With s = years/factor,
    m = ⌊s⌋:
        Dep = A(h, m)/s + (1 − m/s)·(1 + h)^−(m+1)
    """
    spread = years / factor
    whole = np.floor(spread + 1e-9)
    rest = np.maximum(1.0 - whole / spread, 0.0)
    return annuity_factor(h, whole) / spread + rest * np.exp(-(whole + 1.0) * np.log1p(h))


@equation(clauses="IV.4.d", source="Circular 45/2013/TT-BTC (S132); factors 1.5/2.0/2.5 recalled, grade C")
def declining_balance_shield(h, years, factor):
    """Present value at h of declining-balance depreciation per unit invested [1], switching to straight line.

    h    [1/year]   years    life [years, whole, at most 60]   factor    multiple of the straight-line rate
    Each year carries the larger of factor/years of the book value and an even share of what is left.
    """
    book = 1.0 + 0.0 * h * years
    total = 0.0 * h * years
    for t in range(60):
        left = np.maximum(years - t, 1.0)
        share = np.minimum(np.maximum(factor / years, 1.0 / left), 1.0) * (t < years)
        written = book * share
        total = total + written * np.exp(-(t + 1.0) * np.log1p(h))
        book = book - written
    return total


@equation(clauses="IV.4.c IV.4.d", source="Interest tax shield: Myers (1974), J. Finance 29(1)")
def interest_shield(h, rate, tenor, grace, equal_principal):
    """Int(h): present value at h of deductible interest per unit lent [1]; arguments as in `loan_value`."""
    return interest_value(h, rate, tenor, grace, equal_principal)


def depreciation_schedule(
    cost: float, years: float, factor: float = 1.0, method: str = "straight_line"
) -> np.ndarray:
    """Depreciation of each year [money], adding up to `cost`; arguments as in the two shields."""
    if method not in METHODS or years <= 0 or factor < 1:
        why = "Depreciation needs a life above 0, a factor of 1 or more and a known method."
        raise BadInput(Problem("depreciation", "method", f"{method}, {years} years, {factor}", why,
                               f"Use {' or '.join(METHODS)}."))  # fmt: skip
    if method == "straight_line":
        count = int(np.ceil(years / factor - 1e-9))
        written = np.minimum(np.full(count, factor / years), 1.0)
        written[-1] = 1.0 - written[:-1].sum()
        return cost * written
    book, written = 1.0, []
    for t in range(int(np.ceil(years))):
        amount = book * min(max(factor / years, 1.0 / max(years - t, 1.0)), 1.0)
        written.append(amount)
        book -= amount
    return cost * np.array(written)


def declining_factor(years: float) -> float:
    """Declining-balance factor by life: 1.5 up to 4 years, 2.0 up to 6, 2.5 beyond (recalled, grade C)."""
    return 1.5 if years <= 4 else 2.0 if years <= 6 else 2.5


def rates_by_year(first_year: int, count: int, dated: Mapping[int, float]) -> np.ndarray:
    """Standard tax rate [share] of `count` years from `first_year`; `dated` gives the rate from each year on.

    Raises BadInput for a year before the first dated rate: a rate is never guessed backwards.
    """
    known = sorted(dated)
    if first_year < known[0]:
        why = f"The tax table begins in {known[0]}."
        raise BadInput(Problem("tax rates", "year", first_year, why, "Choose a later year, or add its rate."))
    years = range(first_year, first_year + count)
    return np.array([dated[max(y for y in known if y <= year)] for year in years])


def holiday_rates(
    standard, preferential: float, preferential_years: int, exempt_years: int, half_years: int
) -> np.ndarray:
    """Tax rate of each year [share] under a holiday that starts in the first of these years.

    standard    rate of each year without the holiday [share]; the incentive never raises it
    preferential    rate for `preferential_years`; within them nothing for `exempt_years`, then half
    Reductions longer than the preferential years go on at half the standard rate.
    """
    standard = np.asarray(standard, dtype=float)
    year = np.arange(len(standard))
    base = np.where(year < preferential_years, np.minimum(preferential, standard), standard)
    half = (year >= exempt_years) & (year < exempt_years + half_years)
    return np.where(year < exempt_years, 0.0, np.where(half, 0.5 * base, base))


@dataclass(frozen=True)
class TaxRelief:
    """A lower rate of income tax for some years; see `holiday_rates`. All years count from the investment.

    preferential    rate [share]   preferential_years    for how long it holds   exempt_years    without any tax
    half_years    at half the rate, after those
    """

    preferential: float
    preferential_years: int = SETTLED
    exempt_years: int = 0
    half_years: int = 0

    def rates(self, standard) -> np.ndarray:
        """Return the rate of each year [share], never above `standard`, the rates without relief."""
        terms = (self.preferential_years, self.exempt_years, self.half_years)
        return holiday_rates(standard, self.preferential, *terms)


@equation(clauses="IV.4.d", source="Present value of tax shields: Myers (1974), with the tax rate by year")
def shield_value(amounts, rates, discount_rate) -> float:
    """Present value of the tax saved by deductions [money]: Σ τ_t·amount_t/(1 + R)^t with τ by year."""
    amounts = np.asarray(amounts, dtype=float)
    t = np.arange(1, len(amounts) + 1)
    saved = np.asarray(rates, dtype=float)[: len(amounts)] * amounts
    return float(np.sum(saved / (1.0 + discount_rate) ** t))


def tax_due(incomes, rates, carry_years: int = LOSS_YEARS) -> np.ndarray:
    """Tax of each year [money]; a loss lowers the next `carry_years` incomes, oldest loss first, then is
    lost.

    incomes    taxable income before losses [money]   rates    of each year [share]
    """
    losses: list[list[float]] = []  # [year it arose, amount left]
    due = np.zeros(len(incomes))
    for year, (income, rate) in enumerate(zip(incomes, rates, strict=True)):
        losses = [loss for loss in losses if year - loss[0] <= carry_years]
        left = float(income)
        for loss in losses:
            used = min(max(left, 0.0), loss[1])
            left, loss[1] = left - used, loss[1] - used
        if left < 0.0:
            losses.append([year, -left])
        due[year] = rate * max(left, 0.0)
    return due
