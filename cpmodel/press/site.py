"""The page that lists every published brief: searchable, with the map of provinces, offline, in both languages.

It is a table of links without its script; the script only hides what a search does not match.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cpmodel.content import clean
from cpmodel.inputs.places import bare
from cpmodel.inputs.yaml_text import read_text, read_yaml
from cpmodel.press import fonts
from cpmodel.press.batch import Batch
from cpmodel.press.html import TEMPLATES
from cpmodel.press.store import Store

PAGES = {"vi": "index.html", "en": "en.html"}
INSET_SPAN = 3  # columns of the labelled insets of the map


def pages(
    batch: Batch, store: Store, objects: Mapping[str, str], root: Path, older: Collection[str]
) -> dict[str, bytes]:
    """Return the pages by file name: `index.html` in Vietnamese and `en.html` in English.

    objects    order → object   older    orders whose latest printing failed
    """
    manifests = {order: store.manifest(name) for order, name in objects.items()}
    names: dict[str, list[str]] = {}  # brief → what it is about, in every language it is printed in
    for order, about in manifests.items():
        names.setdefault(order.rpartition("/")[0], []).append(about.get("about", ""))
    listed = [
        _listed(order, about, store.objects / objects[order], names[order.rpartition("/")[0]], order in older)
        for order, about in manifests.items()
    ]
    return {PAGES[language]: _page(batch, language, listed, root) for language in PAGES}


def _listed(
    order: str, about: Mapping[str, Any], folder: Path, names: list[str], older: bool
) -> dict[str, Any]:
    """Return one brief as the page lists it; a province of the Decision has a tile on the map.

    about    its manifest   names    what it is about, in every language
    """
    given, name = about.get("parameters", {}), about.get("about", "")
    on_map = "province" in given and given.get("units", "63") == "63"
    files = [
        {
            "format": Path(file).suffix[1:].upper(),
            "href": f"{order}/{file}",
            "size": _size((folder / file).stat().st_size, about["language"]),
        }
        for file in about["files"]
        if not file.endswith(".ipynb")
    ]
    files.sort(key=lambda file: ["HTML", "PDF", "DOCX", "XLSX", "JSON"].index(file["format"]))
    words = " ".join([about["kind"], about["title"], *names])
    return {
        "language": about["language"],
        "kind": clean(about["kind"]),
        "title": clean(about["title"]),
        "about": clean(name),
        "told": bare(name) in bare(about["title"]),
        "code": str(given["province"]) if on_map else "",
        "files": files,
        "older": older,
        "edition": about["edition"],
        "odds": about.get("conclusions", {}) if order.count("/") == 1 else {},
        "find": " ".join(bare(word) for word in words.replace("-", " ").split()),
    }


def _size(count: int, language: str) -> str:
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    text = f"{count / 1_000_000:.1f} MB"
    return text.replace(".", ",") if language == "vi" else text


def _page(batch: Batch, language: str, listed: list[dict[str, Any]], root: Path) -> bytes:
    words = read_yaml(TEMPLATES / "site.yaml", "site.yaml").data
    here = [brief for brief in listed if brief["language"] == language]
    groups: dict[str, list[dict[str, Any]]] = {}
    for brief in here:
        groups.setdefault(brief["kind"], []).append(brief)
    for members in groups.values():
        members.sort(key=lambda brief: bare(brief["about"]))
    dates = ", ".join(sorted({_date(brief["edition"], language) for brief in here}))
    script = (TEMPLATES / "site.js").read_text("utf-8")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    other = "en" if language == "vi" else "vi"
    text = environment.get_template("site.html.j2").render(
        language=language,
        other_language=other,
        other_page=PAGES[other],
        title=getattr(batch.title, language),
        word=lambda key: words[key][language],
        dated=words["data_of"][language].format(date=dates or "–"),
        odds=next((list(brief["odds"].values()) for brief in here if brief["odds"]), []),
        tiles=_tiles(here, language, root),
        groups=list(groups.items()),
        css=Markup((TEMPLATES / "site.css").read_text("utf-8")),
        script=Markup(script),
        script_hash="sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        faces=[(weight, Markup(fonts.embedded(weight, set()))) for weight in (400, 600)],
        family=fonts.FAMILY,
    )
    return text.encode("utf-8")


def _tiles(here: list[dict[str, Any]], language: str, root: Path) -> list[dict[str, Any]]:
    """Return the map's tiles with the briefs they open; none where no brief is of a province.

    Hoàng Sa and Trường Sa are tiles of their own, labelled with the province they belong to.
    """
    by_code = {brief["code"]: brief for brief in here if brief["code"]}
    file = root / "data" / "province_tiles.csv"
    if not by_code or not file.is_file():
        return []
    found = []
    for row in csv.DictReader(io.StringIO(read_text(file).removeprefix("\ufeff"))):
        brief = by_code.get(row["province_code"])
        found.append({
            "kind": row["kind"],
            "label": row[f"label_{language}"],
            "col": int(row["col"]) + 1,
            "row": int(row["row"]) + 1,
            "span": INSET_SPAN if row["kind"] == "inset" else 1,
            "href": brief["files"][0]["href"] if brief else "",
            "find": brief["find"] if brief else "",
        })  # fmt: skip
    return found


def _date(edition: str, language: str) -> str:
    """Return an ISO date in figures, as the language writes it."""
    year, month, day = edition.split("-")
    return f"{day}/{month}/{year}" if language == "vi" else edition
