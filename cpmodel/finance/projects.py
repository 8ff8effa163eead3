"""A typical project, as the sheets of the establishment and of the state take it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TypicalProject:
    """A typical project of one sector and size, and the world around it. Defaults are judgements (grade J).

    investment_bn_vnd [bn VND]   payback, life [years]   hurdle [1/year, nominal]   kappa    hidden-cost
    multiplier   lending_rate, government_rate [1/year]   default_rate [1/year]   loss_given_default [share]
    yearly_toe, yearly_tco2    saved a year, for the state's unit costs; None leaves them out
    """

    investment_bn_vnd: float
    payback: float
    life: int
    hurdle: float
    lending_rate: float
    tax_rate: float
    kappa: float = 1.0
    depreciation_years: float = 10.0
    government_rate: float = 0.10
    default_rate: float = 0.05
    loss_given_default: float = 0.45
    refund_lag: float = 0.0
    improvement: float | None = None
    vnd_per_usd: float | None = None
    yearly_toe: float | None = None
    yearly_tco2: float | None = None
