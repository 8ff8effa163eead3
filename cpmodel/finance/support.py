"""Support in money terms: grant element, subsidy-equivalent, interest subsidy, reward, grant.

All rates are nominal. A grant element is the gift inside a loan, as a share of its face; the same
arithmetic at the borrower's own market rate is the subsidy-equivalent a ministry books.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from cpmodel.axes import equation
from cpmodel.finance.loans import LoanSchedule, effective_cost

IMF_DISCOUNT = 0.05  # unified discount rate of the IMF and World Bank since 2013 (S200)
DAC_DISCOUNT = 0.10  # historical rate of the OECD's Development Assistance Committee (S203)


def period_rate(rate, payments_per_year):
    """Rate of one period equivalent to an effective yearly `rate` [1/year]: (1 + rate)^(1/m) − 1."""
    return np.expm1(np.log1p(rate) / payments_per_year)


@equation(clauses="IV.4.c", source="OECD DAC grant element (S202), by schedule")
def grant_element(schedule: LoanSchedule, discount_rate):
    """Grant element by schedule [share of face]: 1 − PV(service)/face.

    discount_rate    [1/year, effective]; compounded per payment, while the coupon is divided by payments a
    year
    """
    return 1.0 - schedule.value(discount_rate) / schedule.face


@equation(clauses="IV.4.c", source="OECD DAC closed form for equal principal payments (S202)")
def grant_element_closed_form(rate, discount_rate, tenor, grace=0.0, payments_per_year=1):
    """Grant element of a loan with equal principal payments and grace interest paid [share of face].

    rate    contract [1/year, nominal]   discount_rate    [1/year, effective]   tenor, grace    [years]
    The OECD counts grace to the first repayment, so its interval G is our grace, in which nothing is repaid.
        GE = (1 − (r/a)/d)·(1 − [(1+d)^−aG − (1+d)^−aM]/[d·(aM − aG)]),   d = (1 + discount)^(1/a) − 1
    """
    a = payments_per_year
    d = period_rate(np.asarray(discount_rate, dtype=float), a)
    before, after = a * grace * np.log1p(d), a * tenor * np.log1p(d)
    same = d == 0.0
    safe = np.where(same, 1.0, d)
    held = 1.0 - (np.exp(-before) - np.exp(-after)) / (safe * a * (tenor - grace))
    undiscounted = -(rate / a) * (a * grace + (a * (tenor - grace) + 1.0) / 2.0)
    return np.where(same, undiscounted, (1.0 - rate / a / safe) * held)[()]


@equation(clauses="IV.4.c", source="OECD DAC grant element (S202), at the borrower's market rate")
def subsidy_equivalent(schedule: LoanSchedule, market_rate, borrower_rate: float | None = None):
    """Subsidy inside a loan, in present value at the market rate [money].

    market_rate    R, what this borrower would pay without support [1/year, effective], scalar or array
    borrower_rate    the rate the borrower pays if below the contract rate [1/year, nominal]
        Σ (R − r)·B_{t−1}/(1 + R)^t — the subsidy on the opening balance, discounted at the reference rate
    """
    m = schedule.payments_per_year
    market = np.asarray(market_rate, dtype=float)
    paid = schedule.rate if borrower_rate is None else borrower_rate
    gap = period_rate(market, m) - paid / m
    discounted = schedule.opening * (1.0 + market[..., None]) ** -schedule.times
    return (gap * np.sum(discounted, axis=-1))[()]


@equation(clauses="IV.4.c", source="Support in points: Decision 131/2009/QĐ-TTg, Decree 31/2022/NĐ-CP")
def subsidised_rate(rate, points, floor=0.0):
    """Rate the borrower pays in a supported period [1/year, nominal].

    rate    contract rate   points    subsidy, 0.02 for 2 percentage points   floor    lowest rate allowed
        max(rate − points, floor), and never above the contract rate, so a loan below the floor is left as
        it is
    """
    return np.minimum(rate, np.maximum(rate - points, floor))


@equation(
    clauses="IV.4.c", source="Decree 78/2023/ND-CP (S018): at least 85 % of the average commercial rate"
)
def state_credit_floor(commercial_rate, share=0.85):
    """Lowest lending rate of state credit [1/year]: `share` of the average commercial rate.

    At share .85 the credit is worth 15 % of the commercial rate: 1.35 points at 9 %, 2 points at 13.3 %.
    """
    return share * commercial_rate


def interest_refunds(
    schedule: LoanSchedule, points: float, floor: float = 0.0, supported_months: float | None = None
) -> np.ndarray:
    """Interest subsidy per period [money, nominal], due at period end; zero after `supported_months`.

    None supports the whole life. A period that support covers in part receives its part.
    """
    m = schedule.payments_per_year
    saved = schedule.rate - float(subsidised_rate(schedule.rate, points, floor))
    years = np.inf if supported_months is None else supported_months / 12.0
    covered = np.clip((years - (schedule.times - 1.0 / m)) * m, 0.0, 1.0)
    return saved / m * schedule.opening * covered


def subsidised_cost(
    schedule: LoanSchedule,
    points: float,
    floor: float = 0.0,
    supported_months: float | None = None,
    refund_lag: float = 0.0,
    **costs: float,
) -> float:
    """Level rate with the same cost to the borrower as the loan with its subsidy [1/year, effective,
    nominal].

    The internal rate of the borrower's net cash flow; `refund_lag` [years] and `costs` as in
    `effective_cost`. This is the rate that enters a Design when support does not last the whole loan.
    """
    refunds = interest_refunds(schedule, points, floor, supported_months)
    return effective_cost(schedule, refunds=refunds, refund_lag=refund_lag, **costs).rate


def subsidy_cash(balances, days, points: float, day_count: float = 365.0) -> float:
    """Budget cash for an interest subsidy [money, nominal]: Σ points·balance·days/day_count.

    balances    outstanding in each spell [money]   days    length of each spell [days]
    """
    return float(np.sum(points * np.asarray(balances, float) * np.asarray(days, float)) / day_count)


def subsidy_cash_by_year(
    balances, starts: list[date], end: date, points: float, day_count: float = 365.0
) -> dict[int, float]:
    """Budget cash by calendar year [money, nominal] for balances that hold from each of `starts` to the next.

    Days are counted actual; a spell over New Year is split between the two budget years.
    """
    cash: dict[int, float] = {}
    for balance, first, last in zip(balances, starts, [*starts[1:], end], strict=True):
        while first < last:
            stop = min(last, date(first.year + 1, 1, 1))
            part = points * float(balance) * (stop - first).days / day_count
            cash[first.year] = cash.get(first.year, 0.0) + part
            first = stop
    return cash


@equation(clauses="IV.4.c IV.4.d", source="GCTF reimbursement (S041, S043): 15 % from 30 %, 25 % from 50 %")
def reward(cost, improvement, thresholds=(0.30, 0.50), shares=(0.15, 0.25), ceiling=np.inf):
    """Reward paid once an environmental improvement is verified [money, nominal, about one year after
    investing].

    cost    investment [money]   improvement    verified fall of the impact [share]
    thresholds, shares    ascending tiers: reaching a threshold earns that share of cost   ceiling    [money]
    """
    step = np.searchsorted(np.asarray(thresholds), np.asarray(improvement, dtype=float), side="right")
    earned = np.concatenate([[0.0], np.asarray(shares, dtype=float)])[step]
    return np.minimum(earned * cost, ceiling)


@equation(clauses="IV.4.c", source="Joint Circular 221/2012/TTLT-BTC-BCT (S140): min(50 %, 50 m VND)")
def grant(cost, share, ceiling=np.inf):
    """Grant towards a cost, paid at t = 0 [money, nominal]: min(share·cost, ceiling)."""
    return np.minimum(share * cost, ceiling)
