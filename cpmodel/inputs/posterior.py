"""Posterior draws of the parameters, as a calibration left them; a run takes them in place of the prior's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.project import project_root

DRAWS, WORDS, MANIFEST = FILES = ("posterior.parquet", "results.csv", "manifest.json")


@dataclass(frozen=True)
class Posterior:
    """A calibration as a run reads it.

    name       of its folder   rows    observed rows behind it   scenario, until    what was fitted, and to what year
    normals    variant → coordinates in which the prior is standard normal, one column a stream: of the parameter table,
               of years of drivers that were fitted along, and of survey waves
    words      `adoption_strict 2020` → contraction of the headline result, 0: prior-driven
    informed   the headline results whose contraction is large enough, and surely above none
    digest     SHA-256 of the draws, in hexadecimal
    """

    name: str
    scenario: str
    until: int
    rows: int
    normals: Mapping[str, pd.DataFrame]
    words: dict[str, float]
    informed: tuple[str, ...]
    digest: str

    def uniforms(self, variant: str, draws: int) -> dict[str, np.ndarray]:
        """Return stream → numbers in (0, 1), shape (draws,): particles in turn, the same for every scenario.

        More draws than particles meet each particle again, beside other paths of the years not fitted.
        """
        z = self.normals[variant]
        turn = np.random.Generator(np.random.Philox(key=[draws, len(z)])).permutation(len(z))
        place = turn[np.arange(draws) % len(z)]
        return {name: np.clip(ndtr(z[name].to_numpy()[place]), 1e-12, 1 - 1e-12) for name in z}

    def dealt(self, hands: tuple[int, ...], of: int) -> Posterior:
        """Return the particles of some hands, where all are dealt out in turn to `of` of them."""
        return replace(
            self, normals={v: z[np.isin(np.arange(len(z)) % of, hands)] for v, z in self.normals.items()}
        )


def calibrations_folder() -> Path:
    """Return the folder that calibrations are written below."""
    return project_root() / "reports" / "calibrations"


def calibrations() -> list[Path]:
    """Return the folders of calibrations below reports/calibrations, the newest first."""
    found = (path.parent for path in calibrations_folder().glob(f"*/{MANIFEST}"))
    made = {one: json.loads((one / MANIFEST).read_text("utf-8"))["created"] for one in found}
    return sorted(made, key=lambda one: (made[one], one.name), reverse=True)


def digest_of(folder: Path) -> str:
    """Return the SHA-256 of a calibration's draws, in hexadecimal."""
    return hashlib.sha256((folder / DRAWS).read_bytes()).hexdigest()


def find_posterior(
    asked: str, parameters_hash: str, streams: tuple[str, ...], variants: tuple[str, ...]
) -> Posterior:
    """Return the posterior of a folder, or for `latest` the newest below reports/calibrations.

    Raises BadInput when there is none, when it is damaged, or when it was fitted to another parameter table.
    """
    folder = calibration_asked(asked)
    posterior, hashes = _read(folder)
    problems = []
    if hashes.get("parameters") != parameters_hash:
        why = "It was fitted to another edition of data/parameters.csv, so its draws mean something else."
        problems.append(
            Problem(str(folder), "parameters", "another edition", why, "Run `cpmodel calibrate` again.")
        )
    for variant in variants:
        lacking = set(streams) - set(posterior.normals.get(variant, pd.DataFrame()).columns)
        if lacking:
            why, fix = "The calibration holds no draws of these inputs.", "Run `cpmodel calibrate` again."
            problems.append(Problem(str(folder), variant, ", ".join(sorted(lacking)[:5]), why, fix))
    if problems:
        raise BadInput(problems)
    return posterior


def calibration_asked(asked: str) -> Path:
    """Return the folder of a calibration, for `latest` the newest; raises BadInput where it is not there, or not whole."""
    if asked == "latest":
        found = calibrations()
        if not found:
            why, fix = "There is no calibration yet.", "Run `cpmodel calibrate` first."
            raise BadInput(Problem(str(calibrations_folder()), "--calibration", "latest", why, fix))
    folder = found[0] if asked == "latest" else Path(asked)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        why = "This is not a complete calibration." if folder.is_dir() else "There is no such folder."
        fix = "Make one with `cpmodel calibrate`, or say `latest`."
        raise BadInput(Problem(str(folder), "--calibration", "missing: " + ", ".join(missing), why, fix))
    return folder


def _read(folder: Path) -> tuple[Posterior, dict]:
    try:
        draws, words = pd.read_parquet(folder / DRAWS), pd.read_csv(folder / WORDS)
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        fix = "Delete the folder and calibrate again."
        raise BadInput(
            Problem(str(folder), "--calibration", str(error), "A file is damaged.", fix)
        ) from error
    learned = {f"{row.outcome} {row.year}": float(row.contraction) for row in words.itertuples()}
    informed = tuple(f"{row.outcome} {row.year}" for row in words.itertuples() if row.word == "informed")
    normals = {v: part.drop(columns=["variant", "run"]) for v, part in draws.groupby("variant")}
    digest = digest_of(folder)
    found = Posterior(
        folder.name,
        manifest["scenario"],
        manifest["until"],
        manifest["rows_scored"],
        normals,
        learned,
        informed,
        digest,
    )
    return found, manifest["hashes"]
