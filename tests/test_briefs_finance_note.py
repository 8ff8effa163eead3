"""The finance note: the answer first, every number a cell of the note, the same figures in both languages and formats."""

import dataclasses
import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pytest
from chromium import opened, troubles
from hypothesis import given
from hypothesis import strategies as st
from printed_briefs import MOST_WORDS, words_of
from test_briefs_page import VIETNAMESE, figures_of

from cpmodel import briefs
from cpmodel.analysis.note_cells import save_note
from cpmodel.analysis.social_benefit import COSTS
from cpmodel.axes import ALL, NATION
from cpmodel.briefs import note_charts, note_messages, recheck
from cpmodel.briefs.labels import Box, placed
from cpmodel.briefs.note_assessment import BARRIERS
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.numbers import NBSP
from cpmodel.briefs.saved_run import INDEX
from cpmodel.briefs.wording import Wording, vocabulary
from cpmodel.cli import main
from cpmodel.content import WORD_JOINER, Figure, numbers_in, plain
from cpmodel.errors import BadInput, RunFailed
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.parameters import read_parameters
from cpmodel.press import docx as word
from cpmodel.press import html, pdf, provenance
from cpmodel.results import saved
from cpmodel.results.outcomes import COLUMNS

ROOT = Path(__file__).resolve().parents[1]
FEW = {"incidence_draws": 4, "friction_draws": 4, "case_draws": 8, "delay_draws": 8}
FIGURES = ("cash", "claims", "fund", "tornado")


@pytest.fixture(scope="module")
def note(tmp_path_factory):
    """A note of the scenario at full resolution, of very few draws."""
    scenario = resolve("green_credit_push", overrides={"draws": 12})
    return save_note(
        scenario, tmp_path_factory.mktemp("notes") / "2026-11-24_green_credit_push_0123abcd", **FEW
    )


@pytest.fixture(scope="module")
def option(note, tmp_path_factory):
    """Another scenario's note, made up: the first with half of every amount, without guarantees and places."""
    folder = tmp_path_factory.mktemp("options") / "2026-11-24_as_decided_0123abcd"
    shutil.copytree(note, folder)
    table = pd.read_parquet(folder / "results.parquet").assign(scenario="as_decided")
    table["value"] *= np.where(table["unit"] == "bn VND", 0.5, 1.0)
    told = table["outcome"].str.startswith(
        ("note_claims", "note_share_of", "note_times", "note_fund", "driver_")
    )
    table[~told].to_parquet(folder / "results.parquet", index=False)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest |= {"scenario": "as_decided", "title": {"vi": "Theo Quyết định", "en": "As decided"}}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.fixture(scope="module")
