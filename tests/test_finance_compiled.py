"""The kernels that the engine compiles give the same numbers compiled and plain."""

import numba
import numpy as np

from cpmodel.finance.appraisal import longest_accepted_payback
from cpmodel.finance.tax import declining_balance_shield, depreciation_shield, interest_shield


def test_kernels_compile_and_agree_with_the_plain_ones():
    h = np.array([0.0, 0.1, 0.35, 0.8])
    terms = (12.0, 1.3, 0.1, 0.05, 0.6)
    plain = longest_accepted_payback(h, *terms, 0.7, 0.2, 0.5, 0.2)
    compiled = numba.njit(longest_accepted_payback)
    assert np.max(np.abs(compiled(h, *terms, 0.7, 0.2, 0.5, 0.2) - plain)) < 1e-12
    assert compiled(0.8, 12.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0) == np.inf
    assert abs(compiled(0.35, *terms, 0.7, 0.2, 0.5, 0.2) - plain[2]) < 1e-12
    for kernel, arguments in (
        (depreciation_shield, (8.0, 2.0)),
        (declining_balance_shield, (8.0, 2.0)),
        (interest_shield, (0.1, 7.0, 2.0, 1.0)),
    ):
        fast = numba.njit(kernel)
        assert np.max(np.abs(fast(h, *arguments) - kernel(h, *arguments))) < 1e-12
        assert abs(fast(0.35, *arguments) - kernel(0.35, *arguments)) < 1e-12
