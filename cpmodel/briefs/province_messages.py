"""What a provincial brief says first, each sentence by a rule over the cells of the run."""

from __future__ import annotations

from cpmodel.briefs import goals, local_evidence, numbers, parts
from cpmodel.briefs.local_places import number_of_places
from cpmodel.briefs.messages import draws
from cpmodel.briefs.parts import OfPart
from cpmodel.briefs.wording import joined
from cpmodel.content import Callout, KeyFigure, Message, Number, Runs, Text

RANK = f"rank_{parts.ADOPTION}"
RANK_APART = f"rank_apart_{parts.ADOPTION}"
PART = f"part_of_{parts.ADOPTION}"


def title(page: OfPart) -> Runs:
    """Return the modelled share beside the nation's, and whether a survey stands behind it."""
    run, words, part = page.run, page.words, page.part
    if not page.told:
        return words.say("province.title_none", name=part.name)
    phrase = "province.title_surveyed" if local_evidence.usable(page.surveys) else "province.title"
    return words.say(
        phrase,
        name=part.name,
        year=str(goals.end(run)),
        value=parts.share(run, words, part, parts.ADOPTION),
        nation=parts.share(run, words, parts.nation(words), parts.ADOPTION) or words.missing(),
    )


def standfirst(page: OfPart) -> Runs:
    """Return the lines under the title; a unit of 2025 names the provinces it was made of."""
    words = page.words
    told = words.say(
        "province.standfirst",
        title=page.run.title(words.language),
        draws=draws(page.run, words),
        decision=page.run.decision.number,
    )
    if len(page.part.members) > 1:
        unit = words.say("province.unit", name=page.part.name, members=", ".join(page.part.members))
        return joined((*unit, Text(text=" "), *told))
    return told


def messages(page: OfPart) -> tuple[Message, ...]:
    """Return the key messages; one alone, that nothing is known, where the run has no provinces."""
    if not page.told:
        return (Message(headline=page.words.say("province.none", name=page.part.name), tone="caution"),)
    return tuple(m for m in (stands(page), contribution(page), rank(page), lever(page)) if m)


def stands(page: OfPart) -> Message:
    """Say where adoption and awareness stand, beside the nation."""
    run, words, part = page.run, page.words, page.part
    own, whole = (run.value(parts.ADOPTION, goals.end(run), **w) for w in (part.where, {}))
    alike = whole is None or numbers.rounded(own, 0, 100) == numbers.rounded(whole, 0, 100)
    phrase = "same" if alike else "above" if own > whole else "below"
    target = goals.goal(run, parts.ADOPTION)
    headline = words.say(
        f"province.stands_{phrase}",
        name=part.name,
        year=str(goals.end(run)),
        value=parts.share(run, words, part, parts.ADOPTION),
        range=parts.between(run, words, part, parts.ADOPTION) or words.missing(),
        nation=parts.share(run, words, parts.nation(words), parts.ADOPTION) or words.missing(),
    )
    aware = {
        "value": parts.share(run, words, part, "awareness") or words.missing(),
        "range": parts.between(run, words, part, "awareness") or words.missing(),
    }
    if target is None:
        body = words.say("province.stands_body_untargeted", **aware)
    else:
        body = words.say("province.stands_body", target=goals.threshold(run, target, words), **aware)
    return Message(headline=headline, body=body)


def contribution(page: OfPart) -> Message | None:
    """Say what part of the nation's adopters the province has, beside its part of the establishments."""
    run, words, part = page.run, page.words, page.part
    own, all_ = part_of(page, PART), part_of(page, "part_of_establishments")
    if own is None or all_ is None:
        return None
    headline = words.say("province.contribution", name=part.name, part=own, establishments=all_)
    mix = parts.mix(run, words, part)
    body = words.say("province.mix", mix=mix) if mix else ()
    return Message(headline=headline, body=body)


def part_of(page: OfPart, outcome: str) -> Number | None:
    """Return a part of the nation as per cent with one decimal, at the median."""
    return parts.share(page.run, page.words, page.part, outcome, decimals=1)


