"""Measure, write JSON and show a table, or set two measurements side by side.

python -m benchmarks [--quick] [--only kernel,whole] [--against old.json]
python -m benchmarks compare old.json new.json
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, machine

ROOT = Path(__file__).resolve().parents[1]
MODULES = (
    "kernel",
    "peer_pysd",
    "whole",
    "desk",
    "posterior",
    "explorer",
    "briefs",
)  # each has `rows(quick)`
QUICK = ("kernel", "peer_pysd", "whole", "desk")  # of a minute or two, without a browser


def main() -> None:
    if sys.argv[1:2] == ["compare"]:
        compare(*map(Path, sys.argv[2:4]))
        return
    ask = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the engine beside its peers."
    )
    ask.add_argument("--only", help=f"modules to run, comma between: {', '.join(MODULES)}")
    ask.add_argument("--quick", action="store_true", help=f"smaller cases, of {', '.join(QUICK)} alone")
    ask.add_argument("--against", type=Path, help="JSON of an earlier measurement to compare with")
    ask.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results.json")
    told = ask.parse_args()
    on, found = machine(), []
    for name in told.only.split(",") if told.only else QUICK if told.quick else MODULES:
        print(f"{name} ...", flush=True)
        try:
            found += importlib.import_module(f"benchmarks.{name}").rows(told.quick)
        except ModuleNotFoundError as missing:  # a browser's driver or a peer that is not installed here
            print(f"{name} is skipped: {missing.name} is not installed", flush=True)
    before = json.loads(told.against.read_text("utf-8"))["rows"] if told.against else []
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": on,
        "rows": [asdict(row) for row in found],
    }
    told.output.write_text(json.dumps(kept, indent=1, ensure_ascii=False), "utf-8")
    print(table(found, before))
    print(f"written: {told.output}")


def compare(old: Path, new: Path) -> None:
    """Print every number of one measurement beside that of another, and their ratio."""
    before, after = (json.loads(path.read_text("utf-8")) for path in (old, new))
    for name, one in (("before", before), ("now", after)):
        print(f"{name}: {one['date']}, {one['machine']}")
    print(table([Row(**row) for row in after["rows"]], before["rows"]))


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