def designs(note, tmp_path_factory):
    """A folder of design searches that holds one of the note's own content, made up."""
    offered = {"soft_loan": {"rate": 0.05, "tenor": 8.0, "grace": 0.0, "min_equity_share": 0.2, "volume": 250.0},
               "interest_subsidy": {"interest_subsidy": 0.015, "supported_months": 24.0}}  # fmt: skip
    takes = {"soft_loan": {"sizes": "small_medium", "provinces": "all"}, "interest_subsidy": {"sizes": "all"}}
    options = [{"option": f"option_{i}", "terms": {kind: terms}, "eligibility": takes[kind]}
               for i, (kind, terms) in enumerate(offered.items(), start=1)]  # fmt: skip
    both = {
        "grant": {"grant_share": 0.3, "volume": 40.0},
        "guarantee": {"cover": 0.55, "fee": 0.015, "volume": 175.0},
    }
    everyone = {axis: "all" for axis in ("sizes", "sectors", "provinces")}
    options += [{"option": f"option_{i}", "terms": both, "eligibility": everyone} for i in range(3, 7)]
    manifest = json.loads((note / "manifest.json").read_text("utf-8"))
    manifest |= {"kind": "design", "options": options}
    told = {
        "no_change": (0.0, 0.0, 1),
        "base": (90.0, 3.0, 0),
        "option_1": (20.0, 4.0, 1),
        "option_2": (600.0, 11.0, 1),
        "option_3": (24.0, 4.1, 1),
        "option_4": (30.0, 5.0, 1),
        "option_5": (240.0, 7.0, 0),
        "option_6": (480.0, 10.0, 1),
    }
    cells = [("cap", "p", 500.0, "fixed"), ("tried", "", 3, "fixed")]
    for name, (cost, gain, front) in told.items():
        cells += [(f"{name}_fiscal_npv", "", cost, "p50"), (f"{name}_extra_adopters", "", gain, "mean"),
                  (f"{name}_on_front", "", front, "fixed")]  # fmt: skip
    for i, (cost, gain) in enumerate([(15.0, 1.0), (300.0, 6.0), (2000.0, 9.0)]):
        cells += [(f"m{i}_fiscal_npv", "", cost, "p50"), (f"m{i}_extra_adopters", "", gain, "mean")]
    rows = [("green_credit_push", "both", NATION, ALL, ALL, f"design_{name}", unit, 2010, statistic, float(value))
            for name, unit, value, statistic in cells]  # fmt: skip
    folder = tmp_path_factory.mktemp("designs")
    scenario = resolve("green_credit_push", overrides={"draws": 1000})
    saved.write(folder / "2026-11-24_green_credit_push_89abcdef", scenario, pd.DataFrame(rows, columns=COLUMNS),
                pd.DataFrame({"draw": [0]}), manifest)  # fmt: skip
    return folder


def filled_note(note, designs, language="vi", compare=()):
    page = briefs.open_finance_note(note, language, [str(other) for other in compare], designs=designs)
    for part in ("messages", "key_figures", "request", "terms", "typical_projects", "barriers"):
        getattr(page, part)()
    for name in FIGURES[:2]:
        page.figure(name)
    page.budget()
    for name in FIGURES[2:]:
        page.figure(name)
    page.bought()
    page.figure("waterfall")
    page.options()
    page.variations()
    page.frontier()
    page.figure("shares")
    for part in ("map", "heat_map", "what_would_change", "method", "provenance"):
        getattr(page, part)()
    return page


@pytest.fixture(scope="module")
def pages(note, designs, option):
    return {language: filled_note(note, designs, language, [option]) for language in ("vi", "en")}


@pytest.fixture(params=["vi", "en"])
def page(pages, request):
    return pages[request.param]


def table_of(page, name):
    return next(b for s in page.content().sections for b in s.blocks if getattr(b, "id", "") == name)


def test_every_printed_number_is_a_cell_of_the_note_or_says_where_it_comes_from(page):
    content = page.finish().content
    assert list(provenance.loose_numbers(content)) == []
    assert len([n for n in numbers_in(content.sections) if n.keys]) > 80


def test_a_number_that_is_not_the_notes_stops_the_page(note):
    page = filled_note(note, None, "en")
    key = page.reading.key("note_fiscal_npv")
    cells, place = page.run.table.part(key.region, key.outcome), tuple(getattr(key, name) for name in INDEX)
    cells[place] *= 1.5
    content = page.content()
    cells[place] /= 1.5
    with pytest.raises(RunFailed, match="note_fiscal_npv"):
        recheck.refuse_wrong_numbers(content, [page.run])


def test_both_languages_print_the_same_figures(pages):
    told = {
        language: [(row.value, row.lines) for row in provenance.rows(page.content())[0]]
        for language, page in pages.items()
    }
    assert told["vi"] == told["en"]


def test_a_note_is_short_accessible_and_names_the_search_behind_its_frontier(pages, designs, tmp_path):
    contents = {language: page.content() for language, page in pages.items()}
    for language, most in MOST_WORDS.items():
        words = [
            w for w in words_of(contents[language]).split() if any(map(str.isalpha, w))
        ]  # figures are none
        assert 800 < len(words) <= most, len(words)
    told = [(one.kind, one.scenario) for one in contents["en"].manifest.beside]
    assert told == [("design", "green_credit_push"), ("note", "as_decided")]
    with opened() as browser:
        for language, content in contents.items():
            file = tmp_path / f"{language}.html"
            file.write_bytes(html.render(content))
            assert troubles(browser, file) == [], language


