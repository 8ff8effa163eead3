"""The firm's view of a cleaner production investment: what it accepts, and its sheet with and without
support.

Nominal throughout. The investment is at t = 0, savings, tax, interest and principal fall at year ends, a
reward is paid at t = 1. Flows are incremental to an establishment that has other profits, so a loss lowers
its tax at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpmodel.axes import equation
from cpmodel.finance.cashflow import InternalRate, internal_rate, net_present_value, present_value
from cpmodel.finance.design import Design
from cpmodel.finance.loans import LoanSchedule, annuity_factor, loan_value
from cpmodel.finance.relief import tax_terms
from cpmodel.finance.tax import depreciation_schedule


@equation(
    clauses="IV.4.c IV.4.d", source="Myers (1974), J. Finance 29(1): adjusted present value, set to zero"
)
def longest_accepted_payback(
    h, life, kappa, grant, reward, loan_share, v, tax, dep_shield, int_shield
):  # fmt: skip
    """T_f(h): the longest simple payback an establishment with hurdle rate h accepts [years].

    h    hurdle rate [1/year, nominal]   life    of the option [years]   kappa    hidden-cost multiplier ≥ 1
    grant    at t = 0, reward    at t = 1, loan_share    all [share of investment]
    v    V_f(h), `loan_value` [1]   tax    income tax rate [share]
    dep_shield, int_shield    Dep(h) and Int(h) [1]
        T = (1−τ)·A(h, life) / {κ − g − b/(1+h) − ℓ·[1 − V] − τ·(1−g)·Dep − τ·ℓ·Int}
    A denominator of zero or less means that support covers the whole cost: accepted always, T = infinity.
    """
    safe_h = h + 1e-300 * (h == 0.0)
    worth = -(1.0 - tax) * np.expm1(-life * np.log1p(safe_h)) / safe_h
    shields = tax * ((1.0 - grant) * dep_shield + loan_share * int_shield)
    cost = kappa - grant - reward / (1.0 + h) - loan_share * (1.0 - v) - shields
    payable = cost > 0.0
    return worth / np.where(payable, cost, 1.0) + np.where(payable, 0.0, np.inf)


def accepted_payback(design: Design, h, life, kappa=1.0):
    """T_f(h) under a design [years]: the kernels of `loans`, `tax` and of this module put together.

    h    hurdle rate [1/year], scalar or array   life    of the option [years]   kappa    hidden-cost
    multiplier
    """
    terms = (design.loan_rate, design.tenor, design.grace, design.equal_principal)
    return longest_accepted_payback(
        h,
        life,
        kappa + design.application_cost_share,
        design.grant_share,
        design.reward_share,
        design.loan_share,
        loan_value(h, *terms),
        *tax_terms(design, h, life, design.loan_rate),
    )


@equation(clauses="IV.4.c IV.4.d", source="Myers (1974), J. Finance 29(1), solved for the grant")
def least_grant_share(
    payback, h, life, kappa, reward, loan_share, v, tax, dep_shield, int_shield
):  # fmt: skip
    """Smallest grant that makes an option of `payback` [years] acceptable [share of investment], at least 0.

    The other arguments are those of `longest_accepted_payback`. Values above 1 mean no grant suffices.
    """
    safe_h = h + 1e-300 * (h == 0.0)
    worth = -(1.0 - tax) * np.expm1(-life * np.log1p(safe_h)) / safe_h
    cost = kappa - reward / (1.0 + h) - loan_share * (1.0 - v) - tax * (dep_shield + loan_share * int_shield)
    return np.maximum((cost - worth / payback) / (1.0 - tax * dep_shield), 0.0)


def time_preference(variant: str, hurdle_median, hidden_cost_hurdle, life):
    """Return the median hurdle rate [1/year] and the hidden-cost multiplier [ratio] of a structural variant.

    H1: the hurdle rate as implied by behaviour, multiplier 1. H2: a hurdle rate no higher than
    `hidden_cost_hurdle`, and the multiplier A(h2, life) / A(h1, life) that leaves the longest payback without
    support unchanged.
    """
    if variant == "H1":
        return hurdle_median, np.ones(np.broadcast_shapes(np.shape(hurdle_median), np.shape(life)))
    lower = np.minimum(hurdle_median, hidden_cost_hurdle)
    return lower, annuity_factor(lower, life) / annuity_factor(hurdle_median, life)


@dataclass(frozen=True)
class Project:
    """One investment of one establishment.

    investment    [money]   saving    a year, before tax [money/year]   life    [years, whole]
    hidden_cost    beyond the investment, at t = 0, not deductible [money]
    depreciation_years [years], depreciation_factor (1 straight line, ≤ 2 accelerated)
    deduction    from the profit of year 1, on top of depreciation [money]
    """

    investment: float
    saving: float
    life: int
    hidden_cost: float = 0.0
    depreciation_years: float = 10.0
    depreciation_factor: float = 1.0
    deduction: float = 0.0


@dataclass(frozen=True)
class FirmFlows:
    """Flows by year [money, nominal], t = 0, 1, …; `available` is cash before debt service, `service` the
    debt's."""

    saving: np.ndarray
    depreciation: np.ndarray
    interest: np.ndarray
    tax: np.ndarray
    project: np.ndarray
    equity: np.ndarray
    available: np.ndarray
    service: np.ndarray


