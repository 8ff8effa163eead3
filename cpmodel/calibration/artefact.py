"""A calibration as a folder: posterior draws, what was scored and what was not, contraction, diagnostics, fingerprints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

import cpmodel
from cpmodel.axes import VARIANTS
from cpmodel.calibration.calibrating import Calibration
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.load import load
from cpmodel.results.saved import default_folder, json_text, refuse_taken, written_whole

FOLDER = "calibrations"
FILES = (
    "posterior.parquet",
    "parameters.csv",
    "results.csv",
    "observations.csv",
    "excluded.csv",
    "manifest.json",
)


@dataclass(frozen=True)
class Saved:
    """A calibration read back: posterior (variant, run, one column a coordinate), its tables, and the manifest."""

    folder: Path
    posterior: pd.DataFrame
    parameters: pd.DataFrame
    results: pd.DataFrame
    manifest: dict


def save(found: Calibration, into: Path | None = None) -> Path:
    """Write a calibration; returns its folder, reports/calibrations/<UTC date>_<scenario>_<hash8> unless told otherwise.

    Raises BadInput when the folder is taken. A folder of the same inputs is replaced by none: it is the same.
    """
    inputs = load(found.scenario)
    inputs.hashes["until"] = str(found.until)
    inputs.hashes["resolution"] = found.resolution
    inputs.hashes["particles"] = str(len(found.sample.z))
    folder = Path(into) if into else default_folder(inputs, FOLDER)
    if into is None and all((folder / name).is_file() for name in FILES):
        return folder
    refuse_taken(folder)
    with written_whole(folder) as stage:
        posterior = pd.DataFrame(found.sample.z, columns=list(found.coordinates))
        posterior.insert(0, "run", found.sample.run)
        posterior.insert(0, "variant", [VARIANTS[i] for i in found.sample.label])
        posterior.to_parquet(stage / FILES[0], index=False)
        tables = (found.parameters, found.results, observed_table(found), excluded_table(found))
        for name, table in zip(FILES[1:5], tables, strict=True):
            table.to_csv(stage / name, index=False, lineterminator="\n")
        (stage / FILES[5]).write_text(json_text(manifest_of(found, inputs.hashes)), "utf-8")
    return folder


def manifest_of(found: Calibration, hashes: dict[str, str]) -> dict:
    """Return what a reader needs to judge and to repeat a calibration."""
    one = found.sample
    return {
        "scenario": found.scenario.name,
        "until": found.until,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpmodel_version": cpmodel.__version__,
        "seed": found.scenario.seed,
        "particles": len(one.z),
        "rows_scored": sum(len(o.rows) for o in found.observed),
        "rows_excluded": len(found.excluded),
        "kept_by_history_matching": found.kept,
        "teaches_nothing": list(found.teaches_nothing),
        "evidence": dict(zip(VARIANTS, map(float, one.evidence), strict=True)),
        "worst_r_hat": float(one.r_hat.max()),
        "effective_ancestors": dict(zip(VARIANTS, map(float, one.ancestors), strict=True)),
        "powers": list(one.powers),
        "moves_accepted": one.accepted,
        "effective_share_at_full_resolution": found.confirmed,
        "seconds": found.seconds,
        "hashes": hashes,
    }


def observed_table(found: Calibration) -> pd.DataFrame:
    """Return what was scored: id, rows, outcome, kind, year, values, source_id, grade, kept, note."""
    rows = [
        (
            one.id, " ".join(one.rows), one.outcome, one.kind, one.scenario, one.year,
            " ".join(f"{v:g}" for v in (*one.values, *one.highest)), one.source_id, one.grade, one.in_view_of,
            found.kept[one.id], one.note,
        )
        for one in found.observed
    ]  # fmt: skip
    columns = ["id", "rows", "outcome", "kind", "scenario", "year", "values", "source_id", "grade", "prior_in_view_of",
               "share_of_prior_kept", "note"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def excluded_table(found: Calibration) -> pd.DataFrame:
    """Return what was not scored: table, row, reason."""
    return pd.DataFrame(
        [(one.table, one.row, one.reason) for one in found.excluded], columns=["table", "row", "reason"]
    )


def open_calibration(folder: str | Path) -> Saved:
    """Read a calibration back; raises BadInput naming what is missing or damaged."""
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        why = "This is not a complete calibration." if folder.is_dir() else "There is no such folder."
        fix = "Make it with `cpmodel calibrate`."
        raise BadInput(Problem(str(folder), "calibration", "missing: " + ", ".join(missing), why, fix))
    try:
        return Saved(
            folder,
            pd.read_parquet(folder / FILES[0]),
            pd.read_csv(folder / FILES[1]),
            pd.read_csv(folder / FILES[2]),
            json.loads((folder / FILES[5]).read_text("utf-8")),
        )
    except (OSError, ValueError) as error:
        fix = "Delete the folder and calibrate again."
        raise BadInput(Problem(str(folder), "calibration", str(error), "A file is damaged.", fix)) from error
