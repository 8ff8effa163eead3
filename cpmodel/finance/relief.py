"""Tax inside a design, with the rate of every year: what relief is worth to an establishment, and what the state forgoes.

Nominal; tax falls at year ends, the first one a year after the investment. Without relief everything is the closed form
at one rate; with relief the rates differ by year and their sums take its place.
"""

from __future__ import annotations

import numpy as np

from cpmodel.axes import equation
from cpmodel.finance.design import Design
from cpmodel.finance.loans import amortise, annuity_factor
from cpmodel.finance.tax import SETTLED, depreciation_schedule, depreciation_shield, interest_shield

NO_TAX = 1e-12  # stands for a rate of zero where a shield is told per unit of it


def yearly_rates(design: Design, years: int, standard=None) -> np.ndarray:
    """Return the tax rate of years 1 … `years` under a design [share].

    standard    rates without relief, one a year [share]; None: the design's rate goes on
    """
    usual = np.full(years, design.tax_rate) if standard is None else np.asarray(standard, float)[:years]
    return usual if design.relief is None else design.relief.rates(usual)


@equation(
    clauses="IV.4.d", source="Annuities of the years at each rate; Myers (1974) for adjusted present value"
)
def level_rate(design: Design, h, life):
    """Return the level tax rate that weighs as much on a yearly saving as the design's rates by year do [share].

    h    discount rate [1/year]   life    of the saving [years, need not be whole]; arrays of one shape
        Σ τ_t·[A(h, min(t, life)) − A(h, min(t − 1, life))] / A(h, life)
    """
    if design.relief is None:
        return design.tax_rate
    found, before = 0.0, 0.0
    for end, rate in zip(*level_steps(design), strict=True):
        until = annuity_factor(h, np.minimum(end, life))
        found = found + rate * (until - before)
        before = until
    return found / before


def level_steps(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Return up to which year each of a design's tax rates holds, the last for ever, and the rates [share]."""
    rates = yearly_rates(design, SETTLED)
    last = np.append(np.flatnonzero(np.diff(rates)), SETTLED - 1)
    return np.append(last[:-1] + 1.0, np.inf), rates[last]


def tax_saved(design: Design, h, rate):
    """Return the present value at h of tax saved by depreciation and deduction, per unit invested, and by interest, per
    unit lent at `rate` [1/year].
    """
    shape = (design.tenor, design.grace, design.equal_principal)
    if design.relief is None:
        written = depreciation_shield(h, design.depreciation_years, design.depreciation_factor)
        deducted = design.deduction_share / (1.0 + h)
        return design.tax_rate * (written + deducted), design.tax_rate * interest_shield(h, rate, *shape)
    written = yearly_deductions(design)
    loan = amortise(1.0, design.loan_rate, design.tenor, design.grace, design.profile)
    rates = yearly_rates(design, max(len(written), len(loan.times)))
    by_asset, by_loan = 0.0 * h, 0.0 * h
    for t, part in enumerate(written, start=1):
        by_asset = by_asset + rates[t - 1] * part * np.exp(-t * np.log1p(h))
    for t, part in enumerate(loan.interest, start=1):
        by_loan = by_loan + rates[t - 1] * part * np.exp(-t * np.log1p(h))
    return by_asset, by_loan


def tax_terms(design: Design, h, life, rate, saved=None):
    """Return tax, Dep and Int as `appraisal.longest_accepted_payback` takes them: shields per unit of the level rate.

    saved    what `tax_saved` returns, where it is known already
    """
    by_asset, by_loan = saved or tax_saved(design, h, rate)
    level = np.maximum(level_rate(design, h, life), NO_TAX)
    return level, by_asset / level, by_loan / level


def yearly_deductions(design: Design) -> np.ndarray:
    """Return what is deducted from profit in each year per unit invested [1]."""
    written = depreciation_schedule(1.0, design.depreciation_years, design.depreciation_factor)
    written[0] += design.deduction_share
    return written


def relieves_tax(design: Design) -> bool:
    """True when a design lowers tax by rate, deduction or faster depreciation."""
    return design.relief is not None or design.deduction_share > 0.0 or design.depreciation_factor > 1.0


@equation(
    clauses="IV.4.d", source="Revenue forgone against the standard rules: OECD (2010), Tax Expenditures"
)
def tax_forgone(design: Design, market: Design, years: int, standard=None) -> tuple[np.ndarray, np.ndarray]:
    """Return tax forgone in years 1 … `years` per unit saved in that year, and per unit invested [1], (years,) each.

    market    what holds without the design   standard    rates by year without relief [share]; None: market's rate
        τ_t·(S − Dep_t) − τ'_t·(S − Dep'_t − D_t), primes under the design, D its deduction in year 1
    No loan is counted, nor that whoever invests only because of the relief pays some tax on what it earns.
    """
    usual, lower = yearly_rates(market, years, standard), yearly_rates(design, years, standard)

    def padded(amounts: np.ndarray) -> np.ndarray:
        return np.pad(amounts, (0, max(years - len(amounts), 0)))[:years]

    return usual - lower, lower * padded(yearly_deductions(design)) - usual * padded(
        yearly_deductions(market)
    )
