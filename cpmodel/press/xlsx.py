"""The annex of a brief as a workbook: its tables, every number with its cells and unit, the figures' data, the sources.

Text is always written as text, never as a formula or an address; a text that begins like a formula also carries the mark
that keeps a spreadsheet from reading it as one when it is edited. Dates are those of the edition.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter

from cpmodel.content import BriefContent, Cell, Figure, Key, Number, Runs, Table, numbers_in, plain
from cpmodel.press import provenance

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
           "nan_inf_to_errors": True}  # fmt: skip
KEY_FIELDS = ("scenario", "base", "variant", "region", "sector", "size", "outcome", "year", "statistic")
LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST = 32_000  # letters that a cell can hold, less a margin
WIDEST, FRONT = 60, 110  # letters: a column at most, the column of the first sheet
LINE = 15  # pt; a line of text
A4 = 9  # the paper, as workbooks number them
Value = str | float | int | None


def render(content: BriefContent) -> bytes:
    """Return the annex as XLSX; the same content gives the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    day = dt.datetime.fromisoformat(content.edition)
    about = {"title": plain(content.title)[:250], "author": "cpmodel", "created": day}
    book.set_properties(about | {"keywords": f"{content.scenario}, {content.manifest.run_id}"[:250]})
    annex = Annex(book, content)
    annex.front()
    for number, table in enumerate(annex.tables, start=1):
        annex.table(number, table)
    annex.sheet("numbers", _number_heads(content), _number_rows(content))
    annex.sheet("figures", _figure_heads(content), _figure_rows(content))
    annex.sheet("sources", _source_heads(content), _source_rows(content))
    annex.sheet("provenance", ("", ""), _manifest_rows(content))
    book.close()
    return out.getvalue()


class Annex:
    """A workbook in the making: one way to write text, one to write a printed number."""

    def __init__(self, book: xlsxwriter.Workbook, content: BriefContent) -> None:
        self.book, self.content = book, content
        self.tables = [b for s in content.sections for b in s.blocks if isinstance(b, Table)]
        self.formats: dict[tuple, object] = {}
        self.label = lambda name: content.labels[f"xlsx.{name}"]

    def front(self) -> None:
        """Write what the annex belongs to, and what its sheets hold."""
        content = self.content
        lines = [
            content.kicker,
            plain(content.title),
            plain(content.standfirst),
            content.edition_text,
            *content.status,
        ]
        sheet = self.page(self.label("contents"), head=0)
        sheet.set_column(0, 0, FRONT)
        for row, text in enumerate([*lines, "", self.label("note")]):
            self.lines(sheet, row, [FRONT], text, bold=row < 2)
        for row, table in enumerate(self.tables, start=len(lines) + 3):
            self.text(sheet, row, 0, f"{self.name(row - len(lines) - 2, table)}: {plain(table.caption)}")

    def name(self, number: int, table: Table) -> str:
        """Return the name of a table's sheet: at most 31 letters, none that a workbook refuses."""
        return f"{number} {re.sub(r'[^0-9A-Za-z_ -]', '_', table.id)}"[:31]

    def table(self, number: int, table: Table) -> None:
        """Write a table of the brief; a cell that is one number is written as a number in its printed form."""
        sheet = self.page(self.name(number, table), head=1)
        widths = [min(12 * one.weight + 6, WIDEST) for one in table.columns]
        self.lines(sheet, 0, widths, plain(table.caption), bold=True)
        for column, one in enumerate(table.columns):
            self.text(sheet, 1, column, one.label, bold=True, wrap=True)
            sheet.set_column(column, column, widths[column])
        sheet.set_row(
            1, max(_height(one.label, width) for one, width in zip(table.columns, widths, strict=True))
        )
        for row, cells in enumerate(table.rows, start=2):
            for column, cell in enumerate(cells):
                self.cell(sheet, row, column, cell)
        for row, note in enumerate(table.notes, start=len(table.rows) + 3):
            self.lines(sheet, row, widths, plain(note))
        sheet.freeze_panes(2, 1)

    def cell(self, sheet, row: int, column: int, cell: Cell) -> None:
        """Write one cell of a table of the brief."""
        number = single(cell.runs)
        if number is None:
            self.text(sheet, row, column, plain(cell.runs), bold=cell.header)
            return
        share = number.text.endswith("%")
        places = "." + "0" * number.decimals if number.decimals > 0 else ""
        form = f"0{places}%" if share else f"#,##0{places}"
        value = number.value if share else number.value * number.scale
        sheet.write_number(row, column, value, self.format(num_format=form))

    def sheet(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        """Write a plain list: heads, then rows of texts and numbers."""
        sheet = self.page(self.label(name), head=0)
        widths = [len(head) for head in heads]
        for column, head in enumerate(heads):
            self.text(sheet, 0, column, head, bold=True)
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                widths[column] = max(widths[column], len(str(value or "")))
                if isinstance(value, int | float):
                    sheet.write_number(at, column, value)
                else:
                    self.text(sheet, at, column, value or "")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, WIDEST))
        sheet.freeze_panes(1, 0)

    def page(self, name: str, head: int):
        """Return a new sheet that prints as wide as its columns on A4 laid across, its head on every page."""
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, head)
        sheet.set_footer("&C&P / &N")
        return sheet

    def lines(self, sheet, row: int, widths: Sequence[float], text: str, bold: bool = False) -> None:
        """Write a text over several columns, on as many lines as it needs: programs do not count those of joined cells."""
        if len(widths) > 1:
            sheet.merge_range(row, 0, row, len(widths) - 1, "")
        sheet.set_row(row, _height(text, sum(widths)))
        self.text(sheet, row, 0, text, bold=bold, wrap=True)

    def text(self, sheet, row: int, column: int, text: str, bold: bool = False, wrap: bool = False) -> None:
        """Write text as text."""
        text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
        marks = {
            "bold": bold,
            "text_wrap": wrap,
            "valign": "top" if wrap else "",
            "quote_prefix": text.startswith(LIKE_A_FORMULA),
        }
        sheet.write_string(row, column, text, self.format(**marks))

    def format(self, **marks):
        """Return a cell format, made once."""
        told = tuple(sorted((name, value) for name, value in marks.items() if value))
        if told not in self.formats:
            self.formats[told] = self.book.add_format(dict(told))
        return self.formats[told]


