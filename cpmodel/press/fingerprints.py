"""Fingerprints of what a brief is made from: code, templates, fonts, installed versions, and files it read.

A fingerprint is of content, never of times or places, so the clock and the folder of a checkout do not matter.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
OF_PRINTING = (
    "printing code",
    "templates",
    "fonts",
    "installed versions",
)  # what changes how a content looks
PRINTING = ("press", "content")  # the folders of the package that decide how a finished content looks
CODE = (".py", ".yaml", ".json")


def digest(*parts: object) -> str:
    """Return one hash of several values, which may be anything that JSON can write."""
    told = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def of_file(path: Path) -> str:
    """Return the hash of a file, or of the names in a folder; `absent` for what is not there."""
    try:
        if path.is_dir():
            return digest(sorted(entry.name for entry in path.iterdir()))
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "absent"


def of_files(paths: Iterable[Path], base: Path) -> str:
    """Return one hash of several files and of where they lie below `base`."""
    return digest([(path.relative_to(base).as_posix(), of_file(path)) for path in sorted(paths)])


def of_tree(folder: Path) -> str:
    """Return the hash of every file below a folder."""
    return of_files((path for path in folder.rglob("*") if path.is_file()), folder)


def of_code() -> str:
    """Return the hash of the whole package."""
    return of_files((path for path in PACKAGE.rglob("*") if path.suffix in CODE), PACKAGE)


def of_printing() -> Mapping[str, str]:
    """Return the hashes of what turns a content into pages: code, templates, fonts, installed versions."""
    code = [path for name in PRINTING for path in (PACKAGE / name).rglob("*.py")]
    templates = of_tree(PACKAGE / "press" / "templates")
    return dict(
        zip(OF_PRINTING, (of_files(code, PACKAGE), templates, of_fonts(), digest(installed())), strict=True)
    )


def of_brief(
    notebook: str,
    parameters: Mapping[str, object],
    formats: Iterable[str],
    code: str,
    printing: Mapping[str, str],
) -> dict[str, str]:
    """Return what a brief is made from, apart from files and runs: name → fingerprint.

    notebook    hash of its file   code, printing    as `of_code` and `of_printing` give them
    """
    given = {"parameters": digest(dict(parameters)), "formats": digest(tuple(formats))}
    return {"code": code, "notebook": notebook, **given, **printing}


def of_fonts() -> str:
    """Return the hash of the typeface's files."""
    found = importlib.util.find_spec("fontpkg_be_vietnam_pro")
    places = list(found.submodule_search_locations or []) if found else []
    return of_files((font for place in places for font in Path(place).rglob("*.ttf")), Path(places[0]))


def installed() -> list[str]:
    """Return Python's version and every installed distribution as `name-version`, cpmodel itself left to `of_code`."""
    folders = (Path(place) for place in sys.path if place and Path(place).is_dir())
    names = {info.name.removesuffix(".dist-info") for place in folders for info in place.glob("*.dist-info")}
    return [
        f"python-{platform.python_version()}",
        *sorted(name for name in names if not name.startswith("cpmodel-")),
    ]
