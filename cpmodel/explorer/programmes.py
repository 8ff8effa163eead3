"""What would it take, with all levers together: `cpmodel backcast` on the state, in the background, ended at any time."""

from __future__ import annotations

import atexit
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cpmodel.analysis.findings import Finding, read_finding
from cpmodel.briefs.findings import finding_blocks
from cpmodel.briefs.wording import Wording
from cpmodel.content import WORD_JOINER, Block, Runs, plain
from cpmodel.explorer.full_run import begun, ended, named
from cpmodel.explorer.state import State
from cpmodel.inputs.fields import Bilingual
from cpmodel.inputs.scenario import Scenario

STEP = re.compile(r": (\w+), (\d+)(?:/(\d+))?")
KEPT = "Kept in "  # where the command says that its finding is
BEST = "best"
DECIMALS = 3  # of amounts [bn VND]


@dataclass(frozen=True)
class Asked:
    """outcome, year, level    to be reached   wanted    the probability of it [share]   cap    of public money [bn VND]"""

    outcome: str
    year: int
    level: float
    wanted: float
    cap: float | None

    def options(self) -> list[str]:
        """Return how the command line is asked."""
        cap = [] if self.cap is None else ["--cap", f"{self.cap:g}bn"]
        return [
            "--target",
            f"{self.outcome}_{self.year}={self.level:g}",
            "--probability",
            f"{self.wanted:g}",
            *cap,
        ]


@dataclass
class Programmes:
    """One search at a time. show    takes what the page is to know: state, how far, then the answer in both languages"""

    show: Callable[[dict], None]
    _process: subprocess.Popen | None = None
    _found: Finding | None = None
    _folder: TemporaryDirectory = field(
        default_factory=lambda: TemporaryDirectory(prefix="cpmodel-explorer-")
    )

    def __post_init__(self) -> None:
        atexit.register(self.stop)

    def search(
        self, asked: Asked, state: State, base: Scenario, title: Bilingual, calibration: str | None = None
    ) -> None:
        """Search for the least programme that does what is asked of a state; what was searched before is ended."""
        self.stop()
        scenario = named(state, base, Path(self._folder.name))
        drawn = ["--calibration", calibration] if calibration else []
        self._process = begun(["backcast", "--scenario", scenario, "--json", *asked.options(), *drawn])
        about = {"title": {"vi": title.vi, "en": title.en}, "wanted": asked.wanted}
        self.show(about | {"state": "running", "stage": "start", "done": 0, "of": 0})
        threading.Thread(target=self._watch, args=(self._process, about), daemon=True).start()

    def stop(self) -> None:
        """End the search that is under way."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            ended(process)
            self.show({"state": "stopped"})

    @property
    def credit(self) -> dict[str, dict] | None:
        """Instruments of the package that was found, by name, as a scenario says them; None: those that were open."""
        return None if self._found is None else self._found.facts["credit"]

    def moves(self) -> dict[str, object]:
        """Return the changes of a scenario that spend as the package found does; none where nothing was found."""
        if self._found is None:
            return {}
        money, package = self._found["money"], self._found["packages"].set_index("package").loc[BEST]
        best = money[(money["package"] == BEST) & (money["amount"] > 0)]
        spent = {
            f"budgets.{row.component_project}.state.{row.year}": round(row.amount, DECIMALS)
            for row in best.itertuples()
        }
        shares = {
            f"activity_shares.{use}": round(float(package[use]), 6) for use in ("outreach", "office_training")
        }
        rest = round(1.0 - sum(shares.values()), 6)
        aid = {f"budgets.{project}.aid": None for project in best["component_project"].unique()}
        return {"budgets.scale": 1.0, **aid, **spent, **shares, "activity_shares.provider_training": rest}

    def _watch(self, process: subprocess.Popen, about: dict) -> None:
        reader = threading.Thread(target=process.stdout.read, daemon=True)
        reader.start()
        last = ""
        for line in process.stderr:
            last = line.strip() or last
            step = STEP.search(line)
            if step and process is self._process:
                where = {"stage": step[1], "done": int(step[2]), "of": int(step[3] or 0)}
                self.show(about | {"state": "running"} | where)
        process.wait()
        reader.join()
        if process is not self._process:
            return
        found = read_finding(Path(last.removeprefix(KEPT))) if last.startswith(KEPT) else None
        if process.returncode or found is None:
            self.show({"state": "failed", "why": last[:300]})
            return
        self._found = found
        self.show(about | {"state": "done", "told": {code: _told(found, code) for code in ("vi", "en")}})


def _told(found: Finding, language: str) -> list[dict]:
    """Return the paragraphs and tables that tell a finding, as plain words."""
    return [
        _block(one) for one in finding_blocks(found, Wording(language)) if one.kind in ("paragraph", "table")
    ]


def _block(block: Block) -> dict:
    if block.kind == "paragraph":
        return {"text": _words(block.runs)}
    return {
        "caption": _words(block.caption), "columns": [one.label for one in block.columns],
        "rows": [[_words(cell.runs) for cell in row] for row in block.rows],
        "notes": [_words(note) for note in block.notes],
    }  # fmt: skip


def _words(runs: Runs) -> str:
    return plain(runs).replace(WORD_JOINER, "").strip()
