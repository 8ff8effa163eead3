"""How the command line prints content made for briefs: the same words and figures, in lines and aligned tables."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer

from cpmodel.analysis.findings import Finding
from cpmodel.briefs.findings import finding_blocks
from cpmodel.briefs.wording import Wording
from cpmodel.cli.printing import table, wrapped
from cpmodel.content import WORD_JOINER, Block, Runs, plain


def tell(findings: Sequence[Finding], language: str, as_json: bool) -> None:
    """Print findings, as one JSON document (a list where there are several) or in words; say on stderr where they are."""
    if as_json:
        data = [one.as_data() for one in findings]
        typer.echo(json.dumps(data if len(data) > 1 else data[0], ensure_ascii=False, indent=1, default=str))
    else:
        blocks = [b for one in findings for b in finding_blocks(one, Wording(language)) if b.kind != "figure"]
        typer.echo("\n\n".join(map(block_text, blocks)))
    for one in findings:
        if one.folder is not None:
            typer.echo(f"Kept in {one.folder}", err=True)


def block_text(block: Block) -> str:
    """Return one block as plain text."""
    if block.kind == "heading":
        return block.text.upper()
    if block.kind == "paragraph":
        return wrapped(_words(block.runs), "")
    if block.kind == "callout":
        return wrapped(f"{block.title}. {_words(block.runs)}", "")
    if block.kind == "table":
        left = next((i for i, one in enumerate(block.columns) if one.align != "left"), len(block.columns))
        rows = [[_words(one.runs) for one in row] for row in block.rows]
        lines = [wrapped(_words(block.caption), ""), table([one.label for one in block.columns], rows, left)]
        return "\n".join([*lines, *(wrapped(_words(note)) for note in block.notes)])
    raise ValueError(f"the command line prints no block of the kind {block.kind}")


def _words(runs: Runs) -> str:
    return plain(runs).replace(WORD_JOINER, "").strip()
