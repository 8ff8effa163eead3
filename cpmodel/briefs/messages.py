"""What the brief says first: the title, the key messages, the headline figures and the decision requested."""

from __future__ import annotations

from cpmodel.briefs import calibration, goals, numbers
from cpmodel.briefs.evidence import opening_share, starts_later
from cpmodel.briefs.goals import Goal
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording, joined
from cpmodel.content import Callout, Key, KeyFigure, Message, Number, Runs, Text, plain

CREDIT_RUNG = "technology_change"


def title(run: SavedRun, words: Wording) -> Runs:
    """Return the finding: where the outcome of the headline target stands against it."""
    target = goals.headline(run)
    value, odds = goals.outcome_number(run, target, words), goals.chance(run, target)
    if value is None or odds is None:
        return words.say("title.none", year=str(goals.end(run)))
    asked = goals.threshold(run, target, words)
    return words.say(
        f"title.{target.name}", odds=words.odds(*odds), value=value, target=asked, year=str(target.year)
    )


def standfirst(run: SavedRun, words: Wording) -> Runs:
    """Return the lines under the title."""
    title = run.title(words.language)
    return words.say("standfirst", title=title, draws=draws(run, words), decision=run.decision.number)


def draws(run: SavedRun, words: Wording) -> Number | Runs:
    """Return the number of draws of the run, from its manifest."""
    found = run.manifest.get("draws")
    if not isinstance(found, int | float):
        return words.missing()
    return numbers.amount(found, words.language, "", origin="manifest draws")


def messages(run: SavedRun, words: Wording, parameters) -> tuple[Message, ...]:
    """Return the four key messages, each by its own rule."""
    found = (track(run, words), readings(run, words), credit(run, words), evidence(run, words, parameters))
    return tuple(message for message in found if message)


def track(run: SavedRun, words: Wording) -> Message:
    """Say how many targets of the last year are likely to be met, and name each with its odds."""
    found = [(g, goals.chance(run, g)) for name in goals.HEADLINE for g in (goals.goal(run, name),)]
    known = [(g, *odds) for g, odds in found if odds]
    if not known:
        return Message(headline=words.say("message.track_missing", year=str(goals.end(run))), tone="caution")
    met = sum(goals.tone(p) == "good" for _, p, _ in known)
    total = count(len(known), words, *(key for *_, key in known))
    phrase = "none" if met == 0 else "all" if met == len(known) else "some"
    parts = {"total": total, "year": str(goals.end(run))}
    if len(known) == 1:
        phrase = f"only_{phrase}"
        del parts["total"]
    if phrase == "some":
        parts["met"] = numbers.amount(
            met, words.language, "", origin="count of targets with odds of 66 % or more"
        )
    body = sentence(separated(_by_odds(known, words), words.word("list_separator") + " "))
    tone = {"none": "bad", "some": "uncertain", "all": "good"}[phrase.removeprefix("only_")]
    return Message(headline=words.say(f"message.track_{phrase}", **parts), body=body, tone=tone)


def _by_odds(known: list[tuple[Goal, float, Key]], words: Wording) -> list[Runs]:
    """Return one phrase for each word of the odds scale, the likeliest first: `unlikely to be met: a (20 %), b (12 %)`."""
    found: dict[str, list[Runs]] = {}
    for target, p, key in sorted(known, key=lambda row: -numbers.odds_percent(row[1])):
        name = Text(text=words.word(f"target_short.{target.name}") + " (")
        item = (name, numbers.odds(p, words.language, key), Text(text=")"))
        found.setdefault(numbers.odds_word(p), []).append(item)
    return [
        words.say("message.track_item", odds=words.word(f"odds.{word}"), names=separated(items, ", "))
        for word, items in found.items()
    ]


def readings(run: SavedRun, words: Wording) -> Message | None:
    """Say how far the two definitions of adoption lie apart, and whether the verdict hangs on them."""
    strict, lenient = (goals.goal(run, f"adoption_{name}") for name in ("strict", "lenient"))
    values = [goals.outcome_number(run, g, words) for g in (strict, lenient)]
    odds = [goals.chance(run, g) for g in (strict, lenient)]
    if None in values or None in odds:
        return None
    verdict = numbers.odds_word(odds[0][0])
    same = verdict == numbers.odds_word(odds[1][0])
    phrase = "readings_same" if same else "readings"
    headline = words.say(f"message.{phrase}", strict=values[0], lenient=values[1])
    chances = [numbers.odds(p, words.language, key) if same else words.odds(p, key) for p, key in odds]
    found = {
        "target": goals.threshold(run, strict, words),
        "odds_strict": chances[0],
        "odds_lenient": chances[1],
    }
    if same:
        found["verdict"] = words.word(f"odds.{verdict}")
    body = words.say(f"message.{phrase}_body", **found)
    return Message(headline=headline, body=body, tone="neutral")


def credit_cells(
    run: SavedRun, variant: str, size: str, year: int, rung: str = CREDIT_RUNG
) -> list[Key] | None:
    """Return the cells of acceptance (with support, on market terms), or None when either is missing."""
    for statistic in ("mean", "p50"):
        keys = [
            run.key(f"acceptance_{rung}_{kind}", year, statistic, variant=variant, size=size)
            for kind in ("scheme", "market")
        ]
        if all(run.get(key) is not None for key in keys):
            return keys
    return None