def test_every_drawing_has_cells_and_words_in_its_language(page):
    drawn = figures_of(page.content())
    assert [f.id for f in drawn] == [
        f"note_{n}" for n in (*FIGURES, "waterfall", "frontier", "shares", "map", "heat")
    ]
    for figure in drawn:
        assert figure.keys and len(figure.alt) > 60 and re.search(r"\d", figure.alt)
        assert bool(VIETNAMESE.search(figure.alt.split("Hoàng Sa")[0])) == (page.words.language == "vi")


def test_it_opens_with_the_cost_and_what_is_additional(page):
    cost, share = (page.reading.value(f"note_{n}") for n in ("fiscal_npv", "additional_share"))
    values = [number.value for number in numbers_in(page.content().title)]
    assert values[:2] == [cost, share]


def test_the_options_begin_with_no_change_and_are_three(page):
    table = table_of(page, "options")
    heads = [column.label for column in table.columns[1:]]
    assert len(heads) == 3 and heads[0] == page.words.word("note.options.none")
    assert heads[-1] == page.run.title(page.words.language)
    own = {plain(row[0].runs): row for row in table.rows}
    cost = page.words.word("note.options.fiscal_npv")
    assert [n.value for n in numbers_in(own[cost][1])] == [0.0]
    assert next(numbers_in(own[cost][-1])).value == page.reading.value("note_fiscal_npv")


@pytest.mark.law("A.5")
def test_the_term_sheet_names_every_instrument_and_the_source_of_each_term(page):
    rows = table_of(page, "terms").rows
    opened = page.run.manifest["instruments"]
    assert [plain(row[0].runs) for row in rows] == [one["title"][page.words.language] for one in opened]
    for row, one in zip(rows, opened, strict=True):
        for number in numbers_in(row[3]):
            assert one["template"] in number.origin and re.search(r"\([AC]\)$", number.origin)


def test_the_histogram_adds_up_to_all_draws_and_its_tail_is_the_notes(page):
    figure = note_charts.claims(page.reading)
    shares = [page.run.get(key) for key in figure.keys if key.outcome == "note_claims_npv_share"]
    assert sum(shares) == pytest.approx(1.0)


