"""What a result hangs on and what warns of it: published indices, shares under correlation, trees, thresholds."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from cpmodel.analysis.conditions import conditions, signs
from cpmodel.analysis.drawn import Asked, drawn_inputs, fitted_inputs
from cpmodel.analysis.early_warning import ALARM, CLEAR, UNSEEN, best_threshold, early_warnings, watch
from cpmodel.analysis.importance import normal_scores, shapley_importance, tornado
from cpmodel.analysis.screening import VARIANT, Effort, morris, screen, sobol
from cpmodel.analysis.trees import tree
from cpmodel.calibration.observations import Observation
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.parameters import read_parameters
from cpmodel.inputs.posterior import Posterior

ROOT = worlds.ROOT


def ishigami(u, a=7.0, b=0.1):
    """Ishigami & Homma 1990, of uniforms (n, 3)."""
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigami_has_its_published_indices_within_the_intervals_told():
    found, variance = sobol(ishigami, list("abc"), 4096, 1, 50)
    by = found.set_index("input")
    np.testing.assert_allclose(by.loc[list("abc"), "first"], [0.313905, 0.442411, 0.0], atol=0.03)
    np.testing.assert_allclose(by.loc[list("abc"), "total"], [0.557589, 0.442411, 0.243684], atol=0.03)
    exact = pd.Series([0.557589, 0.442411, 0.243684], list("abc"))
    assert ((by["total"] - exact).abs() <= 3 * by["total_conf"]).all()
    assert variance == pytest.approx(7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5, rel=0.02)


def test_morris_finds_the_slopes_of_a_straight_line():
    slopes = np.array([3.0, 0.0, -1.0, 10.0])
    found = morris(lambda u: u @ slopes, list("abcd"), 10, 1).set_index("input")
    np.testing.assert_allclose(found.loc[list("abcd"), "mu_star"], 0.9 * np.abs(slopes), atol=1e-9)
    np.testing.assert_allclose(found["sigma"], 0.0, atol=1e-9)
    assert list(found.index) == ["d", "a", "c", "b"]


def test_a_screening_of_the_model_names_inputs_and_goes_on_where_it_stopped(tmp_path):
    scenario = resolve("as_decided", folder=ROOT / "scenarios")
    effort, stages = Effort(trajectories=2, chosen=3, size=8, resamples=10, prior=32), []
    found = screen(scenario, "adoption_strict", 2020, effort, None, lambda *a: stages.append(a[0]), tmp_path)
    ends = found["tornado"][["low", "high"]]
    assert (ends.min(axis=1) <= found.facts["mean"]).all() and (ends.max(axis=1) >= found.facts["mean"]).any()
    assert set(stages) == {"morris", "sobol", "prior"}
    assert len(found["morris"]) == found.facts["inputs"] and VARIANT in set(found["morris"]["input"])
    assert set(found["sobol"]["input"]) == set(found["morris"]["input"][:3])
    assert found.facts["evaluations"] == 2 * (found.facts["inputs"] + 1) + 8 * 5
    stages.clear()
    again = screen(scenario, "adoption_strict", 2020, effort, None, lambda *a: stages.append(a[0]), tmp_path)
    assert not stages and again["sobol"].equals(found["sobol"])


def test_shares_of_independent_inputs_are_their_squared_slopes():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 4))
    table, explained = shapley_importance(
        pd.DataFrame(x, columns=list("abcd")), x @ [2.0, 1.0, 0.0, 0.0], rng, 4, 10
    )
    by = table.set_index("input")["share"]
    np.testing.assert_allclose(by[list("abcd")], [0.8, 0.2, 0.0, 0.0], atol=0.02)
    assert explained == pytest.approx(by.sum()) and explained <= 1 + 1e-9


def test_what_twins_explain_together_is_shared_alike():
    rng = np.random.default_rng(2)
    a = rng.normal(size=3000)
    x = pd.DataFrame({"a": a, "twin": a + 1e-6 * rng.normal(size=3000), "noise": rng.normal(size=3000)})
    table, _ = shapley_importance(x, a + 0.5 * rng.normal(size=3000), rng, 3, 10)
    by = table.set_index("input")["share"]
    assert by["a"] == pytest.approx(by["twin"], abs=0.01) and by["a"] == pytest.approx(0.4, abs=0.03)
    assert by["noise"] == pytest.approx(0.0, abs=0.01) and (table["low"] <= table["high"]).all()


@given(st.integers(0, 500))
@settings(max_examples=15, deadline=None)
def test_importance_does_not_depend_on_scales(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 3))
    y = x @ [1.0, 0.5, 0.0]
    tables = [
        shapley_importance(pd.DataFrame(one, columns=list("abc")), out, np.random.default_rng(0), 3, 2)[0]
        for one, out in ((x, y), (np.exp(x), 7 + 3 * y))
    ]
    pd.testing.assert_frame_equal(*tables)
    assert np.abs(normal_scores(x).mean()) < 1e-9


def test_a_tornado_puts_the_widest_swing_first_and_keeps_its_direction():
    x = pd.DataFrame({"small": np.linspace(0, 1, 100), "large": np.tile(np.linspace(0, 1, 10), 10)})
    found = tornado(x, x["small"] - 5 * x["large"])
    assert list(found["input"]) == ["large", "small"]
    assert found["low"][0] > found["high"][0]  # more of it, less of the outcome


def planted(n=2000, seed=7):
    rng = np.random.default_rng(seed)
    inputs = pd.DataFrame(rng.uniform(size=(n, 5)), columns=list("abcde"))
    return inputs, ((inputs["b"] > 0.6) & (inputs["e"] < 0.3)).to_numpy()


def test_a_tree_finds_a_planted_box():
    inputs, case = planted()
    leaf = tree(inputs, case)[0]
    assert set(leaf.limits) == {"b", "e"} and leaf.density > 0.9 and leaf.coverage > 0.9
    assert leaf.limits["b"][0] == pytest.approx(0.6, abs=0.05) and leaf.limits["e"][1] == pytest.approx(
        0.3, abs=0.05
    )


@given(st.integers(0, 500))
@settings(max_examples=10, deadline=None)
def test_every_draw_lies_in_exactly_one_leaf(seed):
    inputs, case = planted(300, seed)
    leaves, times = tree(inputs, case), np.zeros(300)
    for leaf in leaves:
        inside = np.ones(300, bool)
        for name, (low, high) in leaf.limits.items():
            inside &= ((inputs[name] > low) & (inputs[name] <= high)).to_numpy()
        times += inside
        assert leaf.support == pytest.approx(inside.mean()) and leaf.density == pytest.approx(
            case[inside].mean()
        )
    assert (times == 1).all() and sum(leaf.coverage for leaf in leaves) == pytest.approx(1.0)


def test_a_tree_of_draws_that_are_alike_is_refused():
    with pytest.raises(ValueError, match="nothing to tell apart"):
        tree(planted(50)[0], np.ones(50, bool))


def test_the_best_threshold_tells_misses_apart():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    threshold, hit, false, skill, density = best_threshold(values, values < 3.5)
    assert (threshold, hit, false, skill, density) == (3.5, 1.0, 0.0, 1.0, 1.0)
    assert best_threshold(np.ones(5), np.array([True, False, True, False, True])) is None


def observed(value, year=2015, outcome="awareness"):
    return Observation("r1", ("r1",), "survey_national", outcome, "share", "", "VN", year, (value,))


def test_a_warning_is_raised_by_what_is_seen_below_its_threshold():
    draws = pd.DataFrame(
        {"variant": "H1", "draw": range(200), "year": 2015, "awareness": np.linspace(0, 1, 200)}
    )
    signs = early_warnings(draws, np.linspace(0, 1, 200) < 0.5, [2015])
    assert signs["threshold"][0] == pytest.approx(0.5, abs=0.01) and signs["skill"][0] == 1.0
    for seen, status in (
        ([observed(0.4)], ALARM),
        ([observed(0.6)], CLEAR),
        ([], UNSEEN),
        ([observed(0.4, 2016)], UNSEEN),
    ):
        assert watch(signs, seen)["status"][0] == status
    with pytest.raises(ValueError, match="nothing to warn of"):
        early_warnings(draws, np.zeros(200, bool), [2015])


def test_conditions_of_a_run_tell_rules_and_signs():
    world = worlds.real_world("as_decided", 256)
    from cpmodel.results.outcomes import national_draws

    draws = national_draws({"H1": world}, {"H1": worlds.run_in(world)})
    inputs = {"H1": drawn_inputs(world.inputs.parameters, world.inputs.scenario.seed, 256)}
    found = conditions(inputs, draws, Asked("awareness", 2015), 0.4, "as_decided")
    assert set(found["rules"]["kind"]) == {"box", "leaf"}
    assert found["rules"].query("kind == 'leaf'")["support"].sum() == pytest.approx(1.0)
    assert (found["warnings"]["year"] <= 2013).all() and (
        found["warnings"]["hit_rate"] > found["warnings"]["false_alarms"]
    ).all()
    alike = conditions(inputs, draws, Asked("awareness", 2015), 0.999, "as_decided")
    assert alike["rules"].empty and alike["warnings"].empty and alike["missed"]["share"].tolist() == [1.0]


def test_inputs_of_a_run_on_a_calibration_are_its_particles_variant_by_variant():
    parameters = read_parameters(ROOT / "data" / "parameters.csv")
    z = {v: pd.DataFrame(np.full((64, len(parameters.streams)), shift), columns=list(parameters.streams))
         for v, shift in (("H1", 0.0), ("H2", 1.0))}  # fmt: skip
    told = Posterior("made", "as_decided", 2020, 0, z, {}, (), "")
    found = fitted_inputs(parameters, told, 40)
    row = parameters.rows.set_index("stream").loc["rebound"]
    assert found["H1"].shape == (40, len(parameters.streams))
    assert found["H1"]["rebound"].to_numpy() == pytest.approx(np.full(40, row["median"]), rel=1e-6)
    assert (found["H2"]["rebound"] > found["H1"]["rebound"]).all()


def test_warnings_are_of_the_target_that_can_go_either_way():
    rng = np.random.default_rng(5)
    early = rng.random(400)
    rows = [pd.DataFrame({"variant": "H1", "draw": range(400), "year": year, "awareness": early * (year - 2010),
                          "adoption_strict": 0.01 * early}) for year in range(2011, 2016)]  # fmt: skip
    draws = pd.concat(rows, ignore_index=True)
    target = lambda outcome, level: SimpleNamespace(outcome=outcome, year=2015, threshold=level)  # noqa: E731
    targets = [
        target("adoption_strict", 0.5),
        target("awareness", 4.6),
        target("awareness", 2.0),
        target(None, 0.1),
    ]
    found = signs(draws, targets, "trial")
    assert found.facts == {"outcome": "awareness", "year": 2015, "level": 2.0}
    best = found["warnings"].iloc[0]
    assert best["hit_rate"] == 1.0 and best["false_alarms"] == 0.0 and best["year"] <= 2013
    assert signs(draws, targets[:1], "trial") is None
