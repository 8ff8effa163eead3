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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Row

ROOT = Path(__file__).parents[1]
START, STEP = 180_000, 30_000  # what a page may take until it stands, and to answer one move [ms]
WINDOW = {"width": 1400, "height": 900}
MONEY, CREDIT = "level.awareness", "credit.soft_loan.terms.rate"
COLUMNS = ("moves", "median", "p90", "model", "messages", "drawing", "draws")
NOTEBOOK, REDRAWN = "explorer.ipynb", "redrawn.ipynb"  # the second is made for the comparison
BASELINE = "from benchmarks.redrawn import page\n\npage()"
IMAGE = ".redrawn img, img.redrawn"
SETTLED = (
    "() => { const page = document.querySelector('.cpx'); return page.dataset.number && !page.dataset.busy; }"
)
WATCH = """
() => {
  window.painted = [];
  let began = 0;
  document.addEventListener("keydown", () => { began = performance.now(); }, true);
  const image = document.querySelector("img.redrawn, .redrawn img");
  const seen = () => requestAnimationFrame(() => setTimeout(() => {
    const model = Number(document.querySelector(".told").textContent);
    if (began) window.painted.push({milliseconds: performance.now() - began, model, draws: 500});
    began = 0;
  }));
  image.addEventListener("load", seen);
}
"""


def rows(quick: bool = False) -> list[Row]:
    """Milliseconds from key press to paint, and the model's part of it."""
    found = []
    for one in measure(6 if quick else 20):
        case = f"{one['name']}, {one['draws']} draws of each variant"
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
        found = [*_explorer(browser, project, moves), _matplotlib(browser, project, moves)]
        browser.close()
    return found


