"""What it would take: the distance to a target, and what credit support changes, each in one sentence."""

from __future__ import annotations

from cpmodel.briefs import goals, messages, numbers
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Runs


def credit_sentence(run: SavedRun, words: Wording) -> Runs:
    """Return how acceptance by small establishments moves under H1 and H2, and why; () when unknown."""
    year = messages.credit_year(run)
    parts: dict = {"why": words.word("why_h1_h2")}
    for number, variant in (("1", "H1"), ("2", "H2")):
        cells = messages.credit_cells(run, variant, "small", year) if year is not None else None
        if cells is None:
            return ()
        for letter, key in zip("sm", cells, strict=True):
            parts[letter + number] = numbers.percent(run.get(key), words.language, key, decimals=1)
    unchanged = all(parts["s" + n].value - parts["m" + n].value < 5e-5 for n in "12")
    return words.say("message.credit_none") if unchanged else words.say("credit.sentence", **parts)


def distance(run: SavedRun, words: Wording, name: str) -> Runs:
    """Return how far the median stays from the last target of `awareness`, `adoption` (strict reading) or `saving_floor`.

    Nothing is said where the Decision sets no such target.
    """
    target = goals.goal(run, "adoption_strict" if name == "adoption" else name)
    if target is None:
        return ()
    label = words.word(f"target_short.{target.name}")
    value, living = (run.value(outcome, target.year) for outcome in (target.outcome, "establishments"))
    if value is None or living is None:
        return words.say("takes.missing", name=label)
    asked = goals.threshold(run, target, words)
    gap = target.low - value
    if gap <= 0:
        return words.say("takes.reached", name=label, target=asked)
    unit, how = words.word("unit.points"), {"how": "shortfall", "constant": target.low}
    if name == "saving_floor":
        gap_told = numbers.points(
            gap, words.language, unit, run.key(target.outcome, target.year), decimals=1, **how
        )
        return words.say("takes.saving_floor", gap=gap_told, target=asked)
    share, number = run.key(target.outcome, target.year), run.key("establishments", target.year)
    count = numbers.amount(
        gap * living,
        words.language,
        words.word("unit.establishments"),
        share,
        number,
        decimals=-2,
        how="shortfall_count",
        constant=target.low,
    )
    points = numbers.points(gap, words.language, unit, share, **how)
    return words.say(f"takes.{name}", count=count, gap=points, target=asked)
