"""docs/performance.md and its plot, made from stored results: `python -m benchmarks.page`."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.__main__ import ROOT, table
from benchmarks.measure import Row

HEAD = """# Performance

Made by `make bench` (`python -m benchmarks`, then `python -m benchmarks.page`); the numbers are in
`benchmarks/results.json`, and `python -m benchmarks --against old.json` sets two measurements side by side. Medians;
contenders take turns, so ratios are fair even on a busy machine. Machine: {machine}, measured on {date}.

- **Kernel**: the engine, the readable model in numpy, and `benchmarks/loop.c`, the same equations written by hand
  (`gcc -O3 -march=native -ffast-math`), which is held to the engine before it is timed. No scheme, H1, one thread.
- **Peer**: PySD on a model of the same seven stocks a cell that it translates itself from a Vensim file. It takes one
  stage a step and has no national stocks; the engine takes three stages and carries offices, providers and funds.
- **Whole**: what a user waits for. Tables are acceptance tables, the larger part of a small run.

Cost grows in proportion to draws, years and cells; a run of few cells pays for the national stocks and the tables.

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