def rank(page: OfPart) -> Message | None:
    """Say the range of ranks, twice: as the model tells provinces apart, and as if all doubt were their own."""
    run, words, part = page.run, page.words, page.part
    close = parts.between(run, words, part, RANK, parts.count)
    wide = parts.between(run, words, part, RANK_APART, parts.count)
    if close is None or wide is None:
        return None
    places = number_of_places(part, words)
    headline = words.say("province.rank", range=wide, places=places, name=part.name)
    return Message(headline=headline, body=words.say("province.rank_body", close=close), tone="caution")


def lever(page: OfPart) -> Message | None:
    """Say which of the province's own levers adds most adoption, at what cost."""
    run, words, part = page.run, page.words, page.part
    best = parts.best_lever(run, part)
    if best is None:
        return None
    unit = words.word("unit.points")
    headline = words.say(
        "province.lever",
        lever=words.word(f"lever.{best}_in_words"),
        gain=parts.lever_gain(run, words, part, best, parts.ADOPTION, unit) or words.missing(),
        count=parts.lever_adopters(run, words, part, best) or words.missing(),
        year=str(goals.end(run)),
    )
    money = parts.lever_money(run, words, part, best, words.word("unit.bn_vnd")) or words.missing()
    return Message(headline=headline, body=words.say("province.lever_body", money=money), tone="good")


def key_figures(page: OfPart) -> tuple[KeyFigure, ...]:
    """Return adoption, the number that applies, and the part of the nation's adopters."""
    if not page.told:
        return ()
    run, words, part = page.run, page.words, page.part
    year = str(goals.end(run))

    def one(name: str, figure: Number | None, context: Runs) -> KeyFigure:
        label = words.word(f"province.figure_{name}", year=year)
        return KeyFigure(label=label, figure=(figure,) if figure else words.missing(), context=context)

    gap = words.missing()
    living = parts.count(run, words, part, "establishments", unit="unit.establishments") or gap
    spread = parts.between(run, words, part, parts.ADOPTION) or gap
    people = parts.adopters(run, words, part)
    people = people and people.model_copy(update={"text": people.text.split(numbers.NBSP)[0]})
    return (
        one("adoption", parts.share(run, words, part, parts.ADOPTION), words.say("province.figure_range", range=spread)),
        one("count", people, words.say("province.figure_of", establishments=living)),
        one("part", part_of(page, PART),
            words.say("province.figure_part_of", part=part_of(page, "part_of_establishments") or gap)),
    )  # fmt: skip


def too_little(page: OfPart) -> Callout | None:
    """Return the statement that data are too few; None where a usable survey of the province exists."""
    if page.told and local_evidence.usable(page.surveys):
        return None
    phrase = "province.too_little" if page.told else "province.too_little_run"
    runs = page.words.say(phrase, name=page.part.name)
    return Callout(title=page.words.word("province.too_little_title"), runs=runs, tone="caution")


def distance(page: OfPart) -> Runs:
    """Return how many more establishments would have to apply to stand where the nation should."""
    run, words, part = page.run, page.words, page.part
    target = goals.goal(run, parts.ADOPTION)
    if target is None:
        return words.say("province.no_target")
    share, living = (part.key(run, outcome) for outcome in (parts.ADOPTION, "establishments"))
    if run.get(share) is None or run.get(living) is None:
        return words.say("takes.missing", name=words.word("target_short.adoption"))
    asked = goals.threshold(run, target, words)
    gap = target.low - run.get(share)
    if gap <= 0:
        return words.say("province.reached", name=part.name, target=asked)
    value = gap * run.get(living)
    number = numbers.amount(
        value, words.language, words.word("unit.establishments"), share, living,
        decimals=-1 if value >= 100 else 0, how="shortfall_count", constant=target.low,
    )  # fmt: skip
    return words.say("province.distance", name=part.name, count=number, target=asked, year=str(target.year))
