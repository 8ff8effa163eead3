"""What a finance note says first, and what would change it: every sentence chosen by the numbers, never by the language."""

from __future__ import annotations

from cpmodel.briefs import numbers
from cpmodel.briefs.messages import draws, separated
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.wording import joined
from cpmodel.content import Callout, KeyFigure, Message, Number, Paragraph, Runs, Text

FEW, MOST = 1 / 3, 2 / 3  # of supported projects additional: words of the odds scale, unlikely and likely
UNUSED, USED_UP = 0.5, 0.9  # of the volumes offered
APART = 1.1  # H1 over H2; below, the two hardly differ, as `cpmodel finance` says it
LEANS = 0.1  # change of the net cost from which the verdict hangs on the discount rate
UNIT_COST = "note_cost_per_{}_net_life_discounted"
ALL_FRICTIONS_KNOWN = "note_relieved_scheme_awareness"


def title(r: Reading) -> Runs:
    """Return the answer: what the credit costs, and how much of it is additional."""
    if _unused(r):
        return r.words.say("note.title.unused")
    cost, share = r.money("note_fiscal_npv"), r.share("note_additional_share")
    per = r.money("note_cost_per_additional")
    if cost is None or share is None:
        return r.words.say("note.title.none")
    if cost.value <= 0:
        return r.words.say("note.title.no_cost", cost=cost, share=share)
    if per is None:
        return r.words.say("note.title.nothing", cost=cost)
    which = "few" if share.value < FEW else "most" if share.value >= MOST else "some"
    return r.words.say(f"note.title.{which}", cost=cost, share=share, per=per)


def _unused(r: Reading) -> bool:
    return r.value("note_projects") == 0.0


def standfirst(r: Reading) -> Runs:
    """Return the lines under the title: scenario, alternative, and how money is counted."""
    rate = r.share("note_discount_rate", "fixed", variant="both")
    title = r.run.title(r.words.language)
    return r.words.say(
        "note.standfirst",
        title=title,
        base=str(r.base),
        rate=rate or r.words.missing(),
        draws=draws(r.run, r.words),
    )


def messages(r: Reading) -> tuple[Message, ...]:
    """Return the key messages: money, what is additional, the two variants, what stands in the way."""
    return tuple(found for found in (money(r), additional(r), variants(r), obstacles(r)) if found)


def money(r: Reading) -> Message:
    """Say what the credit costs, what cash it needs first, and what comes back."""
    parts = {"cost": r.money("note_fiscal_npv"), "range": r.band("note_fiscal_npv"),
             "first": r.money("note_cash_first_3", variant="both")}  # fmt: skip
    more = {"five": r.money("note_cash_first_5", variant="both"), "largest": r.money("note_largest_outlay")}
    if None in (*parts.values(), *more.values()):
        return Message(headline=r.words.say("note.message.money_missing"), tone="caution")
    body: list = [*r.words.say("note.message.money_body", **more)]
    after, total = r.money("note_cash_after_run", variant="both"), r.value("note_cash_sum")
    if after is not None and after.value < 0:
        back = numbers.without_minus(after)
        body += [Text(text=" "), *r.words.say("note.message.money_back", back=back, end=str(r.end))]
        if total is not None and total < 0 < parts["cost"].value:
            body += [Text(text=" "), *r.words.say("note.message.money_time")]
    tone = "caution" if parts["cost"].value > 0 else "good"
    return Message(headline=r.words.say("note.message.money", **parts), body=joined(tuple(body)), tone=tone)


def additional(r: Reading) -> Message:
    """Say how many supported projects would not be made otherwise, and what each and each unit saved costs."""
    parts = {"projects": r.count("note_projects"), "additional": r.count("note_additional"),
             "share": r.share("note_additional_share"), "riders": r.share("note_free_riders")}  # fmt: skip
    if None in parts.values():
        which = "unused" if _unused(r) else "missing"
        return Message(headline=r.words.say(f"note.message.additional_{which}"), tone="caution")
    costs = {"per": r.money("note_cost_per_additional")}
    for unit in ("toe", "tCO2"):
        found = r.by_variant(UNIT_COST.format(unit), lambda *a, **k: r.money(*a, unit="", **k))
        costs[unit] = _either(r, found) if found else None
    body = () if None in costs.values() else r.words.say("note.message.additional_body", **costs)
    share = parts["share"].value
    tone = "bad" if share < FEW else "good" if share >= MOST else "uncertain"
    return Message(headline=r.words.say("note.message.additional", **parts), body=body, tone=tone)


def _either(r: Reading, found: dict[str, Number]) -> Runs:
    """Return one figure, or those of both variants, each with its name."""
    if len(found) == 1:
        return tuple(found.values())
    return r.words.say("note.either", h1=found["H1"], h2=found["H2"])


def variants(r: Reading) -> Message | None:
    """Say what H1 and H2 each expect, and in one sentence why they differ; None where only one was run."""
    found = r.by_variant("note_additional", r.count)
    if not found or len(found) < 2:
        return None
    headline = {"h1": found["H1"], "h2": found["H2"]}
    if found["H1"].value > APART * found["H2"].value:
        why = r.words.say("note.message.differ_why", why=r.words.word("why_h1_h2"))
        return Message(headline=r.words.say("note.message.differ", **headline), body=why)
    return Message(
        headline=r.words.say("note.message.alike", **headline), body=r.words.say("note.message.alike_why")
    )


