"""What a Word file is made of beside its text: drawings as pictures, and the archive itself, always the same bytes."""

from __future__ import annotations

import io
import zipfile

import typst

SHARP = 200  # dots per inch of a drawing, for office printers
DRAWING = b"""#set page(width: 90mm, height: auto, margin: 0mm, fill: white)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)"""
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip archive can hold


def raster(svg: str) -> bytes:
    """Return a drawing as PNG: word processors of the offices do not draw SVG."""
    return typst.compile(DRAWING, format="png", ppi=SHARP, sys_inputs={"svg": svg})


def packed(document) -> bytes:
    """Return the document with every part in one order and under one date."""
    loose, out = io.BytesIO(), io.BytesIO()
    document.save(loose)
    with zipfile.ZipFile(loose) as found, zipfile.ZipFile(out, "w") as packed:
        for name in sorted(found.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, found.read(name))
    return out.getvalue()
