"""What may not be combined: conflicts between instruments that are open to the same applicant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cpmodel.inputs.instrument_terms import Terms, TermsInForce


@dataclass(frozen=True)
class Conflict:
    """Instruments, by their place in the mix, that cannot stand together: on what, as found, why, and the fix."""

    members: tuple[int, ...]
    key: str
    found: str
    why: str
    fix: str


def conflicts(mix: Sequence[TermsInForce]) -> Iterator[Conflict]:
    """Yield every conflict of a mix: instruments barred by a source, guarantees, loans, tax rates, grants in excess."""
    ids = [one.instrument.id for one in mix]
    for i, one in enumerate(mix):
        for j in range(i + 1, len(mix)):
            why = _barred(one, mix[j]) or _barred(mix[j], one)
            if why:
                yield Conflict((i, j), "stacking", f"{ids[i]} + {ids[j]}", why, "Keep one of the two.")
    covering = _with(mix, "cover")
    limit = min(
        [1.0, *(one.terms.max_cumulative_cover for one in mix if one.terms.max_cumulative_cover is not None)]
    )
    covered = sum(mix[i].terms.cover for i in covering)
    if len(covering) > 1 and covered > limit + 1e-12:
        why = f"Guarantees together may cover at most {limit:.0%} of the loan."
        yield Conflict(covering, "cover", f"{covered:.0%}", why, "Lower or drop a guarantee.")
    loans = tuple(i for i, one in enumerate(mix) if "loan" in one.instrument.kinds)
    if len(loans) > 1:
        why = "A design holds one loan; which of the two finances the investment is unclear."
        yield Conflict(loans, "loan", "two loans", why, "Keep one of the two.")
    lower = tuple(i for i, one in enumerate(mix) if lowers_tax(one.terms))
    if len(lower) > 1:
        why = (
            "An investment pays tax at one reduced rate: the holder chooses, and incentives are not added up."
        )
        yield Conflict(lower, "tax", " + ".join(ids[i] for i in lower), why, "Keep the one worth most.")
    granting = _with(mix, "grant_share")
    granted = sum(mix[i].terms.grant_share for i in granting)
    if len(granting) > 1 and granted > 1.0 + 1e-12:
        why = "Grants together would pay more than the whole investment."
        yield Conflict(granting, "grant_share", f"{granted:.0%}", why, "Lower or drop a grant.")


def lowers_tax(terms: Terms) -> bool:
    """True when an instrument sets a lower rate of income tax, for good or for some years."""
    return terms.tax_rate is not None or bool(int(terms.exempt_years or 0) or int(terms.half_years or 0))


def _with(mix: Sequence[TermsInForce], term: str) -> tuple[int, ...]:
    return tuple(i for i, one in enumerate(mix) if getattr(one.terms, term) is not None)


def _barred(one: TermsInForce, other: TermsInForce) -> str | None:
    named = one.instrument.stacking.not_with
    hit = [name for name in named if name == other.instrument.id or name in other.instrument.kinds]
    if not hit:
        return None
    if hit[0] == "interest_subsidy":
        return f"{one.instrument.id} may not be joined with other interest support (no double support)."
    return f"{one.instrument.id} may not be combined with {hit[0]}."
