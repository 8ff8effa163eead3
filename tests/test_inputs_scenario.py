"""The scenario station: safe YAML, overlays, the frozen schema, plain messages, and the shipped scenarios."""

import json
import pickle
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpmodel.axes import COMPONENT_PROJECTS, FUNDING_SOURCES
from cpmodel.config import load_config
from cpmodel.errors import BadInput
from cpmodel.inputs import yaml_text
from cpmodel.inputs.instruments import load_catalogue
from cpmodel.inputs.known import Frame, Known, load_known
from cpmodel.inputs.overlay import overlay, resolve, scenario_names, without_removed
from cpmodel.inputs.places import Places, read_places
from cpmodel.inputs.scenario import Scenario
from cpmodel.inputs.schema import PUBLISHED, file_schema, schema_text
from cpmodel.inputs.yaml_text import parse_yaml, read_yaml, write_yaml

ROOT = Path(__file__).resolve().parents[1]
WINDOWS = {
    "awareness": (2010, 2020),
    "database": (2009, 2020),
    "technical_support": (2009, 2020),
    "network": (2009, 2015),
    "finance": (2010, 2012),
}
PLACES = Places(
    {"01": ("Hà Nội", "Ha Noi"), "66": ("Đắk Lắk", "Dak Lak"), "79": ("Hồ Chí Minh", "Ho Chi Minh")}
)
KNOWN = Known(
    {"decision_1419": Frame(2009.68, 2020, WINDOWS), "none": Frame(2009.68, 2020)},
    ("food_beverage_tobacco", "minerals_metals"),
    PLACES,
    load_catalogue(),
)
BASE = "title: {vi: Thử, en: Trial}\nstrategy: decision_1419\n"
FUNDED = "budgets:\n  status: assumed\n"


@pytest.fixture
def write(tmp_path):
    """Write scenario files into a folder of their own; return the path of the last."""

    def _write(text, name="trial"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def solve(path, **overrides):
    return resolve(path, KNOWN, folder=path.parent, overrides=overrides)


def complaint(path, **overrides):
    """Return the message with which a scenario is refused."""
    with pytest.raises(BadInput) as refused:
        solve(path, **overrides)
    assert refused.value.exit_code == 2
    for problem in refused.value.problems:
        assert problem.file and problem.key and problem.why and problem.fix
    return str(refused.value)


# Safe YAML -----------------------------------------------------------------------------------------


def test_only_true_and_false_are_switches_and_codes_and_dates_stay_words():
    data = parse_yaml("a: no\nb: on\nc: 012\nd: 2012-01-01\ne: true\nf: 1e3\n2010: 1_000\ng: ~").data
    expected = {"a": "no", "b": "on", "c": "012", "d": "2012-01-01", "e": True, "f": 1000.0}
    assert data == expected | {"2010": "1_000", "g": None}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "a: again on line 3"),
        ("b:\n  c: 1\n  c: 2", "b.c: again on line 3"),
        (BOMB, "more than 20,000 values"),
        ("a: " + "[" * 500 + "]" * 500, "nested deeper"),
        ("a: &x [*x]", "never ends"),
        ("a: *gone", "does not exist"),
        ("a: !!python/object/apply:os.system [ls]", "Tags are not allowed"),
        ("a:\n\tb: 1", "Replace each tab by two spaces"),
        ("- a\n- b", "line 1"),
        ("just words", "key: value"),
        ("", "an empty file"),
        ("a: 1\n---\nb: 2", "One file holds one document"),
        ("a: [1", "cannot be read here"),
        ("a: b: c", "line 1: a: b: c"),
        ("<<: {a: 1}", "use `extends`"),
        ("? [a]\n: 1", "A key must be one plain word"),
        ("a: \x07", "control character"),
        ("a: x\u202ey", "U+202E"),
        ("a: " + "9" * 5000, "no int value"),
    ],
)
def test_a_file_that_cannot_be_read_safely_is_refused_with_its_place(text, said):
    with pytest.raises(BadInput) as refused:
        parse_yaml(text, "x.yaml")
    assert said in str(refused.value) and "x.yaml" in str(refused.value)


