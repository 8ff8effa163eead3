"""A little printing house for tests: a project with one scenario and a notebook whose pages cost next to nothing.

The notebook reads `data/<case>.txt` and `data/nation.txt` and prints them; a case called `hang`, `eat`, `die` or `fail` does
just that.
"""

from __future__ import annotations

import json
from pathlib import Path

from cpmodel.press.batch import Batch
from cpmodel.press.orders import Order, orders
from cpmodel.press.running import Task
from cpmodel.press.store import Store

PAGE = """
from pathlib import Path
from IPython.display import display
from cpmodel import content as c

root = Path(folder)
own = (root / "data" / f"{case}.txt").read_text("utf-8").strip()
nation = (root / "data" / "nation.txt").read_text("utf-8").strip()
"""
DEEDS = """
if own == "hang": import time; time.sleep(60)
if own == "eat": eaten = bytearray(3 * 2**30)
if own == "die": import os, signal; os.kill(os.getpid(), signal.SIGKILL)
assert own != "fail", "the figure is missing"
"""
FINISH = """
chance = float(nation)
word = "likely" if chance > 0.66 else "unlikely"
odds = {"odds": word, "words": f"{word} ({chance:.0%})", "label": "Adoption", "probability": chance}
page = c.BriefContent(
    brief="little", language=language, scenario=scenario, kicker="Little brief", title=(c.Text(text=own),),
    edition="2026-11-09", edition_text="November", sections=(c.Section(id="s", title=nation, blocks=()),),
    labels=LABELS, conclusions=(c.Conclusion(id="adoption", **odds),),
    manifest=c.Manifest(run_id="", scenario=scenario, cpmodel_version="0", run={}),
)
display({c.MIME: page.model_dump(mode="json")}, raw=True)
"""


def write_project(root: Path, cases: dict[str, str]) -> Path:
    """Write a project with a scenario, the notebook, and one file a case; return its folder."""
    from cpmodel.briefs.assembly import LABEL_HEADS  # here, as whoever only prints must start quickly
    from cpmodel.briefs.wording import Wording

    for name in ("data", "scenarios", "notebooks"):
        (root / name).mkdir(parents=True)
    (root / "scenarios" / "here.yaml").write_text("title: x\n", "utf-8")
    (root / "data" / "nation.txt").write_text("0.5", "utf-8")
    for case, text in cases.items():
        (root / "data" / f"{case}.txt").write_text(text, "utf-8")
    given = f'scenario: str = ""\nlanguage: str = "vi"\ncase: str = ""\nfolder: str = {str(root)!r}\n'
    words = Wording("vi")
    labels = {key: words.word(key) for head in LABEL_HEADS for key in words.labels(head)}
    page = f"{PAGE}LABELS = {labels!r}\n"
    cells = [_cell(given, ["parameters"]), _cell(page), _cell(DEEDS), _cell(FINISH)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / "brief_little.ipynb").write_text(json.dumps(notebook), "utf-8")
    return root


def _cell(source: str, tags: list[str] | None = None) -> dict:
    return {
        "cell_type": "code", "execution_count": None, "id": f"c{abs(hash(source)) % 10**8}",
        "metadata": {"tags": tags} if tags else {}, "outputs": [], "source": source.strip(),
    }  # fmt: skip


class NoRuns:
    """A preparer that is never asked: the little notebook reads no run."""

    def find(self, kind: str, scenario: str) -> Path:
        raise AssertionError("no run is read")

    make = keep = find


def task(root: Path, cases: list[str], **more) -> Task:
    """Return the task of a batch that prints the little notebook for every case, in Vietnamese, as JSON and HTML."""
    told = {key: more.pop(key) for key in ("limits", "keep", "languages", "formats") if key in more}
    batch = Batch.model_validate({
        "title": {"vi": "Nhỏ", "en": "Little"}, "languages": ["vi"], "formats": ["html"],
        "briefs": {"little": {"scenario": "here", "each": {"case": cases}, "cadence": more.pop("cadence", "always")}},
    } | told)  # fmt: skip
    store = more.pop("store", Store(root / "reports" / "published" / "little"))
    found: tuple[Order, ...] = orders(batch, root, "little.yaml")
    return Task(name="little", batch=batch, orders=found, root=root, store=store, prepare=NoRuns(), **more)
