"""`python -m benchmarks [--against old.json] [--only kernel,peer_pysd,whole]`: measure, write JSON, show a table."""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, machine

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("kernel", "peer_pysd", "whole")  # another benchmark: a module with `rows()`, and its name here


def main() -> None:
    ask = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the engine beside its peers."
    )
    ask.add_argument("--only", default=",".join(MODULES), help="modules to run, comma between")
    ask.add_argument("--against", type=Path, help="JSON of an earlier measurement to compare with")
    ask.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results.json")
    told = ask.parse_args()
    on, found = machine(), []
    for name in told.only.split(","):
        print(f"{name} ...", flush=True)
        found += importlib.import_module(f"benchmarks.{name}").rows()
    before = json.loads(told.against.read_text("utf-8"))["rows"] if told.against else []
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": on,
        "rows": [asdict(row) for row in found],
    }
    told.output.write_text(json.dumps(kept, indent=1, ensure_ascii=False), "utf-8")
    print(table(found, before))
    print(f"written: {told.output}")


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
