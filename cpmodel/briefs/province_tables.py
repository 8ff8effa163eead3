"""The provinces most like one: those of its region, or of the 34 units, with about as many establishments."""

from __future__ import annotations

import math

from cpmodel.briefs import goals, local_places, parts
from cpmodel.briefs.parts import OfPart, Part
from cpmodel.briefs.province_messages import RANK_APART
from cpmodel.briefs.tables import cell
from cpmodel.content import Cell, Column, Table

PEERS = 4
COLUMNS = (("place", "left", 2.4), ("establishments", "right", 1.2), ("aware", "right", 1.1), ("adopt", "right", 1.1),
           ("range", "right", 1.3), ("rank", "right", 1.6))  # fmt: skip


def peers_of(page: OfPart) -> list[Part]:
    """Return the places most like the page's own: nearest in the logarithm of their establishments.

    Provinces are looked for in the socio-economic region first, where it has enough; units among all 34.
    """
    run, own = page.run, page.part
    year = goals.end(run)
    numbers_of = run.by_region("establishments", year)
    every = local_places.all_places(page.data, own.kind, page.words.language)
    here = {p.code: p for p in every if p.code in numbers_of and p.code != own.code}
    region = local_places.region_codes(page.data) if own.kind == "province" else {}
    near = {code: p for code, p in here.items() if region and region.get(code) == region.get(own.code)}
    chosen = near if len(near) >= PEERS else here
    size = math.log(max(numbers_of.get(own.code, 0.0), 1.0))
    order = sorted(chosen, key=lambda c: (abs(math.log(max(numbers_of[c], 1.0)) - size), c))
    return [chosen[code] for code in order[:PEERS]]


def peers_table(page: OfPart) -> Table | None:
    """Return the province, its peers and the nation side by side; None where the run tells nothing of it."""
    if not page.told:
        return None
    words = page.words
    rows = [page.part, *peers_of(page), parts.nation(words)]
    return Table(
        id="peers",
        caption=words.say("peers.caption", year=str(goals.end(page.run))),
        columns=tuple(Column(label=words.word(f"peers.{n}"), align=a, weight=w) for n, a, w in COLUMNS),
        rows=tuple(_row(page, part) for part in rows),
        notes=(words.say(f"peers.note_{page.part.kind}"),),
    )


def _row(page: OfPart, part: Part) -> tuple[Cell, ...]:
    run, words = page.run, page.words
    no_rank = "–" if part.kind == "nation" else None
    return (
        cell(part.name, words, header=True),
        cell(parts.count(run, words, part, "establishments"), words),
        cell(parts.share(run, words, part, "awareness"), words),
        cell(parts.share(run, words, part, parts.ADOPTION), words),
        cell(parts.between(run, words, part, parts.ADOPTION), words),
        cell(no_rank or parts.between(run, words, part, RANK_APART, parts.count), words),
    )
