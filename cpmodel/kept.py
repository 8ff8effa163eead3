"""What is kept from one start of the program to the next, in the cache folder of the user.

Everything is filed under all that it depends on, so a change of figures, code or libraries makes it anew; a file that
is damaged or cannot be written is as good as none.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir

MOST = 64  # files of a kind; the oldest go first
CHECK = 32  # bytes of the digest at the head of a file


def cache_folder(name: str) -> Path:
    """Return the folder `name` of the first place that can be written to, made if need be.

    The places: the one that numba is told, the user's cache, the system's folder for what is temporary.
    """
    for base in (os.environ.get("NUMBA_CACHE_DIR"), user_cache_dir("cpmodel"), tempfile.gettempdir()):
        if not base:
            continue
        folder = Path(base) / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and _ours(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="cpmodel-"))


def _ours(folder: Path) -> bool:
    """True for a folder of this user: what is kept is trusted when it is read again."""
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def _check(content: bytes) -> bytes:
    """Return the digest that a file begins with: no damaged byte is read, least of all run."""
    return hashlib.sha256(content).digest()


def content_key(told: object, code: list[Path], libraries: tuple[str, ...]) -> str:
    """Return sixteen characters for what was told (by its `repr`), the code that works on it, and its libraries."""
    digest = hashlib.sha256(repr((told, [_version(name) for name in libraries])).encode())
    for path in code:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_version = functools.cache(metadata.version)  # it reads a file each time


def kept(kind: str, key: str, make: Callable[[], Any]) -> Any:
    """Return what is filed under `key` among its kind, or make and file it: equal either way, and a copy each time."""
    path = cache_folder(kind) / f"{key}.kept"
    try:
        content = path.read_bytes()
        if content[:CHECK] == _check(content[CHECK:]):
            return pickle.loads(content[CHECK:])
    except (
        Exception
    ):  # there may be no file, or one of an older library that raises anything; it is made again
        pass
    made = make()
    stage = path.with_name(f".{path.stem}.{os.getpid()}")
    try:
        content = pickle.dumps(made)
        stage.write_bytes(_check(content) + content)
        stage.replace(path)
        for old in sorted(path.parent.glob("*.kept"), key=os.path.getmtime)[:-MOST]:
            old.unlink(missing_ok=True)
    except OSError:
        stage.unlink(missing_ok=True)
    return made
