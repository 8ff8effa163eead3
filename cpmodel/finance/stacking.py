"""From dated terms to a Design: several instruments put together, with what may not be combined refused.

Whatever the sources leave out is taken from market terms, and said so in the notes of the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cpmodel.errors import BadInput, Problem
from cpmodel.finance.design import Design
from cpmodel.finance.loans import amortise
from cpmodel.finance.support import state_credit_floor, subsidised_cost
from cpmodel.finance.tax import SETTLED, TaxRelief, depreciation_schedule, shield_value
from cpmodel.inputs.instrument_terms import NO_RATE, Terms, TermsInForce
from cpmodel.inputs.remarks import Remark, remark
from cpmodel.inputs.stacking import conflicts, lowers_tax

NORMAL_PROFILE = "equal_principal"  # the Vietnamese norm for loans; recalled, grade C


@dataclass(frozen=True)
class Circumstances:
    """What a design depends on beside the instruments.

    commercial_rate    average medium and long-term lending rate [1/year]   improvement    verified [share]
    investment_bn_vnd, vnd_per_usd    turn ceilings in money into shares; None leaves them out
    refund_lag    of interest support and rewards [years]   priority    on the fund's priority list
    """

    commercial_rate: float
    improvement: float | None = None
    investment_bn_vnd: float | None = None
    vnd_per_usd: float | None = None
    refund_lag: float = 0.0
    priority: bool = False


@dataclass(frozen=True)
class Combination:
    """A design, what was assumed where sources are silent (notes), and what deserves a second look
    (warnings)."""

    design: Design
    notes: tuple[Remark, ...]
    warnings: tuple[Remark, ...]


def combine(
    market: Design, chosen: Mapping[str, TermsInForce] | Sequence[TermsInForce], around: Circumstances
) -> Combination:
    """One design out of market terms and the `chosen` instruments.

    A loan comes before interest support, which is laid on whatever loan there is; tax comes last.
    Raises BadInput for two instruments that may not stack, with every conflict named.
    """
    terms = list(chosen.values()) if isinstance(chosen, Mapping) else list(chosen)
    warnings = refuse_forbidden(terms, around)
    notes: list[Remark] = []
    design = market
    for part in (_with_loan, _with_support, _with_guarantee, _with_gifts, _with_tax):
        for one in terms:
            design = part(design, one.terms, one.instrument.id, around, notes)
    design = _within_equity(design, terms, notes)
    ids = " + ".join(one.instrument.id for one in terms) or market.label
    warnings += _tax_conflict(terms, market.tax_rate, design, around)
    return Combination(replace(design, label=ids), tuple(notes), tuple(warnings))


def refuse_forbidden(terms: Sequence[TermsInForce], around: Circumstances) -> list[Remark]:
    """Raise BadInput for instruments that may not stack; return warnings about those that may but had
    better not."""
    problems = [
        Problem("mix of instruments", one.key, one.found, one.why, one.fix) for one in conflicts(terms)
    ]
    if problems:
        raise BadInput(problems)
    return [
        remark(
            "floor_binds",
            name=one.instrument.id,
            floor=floor,
            worth=float((1.0 - floor) * around.commercial_rate * 100),
        )
        for one in terms
        if (floor := one.terms.rate_floor_of_commercial) is not None
    ]


def loan_rate(terms: Terms, around: Circumstances) -> float | None:
    """Contract rate of a loan [1/year]: the stated one (by priority), else its rule, never below the
    floor."""
    rate = terms.rate_other if terms.rate_other is not None and not around.priority else terms.rate
    if rate is None and terms.rate_of_commercial is not None:
        rate = terms.rate_of_commercial * around.commercial_rate
    if terms.rate_floor_of_commercial is not None:
        rate = max(rate or 0.0, state_credit_floor(around.commercial_rate, terms.rate_floor_of_commercial))
    return rate


def _with_loan(design: Design, terms: Terms, name: str, around: Circumstances, notes: list[Remark]) -> Design:
    facts = (terms.rate, terms.rate_of_commercial, terms.rate_floor_of_commercial, terms.loan_share)
    if all(value is None for value in facts):
        return design
    rate = loan_rate(terms, around)
    if rate is None:
        fix = (
            "Give it, as `--term rate=0.09` or `terms: {rate: 0.09}`, or choose a day on which one is known."
        )
        raise BadInput(Problem(f"instrument {name}", "rate", "missing", NO_RATE, fix))
    if terms.rate is not None and rate > max(terms.rate, terms.rate_other or 0.0):
        notes.append(remark("below_floor", name=name, stated=terms.rate, used=float(rate)))
    for key, value in (("tenor", terms.tenor), ("loan_share", terms.loan_share), ("grace", terms.grace)):
        if value is None:
            notes.append(remark(f"{key}_assumed", name=name, taken=float(getattr(design, key))))
    if terms.profile is None:
        notes.append(remark("profile_assumed", name=name))
    share = terms.loan_share if terms.loan_share is not None else design.loan_share
    for ceiling in _ceilings_of_a_loan(terms) if around.investment_bn_vnd else ():
        share = min(share, ceiling / around.investment_bn_vnd)
    return replace(
        design,
        loan_share=share,
        loan_rate=rate,
        tenor=terms.tenor if terms.tenor is not None else max(design.tenor, (terms.grace or 0.0) + 1.0),
        grace=terms.grace or 0.0,
        profile=terms.profile or NORMAL_PROFILE,
        collateral_share=terms.collateral_share,
        application_cost_share=design.application_cost_share + (terms.application_cost_share or 0.0),
    )


def _ceilings_of_a_loan(terms: Terms) -> list[float]:
    """Return the most that one borrower may be lent for one project [bn VND], by every limit that is stated."""
    found = [terms.max_loan_bn_vnd, terms.max_borrower_bn_vnd]
    if terms.max_borrower_share_of_capital is not None and terms.capital_bn_vnd is not None:
        found.append(terms.max_borrower_share_of_capital * terms.capital_bn_vnd)
    return [ceiling for ceiling in found if ceiling is not None]


def _with_support(
    design: Design, terms: Terms, name: str, around: Circumstances, notes: list[Remark]
) -> Design:
    if terms.interest_subsidy is None:
        return design
    if design.loan_share == 0.0:
        notes.append(remark("no_loan", name=name))
        return design
    if terms.supported_months is None:
        notes.append(remark("supported_throughout", name=name))
    schedule = amortise(1.0, design.loan_rate, design.tenor, design.grace, design.profile)
    cost = subsidised_cost(
        schedule,
        terms.interest_subsidy,
        terms.subsidy_floor or 0.0,
        terms.supported_months,
        around.refund_lag,
    )
    paid = max(min(terms.interest_subsidy, design.loan_rate - (terms.subsidy_floor or 0.0)), 0.0)
    return replace(design, loan_rate=max(cost, 0.0), interest_subsidy=paid)


def supported_years(terms: Sequence[Terms]) -> float:
    """Return for how long interest support is paid, by the longest that is stated; infinity where none is."""
    months = [one.supported_months for one in terms if one.interest_subsidy is not None]
    return np.inf if not months or None in months else max(months) / 12.0


def _with_guarantee(
    design: Design, terms: Terms, name: str, around: Circumstances, notes: list[Remark]
) -> Design:
    if terms.cover is None:
        return design
    cover, face_bn = terms.cover, None
    if around.investment_bn_vnd and design.loan_share > 0.0:
        face_bn = design.loan_share * around.investment_bn_vnd
    if face_bn and around.vnd_per_usd and terms.max_guarantee_usd is not None:
        cover = min(cover, terms.max_guarantee_usd * around.vnd_per_usd / 1e9 / face_bn)
    if terms.fee is None and terms.fee_once is None:
        notes.append(remark("fee_assumed", name=name))
    once = (terms.fee_once or 0.0) * design.loan_share
    yearly = (terms.fee or 0.0) * cover * design.loan_share
    mean_years = design.grace + (design.tenor - design.grace + 1.0) / 2.0
    return replace(
        design,
        guarantee_cover=min(design.guarantee_cover + cover, 1.0),
        first_loss=max(design.first_loss, terms.first_loss or 0.0),
        application_cost_share=design.application_cost_share + once + yearly * mean_years,
    )


def _with_gifts(
    design: Design, terms: Terms, name: str, around: Circumstances, notes: list[Remark]
) -> Design:
    if terms.fee_share is not None:
        notes.append(remark("pays_assessment", name=name))
    grant = terms.grant_share or 0.0
    if around.investment_bn_vnd and terms.max_grant_m_vnd is not None:
        grant = min(grant, terms.max_grant_m_vnd / 1e3 / around.investment_bn_vnd)
    reward = terms.reward_share or 0.0
    if terms.reward_tiers:
        if around.improvement is None:
            reward = terms.reward_tiers[0].share
            notes.append(remark("first_step", name=name, reward=reward))
        else:
            reached = [tier.share for tier in terms.reward_tiers if around.improvement >= tier.improvement]
            reward = reached[-1] if reached else 0.0
    if around.investment_bn_vnd and around.vnd_per_usd and terms.max_reward_usd is not None:
        reward = min(reward, terms.max_reward_usd * around.vnd_per_usd / 1e9 / around.investment_bn_vnd)
    return replace(
        design,
        grant_share=design.grant_share + grant,
        reward_share=design.reward_share + reward,
    )


def _with_tax(design: Design, terms: Terms, name: str, around: Circumstances, notes: list[Remark]) -> Design:
    if terms.depreciation_factor is not None:
        design = replace(design, depreciation_factor=terms.depreciation_factor)
    if terms.deduction_share is not None:
        design = replace(design, deduction_share=design.deduction_share + terms.deduction_share)
    relief = _relief(terms)
    if relief is None:
        return design
    if terms.preferential_years is None and terms.exempt_years is not None:
        notes.append(remark("only_reductions", name=name))
    return replace(design, relief=relief)


def _relief(terms: Terms) -> TaxRelief | None:
    """Return the lower tax rates of an instrument, if it has any; a rate without years holds for good."""
    if not lowers_tax(terms):
        return None
    reductions = int(terms.exempt_years or 0), int(terms.half_years or 0)
    if terms.preferential_years is None and any(reductions):
        return TaxRelief(1.0, 0, *reductions)
    years = SETTLED if terms.preferential_years is None else int(terms.preferential_years)
    return TaxRelief(1.0 if terms.tax_rate is None else terms.tax_rate, years, *reductions)


def _within_equity(design: Design, terms: Sequence[TermsInForce], notes: list[Remark]) -> Design:
    """Lower the loan where loan and grant leave less than the required own equity."""
    least = max((one.terms.min_equity_share or 0.0 for one in terms), default=0.0)
    room = max(1.0 - least - design.grant_share, 0.0)
    if design.loan_share <= room + 1e-12:
        return design
    notes.append(remark("loan_lowered", room=room, least=least))
    return replace(design, loan_share=room)


def _tax_conflict(
    terms: Sequence[TermsInForce], standard: float, design: Design, around: Circumstances
) -> list[Remark]:
    """Warn, with the loss, where accelerated depreciation falls inside a tax holiday."""
    holidays = [one for one in terms if one.terms.exempt_years is not None]
    if not holidays or not any(one.terms.depreciation_factor is not None for one in terms):
        return []
    rates = _relief(holidays[0].terms).rates(np.full(SETTLED, standard))
    slow = shield_value(depreciation_schedule(1.0, design.depreciation_years), rates, around.commercial_rate)
    fast = shield_value(
        depreciation_schedule(1.0, design.depreciation_years, design.depreciation_factor),
        rates,
        around.commercial_rate,
    )
    name = holidays[0].instrument.id
    return [remark("holiday_wastes_depreciation", name=name, fast=float(fast), slow=float(slow))]
