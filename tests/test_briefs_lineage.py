"""A reader follows a number from the brief to the clause: cell, outcome, equations, clauses, graded parameters."""

from pathlib import Path

import pytest
from synthetic_run import write_run
from test_briefs_page import filled_page

from cpmodel.briefs import callers, flagged, lineage, places
from cpmodel.briefs.wording import Wording, vocabulary
from cpmodel.content import keys_in, plain
from cpmodel.inputs.datasets import read
from cpmodel.inputs.decisions import load_decision
from cpmodel.model.equations import every_equation
from cpmodel.press import html, provenance

DATA = Path(__file__).resolve().parents[1] / "data"
DECISION = load_decision("decision_1419")
PARAMETERS = places.parameter_rows(DATA)


@pytest.fixture(scope="module", params=["vi", "en"])
def content(tmp_path_factory, request):
    folder = write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")
    return filled_page(folder, request.param).content()


def test_every_cell_of_the_brief_leads_to_equations_and_clauses(content):
    entries = provenance.entries(content)
    for key in keys_in(content):
        found = entries[key.outcome]
        assert found and all(entry.clauses for entry in found), key.outcome
        assert all(entry.equations or entry.id == "budgets" for entry in found), key.outcome


def test_what_the_lineage_tells_is_that_of_the_registry_the_decision_and_the_parameter_table(content):
    rows = PARAMETERS.drop_duplicates("name").set_index("name")
    for entry in content.lineage:
        assert {e.name for e in entry.equations} <= set(every_equation())
        assert all(e.formula and e.source == every_equation()[e.name].source for e in entry.equations)
        for id, title in entry.clauses:
            assert title.replace("\u00a0", " ") == DECISION.clause(id).title.in_(content.language)
        for p in entry.parameters:
            assert (p.grade, p.source) == (rows.at[p.name, "grade"], rows.at[p.name, "source_id"])


@pytest.mark.law("II.2.a.1", "II.2.b.1", "II.2.a.2/adoption", "II.2.b.2/adoption")
def test_awareness_and_adoption_go_back_to_their_clauses_and_unverified_openings(content):
    entries = provenance.entries(content)
    (aware,), (adopt,) = entries["awareness"], entries["met:II.2.b.2/adoption@strict"]
    assert [id for id, _ in aware.clauses] == ["II.2.a.1", "II.2.b.1"]
    assert "awareness.discovery_rate" in {e.name for e in aware.equations}
    assert adopt.id == "adoption_strict"
    assert "uptake.adoption_lenient" not in {e.name for e in adopt.equations}
    for entry, opening in ((aware, "opening_awareness"), (adopt, "opening_adoption")):
        assert {p.name: p.grade for p in entry.parameters}[opening] == "C"


def test_an_effect_leads_to_its_project_and_to_what_it_is_an_effect_on():
    assert lineage.entries_of("effect_network_on_awareness", DECISION) == ("project_network", "awareness")
    assert lineage.entries_of("effect_network_on_provider_capacity", DECISION) == ("project_network",)


def test_a_parameter_is_found_where_the_model_calls_the_equation_with_it():
    known = list(PARAMETERS["name"].unique())
    assert callers.parameters_of("awareness_flow", known).count("forgetting") == 1
    assert "outreach_strength" in callers.parameters_of("discovery_rate", known)  # through a local name
    assert "hurdle_median" in callers.parameters_of("hidden_cost", known)  # through two
    assert callers.parameters_of("discovery_rate", known).count("lapse_rate") == 0
    assert callers.parameters_of("no_such_equation", known) == []


@pytest.mark.parametrize("name", sorted(every_equation()))
def test_every_equation_has_a_formula_in_one_line(name):
    shown = lineage.formula(every_equation()[name])
    assert shown.strip() and "\n" not in shown and "np." not in shown


def test_a_number_links_to_its_row_and_the_row_to_the_entry(content):
    page = html.render(content).decode("utf-8")
    row = next(r for r in provenance.rows(content)[0] if r.outcomes == ("awareness",))
    assert f'href="#{row.anchor}"' in page
    after = page.split(f'id="{row.anchor}"', 1)[1].split("</tr>", 1)[0]
    assert row.lines[0] in after and 'href="#o-awareness"' in after
    entry = page.split('id="o-awareness"', 1)[1].split("</tr>", 1)[0]
    assert all(
        word in entry for word in ("II.2.b.1", "awareness.awareness_flow", "opening_awareness", "<code>")
    )


def test_flagged_survey_rows_are_listed_with_the_reason_and_none_of_them_may_be_scored(content):
    table = next(b for s in content.sections for b in s.blocks if getattr(b, "id", "") == "flagged")
    flags = read("flags", DATA.parent).set_index("flag")
    rows = flagged.flagged_rows(DATA)
    assert [plain(row[0].runs) for row in table.rows] == list(rows["record_id"])
    assert {"NAT001", "NAT002", "NAT009"} <= set(rows["record_id"])
    assert set(flags.loc[rows["flag"], "scoreable"]) == {"no"}
    words = Wording(content.language)
    assert [plain(row[4].runs) for row in table.rows] == [words.word(f"flag.{f}") for f in rows["flag"]]


def test_every_suspect_flag_and_every_indicator_of_a_target_has_words():
    flags = read("flags", DATA.parent)
    suspect = set(flags.loc[flags["suspect"] == "yes", "flag"])
    surveyed = {i for name in flagged.SURVEYS for i in read(name, DATA.parent)["indicator"]}
    asked = {i for name in flagged.TARGETS for i in read(name, DATA.parent)["indicator"]}
    wanted = {f"flag.{flag}" for flag in suspect} | {f"flagged.{i}" for i in surveyed & asked}
    assert wanted <= set(vocabulary())
