"""New observations: everything wrong is told at once, nothing old is rewritten, what is missing stays missing."""

from __future__ import annotations

import csv
import datetime
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from test_cli import call

from cpmodel.errors import BadInput
from cpmodel.inputs.annual_form import annual_form, lines, write_form
from cpmodel.inputs.annual_returns import FormProblems, number, read_returns
from cpmodel.inputs.annual_totals import totals
from cpmodel.inputs.datasets import check_all, datasets, read
from cpmodel.inputs.observing import PROVENANCE, append, prepared
from cpmodel.inputs.places import places_in
from cpmodel.inputs.project import project_root

ROOT = project_root()
DATA = ROOT / "data"
TODAY = datetime.date(2026, 11, 24)
GOOD = {"indicator": "share_aware_of_cp", "value": "61.5", "unit": "percent", "qualifier": "exact", "year": "2025",
        "geography": "Viet Nam", "sample_size": "1200", "denominator": "industrial establishments asked",
        "source_id": "MOIT_SURVEY_2026", "quality": "reported_official", "grade": "A",
        "source_title": "Survey of 2025", "source_publisher": "MOIT", "source_licence": "official report"}  # fmt: skip


def written(folder, *rows, drop=(), name="survey_2026.csv"):
    columns = [c for c in datasets()["survey_national"].columns if c != "record_id"] + list(PROVENANCE)
    columns = [c for c in columns if c not in drop]
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as text:
        out = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    return path


@pytest.fixture
def project(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "scenarios").mkdir()
    monkeypatch.setenv("CPMODEL_HOME", str(tmp_path))
    return tmp_path


def test_rows_are_appended_with_their_own_ids_and_every_old_byte_stays(project):
    files = {
        name: project / "data" / datasets()[name].file
        for name in ("survey_national", "survey_provincial", "sources")
    }
    before = {name: path.read_bytes() for name, path in files.items()}
    province = GOOD | {"geography": "Ha Noi", "province_code": "01", "value": "48"}
    append(prepared(written(project, GOOD, province), project, TODAY), project)
    for name, path in files.items():
        assert path.read_bytes().startswith(before[name]) and len(path.read_bytes()) > len(before[name])
    assert read("survey_national", project)["record_id"].iloc[-1] == "NAT020"
    assert read("survey_provincial", project)["record_id"].iloc[-1] == "PRO007"
    check_all(project)


def test_the_same_file_twice_is_refused_and_another_source_is_only_remarked(project):
    path = written(project, GOOD)
    append(prepared(path, project, TODAY), project)
    with pytest.raises(BadInput, match="NAT020 holds this already"):
        prepared(path, project, TODAY)
    other = prepared(written(project, GOOD | {"source_id": "NGO_2026"}), project, TODAY)
    assert any("NAT020" in remark and "both stay" in remark for remark in other.remarks)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"indicator": "share_aware_of_pc"}, "share_aware_of_cp"),
        ({"unit": "share"}, "kept in percent"),
        ({"unit": "percnt"}, "percent"),
        ({"value": "161"}, "at most 100"),
        ({"value": "many"}, "not a number"),
        ({"value": "70", "value_max": "60"}, "below the value"),
        ({"year": "2031"}, "future"),
        ({"year": ""}, "without its year"),
        ({"province_code": "99"}, "data/provinces.csv"),
        ({"province_code": "01"}, "Ha Noi"),
        ({"geography": "Vietnam"}, "Viet Nam"),
        ({"denominator": ""}, "what it is a share of"),
        ({"sample_size": "0"}, "whole number"),
        ({"source_title": ""}, "provenance"),
        ({"grade": "Z"}, "grade"),
        ({"flag": "susspect"}, "flags.csv"),
    ],
)
def test_what_is_wrong_is_answered_with_what_to_do(tmp_path, change, words):
    with pytest.raises(BadInput) as told:
        prepared(written(tmp_path, GOOD | change), ROOT, TODAY)
    assert words in str(told.value) and "survey_2026.csv" in str(told.value)


