"""Compiled: acceptance averaged over hurdle rates, many draws at a time.

At each hurdle rate an establishment takes the better of loan and own funds, and the better of an offer and the
market. Every loop over draws is plain, so that it compiles to vector instructions. Shapes: n draws, Q hurdle rates.
"""

import numpy as np
from numba import njit

from cpmodel.model import elementary
from cpmodel.model.acceptance import bivariate_term
from cpmodel.model.compiled import INNER, OUTER, compiled, use_cache

use_cache()
_term = compiled(bivariate_term)


@njit(**OUTER)
def average_market(x_loan, x_own, y_loan, y_own, access, nodes, weights, accept):
    """Add to `accept` (n,) the share that accepts on the market's terms.

    x_loan, x_own (Q, n)   y_loan, y_own (n,): margins of payback and cash   access (n,)   weights (Q,)
    nodes    what `acceptance.correlation_nodes` returns for ρ (n,)
    """
    loan, own, share = np.empty(access.shape), np.empty(access.shape), np.empty(access.shape)
    for q in range(weights.shape[0]):
        _bivariate(x_loan[q], y_loan, nodes, loan)
        _bivariate(x_own[q], y_own, nodes, own)
        _share(access, loan, own, share)
        for d in range(access.shape[0]):
            accept[d] += weights[q] * share[d]


@njit(**OUTER)
def average_choice(x_loan, x_own, y_loan, y_own, access, mx_loan, mx_own, my_loan, my_own, m_access, shift, sigma,
                   log_payback, nodes, weights, out):  # fmt: skip
    """Add acceptance, use, investment and lending under an offer beside the market's terms to `out` (4, n).

    The first five arguments as in `average_market`, for the offer; the next five for the market. `shift` = ρ σ (n,):
    a mean of payback over those who accept is its mean times Φ2 at margins moved by σ and ρ σ.
    """
    n = access.shape[0]
    loan, own, share, without = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    loan_spent, own_spent = np.empty(n), np.empty(n)
    y_loan_moved, y_own_moved = y_loan - shift, y_own - shift
    mean = np.exp(log_payback + 0.5 * sigma * sigma)
    for q in range(weights.shape[0]):
        _bivariate(mx_loan[q], my_loan, nodes, loan)
        _bivariate(mx_own[q], my_own, nodes, own)
        _share(m_access, loan, own, without)
        _bivariate(x_loan[q], y_loan, nodes, loan)
        _bivariate(x_own[q], y_own, nodes, own)
        _share(access, loan, own, share)
        _bivariate(x_loan[q] - sigma, y_loan_moved, nodes, loan_spent)
        _bivariate(x_own[q] - sigma, y_own_moved, nodes, own_spent)
        _choose(weights[q], access, loan, own, share, without, mean, loan_spent, own_spent, out)


@njit(**INNER)
def _bivariate(x, y, nodes, out):
    """Fill `out` (n,) with Φ2(x, y; ρ)."""
    for d in range(out.shape[0]):
        out[d] = elementary.normal_cdf(x[d]) * elementary.normal_cdf(y[d])
    for i in range(nodes.shape[1]):
        for d in range(out.shape[0]):
            out[d] += _term(x[d], y[d], nodes[0, i, d], nodes[1, i, d], nodes[2, i, d])


@njit(**INNER)
def _share(access, loan, own, out):
    for d in range(out.shape[0]):
        better = loan[d] if loan[d] > own[d] else own[d]
        out[d] = access[d] * better + (1.0 - access[d]) * own[d]


@njit(**INNER)
def _choose(weight, access, loan, own, share, without, mean, loan_spent, own_spent, out):
    """Take the offer where it brings more to accept; of those who use it, some take its loan."""
    for d in range(access.shape[0]):
        takes = weight if share[d] > without[d] else 0.0
        borrows = takes * access[d] if loan[d] > own[d] else 0.0
        out[0, d] += weight * without[d] + takes * (share[d] - without[d])
        out[1, d] += takes * share[d]
        out[2, d] += mean[d] * (borrows * loan_spent[d] + (takes - borrows) * own_spent[d])
        out[3, d] += mean[d] * borrows * loan_spent[d]
