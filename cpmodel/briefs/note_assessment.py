"""The tables of a finance note that an impact assessment asks for: the budget by year, volumes and dates varied, and which
barrier which instrument takes away.
"""

from __future__ import annotations

from cpmodel.briefs import numbers
from cpmodel.briefs.note_reading import Reading
from cpmodel.briefs.tables import cell
from cpmodel.content import Cell, Column, Number, Runs, Table

BAND = ("p10", "p50", "p90")
KINDS = ("lending", "repayments", "interest_support", "grants", "rewards", "guarantee_claims", "guarantee_fees",
         "tax_forgone")  # fmt: skip
SHOWN_YEARS = 11  # of the run; later ones are told together
VARIED = ("volume_less", "volume_as_is", "volume_more", "as_planned", "year_later")
VARIED_FIGURES = ("fiscal_npv", "claims_p95", "projects", "additional", "saved")
BARRIERS = ("payback", "own_cash", "collateral", "score", "cash_flow", "application_cost")
SIZES = ("small", "medium", "large")
RUNG = "technology_change"
THOUSAND = 1e-3


def budget(r: Reading) -> Table | None:
    """Return the state's cash by budget year: low, central, high, and the mean by kind; None without cash."""
    years = [year for year in r.run.years("note_cash", "p50") if r.base <= year <= r.end][:SHOWN_YEARS]
    kinds = [
        kind for kind in KINDS if any(r.value(f"note_cash_{kind}", year=y, variant="both") for y in years)
    ]
    if not years:
        return None
    heads = [*(f"note.budget.{s}" for s in BAND), *(f"note.budget.{kind}" for kind in kinds)]
    rows = [
        (str(year), *_year(r, "note_cash", year), *(_kind(r, kind, year) for kind in kinds)) for year in years
    ]
    after = r.words.word("note.budget.after", end=str(r.end))
    rows.append((after, *_year(r, "note_cash_after_run", r.base), *("" for _ in kinds)))
    return Table(
        id="budget",
        caption=r.words.say("note.budget.caption"),
        columns=(Column(label=r.words.word("note.budget.year"), weight=1.2),
                 *(Column(label=r.words.word(head), align="right") for head in heads)),
        rows=tuple((cell(row[0], r.words, header=True), *(cell(one or "–", r.words) for one in row[1:])) for row in rows),
        notes=(r.words.say("note.budget.note"),),
    )  # fmt: skip


def _year(r: Reading, outcome: str, year: int) -> list[Number | None]:
    return [r.money(outcome, s, year, unit="", digits=2, variant="both") for s in BAND]


def _kind(r: Reading, kind: str, year: int) -> Number | None:
    return r.money(f"note_cash_{kind}", "mean", year, unit="", digits=2, variant="both")


def variations(r: Reading) -> Table | None:
    """Return what volumes a fifth lower and higher bring, and what a year's delay costs; None where a note has neither."""
    known = [name for name in VARIED if r.value(f"note_{name}_additional", variant="both") is not None]
    if not known:
        return None
    return Table(
        id="variations",
        caption=r.words.say("note.varied.caption"),
        columns=(Column(label=r.words.word("note.varied.case"), weight=2.6),
                 *(Column(label=r.words.word(f"note.varied.{name}"), align="right") for name in VARIED_FIGURES)),
        rows=tuple(
            (cell(r.words.word(f"note.varied.{name}"), r.words, header=True),
             *(cell(_varied(r, name, figure) or "–", r.words) for figure in VARIED_FIGURES))
            for name in known
        ),
        notes=(_what_it_means(r),),
    )  # fmt: skip


def _varied(r: Reading, name: str, figure: str) -> Number | Runs | None:
    outcome = f"note_{name}_{figure}"
    if figure == "additional":
        found = r.by_variant(outcome, lambda o, variant: r.count(o, decimals=1, variant=variant))
        if found and len(found) > 1:
            return r.words.say("note.either", h1=found["H1"], h2=found["H2"])
    if figure in ("projects", "additional"):
        return r.count(outcome, decimals=1, variant="both")
    return r.scaled(outcome, THOUSAND) if figure == "saved" else r.money(outcome, unit="", variant="both")