def test_the_frontier_shows_options_and_cap_of_a_search_on_the_same_inputs(page, note, designs, tmp_path):
    drawn = next(f for f in figures_of(page.content()) if f.id == "note_frontier")
    assert "500" in drawn.alt and ("phương án 2" in drawn.alt or "option 2" in drawn.alt)
    other = tmp_path / "2026-11-24_green_credit_push_01234567"
    shutil.copytree(next(designs.iterdir()), other)
    manifest = json.loads((other / "manifest.json").read_text("utf-8"))
    manifest["hashes"]["data"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BadInput, match="same scenario, data"):
        briefs.open_finance_note(note, "en", design=other)
    plain_note = briefs.open_finance_note(note, "en", designs=tmp_path)
    (told,) = plain_note.frontier().blocks
    assert not isinstance(told, Figure) and "other terms or data" in str(told.runs)
    manifest["hashes"] = json.loads((note / "manifest.json").read_text("utf-8"))["hashes"] | {
        "code": "0" * 64
    }
    (other / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (told,) = briefs.open_finance_note(note, "en", designs=tmp_path).frontier().blocks
    assert "earlier version of the program" in str(told.runs)


def test_each_numbered_option_is_told_with_its_terms_and_whom_it_takes(page):
    rows = [plain(row[1].runs).replace(NBSP, " ") for row in table_of(page, "design_options").rows]
    told = {
        "en": ("Soft loan: 5% a year; 8 years; ≤ 250 bn VND a year. Small and medium",
               "Interest subsidy of 1.5% a year; supported for 24 months"),
        "vi": ("Vay ưu đãi: lãi suất 5% một năm; kỳ hạn 8 năm; ≤ 250 tỷ đồng/năm. Doanh nghiệp nhỏ và vừa",
               "Hỗ trợ lãi suất 1,5% một năm; hỗ trợ trong 24 tháng"),
    }  # fmt: skip
    assert tuple(rows[:2]) == told[page.words.language] and len(rows) == 6


@given(st.lists(st.tuples(st.floats(0.1, 2.9), st.floats(0.1, 1.9)), min_size=1, max_size=9))
def test_no_number_of_the_frontier_covers_another_or_a_mark(places):
    marks = [Box(x, y, 0.08, 0.08) for x, y in [*places, places[0]]]  # two at the same place
    cap = Box(1.5, 1.0, 0.02, 2.0)
    found = placed(marks, (0.13, 0.11), [cap], (3.0, 2.0))
    assert all(label.within(3.0, 2.0) for label in found)
    assert not any(label.meets(other) for label in found for other in [*marks, cap])
    assert not any(one.meets(other) for i, one in enumerate(found) for other in found[:i])


def test_the_impact_assessment_weighs_state_establishments_and_society_for_three_options(page):
    table = table_of(page, "options")
    assert len(table.columns) - 1 >= 3
    cells = page.run.cells
    for variant in ("H1", "H2"):
        of = {
            k[5]: v
            for k, v in cells.items()
            if k[5].startswith("note_social_") and k[1] == variant and k[7] == "mean"
        }
        costs = sum(of[f"note_social_{name}"] for name in COSTS)
        assert of["note_social_net"] == pytest.approx(of["note_social_savings"] - costs, rel=1e-9)
        assert (of["note_social_hidden"] == 0) is (variant == "H1")


def test_the_budget_is_told_year_by_year_low_to_high(page):
    table = table_of(page, "budget")
    assert len(table.columns) > 4 and len(table.rows) > 5
    for year in page.run.years("note_cash", "p50"):
        low, mid, high = (page.run.value("note_cash", year, s) for s in ("p10", "p50", "p90"))
        assert low <= mid <= high


def test_savings_fall_step_by_step_to_what_is_net(page):
    gross, riders, added, rebound, net = (
        page.reading.value(f"note_saved_{name}", variant="both") for name in note_charts.STEPS
    )
    assert gross + riders == pytest.approx(added) and added + rebound == pytest.approx(net)
    assert gross > 0 > riders and rebound < 0


def test_who_gains_adds_up_over_sizes_and_over_sectors(page):
    cells = {k: v for k, v in page.run.cells.items() if k[5] == "note_share_of_extra"}
    for axis in (3, 4):
        one = [v for k, v in cells.items() if k[axis] != ALL and k[2] == NATION]
        assert sum(one) == pytest.approx(1.0, abs=0.02)
    crossed = [v for k, v in cells.items() if k[4] != ALL and k[2] != NATION]
    assert sum(crossed) == pytest.approx(1.0, abs=0.02) and len(crossed) == 63 * 4


@pytest.mark.parametrize(("share", "words"), [(0.1, "only"), (0.5, "additional, at"), (0.9, "most projects")])
def test_the_answer_follows_what_is_additional(pages, share, words):
    assert words in plain(note_messages.title(changed(pages["en"], additional_share=share)))


def changed(page, **values):
    """The note read in English with other figures: outcome without `note_` → value, whichever variant it is under."""
    table = dict(page.run.table)
    for name, value in values.items():
        keys = [page.reading.key(f"note_{name}", variant=v) for v in (page.reading.whole, "both")]
        table |= {tuple(getattr(key, part) for part in INDEX): value for key in keys}
    return Reading(dataclasses.replace(page.run, table=table), Wording("en"))


def test_a_credit_that_nobody_uses_is_told_as_such(pages):
    idle = changed(pages["en"], projects=0.0)
    assert "nobody takes up" in plain(note_messages.title(idle))
    assert "do not open this credit" in plain(note_messages.ask(idle).runs)


@pytest.mark.parametrize(
    ("share", "asked"), [(0.1, "Do not enlarge the volumes"), (0.6, "Consider larger volumes")]
)
def test_larger_volumes_are_asked_for_only_where_they_add_projects(pages, share, asked):
    full = changed(pages["en"], volume_used_share=0.95, additional_share=share)
    assert asked in plain(note_messages.ask(full).runs)


def test_hardly_any_project_is_never_printed_as_none(pages):
    run, key = pages["vi"].run, pages["vi"].reading.key("note_additional")
    table = run.table | {tuple(getattr(key, name) for name in INDEX): 0.004}
    number = Reading(dataclasses.replace(run, table=table), Wording("vi")).count("note_additional")
    assert number.text == "<0,1" and recheck.shows(number, 0.004, "vi")


def test_a_note_without_guarantees_loans_or_places_says_so(option):
    page = filled_note(option, None, "en")
    content = page.finish().content
    text = content.model_dump_json()
    told = ("no contingent liability", "tells no provinces", "no fund revolves", "no input moves")
    assert all(words in text for words in told)
    assert not [
        figure for figure in figures_of(content) if figure.id in ("note_claims", "note_fund", "note_map")
    ]


def test_what_cannot_be_printed_is_refused(note, tmp_path):
    with pytest.raises(BadInput, match="Did you mean `waterfall`"):
        filled_note(note, None).figure("waterfal")
    with pytest.raises(BadInput, match="cpmodel brief finance_note --scenario green_credit"):
        briefs.open_finance_note("green_credit", notes=tmp_path)
    with pytest.raises(BadInput, match="language"):
        briefs.open_finance_note(note, "fr")
    with pytest.raises(BadInput, match="may stand in a brief once"):
        briefs.open_finance_note(note, "vi", str(note))


def test_a_scenario_without_credit_is_refused_with_the_remedy(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["brief", "finance_note", "--scenario", "reference", "--draws", "4", "--resolution", "explorer"])
    said = capsys.readouterr()
    assert stopped.value.code == 2 and not said.out
    assert "opens no instrument" in said.err and "green_credit_push" in said.err


def test_every_uncertain_input_has_a_name_in_both_languages():
    streams = read_parameters(ROOT / "data" / "parameters.csv").streams
    assert len(streams) > 50 and {f"parameter.{name}" for name in streams} <= set(vocabulary())


def test_the_pdf_has_three_to_six_pages(page):
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf.render(page.content()))) <= 6