def test_a_question_mark_in_braces_is_read_where_the_parser_can_and_explained_elsewhere(monkeypatch):
    asked = "a: {en: Why?, vi: x}"
    assert parse_yaml(asked, "x.yaml").data == {"a": {"en": "Why?", "vi": "x"}}
    monkeypatch.setattr(yaml_text, "_QuickLoader", yaml_text._Loader)  # PyYAML without its part in C
    with pytest.raises(BadInput, match="Put the text in quotes"):
        parse_yaml(asked, "x.yaml")


def test_the_parser_in_c_reads_every_file_of_the_product_alike(monkeypatch):
    root = Path(__file__).parents[1]
    files = sorted([*(root / "data").rglob("*.yaml"), *(root / "scenarios").glob("*.yaml")])
    assert len(files) > 20
    quick = [read_yaml(path) for path in files]
    monkeypatch.setattr(yaml_text, "_QuickLoader", yaml_text._Loader)
    assert [read_yaml(path) for path in files] == quick


def test_a_file_must_be_utf8_and_of_reasonable_size_and_there(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("a: 1\ntitle: Hà Nội".encode("cp1258", "replace"))
    (tmp_path / "huge.yaml").write_text("a: " + "x" * 300_000)
    for name, said in [("latin", "line 2"), ("huge", "bytes"), ("latn", "latin.yaml")]:
        with pytest.raises(BadInput) as refused:
            read_yaml(tmp_path / f"{name}.yaml")
        assert said in str(refused.value)
    with pytest.raises(BadInput, match="not a file"):
        read_yaml(tmp_path)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8).map(
            lambda s: unicodedata.normalize("NFC", s)
        ),
        st.one_of(
            st.booleans(),
            st.integers(-(10**12), 10**12),
            st.floats(allow_nan=False, allow_infinity=False),
            st.sampled_from(
                ["no", "012", "1e3", "0x1F", "2012-01-01", "~", "null", "", " a ", "1:30", "=", "<<"]
            ),
            st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20).map(
                lambda s: unicodedata.normalize("NFC", s)
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_is_read_back_unchanged(data):
    assert parse_yaml(write_yaml(data)).data == data


def test_words_that_any_edition_of_yaml_may_take_for_numbers_are_quoted():
    words = ["08", "012", "0o7", "08.5", "+1", "1e3", "0x1F", "12:30"]
    assert write_yaml({"province": words}) == "province:\n" + "".join(f"- '{word}'\n" for word in words)
    numbers = [8, -8, 0, 1.5, 1e-7]
    assert parse_yaml(write_yaml({"n": numbers})).data == {"n": numbers} and "'" not in write_yaml(
        {"n": numbers}
    )


# Overlays ------------------------------------------------------------------------------------------

LEAF = st.integers(0, 3)
SHAPED = (
    st.fixed_dictionaries(  # overlays of one shape: the same key is never a group here and a number there
        {},
        optional={
            "draws": LEAF,
            "budgets": st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), LEAF)),
            "credit": st.dictionaries(st.sampled_from("cd"), st.dictionaries(st.sampled_from("xyz"), LEAF)),
        },
    )
)


@given(SHAPED, SHAPED, SHAPED)
def test_overlays_of_one_shape_may_be_combined_in_any_grouping(a, b, c):
    assert overlay(overlay(a, b), c) == overlay(a, overlay(b, c))


@given(SHAPED, SHAPED)
def test_laying_the_same_overlay_twice_changes_nothing_more(a, b):
    once = overlay(a, b)
    assert overlay(once, b) == once and overlay(a, {}) == a and overlay({}, b) == b


