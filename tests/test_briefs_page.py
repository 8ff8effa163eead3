"""What a page says: every number from the run, both languages alike, nothing invented."""

import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest
from synthetic_run import write_run

from cpmodel import briefs
from cpmodel.briefs import figures, goals, maps, messages, places, recheck, saved_run
from cpmodel.briefs.wording import PLACE, vocabulary
from cpmodel.content import Figure, plain
from cpmodel.errors import BadInput, RunFailed
from cpmodel.press import provenance

DATA = Path(__file__).resolve().parents[1] / "data"
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def filled_page(folder, language="vi", compare=()):
    page = briefs.open_page(folder, language=language, compare=compare, data=DATA)
    for part in ("messages", "key_figures", "request", "targets"):
        getattr(page, part)()
    for name in ("awareness", "adoption", "saving", "offices"):
        page.fan(name)
    for part in (
        "money",
        "credit",
        "what_it_takes",
        "who_gains",
        "map",
        "data_quality",
        "method",
        "provenance",
    ):
        getattr(page, part)()
    return page


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")


@pytest.fixture(scope="module", params=["vi", "en"])
def page(run_folder, request):
    return filled_page(run_folder, request.param)


def figures_of(content):
    return [b for s in content.sections for b in s.blocks if isinstance(b, Figure)]


def test_every_printed_number_stands_in_the_run_at_its_precision(page):
    assert list(recheck.wrong_numbers(page.content(), page.run.get)) == []


def test_a_changed_number_is_found_out(page):
    def moved(key):
        value = page.run.get(key)
        return None if value is None else value + 0.02

    assert list(recheck.wrong_numbers(page.content(), moved))


def test_no_figure_in_running_text_comes_from_nowhere(page):
    assert list(provenance.loose_numbers(page.content())) == []


def test_every_drawing_has_words_in_its_language(page):
    content = page.content()
    drawn = figures_of(content)
    assert [f.id for f in drawn] == [
        "fan_awareness", "fan_adoption", "fan_saving", "fan_offices", "money", "credit",
        "map_adoption_strict",
    ]  # fmt: skip
    for figure in drawn:
        assert len(figure.alt) > 60 and re.search(r"\d", figure.alt)
        assert (
            len(VIETNAMESE.findall(figure.alt)) > 10
            if content.language == "vi"
            else "Biểu đồ" not in figure.alt
        )
        assert figure.keys and all(page.run.get(key) is not None for key in figure.keys)


@pytest.mark.law("II.2.a.1", "II.2.a.2/adoption", "II.2.a.2/saving", "II.2.a.3")
@pytest.mark.law("II.2.b.1", "II.2.b.2/adoption", "II.2.b.2/saving", "II.2.b.2/units", "II.2.b.3")
def test_every_target_of_the_decision_has_its_row_with_odds_and_word(page):
    table = next(b for s in page.content().sections for b in s.blocks if getattr(b, "id", "") == "targets")
    printed = {plain(row[2].runs) for row in table.rows}
    assert printed == {target.id for target in page.run.decision.scored}
    assert all(row[-1].status in ("good", "uncertain", "bad") for row in table.rows)
    assert all(re.search(r"%.*·.*\w", plain(row[-1].runs)) for row in table.rows)


def test_assumed_budgets_and_unverified_shares_are_flagged(page):
    text = page.content().model_dump_json()
    words = {"vi": ("giả định", "chưa kiểm chứng"), "en": ("assumed", "unverified")}[page.words.language]
    assert all(text.count(word) >= 3 for word in words)


def test_both_languages_print_the_same_numbers(run_folder):
    values = {}
    for language in ("vi", "en"):
        page = filled_page(run_folder, language)
        values[language] = [(r.value, r.how) for r in provenance.rows(page.content())[0]]
    assert values["vi"] == values["en"]


def test_a_run_without_an_outcome_says_so_and_invents_nothing(tmp_path):
    everything = (
        "awareness",
        "adoption",
        "specific",
        "office",
        "acceptance",
        "spend",
        "met:",
        "establishments",
    )
    folder = write_run(
        tmp_path / "20261120_x_1",
        without=(*everything, "assess", "provider", "scheme", "dedicated", "effect"),
    )
    for language, words in (("vi", "không có số liệu"), ("en", "not available")):
        content = filled_page(folder, language).content()
        assert list(recheck.wrong_numbers(content, lambda key: None)) == []
        assert figures_of(content) == []
        assert content.model_dump_json().lower().count(words) > 20


@pytest.mark.parametrize(
    "gone", ["awareness", "adoption_strict", "acceptance", "spend_total", "spend", "met:", "est"]
)
def test_any_one_missing_outcome_leaves_the_rest_of_the_page(tmp_path, gone):
    page = filled_page(write_run(tmp_path / "20261120_x_1", without=(gone,)), "vi")
    assert list(recheck.wrong_numbers(page.content(), page.run.get)) == []


def test_scenarios_are_set_side_by_side(run_folder, tmp_path):
    other = write_run(
        tmp_path / "20261120_double_2", "double", shift=0.3, title={"vi": "Gấp đôi", "en": "Double"}
    )
    text = filled_page(run_folder, "vi", compare=[str(other)]).content().model_dump_json()
    assert "Gấp đôi" in text and "double" in text


