"""Compiled: acceptance averaged over hurdle rates, a block of draws at a time.

At each hurdle rate an establishment takes the better of loan and own funds, and the better of an offer and the
market. Shapes: n draws, at least `BLOCK`; Q hurdle rates.
"""

from numba import njit

from cpmodel.model.acceptance import bivariate_term
from cpmodel.model.compiled import INNER, OUTER, compiled, use_cache
from cpmodel.model.elementary import exp, normal_cdf
from cpmodel.model.lanes import BLOCK, same, some, where
from cpmodel.model.rows import rows_at

use_cache()
_term = compiled(bivariate_term)


@njit(**OUTER)
def average_market(x_loan, x_own, margins, nodes, weights, accept):
    """Fill `accept` (1, n) with the share that accepts on the market's terms.

    x_loan, x_own (Q, n): margins of payback   margins (3, n): of cash with the loan and with own funds, and access
    weights (Q,)   nodes (3, q, n)    what `acceptance.correlation_nodes` returns
    """
    n = accept.shape[1]
    for first in range(0, n, BLOCK):
        d = min(first, n - BLOCK)  # the last block may overlap the one before
        loan, own, access = _way(x_loan, margins, 0, d), _way(x_own, margins, 1, d), rows_at(margins, d)[2]
        integral, total = rows_at(nodes, d), same(0.0)
        for q in range(len(weights)):
            total += weights[q] * _share(access, _both(loan, q, integral), _both(own, q, integral))
        rows_at(accept, d)[0] = total


@njit(**OUTER)
def average_choice(x_loan, x_own, margins, m_loan, m_own, m_margins, payback, nodes, weights, out):
    """Fill `out` (4, n) with acceptance, use, investment and lending under an offer beside the market's terms.

    The first three arguments as in `average_market`, for the offer; the next three for the market. payback (3, n):
    ρ σ, σ, ln median of payback; its mean over those who accept is its mean times Φ2 at margins moved by σ and ρ σ.
    """
    n = out.shape[1]
    for first in range(0, n, BLOCK):
        d = min(first, n - BLOCK)
        loan, own, access = _way(x_loan, margins, 0, d), _way(x_own, margins, 1, d), rows_at(margins, d)[2]
        m_ways = _way(m_loan, m_margins, 0, d), _way(m_own, m_margins, 1, d)
        shift, sigma, log_payback = rows_at(payback, d)[0], rows_at(payback, d)[1], rows_at(payback, d)[2]
        spent_loan, spent_own = _moved(loan, shift), _moved(own, shift)
        integral, mean = rows_at(nodes, d), exp(log_payback + 0.5 * sigma * sigma)
        accept, used, invested, lent = same(0.0), same(0.0), same(0.0), same(0.0)
        for q in range(len(weights)):
            market = _both(m_ways[0], q, integral), _both(m_ways[1], q, integral)
            without = _share(rows_at(m_margins, d)[2], market[0], market[1])
            by_loan, by_own = _both(loan, q, integral), _both(own, q, integral)
            share = _share(access, by_loan, by_own)
            takes = where(share > without, weights[q], 0.0)  # the offer where it brings more to accept
            borrows = where(by_loan > by_own, takes * access, 0.0)  # of those who use it, some take its loan
            accept += weights[q] * without + takes * (share - without)
            used += takes * share
            if some(takes > 0.0):
                lending = (
                    mean * borrows * _bivariate(loan[0][q] - sigma, spent_loan[0], spent_loan[1], integral)
                )
                own_spent = _bivariate(own[0][q] - sigma, spent_own[0], spent_own[1], integral)
                invested += lending + mean * (takes - borrows) * own_spent
                lent += lending
        result = rows_at(out, d)
        result[0], result[1], result[2], result[3] = accept, used, invested, lent


@njit(**INNER)
def _way(x, margins, row, d):
    """One way to pay: margins of payback by hurdle rate, margin of cash, and the share whose cash suffices."""
    y = rows_at(margins, d)[row]
    return rows_at(x, d), y, normal_cdf(y)


@njit(**INNER)
def _moved(way, shift):
    """Margin of cash, and the share below it, of a mean of payback."""
    y = way[1] - shift
    return y, normal_cdf(y)


@njit(**INNER)
def _both(way, q, nodes):
    """Share whose payback is short enough at hurdle rate q and whose cash suffices."""
    return _bivariate(way[0][q], way[1], way[2], nodes)


@njit(**INNER)
def _share(access, loan, own):
    """Share that accepts by the better way, for those who can get the loan, and by own funds for the others."""
    return access * where(loan > own, loan, own) + (1.0 - access) * own


@njit(**INNER)
def _bivariate(x, y, below_y, nodes):
    """Φ2(x, y; ρ), with Φ(y) known."""
    total = normal_cdf(x) * below_y
    for i in range(nodes.shape[1]):
        total += _term(x, y, nodes[0, i], nodes[1, i], nodes[2, i])
    return total