def test_an_overlay_changes_one_year_of_a_range_and_removes_an_instrument(write):
    parent = BASE + FUNDED + '  awareness: {state: {"2010-2013": 10}, aid: {"2010": 2}}\n'
    parent += "credit:\n  soft_loan: {template: vepf_2015, opens: 2010}\n"
    parent += "  other: {template: gctf_2012, opens: 2011}\n"
    write(parent, "parent")
    child = "title: Con\nextends: parent\ncredit: {soft_loan: null}\n"
    child += "budgets: {awareness: {state: {2012: 3}, aid: }}\n"
    found = solve(write(child))
    assert dict(found.budgets.awareness.state) == {2010: 10, 2011: 10, 2012: 3, 2013: 10}
    assert not found.budgets.awareness.aid and list(found.credit) == ["other"]
    assert (
        found.lineage == ("parent",) and found.name == "trial" and found.title.vi == found.title.en == "Con"
    )
    assert without_removed({"draws": None}) == {"draws": None}


def test_an_overlay_writes_amounts_in_its_own_unit_and_inherits_it(write):
    write(BASE + FUNDED + '  unit: million VND/year\n  awareness: {state: {"2010-2011": 1500}}\n', "parent")
    same = solve(write("title: A\nextends: parent\nbudgets: {awareness: {state: {2011: 500}}}"))
    assert dict(same.budgets.awareness.state) == {2010: 1.5, 2011: 0.5}
    other = "title: A\nextends: parent\nbudgets: {unit: tỷ đồng/năm, awareness: {state: {2011: 2}}}"
    decomposed = unicodedata.normalize("NFD", other)
    assert dict(solve(write(decomposed)).budgets.awareness.state) == {2010: 1.5, 2011: 2.0}


def test_what_is_wrong_with_a_child_is_never_told_of_its_parent(write):
    parent = write(BASE + FUNDED + '  awareness: {state: {"2010-2013": 10}}\n', "parent")
    assert solve(parent).budgets.awareness.state[2010] == 10
    path = write("extends: parent\nbudgets: {awareness: {state: {2012: -5}}}\nhorizon: {end: 1999}\n")
    with pytest.raises(BadInput) as refused:
        solve(path)
    told = {problem.key: problem.file for problem in refused.value.problems}
    assert set(told) == {"title", "budgets.awareness.state.2012", "horizon.end"}
    assert all(file.endswith(path.name) for file in told.values())


def test_amounts_of_two_price_years_are_never_mixed(write):
    write(BASE + FUNDED + '  awareness: {state: {"2010": 1}}\n', "parent")
    text = "title: A\nextends: parent\nbudgets: {price_year: 2015, awareness: {state: {2011: 1}}}"
    assert "two price years cannot be mixed" in complaint(write(text))


def test_extends_in_a_circle_or_to_nowhere_is_refused(write):
    write("title: A\nextends: two", "one")
    assert "without end: two → one → two" in complaint(write("title: B\nextends: one", "two"))
    said = complaint(write("title: B\nextends: onne", "three"))
    assert "extends: onne" in said and "Did you mean `one`?" in said
    assert "no scenario of this name" in complaint(write("title: B\nextends: ../one", "four"))
    with pytest.raises(BadInput, match="Did you mean `three`"):
        resolve("thre", KNOWN, folder=write("title: B", "five").parent)


@pytest.mark.parametrize("parent", ["parrent", "nothing_like_it", "trial", "../elsewhere"])
def test_an_extends_that_leads_nowhere_hides_no_other_slip(write, parent):
    write(BASE + FUNDED, "parent")
    text = f"title: A\nextends: {parent}\ndrawz: 5\nbudgets: {{network: {{state: {{2011: -4, 2050: 1}}}}}}\n"
    said = complaint(write(text + "activity_shares: {outreach: 0.5, office_training: 0.35}\n"))
    assert (
        f"extends: {parent} (line 2)" in said and "without end" in said or "no scenario of this name" in said
    )
    assert "drawz: an unknown key (line 3)" in said and "network.state.2011: -4 (line 4)" in said
    # Years are judged by the horizon, so only where the nearest name tells which was meant.
    assert ("2050" in said) == (parent == "parrent")
    assert "title" not in said and "strategy" not in said and "sum to 1" not in said


def test_a_problem_in_a_parent_names_the_parent_and_the_line(write):
    write(BASE + "drawz: 5\n", "parent")
    said = complaint(write("title: A\nextends: parent"))
    assert "parent.yaml cannot be used" in said and "drawz: an unknown key (line 3)" in said


