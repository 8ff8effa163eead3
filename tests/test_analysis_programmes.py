"""What it would take: programmes keep the law's windows and every cap, searches are repeatable, verdicts are honest."""

from dataclasses import replace

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from cpmodel.analysis.aims import LevelAim, TargetsAim, smooth_quantile
from cpmodel.analysis.alternatives import LEAST_APART, looks
from cpmodel.analysis.backcast import BEST, LEAST, PLANNED, backcast
from cpmodel.analysis.design_mixes import candidates, moved
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.programme import as_planned, programme, windows_of
from cpmodel.analysis.programme_question import Question, read_backcast
from cpmodel.analysis.programme_runs import NO_CREDIT, OWN_CREDIT, Measured, Trials, make_bench, spending_of
from cpmodel.analysis.programme_search import Effort, prepared
from cpmodel.analysis.programme_terms import refined
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.errors import BadInput, Problems
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.fields import FrozenMap
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.programme_space import FILE, read_programme_space
from cpmodel.model import levers
from cpmodel.model.surroundings import extended_prices

ROOT = worlds.ROOT
SPACE = read_programme_space(ROOT)
QUICK = Effort(draws=32, scattered=6, designs=2, starts=2, iterations=4, alternatives=5, confirm=64)
ASKED = Question("adoption_strict", 2020, 0.5, 0.8, "level", 300.0)


@pytest.fixture(scope="module")
def inputs():
    return load(
        resolve("as_decided", folder=ROOT / "scenarios", overrides={"resolution": "explorer", "draws": 32})
    )


@pytest.fixture(scope="module")
def plan(inputs):
    return programme(inputs, np.arange(2009, 2021), SPACE)


@pytest.fixture(scope="module")
def bench(inputs):
    return make_bench(inputs, Fidelity(32).searching(), ("adoption_strict", 2020), inputs.decision.scored)


