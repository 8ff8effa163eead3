"""One project appraised as a user asks for it: typical figures, words for sectors, both sheets, refusals."""

import functools
from datetime import date

import numpy as np
import pytest

from cpmodel.analysis.appraising import Question, answer, chosen_terms
from cpmodel.analysis.typical_projects import (
    KINDS,
    find_sector,
    find_size,
    guarantee_tail,
    shares_that_accept,
    typical_project,
)
from cpmodel.axes import SIZES
from cpmodel.cli import main
from cpmodel.cli.sheets import appraisal_as_data, appraisal_text
from cpmodel.errors import BadInput
from cpmodel.finance.cashflow import net_present_value
from cpmodel.finance.design import market_terms
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve

DAY = date(2012, 6, 1)


@functools.cache
def inputs():
    return load(resolve("reference"))


@functools.cache
def asked(*instruments, size="small", sector="textiles", **more):
    return answer(Question(instruments, sector, size, **more), 64, inputs())


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("textiles", "textile_garment_leather"), ("dệt", "textile_garment_leather"), ("Det", "textile_garment_leather"),
        ("17", "wood_paper_printing"), ("giấy", "wood_paper_printing"), ("food", "food_beverage_tobacco"),
        ("steel", "minerals_metals"), ("Hoá chất", "chemicals_plastics"), ("machinery_other", "machinery_other"),
    ],
)  # fmt: skip
def test_a_sector_answers_to_its_everyday_names(word, group):
    assert find_sector(word) == group


def test_an_unknown_sector_is_refused_with_the_groups_and_an_ambiguous_one_with_its_meanings():
    with pytest.raises(BadInput, match="food_beverage_tobacco, textile_garment_leather"):
        find_sector("banking")
    with pytest.raises(BadInput, match="several sector groups"):
        find_sector("manufacture")


def test_every_figure_of_a_typical_project_says_what_it_is_and_where_it_is_from():
    facts = typical_project(inputs(), "textile_garment_leather", "small", "technology_change", DAY).facts
    assert set(facts["kind"]) <= {*KINDS.values(), "modelled", "given"}
    assert (facts["source"].str.len() > 3).all() and facts["value"].gt(0).all()


def test_larger_establishments_have_larger_projects_and_a_given_amount_scales_the_savings():
    costs = [
        typical_project(
            inputs(), "textile_garment_leather", size, "technology_change", DAY
        ).project.investment_bn_vnd
        for size in SIZES
    ]
    assert costs == sorted(costs)
    one, two = (
        typical_project(
            inputs(), "textile_garment_leather", "small", "technology_change", DAY, amount
        ).project
        for amount in (1.0, 2.0)
    )
    assert two.yearly_toe == pytest.approx(2 * one.yearly_toe) and two.payback == one.payback


def test_the_states_cash_by_year_is_worth_its_fiscal_npv():
    for instruments in (("gctf",), ("vepf", "gctf"), ("accelerated_depreciation",), ("cit_environment",)):
        found = asked(*instruments, at=date(2015, 12, 31))
        npv = found.sheet.state.set_index("figure").loc["fiscal_npv", "value"]
        assert net_present_value(0.10, found.sheet.cash["total"]) == pytest.approx(npv, rel=0.06, abs=1e-9)
    found = asked("vepf", "gctf", at=date(2015, 12, 31))
    npv = found.sheet.state.set_index("figure").loc["fiscal_npv", "value"]
    assert net_present_value(0.10, found.sheet.cash["total"]) == pytest.approx(npv, rel=1e-9)


def test_a_guarantee_of_a_public_loan_moves_a_loss_and_adds_none():
    with_it, without = asked("vepf", "gctf", at=date(2015, 12, 31)), asked("vepf", at=date(2015, 12, 31))
    a, b = (one.sheet.state.set_index("figure")["value"] for one in (with_it, without))
    assert a["public_lending"] + a["guarantee_expected_loss"] == pytest.approx(b["public_lending"])


def test_support_never_lowers_the_share_that_accepts_and_h1_gains_more_than_h2():
    found = asked("gctf_2012").shares.set_index(["variant", "terms"])["mean"]
    gains = {v: found[v, "support"] - found[v, "market"] for v in ("H1", "H2")}
    assert gains["H1"] > gains["H2"] > 0


def test_market_terms_offered_as_support_change_nothing():
    market = market_terms(0.12, 0.25)
    shares = shares_that_accept(inputs(), "small", "technology_change", market, market, draws=64)
    values = shares.set_index(["variant", "terms"])["mean"]
    assert values["H1", "support"] == pytest.approx(values["H1", "market"], abs=1e-12)


def test_taking_a_barrier_away_never_hurts_and_the_binding_one_gains_most():
    shares = asked("gctf_2012").shares
    barriers = shares.attrs["barriers"]
    assert (barriers["gain"] >= -1e-9).all()
    for variant, part in barriers.groupby("variant"):
        assert shares.attrs["binding"][variant] == part.set_index("barrier")["gain"].idxmax()


def test_what_is_not_known_about_default_widens_the_tail():
    tail = guarantee_tail(inputs(), 1.0)
    p = inputs().parameters.medians()
    assert tail["mean"] == pytest.approx(float(p["loan_default"][0] * p["loss_given_default"][0]), rel=0.25)
    assert 0.137 * 0.45 < tail["p95"] < tail["p99"]  # Vasicek at .05 and .15 without that: .1371711