# Bad input -----------------------------------------------------------------------------------------

SPEND = BASE + FUNDED
LOAN = BASE + "credit:\n  soft_loan: "


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (BASE + "dras: 5", "dras", "Did you mean `draws`?"),
        (SPEND + "  awarness: {}", "budgets.awarness", "Did you mean `awareness`?"),
        (SPEND + "  awareness: {sate: {2010: 1}}", "budgets.awareness.sate", "Did you mean `state`?"),
        (SPEND + "  unit: bn VDN/year", "budgets.unit: bn VDN/year (line 5)", "Did you mean `bn VND/year`?"),
        (SPEND + "  unit: VND", "budgets.unit", "unit is not known"),
        (
            SPEND + "  awareness: {state: {2011: -3}}",
            "budgets.awareness.state.2011: -3",
            "cannot be negative",
        ),
        (SPEND + '  awareness: {state: {2011: "12,5"}}', "budgets.awareness.state.2011", "decimal point"),
        (SPEND + "  awareness: {state: {2011: .inf}}", "budgets.awareness.state.2011", "finite number"),
        (
            SPEND + "  awareness: {state: {2011: yes}}",
            "budgets.awareness.state.2011: yes",
            "number is expected",
        ),
        (SPEND + "  awareness: {state: 14}", "budgets.awareness.state: 14", "group of keys"),
        (SPEND + "  database: {state: {2021: 3}}", "budgets.database.state.2021", "runs from 2009 to 2020"),
        (SPEND + "  awareness: {state: {2009: 3}}", "budgets.awareness.state.2009", "2010 to 2020"),
        (SPEND + '  network: {aid: {"2014-2018": 3}}', "budgets.network.aid.2014-2018", "money in 2016–2018"),
        (SPEND + '  network: {aid: {"2014-2018": 3}}', "network", "toggles.windows_extended.network: 2018"),
        (SPEND + "  awareness: {state: {2o11: 3}}", "budgets.awareness.state.2o11", "A year"),
        (SPEND + '  awareness: {state: {"2015-2011": 3}}', "2015-2011", "the earlier first"),
        (SPEND + '  awareness: {state: {"2010-2012": 3, 2011: 4}}', "state.2011", "given twice"),
        (
            BASE + "budgets: {awareness: {state: {2010: 1}}}",
            "budgets.status",
            "assumed, provided or approved",
        ),
        (BASE + FUNDED, "budgets.status", "gives no amounts"),
        (BASE + "activity_shares: {outreach: 0.9}", "activity_shares", "sum to 1, not 1.3"),
        (BASE + "draws: 1", "draws: 1 (line 3)", "at least 2"),
        (BASE + "draws: 1000001", "draws: 1000001", "at most 1,000,000"),
        (BASE + "draws: 10.0", "draws: 10.0", "Write 10, without a decimal point"),
        (BASE + "draws: true", "draws: true", "whole number"),
        (BASE + "variants: [H1, H3]", "variants.1: H3", "H1, H2"),
        (BASE + "variants: []", "variants: nothing", "empty"),
        (BASE + "horizon: {start: 2020, end: 2010}", "horizon.end", "before it has run a year"),
        (BASE + "schema_version: 2", "schema_version: 2", "Write `1`"),
        (BASE + "toggles: {unit_mandate: yes}", "toggles.unit_mandate: yes", "`true` or `false`"),
        (
            BASE + "toggles: {windows_extended: {network: 2014}}",
            "windows_extended.network",
            "already ends in 2015",
        ),
        (BASE + "toggles: {windows_extended: {network: 2030}}", "windows_extended.network", "ends in 2020"),
        (BASE + "population: 3", "population: 3", "group of keys"),
        ("title: {vi: Chỉ một}\nstrategy: none", "title.en", "This key is needed"),
        ("strategy: none", "title", "This key is needed"),
        ("title: A", "strategy", "This key is needed"),
        ("title: A\nstrategy: decision_1491", "strategy: decision_1491", "Did you mean `decision_1419`?"),
        (
            "title: A\nstrategy: none\nbudgets: {status: assumed, awareness: {state: {2010: 1}}}",
            "budgets",
            "no budgets",
        ),
        (
            LOAN + "{template: vepf_2015, opens: 2012, closes: 2012}",
            "credit.soft_loan.closes",
            "before anyone",
        ),
        (LOAN + "{template: vepf_2015, opens: 2001}", "credit.soft_loan.opens", "starts in 2009"),
        (LOAN + "{template: vepf_2015, opens: 2012.1}", "credit.soft_loan.opens: 2012.1", "Write 2012."),
        (LOAN + "{template: vepf_2015}", "credit.soft_loan.opens", "This key is needed"),
        (LOAN + "{opens: 2012}", "credit.soft_loan", "template of the catalogue"),
        (LOAN + "{template: vepf_2016, opens: 2012}", "credit.soft_loan.template", "Use `vepf_2015`"),
        (LOAN + "{template: vep, opens: 2012}", "credit.soft_loan.template: vep", "no template"),
        (
            LOAN + "{opens: 2012, terms: {rate: 12}}",
            "credit.soft_loan.terms.rate: 12",
            "Write 12 % as 0.12.",
        ),
        (LOAN + "{opens: 2012, terms: {cover: 50}}", "terms.cover: 50", "Write 50 % as 0.5."),
        (LOAN + '{opens: 2012, terms: {rate: "3,6%"}}', "terms.rate: 3,6%", "0.12 for 12 %"),
        (LOAN + "{opens: 2012, terms: {tenor: 5, grace: 6}}", "terms.grace: 6", "tenor of 5 years"),
        (LOAN + "{opens: 2012, terms: {tenour: 5}}", "terms.tenour", "Did you mean `tenor`?"),
        (
            LOAN + "{opens: 2012, terms: {grant_share: 0.7, reward_share: 0.7}}",
            "soft_loan.terms",
            "more than all",
        ),
        (
            LOAN + "{opens: 2012, template: vepf_2015, volume: {value: -1, unit: bn VND/year}}",
            "volume.value",
            "0",
        ),
        (
            LOAN + "{opens: 2012, template: vepf_2015, volume: {value: 1, unit: USD}}",
            "volume.unit: USD",
            "unit",
        ),
        (
            LOAN + "{opens: 2012, template: vepf_2015, only: {sizes: [big]}}",
            "only.sizes.0: big",
            "micro, small",
        ),
        (
            LOAN + "{opens: 2012, template: vepf_2015, only: {sectors: [mineral_metals]}}",
            "sectors",
            "minerals_metals",
        ),
        (
            LOAN + "{opens: 2012, template: vepf_2015, only: {provinces: [Hà Nộii]}}",
            "provinces",
            "Hà Nội (01)",
        ),
        (
            LOAN + "{opens: 2012, template: vepf_2015, only: {provinces: [99]}}",
            "provinces: 99",
            "no province",
        ),
        (
            BASE + "credit: {Soft Loan: {template: vepf_2015, opens: 2012}}",
            "credit.Soft Loan",
            "small letters",
        ),
        (BASE + "title: x", "title", "again on line 3"),
    ],
)
def test_bad_input_names_key_reason_and_remedy(write, text, key, said):
    message = complaint(write(text))
    assert key in message and said in message and "→" in message


