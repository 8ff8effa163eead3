"""The Decision as data: clauses, targets, windows, and what is derived from them."""

from __future__ import annotations

import datetime
import shutil
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.decision import offices_needed
from cpmodel.errors import BadInput
from cpmodel.inputs.datasets import read
from cpmodel.inputs.decisions import decision_names, load_decision
from cpmodel.inputs.project import project_root

TARGETS = {
    "II.2.a.1": (2015, 0.50, None),
    "II.2.a.2/adoption": (2015, 0.25, None),
    "II.2.a.2/saving": (2015, 0.05, 0.08),
    "II.2.a.3": (2015, 0.70, None),
    "II.2.b.1": (2020, 0.90, None),
    "II.2.b.2/adoption": (2020, 0.50, None),
    "II.2.b.2/saving": (2020, 0.08, 0.13),
    "II.2.b.2/units": (2020, 0.90, None),
    "II.2.b.3": (2020, 0.90, None),
}


@pytest.fixture(scope="module")
def decision():
    return load_decision("decision_1419")


@pytest.mark.law(*TARGETS)
def test_the_targets_are_those_of_the_decision(decision):
    assert {t.id: (t.year, t.lower, t.upper) for t in decision.targets} == TARGETS


@pytest.mark.law(*TARGETS)
def test_the_targets_agree_with_the_programme_data(decision):
    rows = read("targets_1419_2009").sort_values(["year", "value", "target_id"])
    stored = sorted((int(r.year), r.value, r.value_max) for r in rows.fillna(0).itertuples())
    ours = sorted((t.year, t.lower * 100, (t.upper or 0) * 100) for t in decision.targets)
    for a, b in zip(stored, ours, strict=True):
        assert a == pytest.approx(b)


@pytest.mark.law("II.2.a.3", "II.2.b.3")
def test_offices_needed_are_forty_five_and_fifty_seven_of_sixty_three(decision):
    assert (offices_needed(0.7, 63), offices_needed(0.9, 63)) == (45, 57)
    assert decision.target("II.2.a.3").threshold == 45 and decision.target("II.2.b.3").threshold == 57


@given(st.integers(1, 100), st.integers(1, 200))
def test_the_offices_needed_are_the_fewest_that_reach_the_share(percent, offices):
    needed = offices_needed(percent / 100, offices)
    share = Fraction(percent, 100)
    assert Fraction(needed, offices) >= share > Fraction(needed - 1, offices)


def test_body_and_annex_bear_their_own_dates(decision):
    assert decision.signed.body == datetime.date(2009, 9, 7)
    assert decision.signed.annex == datetime.date(2009, 9, 4)
    day = (decision.signed.body - datetime.date(2009, 1, 1)).days
    assert decision.start == pytest.approx(2009 + day / 365, abs=0.003)


@pytest.mark.law("A.1", "A.2", "A.3", "A.4", "A.5")
def test_component_projects_and_their_windows(decision):
    assert tuple(p.id for p in decision.component_projects) == COMPONENT_PROJECTS
    windows = [(2010, 2020), (2009, 2020), (2009, 2020), (2009, 2015), (2010, 2012)]
    assert [p.window for p in decision.component_projects] == windows
    assert decision.project("finance").lead.en == "Ministry of Finance"


@pytest.mark.law("V.1", "V.3")
def test_reports_are_owed_every_year(decision):
    assert {o.clause: o.every_years for o in decision.obligations} == {"V.1": 1, "V.3": 1}


def test_every_clause_has_a_title_in_both_languages(decision):
    assert len(decision.clauses) >= 45
    for clause in decision.clauses:
        assert clause.title.vi != clause.title.en and len(clause.title.vi) < 120
    assert decision.clause("II.2.b.2/units").id == "II.2.b.2"


@pytest.mark.law("II.2.a.2/saving", "II.2.b.2/saving", "II.2.a.2/adoption", "II.2.b.2/adoption")
def test_where_the_text_allows_two_readings_both_are_there(decision):
    for part in ("a", "b"):
        adoption = decision.target(f"II.2.{part}.2/adoption").readings
        assert [r.outcome for r in adoption] == ["adoption_strict", "adoption_lenient"]
        saving = decision.target(f"II.2.{part}.2/saving").readings
        assert {r.kind for r in saving} == {"band", "floor"} and len(saving) == 10
    assert all(r.id == "as_written" for r in decision.target("II.2.b.1").readings)


def test_the_later_decision_says_what_is_not_modelled():
    later = load_decision("decision_889")
    assert (later.start, later.end, later.component_projects) == (2021.0, 2030, ())
    assert {t.id for t in later.scored} == {"2025.saving", "2030.saving"}
    assert all(t.modelled == "nearest" for t in later.scored)
    rows = read("targets_889_2020")
    rows = rows[rows["flag"] == ""]
    assert len(rows) == len(later.targets)
    for year in (2025, 2030):
        scale = {"percent": 0.01, "models": 1.0}
        stored = sorted(r.value * scale[r.unit] for r in rows[rows["year"] == year].itertuples())
        assert stored == pytest.approx(sorted(t.lower for t in later.targets if t.year == year))


def test_the_names_of_decisions_are_files():
    assert decision_names() == ("decision_1419", "decision_889")
    with pytest.raises(BadInput, match="Did you mean `decision_1419`"):
        load_decision("decision_1491")


def spoiled(tmp_path, *changes):
    shutil.copytree(project_root() / "data", tmp_path / "data")
    (tmp_path / "scenarios").mkdir()
    path = tmp_path / "data/decisions/decision_1419.yaml"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput) as caught:
        load_decision("decision_1419", tmp_path)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_faults_of_form_are_told_at_once_with_key_and_line(tmp_path):
    text = spoiled(
        tmp_path,
        ("    outcome: awareness\n", "    outcome: awareness\n    ouctome: awareness\n"),
        ("upper: 0.08", "upper: 0.04"),
        ("window: [2009, 2015]", "window: [2015, 2009]"),
        ("lower: 0.9\n", "lower: 90\n"),
        ("    number: 5\n", ""),
    )
    for piece in (
        "targets.II.2.a.1.ouctome",
        "(line",
        "greater than `lower`",
        "first year",
        "write 0.5 for 50 %",
        "component_projects.finance.number",
    ):
        assert piece in text, piece


def test_faults_of_sense_are_told_at_once(tmp_path):
    text = spoiled(
        tmp_path,
        ("clause: A.4", "clause: A.6"),
        ("window: [2010, 2012]", "window: [2010, 2032]"),
        ("- id: I.2\n", "- id: I.1\n"),
        ("sources: [QD1419_2009]", "sources: [QD1419_2019]"),
    )
    for piece in ("A.6", "2032", "stands twice", "Did you mean `QD1419_2009`"):
        assert piece in text, piece
