"""What one entry of the instrument catalogue may say: terms, dates, sources, eligibility, stacking.

None means that no source states the term. It is never filled in here, and whoever uses it must say what
was assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cpmodel.inputs.fields import Bilingual
from cpmodel.inputs.remarks import Remark, remark

Kind = Literal[
    "loan", "interest_subsidy", "guarantee", "grant", "reward", "tax_rate", "tax_holiday",
    "accelerated_depreciation", "tax_deduction", "fund",
]  # fmt: skip
Quality = Literal["primary", "secondary", "recalled"]
GRADES = {
    "primary": "A",
    "secondary": "A",
    "recalled": "C",
}  # secondary: read, but in a report about the rule
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Money = Annotated[float, Field(ge=0.0)]
Years = Annotated[float, Field(ge=0.0, le=60.0)]


class Frozen(BaseModel):
    """Read-only record that accepts no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Tier(Frozen):
    """A reward step: reaching `improvement` [share] earns `share` of the investment."""

    improvement: Share
    share: Share


class Terms(Frozen):
    """Terms of an instrument; None means that no source states it.

    Rates and points are nominal per year as shares (12 % is 0.12); tenor, grace and the like in years.
    """

    rate: Share | None = None
    rate_other: Share | None = None  # same instrument, borrowers outside the priority list
    rate_of_commercial: Share | None = None  # rate as a share of the lowest commercial lending rate
    rate_floor_of_commercial: Share | None = None  # lowest rate, as a share of the average commercial rate
    rate_rule: Bilingual | None = None
    loan_share: Share | None = None  # of investment
    min_equity_share: Share | None = None
    tenor: Years | None = None
    grace: Years | None = None
    profile: Literal["annuity", "equal_principal"] | None = None
    collateral_share: Share | None = None  # largest loan as a share of the collateral
    max_loan_bn_vnd: Money | None = None
    max_borrower_bn_vnd: Money | None = None
    max_borrower_share_of_capital: Share | None = None
    min_loan_m_vnd: Money | None = None
    max_loan_usd: Money | None = None
    overdue_rate_multiple: Money | None = None
    interest_subsidy: Share | None = None  # percentage points as a share, 2 points is 0.02
    subsidy_floor: Share | None = None  # the borrower never pays less
    supported_months: Money | None = None
    cover: Share | None = None  # guarantee, share of the loan
    max_cumulative_cover: Share | None = None  # with other guarantees
    max_guarantee_usd: Money | None = None
    fee: Share | None = None  # guarantee fee a year, on the amount covered
    fee_once: Share | None = None  # on the credit, conditions met
    fee_once_if_missed: Share | None = None
    first_loss: Share | None = None  # of the guaranteed amount, on the portfolio
    grant_share: Share | None = None  # of investment
    fee_share: Share | None = None  # of the assessment fee, paid by the state
    max_grant_m_vnd: Money | None = None
    reward_share: Share | None = None  # of investment, paid after verification
    reward_tiers: tuple[Tier, ...] | None = None
    max_reward_usd: Money | None = None
    min_improvement: Share | None = None
    tax_rate: Share | None = None
    tax_rate_small: Share | None = None
    tax_small_revenue_bn_vnd: Money | None = None
    preferential_years: Years | None = None
    exempt_years: Years | None = None
    half_years: Years | None = None
    depreciation_factor: Annotated[float, Field(ge=1.0, le=5.0)] | None = None
    deduction_share: Share | None = None
    capital_bn_vnd: Money | None = None
    capital_note: Bilingual | None = None  # capital in another currency
    programme_bn_vnd: Money | None = None
    programme_usd_m: Money | None = None
    application_cost_share: Share | None = None

    def given(self) -> dict[str, object]:
        """The terms that are stated, by name."""
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}