def test_credit_that_would_never_open_is_refused_in_these_words(write):
    assert (
        "  credit.soft_loan.opens: 2025 (line 4)\n"
        "    The scenario ends in 2020, so this credit would never open.\n"
        "    → Set `opens` to 2020 or earlier, or extend `horizon`."
    ) in complaint(write(LOAN + "{template: vepf_2015, opens: 2025}"))


def test_what_cannot_be_opened_alone_or_together_is_told_at_once_and_each_once(write):
    text = (
        BASE
        + """credit:
  state_credit: {template: vdb_credit_2012, opens: 2011}
  support: {template: vdb_post_investment_2013, opens: 2012}
  trust_fund: {template: gctf_2012, opens: 2012}
  danish: {template: lcee_2014, opens: 2013, closes: 2015}
  unpriced: {template: vdb_credit_2018, opens: 2018}
  bank_line: {template: veeie_2018, opens: 2018}
  long_grace: {template: vepf_2019, opens: 2019, terms: {grace: 11}}
  too_sure: {template: gctf_2012, opens: 2019, terms: {cover: 0.75}}
"""
    )
    told = complaint(write(text))
    for said in (
        "credit.support: state_credit + support (line 5)",
        "credit.danish: trust_fund + danish: 100% (line 7)",
        "credit.unpriced: vdb_credit (line 8)\n    No source states its rate",
        "credit.bank_line: veeie (line 9)\n    No source states terms that would reach",
        "credit.long_grace.terms.grace: 11",
        "credit.too_sure.terms.cover: 0.75",
    ):
        assert told.count(said) == 1, said
    assert "credit.unpriced: support + unpriced (line 8)" in told and "7 things" in told


