"""What a reported figure says of the model: published odds, brute force, and which rows may speak at all."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm, poisson

from cpmodel.calibration import likelihood as lik
from cpmodel.calibration.observations import observations, sorted_out
from cpmodel.calibration.subjects import TABLES
from cpmodel.inputs.datasets import read

shares = st.floats(0.01, 0.99)


def test_beta_binomial_has_its_published_odds():
    # BetaBinomial(10; 2, 3): p = 2/5, ρ = 1/(2 + 3 + 1), so the design effect is 1 + 9ρ
    found = lik.surveyed(4, 10, np.array([0.4]), np.array([1 + 9 / 6]))
    assert np.exp(found.log_likelihood[0]) == pytest.approx(0.139860, abs=5e-7)


@given(st.integers(0, 30), shares, st.floats(1.01, 6))
def test_a_design_effect_widens_and_never_adds_odds(count, share, effect):
    every = [lik.surveyed(k, 30, np.array([share]), np.array([effect])).log_likelihood[0] for k in range(31)]
    odds = np.exp(every)
    assert odds.sum() == pytest.approx(1, abs=1e-8)
    mean = (odds * np.arange(31)).sum()
    variance = (odds * (np.arange(31) - mean) ** 2).sum()
    assert mean == pytest.approx(30 * share, rel=1e-6)
    assert variance == pytest.approx(effect * 30 * share * (1 - share), rel=1e-6)
    plain = lik.surveyed(count, 30, np.array([share]), np.array([1.0])).log_likelihood[0]
    assert plain == pytest.approx(binom.logpmf(count, 30, share), rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7))
@settings(max_examples=40)
def test_offices_of_unlike_odds_are_counted_as_by_brute_force(odds):
    p = np.array(odds)
    for count in range(len(p) + 1):
        exact = sum(
            np.prod(np.where(who, p, 1 - p)) for who in product([0, 1], repeat=len(p)) if sum(who) == count
        )
        found = np.exp(lik.competent_offices(count, p[:, None]).log_likelihood[0])
        assert found == pytest.approx(exact, abs=1e-12)


@given(shares, st.floats(0.5, 1), st.floats(0.5, 1))
def test_a_perfect_survey_reports_the_truth_and_a_coin_reports_nothing(share, sensitivity, specificity):
    assert lik.reported_share(share, 1.0, 1.0, 0.0) == pytest.approx(share)
    assert lik.reported_share(share, 0.5, 0.5, 0.0) == pytest.approx(0.5)
    told = lik.reported_share(share, sensitivity, specificity, 0.0)
    if sensitivity + specificity > 1.01:
        back = (told + specificity - 1) / (sensitivity + specificity - 1)  # Rogan & Gladen 1978
        assert back == pytest.approx(share, abs=1e-9)
    low, high = (lik.reported_share(share, sensitivity, specificity, b) for b in (-0.3, 0.3))
    assert low < told < high


@given(st.floats(1, 1e5), st.floats(1, 1e5), st.floats(0.05, 1))
def test_a_lower_bound_never_speaks_against_many(few, more, error):
    few, more = sorted((few, more))
    one, two = lik.more_than(1200, np.array([few, more]), error).log_likelihood
    assert one <= two <= 0.0
    assert lik.more_than(1200, np.array([1e9]), error).log_likelihood[0] == pytest.approx(0.0, abs=1e-9)


@given(st.integers(0, 60), st.floats(0.5, 50), st.floats(1.05, 8))
def test_bunched_counts_have_the_variance_they_name(count, mean, spread):
    k = np.arange(4000)
    odds = np.exp([lik.counted(int(n), np.array([mean]), spread).log_likelihood[0] for n in k[:1500]])
    assert odds.sum() == pytest.approx(1, abs=1e-6)
    assert (odds * k[:1500]).sum() == pytest.approx(mean, rel=1e-4)
    assert (odds * (k[:1500] - mean) ** 2).sum() == pytest.approx(spread * mean, rel=1e-3)
    plain = lik.counted(count, np.array([mean]), 1.0).log_likelihood[0]
    assert plain == pytest.approx(poisson.logpmf(count, mean), rel=1e-9, abs=1e-9)


test_bunched_counts_have_the_variance_they_name = settings(max_examples=6, deadline=None)(
    test_bunched_counts_have_the_variance_they_name
)


def test_one_odd_plant_does_not_lead_the_paybacks():
    usual = lik.shown((0.3, 0.35, 0.4), (), np.array([0.35]), np.array([0.6]))
    with_odd = lik.shown((0.3, 0.35, 40.0), (), np.array([0.35]), np.array([0.6]))
    assert with_odd.log_likelihood[0] == pytest.approx(usual.log_likelihood[0])


def test_a_range_is_read_as_its_ninety_per_cent_band():
    found = lik.shown((0.1,), (0.3,), np.array([0.1, np.sqrt(0.03)]), np.array([9.9, 9.9]))
    assert found.distance == pytest.approx([norm.ppf(0.95), 0.0], abs=1e-12)


def tables():
    return {name: read(name) for name in TABLES}, read("flags").set_index("flag")


def test_every_row_is_scored_or_excluded_with_a_reason_and_none_twice():
    found, left = observations(2020, 2010.0)
    scored = [row for one in found for row in one.rows]
    excluded = [one.row for one in left]
    every = [row for name in TABLES for row in read(name)["record_id"]]
    assert sorted(scored + excluded) == sorted(every)
    assert all(one.reason for one in left)


def test_suspect_rows_are_excluded_by_rule_and_listed():
    (data, flags), (found, left) = tables(), observations(2020, 2010.0)
    suspect = set(flags.index[flags["suspect"] == "yes"])
    rows = {
        row.record_id for t in data.values() for row in t.itertuples() if getattr(row, "flag", "") in suspect
    }
    assert rows, "the data hold suspect rows"
    assert rows <= {one.row for one in left if one.reason.startswith("suspect")}
    assert not rows & {row for one in found for row in one.rows}


def test_the_order_of_rows_plays_no_part():
    data, flags = tables()
    mixed = {name: table.sample(frac=1, random_state=3) for name, table in data.items()}
    assert sorted_out(data, flags, 2020, 2010.0) == sorted_out(mixed, flags, 2020, 2010.0)


@pytest.mark.parametrize("until", [2012, 2013, 2016])
def test_nothing_later_than_the_origin_is_seen(until):
    found, left = observations(until, 2010.0)
    assert all(one.year <= until for one in found)
    later, _ = observations(2020, 2010.0)
    unseen = {one.id for one in later} - {one.id for one in found}
    assert unseen <= {one.row for one in left if one.reason == f"later than {until}"}


def survey(data, **change):
    """A national survey row that is fit to be scored, made from one that exists."""
    row = data["survey_national"].iloc[[0]].assign(
        record_id="TEST01", indicator="share_applying_cp", geography="Viet Nam", province_code="", flag="",
        grade="A", year=2014, unit="percent", value=20.0, qualifier="exact", sample_size=400, **change,
    )  # fmt: skip
    return data | {"survey_national": row}


def test_a_survey_says_the_same_in_per_cent_and_as_a_share():
    data, flags = tables()
    one = next(o for o in sorted_out(survey(data), flags, 2020, 2010.0)[0] if o.id == "TEST01")
    assert (one.outcome, one.kind, one.size) == ("adoption_lenient", "share", 400)
    other = survey(data)
    other["survey_national"] = other["survey_national"].assign(unit="share", value=0.2)
    again = next(o for o in sorted_out(other, flags, 2020, 2010.0)[0] if o.id == "TEST01")
    assert one.values == pytest.approx(again.values) == (0.2,)


def test_a_leaked_future_row_is_caught():
    data, flags = tables()
    found, left = sorted_out(survey(data), flags, 2013, 2010.0)
    assert "TEST01" not in {one.id for one in found}
    assert any(one.row == "TEST01" and one.reason == "later than 2013" for one in left)


def test_a_share_without_its_sample_size_has_no_weight():
    data, flags = tables()
    bare = survey(data)
    bare["survey_national"] = bare["survey_national"].assign(sample_size=pd.NA)
    _, left = sorted_out(bare, flags, 2020, 2010.0)
    assert any(one.row == "TEST01" and "sample size" in one.reason for one in left)
