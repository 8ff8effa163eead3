"""What a result hangs on: published indices, planted rules, and what it is worth to know."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, uniform
from test_cli import call

from cpmodel.analysis.discovery import chosen, prim
from cpmodel.analysis.drawn import asked, drawn_inputs, of_variant
from cpmodel.analysis.sensitivity import main_effects, sobol_indices, structural_share
from cpmodel.analysis.value_of_information import evpi, evpi_of_normal
from cpmodel.errors import BadInput
from cpmodel.inputs.parameters import read_parameters
from cpmodel.inputs.project import project_root


def ishigami(x, a=7.0, b=0.1):
    """Ishigami & Homma 1990, with the usual constants."""
    return np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])


def test_ishigami_has_its_published_indices():
    found = sobol_indices(
        ishigami, [uniform(-np.pi, 2 * np.pi)] * 3, np.random.default_rng(1), 8192, ["a", "b", "c"], 30
    )
    assert list(found["input"]) == ["a", "b", "c"]
    np.testing.assert_allclose(found["first_order"], [0.313905, 0.442411, 0.0], atol=0.01)
    np.testing.assert_allclose(found["total"], [0.557589, 0.442411, 0.243684], atol=0.01)
    assert (found["first_low"] <= found["first_order"]).all()
    assert (found["first_order"] <= found["first_high"]).all()


def test_sobol_g_function_has_its_closed_form():
    a = np.array([0.0, 1.0, 4.5, 9.0])
    part = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + part) - 1
    found = sobol_indices(
        lambda x: np.prod((np.abs(4 * x - 2) + a[:, None]) / (1 + a[:, None]), axis=0),
        [uniform()] * 4,
        np.random.default_rng(2),
        8192,
        resamples=2,
    )
    np.testing.assert_allclose(found["first_order"], part / whole, atol=0.01)
    total = part * np.prod(1 + part) / (1 + part) / whole
    np.testing.assert_allclose(found["total"], total, atol=0.01)


def additive(n, seed=3):
    x = np.random.default_rng(seed).uniform(size=(n, 4))
    weights = np.array([4.0, 2.0, 1.0, 0.0])
    return pd.DataFrame(x, columns=list("abcd")), x @ weights, weights**2 / (weights**2).sum()


def test_shares_from_draws_are_the_first_order_indices_of_a_sum():
    inputs, y, exact = additive(20_000)
    found = main_effects(inputs, y, np.random.default_rng(0)).set_index("input")
    np.testing.assert_allclose(found.loc[list("abcd"), "share"], exact, atol=0.01)
    assert found.index[0] == "a" and (found.loc[list("abc"), "direction"] > 0.1).all()


def test_shares_from_draws_agree_with_sobol_on_ishigami():
    x = np.random.default_rng(4).uniform(-np.pi, np.pi, size=(20_000, 3))
    found = main_effects(pd.DataFrame(x, columns=list("abc")), ishigami(x.T), np.random.default_rng(0))
    shares = found.set_index("input")["share"]
    np.testing.assert_allclose(shares[list("abc")], [0.313905, 0.442411, 0.0], atol=0.02)


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_scale_of_an_input_plays_no_part(seed):
    inputs, y, _ = additive(300, seed)
    shares = [
        main_effects(table, y, np.random.default_rng(0), resamples=2).set_index("input")["share"]
        for table in (inputs, np.exp(5 * inputs), 1000 * inputs - 7)
    ]
    for other in shares[1:]:
        np.testing.assert_allclose(other[list("abcd")], shares[0][list("abcd")], rtol=1e-12, atol=1e-12)


def test_an_input_that_does_nothing_has_no_share_on_average():
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        table = main_effects(
            pd.DataFrame({"a": rng.uniform(size=200)}), rng.normal(size=200), rng, resamples=2
        )
        found.append(table["share"].iloc[0])
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_an_outcome_that_does_not_vary_hangs_on_nothing():
    inputs, y, _ = additive(100)
    found = main_effects(inputs, np.zeros_like(y), np.random.default_rng(0))
    assert (found[["share", "low", "high", "direction"]] == 0).all().all()


def test_too_few_draws_are_refused():
    inputs, y, _ = additive(20)
    with pytest.raises(ValueError, match="30 or more"):
        main_effects(inputs, y, np.random.default_rng(0))


@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4), st.floats(0.1, 3))
def test_the_share_between_variants_is_a_share(values, shift):
    alike = {"H1": np.array(values), "H2": np.array(values)}
    assert structural_share(alike) == pytest.approx(0, abs=1e-12)
    apart = {"H1": np.array(values), "H2": np.array(values) + shift}
    assert 0 < structural_share(apart) <= 1 + 1e-12
    assert structural_share({"H1": np.zeros(3), "H2": np.ones(3)}) == 1.0


def test_perfect_information_has_its_closed_form():
    assert evpi_of_normal(1.0, 2.0) == pytest.approx(0.395593, abs=5e-7)
    assert evpi_of_normal(-1.0, 2.0) == evpi_of_normal(1.0, 2.0)
    assert evpi_of_normal(0.0, 1.0) == pytest.approx(norm.pdf(0.0))
    assert evpi_of_normal(3.0, 0.0) == 0.0
    gain = np.random.default_rng(5).normal(1.0, 2.0, 400_000)
    assert evpi(np.column_stack([np.zeros_like(gain), gain])) == pytest.approx(0.395593, abs=0.006)


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_information_is_never_worth_less_than_nothing(seed, options):
    worth = np.random.default_rng(seed).normal(size=(20, options))
    assert evpi(worth) >= 0
    assert evpi(worth + 7.0) == pytest.approx(
        evpi(worth), abs=1e-9
    )  # a gain whatever is chosen teaches nothing
    assert evpi(np.column_stack([worth, worth.min(axis=1) - 1])) == pytest.approx(evpi(worth), abs=1e-9)


def test_a_best_choice_that_never_changes_makes_information_worthless():
    base = np.random.default_rng(6).normal(size=200)
    assert evpi(np.column_stack([base, base + 1, base - 1])) == 0.0


@pytest.mark.parametrize("bad", [np.zeros(3), np.array([[np.nan, 1.0]]), np.zeros((3, 0))])
def test_net_benefits_of_another_shape_are_refused(bad):
    with pytest.raises(ValueError, match="draws × options"):
        evpi(bad)


def planted(n=2000, seed=7):
    rng = np.random.default_rng(seed)
    inputs = pd.DataFrame(rng.uniform(size=(n, 6)), columns=list("abcdef"))
    return inputs, ((inputs["b"] > 0.6) & (inputs["e"] < 0.3)).to_numpy()


def test_a_planted_box_is_found_and_nothing_else():
    inputs, case = planted()
    box = chosen(prim(inputs, case), inputs, case)
    assert set(box.limits) == {"b", "e"}
    assert box.limits["b"][0] == pytest.approx(0.6, abs=0.06) and box.limits["b"][1] == np.inf
    assert box.limits["e"][1] == pytest.approx(0.3, abs=0.06) and box.limits["e"][0] == -np.inf
    assert box.density > 0.9 and box.coverage > 0.7
    assert all(p < 1e-6 for p in box.p_values.values())


def test_peeling_gives_up_coverage_for_density():
    inputs, case = planted()
    path = prim(inputs, case)
    density = [box.density for box in path]
    coverage = [box.coverage for box in path]
    assert path[0].limits == {} and path[0].coverage == 1.0 and density[0] == case.mean()
    assert density == sorted(density) and coverage == sorted(coverage, reverse=True)
    assert all(box.support >= 0.05 * 0.9 for box in path)


def test_the_figures_of_a_box_are_those_of_its_draws():
    inputs, case = planted(500)
    for box in prim(inputs, case):
        inside = np.ones(len(case), bool)
        for name, (low, high) in box.limits.items():
            inside &= inputs[name].between(low, high).to_numpy()
        assert box.density == pytest.approx(case[inside].mean())
        assert box.coverage == pytest.approx(case[inside].sum() / case.sum())
        assert box.support == pytest.approx(inside.mean())


def test_chance_makes_no_rule():
    rng = np.random.default_rng(8)
    inputs = pd.DataFrame(rng.uniform(size=(400, 3)), columns=list("abc"))
    case = rng.uniform(size=400) < 0.4
    box = chosen(prim(inputs, case), inputs, case, least_coverage=0.9)
    assert len(box.limits) <= 1


@pytest.mark.parametrize("all_alike", [True, False])
def test_where_nothing_differs_nothing_can_be_told_apart(all_alike):
    inputs, _ = planted(50)
    with pytest.raises(ValueError, match="nothing to tell apart"):
        prim(inputs, np.full(50, all_alike))


def test_inputs_drawn_again_are_those_of_the_run():
    parameters = read_parameters(project_root() / "data" / "parameters.csv")
    few, more = drawn_inputs(parameters, 1419, 64), drawn_inputs(parameters, 1419, 128)
    pd.testing.assert_frame_equal(few, drawn_inputs(parameters, 1419, 64))
    assert list(few) == list(more) == list(parameters.streams)
    assert not few.equals(drawn_inputs(parameters, 1420, 64))


def test_outcomes_are_asked_by_short_names_and_refused_with_the_nearest():
    draws = pd.DataFrame(
        {"variant": ["H1", "H1"], "draw": [1, 0], "year": [2020, 2020], "adoption_strict": [0.2, 0.1]}
    )
    question = asked("adoption_2020", draws, "--outcome")
    assert (question.outcome, question.year) == ("adoption_strict", 2020)
    np.testing.assert_array_equal(of_variant(draws, question)["H1"], [0.1, 0.2])
    for text, word in [
        ("adoptoin_2020", "adoption_2020"),
        ("adoption_2031", "2020–2020"),
        ("adoption", "year"),
    ]:
        with pytest.raises(BadInput, match=word):
            asked(text, draws, "--outcome")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project with reports of its own, so that runs of these tests are made once."""
    root = tmp_path_factory.mktemp("decisions")
    for name in ("data", "notebooks", "scenarios"):
        (root / name).symlink_to(project_root() / name)
    return root


