"""The folders that a printed brief names, found again under `reports/`: runs, notes, design searches, findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpmodel.content import Basis, Key
    from cpmodel.press.stamps import Stamp

FOLDERS = {"run": "runs", "note": "notes", "": "runs", "design": "designs", "finding": "decisions"}


def reports() -> Path:
    """Return the folder of everything made."""
    from cpmodel.inputs.project import project_root

    return project_root() / "reports"


def hashes_of(folder: Path) -> Mapping[str, str]:
    """Return the fingerprints that a folder tells of itself; a finding has one key for all."""
    from cpmodel.press.store import read_json

    facts = read_json(folder / "facts.json").get("facts")
    return {"key": facts["key"]} if facts else read_json(folder / "manifest.json").get("hashes", {})


def with_hashes(kind: str, name: str, hashes: Mapping[str, str]) -> Path | None:
    """Return the folder below `reports/KIND` of that name (a pattern) and with these fingerprints, or None."""
    name = Path(name).name  # the name comes from a file that anybody may have made
    return next((folder for folder in (reports() / kind).glob(name) if hashes_of(folder) == hashes), None)


def folder_of(search: Basis) -> Path | None:
    """Return the folder of a search or finding as a brief names it, or None where it is not here."""
    return with_hashes(FOLDERS[search.kind], search.id, search.hashes)


def newest_of(search: Basis) -> Path | None:
    """Return the folder of the newest search or finding about the same, or None."""
    about = search.id[len("2026-01-01") : -len("_01234567")]  # without its date and its key
    found = sorted((reports() / FOLDERS[search.kind]).glob(f"????-??-??{Path(about).name}_????????"))
    return found[-1] if found else None


def reader_of(
    stamp: Stamp, runs: Sequence[Path], searches: Sequence[Path | None]
) -> Callable[[Key], float | None]:
    """Return the function that reads a cell from runs, and from the searches and findings a brief tells of beside them."""
    from cpmodel.analysis.findings import read_finding
    from cpmodel.briefs.findings import watched
    from cpmodel.briefs.note_frontier import with_design
    from cpmodel.briefs.recheck import cells_of, reader
    from cpmodel.briefs.saved_run import open_saved
    from cpmodel.inputs.project import project_root

    opened, findings = [open_saved(folder) for folder in runs], []
    for search, folder in zip(stamp.searches, searches, strict=True):
        if search.kind == "design" and opened and folder:
            opened[0] = with_design(opened[0], folder, folder.parent)
        finding = read_finding(folder) if search.kind == "finding" and folder else None
        if finding and finding.kind == "discover" and opened:
            finding = watched(finding, opened[0], project_root() / "data")
        findings += [finding] if finding else []
    return reader(opened, cells_of(findings))
