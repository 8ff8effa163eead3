"""The provincial brief: found by any spelling; its part of the nation, the range of its ranks, what is lacking."""

import re
import unicodedata
from pathlib import Path

import pytest
from synthetic_run import PROVINCES, UNITS, write_run

from cpmodel import briefs
from cpmodel.briefs import local_places, recheck
from cpmodel.content import Figure, plain, runs_in
from cpmodel.errors import BadInput
from cpmodel.press import pdf, provenance

DATA = Path(__file__).resolve().parents[1] / "data"
REGIONAL = ("establishments", "adoption", "awareness", "rank", "part_of", "lever", "opening_mix")


def filled(folder, province="31", units="63", language="vi"):
    page = briefs.open_province(folder, province, units=units, language=language, data=DATA)
    for part in ("messages", "key_figures", "too_little_data"):
        getattr(page, part)()
    for outcome in ("awareness", "adoption_strict"):
        page.fan(outcome)
    for part in ("levers", "peers", "data_gaps", "method", "provenance"):
        getattr(page, part)()
    return page


def text_of(content):
    return plain(tuple(runs_in((content.title, content.sections))))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")


@pytest.mark.parametrize(
    "written",
    ["Hải Phòng", unicodedata.normalize("NFD", "Hải Phòng"), "hai phong", "HAI PHONG", "TP. Hải Phòng", "31",
     "Thành phố Hải Phòng", "Hai Phong City", " Haiphong "],
)  # fmt: skip
def test_a_province_is_found_however_it_is_written(written):
    assert local_places.find_place(DATA, written, "63", "en").code == "31"


@pytest.mark.parametrize(
    ("written", "units", "told"),
    [("Hai Phog", "63", "Hải Phòng"), ("../../etc/passwd", "63", "No province"), ("", "63", "No province"),
     ("Hải Dương", "34", "part of `Hải Phòng`"), ("Hải Phòng", "64", "July 2025"),
     ("\u202e31\u0000", "63", "No province"), ("x" * 5000, "34", "No unit")],
)  # fmt: skip
def test_a_place_that_is_not_known_is_answered_with_a_near_one(written, units, told):
    with pytest.raises(BadInput, match=told) as error:
        local_places.find_place(DATA, written, units, "vi")
    assert len(str(error.value)) < 500 and "\u202e" not in str(error.value)


@pytest.mark.parametrize(("units", "codes"), [("63", PROVINCES), ("34", UNITS)])
def test_every_place_has_its_brief_and_its_members(units, codes):
    found = local_places.all_places(DATA, local_places.UNITS[units], "vi")
    assert [part.code for part in found] == sorted(codes)
    members = [code for part in found for code in local_places.member_codes(DATA, part)]
    assert sorted(members) == PROVINCES


@pytest.mark.parametrize(("province", "units"), [("31", "63"), ("unit_79", "34")])
def test_every_number_stands_in_the_run_in_both_languages_alike(run_folder, province, units):
    values = {}
    for language in ("vi", "en"):
        page = filled(run_folder, province, units, language)
        content = page.finish().content
        assert list(recheck.wrong_numbers(content, page.run.get)) == []
        assert list(provenance.loose_numbers(content)) == [] == list(provenance.unsourced(content))
        values[language] = [(row.value, row.how) for row in provenance.rows(content)[0]]
        assert len(text_of(content).split()) <= 1500
    assert values["vi"] == values["en"]


def test_the_long_names_keep_to_two_pages(run_folder):
    for province, units in (("77", "63"), ("79", "34")):
        for language in ("vi", "en"):
            data = pdf.render(filled(run_folder, province, units, language).content())
            assert len(re.findall(rb"/Type\s*/Page\b", data)) <= 2


def test_ranks_are_told_as_ranges_and_the_targets_as_national(run_folder):
    page = filled(run_folder, language="en")
    text = text_of(page.content())
    assert "Do not rank" in text and re.search(r"\d+\u2060–\u2060\d+ of 63", text)
    low, high = (page.run.value("rank_apart_adoption_strict", 2020, s, region="31") for s in ("p10", "p90"))
    assert f"{low:.0f}\u2060–\u2060{high:.0f} of 63" in text
    assert "national, not provincial" in plain(page.content().standfirst)


def test_modelled_shares_say_so_and_missing_surveys_are_named(run_folder):
    content = filled(run_folder, language="vi").content()
    text = text_of(content)
    assert "ước tính" in plain(content.title) and "chưa có khảo sát" in plain(content.title)
    assert "không có kết quả nào" in text and "mô hình" in text
    assert "PRO001" in text_of(filled(run_folder, "Kon Tum").content())


def test_a_run_without_provinces_gives_a_brief_that_says_too_little_data(tmp_path):
    folder = write_run(tmp_path / "2026-11-20_as_decided_0123abcd", without=REGIONAL)
    for language, words in (("vi", "không đủ số liệu"), ("en", "too little data")):
        content = filled(folder, language=language).finish().content
        assert words in plain(content.title)
        assert not [b for s in content.sections for b in s.blocks if isinstance(b, Figure)]
        assert pdf.render(content).startswith(b"%PDF")


def test_peers_are_the_nearest_in_number_of_the_same_region(run_folder):
    from cpmodel.briefs.province_tables import peers_of

    page = filled(run_folder)
    region = local_places.region_codes(DATA)
    peers = peers_of(page)
    assert len(peers) == 4 and {region[p.code] for p in peers} == {region["31"]}
    assert "31" not in {p.code for p in peers}
