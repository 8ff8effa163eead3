"""One state, four doors: whatever the levers are set to, every door gives the same scenario and the same bytes."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cpmodel import explorer
from cpmodel.axes import COMPONENT_PROJECTS, FUNDING_SOURCES, SIZES
from cpmodel.cli import app
from cpmodel.errors import BadInput
from cpmodel.explorer.session import Session
from cpmodel.explorer.state import History, State, from_link, from_yaml
from cpmodel.inputs.changes import read_changes, spelled
from cpmodel.inputs.known import load_known
from cpmodel.inputs.overlay import resolve
from cpmodel.model.state import GROUPS
from cpmodel.results.outcomes import long_table, national_draws
from cpmodel.results.saved import open_run

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "scenarios"
KNOWN = load_known(ROOT)
SMALL = {"draws": 32, "resolution": "explorer"}
BASES = ("as_decided", "green_credit_push", "credit_late", "reference", "successor_889")
WINDOWS = {"awareness": (2010, 2020), "database": (2009, 2020), "technical_support": (2009, 2020),
           "network": (2009, 2015), "finance": (2010, 2012)}  # fmt: skip
amounts = st.floats(0, 80).map(lambda value: round(value, 2))


@st.composite
def money(draw):
    project = draw(st.sampled_from(COMPONENT_PROJECTS))
    first, last = WINDOWS[project]
    year = draw(st.integers(first, last))
    span = draw(st.sampled_from([str(year), f"{year}-{last}"]))
    return f"budgets.{project}.{draw(st.sampled_from(FUNDING_SOURCES))}.{span}", draw(amounts)


moves = st.one_of(
    money(),
    st.tuples(st.just("budgets.scale"), st.floats(0, 5)),
    st.tuples(st.just("credit.soft_loan.terms.rate"), st.floats(0, 0.3)),
    st.tuples(st.just("credit.soft_loan.opens"), st.integers(2009, 2021)),
    st.tuples(st.just("credit.soft_loan.volume.value"), amounts),
    st.tuples(st.just("credit.soft_loan.only.sizes"), st.lists(st.sampled_from(SIZES), min_size=1, unique=True)),
    st.tuples(st.sampled_from(["credit.state_credit", "budgets.network"]), st.none()),
    st.tuples(st.sampled_from(["unit_mandate", "integration_in_plans"]).map("toggles.{}".format), st.booleans()),
    st.tuples(st.just("drivers.path"), st.sampled_from(["observed", "low_growth", "no_such_path"])),
    st.tuples(st.just("drivers.electricity_price"), st.floats(0.2, 4)),
    st.tuples(st.just("title.vi"), st.sampled_from(["Tín dụng: “nhanh”", "# 1, [x]: {y}", "2012", "null", "<b>"])),
)  # fmt: skip


@st.composite
def states(draw, bases=BASES):
    state = State(draw(st.sampled_from(bases)))
    for key, value in draw(st.lists(moves, max_size=6)):
        state = state.moved({key: value})
    return state


def outcome(door):
    """Return the resolved scenario of a door, or what it complains about."""
    try:
        return door().to_dict()
    except BadInput as error:
        return sorted({problem.why for problem in error.problems})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    copy = tmp_path_factory.mktemp("doors") / "scenarios"
    shutil.copytree(FOLDER, copy)
    return copy


def options(state):
    return shlex.split(state.command())[3:]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(states())
def test_explorer_file_notebook_and_link_give_the_same_scenario(folder, state):
    shown = outcome(lambda: state.resolved(KNOWN, FOLDER, SMALL))
    base = resolve(state.base, KNOWN, FOLDER)
    try:
        (folder / "mine.yaml").write_text(state.to_yaml(base), "utf-8")
    except BadInput as error:  # a key that is both a value and a group: no door takes it
        assert shown == sorted({problem.why for problem in error.problems})
        return
    if state.changes:
        assert outcome(lambda: resolve("mine", KNOWN, folder, SMALL)) == shown
    told = eval(
        state.python(),
        {"explorer": type("Door", (), {"open_explorer": lambda base, changes={}: (base, changes)})},
    )
    assert outcome(lambda: State(told[0]).moved(told[1]).resolved(KNOWN, FOLDER, SMALL)) == shown
    assert from_link(state.link()) == state
    assert outcome(lambda: from_yaml(state.to_yaml(base)).resolved(KNOWN, FOLDER, SMALL)) == shown


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(states())
def test_the_command_line_gives_the_same_scenario(state):
    command = ["scenario", "show", state.base, "--resolved", *options(state)]
    done = CliRunner().invoke(app, command)
    try:
        wanted = state.resolved(KNOWN, FOLDER).to_yaml()
    except BadInput as error:
        assert isinstance(done.exception, BadInput)
        assert {p.why for p in done.exception.problems} == {p.why for p in error.problems}
        return
    assert done.exit_code == 0 and done.stdout == wanted


@pytest.fixture(scope="module")
def session():
    """A session that has seen other scenarios before, as the page's has."""
    return Session()


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(states())
@example(
    State("as_decided").moved(
        {"budgets.awareness.state.2012-2015": 31.5, "credit.soft_loan.terms.rate": 0.02}
    )
)
@example(
    State("credit_late").moved(
        {"drivers.electricity_price": 1.4, "toggles.unit_mandate": True, "budgets.network": None}
    )
)
def test_every_door_gives_the_same_bytes(folder, session, tmp_path_factory, state):
    try:
        scenario = state.resolved(KNOWN, FOLDER, SMALL)
    except BadInput:
        assume(False)
    into, notebook = tmp_path_factory.mktemp("bytes"), Session()
    page = eval(state.python()[:-1] + ", draws=32, full_run=False)", {"explorer": explorer})
    shown = {
        "page": session.run(scenario, GROUPS),
        "notebook": notebook.run(page.desk.scenario_of(page.state), GROUPS),
    }
    (folder / "mine.yaml").write_text(state.to_yaml(resolve(state.base, KNOWN, FOLDER)), "utf-8")
    run = ["--draws", "32", "--resolution", "explorer", "-o"]
    file = str(folder / "mine.yaml") if state.changes else state.base
    for name, options_ in (("file", [file]), ("line", [state.base, *options(state)])):
        done = CliRunner().invoke(app, ["run", *options_, *run, str(into / name)])
        assert done.exit_code == 0, done.output
    saved = [open_run(into / name) for name in ("file", "line")]
    assert saved[0].manifest["hashes"] == saved[1].manifest["hashes"]
    for name in ("scenario.resolved.yaml", "results.parquet", "results.csv", "draws.parquet"):
        assert (into / "file" / name).read_bytes() == (into / "line" / name).read_bytes()
    for door, found in shown.items():
        national_draws(found.worlds, found.outputs).to_parquet(into / f"{door}.parquet", index=False)
        assert (into / f"{door}.parquet").read_bytes() == (into / "file" / "draws.parquet").read_bytes(), door
        table = long_table(found.worlds, found.outputs)
        assert saved[0].results.head(len(table)).equals(table), door


