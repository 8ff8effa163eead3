"""The brief as one HTML file that works offline: own template, embedded typeface, no address.

A brief with sliders carries one script, which its security policy names by hash; without scripts they do not show.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from cpmodel.content import BriefContent, Figure, Runs, Sliders, plain
from cpmodel.press import fonts, provenance

TEMPLATES = Path(__file__).with_name("templates")
ASCII = "".join(map(chr, range(32, 127)))


def render(content: BriefContent) -> bytes:
    """Return the brief as UTF-8 HTML; the same content gives the same bytes."""
    rows, anchors = provenance.rows(content)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    moves = any(isinstance(block, Sliders) for section in content.sections for block in section.blocks)
    script = (TEMPLATES / "sliders.js").read_text("utf-8") if moves else ""
    wanted = fonts.letters(content, ASCII + "".join(line for row in rows for line in row.lines))
    text = environment.get_template("brief.html.j2").render(
        content=content,
        title=plain(content.title),
        rows=rows,
        entries=provenance.entries(content),
        by_grade=provenance.by_grade,
        registered={source.id for source in content.sources},
        label=content.labels.__getitem__,
        runs=lambda runs: linked(runs, anchors),
        svg=inline_svg,
        groups=groups,
        data=slider_data,
        script=Markup(script),
        script_hash=Markup(policy_hash(script)),
        css=Markup((TEMPLATES / "brief.css").read_text("utf-8")),
        faces=[(weight, Markup(fonts.embedded(weight, wanted))) for weight in fonts.CUTS],
        family=fonts.FAMILY,
    )
    return text.encode("utf-8")


def linked(runs: Runs, anchors: dict[str, str]) -> Markup:
    """Return runs as HTML; each number links to its provenance row."""
    out = []
    for run in runs:
        text = escape(run.text)
        if run.kind == "number":
            anchor = anchors[provenance.mark(run)]
            cell = run.keys[0].line() if run.keys else run.origin
            text = Markup('<a class="n" href="#{}" title="{}">{}</a>').format(anchor, cell, text)
        elif run.style == "muted":
            text = Markup('<span class="muted">{}</span>').format(text)
        elif run.style == "strong":
            text = Markup("<strong>{}</strong>").format(text)
        out.append(text)
    return Markup("").join(out)


def inline_svg(figure: Figure) -> Markup:
    """Return a figure's SVG for inlining: ids made its own, title and description for who cannot see it."""
    prefix = re.sub(r"\W", "_", figure.id)
    text = figure.svg
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{prefix}-\2"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    head, body = text.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    label = f' role="img" aria-labelledby="{prefix}-t {prefix}-d" focusable="false">'
    names = Markup('<title id="{0}-t">{1}</title><desc id="{0}-d">{2}</desc>').format(
        prefix, figure.title, figure.alt
    )
    return Markup(head + label) + names + Markup(body)


def slider_data(block: Sliders) -> Markup:
    """Return what the sliders' script reads, as JSON that cannot end its element: every `<` is escaped."""
    data = block.model_dump(mode="json", exclude={"kind", "id", "title", "lead", "accuracy", "keys"})
    return Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def policy_hash(script: str) -> str:
    """Return a script's hash as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def printed(blocks) -> list:
    """Return the blocks that paper can show: sliders stay with the HTML."""
    return [block for block in blocks if not isinstance(block, Sliders)]


def groups(blocks) -> list[tuple[bool, list]]:
    """Return blocks in groups: neighbours of half width stand side by side (True), others alone (False)."""
    out: list[tuple[bool, list]] = []
    for block in blocks:
        half = getattr(block, "width", "full") == "half"
        if half and out and out[-1][0]:
            out[-1][1].append(block)
        else:
            out.append((half, [block]))
    return out
