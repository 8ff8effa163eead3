"""The Decision is data: briefs of Decision 889/QĐ-TTg, which has no target for awareness or adoption and no projects."""

import re

import pytest
from printed_briefs import printed, table, words_of

from cpmodel.briefs.report import refuse_unordered
from cpmodel.content import WORD_JOINER, Figure, plain
from cpmodel.errors import BadInput
from cpmodel.inputs.company import refuse_other_years, usual_company, usual_options
from cpmodel.inputs.decisions import load_decision
from cpmodel.inputs.overlay import resolve
from cpmodel.press import build, provenance
from cpmodel.results.saved import run_and_save

SMALL = {"draws": 16, "resolution": "explorer"}
KINDS = ("national", "province", "sector", "project", "comparison")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    names = ("successor_889", "double_budget_889")
    return [
        run_and_save(resolve(name, overrides=SMALL), runs / f"2026-11-20_{name}_0123abcd") for name in names
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_brief_of_the_successor_prints_and_says_nothing_of_the_first_decision(folders, kind, language):
    content = printed(kind, folders[0], language, folders[1])
    text = words_of(content).replace("\u00a0", " ")
    assert "889/QĐ-TTg" in text
    assert "1419/QĐ-TTg" not in text and "II.2" not in text
    assert all(clause.startswith("20") for entry in content.lineage for clause, _ in entry.clauses)
    assert {o for o, entries in provenance.entries(content).items() if not entries} == set()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_its_title_and_targets_are_about_saving_and_what_has_no_target_is_told_without_one(folders, language):
    content = printed("national", folders[0], language)
    assert {"vi": "tiết kiệm", "en": "saving"}[language] in plain(content.title)
    found = table(content, "targets")
    assert {plain(row[2].runs) for row in found.rows} == {"2025.saving", "2030.saving"}
    unscored = [t for t in load_decision("decision_889").targets if t.modelled == "none"]
    notes = " ".join(plain(note) for note in found.notes).replace(WORD_JOINER, "")
    assert all(target.title.in_(language) in notes for target in unscored)
    drawn = {b.id for s in content.sections for b in s.blocks if isinstance(b, Figure)}
    assert {"fan_awareness", "fan_adoption", "fan_saving", "fan_offices"} <= drawn
    assert "2021" in words_of(content)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_comparison_tells_what_it_asks_and_keeps_to_two_pages(folders, language):
    content = printed("comparison", folders[0], language, folders[1])
    rows = [[plain(cell.runs) for cell in row] for row in table(content, "paired").rows]
    asked = {t.id: round(100 * t.threshold) for t in load_decision("decision_889").scored}
    assert {row[0].split()[-1]: row[1] for row in rows} == {id: f"≥\u00a0{low}%" for id, low in asked.items()}
    assert _pages(content) <= 2


def test_the_first_decision_against_the_world_without_it_keeps_to_two_pages_too(tmp_path):
    """Many odds change, and one side has neither money, credit nor Decision: the longest of the usual comparisons."""
    own, other = (
        run_and_save(resolve(name, overrides=SMALL | {"draws": 64}), tmp_path / f"2026-11-20_{name}_0123abcd")
        for name in ("as_decided", "reference")
    )
    for language, change in (("vi", ": từ "), ("en", ": from ")):
        content = printed("comparison", own, language, other)
        closer, *_, odds = (plain(message.body) for message in content.sections[0].blocks[0].items)
        assert odds.count(change) >= 4
        assert closer.count("\u00a0/\u00a0") == 5 and " / " not in closer.partition(": ")[2]
        assert _pages(content) <= 2


def _pages(content):
    return len(re.findall(rb"/Type\s*/Page\b", build.RENDERERS["pdf"](content)))


def test_the_usual_company_is_the_world_without_the_decision_the_parent_and_the_scaled_of_the_same_years():
    assert usual_company(resolve("as_decided")) == ("reference", "double_budget")
    assert usual_company(resolve("green_credit_push")) == ("reference", "as_decided")
    assert usual_company(resolve("successor_889")) == ("reference_889", "double_budget_889")
    assert usual_company(resolve("replay_gctf")) == ()
    assert usual_company(resolve("reference")) == ("as_decided",)
    assert usual_company(resolve("reference_889")) == ("successor_889",)
    assert usual_options(resolve("green_credit_push")) == ("as_decided",)
    assert usual_options(resolve("as_decided")) == ("green_credit_push",)
    assert usual_options(resolve("successor_889")) == ("green_credit_889",)


def test_scenarios_of_other_years_are_refused_before_anything_is_run():
    one, other, partly = (resolve(name) for name in ("as_decided", "successor_889", "replay_gctf"))
    with pytest.raises(BadInput, match="2021–2030"):
        refuse_other_years([one, other])
    with pytest.raises(BadInput, match="2009–2017"):
        refuse_other_years([one, partly])
    refuse_other_years([one, partly], some=True)
    with pytest.raises(BadInput):
        refuse_other_years([one, other], some=True)


def test_a_report_that_the_decision_does_not_order_is_refused():
    refuse_unordered(load_decision("decision_1419"), "V.1")
    with pytest.raises(BadInput, match="889/QĐ-TTg"):
        refuse_unordered(load_decision("decision_889"), "V.1")
