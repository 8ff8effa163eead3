"""What limits a scheme, as the engine reads it: yearly volumes and what happens when they are full, the cap on
commitments and what one commitment weighs on it, the revolving fund that lends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cpmodel.axes import RUNGS
from cpmodel.finance.design import Design, loan_schedule
from cpmodel.finance.guarantees import share_borne
from cpmodel.finance.portfolio import book_of_loans
from cpmodel.finance.relief import relieves_tax, tax_forgone
from cpmodel.inputs.opened import Opened
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import state as s
from cpmodel.model.levers import Package

NO_CEILING = 1e12  # bn VND; what the engine takes for none
FOLLOWED = 20  # years after investing: every option is worn out and every asset written off by then


@dataclass(frozen=True)
class Limits:
    """The fields of `state.Offers` of the same names, (regimes, …)."""

    rule: np.ndarray
    appropriated: np.ndarray
    cap: np.ndarray
    cap_spread: np.ndarray
    worth: np.ndarray
    revolving: np.ndarray
    injection: np.ndarray


def limits(
    scenario: Scenario, instruments: list[Opened], moments: tuple[float, ...], capacity: np.ndarray, price: np.ndarray,
    rate: float,
) -> Limits:  # fmt: skip
    """Return what limits the scheme in every regime.

    moments    at which regimes begin [decimal year]   capacity    (regimes, 3) [bn VND of 2010 / year]
    price    (Y,) consumer prices, 2010 = 1   rate    at which the state discounts [1/year]
    """
    count = len(moments)
    years = np.floor(np.array(moments) + 1e-9).astype(int)
    level = price[years - years[0]]
    base = opening_year(instruments, int(years[0]))
    cap, spread = np.full(count, NO_CEILING), np.zeros(count)
    if scenario.credit_cap is not None:
        cap[:] = scenario.credit_cap.value
        if scenario.credit_cap.when_reached == "prorate":
            spread[:] = _last_moment(scenario, instruments)
    rule = np.full(count, _rule(instruments))
    revolving, injection = _fund(instruments, moments, level)
    return Limits(
        rule, _appropriated(moments, years, scenario.horizon.end, capacity), cap, spread,
        level * (1.0 + rate) ** -(years - base), revolving, injection,
    )  # fmt: skip


def opening_year(instruments: list[Opened], first: int) -> int:
    """Return the year to which commitments are discounted: in which credit opens, or the first of the run."""
    return max(int(min((one.instrument.opens for one in instruments), default=first)), first)


def _rule(instruments: list[Opened]) -> int:
    """Return what happens to those whom the money cannot serve; one rule for all that is open."""
    rules = (one.instrument.when_full for one in instruments if one.instrument.volume is not None)
    return s.WHEN_FULL.index(next(rules, "prorate"))


def _last_moment(scenario: Scenario, instruments: list[Opened]) -> float:
    end = scenario.horizon.end + 1.0
    return min(max((one.instrument.closes or end for one in instruments), default=end), end)


def _appropriated(moments, years: np.ndarray, last: int, capacity: np.ndarray) -> np.ndarray:
    """Return the volumes of the year's regimes, each for the part of the year it holds, summed up to its own end."""
    ends = np.append(np.array(moments)[1:], last + 1.0)
    shares = np.minimum(ends, years + 1.0) - np.array(moments)
    amounts = np.minimum(capacity, NO_CEILING) * shares[:, None]
    return np.array([amounts[: r + 1][years[: r + 1] == years[r]].sum(axis=0) for r in range(len(moments))])


def _fund(instruments: list[Opened], moments, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where lending is out of a revolving fund, and its capital [bn VND of 2010 / year], paid in over a year."""
    revolving, injection = np.zeros(len(moments)), np.zeros(len(moments))
    funds = [one for one in instruments if one.instrument.fund is not None]
    if not funds:
        return revolving, injection
    instrument = funds[0].instrument
    for r, moment in enumerate(moments):
        if funds[0].holds(moment):
            revolving[r] = 1.0
            paying_in = moment < instrument.opens + 1.0 - 1e-9
            injection[r] = instrument.fund.value / level[r] if paying_in else 0.0
    return revolving, injection


def commitments(
    package: Package, market: Design, p: dict[str, np.ndarray], standard: np.ndarray
) -> np.ndarray:
    """Return what the state commits per bn VND invested with its loan, invested, and saved a year by rung, (5, n).

    In bn VND, present value at the state's rate in money of the year of the commitment, of the cash that `analysis.ledgers`
    follows: lending less what comes back, interest support, expected claims less fees, grants, rewards, tax forgone.
    standard    tax rates of the years after it, without relief [share]
    """
    design, delta = package.design, p["government_rate"]
    found = np.zeros((5, len(delta)))
    if design.loan_share > 1e-9:
        found[0] = design.loan_share * _of_lending(package, p, delta)
    found[1] = design.grant_share + design.reward_share * (1.0 + delta) ** -(1.0 + p["refund_lag"])
    found[1:] += tax_relief_value(design, market, p, standard, delta)
    return found


def tax_relief_value(
    design: Design, market: Design, p: dict[str, np.ndarray], standard: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    """Return tax forgone per bn VND invested, and saved a year by rung, in present value at `rate` (n,), (4, n)."""
    found = np.zeros((4, len(rate)))
    if relieves_tax(design):
        years = len(standard)
        of_saving, of_investment = tax_forgone(design, market, years, standard)
        value = (1.0 + rate) ** -np.arange(1.0, years + 1.0)[:, None]
        found[0] = of_investment @ value
        for k in range(len(RUNGS)):
            found[1 + k] = of_saving @ (value * saving_that_stands(p, k, years))
    return found


def _of_lending(package: Package, p: dict[str, np.ndarray], delta: np.ndarray) -> np.ndarray:
    design, one = package.design, np.ones((1, len(delta)))
    risk = (p["loss_given_default"], p["loan_default"], p["default_correlation"])
    book = book_of_loans(
        one, one, [loan_schedule(design, 1.0 / design.loan_share)], design.guarantee_cover * one,
        design.interest_subsidy * one, [package.supported_years], p["loan_default"], p["loss_given_default"],
        share_borne(design.guarantee_cover, *risk, design.first_loss) * one,
    )  # fmt: skip
    value = (1.0 + delta) ** -np.arange(float(len(book.claims)))[:, None]
    own = 1.0 - (book.returned * value).sum(0) if package.public else (book.support * value).sum(0)
    fees = package.fee * (book.guaranteed_at_start * value).sum(0) + package.fee_once
    return own + (book.claims * value).sum(0) - fees


def saving_that_stands(p: dict[str, np.ndarray], k: int, years: int) -> np.ndarray:
    """Return the part of a promised yearly saving that is earned in years 1 … `years`, (years, n) [share].

    What is realised, as long as the option lives, less those that lapse or close.
    """
    t = np.arange(years)[:, None]
    lives = np.clip(p["option_life"][k] - t, 0.0, 1.0)
    return p["realisation"] * lives * np.exp(-(p["lapse_rate"][k] + p["exit_rate"]) * (t + 0.5))
