"""What each message of the page does. A message is what a browser sent: nothing in it is trusted to be well formed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cpmodel.errors import BadInput, CpmodelError, Problem
from cpmodel.explorer import asking, files, reading
from cpmodel.explorer.calibrated import draw_from
from cpmodel.explorer.desk import STEPS_TOLD, Desk
from cpmodel.explorer.message import Message, words_of
from cpmodel.explorer.pinned import MOST_PINS
from cpmodel.explorer.printing import print_brief
from cpmodel.explorer.problems import placed
from cpmodel.explorer.state import History, State, from_link, from_yaml
from cpmodel.explorer.words import guide
from cpmodel.inputs.decisions import load_decision
from cpmodel.model.state import GROUPS

LONGEST = 70_000  # characters of a link


def receive(desk: Desk, message: Message) -> None:
    """Take one message of the page: `do` names it. What is wrong with it is shown, never raised."""
    do = str(message.get("do", ""))
    try:
        if do not in HANDLERS:
            why, fix = "The page and its model do not understand each other.", "Load the page again."
            raise BadInput(Problem("explorer", "do", do, why, fix))
        HANDLERS[do](desk, message)
    except CpmodelError as error:
        desk.refuse(error)
        desk.show("idle", {"number": desk.number, "more": desk.latest.stale()})


def move(desk: Desk, message: Message) -> None:
    """Set a lever."""
    number = message.get("number", 0)
    lever = words_of(message, "lever")
    if not desk.has(lever):
        why, fix = "There is no lever of this name in the scenario.", "Load the page again."
        raise BadInput(Problem("explorer", lever, "", why, fix))
    desk.move(
        lever, message.get("value"), bool(message.get("held")), number if isinstance(number, int) else 0
    )


def start(desk: Desk, message: Message) -> None:
    """Begin, or begin again after the page was loaded again: with the state of its link where it has one.

    A link that cannot be used is told, and the page opens with the state that it had. A page that was loaded again brings
    the way back and forth and the scenarios kept beside it, as links, and its goal; what is no longer of use is left out.
    """
    text, state = words_of(message, "text", LONGEST), desk.history.shown
    try:
        state = from_link(text) if text else state
        desk.scenario_of(state)
    except BadInput as error:
        state = desk.history.shown
        desk.show("notice", {"failed": placed(error.problems[0])["text"]})
    history = desk.history.reached(state)
    if not desk.history.past and not desk.history.undone:
        past, undone = (_states(message.get(way), STEPS_TOLD) for way in ("past", "undone"))
        history = History(state, undone, past) if past or undone else history
    if not desk.goal and isinstance(goal := message.get("goal"), str):
        desk.goal = goal
    if not desk.pins.states:
        desk.pins.keep(*(kept for kept in _states(message.get("pins"), MOST_PINS) if _usable(desk, kept)))
        desk.pins.tell()
    desk.go(history)


def _usable(desk: Desk, state: State) -> bool:
    """True for a state whose scenario is there, and is one."""
    try:
        return bool(desk.scenario_of(state))
    except BadInput:
        return False


def _states(links: object, most: int) -> tuple[State, ...]:
    """Return the states of links that a page kept; none where one of them cannot be read."""
    if not isinstance(links, list) or len(links) > most:
        return ()
    try:
        return tuple(from_link(words_of({"text": link}, "text", LONGEST)) for link in links)
    except BadInput:
        return ()


def reset(desk: Desk, message: Message) -> None:
    """Put a lever back to the value of the scenario that is changed."""
    lever, state = words_of(message, "lever"), desk.history.shown
    head, _, rest = lever.partition(".")
    key = {"level": f"budgets.{rest}.state", "path": f"budgets.{rest}"}.get(head, lever)
    key = "activity_shares" if lever.startswith("activity_shares") else key
    desk.go(desk.history.reached(state.without(key)))


def open_credit(desk: Desk, message: Message) -> None:
    """Open an instrument of the catalogue, from the year of its template or the start of the scenario on."""
    template, state = words_of(message, "template"), desk.history.shown
    if template not in desk.catalogue.templates():
        raise BadInput(
            Problem(
                "explorer", "template", template, "The catalogue has no such terms.", "Choose from the list."
            )
        )
    name = template
    opens = min(
        max(int(template.rpartition("_")[2]), int(desk.scenario.horizon.start) + 1), desk.scenario.horizon.end
    )
    moves = {f"credit.{name}": None, f"credit.{name}.template": template, f"credit.{name}.opens": opens}
    desk.go(desk.history.reached(state.moved(moves)))


def close_credit(desk: Desk, message: Message) -> None:
    """Take an instrument away."""
    desk.go(desk.history.reached(desk.closed(desk.history.shown, words_of(message, "name"))))


def preset(desk: Desk, message: Message) -> None:
    """Start from another scenario."""
    desk.go(desk.history.reached(State(words_of(message, "name"))))


def undo(desk: Desk, message: Message) -> None:
    """Go one step back."""
    desk.go(desk.history.undo())


def redo(desk: Desk, message: Message) -> None:
    """Go one step forward."""
    desk.go(desk.history.redo())


def link(desk: Desk, message: Message) -> None:
    """Take up the state of a link."""
    state = from_link(words_of(message, "text", LONGEST))
    if state != desk.history.shown:
        desk.go(desk.history.reached(state))


def load(desk: Desk, message: Message) -> None:
    """Take up the scenario of a file that the user chose."""
    name = words_of(message, "name")
    state = from_yaml(words_of(message, "text", 256 * 1024), name)
    desk.scenario_of(state)
    desk.go(desk.history.reached(state))
    desk.show("notice", {"said": "loaded", "name": name})


def save(desk: Desk, message: Message) -> None:
    """Write the state as a scenario file."""
    names = {"name": words_of(message, "name")} | {
        f"title.{code}": title for code in ("vi", "en") if (title := words_of(message, code).strip())
    }
    state = desk.history.shown.moved(names)
    desk.scenario_of(state)
    path = files.save(state, desk.scenario_of(State(state.base)))
    desk.go(desk.history.reached(state))
    desk.show("notice", {"said": "saved", "path": files.found_at(path)})


def download(desk: Desk, message: Message) -> None:
    """Send the results on screen as a file."""
    kind = words_of(message, "format")
    if kind not in files.MEDIA:
        raise BadInput(
            Problem("explorer", "format", kind, "Only csv, xlsx and iamc are written.", "Choose one.")
        )

    def question(desk: Desk, _: object) -> None:
        found = desk.session.run(desk.found[1], GROUPS)
        desk.show("file", files.packed(files.table_of(found), desk.scenario.name, kind))

    desk.ask(question)


def goal(desk: Desk, message: Message) -> None:
    """Make a target the one that the sentence and the questions are about."""
    desk.goal = words_of(message, "id")
    desk.ask(lambda desk, _: None)


def pin(desk: Desk, message: Message) -> None:
    """Keep the scenario on screen."""
    desk.pin()


def unpin(desk: Desk, message: Message) -> None:
    """Let a kept scenario go."""
    desk.pins.drop(message.get("index"))
    desk.ask(lambda desk, _: None)


def guided(desk: Desk, message: Message) -> None:
    """Open the scenario that the answers to the three questions lead to."""
    name, answers = words_of(message, "decision"), message.get("answers")
    if name not in guide():
        why, fix = "There are no questions about this Decision.", "Load the page again."
        raise BadInput(Problem("explorer", "decision", name, why, fix))
    given = answers if isinstance(answers, Mapping) else {}
    goal, money, credit = (_chosen(options, given.get(asked)) for asked, options in guide()[name].items())
    desk.goal = reading.goal_of(load_decision(name), **goal["target"])
    state = State(money["base"]).moved(money.get("changes", {})).moved(credit.get("changes", {}))
    desk.go(desk.history.reached(state))
    desk.show("notice", {"said": "guide.done"})


def _chosen(options: list[dict], answer: object) -> dict:
    """Return the option that an answer names by its place; the second is taken where it names none."""
    return options[answer if isinstance(answer, int) and 0 <= answer < len(options) else 1]


def calibrate(desk: Desk, message: Message) -> None:
    """Show the draws of a calibration, or of the prior."""
    name = words_of(message, "name")

    def question(desk: Desk, _: object) -> None:
        draw_from(desk, name)
        desk.answer()

    desk.ask(question)


def printed(desk: Desk, message: Message) -> None:
    """Print a brief of the state."""
    print_brief(desk, words_of(message, "kind"), words_of(message, "language"))


HANDLERS: Mapping[str, Callable[[Desk, Message], None]] = {
    "open": start, "move": move, "reset": reset, "open_credit": open_credit, "close_credit": close_credit, "preset": preset,
    "undo": undo, "redo": redo, "link": link, "load": load, "save": save, "download": download, "goal": goal,
    "pin": pin, "unpin": unpin, "guide": guided, "print": printed, "calibration": calibrate, "take": asking.take,
    "wedges": asking.split, "package": asking.package, "stop_package": asking.stop_package,
    "take_package": asking.take_package,
}  # fmt: skip