def test_the_latest_run_of_a_scenario_is_found_and_a_slip_is_helped(tmp_path):
    write_run(tmp_path / "2026-11-19_as_decided_00000001", created="2026-11-19T08:00:00Z")
    last = write_run(tmp_path / "2026-11-20_as_decided_00000002")
    assert briefs.open_page("as_decided", data=DATA, runs=tmp_path).run.folder == last
    with pytest.raises(BadInput, match="as_decided"):
        briefs.open_page("as_decidd", data=DATA, runs=tmp_path)
    with pytest.raises(BadInput, match="language"):
        briefs.open_page("as_decided", language="fr", data=DATA, runs=tmp_path)


def test_a_run_with_a_missing_file_names_it(tmp_path):
    folder = write_run(tmp_path / "20261120_x_1")
    (folder / "results.parquet").unlink()
    (folder / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(BadInput, match="results.parquet"):
        briefs.open_page(folder, data=DATA)


def test_the_same_numbers_give_the_same_drawing(run_folder):
    one, two = (filled_page(run_folder, "vi").content() for _ in range(2))
    assert one == two


def test_a_letter_the_font_lacks_is_an_error():
    with pytest.raises(RunFailed, match="U\\+25B2"):
        figures.bars(["▲ đề án"], [1.0], ["1"])


def test_every_map_shows_the_archipelagos_by_name(run_folder):
    shape, names = places.geometry(DATA), places.provinces(DATA)
    scale = maps.equal_steps([10, 20], str)
    empty = maps.Insets(("", ""), ("", ""))
    named = maps.Insets(("Quần đảo Hoàng Sa", "(Đà Nẵng)"), ("Quần đảo Trường Sa", "(Khánh Hòa)"))
    values = dict.fromkeys(names, 15.0)
    assert len(maps.choropleth(shape, values, scale, named, "")) > len(
        maps.choropleth(shape, values, scale, empty, "")
    )
    content = filled_page(run_folder, "vi").content()
    alt = next(f.alt for f in figures_of(content) if f.id.startswith("map"))
    assert "Hoàng Sa" in alt and "Trường Sa" in alt


def test_the_definition_is_said_to_decide_only_where_the_verdicts_differ(page):
    run, words = page.run, page.words
    decides = {"vi": "quyết định kết luận", "en": "decides the verdict"}[words.language]
    assert decides in plain(messages.readings(run, words).headline)
    strict = goals.chance(run, goals.goal(run, "adoption_strict"))[1]
    lenient = goals.chance(run, goals.goal(run, "adoption_lenient"))[1]
    alike = {name: getattr(lenient, name) for name in saved_run.INDEX}
    table = run.table | {tuple(alike.values()): run.get(strict)}
    assert decides not in plain(messages.readings(dataclasses.replace(run, table=table), words).headline)


def test_the_label_of_a_target_stands_clear_of_the_band():
    years = list(range(2009, 2021))
    bands = {name: [10.0 + i for i in range(12)] for name in ("p10", "p25", "p50", "p75", "p90")}
    fan = figures.Fan(years, bands, [(2015, 14.0, None, "14"), (2020, 60.0, None, "60")], "21")
    assert figures._above_band(fan, 2015, 70.0) > 16.0  # above the band between 2012 and 2015
    assert figures._above_band(fan, 2020, 70.0) < 60.0  # so this one stays beside its mark


def test_both_languages_of_every_phrase_have_the_same_places():
    for name, phrase in vocabulary().items():
        assert sorted(PLACE.findall(phrase["vi"])) == sorted(PLACE.findall(phrase["en"])), name


def test_every_flag_of_the_data_has_words():
    flags = pd.read_csv(DATA / "flags.csv")["flag"]
    assert [name for name in flags if f"flag.{name}" not in vocabulary()] == []


CALIBRATED = {"folder": "2026-11-20_as_decided_89abcdef", "scenario": "as_decided", "until": 2020, "rows": 8,
              "contraction": {"awareness 2020": 0.05, "specific_saving 2015": 0.5, "specific_saving 2020": 0.4}}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "learned", "said", "unsaid"),
    [
        ("en", 0.4, "narrowed the ranges of: saving per unit of product", "All results are prior-driven"),
        ("vi", 0.4, "làm hẹp khoảng tin cậy của: mức tiết kiệm", "Tất cả kết quả"),
        ("en", 0.01, "narrowed no range markedly", "All results are prior-driven"),
    ],
)
def test_a_calibrated_run_says_what_it_was_held_against_and_what_that_taught(
    tmp_path, language, learned, said, unsaid
):
    told = CALIBRATED | {
        "contraction": {name: min(v, learned) for name, v in CALIBRATED["contraction"].items()}
    }
    told["contraction"]["specific_saving 2015"] = learned
    told["informed"] = [name for name, v in told["contraction"].items() if v >= 0.2]
    folder = write_run(tmp_path / "2026-11-20_as_decided_0123abcd", calibration=told)
    content = filled_page(folder, language).content()
    text = content.model_dump_json() if hasattr(content, "model_dump_json") else str(content)
    assert said in text and unsaid not in text
    assert "8" in text and list(provenance.loose_numbers(content)) == []
