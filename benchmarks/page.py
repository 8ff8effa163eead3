"""docs/performance.md and its plot, made from stored results: `python -m benchmarks.page`."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.__main__ import ROOT, table
from benchmarks.measure import Row

HEAD = """# Performance

Made by `make bench` (`python -m benchmarks`, then `python -m benchmarks.page`); the numbers are in
`benchmarks/results.json`. Medians; contenders take turns, so ratios are fair even on a busy machine.
Machine: {machine}, measured on {date}.

- **Kernel**: the engine, the readable model in numpy, and `benchmarks/loop.c`, the same equations written by hand
  (`gcc -O3 -march=native -ffast-math`), which is held to the engine before it is timed. No scheme, H1, one thread.
- **Peer**: PySD on a model of the same seven stocks a cell that it translates itself from a Vensim file. It takes one
  stage a step and has no national stocks; the engine takes three stages and carries offices, providers and funds.
  At one cell nearly all of the engine's time is what one more cell does not add: assessors, schemes, offices and
  funds by size, which PySD's model does not have; the difference between 48 cells and one is the cost of a cell.
- **Whole**: what a user waits for. Tables are acceptance tables.
- **Desk**: a lever moved in the explorer, from the resolved scenario to its outcomes, both variants, without the page.
- **Posterior**, **explorer** (key press to paint in Chromium) and **briefs** (beside a loop of papermill commands).

`python -m benchmarks --quick` takes smaller cases without a browser; `python -m benchmarks compare old.json new.json`
sets two measurements side by side. Cost grows in proportion to draws, years and cells.

![Nanoseconds a cell, stage and draw](images/performance.svg)

"""


def main() -> None:
    stored = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    rows, on = [Row(**row) for row in stored["rows"]], stored["machine"]
    told = f"{on['processor']}, {on['cores']} cores, Python {on['python']}, load {on['load_at_start']} at the start"
    page = HEAD.format(machine=told, date=stored["date"]) + table(rows, []) + "\n"
    (ROOT / "docs" / "performance.md").write_text(page, "utf-8")
    plot([row for row in rows if row.unit.startswith("ns ")], ROOT / "docs" / "images" / "performance.svg")


def plot(rows: list[Row], path: Path) -> None:
    """Draw nanoseconds by case and contender on a logarithmic axis."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.barh([f"{row.case}: {row.who}" for row in rows], [row.value for row in rows], color="#4477aa")
    axes.set_xscale("log")
    axes.set_xlabel(rows[0].unit if rows else "")
    axes.tick_params(labelsize=7)
    axes.invert_yaxis()
    with rc_context({"svg.hashsalt": "cpmodel", "svg.fonttype": "path"}):
        figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