SMALL = ("--draws", "128", "--resolution", "explorer")


def test_sensitivity_ranks_inputs_and_tells_the_way_they_move(capsys, home, monkeypatch):
    monkeypatch.setenv("CPMODEL_HOME", str(home))
    code, out, err = call(capsys, "sensitivity", "as_decided", *SMALL, "--top", "3")
    assert code == 0, err
    assert "hangs most on" in out and "choice of H1 or H2" in out and "More of it means" in out
    assert "lowest and highest tenth" in out and "Swing" in out
    code, out, _ = call(capsys, "sensitivity", "as_decided", *SMALL, "--outcome", "awareness_2015", "--json")
    found = json.loads(out)
    assert {row["variant"] for row in found["shares"]} == {"H1", "H2"} and found["outcome"] == "awareness"
    both = ("--outcome", "awareness_2015", "--outcome", "energy_saved_2015")
    code, out, err = call(capsys, "sensitivity", "as_decided", *SMALL, *both, "--json")
    assert code == 0 and [one["outcome"] for one in json.loads(out)] == ["awareness", "energy_saved"], err
    code, out, _ = call(capsys, "sensitivity", "as_decided", *SMALL, "--language", "vi")
    assert code == 0 and "phụ thuộc nhiều nhất vào" in out and "Việc chọn H1 hay H2" in out
    assert not any(word in out for word in ("input", "share", "variance", "less", "more"))


