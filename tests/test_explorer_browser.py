"""The explorer in a real browser, on loopback: moved, reloaded, restored by its link, saved, printed; screenshots are kept.

Where no Chromium is installed the tests are skipped and say so. Pictures go to reports/screens, or to the folder that
EXPLORER_PICTURES names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chromium import opened

ROOT = Path(__file__).parents[1]
PICTURES = Path(os.environ.get("EXPLORER_PICTURES", ROOT / "reports" / "screens"))
HOSTILE = "<img src=x onerror='window.harmed=1'> & “tên”"
SETTLED = (
    "() => { const page = document.querySelector('.cpx'); return page.dataset.number && !page.dataset.busy; }"
)
KERNEL = "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
SLOW = 120_000
FOCUSED = """(() => { const at = document.activeElement; return at.id.replace(/^cpx-(vi|en)-.*/, "") ||
  at.closest("[data-lever]")?.dataset.lever || at.dataset.do || at.tagName.toLowerCase(); })()"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project to save into, its explorer with few draws and without the full run."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("data", "scenarios"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("as_decided", "reference"):  # briefs printed in this project come from small runs
        with (copy / "scenarios" / f"{name}.yaml").open("a", encoding="utf-8") as file:
            file.write("resolution: explorer\n")
    (copy / "notebooks").mkdir()
    for name in ("brief_national", "brief_comparison"):
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", copy / "notebooks")
    text = (ROOT / "notebooks" / "explorer.ipynb").read_text("utf-8")
    few = text.replace("draws: int = 1000", "draws: int = 64").replace(
        "full_run: bool = True", "full_run: bool = False"
    )
    assert few.count("64") > text.count("64") and "full_run: bool = False" in few
    (copy / "notebooks" / "explorer.ipynb").write_text(few, "utf-8")
    return copy


@contextmanager
def served(project, *options):
    """Start the command as a user would; yield the address that it prints."""
    command = "from cpmodel.cli import main; main()"
    environment = os.environ | {"CPMODEL_HOME": str(project), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", command, "explore", *options, "--no-browser"], cwd=project, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    address = process.stdout.readline().strip()
    try:
        assert "127.0.0.1" in address, "the command printed no address"
        yield address
    finally:
        process.terminate()
        process.wait(30)
        with socket.socket() as probe:
            gone = not address or probe.connect_ex((urlsplit(address).hostname, urlsplit(address).port))
        assert gone, "a command that is ended leaves no server behind"


@pytest.fixture(scope="module")
def page(project):
    with opened(width=1400, offline=False) as page, served(project, "as_decided", "--voila") as address:
        page.address = address
        page.goto(address)
        page.wait_for_selector(".cpx svg[data-fan]", timeout=SLOW)
        page.wait_for_selector("[data-part=binding] svg", timeout=SLOW)
        yield page


MEDIAN = "document.querySelector('svg[data-fan=awareness] path.median').getAttribute('d')"
YAML = "document.querySelector('[data-part=keep] pre[data-yaml]')?.textContent"


def until(page, condition, told=None):
    """Wait until a condition in the page's own language holds; `told` is what it may read."""
    page.wait_for_function(f"told => {condition}", arg=told, timeout=SLOW)


def says(part, words):
    return f"document.querySelector('[data-part={part}]')?.textContent.includes({json.dumps(words)})"


def settle(page):
    page.wait_for_timeout(150)
    page.wait_for_function(SETTLED, timeout=SLOW)


def picture(page, name, part=None):
    PICTURES.mkdir(parents=True, exist_ok=True)
    (page.locator(part).first if part else page).screenshot(path=PICTURES / f"explorer_{name}.png")


def median(page, name="awareness"):
    return page.get_attribute(f"svg[data-fan={name}] path.median", "d")


def press(page, lever, key, times=1):
    page.locator(f"[data-lever='{lever}'] input").first.focus()
    for _ in range(times):
        page.keyboard.press(key)
        settle(page)


def test_a_move_with_the_keyboard_changes_chart_and_sentence_and_undo_brings_them_back(page):
    before, said = median(page), page.inner_text("[data-part=sentence]")
    picture(page, "first_sight")
    press(page, "level.awareness", "PageUp", 2)
    assert median(page) != before
    page.wait_for_selector("[data-lever='level.awareness'].changed", timeout=SLOW)
    picture(page, "moved")
    told = json.loads(page.get_attribute(".cpx", "data-latency"))
    assert told and all(one["milliseconds"] > 0 for one in told)
    for _ in range(4):
        if page.is_disabled("[data-do=undo]"):
            break
        page.click("[data-do=undo]")
        page.wait_for_timeout(600)
        settle(page)
    until(page, f"{MEDIAN} === told", before)
    assert page.inner_text("[data-part=sentence]") == said


def test_languages_switch_in_place(page):
    value = page.input_value("[data-lever='level.network'] input")
    page.click("[data-do=language]")
    page.wait_for_selector(".cpx[lang=en]")
    assert (
        "Main levers" in page.inner_text(".cpx")
        and page.input_value("[data-lever='level.network'] input") == value
    )
    assert "Các núm chính" not in page.inner_text(".cpx")
    page.click("[data-do=language]")
    page.wait_for_selector(".cpx[lang=vi]")
    assert "tỷ đồng/năm" in page.inner_text("[data-part=levers]") and "7,0" in page.inner_text(
        "[data-part=levers]"
    )


def test_a_path_is_drawn_with_the_keyboard_and_with_the_pointer(page):
    page.click("details[data-group=paths] > summary")
    bar = page.locator("[role=slider][data-year='2012']")
    bar.focus()
    page.keyboard.press("PageUp")
    settle(page)
    until(page, f"{YAML}.includes(told)", "'2012': 19.0")
    assert bar.get_attribute("aria-valuenow") == "19"
    place = page.locator("svg.path").bounding_box()
    page.mouse.move(place["x"] + place["width"] * 0.3, place["y"] + place["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.9, place["y"] + place["height"] * 0.2, steps=20)
    page.mouse.up()
    settle(page)
    picture(page, "path", "details[data-group=paths]")
    values = [
        float(page.get_attribute(f"[role=slider][data-year='{year}']", "aria-valuenow"))
        for year in (2013, 2016, 2019)
    ]
    assert values[0] < values[1] < values[2]


def test_keys_are_steps_of_a_drag_and_the_lever_is_let_go_when_they_rest(page):
    moves = len(json.loads(page.get_attribute(".cpx", "data-latency")))
    page.locator("[data-lever='credit.soft_loan.terms.rate'] input").first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
    settle(page)
    told = json.loads(page.get_attribute(".cpx", "data-latency"))[moves:]
    assert [one["held"] for one in told][-1] is False and any(one["held"] for one in told)
    page.keyboard.press("ArrowRight")
    page.click("[data-do=undo]")  # before the keys have rested: the press is one step, and is undone
    settle(page)
    until(page, f"{YAML}.includes('rate')")
    page.click("[data-do=undo]")
    until(page, f"!{YAML}.includes('rate')")


def test_an_error_stands_beside_its_lever(page):
    page.click("details[data-group=credit] > summary")
    page.locator("details[data-group=credit] details.group > summary").first.click()
    press(page, "credit.soft_loan.closes", "Home")
    error = page.locator("[data-lever='credit.soft_loan.closes'] .error").first
    error.wait_for(state="visible", timeout=SLOW)
    assert "đóng" in error.inner_text()
    assert "Traceback" not in page.inner_text("body")
    picture(page, "error", "[data-lever='credit.soft_loan.closes']")
    page.click("[data-do=undo]")
    error.wait_for(state="hidden", timeout=SLOW)


def test_a_kept_scenario_is_compared(page):
    page.click("[data-do=pin]")
    page.wait_for_selector("[data-part=pins] svg", timeout=SLOW)
    press(page, "level.network", "PageUp")
    until(page, says("pins", "tăng ở"))
    picture(page, "side_by_side", "[data-part=pins]")


def test_what_would_it_take_answers_in_words(page):
    page.select_option("#cpx-take", "budgets.scale")
    page.click("[data-do=take]")
    page.wait_for_selector("[data-taken]", timeout=SLOW)
    assert re.search(r"\d|<", page.inner_text("[data-taken]"))


def test_what_each_measure_adds_is_drawn_and_buttons_outlive_a_new_state(page):
    page.click("[data-do=wedges]")
    page.wait_for_selector("[data-part=wedges] svg", timeout=SLOW)
    assert "điểm phần trăm" in page.inner_text("[data-part=wedges]")
    picture(page, "wedges", "[data-part=wedges]")
    page.select_option("#cpx-preset", "as_decided")  # its first change gives it another name
    until(page, "document.querySelector('#cpx-name').value === 'as_decided'")
    page.evaluate("window.kept = document.querySelector(\"[data-do='keep.csv']\")")
    page.fill("#cpx-name", "dang_go")
    press(page, "level.network", "PageDown")
    settle(page)
    assert page.evaluate("document.body.contains(window.kept)"), (
        "a button replaced while it is pressed loses the click"
    )
    assert page.input_value("#cpx-name") == "dang_go", "what is being typed stays"


def test_the_map_shows_both_archipelagos_even_before_the_full_run(page):
    tiles = page.locator("[data-map=tiles] [data-tile]")
    assert tiles.count() == 65
    text = page.locator("[data-map=tiles]").inner_html()
    assert "Hoàng Sa" in text and "Trường Sa" in text


def test_a_scenario_is_saved_with_hostile_words_that_stay_words(page, project):
    page.fill("#cpx-name", "tu_trinh_duyet")
    page.fill("#cpx-vi", HOSTILE)
    page.click("[data-do='keep.save']")
    until(page, says("notice", "tu_trinh_duyet"))
    assert HOSTILE in (project / "scenarios" / "tu_trinh_duyet.yaml").read_text("utf-8")
    until(page, says("stand", "<img"))
    assert page.evaluate("window.harmed") is None and page.locator(".cpx img").count() == 0
    picture(page, "save", "[data-part=keep]")


@pytest.mark.parametrize(("kind", "name", "begins"), [
    ("csv", "tu_trinh_duyet.csv", b"scenario,variant,region"), ("xlsx", "tu_trinh_duyet.xlsx", b"PK"),
    ("iamc", "tu_trinh_duyet_iamc.csv", b"model,scenario,region,variable"),
])  # fmt: skip
def test_results_are_downloaded(page, tmp_path, kind, name, begins):
    with page.expect_download(timeout=SLOW) as waiting:
        page.click(f"[data-do='keep.{kind}']")
    waiting.value.save_as(tmp_path / name)
    assert waiting.value.suggested_filename == name and (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize("kind", ["national", "comparison"])
def test_a_brief_is_printed(page, project, tmp_path, kind):
    before = set((project / "reports").rglob("*.html"))
    try:
        with page.expect_download(timeout=200_000) as waiting:
            page.click(f"[data-do='keep.{kind}']")
    except Exception as slow:
        raise AssertionError(
            page.locator("[data-part=notice], .notice, [role=status]").all_text_contents()
        ) from slow
    waiting.value.save_as(tmp_path / "brief.pdf")
    assert (tmp_path / "brief.pdf").read_bytes().startswith(b"%PDF")
    assert set((project / "reports").rglob("*.html")) - before


def test_a_scenario_file_is_loaded_and_undone(page, tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: reference\ntoggles: {unit_mandate: true}\n", "utf-8")
    before = page.locator("[data-part=keep] pre[data-yaml]").text_content()
    page.set_input_files("[data-part=keep] input[type=file]", tmp_path / "mine.yaml")
    until(page, f"{YAML}.includes(told)", "unit_mandate: true")
    assert page.input_value("#cpx-preset") == "reference"
    page.locator("[data-lever='level.network'] input").first.focus()
    page.keyboard.press("Control+z")
    until(page, f"{YAML} === told", before)
    page.keyboard.press("Control+Shift+z")
    until(page, f"{YAML}.includes(told)", "unit_mandate: true")
    page.keyboard.press("Control+z")
    until(page, f"{YAML} === told", before)


def test_every_control_is_reached_with_the_tab_key_and_shows_where_it_is(page):
    page.locator("[data-do=language]").focus()
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
        if "keep.national" in reached:  # the last row of the page
            break
    assert {"cpx-preset", "summary", "level.awareness", "credit.soft_loan.terms.rate", "cpx-take", "cpx-cap",
            "package", "pin", "keep.save", "keep.national"} <= reached  # fmt: skip
    shown = "(() => { const at = document.activeElement; return getComputedStyle(at).outlineStyle; })()"
    assert page.evaluate(shown) != "none" or page.evaluate(FOCUSED) == "BODY"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_is_readable_at_twice_the_size_and_passes_axe(page, language):
    if page.get_attribute(".cpx", "lang") != language:
        page.click("[data-do=language]")
        page.wait_for_selector(f".cpx[lang={language}]")
    page.set_viewport_size({"width": 700, "height": 500})
    edges = "[...document.querySelectorAll('.cpx > *, .cpx .columns > *')].map((box) => box.getBoundingClientRect().right)"
    wide = max(page.evaluate(edges))
    assert wide <= 700, "a page at 200 % must not run out of the window sideways"
    picture(page, f"zoom_{language}")
    page.set_viewport_size({"width": 1400, "height": 900})
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, context=".cpx").response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"][:120]) for one in found]


def test_many_moves_at_once_end_at_the_last_and_few_are_worked_on(page):
    before = len(json.loads(page.get_attribute(".cpx", "data-latency")))
    page.locator("[data-lever='level.technical_support'] input").first.focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    settle(page)
    value = page.input_value("[data-lever='level.technical_support'] input")
    until(page, f"{YAML}.includes('technical_support')")
    told = json.loads(page.get_attribute(".cpx", "data-latency"))
    assert len(told) - before < 20, "moves in between are dropped"
    assert abs(float(value) - (13.667 + 25)) < 2, "the lever stands where the last key left it"


def test_a_copied_link_restores_the_state_after_loading_again(page):
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.click("[data-do='keep.link']")
    until(page, "window.copied")
    link, shown = (
        page.evaluate("window.copied"),
        page.inner_text("[data-part=keep] pre[data-yaml]", timeout=SLOW),
    )
    told = page.locator("[data-part=keep] pre[data-yaml]").text_content()
    assert "#base=" in link and shown is not None
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector(".cpx svg[data-fan]", timeout=SLOW)
    until(page, f"{YAML} === told", told)
    press(page, "level.network", "ArrowRight")
    until(page, f"{YAML} !== told", told)
    moved = page.locator("[data-part=keep] pre[data-yaml]").text_content()
    page.reload()  # nothing was copied, and nothing is lost
    page.wait_for_selector(".cpx svg[data-fan]", timeout=SLOW)
    until(page, f"{YAML} === told", moved)
    page.click("[data-do=undo]")
    until(page, f"{YAML} === told", told)


def test_what_is_kept_beside_and_the_goal_outlive_a_reload(page):
    def shown():
        return (
            page.inner_text("[data-part=pins]"),
            page.inner_text("tr.goal"),
            page.inner_text("[data-part=sentence]"),
        )

    press(page, "level.network", "PageUp")  # another than those kept
    page.locator("tr:not(.goal) [aria-pressed=false]").first.click()
    settle(page)
    page.click("[data-do=pin]")
    press(page, "level.network", "PageDown")
    until(page, says("pins", "tăng ở"))
    before, kernel = shown(), page.evaluate(KERNEL)
    picture(page, "before_reload")
    page.reload()
    page.wait_for_selector(".cpx svg[data-fan]", timeout=SLOW)
    page.wait_for_selector("[data-part=pins] svg", timeout=SLOW)
    settle(page)
    assert shown() == before
    picture(page, "after_reload")
    address, _, token = page.address.partition("#")[0].partition("?")
    assert status(f"{address}api/kernels/{page.evaluate(KERNEL)}?{token}") == 200
    assert status(f"{address}api/kernels/{kernel}?{token}") == 404, "what a page that is left ran on is ended"


def test_nothing_was_asked_of_other_machines_and_nothing_broke(page):
    away = [
        url
        for url in page.fetched
        if not re.match(r"(http://127\.0\.0\.1|data:|blob:|about:)", url.replace("ws:", "http:"))
    ]
    assert not away
    assert not [
        text
        for text in page.problems
        if "Failed to load resource" not in text and "websocket" not in text.lower()
    ]


def status(address):
    """Return the HTTP status of an address, redirections not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        return urllib.request.build_opener(Stay).open(address, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


def test_without_its_token_the_page_opens_nothing_and_no_file_is_served(page):
    address, _, token = page.address.partition("#")[0].partition("?token=")
    assert len(token) >= 32
    assert status(address) in (302, 401, 403)
    for file in ("voila/files/explorer.ipynb", "voila/files/../data/parameters.csv", "files/explorer.ipynb",
                 "voila/static/../../../etc/passwd", "voila/files/%2e%2e/%2e%2e/etc/passwd"):  # fmt: skip
        assert status(f"{address}{file}?token={token}") in (302, 400, 403, 404), file


def test_jupyterlab_opens_the_same_page(page, project):
    lab, fetched = page.context.new_page(), []
    lab.on("request", lambda request: fetched.append(request.url))
    with served(project, "credit_late", "--set", "budgets.scale=1.5") as address:
        lab.goto(address)
        lab.wait_for_selector(".cpx svg[data-fan]", timeout=SLOW)  # nobody had to run a cell
        until(lab, says("stand", "1 thay đổi"))
        before = median(lab)
        press(lab, "level.awareness", "PageUp")
        until(lab, f"{MEDIAN} !== told", before)
        picture(lab, "jupyterlab")
        until(lab, says("stand", "thay đổi"))
        stood = lab.inner_text("[data-part=stand]")
        lab.click("[data-do=pin]")
        lab.wait_for_selector("[data-part=pins] svg", timeout=SLOW)
        file = project / "notebooks" / "explorer.ipynb"
        kept, saved = file.read_bytes(), file.stat().st_mtime_ns
        for _ in range(20):
            lab.keyboard.press("Control+s")
            lab.wait_for_timeout(1000)
            if file.stat().st_mtime_ns != saved:
                break
        assert file.stat().st_mtime_ns != saved, "JupyterLab did not save"
        assert file.read_bytes() == kept, "looking at scenarios changes no file of the project"
        lab.reload()
        lab.wait_for_selector(".cpx svg[data-fan]", timeout=SLOW)
        until(lab, says("stand", stood))
        lab.wait_for_selector("[data-part=pins] svg", timeout=SLOW)  # what is kept outlives the page
        lab.click("[data-do=undo]")  # and so does the way back
        until(lab, f"!({says('stand', stood)})")
        lab.close()
    assert not [url for url in fetched if url.startswith("http") and "127.0.0.1" not in url]


def test_the_command_refuses_what_it_cannot_open(project):
    command = [
        sys.executable,
        "-c",
        "from cpmodel.cli import main; main()",
        "explore",
        "as_decidet",
        "--voila",
        "--no-browser",
    ]
    began = time.monotonic()
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "as_decided" in done.stderr and "Traceback" not in done.stderr
    assert time.monotonic() - began < 60
