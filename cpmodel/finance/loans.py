"""Loans: what the borrower pays, when, and what it is worth.

Two forms of the same thing. The schedule form (`amortise`) lists every payment, for sheets and fiscal
notes. The closed form (`loan_value` and its parts) is scalar in form, for the engine, which compiles it; a
test holds the two together to 1e-12. All rates are nominal; payments fall at the end of each period; the
loan is paid out at t = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpmodel.axes import equation
from cpmodel.errors import Problems
from cpmodel.finance.cashflow import InternalRate, internal_rate, present_value

PROFILES = ("annuity", "equal_principal")
GRACE_INTEREST = ("paid", "capitalised")


@equation(clauses="IV.4.c IV.4.d", source="Textbook annuity")
def annuity_factor(rate, years):
    """Present value of 1 a year for `years` years, paid at year ends [years].

    rate    discount rate [1/year], above −1; at rate 0 the value is `years`
    years    [years], need not be whole; infinite years give 1/rate
        A = (1 − (1 + rate)^−years) / rate
    """
    safe = rate + 1e-300 * (rate == 0.0)
    return -np.expm1(-years * np.log1p(safe)) / safe


@equation(clauses="IV.4.c IV.4.d", source="Sum of annuities; series from the binomial expansion about rate 0")
def cumulated_annuity(rate, years):
    """Σ over m = 1 … years of A(rate, m), which is the present value of a balance falling evenly [years²].

    rate    [1/year]   years    [years, whole]
        Σ A = (years − A(rate, years)) / rate, and near rate 0 its series, because the difference then cancels
    """
    near = np.abs(rate) < 1e-3
    safe = rate + 1e-3 * near
    direct = (years + np.expm1(-years * np.log1p(safe)) / safe) / safe
    series = 0.0 * rate * years
    term = series + years * (years + 1.0) / 2.0
    for i in range(1, 12):
        series = series + term
        term = -term * rate * (years + i + 1.0) / (i + 2.0)
    return np.where(near, series, direct) + 0.0


@equation(clauses="IV.4.c IV.4.d", source="Sum of interest on the balance; OECD DAC loan terms (S202)")
def interest_value(h, rate, tenor, grace, equal_principal):
    """Int(h): present value at h of the interest paid per unit lent [1]; the base of the interest tax shield.

    h    discount rate [1/year]   rate    contract rate, nominal [1/year]
    tenor, grace    [years, whole; grace < tenor]; interest in grace is paid, principal starts at grace + 1
    equal_principal    1 for equal principal, 0 for a level annuity
    With k = tenor − grace and v = (1 + h)^−grace:
        equal principal  Int = rate·[A(h, grace) + v·ΣA(h, m)/k]
        annuity          Int = rate·A(h, grace) + v·[A(h, k) − (1 + rate)^−(k+1)·A((h − rate)/(1 + rate),
        k)]/A(rate, k)
    """
    k = tenor - grace
    v = np.exp(-grace * np.log1p(h))
    in_grace = rate * annuity_factor(h, grace)
    falling = rate * v * cumulated_annuity(h, k) / k
    principal = np.exp(-(k + 1.0) * np.log1p(rate)) * annuity_factor((h - rate) / (1.0 + rate), k)
    level = v * (annuity_factor(h, k) - principal) / annuity_factor(rate, k)
    return in_grace + equal_principal * falling + (1.0 - equal_principal) * level


@equation(clauses="IV.4.c IV.4.d", source="Present value of contractual service; OECD DAC loan terms (S202)")
def loan_value(h, rate, tenor, grace, equal_principal):
    """V_f(h): present value at h of the contractual service per unit lent [1]. Below 1 the loan is worth
    having.

    h    the establishment's hurdle rate [1/year]   rate    contract rate, nominal [1/year]
    tenor, grace    [years, whole; grace < tenor]; interest in grace is paid, principal starts at grace + 1
    equal_principal    1 for equal principal (the Vietnamese norm, recalled), 0 for a level annuity
    With k = tenor − grace and v = (1 + h)^−grace:
        equal principal  V = Int(h) + v·A(h, k)/k
        annuity          V = rate·A(h, grace) + v·A(h, k)/A(rate, k)
    For m payments a year give h, rate, tenor and grace per period: (1 + h)^(1/m) − 1, rate/m, m·tenor,
    m·grace.
    """
    k = tenor - grace
    v = np.exp(-grace * np.log1p(h))
    repaid = annuity_factor(h, k)
    in_grace = rate * annuity_factor(h, grace)
    falling = v * (rate * cumulated_annuity(h, k) + repaid) / k
    level = v * repaid / annuity_factor(rate, k)
    return in_grace + equal_principal * falling + (1.0 - equal_principal) * level


@equation(clauses="IV.4.c IV.4.d", source="As `loan_value`, with grace interest added to the balance")
def capitalised_loan_value(h, rate, tenor, grace, equal_principal):
    """V_f(h) when interest in grace is added to the balance instead of paid [1]; arguments as in
    `loan_value`.

    V = ((1 + rate)/(1 + h))^grace · V(h; tenor − grace, no grace)
    """
    growth = np.exp(grace * (np.log1p(rate) - np.log1p(h)))
    return growth * loan_value(h, rate, tenor - grace, 0.0 * grace, equal_principal)


@equation(clauses="IV.4.c IV.4.d", source="Textbook amortisation")
def balance_left(rate, remaining, term, equal_principal):
    """Part of a loan still owed when `remaining` of the `term` years of its repayment are to come [1].

    rate    contract rate, nominal [1/year]   equal_principal    1 for equal principal, 0 for a level annuity
        equal principal  remaining/term   annuity  A(rate, remaining)/A(rate, term)
    """
    level = annuity_factor(rate, remaining) / annuity_factor(rate, term)
    return equal_principal * remaining / term + (1.0 - equal_principal) * level


def yearly_payments(
    rate, tenor: float, grace: float, equal_principal: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return interest and principal of each year per unit lent [1], (years, …): `amortise` at many rates at once.

    rate    contract rate, nominal [1/year], scalar or array   the rest as in `loan_value`, whole years
    """
    rate, k = np.asarray(rate, dtype=float), tenor - grace
    left = [balance_left(rate, min(k, tenor - t), k, equal_principal) for t in range(round(tenor) + 1)]
    balance = np.array(left)
    return rate * balance[:-1], balance[:-1] - balance[1:]


