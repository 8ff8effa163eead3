"""The yearly form of clauses V.1 and V.3: its questions as data, and the sheets that go out to be filled in."""

from __future__ import annotations

import csv
import functools
import io
import os
from collections.abc import Mapping
from pathlib import Path

from cpmodel.inputs.yaml_text import read_yaml

FILE = "annual_form.yaml"
LANGUAGES = ("vi", "en")
WIDTHS = {"A": 18, "B": 92, "C": 16, "D": 30, "E": 40}
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
    """Return a workbook in which only answers and notes can be changed."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = "Phiếu" if language == "vi" else "Form"
    for row in rows:
        sheet.append([cell or None for cell in row])
    for column, width in WIDTHS.items():
        sheet.column_dimensions[column].width = width
    sheet["A1"].font = Font(bold=True, size=13)
    for cell in sheet[FIRST_ROW - 1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE5EC")
    kinds = [question["kind"] for question in annual_form()["questions"].values()]
    answers = {"vi": '"có,không"', "en": '"yes,no"'}[language]
    choice = DataValidation(type="list", formula1=answers, allow_blank=True)
    sheet.add_data_validation(choice)
    for number, kind in enumerate(kinds, start=FIRST_ROW):
        sheet.cell(number, 2).alignment = Alignment(wrap_text=True, vertical="top")
        for column in (4, 5):
            cell = sheet.cell(number, column)
            cell.protection = Protection(locked=False)
            cell.fill = PatternFill("solid", fgColor="FFF8DC")
            cell.number_format = "@" if kind in ("words", "respondent") else "General"
        if kind == "yes_no":
            choice.add(sheet.cell(number, 4))
    sheet.protection.sheet = True
    sheet.freeze_panes = f"A{FIRST_ROW}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
