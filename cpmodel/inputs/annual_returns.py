"""Forms that came back: read from XLSX or CSV, checked with every problem told in Vietnamese.

A blank figure stays missing; it is never taken as 0.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cpmodel.errors import BadInput, Problem, nearest, printable
from cpmodel.inputs.annual_form import annual_form
from cpmodel.inputs.places import Places, bare, places_in

YES, NO = ("có", "co", "yes", "x"), ("không", "khong", "no")
SUFFIXES = (".xlsx", ".csv")
MOST_ROWS = 200  # of a form; more is another file


@dataclass(frozen=True)
class Return:
    """One checked form. code of the province or ministry; answers by question: float, or None where blank."""

    file: str
    respondent: str
    is_province: bool
    name_vi: str
    year: int
    document: str
    answers: Mapping[str, float | None]


class FormProblems(BadInput):
    """Problems of forms, told in the language of those who filled them in."""

    def __str__(self) -> str:
        by_file: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_file.setdefault(problem.file, []).append(problem)
        blocks = []
        for file, found in by_file.items():
            blocks.append(f"Phiếu {file} chưa sử dụng được; có {len(found)} điểm cần sửa:")
            blocks += [str(problem) for problem in found]
        return "\n".join(blocks)


def read_returns(files: Iterable[Path], data: Path, year: int | None = None) -> tuple[Return, ...]:
    """Read and check forms; raises `FormProblems` with every problem of every form.

    data    folder that says which provinces there are; a form is answered by one that there was in its year
    year    the year that was asked about; None: the year that the forms name, which must be one
    """
    found, problems = [], []
    for file in sorted(files):
        one, wrong = _checked(file, data)
        problems += wrong
        if one is not None:
            found.append(one)
    problems += _between(found, year)
    if problems:
        raise FormProblems(problems)
    return tuple(found)


def _between(found: list[Return], year: int | None) -> list[Problem]:
    """Return problems of forms taken together: one respondent twice, years that differ."""
    problems, first = [], {}
    asked = year or (found[0].year if found else None)
    for one in found:
        if one.respondent in first:
            why = f"{one.name_vi} đã gửi phiếu {first[one.respondent]}; mỗi đơn vị chỉ được một phiếu."
            problems.append(
                Problem(one.file, "respondent", one.name_vi, why, "Chỉ giữ lại phiếu chính thức.")
            )
        first.setdefault(one.respondent, one.file)
        if one.year != asked:
            why = f"Đợt tổng hợp này là của năm {asked}."
            problems.append(
                Problem(
                    one.file, "year", str(one.year), why, "Sửa năm báo cáo, hoặc bỏ phiếu ra khỏi đợt này."
                )
            )
    return problems


def _checked(file: Path, data: Path) -> tuple[Return | None, list[Problem]]:
    shown, problems = file.name, []
    try:
        cells = _cells(file)
    except (OSError, ValueError, KeyError) as error:
        why = "Không đọc được tệp này."
        return None, [
            Problem(shown, "tệp", printable(str(error), 80), why, "Lưu lại đúng mẫu XLSX hoặc CSV UTF-8.")
        ]
    questions = annual_form()["questions"]
    for code in cells:
        if code not in questions:
            near = nearest(code, questions)
            fix = (
                f"Có phải là `{near}`? Không sửa cột A của mẫu."
                if near
                else "Không thêm dòng vào mẫu; ghi ở cột Ghi chú."
            )
            problems.append(Problem(shown, code, "mã lạ", "Mẫu không có mã này.", fix))
    for code in questions:
        if code not in cells:
            problems.append(
                Problem(shown, code, "", "Thiếu dòng này của mẫu.", "Lấy lại mẫu gốc và điền lại.")
            )
    told = number(cells.get("year"))
    year = int(told) if told is not None else None
    places = places_in(data, year)
    answers = {
        code: _answer(code, q, cells.get(code), places, shown, problems)
        for code, q in questions.items()
        if code in cells
    }
    _check_bounds(answers, questions, shown, problems)
    if problems:
        return None, problems
    code, is_province, name = answers["respondent"]
    figures = {
        key: v
        for key, v in answers.items()
        if questions[key]["kind"] in ("count", "percent", "amount", "yes_no")
    }
    return Return(shown, code, is_province, name, int(answers["year"]), answers["document"], figures), []


def _cells(file: Path) -> dict[str, object]:
    """Return the answer cell of each code in column A."""
    if file.suffix.lower() == ".xlsx":
        rows = _sheet(file)
    else:
        text = unicodedata.normalize("NFC", file.read_text("utf-8-sig"))
        delimiter = ";" if text.count(";") > text.count(",") else ","
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    found = {}
    for row in rows[:MOST_ROWS]:
        code = str(row[0] or "").strip() if row else ""
        if re.fullmatch(r"[a-z][a-z0-9_]*", code):
            found[code] = row[3] if len(row) > 3 else None
    return found


def _sheet(file: Path) -> list[tuple]:
    import zipfile

    from openpyxl import load_workbook

    try:
        book = load_workbook(file, read_only=True, data_only=True)
        return list(book.active.iter_rows(max_row=MOST_ROWS, max_col=5, values_only=True))
    except (zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise ValueError("không phải tệp XLSX") from error


def _answer(code: str, question: Mapping, cell: object, places: Places, shown: str, problems: list[Problem]):
    """Return a checked answer; None where blank or wrong, the wrong being noted."""
    blank = cell is None or not str(cell).strip()
    if blank:
        if question.get("needed"):
            problems.append(
                Problem(shown, code, "để trống", f"Bắt buộc: {question['vi']}.", "Điền vào cột D.")
            )
        return None
    kind, text = question["kind"], unicodedata.normalize("NFC", str(cell)).strip()
    if kind == "words":
        return text
    if kind == "respondent":
        return _respondent(text, places, shown, problems)
    if kind == "yes_no":
        if text.casefold() in (*YES, *NO):
            return 1.0 if text.casefold() in YES else 0.0
        problems.append(Problem(shown, code, text, "Chỉ trả lời có hoặc không.", "Ghi `có` hoặc `không`."))
        return None
    value = number(cell)
    whole = kind in ("count", "year")
    if value is None or value < 0 or (whole and value % 1):
        why = "Cần một số nguyên không âm." if whole else "Cần một số không âm."
        example = "1.250" if whole else "1.250 hoặc 12,5"
        problems.append(
            Problem(shown, code, text, why, f"Ghi số, ví dụ {example}; không ghi chữ hay đơn vị.")
        )
        return None
    if kind == "year" and not 2009 <= value <= 2100:
        problems.append(Problem(shown, code, text, "Năm báo cáo từ 2009 trở đi.", "Sửa năm báo cáo."))
        return None
    return value


def number(cell: object) -> float | None:
    """Return a number as Vietnamese offices write it: decimal comma, thousands dot; None when it is none."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    text = re.sub(r"[\s\u00a0\u202f]", "", str(cell))
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d+", text):
        text = text.replace(".", "").replace(",", ".")
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def _respondent(text: str, places: Places, shown: str, problems: list[Problem]):
    """Return (code, is a province, Vietnamese name) of who reports; a province that was merged away is told into what."""
    if re.fullmatch(r"\d(\.0)?", text):
        text = f"0{text[0]}"
    code = places.code(text.removesuffix(".0"))
    if code is not None:
        return code, True, places.names[code][0]
    ministries = annual_form()["ministries"]
    for key, names in ministries.items():
        if bare(text) in {bare(key), bare(names["vi"]), bare(names["en"])}:
            return key, False, names["vi"]
    merged = Places(places.provinces).code(text)
    if merged is not None:
        now = next(names[0] for code, names in places.names.items() if merged in places.within(code))
        why = f"Từ ngày 01 tháng 7 năm 2025, {places.provinces[merged][0]} thuộc {now}."
        problems.append(Problem(shown, "respondent", text, why, f"Báo cáo gộp trong phiếu của {now}."))
        return None
    near = places.nearest(text) or nearest(text, [names["vi"] for names in ministries.values()])
    fix = (
        f"Có phải là {near}?"
        if near
        else f"Ghi tên hoặc mã một tỉnh, thành phố ({len(places.names)} đơn vị) hoặc một bộ, ngành."
    )
    problems.append(
        Problem(shown, "respondent", text, "Không có tỉnh, thành phố hay bộ, ngành nào mang tên này.", fix)
    )
    return None


def _check_bounds(answers: Mapping, questions: Mapping, shown: str, problems: list[Problem]) -> None:
    """Note counts that exceed what they are part of, and shares that were asked of nobody."""
    for code, value in answers.items():
        whole = questions[code].get("within")
        limit = answers.get(whole) if whole else None
        if value is None or not whole:
            continue
        if limit is None and code not in ("surveyed",):
            why = f"Có số liệu nhưng dòng `{whole}` để trống nên không tính được tỷ lệ."
            problems.append(
                Problem(shown, code, f"{value:g}", why, f"Điền dòng `{whole}`, hoặc để trống dòng này.")
            )
        elif limit is not None and value > limit:
            why = f"Lớn hơn dòng `{whole}` ({limit:g}), trong khi chỉ là một phần của số đó."
            problems.append(Problem(shown, code, f"{value:g}", why, "Kiểm tra lại hai dòng này."))