def test_all_problems_are_told_at_once(tmp_path):
    rows = [GOOD | {"indicator": "x"}, GOOD | {"unit": "share", "year": "2031", "value": "120"}]
    with pytest.raises(BadInput) as told:
        prepared(written(tmp_path, *rows), ROOT, TODAY)
    assert len(told.value.problems) >= 3


def test_record_ids_and_missing_columns_are_refused(tmp_path):
    with pytest.raises(BadInput, match="denominator"):
        prepared(written(tmp_path, GOOD, drop=("denominator",)), ROOT, TODAY)
    path = written(tmp_path, GOOD)
    path.write_text("record_id," + path.read_text("utf-8"), "utf-8")
    with pytest.raises(BadInput, match="no row is ever replaced"):
        prepared(path, ROOT, TODAY)


def test_a_figure_equal_to_its_target_is_remarked_and_one_without_a_sample_too(tmp_path):
    told = prepared(written(tmp_path, GOOD | {"value": "90", "year": "2020", "sample_size": ""}), ROOT, TODAY)
    assert any("equal to its target" in remark for remark in told.remarks)
    assert any("sample size" in remark for remark in told.remarks)


def test_a_dry_run_writes_nothing_and_yes_appends(project, capsys):
    path, file = written(project, GOOD), project / "data" / "programme" / "survey_national.csv"
    before = file.read_bytes()
    code, out, err = call(capsys, "observe", "add", str(path))
    assert code == 0 and "NAT020" in out and "Nothing was written" in err and file.read_bytes() == before
    code, out, _ = call(capsys, "observe", "add", str(path), "--yes")
    assert code == 0 and "appended: data/programme/survey_national.csv" in out and file.read_bytes() != before
    code, _, err = call(capsys, "observe", "add", str(path), "--yes")
    assert code == 2 and "Traceback" not in err
    code, _, err = call(capsys, "observe", "add", str(project / "survey_2062.csv"))
    assert code == 2 and "survey_2026.csv" in err


# --- the yearly form ------------------------------------------------------------------------------------------

ANSWERS = {"respondent": "Hà Nội", "year": "2024", "document": "Số 12/BC-SCT ngày 15/01/2025", "establishments": "1.250",
           "surveyed": "200", "aware": "130", "applying": "60", "saving_5": "20", "department_able": "có",
           "people_trained": "340", "state_funds": "1,25"}  # fmt: skip


def filled(folder, name, **changes):
    """Write a form with answers, as the office that fills it in would save it."""
    return write_form(folder / name, "vi", {k: str(v) for k, v in (ANSWERS | changes).items()})[
        name.endswith(".csv")
    ]


def test_the_form_that_goes_out_is_the_form_that_is_read_back(tmp_path):
    for name in ("a.xlsx", "b.csv"):
        found = read_returns([filled(tmp_path, name)], DATA)[0]
        assert (found.respondent, found.year, found.name_vi) == ("01", 2024, "Hà Nội")
        assert found.answers["establishments"] == 1250 and found.answers["state_funds"] == 1.25
        assert found.answers["department_able"] == 1.0


def test_a_form_saved_by_a_spreadsheet_with_numbers_in_cells_is_read(tmp_path):
    book = Workbook()
    for row in lines("vi", ANSWERS):
        book.active.append([float(c) if c in ("200", "130", "60") else c for c in row])
    book.save(tmp_path / "saved.xlsx")
    assert read_returns([tmp_path / "saved.xlsx"], DATA)[0].answers["surveyed"] == 200


