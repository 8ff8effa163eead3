"""The dated catalogue: the right terms on the right day, and every slip told at once."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from cpmodel.cli.catalogue import catalogue_text, said
from cpmodel.cli.printing import Words, _vocabulary
from cpmodel.errors import BadInput
from cpmodel.inputs.fields import Bilingual
from cpmodel.inputs.instrument_table import in_force, instruments_at
from cpmodel.inputs.instrument_terms import Terms
from cpmodel.inputs.instruments import load_catalogue, opened_terms, parse_terms

CATALOGUE = load_catalogue()
NEEDED = [
    "vdb_credit",
    "vdb_post_investment",
    "vepf",
    "smedf",
    "gctf",
    "lcee",
    "veeie",
    "vsuee",
    "decision_131",
    "decree_31",
    "resolution_198",
    "sme_guarantee_funds",
    "assessment_grant",
    "cit_standard",
    "cit_environment",
    "accelerated_depreciation",
    "thai_revolving_fund",
    "chuee",
    "prgfee",
    "prsf",
    "kfw_processes",
    "eia",
]

SOUND = """id: sample
name: {vi: Mẫu, en: Sample}
country: VN
kinds: [loan]
terms:
  - {from: 2010-01-01, to: null, terms: {rate: 0.12, tenor: 5}, source_id: S003, quality: primary}
