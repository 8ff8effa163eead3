"""Sliders in the page: the run's own numbers at the start, the emulator's after a move, nothing without scripts."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from chromium import opened
from synthetic_run import write_run

from cpmodel import briefs
from cpmodel.analysis.emulated_runs import SHOWN, STATISTICS, design, to_text
from cpmodel.analysis.emulator import Output, fit
from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import sliders
from cpmodel.content import Sliders
from cpmodel.press import html, pdf, provenance

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    run = write_run(tmp_path_factory.mktemp("runs") / "2026-11-20_as_decided_0123abcd")
    return briefs.open_page(run, language="vi", data=DATA)


@pytest.fixture(scope="module")
def emulator(page):
    """An emulator of a made-up country whose numbers at the scenario's money are a little off the run's."""
    bands = [(outcome, year, s) for outcome in SHOWN for year in range(2009, 2021) for s in STATISTICS]
    odds = [(k[5], k[6], k[7]) for k in page.run.cells if k[5].startswith("met:") and k[1] == "both"]
    outputs = tuple(
        Output(outcome, year, s, 63.0 if outcome == "office_capacity" else 1.0, 0.0005) for outcome, year, s in bands + odds
    )  # fmt: skip
    base = np.array([o.to_link(page.run.value(o.outcome, o.year, o.statistic)) for o in outputs]) + 0.05

    def country(multiples):
        effort = np.log1p(multiples) @ np.array([0.3, 0.05, 0.2, 0.1, 0.02]) - 0.46
        links = base + effort[:, None] * np.array([o.year > 2009 for o in outputs])
        return np.stack([o.from_link(links[:, i]) for i, o in enumerate(outputs)], axis=1)

    used, unused = design(len(COMPONENT_PROJECTS), 1)
    return fit(COMPONENT_PROJECTS, 4.0, outputs, used, country(used), (unused, country(unused)))


@pytest.fixture(scope="module")
def content(page, emulator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("emulators") / "2026-11-20_as_decided_4567cdef"
    folder.mkdir()
    (folder / "emulator.json").write_text(to_text(emulator), "utf-8")
    page.try_it(folder)
    return page.finish().content


def block_of(content):
    return next(b for s in content.sections for b in s.blocks if isinstance(b, Sliders))


def answered(block, multiples):
    """What the page's script is to answer, worked out here."""
    x = np.log1p(block.bend * np.array(multiples))
    distance = np.linalg.norm(x - np.array(block.centres), axis=1)
    links = (
        np.concatenate([distance**3, [1.0], x]) @ np.array(block.weights) @ np.array(block.basis)
        + block.middle
    )
    outputs = [
        Output("", 0, "probability" if p else "", s, 0.0)
        for p, s in zip(block.probit, block.scales, strict=True)
    ]
    return np.array([o.from_link(link) for o, link in zip(outputs, links, strict=True)])


def test_at_the_scenarios_own_money_every_output_is_the_runs_cell(page, content):
    block = block_of(content)
    cells = [page.run.get(key) for key in block.keys]
    assert (np.abs(answered(block, np.ones(5)) - cells) / block.scales).max() < 1e-4


def test_no_figure_beside_the_sliders_comes_from_nowhere(content):
    assert list(provenance.loose_numbers(content)) == [] and list(provenance.unsourced(content)) == []


def test_an_inaccurate_stand_in_is_not_shown(page, emulator):
    poor = dataclasses.replace(emulator, accuracy=dict(emulator.accuracy) | {"share_p99": 0.03})
    assert sliders.accurate(emulator) and not sliders.accurate(poor)


def test_a_run_without_a_cell_gets_no_sliders(page, emulator):
    less = {key: value for key, value in page.run.table.items() if key[5] != "office_capacity"}
    bare = dataclasses.replace(page.run, table=less)
    assert sliders.sliders(bare, page.words, emulator, "x") is None


def test_the_script_is_the_only_one_and_its_data_cannot_end_their_element(content):
    text = html.render(content).decode("utf-8")
    assert len(re.findall("<script", text)) == 2  # the data, and the script that the policy names
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[0]
    assert f"script-src '{html.policy_hash(script)}'" in text
    block = block_of(content)
    evil = block.model_copy(
        update={"words": block.words | {"total": "</script><script>window.hit=1</script>"}}
    )
    assert "</script" not in str(html.slider_data(evil))


def test_paper_has_no_sliders(content):
    assert pdf.render(content).startswith(b"%PDF")


@pytest.fixture(scope="module")
def file(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "brief.html"
    path.write_bytes(html.render(content))
    return path


def test_a_move_shows_what_the_stand_in_answers(content, file):
    block = block_of(content)
    moved = np.ones(5)
    moved[0], moved[2] = 4.0, 0.0
    wanted = answered(block, moved)
    with opened(file) as page:
        start = page.inner_text(".said")
        for name, value in (("awareness", 4), ("technical_support", 0)):
            page.locator(f"#s-{name}").evaluate(
                f"e => {{ e.value = {value}; e.dispatchEvent(new Event('input')); }}"
            )
        shown = page.locator(".end-label").all_text_contents()
        told = page.inner_text(".said")
        chances = page.locator("#sliders table td:last-child").all_inner_texts()
        page.locator("#sliders button").click()
        again = page.inner_text(".said")
        assert not page.problems and all(url.startswith("file:") for url in page.fetched)
    for band, text in zip(block.bands, shown, strict=True):
        value = wanted[band.rows["p50"][-1]] * band.scale
        assert float(text.rstrip("%").replace(",", ".")) == pytest.approx(
            value, abs=0.5 * 10.0**-band.decimals + 1e-3
        )
    for chance, text in zip(block.chances, chances, strict=True):
        figure = int(re.search(r"\d+", text)[0]) / 100
        assert figure == pytest.approx(min(max(wanted[chance.output], 0.01), 0.99), abs=0.0051)
    assert start == again != told


def test_sliders_move_by_keyboard_and_carry_their_words(file):
    with opened(file) as page:
        page.focus("#s-awareness")
        page.keyboard.press("ArrowRight")
        assert page.get_attribute("#s-awareness", "aria-valuetext").startswith("× 1,1 =")


def test_without_scripts_it_is_a_plain_brief(file):
    with opened(file, javascript=False) as page:
        assert not page.is_visible("#sliders-section")
        assert page.is_visible("h1")