def _what_it_means(r: Reading) -> Runs:
    """Say whether volumes bind, and what is lost by a year's delay."""
    less, more = (r.value(f"note_volume_{name}_additional", variant="both") for name in ("less", "more"))
    which = "same" if less is None or more is None or abs(more - less) < 0.01 * max(more, 1e-9) else "differ"
    keys = [r.key(f"note_{when}_additional", variant="both") for when in ("as_planned", "year_later")]
    values = [r.run.get(key) for key in keys]
    if None in values:
        return r.words.say(f"note.varied.note_{which}")
    lost = values[0] - values[1]
    shown = numbers.amount(lost, r.words.language, "", *keys, how="difference", decimals=1)
    return r.words.say(f"note.varied.note_{which}_delay", lost=shown)


def barriers(r: Reading) -> Table | None:
    """Return the matrix of barriers and instruments: what acceptance gains where one is gone, what acts on it, what is open.

    None where the note has no typical projects with support.
    """
    outcome = f"typical_gain_without_{{}}_{RUNG}_support"
    years = r.run.years(outcome.format(BARRIERS[0]), "mean", size=SIZES[0], variant=r.variants[0])
    if not years:
        return None
    w = r.words
    columns = [Column(label=w.word("note.barriers.barrier"), weight=2.2)]
    columns += [Column(label=w.word(f"size.{size}"), align="right", weight=1.35) for size in SIZES]
    columns += [
        Column(label=w.word("note.barriers.relieved_by"), weight=3.0),
        Column(label=w.word("note.barriers.here"), weight=1.7),
    ]

    def gains(barrier: str, size: str) -> Runs | Number | None:
        found = [r.share(outcome.format(barrier), year=years[0], size=size, variant=v) for v in r.variants]
        if None in found:
            return None
        return w.say("note.barriers.two", h1=found[0], h2=found[1]) if len(found) > 1 else found[0]

    def row(barrier: str) -> tuple[Cell, ...]:
        open_here = [kind for kind in ACTS_ON[barrier] if kind in opened_kinds(r)]
        named = ", ".join(w.word(f"note.barriers.kind.{kind}") for kind in open_here)
        return (
            cell(w.word(f"note.barriers.{barrier}"), w, header=True),
            *(cell(gains(barrier, size) or "–", w) for size in SIZES),
            cell(w.word(f"note.barriers.{barrier}_by"), w),
            cell(named or w.word("note.barriers.none"), w),
        )

    return Table(
        id="barriers", caption=w.say("note.barriers.caption"), columns=tuple(columns),
        rows=tuple(row(barrier) for barrier in BARRIERS), notes=(w.say("note.barriers.note"),),
    )  # fmt: skip


# Which kinds of support move which barrier, by the equations of acceptance; what only word and rules can move has none.
ACTS_ON = {
    "payback": ("loan", "interest_subsidy", "grant", "reward"),
    "own_cash": ("loan", "grant"),
    "collateral": ("guarantee",),
    "score": (),
    "cash_flow": ("loan", "interest_subsidy"),
    "application_cost": (),
}
TERM_OF = {
    "loan": ("rate", "rate_of_commercial", "loan_share"),
    "interest_subsidy": ("interest_subsidy",),
    "guarantee": ("cover",),
    "grant": ("grant_share",),
    "reward": ("reward_share", "reward_tiers"),
}


def opened_kinds(r: Reading) -> set[str]:
    """Return the kinds of support that the note's instruments give."""
    terms = {term for one in r.run.manifest["instruments"] for term in one["terms"]}
    return {kind for kind, marks in TERM_OF.items() if terms & set(marks)}