@dataclass(frozen=True)
class LoanSchedule:
    """Every payment of one loan. Arrays have one entry per period, in time order.

    face    amount paid out at t = 0 [money]   rate    nominal [1/year]   payments_per_year    [1/year]
    times    end of period [years]   opening    balance at the start of the period [money]
    interest    interest paid, without what is capitalised [money]   principal    repaid [money]
    """

    face: float
    rate: float
    payments_per_year: int
    times: np.ndarray
    opening: np.ndarray
    interest: np.ndarray
    principal: np.ndarray

    @property
    def service(self) -> np.ndarray:
        """Interest plus principal of each period [money]."""
        return self.interest + self.principal

    @property
    def closing(self) -> np.ndarray:
        """Balance at the end of each period [money]."""
        return np.append(self.opening[1:], 0.0)

    def value(self, rate):
        """Present value of the service [money] at `rate` [1/year, effective], scalar or array."""
        return present_value(rate, self.times, self.service)


def amortise(
    face: float,
    rate: float,
    tenor: float,
    grace: float = 0.0,
    profile: str = "equal_principal",
    payments_per_year: int = 1,
    grace_interest: str = "paid",
) -> LoanSchedule:
    """Schedule of a loan of `face` [money], `rate` [1/year, nominal], `tenor` and `grace` [years].

    profile    "equal_principal" (P/(n − g) after grace) or "annuity" (level service after grace)
    grace_interest    "paid" each period, or "capitalised" (added to the balance)
    The rate of a period is rate / payments_per_year. Raises BadInput for terms that cannot be.
    Source: textbook amortisation; equal principal as the Vietnamese norm is recalled, grade C.
    """
    _refuse_impossible(rate, tenor, grace, profile, payments_per_year, grace_interest)
    periods, waiting = round(tenor * payments_per_year), round(grace * payments_per_year)
    i, k = rate / payments_per_year, periods - waiting
    growth = (1.0 + i) if grace_interest == "capitalised" else 1.0
    start = face * growth**waiting
    left = np.arange(k, 0, -1)
    shares = (
        left / k if profile == "equal_principal" else annuity_factor(i, left) / annuity_factor(i, float(k))
    )
    opening = np.concatenate([face * growth ** np.arange(waiting), start * shares])
    interest = opening * i
    if grace_interest == "capitalised":
        interest[:waiting] = 0.0
    principal = np.concatenate([np.zeros(waiting), start * -np.diff(np.append(shares, 0.0))])
    times = np.arange(1, periods + 1) / payments_per_year
    return LoanSchedule(face, rate, payments_per_year, times, opening, interest, principal)


def _refuse_impossible(rate, tenor, grace, profile, payments_per_year, grace_interest) -> None:
    problems = Problems()
    where = "loan terms"
    if not rate > -1.0:
        problems.add(
            where, "rate", rate, "A rate of −100 % or less has no meaning.", "Give a share: 12 % is 0.12."
        )
    if rate > 1.0:
        problems.add(
            where, "rate", rate, "Read as a share, this is over 100 % a year.", "Write 12 % as 0.12."
        )
    if round(tenor * payments_per_year) < 1:
        problems.add(where, "tenor", tenor, "There is no payment.", "Give a tenor of at least one period.")
    elif round(grace * payments_per_year) >= round(tenor * payments_per_year) or grace < 0:
        problems.add(
            where, "grace", grace, f"Grace must end before the tenor of {tenor:g} years.", "Shorten it."
        )
    for key, found, known in (
        ("profile", profile, PROFILES),
        ("grace_interest", grace_interest, GRACE_INTEREST),
    ):
        if found not in known:
            problems.add(
                where, key, found, "This way of repaying is not known.", f"Use {' or '.join(known)}."
            )
    problems.raise_if_any()


def effective_cost(
    schedule: LoanSchedule,
    upfront_fee: float = 0.0,
    balance_fee: float = 0.0,
    compliance_cost: float = 0.0,
    yearly_compliance: float = 0.0,
    refunds=None,
    refund_lag: float = 0.0,
) -> InternalRate:
    """Borrower's all-in cost of a loan: internal rate of its net cash flow [1/year, effective, nominal].

    upfront_fee, compliance_cost    paid at t = 0 [money]   yearly_compliance    [money/year], each year end
    balance_fee    on the opening balance [1/year]
    refunds    subsidy refunded per period [money], reaching the borrower `refund_lag` [years] after period
    end
    Source: internal rate of return of the borrower's flows, as in an annual percentage rate.
    """
    m = schedule.payments_per_year
    paid = schedule.service + schedule.opening * balance_fee / m + yearly_compliance / m
    flows = [np.array([schedule.face - upfront_fee - compliance_cost]), -paid]
    times = [np.array([0.0]), schedule.times]
    if refunds is not None:
        flows.append(np.asarray(refunds, dtype=float))
        times.append(schedule.times + refund_lag)
    return internal_rate(np.concatenate(flows), np.concatenate(times))
