"""Compiled: acceptance averaged over hurdle rates, a block of draws at a time.

At each hurdle rate an establishment takes the better of loan and own funds, and the better of an offer and the
market. The same order as `choices`, in plain numpy.
"""

from numba import njit

from cpmodel.finance.design import MARKET_LOAN_SHARE
from cpmodel.model import acceptance
from cpmodel.model.compiled import compiled
from cpmodel.model.elementary import exp, log, normal_cdf
from cpmodel.model.inlining import INNER, OUTER
from cpmodel.model.lanes import same, some, where
from cpmodel.model.rows import fields, rows, rows_at
from cpmodel.model.state import BLOCK
from cpmodel.model.thresholds import LOAN, OWN, set_longest, set_values

_term = compiled(acceptance.bivariate_term)
_payback_margin = compiled(acceptance.payback_margin)
_cash_margin = compiled(acceptance.cash_margin)
_correlation = compiled(acceptance.margin_correlation)
_loan_access = compiled(acceptance.loan_access)


@njit(**OUTER)
def fill_tables(first, last, terms, rates, frictions, prices, places, firms, grid, work, shares, tables):
    """Tabulate what establishments accept on each terms, for blocks `first` to `last` of the draws.

    T terms, each met under the prices of one offer or of several, P offers in all
    terms (T,)    `terms.TERMS`   rates of the loan, frictions [share of investment]    (T, n)   prices    (P, n)
    places (P, 2)    of each offer: the row of the market beside it, its own row in the tables   firms (sizes, blocks)
    grid    hurdle rates in standard deviations, their weights, levels of visible adoption   work    `Thresholds`
    shares (M, V, K, Q, n)    that accept at each hurdle rate on the market's terms: filled by the market, read by offers
    tables    four of (rows, V, K, n): acceptance, use, investment and lending; the market fills the first alone
    """
    hurdles, weights, seen = grid
    work = rows(work)
    for block in range(first, last):
        d = block * BLOCK
        for t in range(len(terms)):
            term, p = terms[t], fields(firms[terms[t].size, block])
            rate, friction = rows_at(rates, d)[t], rows_at(frictions, d)[t]
            access = _access(term, p)
            set_values(term, p, rate, hurdles, work)
            for k in range(3):
                set_longest(k, term, p, rate, friction, seen, work)
                for i in range(term.first, term.last):
                    beside, row = places[i]
                    margins = _margins(k, term, p, access, rows_at(prices, d)[i])
                    for v in range(len(seen)):
                        met = rows_at(shares, d)[beside, v, k]
                        longest = work.longest[LOAN, v], work.longest[OWN, v]
                        if term.scheme:
                            _choose(longest, margins, p.nodes[k], weights, met, d, row, v, k, tables)
                        else:
                            total = _average(longest, margins, p.nodes[k], weights, met)
                            rows_at(tables[0], d)[row, v, k] = total


@njit(**INNER)
def _access(term, p):
    """Share that passes the lender's tests of score and collateral."""
    carries = p.market_collateral_share
    if term.collateral_share > 0.0:
        carries = same(term.collateral_share)
    log_loan = log(max(term.loan_share, 1e-9) / MARKET_LOAN_SHARE * p.market_collateral_share / carries)
    return _loan_access(
        p.credit_access,
        p.score_refusal,
        p.guarantee_response,
        term.guarantee_cover,
        p.collateral_response,
        log_loan,
    )


@njit(**INNER)
def _margins(k, term, p, access, log_price):
    """What a year's prices make of a rung: scale and place of payback, access, and the cash of each way to pay."""
    sigma, log_payback, log_cash = (
        p.payback_sigma[k],
        log(p.payback_median[k]) - log_price,
        log(p.cash_median),
    )
    shift = _correlation(sigma, p.cash_ratio_sigma) * sigma
    own, with_loan = max(1.0 - term.grant_share, 1e-9), max(1.0 - term.loan_share - term.grant_share, 1e-9)
    y_loan = _cash_margin(log_cash, log_payback, p.bill_saving[k], with_loan, sigma, p.cash_ratio_sigma)
    y_own = _cash_margin(log_cash, log_payback, p.bill_saving[k], own, sigma, p.cash_ratio_sigma)
    return (
        (sigma, log_payback, access), (_below(y_loan), _below(y_own)), (_below(y_loan - shift), _below(y_own - shift)),
    )  # fmt: skip


@njit(**INNER)
def _below(y):
    """A margin of cash, and the share whose cash suffices."""
    return y, normal_cdf(y)


@njit(**INNER)
def _average(longest, margins, nodes, weights, met):
    """Return the share that accepts on the market's terms; set what it is at each hurdle rate."""
    shape, (cash_loan, cash_own), _ = margins
    total = same(0.0)
    for q in range(len(weights)):
        by_loan = _both(_payback_margin(longest[LOAN][q], shape[1], shape[0]), cash_loan, nodes)
        by_own = _both(_payback_margin(longest[OWN][q], shape[1], shape[0]), cash_own, nodes)
        share = _share(shape[2], by_loan, by_own)
        met[q] = share
        total += weights[q] * share
    return total


@njit(**INNER)
def _choose(longest, margins, nodes, weights, met, d, row, v, k, tables):
    """Set acceptance, use, investment and lending under an offer beside the market's terms.

    The mean payback of those who accept is its mean times Φ2 at margins moved by σ and ρ σ.
    """
    (sigma, log_payback, access), (cash_loan, cash_own), (spent_loan, spent_own) = margins
    mean = exp(log_payback + 0.5 * sigma * sigma)
    accept, used, invested, lent = same(0.0), same(0.0), same(0.0), same(0.0)
    for q in range(len(weights)):
        x_loan = _payback_margin(longest[LOAN][q], log_payback, sigma)
        x_own = _payback_margin(longest[OWN][q], log_payback, sigma)
        by_loan, by_own, without = _both(x_loan, cash_loan, nodes), _both(x_own, cash_own, nodes), met[q]
        share = _share(access, by_loan, by_own)
        takes = where(share > without, weights[q], 0.0)  # the offer where it brings more to accept
        borrows = where(by_loan > by_own, takes * access, 0.0)  # of those who use it, some take its loan
        accept += weights[q] * without + takes * (share - without)
        used += takes * share
        if some(takes > 0.0):
            lending = mean * borrows * _both(x_loan - sigma, spent_loan, nodes)
            invested += lending + mean * (takes - borrows) * _both(x_own - sigma, spent_own, nodes)
            lent += lending
    rows_at(tables[0], d)[row, v, k], rows_at(tables[1], d)[row, v, k] = accept, used
    rows_at(tables[2], d)[row, v, k], rows_at(tables[3], d)[row, v, k] = invested, lent


@njit(**INNER)
def _share(access, loan, own):
    """Share that accepts by the better way, for those who can get the loan, and by own funds for the others."""
    return access * where(loan > own, loan, own) + (1.0 - access) * own


@njit(**INNER)
def _both(x, cash, nodes):
    """Share whose payback is short enough and whose cash suffices: Φ2(x, y; ρ), with Φ(y) known."""
    y, below = cash
    total = normal_cdf(x) * below
    for i in range(nodes.shape[1]):
        total += _term(x, y, nodes[0, i], nodes[1, i], nodes[2, i])
    return total
