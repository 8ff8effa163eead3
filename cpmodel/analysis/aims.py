"""What a programme is chosen for: a level that is reached with a given probability, or targets met.

A search needs slopes, so it looks at smooth forms of both; what is told of a package is always counted exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr
from scipy.stats import beta

from cpmodel.analysis.programme_runs import Measured
from cpmodel.decision import Target

Array = np.ndarray
BANDWIDTH = 0.25  # of a target's smooth count, in standard deviations of its outcome


@cache
def _weights(probability: float, draws: int) -> Array:
    edges = np.arange(draws + 1) / draws
    a, b = (draws + 1) * probability, (draws + 1) * (1.0 - probability)
    return np.diff(beta.cdf(edges, a, b))


def smooth_quantile(values: Array, probability: float) -> float:
    """Return a quantile as a weighted mean of all order statistics, so that it moves with every draw.

    values (n,)   probability    in (0, 1)   Source: Harrell & Davis 1982, doi 10.1093/biomet/69.3.635.
    """
    return float(np.sort(values) @ _weights(probability, len(values)))


@dataclass(frozen=True)
class LevelAim:
    """The level of the outcome asked that is reached with `probability`, all variants pooled: its lower quantile."""

    probability: float

    def score(self, one: Measured) -> float:
        """Return the smooth quantile [unit of the outcome]."""
        return smooth_quantile(one.outcome, 1.0 - self.probability)

    def told(self, one: Measured) -> float:
        """Return the exact quantile."""
        return float(np.quantile(one.outcome, 1.0 - self.probability))


@dataclass(frozen=True)
class TargetsAim:
    """How many targets are met on average, or with `jointly` the chance that all are.

    thresholds (T,)   widths (T,)    of the smooth count; 0 where the values are chances already
    """

    thresholds: tuple[float, ...]
    widths: tuple[float, ...]
    jointly: bool = False

    def score(self, one: Measured) -> float:
        """Return the smooth count: Φ((value − threshold)/width) in place of yes or no."""
        return self._joined([
            ndtr((values - threshold) / width) if width else values
            for values, threshold, width in zip(one.targets, self.thresholds, self.widths, strict=True)
        ])  # fmt: skip

    def told(self, one: Measured) -> float:
        """Return the exact count."""
        return self._joined(list(chances(one, self.thresholds, self.widths)))

    def _joined(self, parts: list[Array]) -> float:
        met = np.array(parts)
        return float(met.prod(axis=0).mean() if self.jointly else met.sum(axis=0).mean())


def chances(one: Measured, thresholds: Sequence[float], widths: Sequence[float]) -> Array:
    """Return for each target and draw whether it is met, or the chance of it where values are chances, (T, n)."""
    return np.array([
        (values >= threshold).astype(float) if width else values
        for values, threshold, width in zip(one.targets, thresholds, widths, strict=True)
    ])  # fmt: skip


def targets_aim(targets: Sequence[Target], typical: Measured, jointly: bool = False) -> TargetsAim:
    """Return the aim for targets; `typical` gives the spread by which each is smoothed."""
    widths = [
        0.0 if target.outcome == "office_capacity" else max(BANDWIDTH * float(values.std()), 1e-6)
        for target, values in zip(targets, typical.targets, strict=True)
    ]
    return TargetsAim(tuple(t.threshold for t in targets), tuple(widths), jointly)
