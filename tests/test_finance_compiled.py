"""The equations of finance that the engine compiles give the same numbers compiled and plain."""

import numpy as np
import pytest
from numba import njit

from cpmodel.finance import appraisal, loans, rationing, tax
from cpmodel.model.compiled import compiled
from cpmodel.model.lanes import BLOCK, same
from cpmodel.model.rows import rows

H = np.concatenate([[0.0, 1e-9, 9e-4, 0.1, 0.35, 0.8], np.geomspace(1e-4, 50.0, BLOCK - 6)])
TERMS = (12.0, 1.3, 0.1, 0.05, 0.6)
CASES = [
    (loans.annuity_factor, (12.5,)),
    (loans.loan_value, (0.1, 7.0, 2.0, 1.0)),
    (loans.loan_value, (0.036, 10.0, 1.0, 0.0)),
    (loans.balance_left, (3.0, 9.0, 0.4)),
    (tax.depreciation_shield, (8.0, 2.0)),
    (tax.depreciation_shield, (7.0, 1.5)),
    (tax.interest_shield, (0.1, 7.0, 2.0, 1.0)),
    (tax.interest_shield, (0.1, 7.0, 2.0, 0.0)),
    (appraisal.longest_accepted_payback, (*TERMS, 0.7, 0.2, 0.5, 0.2)),
    (rationing.bankable_saving, (0.1, 0.2, 0.1, 0.6, 1.2)),
]


def abreast(equation, h, arguments):
    """Return an equation at every h, compiled as the kernels do: discount and contract rates are draws abreast."""
    fast, rated = compiled(equation), equation.__code__.co_varnames[1] == "rate"

    @njit(error_model="numpy", fastmath={"contract"})
    def loop(x, out, arguments):
        if rated:
            rows(out)[0] = fast(rows(x)[0], same(arguments[0]), *arguments[1:])
        else:
            rows(out)[0] = fast(rows(x)[0], *arguments)

    out = np.empty((1, BLOCK))
    loop(h[None], out, tuple(map(float, arguments)))
    return out[0]


@pytest.mark.parametrize(("equation", "arguments"), CASES)
def test_an_equation_of_finance_compiles_and_agrees_with_the_plain_one(equation, arguments):
    plain = equation(H, *arguments)
    assert np.allclose(abreast(equation, H, arguments), plain, rtol=1e-12, atol=1e-12)


def test_support_that_covers_the_whole_cost_is_always_accepted():
    full = (12.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    assert (abreast(appraisal.longest_accepted_payback, H, full) == np.inf).all()
