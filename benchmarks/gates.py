"""What was asked of the product, as limits on rows of a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.measure import Row


@dataclass(frozen=True)
class Gate:
    """A limit on every row of a benchmark whose case begins with `case`; `at_least` for what must be large."""

    what: str
    benchmark: str
    case: str
    who: str
    limit: float
    unit: str
    at_least: bool = False

    def of(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that the gate is about."""
        return [
            row for row in rows
            if (row.benchmark, row.who, row.unit) == (self.benchmark, self.who, self.unit) and row.case.startswith(self.case)
        ]  # fmt: skip

    def worst(self, rows: Sequence[Row]) -> float | None:
        """Return the value farthest from what is asked; None where it was not measured."""
        values = [row.value for row in self.of(rows)]
        return (min(values) if self.at_least else max(values)) if values else None

    def holds(self, value: float) -> bool:
        """Whether a value is within the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


MONEY, CREDIT = "explorer, money, a key pressed", "explorer, credit, a key pressed"
FIRST = "first result of 64 draws, explorer"
GATES = (
    Gate("kernel over a hand-written loop in C", "kernel", "", "engine / C", 1.5, "ratio"),
    Gate("numpy over the kernel", "kernel", "", "numpy / engine", 5, "ratio", True),
    Gate("PySD in quarters over the engine, 1 cell", "peer", "1 cells", "PySD, quarters / engine", 2000, "ratio", True),
    Gate("PySD in quarters over the engine, 48 cells", "peer", "48 cells", "PySD, quarters / engine", 20000, "ratio", True),
    Gate("national run of 10,000 draws, both variants", "whole", "national, both variants, 10000", "elapsed", 60, "s"),
    Gate("its memory", "whole", "national, both variants, 10000", "most memory", 1024, "MiB"),
    Gate("first result, cached", "whole", f"{FIRST}, cached", "elapsed", 1, "s"),
    Gate("first result, cold", "whole", f"{FIRST}, cold", "elapsed", 10, "s"),
    Gate("help of the program", "whole", "help of the program", "elapsed", 0.3, "s"),
    Gate("key press to paint, money held, 500 draws of each variant", "explorer", f"{MONEY}, 500", "median", 100, "ms"),
    Gate("the model's part of it", "explorer", f"{MONEY}, 500", "model", 40, "ms"),
    Gate("money let go to paint, 1,000 draws of each variant", "explorer", f"{MONEY}, let go, 1000", "median", 100, "ms"),
    Gate("credit let go to paint, 1,000 draws of each variant", "explorer", f"{CREDIT}, let go, 1000", "median", 500, "ms"),
    Gate("posterior", "posterior", "posterior", "in all", 30, "s"),
    Gate("papermill loop over a batch of briefs", "briefs", "", "papermill loop / batch", 4, "ratio", True),
)  # fmt: skip


def judged(rows: Sequence[Row]) -> Iterator[tuple[Gate, float | None]]:
    """Yield every gate with what was measured of it."""
    yield from ((gate, gate.worst(rows)) for gate in GATES)
