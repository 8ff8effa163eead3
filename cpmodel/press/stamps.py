"""What a brief says of its own making, beside it and inside it: the manifest, and its signature.

No time and no folder stands in it: the same brief made again bears the same stamp.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
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
from cpmodel.content import BriefContent, Figure, Key, Language, Number, Str, numbers_in, plain
from cpmodel.errors import BadInput, Problem
from cpmodel.press.apart import Job
from cpmodel.press.fingerprints import of_file
from cpmodel.press.store import MANIFEST, read_json

SCHEMA = "cpmodel.brief/1"
ScenarioName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


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
    runs: dict[ScenarioName, RunTold]
    numbers: tuple[Number, ...]
    figures: dict[str, tuple[Key, ...]]
    body: BodyTold


def stamp(job: Job, content: BriefContent) -> dict[str, Any]:
    """Return the manifest of a brief: what it is, what it was made from, and every number with its cells."""
    told = content.manifest.run
    return {
        "schema": SCHEMA,
        "brief": job.order.brief,
        "language": content.language,
        "title": plain(content.title),
        "kind": content.kicker,
        "edition": content.edition,
        "scenario": content.scenario,
        "parameters": dict(job.order.parameters),
        "notebook": job.order.notebook.name,
        "folder_kind": job.order.folder_kind,
        "seed": told.get("seed"),
        "draws": told.get("draws"),
        "resolution": told.get("resolution"),
        "calibration": told.get("calibration"),
        "data_edition": told.get("data_edition"),
        "runs": {name: _run(folder) for name, folder in job.folders.items()},
        "cpmodel_version": __version__,
        "made_from": dict(job.parts) | {"requirements.lock": of_file(job.root / "requirements.lock")},
        "conclusions": conclusions(content),
        "numbers": [number.model_dump(mode="json", exclude_defaults=True) for number in _numbers(content)],
        "figures": {
            figure.id: [key.model_dump(mode="json") for key in figure.keys] for figure in _figures(content)
        },
    }


def _run(folder: Path) -> dict[str, Any]:
    manifest = read_json(folder / MANIFEST)
    return {"id": folder.name, "hashes": manifest.get("hashes", {})}


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