def credit_year(run: SavedRun, size: str = "small") -> int | None:
    """Return the year in which support changes most what establishments accept (the first such year)."""
    years = {
        y
        for s in ("mean", "p50")
        for y in run.years(f"acceptance_{CREDIT_RUNG}_scheme", s, variant="H1", size=size)
    }
    gains = {}
    for year in sorted(years):
        keys = credit_cells(run, "H1", size, year)
        if keys:
            gains[year] = run.get(keys[0]) - run.get(keys[1])
    return max(gains, key=lambda y: (round(gains[y], 9), -y)) if gains else None


def credit(run: SavedRun, words: Wording) -> Message:
    """Say what credit support changes for small establishments under H1 and H2, and why they differ."""
    year = credit_year(run)
    cells = {v: credit_cells(run, v, "small", year) for v in ("H1", "H2")} if year is not None else {}
    if not cells or None in cells.values():
        return Message(headline=words.say("message.credit_missing"), tone="caution")
    gains = {v: run.get(scheme) - run.get(market) for v, (scheme, market) in cells.items()}
    if max(map(abs, gains.values())) < 5e-5:
        return Message(headline=words.say("message.credit_none"), tone="neutral")
    unit, language = words.word("unit.points"), words.language
    shown = {
        v.lower(): numbers.points(gains[v], language, unit, *cells[v], decimals=1, how="difference")
        for v in gains
    }
    body = (*words.say("message.credit_body"), *credit_reach(run, words))
    return Message(headline=words.say("message.credit", **shown), body=joined(body))


def credit_reach(run: SavedRun, words: Wording) -> Runs:
    """Say how few know the support and dare apply, and so what it adds nationally; () where the run does not tell."""
    end = goals.end(run)
    reach_key = run.key("scheme_reach", end, size="small")
    gain_key = run.key("effect_finance_on_adoption_strict", end)
    reach, gain = run.get(reach_key), run.get(gain_key)
    if reach is None or gain is None:
        return ()
    few = numbers.percent(reach, words.language, reach_key, decimals=1)
    added = numbers.points(gain, words.language, words.word("unit.points"), gain_key, decimals=1)
    return (Text(text=" "), *words.say("message.credit_reach", reach=few, gain=added, year=str(end)))


def evidence(run: SavedRun, words: Wording, parameters) -> Message:
    """Say that results are prior-driven, that the opening shares are unverified, and what is assumed."""
    shares = {name: opening_share(parameters, name, words) for name in ("awareness", "adoption")}
    headline = words.say("message.evidence")
    if learned := calibration.learned_from(run):
        counts = {
            name: calibration.count(getattr(learned, name), name, words)
            for name in ("rows", "informed", "headlines")
        }
        headline = words.say("message.evidence_calibrated", **counts)
    later = starts_later(run)
    body = words.say("message.evidence_body", **shares)
    if later:
        body = words.say("message.evidence_body_later", year=str(later), **shares)
    if assumed(run):
        body = joined((*body, Text(text=" "), *words.say("message.assumed")))
    return Message(headline=headline, body=body, tone="caution")


def assumed(run: SavedRun) -> bool:
    """Say whether the run's budgets are assumed; a run that does not say so counts as assumed."""
    return run.manifest.get("budgets_status", "assumed") not in ("provided", "approved", "none")


def key_figures(run: SavedRun, words: Wording) -> tuple[KeyFigure, ...]:
    """Return the headline figures of the last target year with their ranges, and targets where there are some."""
    wanted = (
        goals.told(run, "awareness"),
        goals.told(run, "adoption_strict"),
        goals.goal(run, "saving_band"),
    )
    return tuple(_figure(run, words, target) for target in wanted if target)


def _figure(run: SavedRun, words: Wording, target: Goal) -> KeyFigure:
    value, between = goals.outcome_number(run, target, words), goals.outcome_range(run, target, words)
    odds = goals.chance(run, target)
    label = words.word(f"key_figure.{target.outcome}", year=str(target.year))
    parts = {"range": between or words.missing()}
    if target.clause:
        context = words.say("key_figure.context", target=goals.threshold(run, target, words), **parts)
    else:
        context = words.say("key_figure.context_untargeted", **parts)
    figure = (value,) if value else words.missing()
    return KeyFigure(
        label=label, figure=figure, context=context, tone=goals.tone(odds[0]) if odds else "neutral"
    )


def ask(run: SavedRun, words: Wording, parameters) -> Callout:
    """Return the decision requested, chosen by what the run lacks."""
    wanted = ["assumed"] if assumed(run) else []
    if not parameters.empty and "C" in set(
        parameters.loc[parameters["name"] == "opening_awareness", "grade"]
    ):
        wanted.append("baseline")
    wanted.append("definition")
    text = " ".join(f"({number}) {words.word(f'ask.{name}')}" for number, name in enumerate(wanted, start=1))
    return Callout(title=words.word("ask.title"), runs=(Text(text=text),), tone="caution")


def count(value: int, words: Wording, *keys: Key) -> Number:
    """Return a number of cells."""
    return numbers.amount(value, words.language, "", *keys, how="count")


def separated(items: list[Runs], separator: str) -> Runs:
    """Return several runs as one, with a separator between them."""
    out: list = []
    for index, item in enumerate(items):
        out.extend([Text(text=separator)] if index else [])
        out.extend(item)
    return joined(tuple(out))


def sentence(runs: Runs) -> Runs:
    """Return runs with a capital letter at the start and a full stop at the end."""
    if not runs:
        return runs
    first = runs[0]
    if isinstance(first, Text) and first.text:
        first = first.model_copy(update={"text": first.text[0].upper() + first.text[1:]})
    stop = () if plain(runs).rstrip().endswith(".") else (Text(text="."),)
    return joined((first, *runs[1:], *stop))