def _height(text: str, width: float) -> float:
    """Return how high a row must be for a text in a column that is so many letters wide [pt]; capitals take more."""
    return LINE * max(1, math.ceil(1.15 * len(text) / width))


def single(runs: Runs) -> Number | None:
    """Return the number that a cell consists of; None for words, several numbers, `<1%` and numbers with a unit in words."""
    if len(runs) != 1 or not isinstance(runs[0], Number):
        return None
    return runs[0] if re.fullmatch(r"[−+]?[\d.,]+%?", runs[0].text) else None


def _key(key: Key | None) -> tuple[Value, ...]:
    return tuple(getattr(key, name) if key else "" for name in KEY_FIELDS)


def _number_heads(content: BriefContent) -> tuple[str, ...]:
    words = (content.labels[f"xlsx.{name}"] for name in ("number", "printed", "value", "unit", "how", "constant",
                                                         "origin"))  # fmt: skip
    return (*words, *KEY_FIELDS)


def _number_rows(content: BriefContent) -> Iterator[tuple[Value, ...]]:
    """Yield one row for each cell of each printed number; a number that is no result has its origin instead."""
    seen: dict[str, int] = {}
    for number in numbers_in((content.title, content.standfirst, content.sections)):
        name = provenance.mark(number)
        if name in seen:
            continue
        seen[name] = len(seen) + 1
        unit = content.units.get(number.keys[0].outcome, "") if number.keys else ""
        first = (seen[name], number.text, number.value, unit, number.how, number.constant, number.origin)
        for key in number.keys or (None,):
            yield (*first, *_key(key))


def _figure_heads(content: BriefContent) -> tuple[str, ...]:
    words = (content.labels[f"xlsx.{name}"] for name in ("figure", "value", "unit"))
    return (*words, *KEY_FIELDS)


def _figure_rows(content: BriefContent) -> Iterator[tuple[Value, ...]]:
    for section in content.sections:
        for figure in (b for b in section.blocks if isinstance(b, Figure)):
            for key, value in zip(figure.keys, figure.values, strict=True):
                yield (figure.title, value, content.units.get(key.outcome, ""), *_key(key))


def _source_heads(content: BriefContent) -> tuple[str, ...]:
    return tuple(
        content.labels[f"xlsx.{name}"] for name in ("outcome", "kind", "name", "grade", "source", "told")
    )


def _source_rows(content: BriefContent) -> Iterator[tuple[Value, ...]]:
    """Yield what each outcome goes back to: equations, clauses, parameters with grade and source."""
    word = content.labels.__getitem__
    about = {source.id: source.line() for source in content.sources}
    for entry in content.lineage:
        for equation in entry.equations:
            yield (entry.title, word("xlsx.equation"), equation.name, "", equation.source, equation.formula)
        for clause, title in entry.clauses:
            yield (entry.title, word("xlsx.clause"), clause, "", "", title)
        for one in entry.parameters:
            yield (
                entry.title,
                word("xlsx.parameter"),
                one.name,
                one.grade,
                one.source,
                about.get(one.source, ""),
            )


def _manifest_rows(content: BriefContent) -> Iterator[tuple[Value, ...]]:
    told = {"brief": content.brief, "language": content.language, "edition": content.edition}
    told |= {"run": content.manifest.run_id, "cpmodel_version": content.manifest.cpmodel_version}
    for name, value in told.items():
        yield (name, value)
    for name, value in sorted(content.manifest.run.items()):
        plain_value = value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        yield (
            name,
            json.dumps(value, ensure_ascii=False, sort_keys=True) if plain_value is None else plain_value,
        )
