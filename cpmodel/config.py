"""Settings of the installation: defaults < `cpmodel.yaml` < `CPMODEL_*` < flags, each with its origin."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cpmodel.errors import Problems, nearest
from cpmodel.inputs.project import HOME, project_root
from cpmodel.inputs.yaml_text import read_yaml

FILE = "cpmodel.yaml"
PREFIX = "CPMODEL_"
LANGUAGES = ("vi", "en")
FORMATS = ("html", "pdf")
SECRET = (
    "CPMODEL_NOTIFY",
)  # addresses with passwords: no setting, so that none is ever shown with its value


@dataclass(frozen=True)
class Key:
    """One setting: how its text is read, its default, and what it is for."""

    read: Callable[[object], object]
    default: object
    purpose: str


@dataclass(frozen=True)
class Setting:
    """The value of one setting and its origin: `default`, `cpmodel.yaml`, `CPMODEL_…` or `--flag`."""

    value: object
    origin: str


@dataclass(frozen=True)
class Config:
    """The settings by name: `config["data"]` is a value, `config.settings["data"].origin` its origin.

    root    folder against which relative folders are read
    """

    root: Path
    settings: Mapping[str, Setting]

    def __getitem__(self, key: str) -> object:
        return self.settings[key].value

    def folder(self, key: str) -> Path:
        """Return a setting that names a folder as a path; a relative one starts from `root`."""
        return self.root / str(self[key])

    def rows(self) -> list[tuple[str, str, str]]:
        """Return (key, value, origin) of each setting as text, for `config show --origin`."""
        return [(key, _text(found.value), found.origin) for key, found in sorted(self.settings.items())]


def load_config(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
) -> Config:
    """Return the settings; raise `BadInput` with every wrong key and value.

    flags      settings given on the command line; those that are None count as not given
    environ    environment variables; those of this process when left out
    folder     where `cpmodel.yaml` is looked for; the project around the working folder when left out
    """
    root = Path(folder) if folder is not None else project_root()
    problems, keys = Problems(), known_settings()
    found = {name: Setting(key.default, "default") for name, key in keys.items()}
    for name, value, origin, file in _given(root, os.environ if environ is None else environ, flags or {}):
        if name not in keys:
            near = nearest(name, keys)
            fix = f"Did you mean `{_like(origin, near)}`?" if near else f"Known: {', '.join(keys)}."
            problems.add(file, origin, value, "There is no setting of this name.", fix)
            continue
        try:
            found[name] = Setting(keys[name].read(value), origin.split(":")[0])
        except ValueError as error:
            problems.add(file, origin, value, str(error), f"It is {keys[name].purpose}.")
    problems.raise_if_any()
    return Config(root, found)


def known_settings() -> dict[str, Key]:
    """Return every setting that exists."""
    return {
        "data": Key(_words, "data", "the folder of the data"),
        "scenarios": Key(_words, "scenarios", "the folder of the scenarios"),
        "reports": Key(_words, "reports", "the folder that runs and briefs are written to"),
        "notebooks": Key(_words, "notebooks", "the folder of the notebooks"),
        "language": Key(_some_of(LANGUAGES), LANGUAGES, "the languages of briefs: vi, en or vi,en"),
        "formats": Key(_some_of(FORMATS), FORMATS, "the formats of briefs: html, pdf or html,pdf"),
        "signing_key": Key(_words, "", "the file of the Ed25519 key that briefs are signed with"),
        "notify_file": Key(_words, "", "the file of the addresses that notices of a batch go to, one a line"),
        "threads": Key(_count, 2, "the number of threads, 1 or more"),
        "draws": Key(_count, None, "the number of draws instead of each scenario's own, 2 or more"),
        "seed": Key(_count, None, "the seed instead of each scenario's own"),
    }


def _given(root: Path, environ: Mapping[str, str], flags: Mapping[str, object]):
    """Yield (setting, value, origin, file to blame) from the weakest to the strongest."""
    if (root / FILE).is_file():
        document = read_yaml(root / FILE)
        for name, value in document.data.items():
            yield name, value, f"{FILE}:{document.lines[(name,)]}", document.file
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name not in (HOME, *SECRET):
            yield name.removeprefix(PREFIX).lower(), value, name, "environment"
    for name, value in flags.items():
        if value is not None:
            yield name.replace("-", "_"), value, f"--{name.replace('_', '-')}", "command line"


def _like(origin: str, name: str) -> str:
    if origin.startswith("--"):
        return f"--{name.replace('_', '-')}"
    return f"{PREFIX}{name.upper()}" if origin.startswith(PREFIX) else name


def _words(value: object) -> str:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueError("The name of a folder is expected here.")
    return str(value)


def _some_of(names: tuple[str, ...]) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        given = value if isinstance(value, list | tuple) else str(value).split(",")
        chosen = tuple(dict.fromkeys(str(item).strip() for item in given))
        if not chosen or not set(chosen) <= set(names):
            raise ValueError(f"Only these are known: {', '.join(names)}.")
        return chosen

    return read


def _count(value: object) -> int:
    if (
        isinstance(value, bool | float)
        or not str(value).strip().isascii()
        or not str(value).strip().isdigit()
    ):
        raise ValueError("A whole number is expected here.")
    if len(str(value).strip()) > 10:
        raise ValueError("The number is too large.")
    return int(str(value))


def _text(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