def test_a_first_loss_layer_costs_the_guarantor_more_but_never_more_than_it_guarantees():
    terms = {"cover": 0.5}
    plain, layered, all_of_it = (
        guarantee_tail(inputs(), 1.0, first_loss=f, **terms) for f in (0.0, 0.1, 1.0)
    )
    for name in ("mean", "p95", "p99"):
        assert plain[name] < layered[name] < all_of_it[name] <= 1.0
    # pari passu, the cover falls out: half of every loss on twice the amount is the loss on the amount
    assert plain == pytest.approx(guarantee_tail(inputs(), 1.0))


def test_several_wrong_things_are_told_at_once():
    with pytest.raises(BadInput) as told:
        answer(
            Question(
                ["gctff", "decree_31"], "banking", "smal", "tech", date(2015, 1, 1), "Ha Nol", -1.0, 40.0
            )
        )
    text = str(told.value)
    for part in (
        "gctff",
        "before the instrument's date",
        "banking",
        "smal",
        "tech",
        "Ha Nol",
        "-1",
        "Write 40 % as 0.4",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("terms", "part"),
    [
        ({"rate": 12.0}, "Write 12 % as 0.12"), ({"grace": 11.0}, "Grace must end before the tenor of 10 years"),
        ({"cover": 1.5}, "give at most 1, which is 100 %"), ({"rat": 0.1}, "Did you mean `rate`"),
    ],
)  # fmt: skip
def test_impossible_terms_are_refused_with_the_fix(terms, part):
    with pytest.raises(BadInput, match=part):
        chosen_terms(inputs().catalogue, Question(["vepf_2015"], "textiles", "small", terms=terms))


def test_a_term_among_several_instruments_needs_an_owner():
    question = Question(["vepf_2015", "gctf_2015"], "textiles", "small", terms={"cover": 0.6})
    with pytest.raises(BadInput, match="Write `vepf.cover=…`"):
        chosen_terms(inputs().catalogue, question)
    owned = Question(["vepf_2015", "gctf_2015"], "textiles", "small", terms={"gctf.cover": 0.6})
    assert chosen_terms(inputs().catalogue, owned)[1].terms.cover == 0.6


def test_forbidden_mixes_and_closed_doors_are_refused_together():
    with pytest.raises(BadInput) as told:
        answer(Question(["vdb_credit_2011", "vdb_post_investment_2011", "gctf_2011"], "textiles", "large"))
    assert "no double support" in str(told.value) and "small, medium" in str(told.value)


def test_unusual_terms_are_answered_with_a_warning():
    found = asked("vepf_2015", terms=None)
    odd = answer(
        Question(["vepf_2015"], "textiles", "small", terms={"grace": 7.0, "rate": 0.3}), 64, inputs()
    )
    texts = [text.in_language("vi") for _, text in odd.warnings]
    assert len(odd.warnings) == len(found.warnings) + 2 and any(
        "thời gian ân hạn 7 năm" in text for text in texts
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_sheet_speaks_one_language_and_prints_no_raw_names(language):
    found = asked("gctf_2012")
    text = appraisal_text(found, language)
    assert (
        "nan" not in text
        and "figure." not in text
        and "barrier" not in text.replace("Binding barrier", "").replace("barrier gone", "")
    )
    assert ("doanh nghiệp" in text) == (language == "vi") and "�" not in text
    data = appraisal_as_data(found, language)
    assert data["firm"]["gctf"]["reward"] > 0 and data["firm"]["own funds"]["loan_rate"] is None
    assert np.isfinite(data["guarantee_loss_of_amount"]["p99"])


def test_a_size_is_found_by_its_word_in_either_language_and_the_error_names_both():
    for words in zip(SIZES, ("siêu nhỏ", "Nhỏ", "vua", "LỚN"), strict=True):
        assert {find_size(word) for word in words} == {words[0]}
    with pytest.raises(
        BadInput, match=r"micro \(siêu nhỏ\), small \(nhỏ\), medium \(vừa\), large \(lớn\)"
    ) as error:
        asked("gctf_2012", size="khổng lồ")
    assert [problem.key for problem in error.value.problems] == ["--size"], "one slip is told once"
    with pytest.raises(BadInput, match="Did you mean `medium`"):
        find_size("mediun")
    assert appraisal_as_data(asked("gctf_2012", size="nhỏ"), "vi")["size"] == "small"


def test_the_command_prints_the_sheet_and_refuses_bad_input_with_exit_code_2(capsys):
    words = ["appraise", "--instrument", "gctf_2012", "--sector", "textiles", "--size"]
    with pytest.raises(SystemExit) as done:
        main([*words, "small", "--language", "vi"])
    assert done.value.code == 0 and "Bảng của Nhà nước" in capsys.readouterr().out
    with pytest.raises(SystemExit) as done:
        main([*words, "tiny", "--language", "fr", "--at", "2012", "--term", "rate"])
    told = capsys.readouterr()
    assert done.value.code == 2 and told.out == ""
    assert all(part in told.err for part in ("tiny", "fr", "YYYY-MM-DD", "name=value"))
