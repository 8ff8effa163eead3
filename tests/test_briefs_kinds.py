"""Every kind of brief, as its notebook makes it: numbers of the run, both languages alike, short, in its layout."""

import io
import re

import docx
import pytest
from chromium import opened, troubles
from printed_briefs import KINDS, MOST_WORDS, printed, table, words_of
from synthetic_run import write_run

from cpmodel.briefs import component_project, goals, report, sector
from cpmodel.briefs.comparison_messages import closer, targets_told, verdict
from cpmodel.briefs.differences import Differences
from cpmodel.briefs.saved_run import open_saved
from cpmodel.briefs.wording import Wording
from cpmodel.content import WORD_JOINER, numbers_in, plain
from cpmodel.errors import BadInput
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.press import build, provenance

DATA = project_root() / "data"
MOST_PAGES = {"national": 5, "report_v1": 4, "report_ministry": 4, "report_province": 4}  # the others: two


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs that can be paired: more money in the first."""
    folder = tmp_path_factory.mktemp("runs")
    own = write_run(
        folder / "2026-11-20_push_00000001", "push", shift=0.2, title={"vi": "Đẩy mạnh", "en": "Push"}
    )
    return own, write_run(folder / "2026-11-20_as_decided_00000002")


@pytest.fixture(scope="module")
def contents(runs):
    return {(k, lang): printed(k, runs[0], lang, runs[1]) for k in KINDS for lang in ("vi", "en")}


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_in_prose_comes_from_nowhere_and_both_languages_tell_the_same(contents, kind):
    told = {}
    for language in ("vi", "en"):
        content = contents[kind, language]
        assert list(provenance.loose_numbers(content)) == [] == list(provenance.unsourced(content))
        told[language] = sorted((row.value, row.how) for row in provenance.rows(content)[0])
    assert told["vi"] == told["en"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_brief_opens_with_its_message_and_stays_short(contents, kind):
    content = contents[kind, "en"]
    assert len(plain(content.title)) > 20 and content.sections[0].blocks[0].kind == "messages"
    assert bool(content.about) == (kind not in ("national", "report_v1"))
    for language in ("vi", "en"):
        assert len(words_of(contents[kind, language]).split()) <= MOST_WORDS[language]
        pages = re.findall(rb"/Type\s*/Page\b", build.RENDERERS["pdf"](contents[kind, language]))
        assert len(pages) <= MOST_PAGES.get(kind, 2)


def test_every_kind_is_accessible_in_both_languages_and_needs_no_network(contents, tmp_path):
    with opened() as page:
        for (kind, language), content in contents.items():
            file = tmp_path / f"{kind}_{language}.html"
            file.write_bytes(build.RENDERERS["html"](content))
            assert troubles(page, file) == [], file.name


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "national"])
def test_a_run_that_lacks_everything_gives_a_brief_that_says_so(tmp_path, kind):
    lacking = ("awareness", "adoption", "specific", "office", "acceptance", "spend", "met:", "establishments", "rank",
               "part_of", "lever", "opening_mix", "effect", "dedicated")  # fmt: skip
    own, other = (
        write_run(tmp_path / f"2026-11-20_{n}_00000001", n, without=lacking) for n in ("push", "as_decided")
    )
    if "year" in KINDS[kind]:
        pytest.skip("a year is refused where the run holds none; see the test of years")
    content = printed(kind, own, "en", other)
    assert re.search(
        "not available|too little data|does not tell|tells nothing", words_of(content), re.IGNORECASE
    )
    for render in build.RENDERERS.values():
        assert render(content)


def test_a_comparison_pairs_draws_only_where_they_may_be_paired(runs, contents, tmp_path):
    text = words_of(contents["comparison", "en"])
    assert "adoption +" in text and "of the draws" in text
    strange = write_run(tmp_path / "2026-11-20_other_00000003", "other")
    (strange / "manifest.json").write_text(
        (strange / "manifest.json").read_text("utf-8").replace('"seed": 1419', '"seed": 7'), "utf-8"
    )
    apart = words_of(printed("comparison", runs[0], "en", strange))
    assert "cannot be compared draw by draw" in apart and "adoption +" not in apart


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_comparison_tells_how_far_each_scenario_stays_from_what_is_asked(runs, contents, language):
    own, other = map(open_saved, runs)
    words, rows = Wording(language), table(contents["comparison", language], "paired").rows
    targets = targets_told(own)
    assert len(rows) == len(targets) == 11
    for row, target in zip(rows, targets, strict=True):
        assert plain(row[0].runs).endswith(f"{target.year} {target.clause}")
        assert row[1].runs == goals.threshold(own, target, words, unit=False)
        for run, cell, odds in ((other, row[2], row[5]), (own, row[3], row[6])):
            keys = [key for number in numbers_in(cell.runs) for key in number.keys]
            assert [(key.scenario, key.statistic) for key in keys] == [
                (run.name, s) for s in ("p50", "p10", "p90")
            ]
            assert [number.value for number in numbers_in(odds.runs)] == [goals.chance(run, target)[0]]


@pytest.mark.parametrize(("own", "other", "told"), [
    (0, 0, "none"), (5, 0, "own"), (0, 2, "other"), (4, 1, "own_except"), (1, 2, "other_except"), (2, 2, "other_own"),
])  # fmt: skip
def test_who_is_closer_to_most_targets_is_told_with_the_exceptions(own, other, told):
    assert verdict({"own": ["a target"] * own, "other": ["another"] * other}) == told


def test_the_one_that_comes_closer_is_told_and_the_other_way_round_it_is_the_other(runs):
    push, decided = map(open_saved, runs)
    words = Wording("en")
    told = [closer(*pair, words) for pair in ((push, decided), (decided, push), (push, push))]
    heads = [plain(message.headline) for message in told]
    assert ["this scenario comes closer" in heads[0], "the other scenario comes closer" in heads[1]] == [
        True
    ] * 2
    assert "neither comes closer" in heads[2]
    last = {target.outcome: target.low for target in goals.goals(push) if target.year == goals.end(push)}
    found = list(numbers_in(told[0].body))
    assert {number.keys[0].scenario for number in found} == {"push", "as_decided"}
    for number in found:
        run, (key,) = push if number.keys[0].scenario == "push" else decided, number.keys
        assert number.value == pytest.approx(last[key.outcome] - run.get(key)) and number.value > 0
    met = [outcome for outcome, low in last.items() if push.value(outcome, 2020) >= low]
    assert met and plain(told[0].body).count("met") == len(met)


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        ("double_budget", "as_decided", ("2 times the money in every year: 1,068 billion VND instead of 534",)),
        ("credit_late", "as_decided", ("opens in 2012 instead of 2010",)),
        ("green_credit_push", "as_decided",
         ("Opens Green Credit Trust Fund", "at most 1,500 billion VND a year instead of 100")),
        ("awareness_first", "as_decided", ("is the same in all, but 32 billion VND moves from 2016–2019",)),
        ("as_decided", "green_credit_push", ("Does not open Green Credit Trust Fund",)),
        ("reference", "as_decided", ("No Decision is carried out", "0 billion VND instead of")),
        ("as_decided", "reference",
         ("Decision 1419/QĐ-TTg is carried out", "Money for all projects: 534 billion VND instead of 0",
          "from 2010, at most 100 billion VND a year; State investment credit")),
        ("as_decided", "as_decided", ()),
    ],
)  # fmt: skip
def test_every_difference_of_two_scenarios_is_told_in_words(tmp_path, own, other, told):
    opened = []
    for place, name in enumerate((own, other)):
        folder = write_run(tmp_path / f"2026-11-20_{name}_0000000{place}", name)
        (folder / "scenario.resolved.yaml").write_text(resolve(name).to_yaml(), "utf-8")
        opened.append(open_saved(folder))
    for language in ("en", "vi"):
        found = Differences(*opened, Wording(language), DATA).sentences()
        text = " ".join(map(plain, found)).replace("\u00a0", " ").replace(WORD_JOINER, "")
        assert bool(found) == (own != other)
        if language == "en":
            assert all(words in text for words in told), text


def test_a_key_that_no_rule_knows_is_told_all_the_same(tmp_path):
    opened = []
    for place, extra in enumerate(("strange: {deep: 3}\n", "")):
        folder = write_run(tmp_path / f"2026-11-20_s{place}_00000001", f"s{place}")
        (folder / "scenario.resolved.yaml").write_text(f"schema_version: 1\n{extra}", "utf-8")
        opened.append(open_saved(folder))
    (found,) = Differences(*opened, Wording("en"), DATA).sentences()
    assert plain(found) == "strange.deep: 3 instead of none."


@pytest.mark.law("A.1", "A.2", "A.3", "A.4", "A.5")
@pytest.mark.parametrize("project", ["1", "2", "3", "4", "5"])
def test_each_component_project_is_told_as_the_decision_orders_it(runs, project):
    run = open_saved(runs[0])
    page = component_project.open_component_project(runs[0], project, language="vi", data=DATA)
    page.ordered_by()
    text = words_of(page.content())
    one = next(p for p in run.decision.component_projects if p.number == int(project))
    assert one.lead.vi in text and one.partners.vi in text and all(c in text for c in one.carries_out)


@pytest.mark.law("V.1", "V.3")
def test_reports_go_from_and_to_whom_the_clauses_name(contents):
    first, third = (contents[k, "vi"].official for k in ("report_v1", "report_province"))
    assert (first.agency, first.to) == ("Bộ Công Thương", "Thủ tướng Chính phủ")
    assert (third.agency, third.to) == ("Ủy ban nhân dân thành phố Hải Phòng", "Bộ Công Thương")
    titles = [s.title for s in contents["report_province", "vi"].sections]
    assert [t.split(".")[0] for t in titles[:-1]] == ["I", "II", "III", "IV", "V"]


def test_a_return_asks_every_question_of_the_form_and_leaves_room(contents):
    form = table(contents["report_province", "vi"], "form")
    answers = [plain(row[3].runs) for row in form.rows]
    assert len(answers) == 9 and set(answers) == {"......"}
    ministry = table(contents["report_ministry", "en"], "form")
    assert len(ministry.rows) < 9


def test_a_report_in_word_keeps_to_decree_30(contents):
    document = docx.Document(io.BytesIO(build.RENDERERS["docx"](contents["report_v1", "vi"])))
    page = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    sides = {name: getattr(page, f"{name}_margin").mm for name in ("top", "bottom", "left", "right")}
    assert 20 <= sides["top"] <= 25 and 20 <= sides["bottom"] <= 25
    assert 30 <= sides["left"] <= 35 and 15 <= sides["right"] <= 20
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert 13 <= document.styles["Normal"].font.size.pt <= 14
    head = document.tables[0]
    left, right = (cell.text for cell in head.rows[0].cells)
    assert "BỘ CÔNG THƯƠNG" in left and "Số: ......" in left
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in right and "Độc lập - Tự do - Hạnh phúc" in right
    text = "\n".join(p.text for p in document.paragraphs)
    assert "BÁO CÁO" in text and "Kính gửi: Thủ tướng Chính phủ" in text
    assert page.different_first_page_header_footer
    closing = [t for t in document.tables if "Nơi nhận:" in t.rows[0].cells[0].text]
    assert len(closing) == 1 and "Lưu: VT" in closing[0].rows[0].cells[0].text


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: sector.find_sector(DATA, "textil garment leather", "en"), "textile_garment_leather"),
        (lambda: sector.find_sector(DATA, "food", "en"), "food_beverage_tobacco"),
        (lambda: component_project.find_project("6"), "1 to 5"),
        (lambda: report.find_respondent(DATA, "V.2", "", "vi"), "V.1 or V.3"),
        (lambda: report.find_respondent(DATA, "V.3", "Bộ Tài chín", "vi"), "Bộ Tài chính"),
        (lambda: report.find_respondent(DATA, "V.3", "../x", "vi"), "No ministry"),
    ],
)
def test_a_slip_is_answered_with_what_is_near(make, told):
    with pytest.raises(BadInput, match=re.escape(told)):
        make()


def test_a_year_outside_the_run_is_refused(runs):
    with pytest.raises(BadInput, match="2009 to 2020"):
        report.open_report(runs[0], year=2050, data=DATA)


@pytest.mark.parametrize(
    "written", ["Dệt, may, da giày", "det may da giay", "Textiles, garments and leather"]
)
def test_a_sector_is_found_by_name_in_either_language(written):
    assert sector.find_sector(DATA, written, "vi").code == "textile_garment_leather"
