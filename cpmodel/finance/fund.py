"""A revolving fund: cash in hand and loans outstanding, year by year.

Nominal. Stocks are at 31 December, flows over the year; interest is earned on loans outstanding at the start.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpmodel.axes import equation


@equation(clauses="IV.4.c IV.4.d", source="Accounting identity of a revolving fund")
def next_cash(cash, loans, repaid, rate, injection, lent, administration):
    """Cash at the end of the year [money]: C' = C + P + r_f·L + injection − N − administration."""
    return cash + repaid + rate * loans + injection - lent - administration


@equation(clauses="IV.4.c IV.4.d", source="Accounting identity of a revolving fund")
def next_loans(loans, lent, repaid, written_off):
    """Loans outstanding at the end of the year [money]: L' = L + N − P − W."""
    return loans + lent - repaid - written_off


@equation(clauses="IV.4.c IV.4.d", source="Fisher (1930) relation, net of expected loss and cost")
def real_return(rate, hazard, loss_given_default, administration, inflation):
    """Real return on the fund's capital, approximate [1/year]: (1 + r_f − h·LGD − adm)/(1 + π) − 1.

    administration    yearly cost as a share of loans outstanding [1/year]; the rest [1/year] and [share]
    """
    return (1.0 + rate - hazard * loss_given_default - administration) / (1.0 + inflation) - 1.0


def run_fund(
    capital: float, demand, rate: float, tenor: float, hazard: float,
    loss_given_default: float, administration: float, injections=None, inflation: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """Balance of a revolving fund over the years of `demand`.

    capital    opening cash [money]   demand    loans asked for in each year [money]
    administration    share of opening loans [1/year]   injections    [money/year]   inflation    [1/year]
    Loans repay 1/tenor of what is performing each year; of what defaults, the loss is written off and the
    rest recovered in the year. The fund never lends cash it does not hold, so demand beyond that is unserved.
    Columns (money, nominal): lent, unserved, repaid, written_off, cash, loans, capital, real_capital.
    """
    demand = np.asarray(demand, dtype=float)
    injections = np.zeros_like(demand) if injections is None else np.asarray(injections, dtype=float)
    cash, loans, rows = float(capital), 0.0, []
    for year, (asked, injection) in enumerate(zip(demand, injections, strict=True), start=1):
        defaulted = hazard * loans
        written_off = defaulted * loss_given_default
        repaid = (loans - defaulted) / tenor + defaulted - written_off
        costs = administration * loans
        available = max(0.0, next_cash(cash, loans, repaid, rate, injection, 0.0, costs))
        lent = min(asked, available)
        cash = next_cash(cash, loans, repaid, rate, injection, lent, costs)
        loans = next_loans(loans, lent, repaid, written_off)
        real = (cash + loans) / (1.0 + inflation) ** year
        rows.append((year, lent, asked - lent, repaid, written_off, cash, loans, cash + loans, real))
    names = ["year", "lent", "unserved", "repaid", "written_off", "cash", "loans", "capital", "real_capital"]
    return pd.DataFrame(rows, columns=names).set_index("year")


def run_fund_under_stress(hazards, **fund) -> pd.DataFrame:
    """Capital of the same fund under several default rates: one column per hazard [1/year], rows are
    years."""
    return pd.DataFrame({hazard: run_fund(hazard=hazard, **fund)["capital"] for hazard in hazards})