def test_the_word_document_has_native_tables_every_number_and_the_layout_of_the_decree(page):
    content = page.content()
    data = word.render(content)
    assert data == word.render(content)
    document = docx.Document(io.BytesIO(data))
    sheet = document.sections[0]
    assert (round(sheet.page_width.mm), round(sheet.page_height.mm)) == (210, 297)
    assert 30 <= round(sheet.left_margin.mm) <= 35 and 15 <= round(sheet.right_margin.mm) <= 20
    assert document.styles["Normal"].font.name == "Times New Roman"
    text = "".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))
    for name in ("docx.state", "docx.motto", "docx.recipients"):
        assert page.words.word(name) in text
    for number in numbers_in((content.title, content.sections)):
        assert number.text.replace(WORD_JOINER, "") in text
    kept = sum(b.kind == "table" for s in content.sections for b in s.blocks)
    heads = [t for t in document.tables if "w:tblHeader" in t._tbl.xml]
    assert len(heads) == kept + 1  # and the table that leads to the clauses
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        xml = packed.read("word/document.xml").decode()
    assert all(f'descr="{f.alt[:30]}' in xml for f in figures_of(content))


def test_the_term_sheet_says_what_is_assumed_where_sources_are_silent(page):
    told = " ".join(plain(note) for note in table_of(page, "terms").notes)
    words = {"vi": "trả gốc đều", "en": "equal principal"}
    assert words[page.words.language] in told and "vepf:" not in told


def test_the_matrix_of_barriers_tells_every_barrier_that_the_model_knows(page):
    rows = {
        plain(row[0].runs): [plain(one.runs) for one in row[1:4]] for row in table_of(page, "barriers").rows
    }
    assert len(rows) == len(BARRIERS)
    assert all("%" in cell for cells in rows.values() for cell in cells)
