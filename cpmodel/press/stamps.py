"""What a brief says of its own making, beside it and inside it: the manifest, and its signature.

No time and no folder stands in it: the same brief made again bears the same stamp.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import BaseModel, Field, StringConstraints

from cpmodel import __version__
from cpmodel.content import Basis, BriefContent, Figure, Key, Language, Number, Str, numbers_in, plain
from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.project import project_root
from cpmodel.press.fingerprints import of_file

SCHEMA = "cpmodel.brief/1"
SEARCHES = ("design", "finding")  # kinds of folder that a brief tells of beside its runs
ScenarioName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


@dataclass(frozen=True)
class Made:
    """How a brief was made, apart from its content.

    brief          what it is called: `province/31`
    parameters     of the notebook, without those that name folders
    folder_kind    the kind of folder it was printed from: `run`, `note`, or none
    parts          name → fingerprint of code, notebook, parameters, formats, templates, fonts, installed versions
    key_file       the key that signs it
    """

    brief: str
    notebook: Path
    parameters: Mapping[str, Any]
    folder_kind: str
    parts: Mapping[str, str]
    key_file: Path | None = None


class RunTold(BaseModel):
    """A run as a brief names it."""

    id: str
    hashes: dict[str, str]


class BodyTold(BaseModel):
    """The file without its manifest."""

    format: str
    bytes: int
    sha256: str


class Stamp(BaseModel):
    """The parts of a manifest that verifying reads; a file from elsewhere may hold anything, so they are checked."""

    schema_name: Literal["cpmodel.brief/1"] = Field(alias="schema")
    brief: str
    language: Language
    kind: Str
    edition: Str
    folder_kind: Literal["run", "note", ""]
    draws: int | None
    resolution: Literal["full", "explorer"] | None
    calibration: str | dict[str, Any] | None = None
    runs: dict[ScenarioName, RunTold]
    searches: tuple[Basis, ...] = ()
    numbers: tuple[Number, ...]
    figures: dict[str, tuple[Key, ...]]
    body: BodyTold


def stamp(made: Made, content: BriefContent) -> dict[str, Any]:
    """Return the manifest of a brief: what it is, what it was made from, and every number with its cells."""
    told, lock = content.manifest.run, project_root() / "requirements.lock"
    return {
        "schema": SCHEMA,
        "brief": made.brief,
        "language": content.language,
        "title": plain(content.title),
        "kind": content.kicker,
        "about": content.about,
        "edition": content.edition,
        "scenario": content.scenario,
        "parameters": dict(made.parameters),
        "notebook": made.notebook.name,
        "folder_kind": made.folder_kind,
        "seed": told.get("seed"),
        "draws": told.get("draws"),
        "resolution": told.get("resolution"),
        "calibration": told.get("calibration"),
        "data_edition": told.get("data_edition"),
        "runs": _runs(content),
        "searches": [one.model_dump() for one in content.manifest.beside if one.kind in SEARCHES],
        "cpmodel_version": __version__,
        "made_from": dict(made.parts) | {"requirements.lock": of_file(lock)},
        "conclusions": conclusions(content),
        "numbers": [number.model_dump(mode="json", exclude_defaults=True) for number in _numbers(content)],
        "figures": {
            figure.id: [key.model_dump(mode="json") for key in figure.keys] for figure in _figures(content)
        },
    }


def _runs(content: BriefContent) -> dict[str, Any]:
    """Return scenario → its run, the brief's own first; none for a brief that was made without one."""
    own = content.manifest
    found = {own.scenario: {"id": own.run_id, "hashes": own.run.get("hashes", {})}} if own.run_id else {}
    others = (one for one in own.beside if one.kind not in SEARCHES)
    return found | {one.scenario: {"id": one.id, "hashes": one.hashes} for one in others}


def _numbers(content: BriefContent):
    return numbers_in((content.title, content.standfirst, content.sections))


def _figures(content: BriefContent):
    return (block for section in content.sections for block in section.blocks if isinstance(block, Figure))


def conclusions(content: BriefContent) -> dict[str, dict[str, Any]]:
    """Return target and reading → its odds, as category, words and probability."""
    return {one.id: one.model_dump(mode="json", exclude={"id"}) for one in content.conclusions}


def signed(about: Mapping[str, Any], key_file: Path | None) -> dict[str, Any]:
    """Return a manifest with an Ed25519 signature over everything in it, where there is a key to sign with."""
    if key_file is None:
        return dict(about)
    key = private_key(key_file)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(canonical(about))
    return {**about, "signature": {"algorithm": "Ed25519", "key": _text(public), "value": _text(signature)}}


def signature_of(about: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the public key that a manifest names, and whether its signature holds; an empty key where unsigned."""
    signature = about.get("signature") or {}
    try:
        key, value = (base64.b64decode(signature[name], validate=True) for name in ("key", "value"))
        rest = {name: value for name, value in about.items() if name != "signature"}
        Ed25519PublicKey.from_public_bytes(key).verify(value, canonical(rest))
    except (KeyError, TypeError):
        return "", False
    except (InvalidSignature, ValueError):
        return str(signature.get("key", "")), False
    return signature["key"], True


def canonical(about: Mapping[str, Any]) -> bytes:
    """Return a manifest as the one text that is signed."""
    return json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def private_key(file: Path) -> Ed25519PrivateKey:
    """Read a signing key; raises `BadInput` when it is none. The error never shows what the file holds."""
    return _key(file, lambda data: load_pem_private_key(data, None), Ed25519PrivateKey)


def public_key(file: Path) -> str:
    """Read a public key and return it as manifests write it; raises `BadInput` when it is none."""
    key = _key(file, load_pem_public_key, Ed25519PublicKey)
    return _text(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _key(file: Path, load, kind):
    try:
        key = load(file.read_bytes())
        reason = "" if isinstance(key, kind) else f"a key of another kind ({type(key).__name__})"
    except OSError as error:
        reason = str(error.strerror or error)
    except (ValueError, TypeError):
        reason = "no readable key in PEM form, or one with a password"
    if reason:
        why = "Briefs are signed with an Ed25519 key in a PEM file without a password."
        fix = "Make one with `openssl genpkey -algorithm ed25519 -out key.pem`."
        raise BadInput(Problem(str(file), "signing key", reason, why, fix)) from None
    return key


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
