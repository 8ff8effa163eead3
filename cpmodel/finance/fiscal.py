"""The state's view: four columns of cost, budget caps, leverage, cost per toe and per tonne, additionality.

Money is nominal and positive when the state spends. The four columns are never added up: cash by budget
year, net present value, contingent exposure outstanding at 31 December, and the 95th percentile of the loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpmodel.axes import equation
from cpmodel.errors import BadInput, Problem
from cpmodel.finance.loans import LoanSchedule

CAP_RULES = ("queue", "pro_rate", "stop")


@dataclass(frozen=True)
class FiscalCost:
    """The four columns. cash, exposure    by budget year [money]; npv, p95    [money, present value at
    first year]."""

    cash: pd.Series
    npv: float
    exposure: pd.Series
    p95: float

    def table(self) -> pd.DataFrame:
        """Cash and exposure by budget year; npv and p95 stand apart in `attrs`."""
        frame = pd.DataFrame({"cash": self.cash, "contingent_exposure": self.exposure})
        frame.attrs.update(npv=self.npv, p95=self.p95)
        return frame


def fiscal_cost(
    first_year: int, cash, discount_rate: float, exposure=None, sampled_losses=None
) -> FiscalCost:
    """The four columns of an instrument or a mix.

    cash    spent in first_year, first_year + 1, … [money]; the first year is not discounted
    discount_rate    of the government [1/year]   exposure    contingent, each 31 December [money]
    sampled_losses    net present value of contingent losses in each sample [money]; none gives p95 = 0
    only where
                      there is no exposure, else nan: an exposure without a tail is not a zero
    """
    cash = np.asarray(cash, dtype=float)
    exposure = np.zeros_like(cash) if exposure is None else np.asarray(exposure, dtype=float)
    years = pd.RangeIndex(first_year, first_year + len(cash), name="year")
    if sampled_losses is not None:
        p95 = float(np.quantile(sampled_losses, 0.95))
    else:
        p95 = 0.0 if not np.any(exposure) else float("nan")
    npv = float(np.sum(cash * (1.0 + discount_rate) ** -np.arange(len(cash))))
    return FiscalCost(pd.Series(cash, years), npv, pd.Series(exposure, years), p95)


@equation(clauses="IV.4.c", source="Expected cash of a loan at a constant default hazard")
def lending_cash(schedule: LoanSchedule, hazard: float = 0.0, loss_given_default: float = 0.0) -> np.ndarray:
    """State cash for a loan it makes itself, t = 0, 1, … [money]: paid out, then expected service comes back.

    schedule    yearly   hazard    of default [1/year]   loss_given_default    [share]
    Of what is performing at the start of a year, the share `hazard` pays nothing more but what is recovered.
    """
    t = np.arange(len(schedule.times))
    performing = (1.0 - hazard) ** t
    back = performing * (
        (1.0 - hazard) * schedule.service + hazard * (1.0 - loss_given_default) * schedule.opening
    )
    return np.concatenate([[schedule.face], -back])


def committed_under_cap(demand, caps, rule: str = "queue") -> pd.DataFrame:
    """What a capped scheme serves, year by year [money, in the measure of the cap, usually committed NPV].

    demand    asked for in each year   caps    appropriation of each year; what is unspent lapses
    rule    "queue": the unserved wait, first come first served · "pro_rate": all are cut alike, the cut is
    lost
            "stop": once a year's cap is reached the scheme closes to the next request and stays closed
    Columns: demand, committed, waiting (31 December), refused, unspent, open.
    """
    if rule not in CAP_RULES:
        why = "This way of holding a cap is not known."
        raise BadInput(Problem("cap", "rule", rule, why, f"Use one of {', '.join(CAP_RULES)}."))
    waiting, is_open, rows = 0.0, True, []
    caps = np.broadcast_to(np.asarray(caps, dtype=float), np.shape(demand))
    for asked, cap in zip(np.asarray(demand, dtype=float), caps, strict=True):
        wanted = (waiting + asked) if rule == "queue" else asked
        committed = min(wanted, cap) if is_open else 0.0
        waiting = wanted - committed if rule == "queue" else 0.0
        refused = 0.0 if rule == "queue" else wanted - committed
        is_open = is_open and not (rule == "stop" and wanted >= cap)
        rows.append((asked, committed, waiting, refused, cap - committed, is_open))
    return pd.DataFrame(rows, columns=["demand", "committed", "waiting", "refused", "unspent", "open"])


def served_share(requests, cap: float, rule: str = "queue") -> np.ndarray:
    """Share of each request served, in the order they came [share, 0–1].

    requests    [money]   cap    [money]
    queue: whole requests and one in part · pro_rate: the same share of all · stop: whole requests only,
    until the first that does not fit
    """
    requests = np.asarray(requests, dtype=float)
    before = np.cumsum(requests) - requests
    if rule == "pro_rate":
        return np.full(requests.shape, min(1.0, cap / max(requests.sum(), 1e-300)))
    if rule == "stop":
        fits = before + requests <= cap
        return np.logical_and.accumulate(fits).astype(float)
    if rule == "queue":
        return np.clip((cap - before) / np.maximum(requests, 1e-300), 0.0, 1.0)
    why = "This way of holding a cap is not known."
    raise BadInput(Problem("cap", "rule", rule, why, f"Use one of {', '.join(CAP_RULES)}."))


@dataclass(frozen=True)
class Leverage:
    """Three ratios, never one [ratio]; `label` says when a guarantee is counted as financing."""

    cofinance_per_face: float
    investment_per_face: float
    investment_per_subsidy: float
    label: str


def leverage(
    investment: float, public_face: float, subsidy_equivalent: float, guaranteed: float = 0.0
) -> Leverage:
    """Leverage of a scheme; all money [nominal, same base].

    public_face    public loans and grants at face   guaranteed    face covered by guarantees, counted as
    public
    """
    face = public_face + guaranteed
    label = (
        "guarantees counted as financing, though no cash has moved" if guaranteed else "cash financing only"
    )
    return Leverage(
        _ratio(investment - face, face),
        _ratio(investment, face),
        _ratio(investment, subsidy_equivalent),
        label,
    )


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0.0 else float("inf") if above > 0.0 else float("nan")


@equation(
    clauses="IV.4.c",
    source="Cost of saved energy: Meier, Rosenfeld & Wright (1982); marginal cost of funds (S230)",
)
def cost_per_unit_saved(fiscal_npv, cost_of_funds, yearly_saving, life, discount_rate=0.0):
    """Cost to the state of one toe or tCO2 saved [money per unit].

    fiscal_npv    [money]   cost_of_funds    marginal cost of public funds [ratio ≥ 1; 1 leaves it out]
    yearly_saving    net of free riders, or gross: name which [units/year]   life    [years]
    discount_rate    applied to the savings too [1/year]; 0 gives the undiscounted base
    """
    safe = discount_rate + 1e-300 * (discount_rate == 0.0)
    saved = -yearly_saving * np.expm1(-life * np.log1p(safe)) / safe
    return fiscal_npv * cost_of_funds / saved


@equation(clauses="IV.4.c IV.4.d", source="Joskow & Marron (1992), The Energy Journal 13(4)")
def free_rider_share(without, supported):
    """Share of supported adopters who would have adopted on market terms: A(0)/A(s); both [share], s
    supported."""
    return without / supported


@equation(clauses="IV.4.c IV.4.d", source="One less the free-rider share: Joskow & Marron (1992)")
def additionality(without, supported):
    """Share of supported adopters who are additional: 1 − A(0)/A(s). "Without" means market terms remain."""
    return 1.0 - without / supported


@equation(clauses="IV.4.c IV.4.d", source="Boomhower & Davis (2014), J. Public Economics 113")
def cost_per_extra_adopter(spending, without, supported):
    """Spending per additional adopter [money]: spending/(A(s) − A(0)) with A in counts; inf if none is
    additional."""
    extra = np.asarray(supported, dtype=float) - without
    some = extra > 0.0
    return np.where(some, spending / np.where(some, extra, 1.0), np.inf)[()]


def unit_cost_table(
    fiscal_npv: float, cost_of_funds: float, gross_saving: float, additional_share: float, life: float,
    discount_rate: float, unit: str,
) -> pd.DataFrame:  # fmt: skip
    """Cost per unit saved on its four bases: gross or net of free riders, undiscounted or discounted."""
    rows = []
    for base, saving in (("gross", gross_saving), ("net of free riders", gross_saving * additional_share)):
        for rate, basis in ((0.0, "undiscounted"), (discount_rate, f"discounted at {discount_rate:.1%}")):
            cost = (
                cost_per_unit_saved(fiscal_npv, cost_of_funds, saving, life, rate) if saving > 0 else np.inf
            )
            rows.append({"base": base, "savings": basis, "cost": float(cost), "per": unit})
    return pd.DataFrame(rows)
