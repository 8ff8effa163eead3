"""Compiled: acceptance averaged over hurdle rates, a block of draws at a time.

At each hurdle rate an establishment takes the better of loan and own funds, and the better of an offer and the
market. Shapes: n draws, at least `BLOCK`; Q hurdle rates.
"""

from numba import njit

from cpmodel.model.acceptance import bivariate_term
from cpmodel.model.compiled import INNER, OUTER, compiled, use_cache
from cpmodel.model.elementary import exp, normal_cdf
from cpmodel.model.lanes import BLOCK, same, where
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
        ways, integral = (rows_at(x_loan, d), rows_at(x_own, d), rows_at(margins, d)), rows_at(nodes, d)
        total = same(0.0)
        for q in range(len(weights)):
            total += weights[q] * _share(ways, q, integral)[0]
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
        ways, integral = (rows_at(x_loan, d), rows_at(x_own, d), rows_at(margins, d)), rows_at(nodes, d)
        market = rows_at(m_loan, d), rows_at(m_own, d), rows_at(m_margins, d)
        shift, sigma, log_payback = rows_at(payback, d)[0], rows_at(payback, d)[1], rows_at(payback, d)[2]
        mean = exp(log_payback + 0.5 * sigma * sigma)
        accept, used, invested, lent = same(0.0), same(0.0), same(0.0), same(0.0)
        for q in range(len(weights)):
            without = _share(market, q, integral)[0]
            share, loan, own = _share(ways, q, integral)
            loan_spent = _bivariate(ways[0][q] - sigma, ways[2][0] - shift, integral)
            own_spent = _bivariate(ways[1][q] - sigma, ways[2][1] - shift, integral)
            takes = where(share > without, weights[q], 0.0)  # the offer where it brings more to accept
            borrows = where(loan > own, takes * ways[2][2], 0.0)  # of those who use it, some take its loan
            accept += weights[q] * without + takes * (share - without)
            used += takes * share
            invested += mean * (borrows * loan_spent + (takes - borrows) * own_spent)
            lent += mean * borrows * loan_spent
        result = rows_at(out, d)
        result[0], result[1], result[2], result[3] = accept, used, invested, lent


@njit(**INNER)
def _share(ways, q, integral):
    """Return the share that accepts at hurdle rate q, with access to the loan or not; and with each for certain."""
    x_loan, x_own, margins = ways
    loan, own = _bivariate(x_loan[q], margins[0], integral), _bivariate(x_own[q], margins[1], integral)
    return margins[2] * where(loan > own, loan, own) + (1.0 - margins[2]) * own, loan, own


@njit(**INNER)
def _bivariate(x, y, nodes):
    """Φ2(x, y; ρ)."""
    total = normal_cdf(x) * normal_cdf(y)
    for i in range(nodes.shape[1]):
        total += _term(x, y, nodes[0, i], nodes[1, i], nodes[2, i])
    return total
