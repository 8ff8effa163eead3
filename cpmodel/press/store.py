"""Where printed briefs lie: unchangeable objects, and for every order a note of what its object was made from.

    objects/<id>/                one brief in one language: its files and their manifest
    traces/<brief>/<language>.json   what it was made from, and the object it gave

Both are put in place by one rename, so whoever looks, or starts again after a kill, finds a whole object or none.
A damaged object or trace is as good as absent: it is made again.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpmodel.errors import RunFailed
from cpmodel.press.fingerprints import of_file
from cpmodel.press.phrases import Said, said

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Store:
    """The folder of one batch: objects, traces, editions, failed notebooks, history and lock."""

    folder: Path

    @property
    def objects(self) -> Path:
        """Folder of the objects."""
        return self.folder / "objects"

    @property
    def editions(self) -> Path:
        """Folder of the editions."""
        return self.folder / "editions"

    @property
    def failed(self) -> Path:
        """Folder of the failed notebooks."""
        return self.folder / "failed"

    @property
    def current(self) -> Path:
        """Link to the edition that readers see."""
        return self.folder / "current"

    def trace_file(self, order: str) -> Path:
        """Return where the trace of an order lies."""
        return self.folder / "traces" / f"{order}.json"

    def trace(self, order: str) -> dict[str, Any] | None:
        """Return what the last object of an order was made from; None when there is none or it cannot be read."""
        found = read_json(self.trace_file(order))
        return found if {"object", "parts", "files", "runs"} <= set(found) else None

    def keep_trace(self, order: str, trace: Mapping[str, Any]) -> None:
        """Note what an order's object was made from."""
        path = self.trace_file(order)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, trace)

    def manifest(self, object_id: str) -> dict[str, Any]:
        """Return the manifest of an object; empty when it is not there or damaged."""
        return read_json(self.objects / object_id / MANIFEST)

    def damage(self, object_id: str) -> Said | None:
        """Return what is wrong with an object, or None: every file is hashed again."""
        folder = self.objects / object_id
        if not folder.is_dir():
            return said("not_there")
        files = self.manifest(object_id).get("files")
        if not isinstance(files, dict) or not files:
            return said("unreadable", file=MANIFEST)
        wrong = [name for name, known in files.items() if of_file(folder / name) != known]
        return said("files_differ", files=", ".join(wrong)) if wrong else None

    def put(self, object_id: str, files: Mapping[str, bytes]) -> Path:
        """Write an object whole and return its folder; one that is there and undamaged stays as it is."""
        place = self.objects / object_id
        if not self.damage(object_id):
            return place
        with staged(self.objects, object_id) as stage:
            for name, data in files.items():
                write_synced(stage / name, data)
            if place.exists():  # damaged: out of the way first, as a full folder cannot be renamed onto
                os.rename(place, stage.with_name(f"{stage.name}.damaged"))
            try:
                os.rename(stage, place)
            except OSError:
                if self.damage(object_id):  # else what a killed batch had begun was put there a moment ago
                    raise
        shutil.rmtree(stage.with_name(f"{stage.name}.damaged"), ignore_errors=True)
        return place


@contextmanager
def staged(under: Path, name: str) -> Iterator[Path]:
    """Yield a passing folder of this process below `under`; whatever is left of it at the end is removed."""
    stage = under / f".{name}.{os.getpid()}"
    try:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        os.chmod(stage, 0o755)
        yield stage
    except OSError as error:
        raise RunFailed(f"{under} cannot be written: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and bring it to the disk, so that a power cut cannot leave a name without its content."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(path, 0o644)


def write_json(path: Path, data: Any) -> None:
    """Write JSON under a passing name, then move it into place."""
    stage = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_synced(stage, json_bytes(data))
        os.replace(stage, path)
    finally:
        stage.unlink(missing_ok=True)


def json_bytes(data: Any) -> bytes:
    """Return data as the text of a JSON file."""
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object; empty when the file is absent, unreadable or something else."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left behind: staged folders and files of processes that are gone."""
    for path in folder.glob("**/.*.*"):
        pid = path.name.removesuffix(".damaged").rpartition(".")[2]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(path) if stat.S_ISDIR(path.lstat().st_mode) else path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
