"""The state's money in a run, draw by draw: cash by kind, the book of loans, claims as they may fall.

Money is nominal. Flows of a run are in prices of 2010 and are carried to their year by consumer prices; loans are then
followed one year's lending at a time until the last is repaid, beyond the run's horizon if need be. Tax forgone is not
in a run's flows; `cpmodel appraise` tells it for one project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cpmodel.analysis.financing import Pair
from cpmodel.axes import SIZES
from cpmodel.finance.design import Design
from cpmodel.finance.guarantees import portfolio_losses
from cpmodel.finance.loans import LoanSchedule, amortise
from cpmodel.finance.portfolio import Book, book_of_loans
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import World
from cpmodel.outlook.draws import uniforms

CASH = (
    "lending",
    "repayments",
    "interest_support",
    "grants",
    "rewards",
    "guarantee_claims",
    "guarantee_fees",
)


@dataclass(frozen=True)
class YearTerms:
    """What one calendar year's users of the scheme get; sizes that differ are averaged over who lends."""

    design: Design
    schedule: LoanSchedule | None
    public: bool
    fee_once: float
    fee: float
    supported_years: float
    one_cover: bool  # every size has the same cover and points, so they need not be inferred
    reward_part: float  # of grants and rewards together, what is paid only once results are verified


@dataclass(frozen=True)
class Ledger:
    """One variant's money, draw by draw: cash name → (T, n); book; claims sampled (T, n); years (T,)."""

    years: np.ndarray
    cash: dict[str, np.ndarray]
    book: Book
    sampled_claims: np.ndarray
    lent: np.ndarray
    public_lent: np.ndarray
    grants: np.ndarray
    invested: np.ndarray
    guaranteed: np.ndarray
    equivalent: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Cash of every kind [bn VND, nominal], (T, n)."""
        return sum(self.cash.values())

    def present_value(self, flows: np.ndarray, rate: float, base: int) -> np.ndarray:
        """Value at `rate` [1/year] of yearly flows (T, n), in the money of the year `base`, (n,)."""
        times = self.years[: len(flows)] - base
        return np.sum(flows * (1.0 + rate) ** -times[:, None], axis=0)


def year_terms(world: World, sizes: Sequence[str] = SIZES) -> list[YearTerms | None]:
    """Return what is on offer in every year of the run; None where nothing is.

    sizes    whose terms are looked at: one is enough where all that are eligible meet the same
    """
    return [_terms_of(world, i, int(year), sizes) for i, year in enumerate(world.years)]


def _terms_of(world: World, i: int, year: int, sizes: Sequence[str]) -> YearTerms | None:
    moment = max((m for m in world.moments if int(np.floor(m + 1e-9)) == year), default=float(year))
    around = (float(world.typical_rate[i]), float(world.tax_rate[i]), float(world.price[i]))
    packages = {z: levers.package(z, moment, world.instruments, *around) for z in sizes}
    designs = {z: one.design for z, one in packages.items() if one is not None}
    if not designs:
        return None
    here = [o for o in world.instruments if o.holds(moment)]
    design = next((d for d in designs.values() if d.loan_share > 0), next(iter(designs.values())))
    schedule = None
    if design.loan_share > 0:
        schedule = amortise(1.0, design.loan_rate, design.tenor, design.grace, design.profile)
    terms = [o.terms.terms for o in here]
    months = [t.supported_months for t in terms if t.interest_subsidy is not None]
    return YearTerms(
        design, schedule, any(o.is_loan for o in here), sum(t.fee_once or 0.0 for t in terms),
        sum(t.fee or 0.0 for t in terms), np.inf if not months or None in months else max(months) / 12.0,
        len({(d.guarantee_cover, d.interest_subsidy) for d in designs.values()}) == 1,
        max(d.reward_share / max(d.reward_share + d.grant_share, 1e-300) for d in designs.values()),
    )  # fmt: skip


def ledger(world: World, out: s.Outputs, terms: list[YearTerms | None] | None = None) -> Ledger:
    """Return the money of one variant's run. terms    from `year_terms`, where they are known already"""
    draws = out.pressure.shape[-1]
    p = {name: world.parameters[name][..., :draws] for name in
         ("loan_default", "loss_given_default", "default_correlation", "refund_lag")}  # fmt: skip
    price, terms = world.price[:, None], terms or year_terms(world)
    lent, invested, grants = (out.flows[:, i] * price for i in (s.LENDING, s.INVESTMENT, s.GRANTS))
    public = np.array([one is not None and one.public for one in terms], float)[:, None]
    cover, points = _cover_and_points(out, terms, world)
    shares = np.array([one.design.loan_share if one else 0.0 for one in terms])[:, None]
    with_loan = np.divide(lent, shares * invested, out=np.zeros_like(lent), where=shares * invested > 0)
    book = book_of_loans(
        lent, out.flows[:, s.PROJECTS] * np.clip(with_loan, 0.0, 1.0), [one and one.schedule for one in terms],
        cover, points, [one.supported_years if one else 0.0 for one in terms],
        p["loan_default"], p["loss_given_default"],
    )  # fmt: skip
    years = np.arange(world.years[0], world.years[0] + max(len(book.claims), len(lent) + 3))
    cash = _cash(lent, public, grants, book, terms, p["refund_lag"], len(years))
    seed = int(uniforms(world.inputs.scenario.seed, "guarantee_claims", 1)[0] * 2**32)
    claims = portfolio_losses(
        book.guaranteed_at_start, book.loans_at_start, p["loss_given_default"], p["loan_default"],
        p["default_correlation"], np.random.default_rng(seed),
    )  # fmt: skip
    equivalent = out.flows[:, s.EQUIVALENT] * price
    return Ledger(years, cash, book, claims, lent, lent * public, grants, invested, lent * cover, equivalent)


