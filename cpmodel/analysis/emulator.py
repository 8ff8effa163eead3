"""A scenario's own small stand-in: national bands and odds as a function of what each component project is given.

The model is run at points spread over the space of budgets, on the same draws; a radial basis function is laid through
them. Runs that were not used say how far it is off. It is small enough to travel inside a page and answer there, and it
is no forecast of its own: outside the budgets it was made for it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

MOST_PARTS = 16  # principal components kept at most
LEFT_OUT = 0.002  # largest error of leaving components out, on the scale of the links
# Budgets enter as ln(1 + BEND · multiple): money matters most where there is little of it. Of 2, 4, 6, 10, 16 and 30, tried
# on the scenario `as_decided`, 10 left the smallest errors of bands and offices together.
BEND = 10.0


@dataclass(frozen=True)
class Output:
    """One emulated number of the results: an outcome's statistic in a year, or the odds of a target.

    scale    what the value is divided by to be a share: 63 for offices, else 1
    least    how near to 0 and 1 a share may come: half a draw for odds
    """

    outcome: str
    year: int
    statistic: str
    scale: float
    least: float

    def to_link(self, value: np.ndarray | float) -> np.ndarray | float:
        """Return a value on the scale on which it is emulated: probit for odds, else logit."""
        share = np.clip(np.asarray(value) / self.scale, self.least, 1.0 - self.least)
        return ndtri(share) if self.statistic == "probability" else logit(share)

    def from_link(self, link: np.ndarray | float) -> np.ndarray | float:
        """Return the value that stands at a place of the link's scale."""
        return (ndtr(link) if self.statistic == "probability" else expit(link)) * self.scale


@dataclass(frozen=True)
class Emulator:
    """What stands in for the model: outputs as a function of budgets.

    levers    component projects whose budgets move   highest    largest multiple of a budget
    centres (n, d)    budgets of the runs it was made from, bent   weights (n + d + 1, r)    of the basis functions
    basis (r, m), middle (m,)    principal components of the m outputs, on the scales of their links
    accuracy    what runs that were not used say of it (`accuracy`)
    """

    levers: tuple[str, ...]
    highest: float
    outputs: tuple[Output, ...]
    centres: np.ndarray
    weights: np.ndarray
    basis: np.ndarray
    middle: np.ndarray
    accuracy: Mapping[str, float]

    def links(self, multiples: np.ndarray) -> np.ndarray:
        """Return the outputs on the scales of their links, shape (k, m), at budgets of shape (k, d)."""
        return functions(bent(multiples), self.centres) @ self.weights @ self.basis + self.middle

    def at(self, multiples: np.ndarray) -> np.ndarray:
        """Return the outputs, shape (k, m), at multiples of the scenario's budgets, shape (k, d)."""
        return from_links(self.outputs, self.links(np.atleast_2d(multiples)))


def bent(multiples: np.ndarray) -> np.ndarray:
    """Return multiples of budgets as the basis functions see them."""
    return np.log1p(BEND * np.asarray(multiples, float))


def functions(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return cubic radial functions and a linear tail at points (k, d): shape (k, n + d + 1).

    Powell (1992), The theory of radial basis function approximation; r³ needs a linear tail to be solvable.
    """
    distance = np.linalg.norm(points[:, None, :] - centres[None, :, :], axis=2)
    return np.hstack([distance**3, np.ones((len(points), 1)), points])


def fit(
    levers: Sequence[str], highest: float, outputs: Sequence[Output], multiples: np.ndarray, values: np.ndarray,
    held_out: tuple[np.ndarray, np.ndarray],
) -> Emulator:  # fmt: skip
    """Lay the functions through runs and hold them against others.

    multiples (n, d), values (n, m)    budgets and outputs of the runs   held_out    the same of runs not used
    """
    links = to_links(outputs, values)
    middle = links.mean(axis=0)
    left, size, right = np.linalg.svd(links - middle, full_matrices=False)
    kept = next(
        (
            r for r in range(1, min(MOST_PARTS, len(size)))
            if np.abs(left[:, r:] * size[r:] @ right[r:]).max() < LEFT_OUT
        ),
        min(MOST_PARTS, len(size)),
    )  # fmt: skip
    centres, d = bent(multiples), multiples.shape[1]
    tail = np.hstack([np.ones((len(centres), 1)), centres])
    system = np.vstack([functions(centres, centres), np.hstack([tail.T, np.zeros((d + 1, d + 1))])])
    wanted = np.vstack([left[:, :kept] * size[:kept], np.zeros((d + 1, kept))])
    weights = np.linalg.solve(system, wanted)
    found = Emulator(tuple(levers), highest, tuple(outputs), centres, weights, right[:kept], middle, {})
    off = np.abs(found.at(held_out[0]) - held_out[1])
    return Emulator(
        **{**vars(found), "accuracy": accuracy(outputs, off) | {"made_from": len(multiples)}},
    )


def accuracy(outputs: Sequence[Output], off: np.ndarray) -> dict[str, float]:
    """Return how far the stand-in was off, shape (k, m), in k runs: the 99th percentile and the largest, by kind.

    share and odds in shares of one; offices in offices
    """
    kinds = {
        "share": [o.scale == 1 and o.statistic != "probability" for o in outputs],
        "offices": [o.scale != 1 for o in outputs],
        "odds": [o.statistic == "probability" for o in outputs],
    }
    found = {"checked_on": float(len(off))}
    for kind, which in kinds.items():
        if any(which):
            found[f"{kind}_p99"] = float(np.quantile(off[:, which], 0.99))
            found[f"{kind}_max"] = float(off[:, which].max())
    return found


def to_links(outputs: Sequence[Output], values: np.ndarray) -> np.ndarray:
    """Return values (k, m) on the scales of their links."""
    return np.stack([o.to_link(values[:, i]) for i, o in enumerate(outputs)], axis=1)


def from_links(outputs: Sequence[Output], links: np.ndarray) -> np.ndarray:
    """Return values (k, m) from the scales of their links."""
    return np.stack([o.from_link(links[:, i]) for i, o in enumerate(outputs)], axis=1)
