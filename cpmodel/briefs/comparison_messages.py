"""What a comparison says first: which of the two comes closer to the targets, the money, what is gained, the odds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cpmodel.briefs import compared, goals, numbers, prospects
from cpmodel.briefs.messages import assumed, sentence, separated
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.tables import spend
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Message, Number, Runs, Text

READINGS = ("awareness", "adoption_strict", "adoption_lenient", "saving_floor", "offices", "units")


def messages(run: SavedRun, base: SavedRun, words: Wording) -> tuple[Message, ...]:
    """Return the key messages about `run`, told against `base`, each by its own rule."""
    found = (closer(run, base, words), cost(run, base, words), gain(run, base, words), odds(run, base, words))
    return tuple(message for message in found if message)


def targets_told(run: SavedRun) -> tuple[goals.Goal, ...]:
    """Return the targets that a comparison tells, in the readings it tells them."""
    return tuple(target for target in goals.goals(run) if target.name in READINGS)


def named(target: goals.Goal, words: Wording) -> Runs:
    """Return the short name of a target as a row begins, and below it year and clause; a clause may hold its year."""
    name = words.word(f"target_short.{target.name}")
    year = "" if target.clause.startswith(str(target.year)) else f"{target.year} "
    return (
        Text(text=f"{name[0].upper()}{name[1:]}\n{year}"),
        Text(text=target.clause, style="muted"),
    )


def gain(run: SavedRun, base: SavedRun, words: Wording) -> Message:
    """Say what is gained in adoption and awareness, and in which share of the draws."""
    key = compared.gain_key(run, base, compared.OUTCOME, None, "share_above_zero")
    better = compared.paired_value(run, base, key)
    unit = words.word("unit.points")
    parts_of = {
        "adopt": compared.gain(run, base, words, unit=unit),
        "aware": compared.gain(run, base, words, "awareness", unit=unit),
    }
    if better is None or None in parts_of.values():
        return Message(headline=words.say("comparison.gain_none"), tone="caution")
    nothing = all(numbers.rounded(gain[0].value, 1, 100) == 0 for gain in parts_of.values())
    headline = (
        words.say("comparison.gain_same", year=str(goals.end(run)))
        if nothing
        else words.say("comparison.gain", **parts_of, year=str(goals.end(run)))
    )
    body = words.say("comparison.gain_body", share=numbers.odds(better, words.language, key))
    return Message(headline=headline, body=body)


def closer(run: SavedRun, base: SavedRun, words: Wording) -> Message:
    """Say with which of the two the medians come closer to the last targets, and what each of them still lacks.

    A target counts for the one whose shortfall prints smaller; a median that meets it lacks nothing.
    """
    items, nearer, year = [], {"own": [], "other": []}, str(goals.end(run))
    for target in filter(None, (goals.goal(run, name, goals.end(run)) for name in goals.HEADLINE)):
        own, other = (prospects.shortfall(one, words, target) for one in (run, base))
        if own is None or other is None:
            continue
        name = words.word(f"target_short.{target.name}")
        lacking = [max(numbers.rounded(gap.value, gap.decimals, gap.scale), 0) for gap in (own, other)]
        if lacking[0] != lacking[1]:
            nearer["own" if lacking[0] < lacking[1] else "other"].append(name)
        told = {"own": _lacks(own, words), "other": _lacks(other, words)}
        items.append(words.say("comparison.closer_item", name=name, **told))
    if not items:
        return Message(headline=words.say("comparison.closer_unknown", year=year), tone="caution")
    comma = words.word("list_separator") + " "
    body = words.say("comparison.closer_body", items=separated(items, comma))
    told = {"year": year, "fewer": comma.join(min(nearer.values(), key=len))}
    return Message(headline=words.say(f"comparison.closer_{verdict(nearer)}", **told), body=body)


def verdict(nearer: Mapping[str, Sequence[str]]) -> str:
    """Return who comes closer: one, one with exceptions, both to as many targets, or none."""
    more, fewer = sorted(nearer, key=lambda side: -len(nearer[side]))
    if not nearer[more]:
        return "none"
    if not nearer[fewer]:
        return more
    return f"{more}_except" if len(nearer[more]) > len(nearer[fewer]) else "other_own"


def _lacks(gap: Number, words: Wording) -> Number | Runs:
    return gap if gap.value > 0 else (Text(text=words.word("comparison.met")),)


def odds(run: SavedRun, base: SavedRun, words: Wording) -> Message:
    """Say for which targets the word of the odds changes."""
    changed = []
    for target in targets_told(run):
        own, other = (goals.chance(one, target) for one in (run, base))
        if own and other and numbers.odds_word(own[0]) != numbers.odds_word(other[0]):
            name = words.word(f"target_short.{target.name}")
            told = {"own": words.odds(*own, "odds_short"), "other": words.odds(*other, "odds_short")}
            changed.append(words.say("comparison.odds_item", name=name, year=str(target.year), **told))
    if not changed:
        return Message(headline=words.say("comparison.odds_same"))
    body = sentence(separated(changed, words.word("list_separator") + " "))
    return Message(headline=words.say("comparison.odds_changed"), body=body)


def cost(run: SavedRun, base: SavedRun, words: Wording) -> Message | None:
    """Say what the two cost; None where a run tells no money."""
    own, other = (spend(one, words, "total") for one in (run, base))
    if own is None or other is None:
        return None
    alike = abs(own.value - other.value) < 0.5
    told = words.say("comparison.cost_same" if alike else "comparison.cost", own=own, other=other)
    note = words.say("message.assumed") if assumed(run) else ()
    return Message(headline=told, body=joined((*words.say("comparison.cost_body"), Text(text=" "), *note)))