def test_discover_tells_a_rule_in_words_and_what_warns_of_it(capsys, home, monkeypatch):
    monkeypatch.setenv("CPMODEL_HOME", str(home))
    ask = ("discover", "as_decided", *SMALL, "--missed", "awareness_2015")
    code, out, err = call(capsys, *ask, "--below", "0.4")
    assert code == 0, err
    out = " ".join(out.split())
    assert "of the misses" in out and "Safest where" in out and "Misses caught" in out
    code, out, _ = call(capsys, *ask, "--below", "0.4", "--language", "vi")
    out = " ".join(out.split())  # lines are broken at a hundred places
    assert code == 0 and "Không đạt trong" in out and "An toàn nhất khi" in out and "Báo động nếu dưới" in out
    code, out, _ = call(capsys, *ask, "--below", "0.4", "--json")
    found = json.loads(out)
    assert {row["kind"] for row in found["rules"]} == {"box", "leaf"} and found["warnings"]
    code, out, err = call(capsys, *ask, "--below", "0.999")
    assert code == 0 and "no input decides" in " ".join(out.split()) and ">99%" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sensitivity", "as_decided", "--outcome", "adoptoin_2020", *SMALL), ("adoptoin", "adoption_2020")),
        (("discover", "as_decided", "--missed", "adoption_2040", *SMALL), ("--missed", "2009–2020")),
        (("discover", "as_decided", "--missed", "assessments_2014", *SMALL), ("--below",)),
        (("sensitivity", "as_decided", "--draws", "32", "--resolution", "explorer"), ("--draws", "100")),
        (("sensitivity", "as_decided", "--model", "--calibration", "latest"), ("--model", "Shapley")),
        (
            ("sensitivity", "as_decided", "--model", "--outcome", "adoptoin_2020"),
            ("adoptoin", "adoption_2020"),
        ),
        (("discover", "as_decided", "--missed", "adoption_2020", "--language", "fr"), ("fr", "vi")),
    ],
)
def test_questions_that_have_no_answer_are_refused(capsys, home, monkeypatch, arguments, words):
    monkeypatch.setenv("CPMODEL_HOME", str(home))
    code, _, err = call(capsys, *arguments)
    assert code == 2 and "Traceback" not in err
    assert all(word in err for word in words), err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            (
                "backcast",
                "--target",
                "adoptoin_2031=50",
                "--probability",
                "80",
                "--cap",
                "12xx",
                "--scenario",
                "as_decidd",
            ),
            ("adoptoin", "Did you mean", "--probability", "80 % as 0.8", "--cap", "as_decided"),
        ),
        (("backcast", "--target", "adoption_2020=50"), ("50 % as 0.5",)),
        (("backcast", "--target", "offices_2020=90"), ("1 to 63",)),
        (("backcast", "--target", "adoption_2031=0.5"), ("2010 to 2020",)),
        (
            ("backcast", "--target", "adoption_2020=0.5", "--from", "2021", "--draws", "8"),
            ("--from", "--draws"),
        ),
        (("allocate", "--cap", "10bn"), ("running costs", "34")),
        (
            ("allocate", "--cap", "120", "--maximise", "goals", "--language", "fr"),
            ("--maximise", "--language"),
        ),
        (("robust", "as_decided"), ("two or more",)),
        (("robust", "as_decided", "successor_889"), ("horizon",)),
        (("robust", "as_decided", "referenc", "--level", "50"), ("reference", "--level")),
        (("wedges", "reference"), ("levers: none", "pulls no lever", "as_decided")),
        (("wedges", "as_decided", "--outcome", "adoption", "--levers", "x"), ("adoption_",)),
        (("survey-value", "as_decided", "--year", "2020"), ("up to 2019",)),
    ],
)
def test_questions_about_programmes_that_have_no_answer_are_refused(
    capsys, home, monkeypatch, arguments, words
):
    monkeypatch.setenv("CPMODEL_HOME", str(home))
    code, out, err = call(capsys, *arguments)
    assert code == 2 and "Traceback" not in err and not out
    assert all(word in err for word in words), err
    assert not list((home / "reports").glob("decisions/[0-9]*backcast*"))


def test_an_answer_is_given_twice_and_found_once(capsys, home, monkeypatch):
    monkeypatch.setenv("CPMODEL_HOME", str(home))
    ask = ("wedges", "as_decided", "--draws", "32", "--levers", "awareness,network", "--language", "vi")
    code, out, err = call(capsys, *ask)
    assert code == 0 and "Giá trị Shapley" in out and "coalitions" in err, err
    code, again, err = call(capsys, *ask)
    assert code == 0 and again == out and "coalitions" not in err