def test_all_problems_are_told_at_once(write):
    text = SPEND + "  awarenes: {}\n  network: {state: {2018: 1}}\ndraws: 1\nactivity_shares: {outreach: 1}\n"
    text += "credit:\n  a: {opens: 2012.1, terms: {rate: 12}}\n  b: {template: vepf, opens: 2030}\n"
    message = complaint(write(text))
    for said in (
        "awarenes",
        "network.state.2018",
        "draws: 1",
        "sum to 1",
        "2012.1",
        "rate: 12",
        "b.template",
        "2030",
    ):
        assert said in message
    assert "8 things to put right" not in message and "9 things to put right" in message


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.integers(-9, 3000), st.floats(), st.text("ab%\u0301 é", max_size=3)
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2),
            st.dictionaries(st.sampled_from(["state", "2012", "opens", "vi"]), inner),
        ),
        max_leaves=6,
    ),
    st.sampled_from([*Scenario.model_fields, "extends"]),
)
def test_whatever_stands_under_a_key_is_either_accepted_or_explained(write, value, key):
    path = write(
        BASE.replace("title: {vi: Thử, en: Trial}", "") + "\n" + write_yaml({"question": "?", key: value})
    )
    try:
        solve(path)
    except BadInput as refused:
        assert refused.problems


# The resolved scenario -----------------------------------------------------------------------------

AMOUNT = st.floats(0, 1e5, allow_nan=False)
YEARS_OF = {p: st.integers(*WINDOWS[p]).map(str) for p in COMPONENT_PROJECTS}
BUDGETS = st.fixed_dictionaries(
    {"status": st.just("assumed"), "scale": st.floats(0, 10), "finance": st.just({"state": {"2011": 1.5}})},
    optional={
        p: st.dictionaries(st.sampled_from(FUNDING_SOURCES), st.dictionaries(YEARS_OF[p], AMOUNT, max_size=4))
        for p in COMPONENT_PROJECTS[:4]
    },
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=30)
OPENED = st.fixed_dictionaries(
    {"template": st.just("vepf_2015"), "opens": st.integers(8040, 8080).map(lambda q: q / 4)},
    optional={"terms": st.fixed_dictionaries({"rate": st.floats(0, 1), "tenor": st.floats(1, 40)})},
)
DOCUMENT = st.fixed_dictionaries(
    {
        "title": st.fixed_dictionaries({"vi": WORDS.filter(str.strip), "en": st.just("no")}),
        "strategy": st.just("decision_1419"),
        "draws": st.integers(2, 1_000_000),
        "budgets": BUDGETS,
    },
    optional={
        "seed": st.integers(0, 2**32 - 1),
        "variants": st.sampled_from([["H1"], ["H2"], ["H2", "H1"]]),
        "credit": st.sampled_from(
            [{}, {"only": {"provinces": ["Hà Nội", 66], "sizes": ["small", "micro"]}}]
        ).flatmap(
            lambda only: st.dictionaries(
                st.sampled_from(["soft_loan", "no", "a1"]), OPENED.map(lambda one: one | only)
            )
        ),
    },
)
quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@quick
@given(DOCUMENT)
def test_a_resolved_scenario_is_read_back_equal(write, document):
    first = solve(write(write_yaml(document)))
    again = solve(write(first.to_yaml(), "scenario.resolved"))
    assert (
        again == first and again.to_yaml() == first.to_yaml() and again.content_hash() == first.content_hash()
    )
    assert hash(again) == hash(first) and pickle.loads(pickle.dumps(first)) == first


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(item) for key, item in reversed(value.items())}
    return value


