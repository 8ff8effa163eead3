"""Elementary functions on lanes: stand-ins for numpy's inside compiled kernels.

A call into the C library would take the draws of a block one by one. These are short polynomials without branches or
calls, accurate to a few units in the last place over the range that the equations use; a test holds each to numpy.
`compiled` puts them in the place of `np` when an equation is compiled; plain Python never sees them.
"""

import math

import numpy as np
from numba import njit
from numpy.polynomial import chebyshev
from scipy.special import erfcx

from cpmodel.model.inlining import INNER
from cpmodel.model.lanes import mantissa_and_exponent, maximum, minimum, power_of_two, root, where

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # Cody & Waite (1980)
ROUND = 6755399441055744.0  # 1.5 · 2**52: adding it leaves the nearest integer in the low bits
inf, sqrt = math.inf, root
LARGEST, SMALLEST = 709.0, -708.0  # beyond these e^x is not a normal number; the equations stay far inside


@njit(**INNER)
def exp(x):
    """e^x, relative error below 4e-16: x = k ln 2 + r, and the Taylor polynomial of degree 13 in |r| ≤ ln 2 / 2."""
    x = minimum(LARGEST, maximum(SMALLEST, x))
    shifted = x * LOG2_E + ROUND
    k = shifted - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    tail = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
    tail = 1.0 / 3628800.0 + r * (1.0 / 39916800.0 + r * tail)
    tail = 1.0 / 40320.0 + r * (1.0 / 362880.0 + r * tail)
    tail = 1.0 / 720.0 + r * (1.0 / 5040.0 + r * tail)
    tail = 1.0 / 24.0 + r * (1.0 / 120.0 + r * tail)
    tail = 0.5 + r * (1.0 / 6.0 + r * tail)
    return (1.0 + (r + r * r * tail)) * power_of_two(shifted)


@njit(**INNER)
def log(x):
    """Natural logarithm of a positive normal number, relative error below 1e-15.

    x = 2^e · m with m in [√½, √2); ln m = 2 artanh s, s = (m − 1) / (m + 1), by its series to s²⁰.
    """
    m, e = mantissa_and_exponent(x)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1.0 / 17.0 + z * (1.0 / 19.0 + z * (1.0 / 21.0))
    series = 1.0 / 11.0 + z * (1.0 / 13.0 + z * (1.0 / 15.0 + z * series))
    series = 1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * series))
    series = z * (1.0 / 3.0 + z * series)
    return e * LN2_HIGH + (2.0 * (s + s * series) + e * LN2_LOW)


@njit(**INNER)
def expm1(x):
    """e^x − 1 without cancellation near zero (Kahan's quotient): (u − 1) x / ln u with u = e^x."""
    u = exp(x)
    inside = log(maximum(1e-300, u))
    near = where(u == 1.0, x, (u - 1.0) * x / where(inside == 0.0, 1.0, inside))
    return where(u - 1.0 == -1.0, -1.0, near)


@njit(**INNER)
def log1p(x):
    """ln(1 + x) without cancellation near zero (Kahan's quotient): x ln u / (u − 1) with u = 1 + x."""
    u = 1.0 + x
    return where(u == 1.0, x, log(u) * x / where(u == 1.0, 1.0, u - 1.0))


@njit(**INNER)
def abs(x):
    """Magnitude."""
    return maximum(x, -x)


@njit(**INNER)
def floor(x):
    """Whole part of a plain number."""
    return float(math.floor(x))


def _scaled_erfc_polynomial(degree):
    """Return coefficients, highest first, of (1 + 2x) erfcx(x) as a polynomial in (x − 4) / (x + 4), on x ≥ 0."""

    def scaled(q):
        x = 4.0 * (1.0 + q) / np.maximum(1.0 - q, 1e-12)
        return (1.0 + 2.0 * x) * erfcx(x)

    return tuple(chebyshev.cheb2poly(chebyshev.chebinterpolate(scaled, degree))[::-1].tolist())


C = _scaled_erfc_polynomial(18)
SQRT_HALF = math.sqrt(0.5)


@njit(**INNER)
def normal_cdf(x):
    """Φ(x), absolute error below 1e-12, by the scaled complementary error function (Shepherd & Laframboise 1981)."""
    z = minimum(26.0, maximum(x, -x) * SQRT_HALF)
    q = (z - 4.0) / (z + 4.0)
    value = ((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5]
    value = (((((value * q + C[6]) * q + C[7]) * q + C[8]) * q + C[9]) * q + C[10]) * q + C[11]
    value = (((((value * q + C[12]) * q + C[13]) * q + C[14]) * q + C[15]) * q + C[16]) * q + C[17]
    tail = 0.5 * exp(-z * z) * (value * q + C[18]) / (1.0 + 2.0 * z)
    return where(x > 0.0, 1.0 - tail, tail)
