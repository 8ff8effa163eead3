"""How a notebook shows a block: plain HTML for the analyst's eyes; the printed brief is the press's work."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cpmodel.content import MIME, Block, BriefContent, Runs, clean, plain


def text(runs: Runs) -> str:
    """Return runs as escaped HTML, numbers in semibold with their first cell as a tooltip."""
    out = []
    for run in runs:
        if run.kind == "number":
            source = run.keys[0].line() if run.keys else run.origin
            out.append(f'<span title="{escape(source)}" style="font-weight:600">{escape(run.text)}</span>')
        else:
            out.append(escape(run.text))
    return "".join(out)


def block_html(block: Block) -> str:
    """Return one block as HTML."""
    if block.kind == "heading":
        return f"<h3>{escape(block.text)}</h3>"
    if block.kind == "paragraph":
        return f"<p>{text(block.runs)}</p>"
    if block.kind == "figure":
        caption = f"<figcaption>{escape(block.title)}</figcaption>"
        return f'<figure aria-label="{escape(block.alt)}">{block.svg}{caption}</figure>'
    if block.kind == "callout":
        return f"<p><strong>{escape(block.title)}.</strong> {text(block.runs)}</p>"
    if block.kind == "messages":
        return (
            "<ul>"
            + "".join(f"<li><strong>{text(m.headline)}</strong> {text(m.body)}</li>" for m in block.items)
            + "</ul>"
        )
    if block.kind == "key_figures":
        parts = (
            f"<li>{escape(k.label)}: <strong>{text(k.figure)}</strong> ({text(k.context)})</li>"
            for k in block.items
        )
        return "<ul>" + "".join(parts) + "</ul>"
    if block.kind == "sliders":
        return f"<p><strong>{escape(block.title)}.</strong> {text(block.lead)} {text(block.accuracy)}</p>"
    if block.kind == "footnotes":
        return "<ol>" + "".join(f"<li>{text(note)}</li>" for note in block.notes) + "</ol>"
    heads = "".join(f'<th scope="col">{escape(c.label)}</th>' for c in block.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<th>{text(c.runs)}</th>" if c.header else f"<td>{text(c.runs)}</td>" for c in row)
        + "</tr>"
        for row in block.rows
    )
    caption = escape(plain(block.caption))
    return f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


class Shown:
    """Blocks as a notebook shows them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = tuple(blocks)

    def __repr__(self) -> str:
        return " · ".join(
            block.kind for block in self.blocks
        )  # no address: the same page is the same notebook

    def _repr_html_(self) -> str:
        return "".join(map(block_html, self.blocks))


class Finished:
    """The finished content: a line for the reader, and the whole content for the press."""

    def __init__(self, content: BriefContent) -> None:
        self.content = content

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        text = escape(f"{self.content.kicker} · {self.content.language} · {self.content.edition}")
        return {
            MIME: self.content.model_dump(mode="json"),
            "text/html": f"<p>{text}</p>",
            "text/plain": clean(text),
        }
