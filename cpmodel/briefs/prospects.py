"""What it would take: the distance to a target, and what credit support changes, each in one sentence."""

from __future__ import annotations

from cpmodel.briefs import goals, messages, numbers
from cpmodel.briefs.goals import Goal
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Number, Runs

CLOSED_BY_ESTABLISHMENTS = ("adoption_strict", "awareness")


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


def distances(run: SavedRun, words: Wording) -> list[Runs]:
    """Return how far the medians stay from the last targets, a sentence each; the Decision may set only some of them.

    Adoption and awareness, which more establishments can close; where a Decision sets neither, the savings of adopters.
    """
    found = [goals.goal(run, name) for name in CLOSED_BY_ESTABLISHMENTS]
    targets = [target for target in found if target] or [goals.goal(run, "saving_floor")]
    return [_distance(run, words, target) for target in targets if target]


def _distance(run: SavedRun, words: Wording, target: Goal) -> Runs:
    label = words.word(f"target_short.{target.name}")
    value, living = (run.value(outcome, target.year) for outcome in (target.outcome, "establishments"))
    if value is None or living is None:
        return words.say("takes.missing", name=label)
    asked, gap = goals.threshold(run, target, words), shortfall(run, words, target, words.word("unit.points"))
    if gap.value <= 0:
        return words.say("takes.reached", name=label, target=asked)
    if target.name not in CLOSED_BY_ESTABLISHMENTS:
        return words.say(f"takes.{target.name}", gap=gap, target=asked)
    count = numbers.amount(
        gap.value * living, words.language, words.word("unit.establishments"), *gap.keys,
        run.key("establishments", target.year), decimals=-2, how="shortfall_count", constant=target.low,
    )  # fmt: skip
    return words.say(f"takes.{target.name}", count=count, gap=gap, target=asked)


def shortfall(run: SavedRun, words: Wording, target: Goal, unit: str = "") -> Number | None:
    """Return how far the median stays below what is asked, in points of a share or in offices; None where unknown.

    Nought or less where the target is met.
    """
    key = run.key(target.outcome, target.year)
    value = run.get(key)
    if value is None:
        return None
    tell = numbers.amount if target.outcome == "office_capacity" else numbers.points
    how = {"decimals": goals.decimals(target), "how": "shortfall", "constant": target.low}
    return tell(target.low - value, words.language, unit, key, **how)
