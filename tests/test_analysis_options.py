"""Options compared: wedges sum to the whole in any order, regret is never negative, surveys are worth what they teach."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cpmodel.analysis import robustness
from cpmodel.analysis.imagined_surveys import reported
from cpmodel.analysis.robustness import cvar, robust, robustness_table
from cpmodel.analysis.survey_value import survey_value
from cpmodel.analysis.value_of_information import evpi, evsi_of_normal, value_of_learning
from cpmodel.analysis.wedges import SYNERGY, TOTAL, levers_of, shapley_split, wedges, with_levers
from cpmodel.errors import BadInput
from cpmodel.inputs.fields import FrozenMap
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.survey_designs import FILE, read_survey_designs

ROOT = worlds.ROOT


def told(name, **overrides):
    return resolve(name, folder=ROOT / "scenarios", overrides=overrides)


worths = st.integers(1, 5).flatmap(lambda k: st.lists(st.floats(-5, 5), min_size=2**k, max_size=2**k))


@given(worths)
@settings(max_examples=60, deadline=None)
def test_wedges_sum_to_the_whole(values):
    split = shapley_split(np.array(values))
    assert split.shapley.sum() == pytest.approx(values[-1] - values[0], abs=1e-9)
    assert split.alone.sum() + split.synergy == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8))
@settings(max_examples=40, deadline=None)
def test_the_order_of_levers_plays_no_part(values):
    values = np.array(values)
    base = shapley_split(values).shapley
    by_hand = np.zeros(3)
    for order in permutations(range(3)):
        members = 0
        for lever in order:
            by_hand[lever] += (values[members | 1 << lever] - values[members]) / 6
            members |= 1 << lever
    np.testing.assert_allclose(base, by_hand, atol=1e-9)
    swapped = values[[int(f"{i:03b}"[::-1], 2) for i in range(8)]]
    np.testing.assert_allclose(shapley_split(swapped).shapley, base[::-1], atol=1e-12)


def test_a_lever_that_does_nothing_has_no_wedge_and_twins_share_alike():
    worth = lambda i: (i & 1) + 3 * (i >> 1 & 1) * (i >> 2 & 1)  # noqa: E731  (two levers that only work together)
    split = shapley_split(np.array([worth(i) for i in range(16)], float))
    np.testing.assert_allclose(split.shapley, [1.0, 1.5, 1.5, 0.0])
    np.testing.assert_allclose(split.alone, [1.0, 0.0, 0.0, 0.0])
    assert split.synergy == pytest.approx(3.0)


def test_worths_of_half_the_coalitions_are_refused():
    with pytest.raises(ValueError, match="all coalitions"):
        shapley_split(np.zeros(6))


LEVERS = ["awareness", "technical_support", "network"]


def without_credit():
    """Return a scenario whose coalitions all share the market's terms, so that few tables are made."""
    return told("as_decided").model_copy(update={"credit": FrozenMap()})


@pytest.fixture(scope="module")
def split():
    return wedges(without_credit(), draws=32, levers=LEVERS)


def test_wedges_of_a_scenario_sum_to_what_it_adds(split):
    for _, year in split["wedges"].groupby("year"):
        by = year.set_index("lever")
        parts = by.drop(index=[TOTAL, SYNERGY])
        assert parts["shapley"].sum() == pytest.approx(by.loc[TOTAL, "shapley"], abs=1e-12)
        assert parts["alone"].sum() + by.loc[SYNERGY, "alone"] == pytest.approx(
            by.loc[TOTAL, "alone"], abs=1e-12
        )
        np.testing.assert_allclose(parts["alone"] + parts["shared"], parts["shapley"], atol=1e-12)
    last = split["wedges"].query("year == 2020").set_index("lever")
    assert last.loc["awareness", "shapley"] > last.loc["network", "shapley"] > 0
    assert (last["p10"] <= last["p90"]).all()