@quick
@given(DOCUMENT)
def test_the_order_of_keys_plays_no_part(write, document):
    first, second = (solve(write(write_yaml(d))) for d in (document, reversed_keys(document)))
    assert first == second and first.content_hash() == second.content_hash()


@quick
@given(DOCUMENT)
def test_the_budget_table_and_the_array_hold_the_same_money(write, document):
    found = solve(write(write_yaml(document)))
    table = found.budget_table()
    assert list(table) == ["component_project", "funding_source", "year", "budget_bn_vnd", "price_year"]
    years = range(2009, 2021)
    array = found.budget_array(years)
    assert array.shape == (5, 4, 12) and array.sum() == pytest.approx(table["budget_bn_vnd"].sum())
    for row in table.itertuples():
        place = COMPONENT_PROJECTS.index(row.component_project), FUNDING_SOURCES.index(row.funding_source)
        assert array[*place, row.year - 2009] == pytest.approx(row.budget_bn_vnd)


def test_a_resolved_scenario_cannot_be_changed(write):
    found = solve(write(LOAN + "{template: vepf_2015, opens: 2012}"))
    for change in (lambda: setattr(found, "draws", 3), lambda: found.credit.pop("soft_loan")):
        with pytest.raises((TypeError, ValueError)):
            change()
    with pytest.raises(TypeError):
        found.credit["x"] = 1


def test_overrides_of_the_command_line_come_last_and_are_blamed_by_name(write):
    path = write(BASE + "draws: 500")
    assert solve(path, draws=50).draws == 50 and solve(path).draws == 500
    assert "command line cannot be used" in complaint(path, draws=1)
    assert solve(path).content_hash() != solve(path, draws=50).content_hash()


def test_the_hash_is_stable_from_session_to_session(write):
    found = solve(write(BASE))
    assert found.content_hash() == solve(write(BASE)).content_hash() and len(found.content_hash()) == 64


@pytest.mark.parametrize(
    "name",
    ["01", 1, "Hà Nội", unicodedata.normalize("NFD", "Hà Nội"), "hanoi", "Thành phố Hà Nội", "TP. Ha Noi"],
)
def test_a_province_is_found_by_code_or_name_in_any_form(name):
    assert PLACES.code(name) == "01"


def test_all_63_provinces_are_told_apart_by_name_without_marks():
    places = read_places(ROOT / "data/provinces.csv")
    assert len(places.names) == 63
    for code, names in places.names.items():
        assert {places.code(name) for name in (code, *names)} == {code}
    assert places.code("TP HCM") == "79" and places.code("Atlantis") is None


# The shipped scenarios -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    known = load_known(ROOT)
    folder = ROOT / "scenarios"
    return {name: resolve(name, known, folder) for name in scenario_names(folder)}


