"""What it would be worth to know: the expected value of perfect information about a choice."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

Array = np.ndarray


def evpi(net_benefit: Array) -> float:
    """Return the expected value of perfect information, in the unit of the net benefit.

    net_benefit    draws × options; the same draw of the world for all options
    What choosing with foresight would gain over the option that is best on average: E max − max E, never negative.
    Source: Raiffa & Schlaifer 1961, Applied Statistical Decision Theory, ch. 4.
    """
    values = np.asarray(net_benefit, dtype=float)
    if values.ndim != 2 or values.shape[1] < 1 or not np.isfinite(values).all():
        raise ValueError(
            f"net benefit is draws × options of finite numbers, not an array of shape {values.shape}"
        )
    return float(max(values.max(axis=1).mean() - values.mean(axis=0).max(), 0.0))


def evpi_of_normal(mean: float, sd: float) -> float:
    """Return the same for two options whose difference in net benefit is N(mean, sd²), in its unit.

    σ φ(μ/σ) − |μ| Φ(−|μ|/σ): the unit normal loss of the option that is not taken. Source: as `evpi`, ch. 5.
    """
    if sd < 0:
        raise ValueError(f"a standard deviation is not negative: {sd}")
    if sd == 0:
        return 0.0
    z = abs(mean) / sd
    return float(sd * norm.pdf(z) - abs(mean) * norm.cdf(-z))
