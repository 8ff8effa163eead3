"""What a scenario opens: each instrument with its terms in force, and what of it cannot be, alone or together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cpmodel.axes import SIZES
from cpmodel.errors import Problems
from cpmodel.inputs.instrument_terms import NO_RATE, TermsInForce, lacks_rate
from cpmodel.inputs.instruments import Catalogue, opened_terms
from cpmodel.inputs.scenario import Instrument, Scenario
from cpmodel.inputs.stacking import conflicts

LOAN_TERMS = ("rate", "rate_of_commercial", "rate_floor_of_commercial", "loan_share")
INVESTMENT_TERMS = (
    *LOAN_TERMS, "interest_subsidy", "cover", "grant_share", "reward_share", "reward_tiers", "depreciation_factor",
    "exempt_years", "half_years", "tax_rate", "deduction_share",
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """An instrument that the scenario opens, with its terms in force."""

    name: str
    instrument: Instrument
    terms: TermsInForce

    @property
    def is_loan(self) -> bool:
        """True when it lends."""
        return self.states(LOAN_TERMS)

    def states(self, terms: Sequence[str]) -> bool:
        """True when any of the terms named is known."""
        return any(getattr(self.terms.terms, name) is not None for name in terms)

    def holds(self, moment: float) -> bool:
        """True when it is open at `moment` [decimal year]."""
        closes = self.instrument.closes
        return self.instrument.opens <= moment + 1e-9 and (closes is None or moment + 1e-9 < closes)

    def takes(self, size: str) -> bool:
        """True when establishments of this size may apply."""
        allowed = [self.instrument.only.sizes, self.terms.instrument.eligibility.sizes]
        return all(sizes is None or size in sizes for sizes in allowed)


@dataclass(frozen=True)
class Clash:
    """Instruments of a scenario, by name, that cannot be opened so; as found, why, and the fix."""

    names: tuple[str, ...]
    found: str
    why: str
    fix: str


def opened(scenario: Scenario, catalogue: Catalogue) -> list[Opened]:
    """Return the instruments that move investments, in the order of the scenario; `BadInput` with every clash."""
    file, problems = f"scenarios/{scenario.name}.yaml", Problems()
    found = [opened_one(name, one, catalogue, file) for name, one in scenario.credit.items()]
    for clash in clashes(found):
        problems.add(file, f"credit.{clash.names[-1]}", clash.found, clash.why, clash.fix)
    problems.raise_if_any()
    return [one for one in found if one.states(INVESTMENT_TERMS)]


def opened_one(name: str, instrument: Instrument, catalogue: Catalogue, file: str) -> Opened:
    """Return one instrument with the terms that the scenario's `file` lays over its template, if it has one."""
    given = instrument.terms.model_dump(exclude_none=True)
    return Opened(name, instrument, opened_terms(catalogue, name, instrument.template, given, file))


def clashes(instruments: Sequence[Opened]) -> Iterator[Clash]:
    """Yield, each once, what a scenario cannot open: terms too poor to act, and what does not go together."""
    yield from _without_effect(instruments)
    acting = [one for one in instruments if one.states(INVESTMENT_TERMS)]
    yield from _unlike_rules(acting)
    yield from _no_single_fund(acting)
    said = set()
    for here in _open_together(acting):
        for clash in (*_other_applicants(here), *_not_stacking(here)):
            if (clash.names, clash.why) not in said:
                said.add((clash.names, clash.why))
                yield clash


def _without_effect(instruments: Sequence[Opened]) -> Iterator[Clash]:
    for one in instruments:
        if lacks_rate(one.terms.terms):
            fix = "Give it as `terms: {rate: 0.09}`, or name a year in which one is known."
            yield Clash((one.name,), one.terms.instrument.id, NO_RATE, fix)
        elif not one.states((*INVESTMENT_TERMS, "fee_share")):
            why = "No source states terms that would reach an establishment, so opening it would change nothing."
            fix = "Give them, such as `terms: {rate: 0.06, loan_share: 0.7}`, or leave it out."
            yield Clash((one.name,), one.terms.instrument.id, why, fix)


def _unlike_rules(instruments: Sequence[Opened]) -> Iterator[Clash]:
    limited = [one for one in instruments if one.instrument.volume is not None]
    if len({one.instrument.when_full for one in limited}) > 1:
        found = ", ".join(f"{one.name}: {one.instrument.when_full}" for one in limited)
        why = "Instruments serve the same applicants, who cannot wait for one and be turned away by another."
        yield Clash(_names(limited), found, why, "Give all of them the same `when_full`.")


def _no_single_fund(instruments: Sequence[Opened]) -> Iterator[Clash]:
    funds = [one for one in instruments if one.instrument.fund is not None]
    others = [one for one in instruments if one.is_loan and one is not funds[0]] if funds else []
    if funds and (others or not funds[0].is_loan):
        names = _names([funds[0], *others])
        why = "A revolving fund holds the money of one loan; here it is none or one of several."
        yield Clash(names, ", ".join(names), why, "Keep one loan, and give `fund` to that one.")


def _open_together(instruments: Sequence[Opened]) -> Iterator[list[Opened]]:
    for moment in sorted({one.instrument.opens for one in instruments}):
        yield [one for one in instruments if one.holds(moment)]


def _other_applicants(here: Sequence[Opened]) -> Iterator[Clash]:
    if len({(one.instrument.only.sectors, one.instrument.only.provinces) for one in here}) > 1:
        why = "Instruments open together must take the same sectors and provinces."
        fix = "Give them the same `only`, or open them apart."
        yield Clash(_names(here), ", ".join(_names(here)), why, fix)


def _not_stacking(here: Sequence[Opened]) -> Iterator[Clash]:
    """Each of several loans stands beside all that is no loan, as `levers.package` combines them."""
    for size in SIZES:
        mine = [one for one in here if one.takes(size)]
        rest = [one for one in mine if not one.is_loan]
        for loan in [[one] for one in mine if one.is_loan] or [[]]:
            mix = sorted(
                [*loan, *rest], key=lambda one: one.instrument.opens
            )  # the last to open is named last
            for conflict in conflicts([one.terms for one in mix]):
                names = tuple(mix[i].name for i in conflict.members)
                found = " + ".join(names) + (
                    f": {conflict.found}" if conflict.key in ("cover", "grant_share") else ""
                )
                yield Clash(names, found, conflict.why, conflict.fix)


def _names(instruments: Sequence[Opened]) -> tuple[str, ...]:
    return tuple(one.name for one in instruments)
