"""Questions put to the scenario on screen: what one lever would take, what all of them would, what each measure adds."""

from __future__ import annotations

from cpmodel.briefs import numbers
from cpmodel.explorer.desk import Desk
from cpmodel.explorer.lever_moves import moves_of
from cpmodel.explorer.levers import finances
from cpmodel.explorer.message import Message, number_of, words_of
from cpmodel.explorer.programmes import Asked
from cpmodel.explorer.reading import finite, odds_of
from cpmodel.explorer.shares import Moved, shares
from cpmodel.explorer.state import State
from cpmodel.explorer.taking import least_move
from cpmodel.inputs.changes import flat
from cpmodel.inputs.scenario import Scenario

WANTED = 0.66  # from here a target is "likely to be met" in the briefs
MOST_BN = 100_000.0  # a cap beyond which nobody means bn VND


def take(desk: Desk, message: Message) -> None:
    """Look for the least move of one lever that makes the goal likely to be met."""
    lever, wanted = words_of(message, "lever"), number_of(message, "wanted", 0.01, 0.99) or WANTED

    def question(desk: Desk, scenario: object) -> None:
        one = next(
            (x for x in desk.levers_now() if x["id"] == lever and x["kind"] == "slider"),
            None,
        )
        if one is None or one["value"] is None:
            return
        state, told = desk.history.shown, desk.scenario

        def odds(value: float) -> float:
            moves = moves_of(told, lever, round(value, 6), desk.around)
            return odds_of(desk.targets_of(state.moved(moves)), desk.goal) or 0.0

        found = least_move(odds, float(one["value"]), one["min"], one["max"], wanted, desk.latest.stale)
        if found is not None:
            kind = (
                "already"
                if found.reached and found.value == one["value"]
                else "reached"
                if found.reached
                else "beyond"
            )
            shown = {code: numbers.odds(found.odds, code).text for code in ("vi", "en")}
            desk.show("taken", {"said": f"take.{kind}", "lever": lever, "value": found.value, "odds": shown,
                                "wanted": wanted, "tried": [list(x) for x in found.tried]})  # fmt: skip

    desk.ask(question)


def split(desk: Desk, message: Message) -> None:
    """Work out what each measure of the scenario adds."""

    def question(desk: Desk, scenario: Scenario) -> None:
        def tell(done: int, of: int) -> None:
            desk.show("notice", {"said": "wedges.working", "done": done, "of": of})

        try:
            found = shares(scenario, desk.session.told(scenario), tell, desk.latest.stale)
        except Moved:
            return
        desk.show("wedges", finite(found))
        desk.show("notice", {"said": "ready"})

    desk.ask(question)


def package(desk: Desk, message: Message) -> None:
    """Search all levers of money and credit together for the least that reaches the goal; in the background."""
    wanted, cap = number_of(message, "wanted", 0.01, 0.99) or WANTED, number_of(message, "cap", 1.0, MOST_BN)

    def question(desk: Desk, scenario: Scenario) -> None:
        state = desk.history.shown
        row = next((row for row in desk.targets_of(state) if row["id"] == desk.goal), None)
        if row is not None:
            asked = Asked(row["outcome"], row["year"], row["low"], wanted, cap)
            base, calibration = desk.scenario_of(State(state.base)), desk.session.calibration
            desk.programmes.search(asked, state, base, scenario.title, calibration)

    desk.ask(question)


def stop_package(desk: Desk, _: Message) -> None:
    """End the search for a package; asked again, it goes on where it stopped."""
    desk.programmes.stop()


def take_package(desk: Desk, _: Message) -> None:
    """Move the levers to the money and the credit of the package that was found."""
    moves, credit = desk.programmes.moves(), desk.programmes.credit
    if not moves:
        return
    state = desk.history.shown
    now = desk.scenario_of(state).credit if credit is not None else {}
    rules = {name for name, one in now.items() if not finances(one, desk.around)}  # they stay as they are
    for name in now.keys() - rules:
        state = desk.closed(state, name)
    credit = {name: one for name, one in (credit or {}).items() if name not in rules}
    state = state.moved(moves).moved({f"credit.{key}": value for key, value in flat(credit).items()})
    desk.scenario_of(state)
    desk.go(desk.history.reached(state))
    desk.show("notice", {"said": "package.taken"})