def ledgers_of(pair: Pair) -> dict[str, Ledger]:
    """Return the money of the supported side of a pair, by variant."""
    return {variant: ledger(pair.worlds[variant], out) for variant, out in pair.supported.items()}


def _cover_and_points(out: s.Outputs, terms: list[YearTerms | None], world: World):
    """Return the share of lending guaranteed and the points of support on it, (Y, n) each.

    Where sizes differ, the run's stocks tell: what came in is the change and what was repaid or defaulted, over what
    was lent. Repayment is the run's own, one rate for every loan.
    """
    found = []
    repaid = 1.0 / max(
        [1.0, *(one.design.grace + (one.design.tenor - one.design.grace + 1) / 2 for one in terms if one)]
    )
    default = world.parameters["loan_default"][: out.pressure.shape[-1]]
    for stock, name, lost in (
        (s.GUARANTEED, "guarantee_cover", default),
        (s.SUBSIDISED, "interest_subsidy", 0.0),
    ):
        level = out.nation[:, stock]
        before = np.concatenate([np.zeros_like(level[:1]), level[:-1]])
        came = level - before + (repaid + lost) * (level + before) / 2.0
        lent = out.flows[:, s.LENDING]
        share = np.clip(np.divide(came, lent, out=np.zeros_like(lent), where=lent > 1e-12), 0.0, 1.0)
        for i, one in enumerate(terms):
            if one is None or one.one_cover:
                share[i] = 0.0 if one is None else getattr(one.design, name)
        found.append(share)
    return found


def _cash(
    lent, public, grants, book: Book, terms: list[YearTerms | None], lag, years: int
) -> dict[str, np.ndarray]:
    """Return the state's cash by kind, (years, n), positive when it spends. Rewards follow a year and their lag later."""
    n = lent.shape[-1]
    cash = {name: np.zeros((years, n)) for name in CASH}
    made = len(lent)
    cash["lending"][:made] = lent * public
    part = np.array([one.reward_part if one else 0.0 for one in terms])[:, None]
    cash["grants"][:made] = grants * (1.0 - part)
    later = 1.0 + lag
    whole = np.floor(later).astype(int)
    for y in range(made):
        for shift, weight in ((0, 1.0 - (later - whole)), (1, later - whole)):
            at = np.minimum(y + whole + shift, years - 1)
            np.add.at(cash["rewards"], (at, np.arange(n)), weight * (grants * part)[y])
    long = len(book.claims)
    lender = (
        np.concatenate([public, np.repeat(public[-1:], long - made, axis=0)])
        if long > made
        else public[:long]
    )
    cash["repayments"][:long] = -book.returned * lender
    cash["interest_support"][:long] = book.support * (1.0 - lender)
    cash["guarantee_claims"][:long] = book.claims
    once = np.array([one.fee_once if one else 0.0 for one in terms])[:, None]
    yearly = max((one.fee for one in terms if one), default=0.0)
    cash["guarantee_fees"][:long] = -yearly * book.guaranteed_at_start
    cash["guarantee_fees"][:made] -= once * lent
    return cash
