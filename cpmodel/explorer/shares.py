"""What each measure of the scenario on screen adds: the wedges of `cpmodel wedges`, named as the page names its levers."""

from __future__ import annotations

from collections.abc import Callable

from cpmodel.analysis.wedges import SYNERGY, TOTAL, wedges
from cpmodel.explorer.levers import told
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.scenario import Scenario

OUTCOME = "adoption_strict"
DRAWS = 64


class Moved(Exception):
    """The user moved on, so nobody waits for the answer."""


def shares(
    scenario: Scenario, inputs: Inputs, tell: Callable[[int, int], None], stale: Callable[[], bool]
) -> dict:
    """Return the wedges of the last year; raise `Moved` as soon as `stale()`.

    rows    name in both languages, mean, and 80 % range of Shapley's value, the largest first [share]
    """

    def progress(_: str, done: int, of: int) -> None:
        if stale():
            raise Moved
        tell(done, of)

    found = wedges(scenario, OUTCOME, min(DRAWS, scenario.draws), inputs=inputs, progress=progress)
    table, year = found.tables["wedges"], found.facts["last"]
    last = table[table["year"] == year].set_index("lever")
    parts = last.drop([SYNERGY, TOTAL]).sort_values("shapley", ascending=False)
    rows = [
        {"name": _name(lever, found.facts["names"]), "p10": row.p10, "p50": row.shapley, "p90": row.p90}
        for lever, row in parts.iterrows()
    ]
    return {"rows": rows, "year": year, "draws": found.facts["draws"], "total": float(last.loc[TOTAL, "shapley"]),
            "synergy": float(last.loc[SYNERGY, "alone"])}  # fmt: skip


def _name(lever: str, names: dict) -> dict[str, str]:
    for key in (f"money.{lever}", f"toggles.{lever}"):
        if key in told():
            return dict(told()[key]["label"])
    plain = lever.removeprefix("credit ").replace("_", " ")
    return dict(names.get(lever, {"vi": plain, "en": plain}))