@pytest.fixture(scope="module")
def infeasible(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    return backcast(ASKED, inputs.scenario, QUICK, folder, inputs=inputs), folder


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
@pytest.mark.law("A.1", "A.2", "A.3", "A.4", "A.5")
def test_no_project_spends_outside_its_window_nor_any_year_beyond_its_cap(plan, seed):
    for point in plan.room.scattered(4, np.random.default_rng(seed)):
        money = plan.money(point)
        assert not plan.room.broken_by(point)
        assert (money >= -1e-9).all() and (money.sum(axis=0) <= 150 + 1e-6).all()
        for i, project in enumerate(COMPONENT_PROJECTS):
            start, end = plan.windows[project]
            outside = (plan.years < start) | (plan.years > end)
            assert (money[i, outside] == 0).all()
            assert (np.diff(money[i, ~outside]) <= SPACE.projects[project].ramp + 1e-9).all()
        np.testing.assert_allclose(plan.uses(point).sum(), 1.0)
        assert (plan.uses(point) >= 0.05 - 1e-9).all()
        assert plan.budget(point) == pytest.approx(plan.unit_costs @ point + plan.given.sum())


def test_fifteen_to_twenty_amounts_and_terms_are_chosen(plan):
    assert 15 <= len(plan.names) <= 20
    assert {name.split()[0] for name in plan.names} == {*COMPONENT_PROJECTS, "share", "credit"}


def test_what_was_spent_before_the_first_year_chosen_stays(inputs):
    later = programme(inputs, np.arange(2009, 2021), SPACE, first=2016)
    own = inputs.scenario.budget_array(list(range(2009, 2021)))[:, :2].sum(axis=1)
    money = later.money(later.room.low)
    np.testing.assert_array_equal(money[:, :7], own[:, :7])
    assert not any(
        name.startswith(("network", "finance")) for name in later.names
    )  # their windows have closed


def test_a_point_spends_what_a_scenario_with_the_same_amounts_spends(inputs, plan, bench):
    point = plan.room.scattered(1, np.random.default_rng(3))[0]
    sources = type(inputs.scenario.budgets.awareness)
    money = {
        project: sources(state=FrozenMap({int(y): float(a) for y, a in zip(plan.years, line, strict=True)}))
        for project, line in zip(COMPONENT_PROJECTS, plan.money(point), strict=True)
    }
    shares = dict(
        zip(("outreach", "office_training", "provider_training"), map(float, plan.uses(point)), strict=True)
    )
    scenario = inputs.scenario.model_copy(
        update={
            "budgets": inputs.scenario.budgets.model_copy(update=money),
            "activity_shares": type(inputs.scenario.activity_shares)(**shares),
        }
    )
    expected = levers.spending(scenario, extended_prices(inputs, plan.years), plan.years)
    for name, values in spending_of(bench, plan, point)._asdict().items():
        np.testing.assert_allclose(values, getattr(expected, name), rtol=1e-12, atol=1e-12, err_msg=name)


def test_what_was_tried_is_kept_and_not_run_again(plan, bench, tmp_path):
    points = plan.room.scattered(3, np.random.default_rng(4))
    first = Trials(bench, plan, tmp_path)
    before = first.run(points, NO_CREDIT)
    first.keep()
    again = Trials(replace(bench, designs={}), plan, tmp_path)  # a bench that could run nothing
    for one, other in zip(before, again.run(points, NO_CREDIT), strict=True):
        np.testing.assert_array_equal(one.outcome, other.outcome)
    (tmp_path / "trials.npz").write_bytes(b"damaged")
    assert Trials(bench, plan, tmp_path).known == {}


def test_credit_that_is_not_opened_costs_and_brings_nothing(plan, bench):
    point = as_planned(plan, bench.world.inputs).copy()
    point[plan.names.index("credit volume")] = 0.0
    closed, none = (Trials(bench, plan).run(point[None], design)[0] for design in (OWN_CREDIT, NO_CREDIT))
    assert closed.credit == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(closed.outcome, none.outcome, rtol=1e-6)


def test_an_infeasible_target_is_said_to_be_so_with_the_best_there_is_and_what_binds(infeasible):
    found, _ = infeasible
    facts, packages = found.facts, found["packages"].set_index("package")
    assert facts["reached"] is False and packages.loc[BEST, "odds"] < 0.8
    assert packages.loc[BEST, "level"] == facts["level_reached"] < 0.5
    assert facts["binds"] in set(found["obstacles"]["obstacle"])
    assert {"awareness", "assessors", "staff", "credit"} <= set(found["obstacles"]["obstacle"])
    assert {"network", "finance"} == set(found["windows"]["project"])
    assert (
        found["obstacles"]["score_cumulative"].iloc[-1] > 0.5
    )  # with everything taken away it would be reached
    assert packages.loc[BEST, "level"] > packages.loc[LEAST, "level"]


def test_no_package_costs_more_than_the_cap(infeasible):
    packages = infeasible[0]["packages"].set_index("package").drop(index=PLANNED)
    assert (packages["cost"] <= ASKED.cap + 1.0).all()
    np.testing.assert_allclose(packages["cost"], packages["budget"] + packages["credit"])
    np.testing.assert_allclose(packages[list(COMPONENT_PROJECTS)].sum(axis=1), packages["budget"])


def test_alternatives_do_nearly_as_well_and_look_different(infeasible, plan):
    packages = infeasible[0]["packages"].set_index("package")
    floor, best = packages.loc[LEAST, "searched"], packages.loc[BEST, "searched"]
    others = packages.drop(index=[BEST, PLANNED, LEAST])
    assert 1 <= len(others) <= 5
    assert (others["searched"] >= best - 0.051 * (best - floor)).all()
    money = infeasible[0]["money"].pivot_table(
        index="package", columns=["component_project", "year"], values="amount"
    )
    shares = money.div(money.sum(axis=1), axis=0)
    uses = packages[["outreach", "office_training", "provider_training"]]
    for name in others.index:
        apart = (shares.loc[name] - shares.loc[BEST]).abs().sum() + (
            uses.loc[name] - uses.loc[BEST]
        ).abs().sum()
        assert apart > LEAST_APART, name
    assert looks(plan, plan.room.low).shape == (9,)


def test_asked_again_a_search_answers_alike_from_what_it_kept(infeasible, inputs, monkeypatch):
    found, folder = infeasible
    runs = []
    real = Trials.run
    monkeypatch.setattr(
        Trials, "run", lambda self, points, design: runs.append(self) or real(self, points, design)
    )
    again = backcast(ASKED, inputs.scenario, QUICK, folder, inputs=inputs)
    assert again["packages"].equals(found["packages"])
    assert runs[0].fresh == 0 and len(runs[0].known) == found.facts["tried"]


def test_interrupted_a_search_keeps_what_it_tried(inputs, tmp_path):
    def stop(stage, done, of):
        if stage == "climb":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backcast(ASKED, inputs.scenario, QUICK, tmp_path, stop, inputs)
    with np.load(tmp_path / "trials.npz") as kept:
        assert len(kept["keys"]) > 8


def test_more_money_never_lowers_the_optimum_and_starts_agree(inputs):
    best = []
    for cap in (60.0, 120.0, 400.0):
        question = Question("awareness", 2015, None, 0.5, "level", cap)
        found = backcast(
            question, inputs.scenario, replace(QUICK, alternatives=0, iterations=6, confirm=32), inputs=inputs
        )
        best.append(found["packages"]["searched"].iloc[0])
        assert found.facts["spread"] < 0.02 and found.facts["reached"] is None
    assert best == sorted(best)


def test_a_level_within_reach_is_reached_at_a_cost_that_is_told(inputs):
    question = Question("awareness", 2015, 0.3, 0.6, "level")
    found = backcast(question, inputs.scenario, replace(QUICK, alternatives=2, confirm=256), inputs=inputs)
    best = found["packages"].iloc[0]
    assert found.facts["reached"] and best["odds"] >= 0.58
    assert best["cost"] < found["packages"].set_index("package").loc[PLANNED, "cost"]
    assert found.facts["money_price"] > 0 and found["obstacles"]["worth"].notna().all()


def test_a_cap_below_the_running_costs_is_refused_with_the_sum(inputs):
    with pytest.raises(BadInput, match="running costs .* come to 34"):
        backcast(replace(ASKED, cap=10.0), inputs.scenario, QUICK, inputs=inputs)
    with pytest.raises(BadInput, match="--annual-cap"):
        backcast(replace(ASKED, annual_cap=1.0), inputs.scenario, QUICK, inputs=inputs)


@given(st.integers(0, 1000), st.floats(0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_a_smooth_quantile_lies_near_the_exact_one(seed, probability):
    values = np.random.default_rng(seed).normal(size=400)
    assert smooth_quantile(values, probability) == pytest.approx(np.quantile(values, probability), abs=0.12)
    assert smooth_quantile(values + 3, probability) == pytest.approx(smooth_quantile(values, probability) + 3)
    assert smooth_quantile(np.full(50, 2.5), probability) == pytest.approx(2.5)


def test_targets_are_counted_exactly_and_searched_smoothly():
    one = Measured(np.zeros(4), np.array([[0.1, 0.3, 0.6, 0.7], [0.2, 0.4, 0.9, 0.1]]), 0.0)
    aim = TargetsAim((0.5, 45.0), (0.05, 0.0))
    assert aim.told(one) == pytest.approx(0.5 + 0.4)  # the second row holds chances already
    assert TargetsAim((0.5, 45.0), (0.05, 0.0), True).told(one) == pytest.approx((0.9 + 0.1) / 4)
    assert aim.score(one) == pytest.approx(aim.told(one), abs=0.02)
    assert LevelAim(0.75).told(Measured(np.arange(5.0), one.targets, 0.0)) == 1.0


def test_windows_are_those_of_the_decision_as_the_scenario_extends_them(inputs):
    years = np.arange(2009, 2021)
    assert windows_of(inputs, years)["network"] == (2009, 2015) and windows_of(inputs, years)["finance"] == (
        2010,
        2012,
    )
    longer = inputs.scenario.toggles.windows_extended.model_copy(update={"network": 2020})
    toggles = inputs.scenario.toggles.model_copy(update={"windows_extended": longer})
    told = replace(inputs, scenario=inputs.scenario.model_copy(update={"toggles": toggles}))
    assert windows_of(told, years)["network"] == (2009, 2020)


def spoiled(folder, *changes):
    """Return a project whose programme space has been changed, each change an (old, new)."""
    (folder / "data").mkdir(parents=True)
    (folder / "scenarios").mkdir()
    for path in (ROOT / "data").iterdir():
        if path.name != "programme_space.yaml":
            (folder / "data" / path.name).symlink_to(path)
    text = (ROOT / FILE).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / FILE).write_text(text, "utf-8")
    return folder


def test_a_wrong_programme_space_is_told_in_full(tmp_path):
    keys = spoiled(tmp_path / "keys", ("most: 80.0", "most: 0.2"), ("database: {knots", "database: {knotz"))
    with pytest.raises(BadInput) as caught:
        read_programme_space(keys)
    assert all(word in str(caught.value) for word in ("knotz", "running cost", "projects.awareness"))
    names = spoiled(
        tmp_path / "names",
        ("[soft_loan", "[soft_lone"),
        ("J, source: ELICITED_2026", "J, source: ELICITED_2062"),
    )
    with pytest.raises(BadInput) as caught:
        read_programme_space(names)
    assert "soft_loan" in str(caught.value) and "ELICITED_2026" in str(caught.value)


def test_terms_of_credit_move_from_the_list_until_no_step_gains(inputs):
    question = Question("adoption_lenient", 2020, None, 0.5, "level", 800.0)
    search = prepared(question, replace(QUICK, terms=30), inputs, None, lambda *_: None)
    at = as_planned(search.plan, inputs)
    listed = dict(search.mixes)
    opened = np.where(np.array(search.plan.names) == "credit volume", 1.0, at)[None]
    best = max(float(search.scores(opened, name)[0][0]) for name in listed)
    refined(search, NO_CREDIT, at, 0.0)
    (found,) = set(search.trials.bench.designs) - set(listed) - {NO_CREDIT, OWN_CREDIT}
    assert float(search.scores(opened, found)[0][0]) > best
    assert search.mixes[found].kinds == listed[found.partition("~")[0]].kinds
    assert refined(search, NO_CREDIT, at, 1.0) == NO_CREDIT  # where a bn VND brings more than all there is
    assert (
        refined(search, OWN_CREDIT, at, 1.0) != OWN_CREDIT
    )  # and what the scenario has costs more than it brings


def test_a_term_moves_by_steps_within_its_bounds_and_back(inputs):
    space = read_design_space(ROOT)
    mixes = candidates(space, tuple(SPACE.credit_kinds), 8, 5, 2010.0, inputs.catalogue).mixes
    met = 0
    for mix in mixes:
        for kind in mix.kinds:
            for term, bound in space.kinds[kind].bounds.items():
                up = moved(mix, space, kind, term, 1, inputs.catalogue)
                now, then = (getattr(one.credit[kind].terms, term) for one in (mix, up or mix))
                assert bound.low <= then <= bound.high and (up is None or then > now or term == "loan_share")
                if up is not None and then == pytest.approx(now + bound.step):
                    back = moved(up, space, kind, term, -1, inputs.catalogue)
                    assert getattr(back.credit[kind].terms, term) == pytest.approx(now)
                    met += 1
    assert met > 5


def test_limits_are_changed_for_one_question_and_every_slip_in_them_is_told():
    space = read_programme_space(ROOT, {"projects.network.most": 60, "annual_cap.value": 90.5})
    assert space.projects["network"].most == 60 and space.annual_cap.value == 90.5
    assert space.projects["network"].ramp == SPACE.projects["network"].ramp
    problems = Problems()
    wrong = ("projects.networc.most=60", "projects.awareness.most=0.5", "foo", "annual_cap.value=-1")
    asked = read_backcast("adoption_2020=0.5", 0.8, None, None, None, None, problems, wrong)
    said = str(BadInput(problems.found))
    assert "Did you mean `projects.network.most`" in said and "running cost 1" in said
    assert "--limit: foo" in said and "--limit annual_cap.value: -1" in said
    assert len(problems.found) == 4 and asked.level == 0.5