def firm_flows(
    project: Project, tax_rates, loan: LoanSchedule | None = None, grant: float = 0.0, reward: float = 0.0
) -> FirmFlows:
    """Flows of a project, alone and with its loan.

    tax_rates    of years 1, 2, … [share], a number or one per year (the last one goes on)
    loan    yearly schedule, its face paid out at t = 0   grant    at t = 0 [money]   reward    at t = 1
    [money] `project` is after tax without the loan (tax computed as if there were none); `equity` after its
    service and tax. The grant lowers the depreciable cost; grant and reward are not taxed (our reading;
    see `longest_accepted_payback` in docs/equations.md).
    """
    written = depreciation_schedule(
        project.investment - grant, project.depreciation_years, project.depreciation_factor
    )
    written[0] += project.deduction
    years = max(project.life, len(written), 0 if loan is None else len(loan.times))
    saving = _by_year(np.full(project.life, project.saving), years)
    depreciation = _by_year(written, years)
    interest = _by_year([] if loan is None else loan.interest, years)
    service = _by_year([] if loan is None else loan.service, years)
    rates = _rates(tax_rates, years)
    unlevered = rates * (saving - depreciation)
    tax = rates * (saving - depreciation - interest)
    start = np.zeros(years + 1)
    start[0] = grant - project.investment - project.hidden_cost
    start[1] = reward
    available = saving - tax + np.eye(1, years + 1, 1)[0] * reward
    equity = start + saving - tax - service
    equity[0] += 0.0 if loan is None else loan.face
    return FirmFlows(
        saving, depreciation, interest, tax, start + saving - unlevered, equity, available, service
    )


def _by_year(amounts, years: int) -> np.ndarray:
    """Amounts of years 1, 2, … with year 0 in front and zeros after, length years + 1."""
    padded = np.zeros(years + 1)
    padded[1 : len(amounts) + 1] = amounts
    return padded


def _rates(tax_rates, years: int) -> np.ndarray:
    rates = np.atleast_1d(np.asarray(tax_rates, dtype=float))
    rates = np.concatenate([rates, np.full(max(years - len(rates), 0), rates[-1])])[:years]
    return np.concatenate([[0.0], rates])


def simple_payback(flows) -> float:
    """Years until cumulated `flows` [money; t = 0, 1, …] turn positive, even within a year; inf if never."""
    total = np.cumsum(np.asarray(flows, dtype=float))
    below = np.flatnonzero(total < -1e-12 * max(1.0, abs(total[0])))
    if len(below) == 0:
        return 0.0
    last = int(below[-1])
    return (
        float("inf")
        if last == len(total) - 1
        else float(last - total[last] / (total[last + 1] - total[last]))
    )


def discounted_payback(rate: float, flows) -> float:
    """Payback [years] of `flows` [money] discounted at `rate` [1/year]; inf if never."""
    flows = np.asarray(flows, dtype=float)
    return simple_payback(flows * (1.0 + rate) ** -np.arange(len(flows)))


def service_cover(flows: FirmFlows) -> np.ndarray:
    """DSCR of each year [ratio]: cash available / debt service; nan in years without service."""
    safe = np.where(flows.service > 0.0, flows.service, np.nan)
    return flows.available / safe


def loan_life_cover(flows: FirmFlows, loan: LoanSchedule) -> float:
    """LLCR [ratio]: present value at the loan rate of the cash available while the loan runs, over its
    face."""
    t = np.arange(1, len(loan.times) + 1)
    return float(present_value(loan.rate, t, flows.available[t]) / loan.face)


@dataclass(frozen=True)
class FirmSheet:
    """What an establishment's accountant would show; rates [1/year], times [years], money nominal, cover
    [ratio]."""

    project_npv: float
    equity_npv: float
    project_irr: InternalRate
    equity_irr: InternalRate
    payback: float
    discounted_payback: float
    least_cover: float
    mean_cover: float
    loan_life_cover: float


def firm_sheet(
    project: Project, hurdle: float, tax_rates, loan: LoanSchedule | None = None,
    grant: float = 0.0, reward: float = 0.0,
) -> FirmSheet:  # fmt: skip
    """The sheet of one project at hurdle rate `hurdle` [1/year]; other arguments as in `firm_flows`.

    The payback is before tax and financing, on the investment net of the grant.
    """
    flows = firm_flows(project, tax_rates, loan, grant, reward)
    cover = service_cover(flows)
    some = np.any(~np.isnan(cover))
    return FirmSheet(
        project_npv=net_present_value(hurdle, flows.project),
        equity_npv=net_present_value(hurdle, flows.equity),
        project_irr=internal_rate(flows.project),
        equity_irr=internal_rate(flows.equity),
        payback=simple_payback(np.append(grant - project.investment, flows.saving[1:])),
        discounted_payback=discounted_payback(hurdle, flows.project),
        least_cover=float(np.nanmin(cover)) if some else float("nan"),
        mean_cover=float(np.nanmean(cover)) if some else float("nan"),
        loan_life_cover=float("nan") if loan is None else loan_life_cover(flows, loan),
    )
