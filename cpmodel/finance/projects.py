"""A typical project, as the sheets of the establishment and of the state take it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cpmodel.finance.appraisal import time_preference


@dataclass(frozen=True)
class TypicalProject:
    """A typical project of one sector and size, and the world around it. Defaults are judgements (grade J).

    investment_bn_vnd [bn VND]   payback, life [years]   hurdle [1/year, nominal], kappa    hidden-cost multiplier, as H1
    reads them   hidden_cost_hurdle    that under H2 stands in the place of a higher one [1/year]
    lending_rate, government_rate [1/year]   default_rate [1/year]   loss_given_default, default_correlation [share]
    yearly_toe, yearly_tco2    saved a year, for the state's unit costs; None leaves them out
    """

    investment_bn_vnd: float
    payback: float
    life: int
    hurdle: float
    lending_rate: float
    tax_rate: float
    kappa: float = 1.0
    hidden_cost_hurdle: float = 0.35
    depreciation_years: float = 10.0
    government_rate: float = 0.10
    default_rate: float = 0.05
    loss_given_default: float = 0.45
    default_correlation: float = 0.15
    refund_lag: float = 0.0
    improvement: float | None = None
    vnd_per_usd: float | None = None
    yearly_toe: float | None = None
    yearly_tco2: float | None = None

    def under(self, variant: str) -> TypicalProject:
        """Return the project with hurdle rate and hidden cost as the structural variant reads them."""
        hurdle, kappa = time_preference(variant, self.hurdle, self.hidden_cost_hurdle, self.life)
        return replace(self, hurdle=float(hurdle), kappa=self.kappa * float(kappa))
