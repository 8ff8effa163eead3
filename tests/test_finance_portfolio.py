"""Loans made year by year, and the losses of the guarantees on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.finance.fiscal import lending_cash
from cpmodel.finance.guarantees import portfolio_losses
from cpmodel.finance.loans import amortise
from cpmodel.finance.portfolio import Book, book_of_loans

NEVER = float("inf")


def book(lent, schedule, cover=0.0, points=0.0, supported=NEVER, hazard=0.05, lgd=0.45):
    lent = np.atleast_2d(np.asarray(lent, float)).T
    full = np.ones_like(lent)
    n = np.ones(lent.shape[1])
    return book_of_loans(
        lent,
        10 * full,
        [schedule] * len(lent),
        cover * full,
        points * full,
        [supported] * len(lent),
        hazard * n,
        lgd * n,
    )


def test_one_years_lending_comes_back_as_the_single_loan_does():
    loan = amortise(1.0, 0.036, 10, 2)
    assert np.allclose(book([1.0], loan).returned[1:, 0], -lending_cash(loan, 0.05, 0.45)[1:], atol=1e-14)


def test_claims_of_one_year_are_worth_the_guarantees_expected_loss():
    """FINANCE row 5: cover .5, LGD .45, hazard .05, government rate .10, five equal principals."""
    claims = book([1.0], amortise(1.0, 0.12, 5), cover=0.5).claims[:, 0]
    worth = np.sum(claims * 1.10 ** -np.arange(len(claims)))
    assert worth == pytest.approx(0.0256434, abs=5e-8)


def test_without_default_a_loan_is_worth_its_face_at_its_own_rate():
    flows = book([3.0], amortise(1.0, 0.08, 6, 1), hazard=0.0).returned[:, 0]
    assert np.sum(flows * 1.08 ** -np.arange(len(flows))) == pytest.approx(3.0)


def test_support_ends_with_its_months():
    loan = amortise(1.0, 0.10, 4)
    found = book([1.0], loan, points=0.02, supported=1.5, hazard=0.0).support[:, 0]
    assert np.allclose(found[1:4], [0.02, 0.02 * 0.75 * 0.5, 0.0])


def test_a_guarantee_moves_the_lenders_loss_and_adds_none():
    loan = amortise(1.0, 0.09, 5)
    with_it, without = book([1.0], loan, cover=0.6), book([1.0], loan)
    assert np.allclose(with_it.returned - with_it.claims, without.returned)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=6), st.floats(0, 0.3), st.floats(0, 1))
def test_twice_the_lending_is_twice_the_book_and_every_loan_ends(lent, hazard, cover):
    loan = amortise(1.0, 0.07, 5, 1, "annuity")
    one, two = (book(np.multiply(k, lent), loan, cover, 0.02, NEVER, hazard) for k in (1.0, 2.0))
    for name in Book.__dataclass_fields__:
        if name != "loans_at_start":
            assert np.allclose(2 * getattr(one, name), getattr(two, name), rtol=1e-12)
    assert np.allclose(one.outstanding[-1], 0, atol=1e-8) and (one.outstanding >= -1e-9).all()


def test_years_without_lending_hold_nothing():
    empty = book_of_loans(
        np.zeros((3, 2)),
        np.zeros((3, 2)),
        [None] * 3,
        np.zeros((3, 2)),
        np.zeros((3, 2)),
        [0] * 3,
        0.05,
        0.45,
    )
    assert empty.claims.shape == (3, 2) and empty.outstanding.sum() == 0


def test_a_large_portfolio_of_known_parameters_has_the_vasicek_tail():
    """FINANCE: PD .05, correlation .15: 95th percentile .1371711, 99th .2098814."""
    n = 200_000
    loss = portfolio_losses(np.ones(n), 1e6, 1.0, 0.05, 0.15, np.random.default_rng(1))
    assert loss.mean() == pytest.approx(0.05, rel=0.02)
    assert np.quantile(loss, [0.95, 0.99]) == pytest.approx([0.1371711, 0.2098814], rel=0.02)


def test_a_small_portfolio_has_the_same_mean_and_a_longer_tail():
    n = 200_000
    few, many = (
        portfolio_losses(np.ones(n), k, 0.45, 0.05, 0.15, np.random.default_rng(2)) for k in (2.6, 1e4)
    )
    assert few.mean() == pytest.approx(many.mean(), rel=0.03)
    assert np.quantile(few, 0.99) > np.quantile(many, 0.99)


def test_no_loans_no_loss():
    assert portfolio_losses(np.zeros(5), np.zeros(5), 0.45, 0.05, 0.15, np.random.default_rng(0)).sum() == 0
