"""Published forecasts, kept as they were: the run, and everything it was told, so that it can be scored and explained.

A vintage is a folder of reports/vintages: the files of the run, the data and the parameters as one archive, the
calibration whose draws it took as another, and `vintage.json` with their hashes. Vintages are never overwritten and
never changed; a forecast that is the same to the byte, from the same inputs, is kept once.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from cpmodel.errors import BadInput, Problem, nearest
from cpmodel.inputs.load import Inputs, calibrated, fingerprints, load
from cpmodel.inputs.overlay import resolve
from cpmodel.results.saved import Run, json_text, open_run, refuse_taken, written_whole

FOLDER, INPUTS, CALIBRATION, CARD = "vintages", "inputs.zip", "calibration.zip", "vintage.json"
KEPT = ("scenario.resolved.yaml", "results.parquet", "results.csv", "draws.parquet", "manifest.json")
EPOCH = (1980, 1, 1, 0, 0, 0)  # of archived files, so that equal inputs make equal bytes


@dataclass(frozen=True)
class Vintage:
    """A kept forecast. card: name, scenario, kept (day), because, hashes of the run's inputs and of its files."""

    folder: Path
    card: dict

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

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

    @property
    def calibrated(self) -> bool:
        """Whether its run took a calibration's draws."""
        return self.card["calibration"] != "prior"

    @contextmanager
    def inputs(self) -> Iterator[Path]:
        """Yield a folder with the data as they were, an empty scenarios folder and any calibration, while it is open."""
        with TemporaryDirectory(prefix="vintage_") as place:
            for archive in (INPUTS, CALIBRATION):
                if (self.folder / archive).is_file():
                    with zipfile.ZipFile(self.folder / archive) as packed:
                        packed.extractall(place)
            (Path(place) / "scenarios").mkdir(exist_ok=True)
            yield Path(place)

    def told(self, place: Path, **changes: object) -> Inputs:
        """Return what its run was told, read from a folder that `inputs` yielded; `changes` to its scenario."""
        scenario = resolve(self.folder / "scenario.resolved.yaml").model_copy(update=changes)
        found = load(scenario, place)
        if not self.calibrated:
            return found
        folder = place / "calibration"
        if not folder.is_dir():
            why = "This vintage took a calibration's draws and was kept before calibrations were archived with vintages."
            fix = "Compare its archived bands by `cpmodel score`."
            raise BadInput(Problem(self.name, "calibration", "not archived", why, fix))
        return calibrated(found, str(folder))


def keep(run_folder: Path, root: Path, because: str = "", today: str | None = None) -> Vintage:
    """Keep a saved run with its inputs; returns the vintage, the one that exists where this run was kept before.

    Refused when the data or parameters have changed since the run: what is archived would not be what it was told.
    """
    run = open_run(run_folder)
    now = fingerprints(root, resolve(run_folder / KEPT[0]))
    moved = [name for name in ("data", "parameters") if now[name] != run.manifest["hashes"][name]]
    if moved:
        why = f"The {' and the '.join(moved)} have changed since this run, so its inputs can no longer be archived."
        fix = f"Say `cpmodel run {run.manifest['scenario']}` again, and keep that run."
        raise BadInput(Problem(str(run_folder), "run", "inputs have changed", why, fix))
    name = run_folder.name.split("_", 1)[1] if run_folder.name[:4].isdigit() else run_folder.name
    calibration = _calibration(run, root)
    archive = _archived(root / "data", root)
    same = [one for one in vintages(root) if _is_same(one, run, archive)]
    if same:
        return same[-1]
    day = today or f"{datetime.now(UTC):%Y-%m-%d}"
    folder = root / "reports" / FOLDER / f"{day}_{name}"
    refuse_taken(folder)
    with written_whole(folder) as stage:
        for file in KEPT:
            shutil.copyfile(run_folder / file, stage / file)
        (stage / INPUTS).write_bytes(archive)
        if calibration:
            (stage / CALIBRATION).write_bytes(_archived(calibration, calibration, "calibration/"))
        files = {path.name: _digest(path) for path in sorted(stage.iterdir())}
        card = {"scenario": run.manifest["scenario"], "kept": day, "because": because, "files": files,
                "hashes": run.manifest["hashes"], "data_edition": run.manifest["data_edition"],
                "cpmodel_version": run.manifest["cpmodel_version"], "calibration": run.manifest["calibration"],
                "records": {name: len(ids) for name, ids in records(root).items()}}  # fmt: skip
        (stage / CARD).write_text(json_text(card), "utf-8")
    return Vintage(folder, card)


def _is_same(one: Vintage, run: Run, archive: bytes) -> bool:
    """Whether a vintage holds this run: by its inputs' hashes, or, where only code without effect changed, by bytes."""
    if one.card["hashes"] == run.manifest["hashes"]:
        return True
    files = {name: _digest(run.folder / name) for name in ("results.parquet", "draws.parquet")}
    files[INPUTS] = hashlib.sha256(archive).hexdigest()
    return all(one.card["files"].get(name) == digest for name, digest in files.items())


def _calibration(run: Run, root: Path) -> Path | None:
    """Return the folder of the calibration that a run took; None under the prior."""
    told = run.manifest["calibration"]
    if not isinstance(told, dict):
        return None
    folder = root / "reports" / "calibrations" / told["folder"]
    if _digest(folder / "posterior.parquet") != run.manifest["hashes"].get("calibration"):
        why = "The draws that this run took are not there any more, so they cannot be archived with it."
        fix = f"Put the calibration back as {folder}, or calibrate and run again."
        raise BadInput(Problem(str(run.folder), "calibration", told["folder"], why, fix))
    return folder


def _archived(folder: Path, root: Path, under: str = "") -> bytes:
    """Return a ZIP archive of a folder's files, named from `root` below `under`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                archive.writestr(
                    zipfile.ZipInfo(under + path.relative_to(root).as_posix(), EPOCH),
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
    """Return the vintage whose folder, scenario or hash `name` names; the latest where several fit."""
    every = vintages(root)
    found = [one for one in every if name in (one.name, one.card["scenario"], one.name.rpartition("_")[2])]
    if not found:
        near = nearest(name, [word for one in every for word in (one.name, one.card["scenario"])])
        fix = f"Did you mean `{near}`?" if near else "Say `cpmodel vintages` to see them."
        fix = fix if every else "Keep one with `cpmodel vintages keep SCENARIO`."
        raise BadInput(Problem("command line", "vintage", name, "There is no vintage of this name.", fix))
    return found[-1]


def records(root: Path) -> dict[str, set[str]]:
    """Return the record ids of every table of observations."""
    from cpmodel.calibration.subjects import TABLES

    return {
        name: set(
            pd.read_csv(root / "data" / "programme" / f"{name}.csv", usecols=["record_id"])["record_id"]
        )
        for name in TABLES
    }
