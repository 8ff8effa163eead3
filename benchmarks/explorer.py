"""From key press to painted chart in a real browser: the explorer's page beside a slider that redraws with matplotlib.

    python -m benchmarks.explorer [--moves 20] [--json FILE]

Both pages run in one session, on the same scenario, draws and model: what differs is how the numbers reach the screen.
Needs Chromium and playwright. Times are medians and 90 % quantiles in milliseconds; `model` is the part in the kernel,
`messages` what passes before the answer is in the browser, `drawing` the part of our own script; the rest is the browser's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Row

ROOT = Path(__file__).parents[1]
REDRAWN = "redrawn.ipynb"  # made for the comparison only
SLOW = 300_000
COLUMNS = ("moves", "median", "p90", "model", "messages", "drawing", "draws")
BASELINE = """
import io, time
import ipywidgets as widgets
from matplotlib.figure import Figure
from cpmodel.explorer import reading
from cpmodel.explorer.session import Session
from cpmodel.explorer.state import State
from cpmodel.explorer.levers import moves_of
from cpmodel.explorer.desk import Desk
from cpmodel.explorer.state import History

desk = Desk(History(State("as_decided")), lambda name, value: None)
slider = widgets.FloatSlider(value=14, min=0, max=100, step=0.5, description="awareness")
image, told = widgets.Image(format="png"), widgets.HTML("")
image.add_class("redrawn")
told.add_class("told")


def draw(change=None):
    began = time.perf_counter()
    moves = moves_of(desk.scenario, "level.awareness", slider.value, desk.around)
    found = desk.session.run(desk.scenario_of(State("as_decided").moved(moves)))
    read = reading.outcomes_of(found)
    decision = next(iter(found.worlds.values())).inputs.yardstick
    fans, years = reading.fans(read, read, decision), reading.years_of(found)
    reading.targets(found, read, decision)
    model = 1000 * (time.perf_counter() - began)
    figure = Figure(figsize=(11, 5))
    for axes, (name, fan) in zip(figure.subplots(2, 3).ravel(), fans.items()):
        axes.fill_between(years, fan["p10"], fan["p90"])
        axes.fill_between(years, fan["p25"], fan["p75"])
        axes.plot(years, fan["p50"])
        axes.set_title(name)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=90)
    told.value = str(model)
    image.value = out.getvalue()


slider.observe(draw, names="value")
draw()
widgets.VBox([slider, image, told])
"""
WATCH = """
() => {
  window.painted = [];
  let began = 0;
  document.addEventListener("keydown", () => { began = performance.now(); }, true);
  const image = document.querySelector("img.redrawn, .redrawn img");
  const seen = () => requestAnimationFrame(() => setTimeout(() => {
    const model = Number(document.querySelector(".told").textContent);
    if (began) window.painted.push({milliseconds: performance.now() - began, model});
    began = 0;
  }));
  image.addEventListener("load", seen);
}
"""


def rows(quick: bool = False) -> list[Row]:
    """Milliseconds from key press to paint, and the model's part of it."""
    found = []
    for one in measure(6 if quick else 20):
        case = f"{one['name']}, {one['draws']} draws"
        found += [
            Row("explorer", case, who, one[who], "ms")
            for who in ("median", "p90", "model")
            if one[who] is not None
        ]
    return found