def test_wedges_go_on_from_the_coalitions_that_were_run(tmp_path, split):
    seen = []

    def stop(stage, done, of):
        seen.append(done)
        if done == 5:
            raise KeyboardInterrupt

    ask = {"draws": 32, "levers": LEVERS, "folder": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        wedges(without_credit(), progress=stop, **ask)
    seen.clear()
    again = wedges(without_credit(), progress=lambda stage, done, of: seen.append(done), **ask)
    assert min(seen) == 6
    pd.testing.assert_frame_equal(again["wedges"], split["wedges"])


def test_levers_are_what_a_scenario_pulls():
    scenario = told("as_decided")
    every = levers_of(scenario)
    assert "credit soft_loan" in every and "awareness" in every and len(every) <= 12
    nothing = with_levers(scenario, every, [])
    assert not nothing.credit and nothing.budget_table().empty
    assert with_levers(scenario, every, every).content_hash() == scenario.content_hash()
    assert levers_of(told("reference")) == ()
    with pytest.raises(BadInput, match="no lever of this name"):
        wedges(scenario, levers=["advertising"])
    with pytest.raises(BadInput, match="1 to 12 levers"):
        wedges(scenario, levers=[])
    with pytest.raises(BadInput, match="pulls no lever"):
        wedges(told("reference"))


@given(st.integers(0, 1000), st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_somebody_has_no_regret_in_every_future_and_nobody_less_than_none(seed, options):
    rng = np.random.default_rng(seed)
    futures = [("H1", "a"), ("H2", "a"), ("H1", "b")]
    performance = {f"s{i}": {f: rng.normal(size=20) for f in futures} for i in range(options)}
    table = robustness_table(performance, 0.5)
    assert (table["max_regret"] >= table["mean_regret"] - 1e-12).all() and (table["mean_regret"] >= 0).all()
    assert table["best_in"].sum() == len(futures)
    assert (table["cvar"] <= table["mean"]).all()
    assert table["satisficing"].between(0, 1).all()


def test_cvar_has_its_closed_form():
    assert cvar(np.arange(1, 101), 0.1) == pytest.approx(5.5)
    assert cvar(np.array([1.0, 2.0, 3.0]), 0.5) == pytest.approx((1 + 0.5 * 2) / 1.5)
    z = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    assert cvar(z, 0.1) == pytest.approx(-norm.pdf(norm.ppf(0.1)) / 0.1, abs=1e-4)


def test_a_programme_is_never_regretted_against_doing_nothing_and_what_was_run_is_not_run_again(
    tmp_path, monkeypatch
):
    both = [told("reference"), told("as_decided")]
    found = robust(both, draws=32, paths=("observed",), work=tmp_path)
    (tmp_path / "reference_observed.parquet").unlink()  # as if it had been interrupted
    ran = []
    real = robustness.run_variant
    monkeypatch.setattr(
        robustness, "run_variant", lambda *a, **k: ran.append(a[0].inputs.scenario.name) or real(*a, **k)
    )
    again = robust(both, draws=32, paths=("observed",), work=tmp_path)
    assert set(ran) == {"reference"}
    pd.testing.assert_frame_equal(again["futures"], found["futures"])
    table = found["scenarios"].set_index("scenario")
    assert table.loc["as_decided", "max_regret"] == 0 < table.loc["reference", "max_regret"]
    assert found.facts["futures"] == 4 and found.facts["minimax_regret"] == "as_decided"
    assert set(found["futures"]["reading"]) == {"adoption_strict", "adoption_lenient"}


def test_scenarios_that_meet_other_draws_are_not_compared():
    with pytest.raises(BadInput, match="seed"):
        robust([told("reference"), told("as_decided", seed=7)], draws=32)
    with pytest.raises(BadInput, match="two or more"):
        robust([told("as_decided")], draws=32)


@pytest.mark.parametrize(
    ("mean", "sd", "noise", "size"), [(1.0, 2.0, 4.0, 10), (0.0, 1.0, 2.0, 5), (-0.5, 1.5, 1.0, 2)]
)
def test_a_survey_of_a_normal_mean_has_its_closed_form(mean, sd, noise, size):
    rng = np.random.default_rng(11)
    truth = rng.normal(mean, sd, 200_000)
    seen = truth + rng.normal(size=len(truth)) * noise / np.sqrt(size)
    worth = np.column_stack([np.zeros_like(truth), truth])
    exact = evsi_of_normal(mean, sd, noise, size)
    assert value_of_learning(worth, seen) == pytest.approx(exact, abs=0.01)
    assert exact < evsi_of_normal(mean, sd, noise, 10 * size) < evsi_of_normal(mean, sd, 0.0, 1) + 1e-12
    assert value_of_learning(worth, truth) == pytest.approx(evpi(worth), abs=0.01)


def test_noise_teaches_nothing_and_no_signal_more_than_foresight():
    rng = np.random.default_rng(12)
    worth = rng.normal(size=(400, 5))
    assert value_of_learning(worth, rng.normal(size=400), np.random.default_rng(0)) < 0.05
    assert value_of_learning(worth, worth[:, 0], np.random.default_rng(0)) <= evpi(worth)
    assert evsi_of_normal(0.0, 1.0, 1.0, 0) == 0.0 == evsi_of_normal(1.0, 0.0, 1.0, 5)


def test_a_larger_survey_reports_closer_to_what_is():
    n = 4000
    p = {"survey_sensitivity": np.ones(n), "survey_specificity": np.ones(n), "survey_design_effect": np.full(n, 2.0),
         "survey_wave_spread": np.zeros(1)}  # fmt: skip
    shares = {"awareness": np.full(n, 0.3)}
    spread = [reported(shares, "awareness", size, p, np.random.default_rng(1)).std() for size in (100, 400)]
    assert spread[0] == pytest.approx(np.sqrt(0.3 * 0.7 * 2 / 100), rel=0.05)
    assert spread[0] / spread[1] == pytest.approx(2.0, rel=0.05)


def test_surveys_are_valued_in_establishments_and_money_and_what_was_valued_stands(tmp_path):
    found = survey_value(told("as_decided"), 2015, draws=32, work=tmp_path)
    stand = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = survey_value(told("as_decided"), 2015, draws=32, work=tmp_path)
    assert stand == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} and len(stand) > 1
    pd.testing.assert_frame_equal(again["surveys"], found["surveys"])
    table = found["surveys"]
    designs = read_survey_designs()
    assert len(table) == len(designs.sizes) * len(designs.indicators) * len(designs.provinces)
    np.testing.assert_allclose(table["net"], table["value"] - table["cost"])
    np.testing.assert_allclose(table["value"], table["avoided"] * found.facts["cost_per_adopter"])
    assert (table["avoided"] <= found.facts["evpi_establishments"] + 1e-9).all()
    assert table["net"].is_monotonic_decreasing and found.facts["cost_per_adopter"] > 0
    with pytest.raises(BadInput, match="up to 2019"):
        survey_value(told("as_decided"), 2020, draws=32)


def test_a_wrong_list_of_surveys_is_told_in_full(tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "data").mkdir()
    for path in (ROOT / "data").iterdir():
        if path.name != "survey_designs.yaml":
            (tmp_path / "data" / path.name).symlink_to(path)
    text = (ROOT / FILE).read_text("utf-8")
    (tmp_path / FILE).write_text(
        text.replace("[all, deltas", "[all, deltaz").replace("[awareness,", "[awarenes,"), "utf-8"
    )
    with pytest.raises(BadInput) as caught:
        read_survey_designs(tmp_path)
    assert "Did you mean `deltas`" in str(caught.value) and "Did you mean `awareness`" in str(caught.value)
