"""Every kind of brief in every format: the same bytes again, hostile text inert, readable without seeing it."""

import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import openpyxl
import pytest
from chromium import opened
from printed_briefs import printed
from synthetic_run import write_run
from test_briefs_page import filled_page
from test_briefs_province import filled as filled_province

from cpmodel.content import BriefContent, Callout, Cell, Column, Figure, Key, Number, Section, Table, Text
from cpmodel.press import build, html, plain_json, xlsx

HOSTILE = (
    "=HYPERLINK(\"http://x\",\"y\") </script><script>window.hit=1</script><img src=x onerror=window.hit=1> "
    '#panic("x") $x^2$ #import "../../secret" ../../etc/passwd \\ @ref <label> &amp; \u202eevil\u202c\u0000 '
)  # fmt: skip
LONG = "Đơn vị hành chính có tên rất dài " * 60
SCHEMA = Path(html.__file__).parents[1] / "content" / "brief.schema.json"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")


@pytest.fixture(scope="module")
def contents(run_folder):
    """Brief of each kind that a saved run gives, by kind."""
    return {
        "national": filled_page(run_folder, "vi").content(),
        "province": filled_province(run_folder, "31", "63", "en").content(),
        "project": printed("project", run_folder, "vi"),
        "report": printed("report_v1", run_folder, "en"),
    }


def hostile(content):
    """The same brief with hostile words wherever words stand."""
    key = Key(scenario=HOSTILE, outcome="awareness", year=2020)
    number = Number(value=0.5, text="50%", scale=100, keys=(key,))
    svg = next(b for s in content.sections for b in s.blocks if isinstance(b, Figure)).svg
    runs = (Text(text=HOSTILE), number, Text(text=LONG))
    table = Table(
        id=HOSTILE, caption=runs, columns=(Column(label=HOSTILE), Column(label="-1+cmd")), notes=(runs,),
        rows=((Cell(runs=(Text(text="=1+1"),), header=True), Cell(runs=(number,))),),
    )  # fmt: skip
    figure = Figure(id=HOSTILE, svg=svg, alt=HOSTILE, title=HOSTILE, caption=runs, keys=(key,), values=(0.5,))
    blocks = (Callout(title=HOSTILE, runs=runs), table, figure)
    told = {"kicker": HOSTILE, "title": runs[:2], "standfirst": runs, "status": (HOSTILE,), "edition_text": HOSTILE,
            "scenario": HOSTILE, "sections": (Section(id="x", title=HOSTILE, blocks=blocks),),
            "manifest": content.manifest.model_copy(update={"scenario": HOSTILE, "run": {"title": HOSTILE}})}  # fmt: skip
    return BriefContent.model_validate_json(content.model_copy(update=told).model_dump_json())


@pytest.mark.parametrize("name", sorted(build.RENDERERS))
def test_the_same_content_gives_the_same_bytes_in_every_format(contents, name):
    for content in contents.values():
        stored = BriefContent.model_validate_json(content.model_dump_json())
        assert build.RENDERERS[name](content) == build.RENDERERS[name](stored)


def test_hostile_text_is_inert_in_a_browser(contents, tmp_path):
    (tmp_path / "page.html").write_bytes(html.render(hostile(contents["national"])))
    with opened(tmp_path / "page.html") as page:
        assert page.evaluate("window.hit") is None
        assert page.locator("script, img, iframe, object").count() == 0
        assert [url for url in page.fetched if not url.startswith("file:")] == []
        assert "window.hit=1" in page.inner_text("h1")


def test_hostile_text_is_plain_text_in_word_and_pdf(contents):
    bad = hostile(contents["national"])
    assert build.RENDERERS["pdf"](bad).startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(build.RENDERERS["docx"](bad))) as packed:
        names = packed.namelist()
        assert not [n for n in names if n.startswith("/") or ".." in n]
        for name in names:
            if name.endswith((".xml", ".rels")):
                ET.fromstring(packed.read(name))
        text = packed.read("word/document.xml").decode("utf-8")
    assert "&lt;script&gt;" in text and "<script" not in text and "\u202e" not in text
    assert "fldSimple" not in text and text.count("instrText") == 0