def test_the_workbook_lets_only_answers_be_changed_and_speaks_vietnamese(tmp_path):
    sheet = load_workbook(write_form(tmp_path / "form.xlsx", "vi")[0]).active
    assert sheet.protection.sheet and sheet["A5"].protection.locked and not sheet["D5"].protection.locked
    assert "SẢN XUẤT SẠCH HƠN" in sheet["A1"].value and "63" not in sheet["A1"].value
    asked = {row[0] for row in lines("en")[4:]}
    assert asked == set(annual_form()["questions"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"respondent": "Hà Nôi 2"}, "Không có tỉnh"),
        ({"respondent": ""}, "Bắt buộc"),
        ({"document": ""}, "Bắt buộc"),
        ({"aware": "250"}, "Lớn hơn dòng `surveyed`"),
        ({"applying": "sáu mươi"}, "số nguyên không âm"),
        ({"surveyed": "12,5"}, "số nguyên không âm"),
        ({"surveyed": "", "aware": "3"}, "để trống nên không tính được"),
        ({"department_able": "có thể"}, "có hoặc không"),
        ({"year": "1999"}, "từ 2009"),
        ({"state_funds": "-3"}, "số không âm"),
    ],
)
def test_problems_of_a_form_are_told_in_vietnamese(tmp_path, changes, words):
    with pytest.raises(FormProblems) as told:
        read_returns([filled(tmp_path, "phieu.xlsx", **changes)], DATA)
    assert words in str(told.value) and "Phiếu phieu.xlsx chưa sử dụng được" in str(told.value)
    assert "cannot be used" not in str(told.value)


