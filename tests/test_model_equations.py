"""The equations one by one: published cases, closed forms, and bounds that hold for every argument."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom
from worlds import step_through

from cpmodel.inputs.decisions import load_decision
from cpmodel.model import assessment, awareness, equations, institutions, population, savings, uptake

SHARE = st.floats(0, 1)
RATE = st.floats(0, 3)
MONEY = st.floats(0, 1e4)


def discovered(aware, p, q, speed=1.0):
    rate = awareness.discovery_rate(p, 0.0, 0.0, 0.0, q, aware)
    return speed * awareness.awareness_flow(1.0 - aware, rate, aware, 0.0)


@pytest.mark.law("II.2.a.1", "II.2.b.1")
@pytest.mark.parametrize(("years", "aware"), [(5, 0.523854), (10, 0.628081), (200, 0.705882)])
def test_awareness_rises_to_where_discovery_and_forgetting_balance(years, aware):
    def flow(a):
        return awareness.awareness_flow(1.0 - a, 0.12, a, 0.05)

    assert round(float(step_through(flow, 0.28, years, 48)), 6) == aware
    assert abs(step_through(flow, 0.28, years) - aware) < 2e-6  # at the model's own step


def test_outreach_adds_up_and_fades():
    def flow(g):
        return awareness.outreach_flow(10.0, g, 0.5)

    assert round(float(step_through(flow, 0.0, 3, 96)), 6) == 15.537397
    assert abs(step_through(flow, 0.0, 3) - 15.537397) < 2e-3


def test_two_stages_in_a_row_pass_establishments_on():
    def flow(stages):
        learned = awareness.awareness_flow(stages[0], 0.2, stages[1], 0.0)
        return -learned, learned - 0.1 * stages[1], 0.1 * stages[1]

    found = step_through(flow, (1.0, 0.0, 0.0), 5, 48)
    assert np.round(found, 6).tolist() == [0.367879, 0.477302, 0.154818]


def test_word_of_mouth_alone_is_the_bass_curve():
    expected = {1: 0.035758, 5: 0.331199, 10: 0.812803, 15: 0.971610, 20: 0.996259}
    for years, share in expected.items():
        assert round(float(step_through(lambda f: discovered(f, 0.03, 0.38), 0.0, years, 48)), 6) == share
    peak = 0.5 - 0.03 / (2 * 0.38)  # adoption is fastest at this share
    found = brentq(lambda t: step_through(lambda f: discovered(f, 0.03, 0.38) * t, 0.0, 1, 256) - peak, 5, 8)
    assert abs(found - 6.192619) < 2e-6


def test_without_outside_influence_word_of_mouth_is_logistic():
    assert round(float(step_through(lambda f: discovered(f, 0.0, 0.38), 0.01, 10, 48)), 6) == 0.311070


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.7])
def test_a_constant_effort_only_changes_the_pace(speed):
    quick = step_through(lambda f: discovered(f, 0.03, 0.38, speed), 0.0, 6, 96)
    plain = step_through(lambda f: discovered(f, 0.03, 0.38), 0.0, 6 * speed, 160)
    assert abs(quick - plain) < 1e-7


@pytest.mark.law("II.2.a.2/saving", "II.2.b.2/saving")
def test_measures_save_of_what_the_measures_before_them_left():
    assert round(savings.ladder_saving(1, 1, 1, 0.04, 0.06, 0.08, 1), 6) == 0.169792
    assert savings.ladder_saving(0, 0, 0, 0.04, 0.06, 0.08, 1) == 0


@pytest.mark.law("II.2.a.2/saving", "II.2.b.2/saving")
def test_wider_housekeeping_lowers_the_mean_saving_among_adopters():
    def mean(x1):
        any_rung = uptake.adoption_lenient(1.0, x1, 0.1, 0.05)
        return float(
            savings.saving_among_adopters(
                savings.ladder_saving(x1, 0.1, 0.05, 0.03, 0.05, 0.08, 0.6), any_rung
            )
        )

    found = [mean(x) for x in (0.05, 0.2, 0.5, 0.9)]
    assert found == sorted(found, reverse=True)
    assert mean(0.0) > found[0]


@given(x=st.tuples(SHARE, SHARE, SHARE), s=st.tuples(SHARE, SHARE, SHARE), realisation=SHARE)
def test_saving_among_adopters_lies_between_none_and_the_whole_ladder(x, s, realisation):
    any_rung = uptake.adoption_lenient(1.0, *x)
    saving = savings.ladder_saving(*x, *s, realisation)
    found = float(savings.saving_among_adopters(saving, any_rung))
    whole = savings.ladder_saving(1, 1, 1, *s, 1)
    assert -1e-12 <= saving <= any_rung + 1e-12
    if any_rung > 1e-6:
        assert -1e-9 <= found <= whole + 1e-6
    if any_rung == 0:
        assert found == 0


@pytest.mark.law("II.2.a.2/adoption", "II.2.b.2/adoption")
@given(assessed=SHARE, x=st.tuples(SHARE, SHARE, SHARE))
def test_strict_adoption_never_exceeds_lenient_and_neither_exceeds_the_assessed(assessed, x):
    strict, lenient = uptake.adoption_strict(assessed, *x[1:]), uptake.adoption_lenient(assessed, *x)
    assert -1e-12 <= strict <= lenient + 1e-12 and lenient <= assessed + 1e-12
    assert lenient >= assessed * max(x) - 1e-12


@pytest.mark.law("II.2.a.2/adoption", "II.2.b.2/adoption")
@given(assessed=SHARE, acceptance=SHARE, operating=SHARE, delay=st.floats(0.3, 5))
def test_uptake_stops_at_the_share_that_accepts(assessed, acceptance, operating, delay):
    flow = uptake.uptake_flow(assessed, acceptance, operating, 1 / delay)
    gap = assessed * acceptance - operating
    assert flow >= 0 and (flow == 0 or gap > 0)
    assert flow * delay <= max(gap, 0) + 1e-12


def test_uptake_for_ever_reaches_the_ceiling_and_not_everyone():
    found = step_through(lambda x: uptake.uptake_flow(0.6, 0.3, x, 2.0), 0.0, 100)
    assert abs(found - 0.18) < 1e-9


@pytest.mark.law("II.2.a.3", "II.2.b.3")
def test_the_odds_of_57_competent_offices_are_binomial_when_offices_are_alike():
    for share, odds in ((0.85, 0.147468), (0.90, 0.555788)):
        assert round(float(institutions.office_count_odds(np.full(63, share), 57)), 6) == odds
    assert np.isclose(institutions.office_count_odds(np.full(63, 0.7), 45), binom.sf(44, 63, 0.7), rtol=1e-12)


@pytest.mark.law("II.2.a.3", "II.2.b.3")
@given(st.lists(SHARE, min_size=3, max_size=8), st.integers(0, 8))
def test_the_odds_of_unlike_offices_are_counted_exactly(chances, at_least):
    counts = np.zeros(len(chances) + 1)
    for outcome in np.ndindex(*(2,) * len(chances)):
        odds = np.prod([p if won else 1 - p for p, won in zip(chances, outcome, strict=True)])
        counts[sum(outcome)] += odds
    found = institutions.office_count_odds(np.array(chances), at_least)
    assert abs(found - counts[at_least:].sum()) < 1e-12


@pytest.mark.law("II.2.b.2/units")
@given(rates=st.tuples(RATE, RATE, RATE, RATE, RATE), aware=SHARE, competent=SHARE)
def test_units_gain_only_where_there_are_none_and_lose_only_where_there_are_some(rates, aware, competent):
    *gains, loss = rates
    none = institutions.unit_flow(gains[0], gains[1], aware, gains[2], competent, gains[3], 0.0, loss)
    all_have = institutions.unit_flow(gains[0], gains[1], aware, gains[2], competent, gains[3], 1.0, loss)
    assert none >= 0 and all_have == -loss


@given(exit_rate=st.floats(0, 0.3), growth=st.floats(-0.1, 0.3), share=SHARE)
def test_entrants_arrive_unaware_and_every_share_is_thinned_alike(exit_rate, growth, share):
    entry = population.entry_rate(exit_rate, growth)
    assert entry >= 0.0
    assert np.isclose(entry - exit_rate, max(growth, -exit_rate), atol=1e-15)
    total = sum(population.entry_dilution(entry, part, first)
                for part, first in ((share, 1.0), (1.0 - share, 0.0)))  # fmt: skip
    assert abs(total) < 1e-12


@pytest.mark.law("II.2.a.1", "II.2.b.1")
def test_with_a_tenth_of_entrants_a_year_ninety_per_cent_awareness_is_a_treadmill():
    def flow(unaware):
        learned = awareness.awareness_flow(unaware, 0.2, 1 - unaware, 0.05)
        return -learned + population.entry_dilution(0.10, unaware, 1.0)

    still = 1 - step_through(flow, 0.1, 100)
    assert np.isclose(still, 0.2 / (0.2 + 0.05 + 0.10), atol=1e-9) and still < 0.9


@given(demand=MONEY, capacity=MONEY)
def test_assessments_made_exceed_neither_what_is_asked_nor_what_can_be_done(demand, capacity):
    done = assessment.assessment_completion(demand, capacity)
    assert -1e-12 <= done <= min(demand, max(capacity, 1e-12)) * (1 + 1e-12) + 1e-12


def test_support_lifts_the_yearly_odds_of_an_assessment_as_the_trial_found():
    response = (np.log(0.44 / 0.56) - np.log(0.20 / 0.80)) / 0.5
    assert round(response, 2) == 2.29
    hazard = assessment.assessment_hazard(0.20, response, np.array([0.0, 0.5]))
    assert np.allclose(1 - np.exp(-hazard), [0.20, 0.44], atol=1e-12)


def test_the_state_pays_at_most_half_the_fee_and_at_most_fifty_million():
    assert np.allclose(
        assessment.supported_fee_share(np.array([0.04, 0.1, 0.25]), 0.5, 0.05), [0.5, 0.5, 0.2]
    )


@given(money=MONEY, cost=MONEY)
def test_support_never_pays_more_than_its_money(money, cost):
    covered = assessment.supported_fraction(money, cost)
    assert 0 <= covered <= 1 and covered * cost <= money + 1e-9


@given(training=MONEY, network=MONEY, providers=st.floats(0, 1), attrition=RATE)
def test_assessors_never_outgrow_the_market_whatever_is_spent(training, network, providers, attrition):
    ceiling = 600.0
    flow = assessment.provider_flow(training, 6.0, network, 4.0, providers * ceiling, ceiling, 0.5, attrition)
    assert flow <= ceiling / 0.5
    if providers == 1:
        assert flow <= 0
    if providers == 0:
        assert flow >= 0


@given(outreach=st.floats(0, 1e6), half=st.floats(0.01, 10), exponent=st.floats(1, 3))
def test_outreach_saturates(outreach, half, exponent):
    assert 0 <= awareness.outreach_response(outreach, half, exponent) <= 1
    assert np.isclose(awareness.outreach_response(half, half, exponent), 0.5)
    assert awareness.outreach_response(0.0, half, exponent) < 1e-30


@given(spend=MONEY, content=SHARE, decay=RATE)
def test_the_database_is_never_more_than_complete(spend, content, decay):
    assert awareness.database_flow(spend, 10.0, 0.5, 1.0, decay) <= 0
    assert awareness.database_flow(spend, 10.0, 0.5, content, 0.0) <= (1 - content) / 0.5 + 1e-12


def test_demonstrations_show_adopters_better_up_to_a_limit():
    shown = awareness.demonstration_multiplier(np.array([0.0, 100.0, 1e9]), 0.6, 100.0)
    assert np.allclose(shown, [1.0, 1.3, 1.6], atol=1e-6)


@given(own=SHARE, near=SHARE, weight=SHARE)
def test_what_is_seen_lies_between_the_own_province_and_its_neighbours(own, near, weight):
    seen = awareness.visible_adopters(own, near, weight)
    assert min(own, near) - 1e-12 <= seen <= max(own, near) + 1e-12


@given(spend=MONEY, ready=SHARE, time=st.floats(0.3, 3))
def test_more_money_does_not_speed_the_drafting_beyond_full_speed(spend, ready, time):
    assert institutions.readiness_flow(spend, 2.0, ready, time) <= (1 - ready) / time + 1e-12
    assert institutions.readiness_flow(0.0, 2.0, ready, time) == 0


def test_a_unit_guards_housekeeping_and_rebound_eats_savings():
    assert np.isclose(uptake.lapse_rate(0.08, 0.4, 0.5), 0.064)
    assert np.isclose(savings.absolute_saving(0.1, 1000.0, 1.2, 0.2), 96.0)


def test_every_equation_names_its_source_and_clauses_of_the_decision():
    known = {clause.id for clause in load_decision("decision_1419").clauses}
    known |= {target.id for target in load_decision("decision_1419").targets}
    for name, one in equations.every_equation().items():
        assert one.source and set(one.clauses) <= known, name


def test_every_equation_is_known_whatever_was_loaded():
    package = Path(equations.__file__).parents[1]
    files = [path for part in ("model", "finance") for path in (package / part).glob("*.py")]
    having = {path for path in files if "\n@equation(" in path.read_text("utf-8")}
    assert having == {package / f"{name.replace('.', '/')}.py" for name in equations.MODULES}
    asked = "from cpmodel.model.equations import every_equation; print(*every_equation())"
    alone = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert alone.stdout.split() == list(equations.every_equation()) and len(alone.stdout.split()) > 60
