"""Where a user's moves meet the model: every move ends in a new state, and the newest state in results.

No widget here. `handlers` say what each message of the page does; what is to be shown goes out through
`show(name, value)`, a value of plain numbers, words and lists. Work is done on one thread that drops what is no longer
wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cpmodel.errors import BadInput, CpmodelError
from cpmodel.explorer import binding, reading
from cpmodel.explorer.full_run import FullRuns
from cpmodel.explorer.latest import Latest
from cpmodel.explorer.lever_moves import moves_of
from cpmodel.explorer.levers import YARDSTICKS, Surroundings, levers
from cpmodel.explorer.pinned import Pins, Read
from cpmodel.explorer.problems import in_both, placed
from cpmodel.explorer.programmes import Programmes
from cpmodel.explorer.session import Kept, Session, with_draws
from cpmodel.explorer.state import History, State
from cpmodel.explorer.words import words
from cpmodel.inputs.changes import in_ranges
from cpmodel.inputs.fields import FrozenMap
from cpmodel.inputs.instruments import load_catalogue
from cpmodel.inputs.known import load_known
from cpmodel.inputs.overlay import documents_of, resolve, scenario_names
from cpmodel.inputs.scenario import Budgets, Scenario, Toggles
from cpmodel.model import engine
from cpmodel.model.ensemble import Ensemble, surroundings_of

# Draws of each variant: while a term of credit is dragged, while money is, once a lever is let go, and to see what binds.
FEW, HALF, MOST, TO_BIND = 200, 500, 1000, 128
STEPS_TOLD = 50  # the page keeps so many steps back, for when it is loaded again
Show = Callable[[str, object], None]


@dataclass(frozen=True)
class Request:
    """What the worker is asked for. number    of the move, told back with the answer   held    a lever is being dragged

    question    asked of the state beside its results: a function of the desk
    """

    state: State
    number: int = 0
    held: bool = False
    question: Callable[[Desk, Scenario], None] | None = None


@dataclass
class Desk:
    """One user's session at the explorer.

    show    takes (name, value) for the page   full    what runs in full once the user has paused; None: nothing
    draws    of a settled answer: the scenario's own in a full run, `MOST` here   goal    target that the sentence and the
    questions are about; the Decision's own where it is empty or none of the Decision's
    """

    history: History
    show: Show
    full: FullRuns | None = None
    session: Session = field(default_factory=Session)
    draws: int = MOST
    goal: str = ""

    def __post_init__(self) -> None:
        self.known, self.catalogue = load_known(), load_catalogue()
        yardsticks = {name: resolve(name, self.known) for name in YARDSTICKS if name in scenario_names()}
        self.around = Surroundings(self.known, self.catalogue, yardsticks)
        self.resolved: Kept = Kept(64)
        self.documents: Kept = Kept()
        self.levers: Kept = Kept()
        self.named: frozenset[str] = frozenset()
        self.latest = Latest(self._work)
        self.number = 0
        self.pins = Pins(self.scenario_of, self._kept, lambda told: self.show("pins", told))
        self.programmes = Programmes(lambda told: self.show("package", told))
        self.begin(self.session)
        self.scenario = self.scenario_of(State(self.history.shown.base))

    def begin(self, session: Session) -> None:
        """Take up a session; nothing that was found in another holds in it."""
        self.session, self.before, self.tables = session, Kept(), Kept()
        self.pins.runs = {}
        self.found: tuple[State, Scenario, Ensemble, Mapping] | None = None
        session.tell = self._begins
        if self.full is not None:
            self.full.begin(tuple(self.options))

    def end(self) -> None:
        """End all work, and give back the memory of what was run."""
        self.latest.end()
        self.latest.wait(10)
        self.programmes.stop()
        if self.full is not None:
            self.full.stop()
        self.pins.states = ()
        self.begin(Session())

    def _begins(self, stage: str) -> None:
        """Show what the first answer waits for; the compiling of kernels that this machine has not met is told apart."""
        if self.found is None:
            new = stage in ("tables", "running") and not engine.was_compiled()
            self.show("stage", f"{stage}.new" if new else stage)

    @property
    def options(self) -> list[str]:
        """Options of the command line that make a run of the draws of this page."""
        found = ["--calibration", self.session.calibration] if self.session.calibration else []
        return found + (["--draws", str(self.draws)] if self.draws != MOST else [])

    def move(self, lever: str, value: object, held: bool, number: int) -> None:
        """Set one lever; while it is held nothing is kept for undo."""
        self.number = number
        moves = moves_of(self.scenario, lever, value, self.around)
        state = self.history.shown.moved(moves)
        state = state.plain(self.scenario_of(State(state.base)))
        self.history = self.history.dragged(state) if held else self.history.reached(state)
        self.latest.ask(Request(state, number, held))

    def go(self, history: History) -> None:
        """Take up a history, and show the state that it stands at."""
        self.history = history
        self._ask(Request(history.shown, self.number))

    def ask(self, question: Callable[[Desk, Scenario], None]) -> None:
        """Put a question about the state that is shown to the worker."""
        self._ask(Request(self.history.shown, self.number, question=question), keep=True)

    def _ask(self, request: Request, keep: bool = False) -> None:
        """Put what is no move of a lever to the worker; the page, which did not ask for a number, is told that it works."""
        self.show("busy", request.number)
        self.latest.ask(request, keep)

    def closed(self, state: State, instrument: str) -> State:
        """Return the state without an instrument: one of its base is removed, one that was added is forgotten."""
        bare = state.without(f"credit.{instrument}")
        inherited = instrument in self.scenario_of(State(state.base)).credit
        return bare.moved({f"credit.{instrument}": None}) if inherited else bare

    def scenario_of(self, state: State, draws: int | None = None) -> Scenario:
        run = {"resolution": "explorer", "draws": draws or self.draws}
        if not state.changes:  # a scenario itself: its files are read
            return self.resolved.get((state, run["draws"]), lambda: state.resolved(self.known, run=run))
        base, name = self.scenario_of(State(state.base)), state.base
        read = self.documents.get(name, lambda: documents_of(name))
        return self.resolved.get(
            (state, run["draws"]),
            lambda: state.resolved(self.known, run=run, base=base, documents=read),
        )

    def _work(self, request: Request) -> None:
        """Answer one request, on the worker's thread."""
        try:
            self.answer(request)
        except CpmodelError as error:
            self.refuse(error)
        except Exception as error:  # the page must live on; the next move may be fine
            self.show("notice", {"failed": in_both(f"{type(error).__name__}: {error}"[:300])})
        finally:
            self.show("idle", {"number": request.number, "more": self.latest.stale()})

    def answer(self, request: Request | None = None) -> None:
        """Show what a request asks for, or what is on screen once more; on the worker's thread."""
        request, began = request or Request(self.history.shown, self.number), time.perf_counter()
        state = request.state
        scenario = self.scenario_of(state)
        if self.full is not None:
            self.full.leave(scenario)
        if request.held:
            scenario = with_draws(scenario, min(HALF if self.session.ready(scenario) else FEW, self.draws))
        if self.found is None or self.found[1] != scenario:
            found = self._run(scenario)
            self.found = (state, scenario, found, reading.outcomes_of(found))
        self.scenario = self.scenario_of(state)
        self.show("answer", self._told(request, began))
        if request.held or (request.question is None and self.latest.stale()):
            return
        self.show("levers", [{k: v for k, v in one.items() if k != "value"} for one in self.levers_now()])
        self.show("stand", self.stand())
        self._compare()
        if request.question is not None:
            request.question(self, scenario)
            return
        if not self.latest.stale():
            self._bind(state)
        if not self.latest.stale() and self.full is not None:
            world = next(iter(self.found[2].worlds.values()))
            self.full.follow(state, self.scenario_of(State(state.base)), scenario, reading.state_money(world))

    def _run(self, scenario: Scenario) -> Ensemble:
        """Run a scenario; of fewer draws than the page's, on the first of these where world and tables are at hand."""
        whole = self.session.ready(with_draws(scenario, self.draws))
        return self.session.run(scenario, first_of=self.draws if whole else None)

    def _told(self, request: Request, began: float) -> dict:
        _, scenario, found, read = self.found
        decision = reading.decision_of(found)
        rows = reading.targets(found, read, decision)
        if self.goal not in {row["id"] for row in rows}:
            self.goal = reading.goal_of(decision)
        before = self.before.get(
            (request.state.base, scenario.draws),
            lambda: self.targets_of(State(request.state.base), scenario.draws),
        )
        return {
            "years": reading.years_of(found), "fans": reading.fans(read, self._ghost(scenario), decision),
            "targets": reading.finite(rows), "goal": self.goal,
            "sentence": reading.sentence(rows, before, self.goal, words()),
            "draws": scenario.draws, "number": request.number, "held": request.held,
            "milliseconds": 1000 * (time.perf_counter() - began),
        }  # fmt: skip

    def targets_of(self, state: State, draws: int | None = None) -> list[dict]:
        """Return the targets and their odds in a state, at so many draws or those of the page."""
        found = self._run(self.scenario_of(state, draws))
        return reading.targets(found, reading.outcomes_of(found), reading.decision_of(found))

    def _ghost(self, scenario: Scenario) -> Mapping[str, list[float]]:
        """Return the medians of the same world without any policy."""
        plain = {"budgets": Budgets(), "credit": FrozenMap(), "toggles": Toggles(), "name": "without_policy"}

        def found() -> Mapping[str, list[float]]:
            return reading.medians(reading.outcomes_of(self._run(scenario.model_copy(update=plain))))

        return self.before.get(surroundings_of(scenario), found)

    def levers_now(self) -> list[dict]:
        """Return the levers of the scenario on screen."""
        scenario = self.scenario
        found = self.levers.get(scenario, lambda: reading.finite(levers(scenario, self.around)))
        self.named = frozenset(one["id"] for one in found)
        return found

    def has(self, lever: str) -> bool:
        """True for a lever that was on screen when the user last paused, or that is there now."""
        return lever in self.named or any(one["id"] == lever for one in self.levers_now())

    def stand(self) -> dict:
        """Return where the state stands: values of levers, its name, its changes, the ways back, its other doors."""
        state, base = self.history.shown, self.scenario_of(State(self.history.shown.base))
        scenario = self.scenario
        return {
            "values": {one["id"]: one["value"] for one in self.levers_now()}, "base": state.base, "name": scenario.name,
            "title": {"vi": scenario.title.vi, "en": scenario.title.en}, "changed": sorted(state.changes),
            "count": len(in_ranges(state.changes)),
            "link": state.link(), **self.history.links(STEPS_TOLD),
            "pins": [kept.link() for kept in self.pins.states],
            "command": state.command("--resolution", "explorer", *self.options),
            "python": state.python(self.session.calibration),
            "yaml": state.to_yaml(base), "status": scenario.budgets.status, "goal": self.goal,
            "decision": decision.id if (decision := reading.decision_of(self.found[2])) else "",
        }  # fmt: skip

    def _compare(self) -> None:
        """Show the scenario on screen less each one kept; one that cannot be run on these draws is let go, and told."""
        *_, found, read = self.found
        try:
            self.pins.compare(Read(reading.years_of(found), read), self.latest.stale)
        except CpmodelError as error:
            self.refuse(error)

    def _kept(self, state: State) -> Read:
        """Return what is compared of a kept state, from its run on the draws of the page."""
        scenario = self.scenario_of(state)
        found = self.found[2] if self.found[1] == scenario else self._run(scenario)
        return Read(reading.years_of(found), reading.outcomes_of(found))

    def pin(self) -> None:
        """Keep the scenario on screen beside the next ones."""
        if self.found is not None:
            self.pins.keep(self.found[0])
            self.ask(lambda desk, _: None)

    def _bind(self, state: State) -> None:
        """Show what adoption would gain if one constraint alone were gone, from fewer draws."""
        scenario = self.scenario_of(state, min(TO_BIND, self.draws))
        found = self.session.run(scenario)
        key = scenario.model_copy(
            update={"name": "any", "budgets": Budgets(), "toggles": Toggles()}
        ).content_hash()
        tables = self.tables.get(key, lambda: binding.tables_without(found))
        gains = binding.gains(found, tables, self.latest.stale)
        if gains is not None:
            self.show("binding", reading.finite({"gains": gains, "draws": scenario.draws}))

    def refuse(self, error: CpmodelError) -> None:
        """Show what is wrong with what was asked, beside its levers where it belongs to some."""
        if not isinstance(error, BadInput):
            self.show("notice", {"failed": in_both(str(error)[:400])})
            return
        self.show("errors", [placed(problem) for problem in error.problems])