def _project(folder: Path) -> Path:
    """Return a copy of the project with both pages; its explorer makes no full run beside what is measured."""
    for name in ("data", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "notebooks").mkdir()
    text = (ROOT / "notebooks" / NOTEBOOK).read_text("utf-8")
    (folder / "notebooks" / NOTEBOOK).write_text(
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


def _explorer(browser, project: Path, moves: int) -> Iterator[dict]:
    start = "from cpmodel.cli import main; main()"
    command = [sys.executable, "-c", start, "explore", "--voila", "--no-browser"]
    with (
        _served(command, project, "") as address,
        _opened(browser, address, "[data-part=binding] svg") as page,
    ):
        yield from _told("explorer, money, a key pressed", _pressed(page, MONEY, moves))
        yield from _told("explorer, money, dragged", _dragged(page, MONEY, moves))
        yield from _told("explorer, credit, a key pressed", _pressed(page, CREDIT, moves))
        yield from _told("explorer, credit, dragged", _dragged(page, CREDIT, moves))


def _told(name: str, told: list[dict]) -> Iterator[dict]:
    """Yield the row of the moves while a lever was held, and that of the moves that let it go."""
    for held, more in ((True, ""), (False, ", let go")):
        yield _row(name + more, [one for one in told if one["held"] == held])


def _pressed(page, lever: str, moves: int) -> list[dict]:
    """Press a key on a lever, wait until everything is settled, and again; return what the page measured."""
    before = len(_latency(page))
    page.locator(f"[data-lever='{lever}'] input").first.focus()
    for done in range(1, moves + 1):
        with _waiting(page, f"{lever}, press {done} of {moves}"):
            page.keyboard.press("ArrowRight")
            _settle(page)
    return _latency(page)[before:]


def _dragged(page, lever: str, moves: int, at_once: int = 5) -> list[dict]:
    """Drag a lever a few steps and let it go, until there were enough moves; return what the page measured."""
    before, drags = len(_latency(page)), max(moves // at_once, 2)
    place = page.locator(f"[data-lever='{lever}'] input").first
    place.scroll_into_view_if_needed()  # the pointer reaches nothing outside the window
    for drag in range(drags):
        with _waiting(page, f"{lever}, drag {drag + 1} of {drags}"):
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
    """Wait until a move and what follows it are answered: a press of a key lets go of its lever a moment later."""
    for _ in range(2):
        page.wait_for_timeout(450)
        page.wait_for_function(SETTLED, timeout=STEP)


def _latency(page) -> list[dict]:
    return json.loads(page.get_attribute(".cpx", "data-latency") or "[]")


def _matplotlib(browser, project: Path, moves: int) -> dict:
    port, token = 8899, "benchmark"
    command = [sys.executable, "-m", "voila", f"notebooks/{REDRAWN}", f"--port={port}", f"--Voila.token={token}",
               "--Voila.open_browser=False"]  # fmt: skip
    address = f"http://127.0.0.1:{port}/?token={token}"
    with _served(command, project, address) as address, _opened(browser, address, IMAGE) as page:
        page.evaluate(WATCH)
        page.locator(".noUi-handle").first.focus()
        for done in range(1, moves + 1):
            with _waiting(page, f"the redrawn slider, press {done} of {moves}"):
                page.keyboard.press("ArrowRight")
                page.wait_for_function("done => window.painted.length >= done", arg=done, timeout=STEP)
                page.wait_for_timeout(400)
        return _row("slider redrawn with matplotlib, money", page.evaluate("window.painted"))


@contextmanager
def _served(command: list[str], project: Path, address: str) -> Iterator[str]:
    """Run a server of the project; yield the address it prints, or the one given."""
    _say(f"starting {command[3] if '-c' in command else command[2]}")
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"CPMODEL_HOME": str(project), "PYTHONPATH": paths}
    process = subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield address or process.stdout.readline().strip()
    finally:
        process.terminate()  # an interrupt is ignored by what was started in the background of a script
        process.wait(30)


@contextmanager
def _opened(browser, address: str, sign: str):
    """Open a page, and wait until it shows its first answer by the sign of it."""
    page = browser.new_page(viewport=WINDOW)
    with _waiting(page, f"the first answer at {address}"):
        _go(page, address)
        page.wait_for_selector(sign, timeout=START)
        page.wait_for_timeout(2000)
    yield page
    page.close()


def _go(page, address: str, tries: int = 60) -> None:
    from playwright.sync_api import Error

    for _ in range(tries):
        try:
            page.goto(address, timeout=START)
            return
        except Error:  # the server is not up yet
            page.wait_for_timeout(500)
    raise SystemExit(f"explorer: no page at {address}")


@contextmanager
def _waiting(page, what: str) -> Iterator[None]:
    """Say what is waited for; where it does not come in time, end with that and with what the page says."""
    from playwright.sync_api import TimeoutError as TooLate

    _say(what)
    try:
        yield
    except TooLate:
        told = " ".join(page.inner_text("body").split())[-400:]
        raise SystemExit(f"explorer: waited in vain for {what}. The page says: {told or 'nothing'}") from None


def _say(what: str) -> None:
    print(f"explorer: {what}", file=sys.stderr, flush=True)


def _row(name: str, told: list[dict]) -> dict:
    times = sorted(one["milliseconds"] for one in told)
    return {
        "name": name, "moves": len(times), "median": _median(times),
        "p90": round(times[int(0.9 * (len(times) - 1))], 1) if times else None,
        "model": _median(one["model"] for one in told),
        "messages": _median(one["there"] - one["model"] for one in told if "there" in one),
        "drawing": _median(one["drawing"] for one in told if "drawing" in one),
        "draws": told[0]["draws"] if told else None,
    }  # fmt: skip


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(statistics.median(found), 1) if found else None


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=20)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(asked.moves)
    print(f"{'key press to paint [ms]':40}", *(f"{key:>8}" for key in COLUMNS))
    for row in found:
        print(f"{row['name']:40}", *(f"{row[key]!s:>8}" for key in COLUMNS))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()
