"""Flows of money in time: present values and internal rates, with several roots flagged.

Everything here is nominal unless flows and rates are both given in real terms; rates are effective per
year and flows fall at the end of their period, the first one at t = 0 (numpy-financial's convention,
unlike Excel's NPV).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy_financial as npf
import pyxirr


@dataclass(frozen=True)
class InternalRate:
    """Internal rate of return of a series of flows.

    rate    [1/year, effective]; the lowest non-negative root, else the highest root; nan when there is none
    roots    every root found between −99 % and 10,000 % a year, ascending
    """

    rate: float
    roots: tuple[float, ...]

    @property
    def several(self) -> bool:
        """True when more than one rate sets the net present value to zero: do not rank by this rate."""
        return len(self.roots) > 1


def present_value(rate, times, flows):
    """Present value at t = 0 of `flows` [money] at `times` [years] discounted at `rate` [1/year, effective].

    rate    scalar or array; the last axis of the result is that of `rate`
        PV = Σ flow / (1 + rate)^time
    """
    rate = np.asarray(rate, dtype=float)
    times, flows = np.asarray(times, dtype=float), np.asarray(flows, dtype=float)
    return np.sum(flows * (1.0 + rate[..., None]) ** -times, axis=-1)


def net_present_value(rate: float, flows) -> float:
    """Net present value [money] of yearly `flows`, the first at t = 0, at `rate` [1/year].

    Source: numpy-financial, `npv`.
    """
    return float(npf.npv(rate, np.asarray(flows, dtype=float)))


def internal_rate(flows, times=None) -> InternalRate:
    """Internal rate(s) of return of `flows` [money] at `times` [years; default 0, 1, 2, …].

    Roots are bracketed on a grid of 4,000 rates and refined by Brent's method, so two roots closer than about
    0.2 % of 1 + rate, or a root where the net present value only touches zero, can be missed.
    """
    from scipy.optimize import brentq  # a fifth of a second that no run needs

    flows = np.asarray(flows, dtype=float)
    times = np.arange(len(flows), dtype=float) if times is None else np.asarray(times, dtype=float)
    if not (np.any(flows > 0) and np.any(flows < 0)):
        return InternalRate(float("nan"), ())
    scale = np.max(np.abs(flows))

    def value(log_growth: float) -> float:
        return float(np.sum(flows / scale * np.exp(-log_growth * times)))

    grid = np.linspace(np.log(0.01), np.log(101.0), 4001)
    values = np.exp(-np.outer(grid, times)) @ (flows / scale)
    crossings = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    roots = [brentq(value, grid[i], grid[i + 1], xtol=1e-14, rtol=1e-14) for i in crossings]
    roots += [g for g, v in zip(grid, values, strict=True) if v == 0.0]
    rates = tuple(sorted(float(np.expm1(root)) for root in roots))
    return InternalRate(_chosen(rates), rates)


def _chosen(rates: tuple[float, ...]) -> float:
    if not rates:
        return float("nan")
    return next((rate for rate in rates if rate >= 0.0), rates[-1])


def dated_internal_rate(dates: list[date], flows) -> float | None:
    """Internal rate [1/year, effective, actual/365] of flows [money] on calendar dates; None when none
    exists.

    Source: pyxirr, `xirr`.
    """
    return pyxirr.xirr(dates, list(map(float, flows)))


def dated_present_value(rate: float, dates: list[date], flows) -> float:
    """Present value [money] on the first date of flows on calendar dates, actual/365, at `rate` [1/year].

    Source: pyxirr, `xnpv`.
    """
    return float(pyxirr.xnpv(rate, dates, list(map(float, flows))))
