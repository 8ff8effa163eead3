"""A brief's manifest inside the brief itself, in every format, so that a copy mailed around can be verified.

For every format `seal(format, body, manifest)` and `unseal(data)` undo each other exactly, and the manifest holds the
hash of the body. A file is as it was printed when its body has that hash and sealing it again gives the same bytes.

HTML: one `meta` line. PDF: an attachment, appended as an update, so the body is the file's beginning. DOCX and XLSX: a
custom XML part. JSON: one key. Anything else that these formats may hold belongs to the body.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from cpmodel.press.provenance import sha256

NAME = "cpmodel-manifest"
SPACE = "urn:cpmodel:manifest"
PART = "customXml/cpmodel1.xml"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
MOST_BYTES = 256 * 1024 * 1024  # a mailed archive may have been made to fill the memory
EPOCH = (1980, 1, 1, 0, 0, 0)
LINE = re.compile(rb'<meta name="cpmodel-manifest" content="([^"]*)">\n')


@dataclass(frozen=True)
class Opened:
    """A file taken apart: its format, the body as it was rendered, the manifest; no manifest where there is none."""

    format: str
    body: bytes
    manifest: dict[str, Any]


def plain(format: str, rendered: bytes) -> bytes:
    """Return what a renderer gave in the form in which a file, once unsealed, gives it back."""
    if format in ("docx", "xlsx"):
        return _zipped(_parts(rendered))
    return json_text(json.loads(rendered)) if format == "json" else rendered


def told(format: str, body: bytes) -> dict[str, Any]:
    """Return what a manifest says of the body that it is sealed with."""
    return {"format": format, "bytes": len(body), "sha256": sha256(body)}


def seal(format: str, body: bytes, manifest: Mapping[str, Any]) -> bytes:
    """Return the body with the manifest inside."""
    return SEALS[format](body, json.dumps(manifest, ensure_ascii=False, separators=(",", ":")))


def unseal(data: bytes) -> Opened:
    """Take a file apart; the format is told from its content, never from its name."""
    if data.startswith(b"%PDF"):
        return _open_pdf(data)
    if data.startswith(b"PK"):
        return _open_office(data)
    if data.lstrip()[:1] == b"{":
        return _open_json(data)
    return _open_html(data)


def damage(opened: Opened, data: bytes) -> str:
    """Return how a file differs from what was printed, as a phrase, or nothing."""
    about = opened.manifest.get("body", {})
    if about.get("format") != opened.format or about.get("sha256") != sha256(opened.body):
        return "verify.content"
    if seal(opened.format, opened.body, opened.manifest) != data:
        return "verify.added"
    return ""


def _seal_html(body: bytes, text: str) -> bytes:
    line = f'<meta name="{NAME}" content="{html.escape(text)}">\n'
    return body.replace(b"</head>", line.encode("utf-8") + b"</head>", 1)


def _open_html(data: bytes) -> Opened:
    found = LINE.search(data)
    body = LINE.sub(b"", data, count=1)
    return Opened("html", body, _read(html.unescape(found[1].decode("utf-8")) if found else ""))


def _seal_json(body: bytes, text: str) -> bytes:
    return json_text(json.loads(body) | {"stamp": json.loads(text)})


def _open_json(data: bytes) -> Opened:
    try:
        found = json.loads(data)
        manifest = found.pop("stamp", {})
    except (ValueError, AttributeError):
        return Opened("json", data, {})
    return Opened("json", json_text(found), manifest if isinstance(manifest, dict) else {})


def json_text(data: Mapping[str, Any]) -> bytes:
    """Return JSON in the one form in which it is printed."""
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _seal_pdf(body: bytes, text: str) -> bytes:
    writer = PdfWriter(io.BytesIO(body), incremental=True)
    writer.add_attachment(f"{NAME}.json", text.encode("utf-8"))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _open_pdf(data: bytes) -> Opened:
    try:
        held = PdfReader(io.BytesIO(data)).attachments.get(f"{NAME}.json", [b""])
        manifest = _read(held[0].decode("utf-8", "replace"))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return Opened("pdf", data, {})
    length = manifest.get("body", {}).get("bytes", len(data))
    return Opened("pdf", data[: length if isinstance(length, int) else len(data)], manifest)


def _seal_office(body: bytes, text: str) -> bytes:
    part = f'<manifest xmlns="{SPACE}">{escape(text)}</manifest>'.encode()
    parts = _parts(body)
    links = _links(parts)
    entry = f'<Relationship Id="rCpmodel" Type="{LINK}" Target="/{PART}"/></Relationships>'.encode()
    parts[links] = parts[links].replace(b"</Relationships>", entry)
    return _zipped(parts | {PART: part})


def _open_office(data: bytes) -> Opened:
    try:
        parts = _parts(data)
        format, links = ("docx" if "word/document.xml" in parts else "xlsx"), _links(parts)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, StopIteration, OSError, ValueError):
        return Opened("docx", data, {})
    part = parts.pop(PART, b"")
    parts[links] = re.sub(rb'<Relationship Id="rCpmodel"[^>]*/>', b"", parts[links])
    try:
        text = ElementTree.fromstring(part).text if part else ""
    except ElementTree.ParseError:
        text = ""
    return Opened(format, _zipped(parts), _read(text or ""))


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MOST_BYTES:
            raise ValueError("the archive unpacks to more than a brief can hold")
        return {name: packed.read(name) for name in packed.namelist()}


def _links(parts: Mapping[str, bytes]) -> str:
    """Return the part that names what belongs to the document or the workbook."""
    return next(
        name for name in parts if name in ("word/_rels/document.xml.rels", "xl/_rels/workbook.xml.rels")
    )


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    """Return parts as an archive, in their order and under one date."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, data)
    return out.getvalue()


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


SEALS: Mapping[str, Callable[[bytes, str], bytes]] = {
    "html": _seal_html,
    "pdf": _seal_pdf,
    "docx": _seal_office,
    "xlsx": _seal_office,
    "json": _seal_json,
}
