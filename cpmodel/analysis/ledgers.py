"""The state's money in a run, draw by draw: cash by kind, the book of loans, claims as they may fall.

Money is nominal. Flows of a run are in prices of 2010 and are carried to their year by consumer prices; loans are then
followed one year's lending at a time until the last is repaid, and tax forgone one year's users at a time until their
options are worn out, beyond the run's horizon if need be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cpmodel.analysis.financing import Pair
from cpmodel.axes import RUNGS, SIZES
from cpmodel.finance.design import Design
from cpmodel.finance.guarantees import first_loss_payment, portfolio_losses, share_borne
from cpmodel.finance.loans import LoanSchedule, amortise
from cpmodel.finance.portfolio import Book, book_of_loans
from cpmodel.finance.relief import relieves_tax, tax_forgone
from cpmodel.model import levers
from cpmodel.model import state as s
from cpmodel.model.ensemble import World
from cpmodel.model.limits import FOLLOWED, saving_that_stands
from cpmodel.model.regimes import later_tax_rates
from cpmodel.outlook.draws import uniforms

CASH = (
    "lending",
    "repayments",
    "interest_support",
    "grants",
    "rewards",
    "guarantee_claims",
    "guarantee_fees",
    "tax_forgone",
)


@dataclass(frozen=True)
class YearTerms:
    """What one calendar year's users of the scheme get; sizes that differ are averaged over who lends."""

    design: Design
    by_size: dict[str, Design]
    market: Design
    schedule: LoanSchedule | None
    public: bool
    fee_once: float
    fee: float
    supported_years: float
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
    design = next((d for d in designs.values() if d.loan_share > 0), next(iter(designs.values())))
    schedule = None
    if design.loan_share > 0:
        schedule = amortise(1.0, design.loan_rate, design.tenor, design.grace, design.profile)
    one = next(package for package in packages.values() if package is not None)
    return YearTerms(
        design, designs, levers.market_terms(*around[:2]), schedule, one.public, one.fee_once, one.fee,
        one.supported_years,
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
    cover, points = (
        np.divide(out.flows[:, i], out.flows[:, s.LENDING], out=np.zeros_like(lent), where=lent > 0)
        for i in (s.NEW_GUARANTEES, s.NEW_POINTS)
    )
    shares = np.array([one.design.loan_share if one else 0.0 for one in terms])[:, None]
    with_loan = np.divide(lent, shares * invested, out=np.zeros_like(lent), where=shares * invested > 0)
    book = book_of_loans(
        lent, out.flows[:, s.PROJECTS] * np.clip(with_loan, 0.0, 1.0), [one and one.schedule for one in terms],
        cover, points, [one.supported_years if one else 0.0 for one in terms],
        p["loan_default"], p["loss_given_default"], cover * _times_its_cover(terms, p),
    )  # fmt: skip
    forgone = _tax_forgone(world, out, terms)
    longest = max(len(book.claims), len(lent) + 3, len(forgone))
    years = np.arange(world.years[0], world.years[0] + longest)
    cash = _cash(lent, public, grants, book, terms, p["refund_lag"], longest)
    cash["tax_forgone"][: len(forgone)] = forgone
    seed = int(uniforms(world.inputs.scenario.seed, "guarantee_claims", 1)[0] * 2**32)
    claims = portfolio_losses(
        book.guaranteed_at_start, book.loans_at_start, p["loss_given_default"], p["loan_default"],
        p["default_correlation"], np.random.default_rng(seed),
    )  # fmt: skip
    share, first_loss = _layers(terms)
    if share > 0.0 and first_loss > 0.0:
        guaranteed = book.guaranteed_at_start
        claims = first_loss_payment(claims / share, first_loss * guaranteed, share, guaranteed)
    equivalent = out.flows[:, s.EQUIVALENT] * price
    return Ledger(years, cash, book, claims, lent, lent * public, grants, invested, lent * cover, equivalent)


def _layers(terms: list[YearTerms | None]) -> tuple[float, float]:
    """Return the cover of the guarantee and its first loss [share]; one guarantee is open in a run."""
    designs = [design for one in terms if one for design in one.by_size.values()]
    return tuple(
        max((getattr(d, name) for d in designs), default=0.0) for name in ("guarantee_cover", "first_loss")
    )


def _times_its_cover(terms: list[YearTerms | None], p: dict[str, np.ndarray]) -> np.ndarray | float:
    """Return how many times its cover of a loss the guarantor bears: 1, or more with a first loss, (n,)."""
    cover, first_loss = _layers(terms)
    if cover == 0.0 or first_loss == 0.0:
        return 1.0
    return (
        share_borne(cover, p["loss_given_default"], p["loan_default"], p["default_correlation"], first_loss)
        / cover
    )


def ledgers_of(pair: Pair) -> dict[str, Ledger]:
    """Return the money of the supported side of a pair, by variant."""
    return {variant: ledger(pair.worlds[variant], out) for variant, out in pair.supported.items()}


def _tax_forgone(world: World, out: s.Outputs, terms: list[YearTerms | None]) -> np.ndarray:
    """Return tax forgone by year [bn VND, nominal], (T, n): year by year of users, size by size, at each year's rates.

    A user's saving counts as far as it is realised and stands; depreciation and deductions count in full.
    """
    draws = out.pressure.shape[-1]
    relieved = [y for y, one in enumerate(terms) if one and any(map(relieves_tax, one.by_size.values()))]
    p = {name: values[..., :draws] for name, values in world.parameters.items()} if relieved else {}
    found = np.zeros((len(world.years) + 1 + (FOLLOWED if relieved else 0), draws))
    standing = [saving_that_stands(p, k, FOLLOWED) for k in range(len(RUNGS)) if relieved]
    for y in relieved:
        standard = later_tax_rates(world, y)
        for z, size in enumerate(SIZES):
            design = terms[y].by_size.get(size, terms[y].design)
            of_saving, of_investment = tax_forgone(design, terms[y].market, FOLLOWED, standard)
            users = out.users[y, z] * world.price[y]
            saved = sum(share * users[1 + k] for k, share in enumerate(standing))
            found[y + 1 : y + 1 + FOLLOWED] += of_saving[:, None] * saved + of_investment[:, None] * users[0]
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