def test_a_workbook_holds_no_formula_whatever_the_text(contents):
    data = xlsx.render(hostile(contents["national"]))
    book = openpyxl.load_workbook(io.BytesIO(data))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    like = [c for s in book for r in s.iter_rows() for c in r if str(c.value).startswith(("=", "-1+"))]
    assert like and all(cell.quotePrefix for cell in like)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert not [n for n in packed.namelist() if "externalLink" in n]
        assert b"<hyperlink" not in b"".join(packed.read(n) for n in packed.namelist())


def test_the_annex_holds_every_table_number_figure_and_source(contents):
    content = contents["national"]
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(content)))
    word = lambda name: content.labels[f"xlsx.{name}"]  # noqa: E731
    tables = [b for s in content.sections for b in s.blocks if isinstance(b, Table)]
    assert len(book.sheetnames) == len(tables) + 5
    targets = book[next(n for n in book.sheetnames if n.endswith("targets"))]
    assert targets.max_row >= len(tables[0].rows) + 2
    shares = [c for row in targets.iter_rows(min_row=3) for c in row if c.number_format == "0%"]
    assert shares and all(0 <= cell.value <= 1 for cell in shares)
    rows = list(book[word("numbers")].iter_rows(min_row=2, values_only=True))
    assert all(row[3] for row in rows if row[13]), "a number with a cell has a unit"
    figures = [b for s in content.sections for b in s.blocks if isinstance(b, Figure)]
    assert book[word("figures")].max_row - 1 == sum(len(f.keys) for f in figures)
    assert book[word("sources")].max_row > 10


def test_json_is_the_content_and_keeps_to_its_schema(contents):
    jsonschema = pytest.importorskip("jsonschema")
    assert SCHEMA.read_text("utf-8") == plain_json.schema(), "write cpmodel/content/brief.schema.json again"
    for content in contents.values():
        data = plain_json.render(content)
        jsonschema.validate(json.loads(data), json.loads(plain_json.schema()))
        assert html.render(BriefContent.model_validate_json(data)) == html.render(content)


def test_a_reader_clicks_from_a_number_to_its_row_its_equation_its_clause_and_its_source(contents, tmp_path):
    (tmp_path / "page.html").write_bytes(html.render(contents["national"]))
    with opened(tmp_path / "page.html") as page:
        seen = """() => { const r = document.getElementById(location.hash.slice(1)).getBoundingClientRect();
                         return r.top < innerHeight && r.bottom > 0; }"""

        def click(link):
            """Follow a link within the page, wait until its target is in sight, and return the target."""
            link.click()
            page.wait_for_function(seen, timeout=10_000)
            return page.locator("[id='" + page.evaluate("location.hash.slice(1)") + "']")

        number = page.locator("#t-targets a.n").nth(1)
        text = number.inner_text()
        row = click(number)
        assert row.locator("th").inner_text() == text
        equation = click(row.locator("a").first)
        assert "II.2." in equation.inner_text() and "·" in equation.locator("code").first.inner_text()
        link = equation.locator("a").first
        name = link.inner_text()
        source = click(link).inner_text()
        assert source.startswith(name) and len(source) > len(name) + 10
        links = page.eval_on_selector_all(
            "a[href^='#']", "all => all.map(a => a.getAttribute('href').slice(1))"
        )
        lost = [one for one in set(links) if not page.locator(f"[id='{one}']").count()]
        assert len(links) > 100 and lost == [] and page.problems == []


@pytest.mark.parametrize("kind", ["national", "province", "project", "report"])
def test_pdf_has_tags_a_language_and_bookmarks(contents, kind):
    data = build.RENDERERS["pdf"](contents[kind])
    assert b"/StructTreeRoot" in data and b"/Lang" in data and b"/Outlines" in data
    reader = pytest.importorskip("pypdf").PdfReader(io.BytesIO(data))
    titles = [entry.title for entry in _flat(reader.outline)]
    assert [s.title for s in contents[kind].sections if s.title in titles] == [
        s.title for s in contents[kind].sections
    ]
    last = reader.pages[-1].extract_text()
    assert re.search(rf"{len(reader.pages)}\s*/\s*{len(reader.pages)}", last)


def _flat(outline):
    for entry in outline:
        yield from _flat(entry) if isinstance(entry, list) else (entry,)
