"""The files of the data folder: their declared form, `read(name)` and `check_all()`.

Every file but `parameters.csv` (see `parameters`) and the YAML files is declared here. A CSV in the data
folder that nobody declares is an error, so nothing lies about unread. `data/README.md` says what the figures
can bear.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cpmodel.errors import BadInput, Problems, nearest
from cpmodel.inputs.project import project_root
from cpmodel.inputs.tables import Dataset, read_table
from cpmodel.inputs.yaml_text import read_yaml

END = "source_id quality grade note"
TAIL = "source_id quality grade flag note"
SPAN = "value value_max unit qualifier year period_start period_end geography province_code"
TARGETS = f"record_id decision target_id indicator {SPAN} {TAIL}"
COUNTED = f"size_class year value unit geography {TAIL}"
BY_SECTOR = f"indicator vsic_code sector_vi sector {COUNTED}"
AREAS = (
    "VN",
    "NEC",
    "RRD",
    "NMM",
    "NCC",
    "CHL",
    "SE",
    "MRD",
    "28",
)  # nation, residual, regions, former Hà Tây
SECTIONS = ("T", "B", "C", "D", "E")
GROUP = {"sector": "group!"}

# name | folder | columns | key | about
_FORMS = f"""
sources|.|source_id collection title publisher year url licence read same_as note|source_id|registry of sources
quality_grades|.|quality grade meaning|quality|labels of quality and the grade they are given
flags|.|flag suspect scoreable meaning|flag|flags of rows and what may be done with them
provinces|.|province_code name_vi name_en unit_type region_code region_vi region_en macro_region iso_3166_2 hasc label_lon label_lat year area_km2 population_thousand {END}|province_code|the 63 provinces before July 2025
provinces_2025|.|province_code name_vi name_en new_province_code new_name_vi new_unit_type merged_units status effective_date {END}|province_code|crosswalk of the 63 provinces to the 34 units of July 2025
province_tiles|.|tile kind province_code col row label_vi label_en {END}|tile|tile map of the 63 provinces with two insets
insets|boundaries|inset province_code name_vi name_en label_lon label_lat unit {END}|inset|archipelagos that the boundary file lacks
province_neighbours|background|province_code neighbour_code shared_points unit {END}|province_code neighbour_code|provinces that share a border
sectors|.|vsic_code section sector explorer_sector name_vi name_en energy_balance_subsector {END}|vsic_code|VSIC 2007 divisions and their groups
sector_groups|.|sector resolution name_vi name_en divisions {END}|sector|names of the sector groups
size_classes|.|regulation sector_scope size name_vi name_en labour_gt labour_le valid_from valid_to unit {END}|regulation size|dated size thresholds
size_bands|.|band size labour_ge labour_le unit {END}|band|bands of the enterprise statistics and the size they are counted in
survey_national|programme|record_id indicator {SPAN} sample_size denominator {TAIL}|record_id|national survey results and counts
survey_provincial|programme|record_id indicator {SPAN} sample_size denominator {TAIL}|record_id|provincial survey results and counts
budgets|programme|record_id programme budget_item funding_source {SPAN} status {TAIL}|record_id|money provided, planned or announced
activities|programme|record_id programme activity {SPAN} {TAIL}|record_id|what was delivered
demonstration_projects|programme|record_id project_id enterprise sector programme option_group metric value value_max unit base qualifier year geography province_code {TAIL}|record_id|demonstration projects: selected successes
derived_paybacks|programme|record_id project_id enterprise sector option_group metric value unit year geography province_code investment_record saving_record {TAIL}|record_id|simple paybacks of demonstrations
sector_potentials|programme|record_id sector parameter value value_max unit base year geography province_code {TAIL}|record_id|saving potentials
support_norms|programme|record_id instrument norm {SPAN} {TAIL}|record_id|norms of support
credit_support|programme|record_id instrument item {SPAN} {TAIL}|record_id|credit support as reported by the programme's sources
targets_1419_2009|programme|{TARGETS}|record_id|targets of Decision 1419/QĐ-TTg (2009)
targets_889_2020|programme|{TARGETS}|record_id|targets of Decision 889/QĐ-TTg (2020)
targets_other|programme|{TARGETS}|record_id|targets of Decision 76/QĐ-TTg (2016) and of provinces
instruments|finance|record_id instrument geography programme year year_end term value value_text qualifier unit base {TAIL}|record_id|terms of finance instruments
programme_results|finance|record_id programme geography indicator value qualifier unit base year as_of {TAIL}|record_id|results of finance programmes
state_credit_terms|finance|instrument term effective_date year value unit base geography {TAIL}|instrument term effective_date source_id|state credit terms, second collection
policy_rates|finance|indicator effective_date year value unit geography {TAIL}|indicator effective_date source_id|refinancing rate
sme_credit_access|finance|indicator year value unit base geography {TAIL}|indicator year source_id|access of small firms to credit
tax_rules|finance|rule item effective_date year value unit base geography {TAIL}|rule item effective_date source_id|income tax and depreciation rules
macro|background|indicator year value unit base geography {TAIL}|indicator year source_id|prices, output, rates
energy_prices|background|indicator customer_or_grade effective_date year value unit base geography {TAIL}|indicator customer_or_grade effective_date year source_id|energy prices
energy_cost_shares|background|indicator sector vsic_code year value unit geography {TAIL}|indicator vsic_code year source_id note|share of energy in cost
emission_factors|background|indicator item year value unit base geography {TAIL}|indicator item year source_id|emission factors
industry_energy|background|indicator subsector fuel year value unit geography {TAIL}|indicator subsector fuel year source_id|industrial energy use 2008–2018, steel, cement, power
enterprises_by_province|background|indicator size_class year geo_level province_code geography_vi geography value unit {TAIL}|indicator size_class year province_code source_id|enterprises by province
enterprises_by_sector|background|{BY_SECTOR}|indicator vsic_code year source_id|enterprises by division
enterprises_by_size|background|{BY_SECTOR}|indicator vsic_code size_class year source_id|enterprises by division and size, 2010
enterprises_national|background|indicator sector {COUNTED}|indicator sector size_class year source_id|enterprises and household businesses, national
payback_acceptance|background|indicator decision_maker payback_years year value unit geography {TAIL}|decision_maker payback_years|acceptance by payback, US residential solar
resource_assumptions|background|record_id indicator value low high unit geography {TAIL}|record_id|judged figures behind energy use and resource cost
iac_summary|background|indicator year period_start period_end value unit geography {TAIL}|indicator year source_id|audit recommendations adopted, United States
diffusion_series|diffusion/series|series geography year value unit base {TAIL}|series geography year|annual adoption series for the forecaster
diffusion_series_notes|diffusion/series_notes|series geography kind meaning caution|series geography|level or flow, cautions
diffusion_populations|diffusion/populations|for_series geography year value unit base {TAIL}|for_series geography year|populations at risk
"""  # noqa: E501
_KINDS = {
    "province_tiles": {"kind": "province|inset"},
    "provinces_2025": {"status": "merged|unchanged"},
    "province_neighbours": {"neighbour_code": "province!"},
    "sectors": GROUP | {"explorer_sector": "group!"},
    "sector_groups": GROUP | {"resolution": "full|explorer"},
    "instruments": {"value": "number"},
    "enterprises_by_province": {"province_code": "area!"},
    "diffusion_series_notes": {"kind": "level|flow"},
    "quality_grades": {"quality": "text!"},
    "flags": {"flag": "text!"},
    "sources": {"source_id": "text!"},
    "provinces": {"province_code": "text!"},
}
_NEGATIVE = {"macro"}


def datasets() -> dict[str, Dataset]:
    """Return the declared form of every file, by name."""
    found = {}
    for line in _FORMS.strip().splitlines():
        name, folder, columns, key, about = line.split("|")
        file = f"{folder}.csv" if "/" in folder else f"{folder}/{name}.csv".removeprefix("./")
        found[name] = Dataset(
            name,
            file,
            tuple(columns.split()),
            tuple(key.split()),
            about,
            _KINDS.get(name, {}),
            name in _NEGATIVE,
        )
    return found


def read(name: str, root: str | Path | None = None) -> pd.DataFrame:
    """Return the checked table `name`; see `datasets()` for the names and `tables` for the types of columns.

    root    the project folder; found by `project_root()` when left out
    Raises BadInput with every problem of the file.
    """
    forms = datasets()
    if name not in forms:
        near = nearest(name, forms)
        fix = f"Did you mean `{near}`?" if near else f"Known are {', '.join(forms)}."
        problems = Problems()
        problems.add("data", "data set", name, "There is no data set of this name.", fix)
        problems.raise_if_any()
    data = Path(root or project_root()) / "data"
    return _read(forms[name], data, known_names(data))


def _read(form: Dataset, data: Path, known: dict[str, frozenset[str]]) -> pd.DataFrame:
    return read_table(form, data / form.file, f"data/{form.file}", known)


@dataclass(frozen=True)
class DataReport:
    """What `cpmodel check` says of the data when all is well.

    edition   the mapping of data/edition.yaml
    tables    one row a file: name, file, rows, A, B, C, J (rows by grade), suspect, not_scoreable, missing
    sources   sources in the registry;  uncited   those no row cites (read, or kept as pointers)
    """

    edition: dict
    tables: pd.DataFrame
    sources: int
    uncited: tuple[str, ...]

    def totals(self) -> dict[str, int]:
        """Return the sums over the files."""
        return {c: int(self.tables[c].sum()) for c in self.tables.columns[2:]}


def check_all(root: str | Path | None = None) -> DataReport:
    """Read every file of the data folder; return the summary, or raise BadInput with all problems of all."""
    root = Path(root or project_root())
    problems, rows, cited, tables = Problems(), [], set(), {}
    forms = datasets()
    _note_strangers(root / "data", forms, problems)
    edition = {}
    try:
        edition = read_yaml(root / "data" / "edition.yaml", "data/edition.yaml").data
    except BadInput as error:
        problems.extend(error)
    known = known_names(root / "data")
    for name, form in forms.items():
        try:
            tables[name] = _read(form, root / "data", known)
        except BadInput as error:
            problems.extend(error)
    problems.raise_if_any()
    flags = tables["flags"].set_index("flag")
    for name, table in tables.items():
        rows.append(_summary(forms[name], table, flags))
        if "source_id" in table and name != "sources":
            cited |= {part for cell in table["source_id"].unique() for part in cell.split(";")}
    ids = tuple(tables["sources"]["source_id"])
    return DataReport(edition, pd.DataFrame(rows), len(ids), tuple(i for i in ids if i not in cited))


def _summary(form: Dataset, table: pd.DataFrame, flags: pd.DataFrame) -> dict:
    graded = "grade" in table and form.name != "quality_grades"
    grades = table["grade"].value_counts() if graded else {}
    row = {"name": form.name, "file": form.file, "rows": len(table)}
    row |= {grade: int(grades.get(grade, 0)) for grade in "ABCJ"}
    flagged = table["flag"] if "flag" in table and form.name != "flags" else pd.Series(dtype=str)
    row["suspect"] = int(flagged.isin(flags.index[flags["suspect"] == "yes"]).sum())
    row["not_scoreable"] = int(flagged.isin(flags.index[flags["scoreable"] == "no"]).sum())
    row["missing"] = int(table["value"].isna().sum()) if "value" in table else 0
    return row


def _note_strangers(data: Path, forms: dict[str, Dataset], problems: Problems) -> None:
    files = {form.file for form in forms.values()} | {"parameters.csv"}
    for path in sorted(data.rglob("*.csv")):
        file = path.relative_to(data).as_posix()
        if file not in files:
            near = nearest(file, files)
            fix = f"Is it `{near}`?" if near else "Declare it in cpmodel/inputs/datasets.py, or remove it."
            problems.add(f"data/{file}", "file", None, "No declared form: nothing reads this file.", fix)


def known_names(data: Path) -> dict[str, frozenset[str]]:
    """Return the names that may stand in columns of each kind; a registry that cannot be read yields none."""
    provinces = _names(data / "provinces.csv", "province_code")
    divisions = _names(data / "sectors.csv", "vsic_code")
    return {
        "source": _names(data / "sources.csv", "source_id"),
        "quality": _names(data / "quality_grades.csv", "quality"),
        "flag": _names(data / "flags.csv", "flag"),
        "group": _names(data / "sector_groups.csv", "sector"),
        "province": provinces,
        "area": provinces | set(AREAS),
        "vsic": divisions | set(SECTIONS),
    }


def _names(path: Path, column: str) -> frozenset[str]:
    try:
        rows = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
        return frozenset(row.get(column) or "" for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error):
        return frozenset()
