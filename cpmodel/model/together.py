"""What a scenario opens together must be allowed to stack; said before anything is run, with the scenario's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput, Problems
from cpmodel.finance.stacking import Circumstances, refuse_forbidden

if TYPE_CHECKING:
    from cpmodel.model.levers import Opened

ANY_RATE = 0.12  # commercial rate; warnings alone depend on it, and they are told where terms are combined


def refuse_what_may_not_stack(instruments: Sequence[Opened], file: str) -> None:
    """Raise `BadInput`, once for every conflict, where some size meets instruments that may not be joined.

    Each of several loans stands beside all that is no loan, as `levers.package` combines them.
    """
    problems = Problems()
    for moment in sorted({one.instrument.opens for one in instruments}):
        for size in SIZES:
            here = [one for one in instruments if one.holds(moment) and one.takes(size)]
            rest = [one for one in here if not one.is_loan]
            for loan in [[one] for one in here if one.is_loan] or [[]]:
                mix = [*loan, *rest]
                try:
                    refuse_forbidden([one.terms for one in mix], Circumstances(commercial_rate=ANY_RATE))
                except BadInput as error:
                    where = f"credit.{' + '.join(one.name for one in mix)}"
                    problems.found += [
                        told
                        for problem in error.problems
                        if (told := replace(problem, file=file, key=where)) not in problems.found
                    ]
    problems.raise_if_any()
