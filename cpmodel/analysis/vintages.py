"""Published forecasts, kept as they were: the run, and everything it was told, so that it can be scored and explained.

A vintage is a folder of reports/vintages: the files of the run, or of the fiscal note, the data and the parameters as one
archive, the calibration whose draws it took, and `vintage.json` with their hashes. Vintages are
never overwritten and never changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.posterior import FILES, calibrations_folder, digest_of
from cpmodel.results.saved import Run, json_text, open_run, refuse_taken, written_whole

RUN, NOTE = "run", "fiscal note"
FOLDER, INPUTS, CARD, CALIBRATION = "vintages", "inputs.zip", "vintage.json", "calibration"
PRIOR = "prior"
KEPT = ("scenario.resolved.yaml", "results.parquet", "results.csv", "draws.parquet", "manifest.json")
EPOCH = (1980, 1, 1, 0, 0, 0)  # of archived files, so that equal inputs make equal bytes


@dataclass(frozen=True)
class Vintage:
    """A kept forecast. card: kind, scenario, kept (day), because, hashes of the run's inputs and of its files."""

    folder: Path
    card: dict

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def kind(self) -> str:
        """What was kept: a run, or a fiscal note, which no observation scores."""
        return self.card.get("kind", RUN)

    @property
    def calibration(self) -> str | None:
        """The folder of the calibration whose draws its run took; None where it took the prior's, or none is kept."""
        return str(self.folder / CALIBRATION) if (self.folder / CALIBRATION).is_dir() else None

    def run(self) -> Run:
        """Return its run; raises `BadInput` when a file is missing or is no longer what was kept."""
        changed = [
            file for file, digest in self.card["files"].items() if _digest(self.folder / file) != digest
        ]
        if changed:
            why = "A vintage must stay as it was published; these files differ from their hashes."
            fix = "Restore them from a copy, or delete the vintage and say so."
            raise BadInput(Problem(str(self.folder), "files", ", ".join(changed), why, fix))
        return open_run(self.folder)

    @contextmanager
    def inputs(self) -> Iterator[Path]:
        """Yield a folder that holds the data and an empty scenarios folder as they were, for as long as it is open."""
        with TemporaryDirectory(prefix="vintage_") as place:
            with zipfile.ZipFile(self.folder / INPUTS) as archive:
                archive.extractall(place)
            (Path(place) / "scenarios").mkdir(exist_ok=True)
            yield Path(place)


def keep(run_folder: Path, root: Path, because: str = "", today: str | None = None) -> Vintage:
    """Keep a saved run with its inputs; returns the vintage, the one that exists where this run was kept before.

    Refused when the data or parameters have changed since the run: what is archived would not be what it was told.
    """
    from cpmodel.inputs.load import fingerprints
    from cpmodel.inputs.overlay import resolve

    run = open_run(run_folder)
    now = fingerprints(root, resolve(run_folder / KEPT[0]))
    moved = [name for name in ("data", "parameters") if now[name] != run.manifest["hashes"][name]]
    if moved:
        why = f"The {' and the '.join(moved)} have changed since this run, so its inputs can no longer be archived."
        fix = f"Say `cpmodel run {run.manifest['scenario']}` again, and keep that run."
        raise BadInput(Problem(str(run_folder), "run", "inputs have changed", why, fix))
    name = run_folder.name.split("_", 1)[1] if run_folder.name[:4].isdigit() else run_folder.name
    same = [one for one in vintages(root) if one.card["hashes"] == run.manifest["hashes"]]
    if same:
        return same[0]
    day = today or f"{datetime.now(UTC):%Y-%m-%d}"
    folder = root / "reports" / FOLDER / f"{day}_{name}"
    refuse_taken(folder)
    with written_whole(folder) as stage:
        for file in KEPT:
            shutil.copyfile(run_folder / file, stage / file)
        (stage / INPUTS).write_bytes(_archived(root))
        _keep_calibration(run, stage / CALIBRATION)
        files = {path.relative_to(stage).as_posix(): _digest(path)
                 for path in sorted(stage.rglob("*")) if path.is_file()}  # fmt: skip
        kind = NOTE if "note" in run.manifest["hashes"] else RUN
        card = {"kind": kind, "scenario": run.manifest["scenario"], "kept": day, "because": because, "files": files,
                "hashes": run.manifest["hashes"], "data_edition": run.manifest["data_edition"],
                "cpmodel_version": run.manifest["cpmodel_version"], "calibration": run.manifest["calibration"],
                "records": {name: len(ids) for name, ids in records(root).items()}}  # fmt: skip
        (stage / CARD).write_text(json_text(card), "utf-8")
    return Vintage(folder, card)


def _keep_calibration(run: Run, into: Path) -> None:
    """Copy the calibration that a run took; one that is no longer there, or has other draws by now, is left out."""
    told = run.manifest["calibration"]
    if told == PRIOR:
        return
    folder = calibrations_folder() / told["folder"]
    if (
        all((folder / name).is_file() for name in FILES)
        and digest_of(folder) == run.manifest["hashes"][CALIBRATION]
    ):
        into.mkdir()
        for name in FILES:
            shutil.copyfile(folder / name, into / name)


def _archived(root: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((root / "data").rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                archive.writestr(
                    zipfile.ZipInfo(path.relative_to(root).as_posix(), EPOCH),
                    path.read_bytes(),
                    zipfile.ZIP_DEFLATED,
                )
    return stream.getvalue()


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"


def vintages(root: Path) -> list[Vintage]:
    """Return all vintages, the oldest first."""
    found = []
    for card in sorted((root / "reports" / FOLDER).glob(f"*/{CARD}")):
        try:
            found.append(Vintage(card.parent, json.loads(card.read_text("utf-8"))))
        except ValueError as error:
            why = "The card of this vintage is damaged."
            raise BadInput(
                Problem(str(card), "vintage", str(error), why, "Restore it from a copy.")
            ) from None
    return sorted(found, key=lambda one: (one.card["kept"], one.name))


def vintage(name: str, root: Path) -> Vintage:
    """Return the vintage whose folder, scenario or hash `name` names; the latest run where several fit, then notes."""
    every = vintages(root)
    found = [one for one in every if name in (one.name, one.card["scenario"], one.name.rpartition("_")[2])]
    if not found:
        near = nearest(name, [word for one in every for word in (one.name, one.card["scenario"])])
        fix = f"Did you mean `{near}`?" if near else "Say `cpmodel vintages` to see them."
        fix = fix if every else "Keep one with `cpmodel vintages keep SCENARIO`."
        raise BadInput(Problem("command line", "vintage", name, "There is no vintage of this name.", fix))
    return max(enumerate(found), key=lambda one: (one[1].kind == RUN, one[0]))[1]


def keep_published(folders: Iterable[Path], root: Path, because: str) -> list[Vintage]:
    """Keep the runs and notes that something published was printed from; what is kept already stays as it is."""
    return [keep(folder, root, because) for folder in dict.fromkeys(folders)]


def records(root: Path) -> dict[str, set[str]]:
    """Return the record ids of every table of observations."""
    from cpmodel.calibration.subjects import TABLES

    return {
        name: set(
            pd.read_csv(root / "data" / "programme" / f"{name}.csv", usecols=["record_id"])["record_id"]
        )
        for name in TABLES
    }
