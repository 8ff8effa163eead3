"""Measure, write JSON and show a table, or set two measurements side by side.

python -m benchmarks [--quick] [--only kernel,whole] [--against old.json]
python -m benchmarks compare old.json new.json

Each part is stored as soon as it is measured, with its day, machine and load, so an interruption loses only the part
that was running, and `--only` measures a part again beside the others.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, machine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PARTS = {  # each module has `rows(quick)`
    "kernel": "the engine, numpy and C on the same equations",
    "growth": "draws, cells and years",
    "peer_pysd": "PySD on the same equations, 1 and 48 cells",
    "whole": "starts, a national run, its memory",
    "desk": "a lever moved, without a page",
    "posterior": "a calibration of both variants",
    "explorer": "key press to paint in a browser",
    "briefs": "a batch beside a loop of papermill commands",
    "cluster": "a local cluster beside threads, and many cells",
}


def main() -> None:
    if sys.argv[1:2] == ["compare"]:
        compare(*map(Path, sys.argv[2:4]))
        return
    ask = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the engine beside its peers."
    )
    ask.add_argument("--only", help=f"parts to measure, comma between: {', '.join(PARTS)}")
    ask.add_argument("--quick", action="store_true", help="smaller cases of every part")
    ask.add_argument("--against", type=Path, help="JSON of an earlier measurement to compare with")
    ask.add_argument("--output", type=Path, default=RESULTS)
    told = ask.parse_args()
    names = told.only.split(",") if told.only else list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        ask.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    before = every_row(stored(told.against)) if told.against else []
    parts = stored(told.output) if told.only else {}
    for i, name in enumerate(names, start=1):
        print(f"{i}/{len(names)}  {name}: {PARTS[name]} ...", file=sys.stderr, flush=True)
        began, on = time.perf_counter(), machine()
        try:
            rows = importlib.import_module(f"benchmarks.{name}").rows(told.quick)
        except ModuleNotFoundError as missing:  # a browser's driver or a peer that is not installed here
            print(f"     skipped: {missing.name} is not installed", file=sys.stderr, flush=True)
            continue
        parts[name] = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": on,
            "seconds": round(time.perf_counter() - began, 1),
            "quick": told.quick,
            "rows": [asdict(row) for row in rows],
        }
        store(parts, told.output)
        print(f"     {parts[name]['seconds']:.0f} s", file=sys.stderr, flush=True)
    print(table([Row(**row) for row in every_row(parts)], before))
    print(f"written: {told.output}", file=sys.stderr)


def stored(path: Path) -> dict[str, dict]:
    """Return the parts of a measurement by name; none where there is no file yet."""
    return json.loads(path.read_text("utf-8"))["parts"] if path.is_file() else {}


def store(parts: dict[str, dict], path: Path) -> None:
    """Write the parts measured so far, in the order of `PARTS`, whole or not at all."""
    stage = path.with_name(f".{path.name}.part")
    told = {"parts": {name: parts[name] for name in PARTS if name in parts}}
    stage.write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")
    stage.replace(path)


def every_row(parts: dict[str, dict]) -> list[dict]:
    """Return the rows of all parts."""
    return [row for part in parts.values() for row in part["rows"]]


def on_what(part: dict) -> str:
    """Return when and on what machine a part was measured, in words."""
    on = part["machine"]
    told = f"{part['date']}, {on['processor']}, {on['cores']} cores, Python {on['python']}, load {on['load_at_start']}"
    return f"{told} at the start{', smaller cases' if part['quick'] else ''}"


def compare(old: Path, new: Path) -> None:
    """Print every number of one measurement beside that of another, and their ratio."""
    before, after = stored(old), stored(new)
    for when, parts in (("before", before), ("now", after)):
        for name, part in parts.items():
            print(f"{when}: {name}, {on_what(part)}")
    print(table([Row(**row) for row in every_row(after)], every_row(before)))


def table(found: list[Row], before: list[dict]) -> str:
    """Return the rows as a table in Markdown, beside an earlier measurement where there is one."""
    earlier = {(r["benchmark"], r["case"], r["who"], r["unit"]): r["value"] for r in before}
    lines = ["| case | who | value | unit |" + (" before | ratio |" if before else ""),
             "|---|---|---:|---|" + ("---:|---:|" if before else "")]  # fmt: skip
    for row in found:
        old = earlier.get((row.benchmark, row.case, row.who, row.unit))
        more = "" if not before else f" {old:.4g} | {row.value / old:.2f} |" if old else " – | – |"
        lines.append(f"| {row.case} | {row.who} | {row.value:.4g} | {row.unit} |{more}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
