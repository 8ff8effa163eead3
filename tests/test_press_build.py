"""The press: parameters refused before anything runs, hostile text inert, same inputs, same bytes."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from synthetic_run import write_run
from test_briefs_page import DATA, filled_page

from cpmodel.content import BriefContent, Callout, Section, Text
from cpmodel.errors import BadInput, RunFailed
from cpmodel.press import build as press
from cpmodel.press import html, pdf, provenance, seals

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "brief_national.ipynb"
HOSTILE = (
    "</script><script>alert(1)</script> "
    '#panic("x") $x^2$ *b* `c` \\ @ref <label> "q" \' &amp; \u202eevil = [y]'
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")


@pytest.fixture(scope="module")
def content(run_folder):
    return filled_page(run_folder, "vi").content()


class Seen(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links, self.headers = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" else []


def seen(data: bytes) -> Seen:
    parser = Seen()
    parser.feed(data.decode("utf-8"))
    return parser


def test_the_same_content_gives_the_same_bytes(content):
    stored = BriefContent.model_validate_json(content.model_dump_json())
    assert html.render(content) == html.render(stored)
    assert pdf.render(content) == pdf.render(stored)


def test_html_works_offline_and_stays_small(content):
    data = html.render(content)
    page = seen(data)
    assert len(data) < 1_500_000
    assert not [t for t, _ in page.tags if t in ("script", "link", "iframe", "img")]
    addresses = set(re.findall(r'(?:src|href)="(?!#)([^"]+)"|url\((?!#|data:)([^)]+)\)', data.decode()))
    assert addresses == set()


def test_html_is_readable_without_seeing_it(content):
    page = seen(html.render(content))
    assert ("html", {"lang": "vi"}) in page.tags
    assert len(page.ids) == len(set(page.ids))
    drawings = [a for t, a in page.tags if t == "svg" and a.get("role") == "img"]
    assert len(drawings) == 7
    assert all(set(a["aria-labelledby"].split()) <= set(page.ids) for a in drawings)
    headers = [a for t, a in page.tags if t == "th"]
    assert headers and all(a.get("scope") in ("row", "col") for a in headers)
    assert [t for t, _ in page.tags if t in ("h1", "h2")] == ["h1", *["h2"] * 6]


def test_every_number_leads_to_its_row(content):
    page = seen(html.render(content))
    rows, anchors = provenance.rows(content)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert {row.anchor for row in rows} <= set(page.ids) and len(anchors) == len(rows) > 60


def test_pdf_is_tagged_dated_by_the_edition_and_at_most_five_pages(content):
    data = pdf.render(content)
    assert b"/StructTreeRoot" in data and b"/Lang" in data and b"/Outlines" in data
    assert b"D:20261109" in data
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 5


def test_hostile_text_is_inert_in_every_format(content):
    runs = (Text(text=HOSTILE),)
    section = Section(id="x", title=HOSTILE, blocks=(Callout(title=HOSTILE, runs=runs),))
    hostile = content.model_copy(
        update={"kicker": HOSTILE, "title": runs, "status": (HOSTILE,), "sections": (section,)}
    )
    hostile = BriefContent.model_validate_json(hostile.model_dump_json())
    page = seen(html.render(hostile))
    assert not [t for t, _ in page.tags if t in ("script", "label")]
    assert b"<script>alert" not in html.render(hostile)
    assert "\u202e" not in html.render(hostile).decode()
    assert pdf.render(hostile).startswith(b"%PDF")


def test_a_letter_the_typeface_lacks_is_an_error(content):
    with pytest.raises(RunFailed, match="U\\+2603"):
        pdf.render(content.model_copy(update={"kicker": "☃"}))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"languge": "vi"}, "Did you mean `language`"),
        ({"language": 3}, "takes str"),
        ({"compare": ["a"]}, "takes str"),
        ({"languge": "vi", "run": 1.0}, "2 things"),
    ],
)
def test_a_wrong_parameter_is_refused_before_papermill_starts(tmp_path, monkeypatch, parameters, told):
    monkeypatch.setattr(press.papermill, "execute_notebook", lambda *a, **k: pytest.fail("papermill ran"))
    with pytest.raises(BadInput, match=told):
        press.build(NOTEBOOK, parameters, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(BadInput, match="Did you mean `pdf`"):
        press.build(NOTEBOOK, {}, tmp_path, formats=("pfd",))


def test_a_notebook_is_printed_and_printed_again_the_same(run_folder, tmp_path):
    steps = []
    out = tmp_path / "reports" / "briefs" / "national"
    parameters = {"run": str(run_folder), "language": "vi"}
    written = press.build(NOTEBOOK, parameters, out, progress=lambda what, done: steps.append(done))
    names = ["brief_vi.html", "brief_vi.pdf", "brief_vi.ipynb", "manifest.json"]
    assert [path.name for path in written] == names and sorted(p.name for p in out.iterdir()) == sorted(names)
    assert steps == sorted(steps) and steps[-1] == 1.0
    told = json.loads((out / "manifest.json").read_text("utf-8"))["languages"]["vi"]
    first = {path.name: path.read_bytes() for path in written}
    assert told["files"]["brief_vi.html"] == provenance.sha256(first["brief_vi.html"])
    executed = nbformat.reads(first["brief_vi.ipynb"].decode(), as_version=4)
    stored = press.content_of(executed, NOTEBOOK)
    for name, render in (("brief_vi.html", html.render), ("brief_vi.pdf", pdf.render)):
        opened = seals.unseal(first[name])
        assert opened.body == render(stored) and not seals.damage(opened, first[name])
        assert opened.manifest["brief"] == "national" and list(opened.manifest["runs"]) == ["as_decided"]
    assert stored.model_copy(update={"labels": {}}) == filled_page(run_folder).content().model_copy(
        update={"labels": {}}
    )


def test_a_failed_notebook_is_kept_and_nothing_is_published(tmp_path):
    out = tmp_path / "reports" / "briefs" / "national"
    with pytest.raises(RunFailed, match="failed and is kept"):
        press.build(NOTEBOOK, {"scenario": "no_such_scenario"}, out)
    assert not out.exists()
    assert len(list((tmp_path / "reports" / "failed").glob("brief_national_*.ipynb"))) == 1


def test_the_notebook_is_prose_with_one_call_a_cell():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].metadata["tags"] == ["parameters"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert not any(re.search(r"^\s*(def|for|while|class)\b", cell.source, re.MULTILINE) for cell in code)
    assert all(len(cell.source.splitlines()) == 1 for cell in code[2:])


def test_the_data_folder_of_the_tests_is_the_projects():
    assert (DATA / "parameters.csv").is_file()