def obstacles(r: Reading) -> Message | None:
    """Say whether volumes or frictions hold users back."""
    used = r.share("note_volume_used_share", variant="both")
    offered = r.money("note_volume_offered_all_years", variant="both")
    friction = r.friction()
    if used is None or offered is None:
        headline = r.words.say(f"note.message.{'no_money' if offered else 'no_volume'}")
    else:
        which = "unused" if used.value < UNUSED else "used_up" if used.value >= USED_UP else "used"
        headline = r.words.say(f"note.message.{which}", used=used, offered=offered)
    times, known = (
        r.ratio(name, variant="both") for name in (f"note_relieved_{friction}", ALL_FRICTIONS_KNOWN)
    )
    body: Runs = ()
    if friction and times and known:
        name = r.words.word(f"note.friction.{friction}")
        body = r.words.say("note.message.friction", friction=name, times=times, known=known)
    waiting = r.count("note_waiting", year=r.end, variant="both")
    if waiting:
        told = r.words.say("note.message.waiting", year=str(r.end), count=waiting)
        body = joined((*body, Text(text=" " if body else ""), *told))
    return Message(headline=headline, body=body)


def key_figures(r: Reading) -> tuple[KeyFigure, ...]:
    """Return the headline figures: net cost, additional share, and the tail of the contingent liability."""
    found = []
    cost, band = r.money("note_fiscal_npv", unit=""), r.band("note_fiscal_npv")
    if cost and band:
        context = r.words.say("note.figure.cost_context", range=band)
        found.append(KeyFigure(label=r.words.word("note.figure.cost"), figure=(cost,), context=context))
    share, two = r.share("note_additional_share"), r.by_variant("note_additional_share", r.share)
    if share and two:
        context = r.words.say("note.figure.share_context", either=_either(r, two))
        found.append(KeyFigure(label=r.words.word("note.figure.share"), figure=(share,), context=context))
    tail, mean = (r.money("note_claims_npv", statistic) for statistic in ("p95", "mean"))
    if tail and mean and tail.value > 0:
        figure = r.money("note_claims_npv", "p95", unit="")
        context = r.words.say("note.figure.tail_context", mean=mean)
        found.append(KeyFigure(label=r.words.word("note.figure.tail"), figure=(figure,), context=context))
    elif outlay := r.money("note_largest_outlay", unit=""):
        context = r.words.say("note.figure.outlay_context", range=r.band("note_largest_outlay"))
        found.append(KeyFigure(label=r.words.word("note.figure.outlay"), figure=(outlay,), context=context))
    return tuple(found)


def ask(r: Reading) -> Callout:
    """Return the decisions requested, each by its own rule."""
    wanted: list[Runs] = []
    used, share = r.value("note_volume_used_share", variant="both"), r.value("note_additional_share")
    friction, tail = r.friction(), r.money("note_claims_npv", "p95")
    if _unused(r):
        wanted.append(r.words.say("note.ask.redesign"))
    elif used is not None and friction and used < UNUSED:
        wanted.append(r.words.say("note.ask.relieve", friction=r.words.word(f"note.friction.{friction}")))
    if used is not None and used >= USED_UP:
        few = share is not None and share < FEW
        asked = {"riders": r.share("note_free_riders")} if few else {}
        wanted.append(r.words.say(f"note.ask.{'not_larger' if few else 'enlarge'}", **asked))
    if share is not None and share < MOST:
        wanted.append(r.words.say("note.ask.target"))
    if tail is not None and tail.value > 0:
        wanted.append(r.words.say("note.ask.reserve", tail=tail))
    wanted.append(r.words.say("note.ask.record"))
    runs = separated([(Text(text=f"({i}) "), *one) for i, one in enumerate(wanted, start=1)], " ")
    return Callout(title=r.words.word("ask.title"), runs=joined(runs), tone="caution")


def change_of_mind(r: Reading) -> tuple[Paragraph, ...]:
    """Return what would change the answer: the input that moves it most, discounting, defaults, records of refusals."""
    found: list[Runs] = []
    for name in r.drivers(1):
        ends = {s: r.money(f"driver_{name}", s, variant="both") for s in ("low", "high")}
        if None not in ends.values():
            found.append(
                r.words.say("note.change.driver", name=lower(r.words.word(f"parameter.{name}")), **ends)
            )
    cost, other = r.money("note_fiscal_npv"), r.money("note_fiscal_npv_at_5_percent")
    rate = r.share("note_discount_rate", "fixed", variant="both")
    if None not in (cost, other, rate):
        leans = abs(other.value - cost.value) > LEANS * abs(cost.value)
        found.append(r.words.say(f"note.change.{'rate' if leans else 'rate_alike'}", other=other, rate=rate))
    kept = {s: r.share(f"note_fund_kept_{s}", year=r.end, variant="both") for s in ("low", "high")}
    rates = {
        s: r.share(f"note_fund_default_{s}", "fixed", decimals=1, variant="both") for s in ("low", "high")
    }
    if None not in (*kept.values(), *rates.values()):
        parts = {f"kept_{s}": kept[s] for s in kept} | {f"rate_{s}": rates[s] for s in rates}
        found.append(r.words.say("note.change.fund", end=str(r.end), base=str(r.base), **parts))
    kept = r.by_variant("note_switch_savings_kept", r.share)
    if kept:
        found.append(r.words.say("note.change.kept", kept=_either(r, kept)))
    prices = {v: r.money("note_switch_carbon_price", unit="", variant=v) for v in r.variants}
    for variant in (v for v, price in prices.items() if price is not None):
        shown = (prices[variant], Text(text=f" ({variant})"))
        found.append(r.words.say("note.change.carbon", price=shown))
    found.append(r.words.say("note.change.records"))
    return tuple(Paragraph(runs=runs) for runs in found)


def lower(text: str) -> str:
    """Return `text` with a small first letter, unless its second is a capital too."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