class DatedTerms(Frozen):
    """A row of the catalogue: terms, the days they hold (None: open), their source and how well it is
    known."""

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date | None, Field(alias="to")] = None
    terms: Terms
    source_id: str
    quality: Quality
    note: Bilingual | None = None

    def holds(self, day: date) -> bool:
        """True when the row is in force on `day`."""
        return self.start <= day and (self.end is None or day <= self.end)


class Eligibility(Frozen):
    """Who may ask; None leaves an axis open."""

    sizes: tuple[Literal["micro", "small", "medium", "large"], ...] | None = None
    sectors: tuple[str, ...] | None = None
    provinces: tuple[str, ...] | None = None
    note: Bilingual | None = None


class Stacking(Frozen):
    """What may not be combined: instrument ids or kinds in `not_with`."""

    not_with: tuple[str, ...] = ()
    note: Bilingual | None = None


class Instrument(Frozen):
    """One entry of the catalogue."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Bilingual
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    comparator: bool = False
    terms: Annotated[tuple[DatedTerms, ...], Field(min_length=1)]
    eligibility: Eligibility = Eligibility()
    stacking: Stacking = Stacking()
    missing: Bilingual | None = None  # what no source states
    record: Bilingual | None = None  # what is known of its take-up

    def holds(self, day: date) -> bool:
        """True when a source states terms for `day`."""
        return any(row.holds(day) for row in self.terms)


@dataclass(frozen=True)
class TermsInForce:
    """Terms of one instrument on one day. sources, qualities    by name of the term; notes of the rows
    used."""

    instrument: Instrument
    at: date
    terms: Terms
    sources: Mapping[str, str]
    qualities: Mapping[str, str]
    notes: tuple[Bilingual, ...]

    @property
    def grade(self) -> str:
        """Worst grade among the terms in force: C as soon as one is recalled."""
        return max((GRADES[quality] for quality in self.qualities.values()), default="C")


def contradictions(terms: Terms) -> Iterator[tuple[str, object, str, str]]:
    """Terms that cannot hold together: (name, found, why, fix)."""
    if terms.grace is not None and terms.tenor is not None and terms.grace >= terms.tenor:
        why = f"Grace must end before the tenor of {terms.tenor:g} years."
        yield "grace", terms.grace, why, "Shorten grace, or lengthen the tenor."
    if terms.cover is not None and (terms.max_cumulative_cover or 1.0) < terms.cover:
        yield "cover", terms.cover, "It exceeds the cumulative limit on guarantees.", "Lower the cover."
    if terms.loan_share is not None and terms.min_equity_share is not None:
        total = terms.loan_share + terms.min_equity_share
        if total > 1.0 + 1e-12:
            why = "Loan share and least own equity add up to more than the investment."
            yield "loan_share", terms.loan_share, why, f"Use {1 - terms.min_equity_share:g} or less."
    if terms.reward_tiers is not None:
        steps = [tier.improvement for tier in terms.reward_tiers]
        if steps != sorted(steps):
            yield "reward_tiers", steps, "Tiers must ascend.", "Sort them by improvement."


NO_RATE = "No source states its rate on that day, and the model does not guess one."


def lacks_rate(terms: Terms) -> bool:
    """True for a loan with a known share of the investment, and neither a rate nor a rule that gives one."""
    rates = (terms.rate, terms.rate_other, terms.rate_of_commercial, terms.rate_floor_of_commercial)
    return terms.loan_share is not None and all(rate is None for rate in rates)


def unusual(terms: Terms) -> list[Remark]:
    """Terms that are legal but rare enough to be a slip, in words."""
    limits = {"rate": 0.25, "tenor": 20.0, "cover": 0.85}
    found = [
        remark(f"odd_{name}", value=value)
        for name, limit in limits.items()
        if (value := getattr(terms, name)) is not None and value > limit
    ]
    if terms.grace is not None and terms.tenor is not None and terms.tenor / 2 < terms.grace < terms.tenor:
        found.append(remark("odd_grace", value=terms.grace))
    if terms.grant_share is not None and terms.grant_share > 0.5:
        found.append(remark("odd_grant", value=terms.grant_share))
    return found
