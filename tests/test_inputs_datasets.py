"""The data folder: every file as declared, every fault named at its place, nothing filled in."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput
from cpmodel.inputs.datasets import check_all, datasets, read
from cpmodel.inputs.geography import boundaries, neighbour_table, neighbours, shared_borders
from cpmodel.inputs.project import project_root
from cpmodel.units import convert, unit, units

REGISTRIES = {"sources", "quality_grades", "flags"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's data that a test may spoil."""
    shutil.copytree(project_root() / "data", tmp_path / "data")
    (tmp_path / "scenarios").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def tables() -> dict:
    return {name: read(name) for name in datasets()}


def spoil(project: Path, file: str, *changes: tuple[str, str]) -> None:
    """Replace, once each, pieces of a data file."""
    path = project / "data" / file
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


def faults(name: str, project: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read(name, project)
    assert caught.value.exit_code == 2
    return str(caught.value)


# --- what the folder holds


def test_every_file_of_the_edition_is_declared_and_clean():
    report = check_all()
    assert report.edition["edition"] == "2026-11"
    assert report.totals()["rows"] > 8000
    assert set(report.tables["name"]) == set(datasets())


def test_the_data_sheet_names_every_table_with_its_rows():
    sheet, report = (project_root() / "docs/data.md").read_text("utf-8"), check_all()
    for table in report.tables.itertuples():
        about = datasets()[table.name].about
        assert f"| `{table.name}` | {about} | {table.rows:,} |" in sheet, table.name


def test_every_row_bears_source_quality_and_grade(tables):
    for name, table in tables.items():
        if name in REGISTRIES or name == "diffusion_series_notes":
            continue
        assert (table["source_id"] != "").all(), name
        assert table["grade"].isin(list("ABCJ")).all(), name
        assert (table["quality"] != "").all(), name


def test_observations_bear_unit_and_place(tables):
    for name, table in tables.items():
        if "value" in table:
            assert (table["unit"] != "").all(), name
            assert name == "diffusion_series" or (table["geography"] != "").all(), name


def test_recalled_rows_are_graded_c(tables):
    for name, table in tables.items():
        if name not in REGISTRIES and "quality" in table:
            recalled = table["quality"] == "unverified_recall"
            assert (table.loc[recalled, "grade"] == "C").all(), name


def test_results_that_equal_their_targets_stay_and_are_never_scored(tables):
    survey, flags = tables["survey_national"].set_index("record_id"), tables["flags"].set_index("flag")
    assert list(survey.loc[["NAT001", "NAT002", "NAT003"], "flag"].unique()) == ["suspect_equals_target"]
    assert flags.loc["suspect_equals_target", ["suspect", "scoreable"]].tolist() == ["yes", "no"]


def test_contradictions_are_kept_as_separate_rows(tables):
    instruments = tables["instruments"]
    credit = instruments[
        instruments["programme"].eq("VDB state investment credit") & instruments["year"].eq(2014)
    ]
    assert {10.5, 10.8} <= set(credit["value"])
    assert "contradicted" in set(credit["flag"])


def test_nothing_is_interpolated_in_the_energy_balance(tables):
    energy = tables["industry_energy"]
    assert energy["value"].notna().all()
    wood = energy[energy["subsector"].eq("14_10_wood_and_wood_products")]
    assert wood["year"].min() == 2015  # nothing before the balance has the subsector


def test_text_is_nfc_throughout(tables):
    for name, table in tables.items():
        for column in table.select_dtypes(exclude="number"):
            text = "".join(table[column].astype(str))
            assert unicodedata.is_normalized("NFC", text), (name, column)


def test_macro_series_are_readable_by_name(tables):
    macro = tables["macro"]
    lending = macro[macro["indicator"] == "lending_rate"].set_index("year")["value"]
    assert convert(lending[2011], "percent/year", "1/year") == pytest.approx(0.1695, abs=0.01)


# --- places


def test_sixty_three_provinces_lead_to_thirty_four_units(tables):
    assert len(tables["provinces"]) == 63
    assert tables["provinces_2025"]["new_province_code"].nunique() == 34
    assert set(tables["provinces_2025"]["province_code"]) == set(tables["provinces"]["province_code"])


def test_every_map_can_show_hoang_sa_and_truong_sa(tables):
    insets = tables["province_tiles"].query("kind == 'inset'").set_index("province_code")
    assert "Hoàng Sa" in insets.loc["48", "label_vi"] and "Trường Sa" in insets.loc["56", "label_vi"]
    assert set(tables["insets"]["province_code"]) == {"48", "56"}


def test_the_tile_map_is_free_of_collisions_and_faithful(tables):
    tiles = tables["province_tiles"]
    own = tiles[tiles["kind"] == "province"].merge(tables["provinces"], on="province_code")
    assert len(own) == 63 and not tiles.duplicated(["col", "row"]).any()
    assert np.corrcoef(own["row"], -own["label_lat"])[0, 1] > 0.97
    assert np.corrcoef(own["col"], own["label_lon"])[0, 1] > 0.9


def test_neighbours_follow_from_the_boundary_file(tables):
    fresh = neighbour_table(boundaries())
    stored = tables["province_neighbours"]
    assert list(zip(fresh["province_code"], fresh["neighbour_code"], strict=True)) == list(
        zip(stored["province_code"], stored["neighbour_code"], strict=True)
    )


def test_borders_are_mutual_and_leave_no_province_alone(tables):
    regions = tuple(tables["provinces"]["province_code"])
    near = neighbours(regions)
    assert min(map(len, near)) >= 1
    for i, others in enumerate(near):
        assert i not in others and all(i in near[j] for j in others)
    hanoi = {regions[j] for j in near[regions.index("01")]}
    assert hanoi == {"17", "19", "24", "25", "26", "27", "33", "35"}
    assert [len(x) for x in neighbours(("VN",))] == [0]


def test_borders_do_not_hang_on_the_tolerance():
    shapes = boundaries()
    assert len(shared_borders(shapes, 0.004)) - len(shared_borders(shapes, 0.002)) <= 1


def test_sectors_and_sizes_cover_industry(tables):
    divisions = tables["sectors"]
    assert (
        len(divisions) == 34
        and divisions["sector"].nunique() == 6
        and divisions["explorer_sector"].nunique() == 3
    )
    classes = tables["size_classes"]
    small = classes[classes["size"] == "small"].set_index("valid_from")["labour_le"]
    assert list(small) == [200, 100] and set(classes["size"]) == set(SIZES)


# --- units


def test_units_convert_within_a_dimension_only():
    assert convert(34, "percent", "share") == pytest.approx(0.34)
    assert convert(1, "PJ", "ktoe") == pytest.approx(23.8846, abs=1e-4)
    assert convert(1, "billion VND", "m VND") == pytest.approx(1000)
    assert convert(0.9, "tCO2/MWh", "tCO2/toe") == pytest.approx(0.9 * 11.63)
    with pytest.raises(BadInput, match="do not convert"):
        convert(1, "bn VND, 2010 prices", "bn VND, current prices")
    with pytest.raises(BadInput, match="do not convert"):
        convert(1, "enterprises", "establishments")


def test_an_unknown_unit_names_the_nearest():
    with pytest.raises(BadInput, match="Did you mean `bn VND/year`"):
        unit("bn VNĐ/year", "scenarios/x.yaml", "budgets.unit")


@given(st.sampled_from(sorted(units())), st.floats(-1e9, 1e9))
def test_there_and_back_is_the_same_figure(name, value):
    base = next(u.name for u in units().values() if u.dimension == units()[name].dimension)
    assert convert(convert(value, name, base), base, name) == pytest.approx(value, rel=1e-12, abs=1e-12)


# --- bad input


def test_a_missing_file_is_named(project):
    (project / "data/background/macro.csv").rename(project / "data/background/makro.csv")
    text = faults("macro", project)
    assert "data/background/macro.csv" in text and "makro.csv" in text


def test_a_file_that_is_not_utf8_is_refused(project):
    path = project / "data/provinces.csv"
    path.write_bytes(
        path.read_text("utf-8").replace("Hà Nội", "Ha Noi").encode("cp1258", "replace") + b"\xff"
    )
    assert "not UTF-8" in faults("provinces", project)


def test_a_ragged_row_is_found_at_its_line(project):
    path = project / "data/programme/budgets.csv"
    path.write_text(path.read_text("utf-8") + "BUD999,too,few\n", "utf-8")
    text = faults("budgets", project)
    assert "line 26" in text and "3 cells" in text


def test_an_open_quote_is_a_broken_csv(project):
    path = project / "data/programme/budgets.csv"
    path.write_text(path.read_text("utf-8") + '"BUD999,never closed\n', "utf-8")
    assert "broken" in faults("budgets", project)


def test_an_empty_file_says_so(project):
    (project / "data/flags.csv").write_text("", "utf-8")
    assert "header is missing" in faults("flags", project)


def test_a_renamed_column_is_missing_and_unknown_at_once(project):
    spoil(project, "background/macro.csv", ("indicator,year", "indicator,yaer"))
    text = faults("macro", project)
    assert "column year: missing" in text and "Rename `yaer` to `year`" in text and "column yaer" in text


def test_all_faults_of_a_file_are_told_at_once_with_line_and_column(project):
    spoil(
        project,
        "programme/survey_national.csv",
        ("NAT002,share_applying_cp,50,,percent", "NAT001,share_applying_cp,50,,percnt"),
        ("NAT004,share_saving_at_least_5pct,34", "NAT004,share_saving_at_least_5pct,-34"),
        ("NAT005,share_saving_at_least_8pct,12", 'NAT005,share_saving_at_least_8pct,"12,5"'),
        ("HNM_2009", "HNM_2010"),
        ("applying_cp,1200,,enterprises,more_than,2013", "applying_cp,1200,,enterprises,more_than,213"),
        ("27;19;22", "27;19;99"),
        ("possibly_stale", "possibly_stael"),
        ("reported_official,A", "reported_oficial,Z"),
    )  # fmt: skip
    text = faults("survey_national", project)
    for piece in (
        "line 3: NAT001",
        "line 3, column unit: percnt",
        "Did you mean `percent`",
        "line 5, column value: -34",
        "line 6, column value: 12,5",
        "decimal point",
        "column source_id: HNM_2010",
        "Did you mean `HNM_2009`",
        "line 9, column year: 213",
        "column province_code: 27;19;99",
        "Did you mean `possibly_stale`",
        "column quality: reported_oficial",
        "column grade: Z",
    ):
        assert piece in text, piece


def test_an_unknown_sector_is_refused(project):
    spoil(
        project, "background/enterprises_by_sector.csv", ("acting_enterprises,05,", "acting_enterprises,5,")
    )
    assert "column vsic_code: 5" in faults("enterprises_by_sector", project)


@pytest.mark.parametrize("cell", ["nan", "inf", "1e999", "1 200", "n/a"])
def test_what_is_no_number_is_never_read_as_one(project, cell):
    spoil(project, "background/macro.csv", ("cpi_inflation,2005,8.2846", f"cpi_inflation,2005,{cell}"))
    assert f"column value: {cell}" in faults("macro", project)


def test_check_tells_the_faults_of_all_files_and_of_strangers(project):
    spoil(project, "background/macro.csv", ("cpi_inflation,2005,8.2846", "cpi_inflation,2005,high"))
    spoil(project, "flags.csv", ("suspect_equals_target,yes", "suspect_equals_target,perhaps"))
    (project / "data/programme/new_survey.csv").write_text("a,b\n1,2\n", "utf-8")
    (project / "data/edition.yaml").unlink()
    with pytest.raises(BadInput) as caught:
        check_all(project)
    text = str(caught.value)
    for file in ("macro.csv", "flags.csv", "new_survey.csv", "edition.yaml"):
        assert file in text, file


def test_decomposed_vietnamese_is_read_as_nfc(project):
    path = project / "data/provinces.csv"
    path.write_text(unicodedata.normalize("NFD", path.read_text("utf-8")), "utf-8")
    assert read("provinces", project)["name_vi"].iloc[0] == unicodedata.normalize("NFC", "Hà Nội")


def test_an_unknown_data_set_names_the_nearest():
    with pytest.raises(BadInput, match="Did you mean `macro`"):
        read("makro")


def test_a_spoiled_boundary_file_is_bad_input(project):
    (project / "data/boundaries/provinces.geojson").write_text('{"features": []', "utf-8")
    with pytest.raises(BadInput, match="cannot be read"):
        boundaries(project)


def test_the_project_is_found_from_within_and_by_environment(project, monkeypatch):
    assert project_root(project / "data" / "finance") == project
    monkeypatch.setenv("CPMODEL_HOME", str(project))
    assert project_root() == project
    monkeypatch.setenv("CPMODEL_HOME", str(project / "data"))
    with pytest.raises(BadInput, match="CPMODEL_HOME"):
        project_root()