"""


def write(folder: Path, text: str, name: str = "sample") -> Path:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_instrument_asked_for_is_there():
    assert set(NEEDED) <= set(CATALOGUE.instruments)


@pytest.mark.parametrize(
    "day, rate",
    [
        (date(2011, 6, 1), 0.114),
        (date(2012, 6, 24), 0.114),
        (date(2012, 6, 25), 0.12),
        (date(2013, 12, 1), 0.108),
        (date(2015, 5, 19), 0.0855),
        (date(2018, 6, 1), None),
        (date(2024, 6, 1), None),
    ],
)
def test_state_credit_of_2011_2018_and_2024_can_each_be_replayed(day, rate):
    found = CATALOGUE.terms("vdb_credit", day).terms
    assert found.rate == rate
    if day.year == 2024:
        assert found.rate_floor_of_commercial == 0.85


def test_a_template_is_the_terms_in_force_in_its_year():
    found = CATALOGUE.template("vepf_2015")
    assert (found.terms.rate, found.terms.tenor, found.terms.loan_share) == (0.036, 10, 0.7)
    assert found.terms.grace is None
    assert found.sources["rate"] == "S038"
    assert CATALOGUE.template("decision_131_2009").terms.interest_subsidy == 0.04
    assert {"vepf_2015", "gctf_2007", "vdb_credit_2011"} <= set(CATALOGUE.templates())


def test_every_listed_template_resolves():
    for name in CATALOGUE.templates():
        assert CATALOGUE.template(name).terms.given()


def test_every_source_is_in_the_list_of_sources():
    path = Path(__file__).parents[1] / "data" / "sources.csv"
    with path.open(encoding="utf-8") as lines:
        known = {row["source_id"] for row in csv.DictReader(lines)}
    used = {row.source_id for one in CATALOGUE.instruments.values() for row in one.terms}
    assert used <= known


def test_recalled_terms_carry_grade_c():
    assert CATALOGUE.terms("eia", date(2021, 1, 1)).grade == "C"
    assert CATALOGUE.terms("gctf", date(2012, 1, 1)).grade == "A"


def test_before_its_date_an_instrument_is_refused_with_the_first_day():
    with pytest.raises(BadInput, match="2015-06-14"):
        CATALOGUE.terms("vepf", date(2001, 1, 1))


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(BadInput, match="Did you mean `gctf`"):
        CATALOGUE["gctff"]
    with pytest.raises(BadInput, match="Terms are dated"):
        CATALOGUE.template("vepf")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_table_of_a_day_shows_terms_sources_and_grades(language):
    table = instruments_at(date(2018, 6, 1), CATALOGUE, language)
    assert {"vepf", "assessment_grant"} <= set(table["id"])
    assert "gctf" not in set(table["id"])
    assert (table["sources"] != "").all() and set(table["grade"]) <= {"A", "C"}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_term_of_the_catalogue_is_said_in_words(language):
    words = Words(language)
    told = {
        phrase
        for one in CATALOGUE.instruments.values()
        for row in one.terms
        for name, value in row.terms.given().items()
        for phrase in said(name, value, words)
    }
    assert told and not told & set(Terms.model_fields), "a term without a phrase would print its key"
    assert all(
        f"term.{name}" in _vocabulary() for name in set(Terms.model_fields) - {"profile", "reward_tiers"}
    )


def _texts(found: object):
    if isinstance(found, Bilingual):
        yield found
    elif isinstance(found, BaseModel):
        for name in type(found).model_fields:
            yield from _texts(getattr(found, name))
    elif isinstance(found, tuple):
        for one in found:
            yield from _texts(one)


def test_both_languages_of_every_text_state_the_same_figures():
    def figures(text: str) -> set[str]:
        return {re.sub("[.,]", "", number).lstrip("0") for number in re.findall(r"\d+(?:[.,]\d+)*", text)}

    texts = [text for one in CATALOGUE.instruments.values() for text in _texts(one)]
    assert len(texts) > 100
    for text in texts:
        assert figures(text.en) <= figures(text.vi), text


def test_a_text_in_one_language_alone_is_refused_with_the_fix(tmp_path):
    note = SOUND.replace("quality: primary", "quality: primary, note: Only English.")
    with pytest.raises(BadInput, match="both languages") as refused:
        load_catalogue(write(tmp_path, note))
    assert "Write `{vi: …, en: …}`" in str(refused.value) and "terms.0.note" in str(refused.value)


def test_the_printed_catalogue_shows_what_may_not_stack_and_what_no_source_states():
    day = date(2012, 6, 1)
    names = {name: one.name.vi for name, one in CATALOGUE.instruments.items()}
    text = " ".join(catalogue_text(in_force(day, CATALOGUE), day, Words("vi"), names).split())
    assert "lãi suất 11,4%/năm" in text and "Không áp dụng đồng thời với: hỗ trợ lãi suất" in text
    assert "Nguồn không nêu: Lãi suất năm 2009" in text
    assert "thưởng 25% vốn đầu tư nếu tác động giảm ít nhất 50%" in text


def test_a_sound_file_loads(tmp_path):
    assert load_catalogue(write(tmp_path, SOUND))["sample"].terms[0].terms.rate == 0.12


def test_slips_are_told_all_at_once_with_the_fix(tmp_path):
    text = SOUND.replace("rate: 0.12, tenor: 5", "rate: 12, cover: 150, tenor: 5, grce: 2")
    write(tmp_path, text)
    write(
        tmp_path, SOUND.replace("id: sample", "id: other").replace("tenor: 5", "tenor: 5, grace: 6"), "late"
    )
    with pytest.raises(BadInput) as found:
        load_catalogue(tmp_path)
    message = str(found.value)
    assert "Write 12 % as 0.12." in message
    assert "Write 150 % as 1.5." not in message
    assert "Did you mean `grace`" in message
    assert "Grace must end before the tenor" in message
    assert "rename the file" in message
    assert len(found.value.problems) == 5


@pytest.mark.parametrize(
    "change, told",
    [
        (("to: null", "to: 2009-01-01"), "ends before it begins"),
        (("tenor: 5", "loan_share: 0.9, min_equity_share: 0.2"), "more than the investment"),
        (("kinds: [loan]", "kinds: [loan]\nstacking: {not_with: [gctff]}"), "No instrument or kind"),
        (("kinds: [loan]", "kinds: [loam]"), "kinds.0"),
        (("source_id: S003, ", ""), "source_id"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, change, told):
    with pytest.raises(BadInput, match=told):
        load_catalogue(write(tmp_path, SOUND.replace(*change)))


def test_unusual_but_legal_terms_warn(tmp_path):
    loaded = load_catalogue(write(tmp_path, SOUND.replace("rate: 0.12, tenor: 5", "rate: 0.3, tenor: 25")))
    assert len(loaded.warnings) == 2


def test_a_scenario_may_override_terms_but_not_into_nonsense():
    base = CATALOGUE.template("vepf_2015").terms
    assert parse_terms({"tenor": 7}, "scenario.yaml", base=base).rate == 0.036
    with pytest.raises(BadInput, match="grace"):
        parse_terms({"grace": 12}, "scenario.yaml", "credit.soft_loan.terms", base)
    with pytest.raises(BadInput, match="0.036"):
        parse_terms({"rate": 3.6}, "scenario.yaml", "credit.soft_loan.terms", base)


def test_a_scenarios_rate_replaces_every_rate_of_its_template():
    found = opened_terms(CATALOGUE, "soft_loan", "vepf_2019", {"rate": 0.05}, "scenario.yaml")
    assert found.terms.rate == 0.05 and found.terms.rate_other is None
    assert found.sources["rate"] == "scenario.yaml" and found.sources["tenor"] == "S032"


def test_a_scenario_may_write_terms_in_full():
    found = opened_terms(CATALOGUE, "mix", None, {"cover": 0.5, "reward_share": 0.1}, "scenario.yaml")
    assert found.instrument.kinds == ("guarantee", "reward")
