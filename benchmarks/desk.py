"""What the explorer waits for from the model, without a page: a lever of money and a term of credit, moved and answered."""

from __future__ import annotations

import statistics
import time

from benchmarks.measure import Row
from cpmodel.explorer import reading
from cpmodel.explorer.desk import FEW, HALF, MOST, Desk
from cpmodel.explorer.lever_moves import moves_of
from cpmodel.explorer.state import History, State

LEVERS = {"money": ("level.awareness", (15.0, 18.0, 21.0, 24.0, 27.0, 30.0)),
          "credit": ("credit.soft_loan.terms.rate", (0.03, 0.035, 0.04, 0.045, 0.05, 0.055))}  # fmt: skip


def rows(quick: bool = False) -> list[Row]:
    """Milliseconds from a resolved scenario to its outcomes, both variants, all cores; a new value each time."""
    found = []
    base = State("as_decided")
    desk = Desk(History(base), lambda name, value: None)
    for draws in (FEW, HALF, MOST):
        desk.session.run(desk.scenario_of(base, draws))
        for kind, (lever, values) in LEVERS.items():
            times = {"wall": [], "processor": []}
            for value in values[: 3 if quick else None]:
                scenario = desk.scenario_of(
                    base.moved(moves_of(desk.scenario, lever, value, desk.around)), draws
                )
                wall, cpu = time.perf_counter(), time.process_time()
                reading.outcomes_of(desk.session.run(scenario))
                times["wall"].append(time.perf_counter() - wall)
                times["processor"].append(time.process_time() - cpu)
            found += [
                Row(
                    "desk",
                    f"explorer, {kind} moved, {draws} draws of each variant",
                    who,
                    1e3 * statistics.median(some),
                    "ms",
                )
                for who, some in times.items()
            ]
    return found
