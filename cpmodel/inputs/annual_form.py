"""The yearly form of clauses V.1 and V.3: its questions as data, and the sheets that go out to be filled in."""

from __future__ import annotations

import csv
import functools
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cpmodel.inputs.yaml_text import read_yaml

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FILE = "annual_form.yaml"
LANGUAGES = ("vi", "en")
WIDTHS = {"A": 16, "B": 62, "C": 15, "D": 22, "E": 26}  # together they fill a page of A4 laid across
TYPE = "Times New Roman"  # of official documents (Decree 30/2020)
FIRST_ROW = 5  # of the questions; above are title, basis, guide and heads


@functools.cache
def annual_form() -> Mapping:
    """Return the form: title, basis, guide, head, questions by code, ministries by code."""
    return read_yaml(Path(__file__).with_name(FILE), FILE).data


def lines(language: str, given: Mapping[str, str] | None = None) -> list[list[str]]:
    """Return the form row by row, five cells each; `given` fills answers in by code."""
    form, told = annual_form(), given or {}
    rows = [[form[part][language], "", "", "", ""] for part in ("title", "basis", "guide")]
    rows.append(list(form["head"][language]))
    for code, question in form["questions"].items():
        unit = question.get("unit", {}).get(language, "")
        needed = " *" if question.get("needed") else ""
        rows.append([code, question[language] + needed, unit, told.get(code, ""), ""])
    return rows


def write_form(output: Path, language: str, given: Mapping[str, str] | None = None) -> tuple[Path, Path]:
    """Write the form as XLSX, and as CSV beside it, each whole or not at all; returns both files."""
    rows = lines(language, given)
    workbook, sheet = output.with_suffix(".xlsx"), output.with_suffix(".csv")
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    _replace(
        sheet, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")
    )  # the mark lets spreadsheets read the letters
    _replace(workbook, _workbook(rows, language))
    return workbook, sheet


def _replace(path: Path, content: bytes) -> None:
    stage = path.with_name(f".{path.name}.{os.getpid()}")
    stage.write_bytes(content)
    stage.replace(path)


def _workbook(rows: list[list[str]], language: str) -> bytes:
    """Return a workbook that prints on one page and in which only answers and notes can be changed."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Phiếu" if language == "vi" else "Form"
    for row in rows:
        sheet.append([cell or None for cell in row])
    _laid_out(sheet, len(rows))
    _signed(sheet, len(rows) + 2, annual_form()["signatures"][language])
    _answerable(sheet, language)
    sheet.protection.sheet = True
    sheet.freeze_panes = f"A{FIRST_ROW}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _laid_out(sheet: Worksheet, last: int) -> None:
    """Give heads, ruled questions and the page their layout: A4 across, one page wide, official type."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    rule = Side(style="thin", color="8A9BA8")
    for column, width in WIDTHS.items():
        sheet.column_dimensions[column].width = width
    for number, size in enumerate((14, 12, 12), start=1):
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=5)
        head = sheet.cell(number, 1)
        head.font = Font(name=TYPE, size=size, bold=number == 1, italic=number == 3)
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.row_dimensions[number].height = 24
    for number in range(FIRST_ROW - 1, last + 1):
        for column in range(1, 6):
            cell = sheet.cell(number, column)
            small = column == 1 and number >= FIRST_ROW
            cell.font = Font(
                name=TYPE, size=8 if small else 12, bold=number < FIRST_ROW, color="6B7780" if small else None
            )
            cell.alignment = Alignment(
                wrap_text=True, vertical="center", horizontal="center" if column == 3 else None
            )
            cell.border = Border(left=rule, right=rule, top=rule, bottom=rule)
            if number < FIRST_ROW:
                cell.fill = PatternFill("solid", fgColor="DDE5EC")
        sheet.row_dimensions[number].height = 34  # two lines of the longest question
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{FIRST_ROW - 1}:{FIRST_ROW - 1}"


def _signed(sheet: Worksheet, row: int, names: list[str]) -> None:
    """Leave room for who drew the form up and who signs it."""
    from openpyxl.styles import Alignment, Font

    for column, name in zip((2, 4), names, strict=True):
        cell = sheet.cell(row, column, name)
        cell.font = Font(name=TYPE, size=12, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="top", wrap_text=True)
    sheet.merge_cells(start_row=row, end_row=row, start_column=4, end_column=5)
    sheet.row_dimensions[row].height = 90


def _answerable(sheet: Worksheet, language: str) -> None:
    """Open the cells of answers and notes, and let yes or no be picked."""
    from openpyxl.styles import PatternFill, Protection
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation(
        type="list", formula1={"vi": '"có,không"', "en": '"yes,no"'}[language], allow_blank=True
    )
    sheet.add_data_validation(choice)
    kinds = [question["kind"] for question in annual_form()["questions"].values()]
    for number, kind in enumerate(kinds, start=FIRST_ROW):
        for column in (4, 5):
            cell = sheet.cell(number, column)
            cell.protection = Protection(locked=False)
            cell.fill = PatternFill("solid", fgColor="FFF8DC")
            cell.number_format = "@" if kind in ("words", "respondent") else "General"
        if kind == "yes_no":
            choice.add(sheet.cell(number, 4))