def measure(moves: int = 20) -> list[dict]:
    """Return one row a page and kind of move: name, moves, median, p90 and the kernel's part [ms], draws."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        project = _project(Path(folder))
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        rows = _explorer(browser, project, moves)
        rows.append(_matplotlib(browser, project, moves))
        browser.close()
    return rows


def _project(folder: Path) -> Path:
    for name in ("data", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "notebooks").mkdir()
    text = (ROOT / "notebooks" / "explorer.ipynb").read_text("utf-8")
    (folder / "notebooks" / "explorer.ipynb").write_text(
        text.replace("full_run: bool = True", "full_run: bool = False"), "utf-8"
    )
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "a",
        "metadata": {},
        "outputs": [],
        "source": BASELINE,
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "notebooks" / REDRAWN).write_text(json.dumps(notebook), "utf-8")
    return folder


@contextmanager
def _served(command: list[str], project: Path, address: str):
    """Run a server of the project; yield the address it prints, or the one given."""
    environment = os.environ | {"CPMODEL_HOME": str(project), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield address or process.stdout.readline().strip()
    finally:
        process.send_signal(2)
        process.wait(30)


def _explorer(browser, project: Path, moves: int) -> list[dict]:
    start = "from cpmodel.cli import main; main()"
    with _served([sys.executable, "-c", start, "explore", "--voila", "--no-browser"], project, "") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(address)
        page.wait_for_selector("[data-part=binding] svg", timeout=SLOW)
        page.wait_for_timeout(2000)
        money = _pressed(page, "level.awareness", moves)
        dragged = _dragged(page, "level.awareness", moves)
        terms = _dragged(page, "credit.soft_loan.terms.rate", moves)
        page.close()
    return [
        _row("explorer, money, a key pressed", money),
        _row("explorer, money while dragged", [one for one in dragged if one["held"]]),
        _row("explorer, credit while dragged", [one for one in terms if one["held"]]),
        _row("explorer, credit let go", [one for one in terms if not one["held"]]),
    ]


def _pressed(page, lever: str, moves: int) -> list[dict]:
    """Press a key on a lever, wait until everything is settled, and again; return what the page measured."""
    page.locator(f"[data-lever='{lever}'] input").first.focus()
    before = len(_latency(page))
    for _ in range(moves):
        page.keyboard.press("ArrowRight")
        _settle(page)
    return _latency(page)[before:]


def _dragged(page, lever: str, moves: int, at_once: int = 5) -> list[dict]:
    """Drag a lever a few steps and let it go, until there were enough moves; return what the page measured."""
    before = len(_latency(page))
    place = page.locator(f"[data-lever='{lever}'] input").first
    place.scroll_into_view_if_needed()  # the pointer reaches nothing outside the window
    for drag in range(max(moves // at_once, 2)):
        box = place.bounding_box()
        x, y = box["x"] + box["width"] * (0.2 + 0.03 * drag), box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, at_once + 1):
            page.mouse.move(x + 7 * step, y)
            page.wait_for_timeout(50)
            _settle(page)
        page.mouse.up()
        _settle(page)
    return _latency(page)[before:]


def _settle(page) -> None:
    for _ in range(2):
        page.wait_for_function("() => !document.querySelector('.cpx').dataset.busy", timeout=SLOW)
        page.wait_for_timeout(200)


def _latency(page) -> list[dict]:
    return json.loads(page.get_attribute(".cpx", "data-latency") or "[]")


def _matplotlib(browser, project: Path, moves: int) -> dict:
    port, token = 8899, "benchmark"
    command = [sys.executable, "-m", "voila", f"notebooks/{REDRAWN}", f"--port={port}", f"--Voila.token={token}",
               "--Voila.open_browser=False"]  # fmt: skip
    with _served(command, project, f"http://127.0.0.1:{port}/?token={token}") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        for _ in range(60):
            try:
                page.goto(address)
                break
            except Exception:
                page.wait_for_timeout(500)
        page.wait_for_selector("img.redrawn, .redrawn img", timeout=SLOW)
        page.wait_for_timeout(2000)
        page.evaluate(WATCH)
        page.locator(".noUi-handle").first.focus()
        for done in range(1, moves + 1):
            page.keyboard.press("ArrowRight")
            page.wait_for_function("done => window.painted.length >= done", arg=done, timeout=SLOW)
            page.wait_for_timeout(400)
        found = page.evaluate("window.painted")
        page.close()
    return _row("slider redrawn with matplotlib, money", [one | {"draws": 1000} for one in found])


def _row(name: str, told: list[dict]) -> dict:
    times = sorted(one["milliseconds"] for one in told)
    return {
        "name": name, "moves": len(times), "median": round(statistics.median(times), 1) if times else None,
        "p90": round(times[int(0.9 * (len(times) - 1))], 1) if times else None,
        "model": round(statistics.median(one["model"] for one in told), 1) if times else None,
        "messages": _median(one["there"] - one["model"] for one in told if "there" in one),
        "drawing": _median(one["drawing"] for one in told if "drawing" in one),
        "draws": told[0]["draws"] if told else None,
    }  # fmt: skip


def _median(values) -> float | None:
    found = list(values)
    return round(statistics.median(found), 1) if found else None


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=20)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows = measure(asked.moves)
    print(
        f"{'key press to paint [ms]':40}",
        *(f"{key:>8}" for key in COLUMNS),
    )
    for row in rows:
        cells = (f"{row[key]!s:>8}" for key in COLUMNS)
        print(f"{row['name']:40}", *cells)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
