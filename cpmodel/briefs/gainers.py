"""Who gains: which sizes of establishment come to apply, beside their part of all; in a place, how many of them it has."""

from __future__ import annotations

from cpmodel.axes import SIZES
from cpmodel.briefs import goals, numbers
from cpmodel.briefs.messages import sentence
from cpmodel.briefs.parts import ADOPTION, Part
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Heading, Key, Number, Paragraph, Runs, Text


def who_gains(run: SavedRun, words: Wording, part: Part | None = None, year: int | None = None) -> Paragraph:
    """Return the sizes that apply most and least in a year; of a place also how many it has of each.

    part    a province or unit of 2025; None for the nation   year    by default the last of the targets
    """
    found = _by_size(run, words, year or goals.end(run))
    if found and part is not None and part.where:
        found = joined((*found, Text(text=" "), *_here(run, words, part)))
    return Paragraph(runs=found or words.say("gains.missing"))


def heading(words: Wording) -> Heading:
    """Return the heading under which it stands where it has one of its own."""
    return Heading(text=words.word("gains.title"))


def _by_size(run: SavedRun, words: Wording, year: int) -> Runs:
    shares = {size: run.value(ADOPTION, year, size=size) for size in SIZES}
    if None in shares.values():
        return ()
    most, least = (pick(shares, key=shares.__getitem__) for pick in (max, min))
    told = {"most": words.word(f"gains.{most}"), "least": words.word(f"gains.{least}"), "year": str(year)}
    values = {"high": _share(run, words, run.key(ADOPTION, year, size=most)),
              "low": _share(run, words, run.key(ADOPTION, year, size=least))}  # fmt: skip
    parts = [run.key(f"part_of_{what}", year, size=most) for what in (ADOPTION, "establishments")]
    if any(run.get(key) is None for key in parts):
        return sentence(words.say("gains.sizes", **told, **values))
    of_adopters, of_all = (_share(run, words, key, 1) for key in parts)
    return sentence(words.say("gains.sizes_parts", **told, **values, part=of_adopters, all=of_all))


def _here(run: SavedRun, words: Wording, part: Part) -> Runs:
    """Say which size most establishments of a place have; nothing where the run does not tell."""
    keys = {}
    for size in SIZES:
        years = run.years("opening_mix", "mean", size=size, **part.where)
        if not years:
            return ()
        keys[size] = run.key("opening_mix", years[0], "mean", size=size, **part.where)
    common = max(keys, key=lambda size: run.get(keys[size]) or 0.0)
    told = {"name": part.name, "size": words.word(f"gains.{common}")}
    return words.say("gains.here", **told, share=_share(run, words, keys[common]))


def _share(run: SavedRun, words: Wording, key: Key, decimals: int = 0) -> Number:
    return numbers.percent(run.get(key), words.language, key, decimals=decimals)