def test_problems_of_all_forms_are_told_at_once_and_a_respondent_reports_once(tmp_path):
    files = [
        filled(tmp_path, "1.xlsx"),
        filled(tmp_path, "2.csv"),
        filled(tmp_path, "3.xlsx", respondent="Huế", year="2023"),
    ]
    (tmp_path / "4.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(FormProblems) as told:
        read_returns([*files, tmp_path / "4.xlsx"], DATA)
    text = str(told.value)
    assert "đã gửi phiếu 1.xlsx" in text and "của năm 2024" in text and "Không đọc được" in text


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_numbers_are_read_as_vietnamese_offices_write_them(whole, part):
    text = f"{whole:,}".replace(",", ".")
    assert number(f"{text},{part:02d}") == pytest.approx(whole + part / 100)
    assert number(text) == whole and number(str(whole)) == whole and number(float(whole)) == whole
    assert number("1.2.3") is None and number(True) is None and number("12 cơ sở") is None


def returned(tmp_path):
    filled(tmp_path, "01.xlsx")
    filled(tmp_path, "tt_hue.csv", respondent="Thừa Thiên Huế", establishments="750", surveyed="100", aware="20",
           applying="", saving_5="", department_able="không", state_funds="")  # fmt: skip
    filled(tmp_path, "btc.xlsx", respondent="Bộ Tài chính", establishments="", surveyed="", aware="", applying="",
           saving_5="", department_able="", people_trained="")  # fmt: skip
    return read_returns(
        [*tmp_path.glob("01.xlsx"), *tmp_path.glob("tt_hue.csv"), *tmp_path.glob("btc.xlsx")], DATA
    )


def test_missing_provinces_and_blanks_stay_missing_and_a_part_is_not_the_country(tmp_path):
    found = totals(returned(tmp_path), DATA)
    assert len(found.missing) == 61 and "01" not in found.missing
    rows = found.tables["survey"].set_index(["indicator", "province_code"])["value"]
    assert rows["share_aware_of_cp", "01"] == 65 and ("share_applying_cp", "46") not in rows.index
    assert rows["share_aware_of_cp", "01;46"] == pytest.approx((1250 * 65 + 750 * 20) / 2000)
    assert not any(province == "" for _, province in rows.index)
    assert rows["share_doit_able_to_advise_on_cp", "01;46"] == 50
    assert found.tables["budgets"]["value"].tolist() == [
        1.25,
        1.25,
    ]  # Hà Nội and the ministry; Huế left it blank


def test_a_unit_of_2025_reports_for_the_provinces_it_is_made_of(tmp_path):
    files = [
        filled(tmp_path, "hp.xlsx", respondent="TP. Hải Phòng", year="2025"),
        filled(tmp_path, "hn.csv", year="2025"),
    ]
    found = totals(read_returns(files, DATA), DATA)
    rows = found.tables["survey"].set_index(["indicator", "province_code"])
    hai_phong = rows.loc[("share_aware_of_cp", "30;31")]
    assert hai_phong["geography"] == "Hai Duong, Hai Phong" and hai_phong["value"] == 65
    assert ("share_aware_of_cp", "01;30;31") in rows.index and len(found.missing) == 32
    every = [
        filled(tmp_path, f"{code}.csv", respondent=names[0], year="2026")
        for code, names in places_in(DATA, 2026).names.items()
    ]
    whole = totals(read_returns(every, DATA), DATA).tables["survey"]
    assert (whole["geography"] == "Viet Nam").sum() == 3 and len(every) == 34
    with pytest.raises(FormProblems, match="Hải Dương thuộc Hải Phòng"):
        read_returns([filled(tmp_path, "hd.csv", respondent="Hải Dương", year="2025")], DATA)


def test_order_of_forms_changes_no_total(tmp_path):
    returns = returned(tmp_path)
    one, other = (
        totals(list(r), DATA).tables["survey"].sort_values(["indicator", "province_code"])
        for r in (returns, returns[::-1])
    )
    wide = one["province_code"].str.contains(";")
    assert (
        one.loc[wide, "value"].tolist()
        == other.loc[other["province_code"].str.contains(";"), "value"].tolist()
    )


def test_what_the_forms_say_goes_through_observe_add(project, capsys, tmp_path_factory):
    forms, out = tmp_path_factory.mktemp("forms"), tmp_path_factory.mktemp("out")
    returned(forms)
    for stray in ("01.csv", "tt_hue.xlsx", "btc.csv"):
        (forms / stray).unlink()
    code, said, err = call(capsys, "observe", "collect", str(forms), "-o", str(out))
    assert code == 0, err
    assert (
        "2/63 tỉnh, thành phố, 1 bộ, ngành" in said and "Hải Phòng" in said and "không ước tính thay" in said
    )
    for name in ("survey", "activities", "budgets"):
        code, said, err = call(capsys, "observe", "add", str(out / f"{name}_2024.csv"), "--yes")
        assert code == 0, err
    rows = read("survey_provincial", project)
    assert (
        rows["source_id"].str.startswith("V3_2024").sum() == 5
        and read("budgets", project)["value"].iloc[-1] == 1.25
    )
    check_all(project)


def test_one_form_for_each_respondent(project, capsys, tmp_path_factory):
    out = tmp_path_factory.mktemp("all")
    code, said, _ = call(capsys, "observe", "form", "--respondent", "all", "--year", "2026", "-o", str(out))
    assert (
        code == 0 and "41 forms" in said and len(list(out.glob("*.xlsx"))) == 41
    )  # 34 units, seven ministries
    before = tmp_path_factory.mktemp("before")
    code, said, _ = call(
        capsys, "observe", "form", "--respondent", "all", "--year", "2024", "-o", str(before)
    )
    assert code == 0 and "70 forms" in said and len(list(before.glob("*.csv"))) == 70
    code, _, err = call(capsys, "observe", "form", "--language", "fr", "-o", str(out / "f.xlsx"))
    assert code == 2 and "fr" in err
    code, _, err = call(capsys, "observe", "collect", str(project / "scenarios"), "-o", str(out))
    assert code == 2 and "không có phiếu" in err


def test_a_table_of_totals_has_the_declared_columns(tmp_path):
    for name, form in (("survey", "survey_national"), ("activities", "activities"), ("budgets", "budgets")):
        columns = list(totals(returned(tmp_path), DATA).tables[name].columns)
        assert columns == [c for c in datasets()[form].columns if c != "record_id"] + list(PROVENANCE)
