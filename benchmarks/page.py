"""docs/performance.md and its plot, made from stored results: `python -m benchmarks.page`."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from benchmarks.__main__ import PARTS, RESULTS, ROOT, every_row, on_what, stored, table
from benchmarks.gates import judged
from benchmarks.measure import Row

HEAD = """# Performance

Made by `make bench` (`python -m benchmarks`, then `python -m benchmarks.page`); the numbers are in
`benchmarks/results.json`, each part with its day, machine and load. Medians; contenders take turns, so ratios are fair
even on a busy machine. `python -m benchmarks --only whole` measures a part again, `--quick` takes smaller cases, and
`python -m benchmarks compare old.json new.json` sets two measurements side by side.

## What was asked

"""
ABOUT = {
    "kernel": (
        "The engine, the readable model in numpy, and `benchmarks/loop.c`, the same equations written by hand "
        "(`gcc -O3 -march=native -ffast-math`), which is held to the engine before it is timed. No scheme, "
        "H1, one thread."
    ),
    "growth": (
        "The engine alone, one thread, no scheme, H1. Cost grows in proportion to draws and years; a run of "
        "few cells pays for the national stocks: offices, assessors, outreach, word of mouth."
    ),
    "peer_pysd": (
        "PySD on the whole model without a scheme (`benchmarks/peer.mdl`), which it translates itself and "
        "which is held to the engine before it is timed. It steps by Euler: in as many evaluations of the "
        "rates as the engine makes, or in quarters. Most of its time goes to tables by year; the last case "
        "has none, so it is not the engine's model."
    ),
    "whole": (
        "What a user waits for, each in a process of its own: the program as it is called. A first result is "
        "that of Python, from import to outcomes, on an empty cache of kernels and on a full one (help too: the "
        "median of five starts); `cpmodel run` writes tables, effects and sources of spread beside. Tables are "
        "acceptance tables."
    ),
    "desk": (
        "A lever moved in the explorer, from the resolved scenario to its outcomes, both variants, without "
        "the page."
    ),
    "posterior": (
        "Both variants at explorer resolution, from history matching to what was learned."
    ),
    "explorer": (
        "From key press to paint in Chromium, beside a slider that redraws with matplotlib; the model's part of it. "
        "A lever of money that is held shows 500 draws of each variant, 1,000 in all; one that is let go, all."
    ),
    "briefs": (
        "A batch beside a loop of papermill commands on the same run."
    ),
    "cluster": (
        "Dask workers on this machine, of one thread each, beside as many threads. Bytes travel over the loopback. "
        "docs/scaling.md plans with these numbers."
    ),
}  # fmt: skip
PANELS = (
    "kernel: ns a cell, stage and draw",
    "growth: ms a run by draws, cells, years",
    "PySD and engine: µs a run",
)


def main() -> None:
    parts = stored(RESULTS)
    page = (
        HEAD + asked(every_row(parts)) + "\n\n![Cost of the engine and its peers](images/performance.svg)\n"
    )
    for name, part in parts.items():
        rows = [Row(**row) for row in part["rows"]]
        told = fill(
            f"{ABOUT[name]} Measured {on_what(part)}; {part['seconds']:.0f} s.", 120, break_on_hyphens=False
        )
        page += f"\n## {PARTS[name][0].upper()}{PARTS[name][1:]}\n\n{told}\n\n{table(rows, [])}\n"
    (ROOT / "docs" / "performance.md").write_text(page, "utf-8")
    plot([Row(**row) for row in every_row(parts)], ROOT / "docs" / "images" / "performance.svg")


def asked(rows: list[dict]) -> str:
    """Return every gate with its limit, what was measured, and whether it holds, as a table in Markdown."""
    lines = ["| gate | asked | measured | holds |", "|---|---:|---:|---|"]
    for gate, value in judged([Row(**row) for row in rows]):
        unit = "" if gate.unit == "ratio" else f" {gate.unit}"
        limit = f"{'≥' if gate.at_least else '≤'} {gate.limit:,g}{unit}"
        told = (
            ("–", "not measured")
            if value is None
            else (
                f"{value:,.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}",
                "yes" if gate.holds(value) else "**no**",
            )
        )
        lines.append(f"| {gate.what} | {limit} | {told[0]} | {told[1]} |")
    return "\n".join(lines)


def plot(rows: list[Row], path: Path) -> None:
    """Draw the kernel and its peers, and how cost grows, on logarithmic axes."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 7.5), layout="constrained")
    kernel, growth, peer = figure.subplots(3, 1)
    for axes, title in zip((kernel, growth, peer), PANELS, strict=True):
        axes.set_title(title, fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
    _bars(kernel, [row for row in rows if row.unit.startswith("ns ")])
    _bars(peer, [row for row in rows if row.unit == "µs a run"])
    grown: dict[str, list[Row]] = {}
    for row in rows:
        if row.benchmark == "growth":
            grown.setdefault(row.case, []).append(row)
    for case, some in grown.items():
        growth.plot([float(row.who) for row in some], [row.value for row in some], marker="o", label=case)
    growth.set_xscale("log")
    growth.set_yscale("log")
    if grown:
        growth.legend(fontsize=7)
    with rc_context({"svg.hashsalt": "cpmodel", "svg.fonttype": "path"}):
        figure.savefig(path, metadata={"Date": None})


def _bars(axes, rows: list[Row]) -> None:
    axes.barh([f"{row.case}: {row.who}" for row in rows], [row.value for row in rows], color="#4477aa")
    axes.set_xscale("log")
    axes.invert_yaxis()


if __name__ == "__main__":
    main()