def test_changed_money_says_that_it_is_assumed():
    funded = resolve("as_funded", KNOWN, FOLDER)
    found = State("as_funded").moved({"budgets.awareness.state.2012": 9.0}).resolved(KNOWN, FOLDER)
    assert (
        funded.budgets.status == "provided" and found.budgets.status == "assumed" and not found.budgets.source
    )
    assert found.name == "as_funded_changed" and found.lineage == ("as_funded", "as_decided")


def test_a_change_under_another_replaces_it_and_ranges_split():
    changes = read_changes(["budgets.awareness.state.2010-2013=5", "budgets.awareness.state.2012=9"])
    assert [changes[f"budgets.awareness.state.{y}"] for y in range(2010, 2014)] == [5, 5, 9, 5]
    assert read_changes(spelled(changes)) == changes
    removed = read_changes(["credit.soft_loan.opens=2012", "credit.soft_loan=null"])
    assert removed == {"credit.soft_loan": None}


@pytest.mark.parametrize("text", ["budgets", "=3", "a=[1", "a={b: 1}", "a=!!python/object:x {}", "a=1\nb: 2"])
def test_what_is_no_change_is_refused_with_the_remedy(text):
    with pytest.raises(BadInput) as error:
        read_changes([text])
    assert error.value.problems[0].fix


@pytest.mark.parametrize(
    "fragment", ["", "#", "base=", "x=1", "base=as_decided&" + "a=1&" * 3000, "base=a&b=" + "9" * 70_000]
)
def test_a_broken_link_is_refused(fragment):
    with pytest.raises(BadInput):
        from_link(fragment)


def test_a_drag_is_one_step_and_undo_and_redo_walk_the_same_path():
    a = State("as_decided")
    b, c = a.moved({"budgets.scale": 2.0}), a.moved({"budgets.scale": 3.0})
    history = History(a).dragged(b).dragged(c)
    assert history.shown == c and history.now == a
    history = history.reached(c).reached(c)
    assert history.undo().shown == a and history.undo().redo().shown == c
    assert history.undo().undo() == history.undo()
    assert history.undo().reached(b).redo().shown == b, "a move after undo closes the way forward"


@given(st.lists(st.one_of(amounts, st.just("undo"), st.just("redo")), max_size=30))
def test_undo_never_loses_the_way(steps):
    history, trail, here = History(State("as_decided")), [State("as_decided")], 0
    for step in steps:
        if step == "undo":
            history, here = history.undo(), max(here - 1, 0)
        elif step == "redo":
            history, here = history.redo(), min(here + 1, len(trail) - 1)
        else:
            state = State("as_decided").moved({"budgets.scale": step})
            if state != trail[here]:
                trail, here = [*trail[: here + 1], state], here + 1
            history = history.reached(state)
        assert history.shown == trail[here]