def test_the_scenarios_asked_for_are_shipped_in_both_languages(shipped):
    needed = "reference as_decided as_funded credit_late awareness_first double_budget green_credit_push"
    assert set(needed.split()) <= set(shipped) and next(iter(shipped)) == "reference"
    for name, found in shipped.items():
        first = (ROOT / f"scenarios/{name}.yaml").read_text("utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=scenario.schema.json"
        for words in (found.title, found.question):
            assert words.vi != words.en and unicodedata.is_normalized("NFC", words.vi)


def total(found, *sources):
    table = found.budget_table()
    return table.loc[table["funding_source"].isin(sources or FUNDING_SOURCES), "budget_bn_vnd"].sum()


@pytest.mark.law("IV.4.a", "IV.4.b")
def test_the_money_of_the_shipped_scenarios_is_what_their_notes_say(shipped):
    assert shipped["reference"].budget_table().empty and not shipped["reference"].credit
    assert shipped["reference"].strategy == "none"
    decided, funded = shipped["as_decided"], shipped["as_funded"]
    assert decided.budgets.status == "assumed" and total(decided, "state", "aid") == pytest.approx(453)
    assert "453" in decided.budgets.note.en and "453" in decided.budgets.note.vi
    assert funded.budgets.status == "provided" and total(funded) == pytest.approx(115.8)
    assert funded.budget_table().query("year == 2020")["budget_bn_vnd"].sum() == 0
    assert total(shipped["double_budget"]) == pytest.approx(2 * total(decided))
    assert total(shipped["awareness_first"]) == pytest.approx(total(decided))
    for found in shipped.values():
        assert found.budgets.status == "none" or found.budgets.note


@pytest.mark.law("IV.4.c", "IV.4.d")
def test_late_credit_differs_from_the_decision_only_in_when_credit_opens(shipped):
    decided, late = shipped["as_decided"].to_dict(), shipped["credit_late"].to_dict()
    assert (
        decided["credit"]["soft_loan"].pop("opens") == 2010
        and late["credit"]["soft_loan"].pop("opens") == 2012
    )
    for other in (decided, late):
        other["credit"]["state_credit"].pop("opens")
        for key in ("name", "title", "question", "lineage"):
            other.pop(key, None)
    assert decided == late


def test_the_example_of_the_documentation_works(write, shipped):
    text = (ROOT / "docs/how_to_scenario.md").read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    found = resolve(write(text), load_known(ROOT), ROOT / "scenarios")
    assert found.budgets.awareness.state[2012] == 20 and "state_credit" not in found.credit
    assert total(found) == pytest.approx(total(shipped["as_decided"]) + 6)


# The schema and the settings -----------------------------------------------------------------------


def test_the_published_schema_is_current():
    assert PUBLISHED.read_text("utf-8") == schema_text(), "run cpmodel.inputs.schema.publish"
    assert (ROOT / "scenarios/scenario.schema.json").read_text("utf-8") == schema_text()


def test_every_shipped_and_every_resolved_scenario_meets_the_published_schema(shipped):
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(json.loads(schema_text()))
    for name, found in shipped.items():
        for data in (read_yaml(ROOT / f"scenarios/{name}.yaml").data, parse_yaml(found.to_yaml()).data):
            assert [error.message for error in check.iter_errors(data)] == []
    assert list(check.iter_errors({"title": "x", "dras": 1}))
    assert file_schema()["required"] == ["title"]


def test_a_stronger_setting_wins_and_says_where_it_came_from(tmp_path):
    (tmp_path / "cpmodel.yaml").write_text("threads: 3\nlanguage: vi\n")
    found = load_config(
        {"threads": 5, "seed": None}, {"CPMODEL_LANGUAGE": "en", "CPMODEL_THREADS": "4"}, tmp_path
    )
    assert found["threads"] == 5 and found["language"] == ("en",) and found["formats"] == ("html", "pdf")
    assert ("threads", "5", "--threads") in found.rows() and (
        "language",
        "en",
        "CPMODEL_LANGUAGE",
    ) in found.rows()
    assert found.settings["data"].origin == "default" and found.folder("data") == tmp_path / "data"
    assert load_config({}, {}, tmp_path).settings["threads"].origin == "cpmodel.yaml"


def test_wrong_settings_are_all_told_at_once(tmp_path):
    (tmp_path / "cpmodel.yaml").write_text("thread: 3\nformats: [html, docx]\n")
    with pytest.raises(BadInput) as refused:
        load_config({"seed": "x"}, {"CPMODEL_LANGAUGE": "vi", "CPMODEL_HOME": "/", "HOME": "/"}, tmp_path)
    message = str(refused.value)
    for said in (
        "Did you mean `threads`?",
        "html, pdf",
        "Did you mean `CPMODEL_LANGUAGE`?",
        "--seed",
        "cpmodel.yaml",
    ):
        assert said in message
    assert len(refused.value.problems) == 4
