"""Credit guarantees: expected loss, price, first loss on the portfolio, and the tail.

Nominal; losses are paid at the end of the year of default; hazards are per year, cover and loss given
default are shares. A rate of default is never estimated as zero because no claim has been seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from cpmodel.axes import equation


@equation(clauses="IV.4.c IV.4.d", source="Survival at a constant default hazard")
def surviving_share(hazard, period):
    """Share of loans still performing at the start of period 1, 2, …: (1 − hazard)^(period − 1)."""
    return (1.0 - hazard) ** (period - 1.0)


@equation(
    clauses="IV.4.c IV.4.d",
    source="Exposure × default × loss given default: Basel Committee (2005), IRB functions",
)
def expected_loss(opening, cover, loss_given_default, hazard, discount_rate) -> float:
    """Expected loss of a guarantee, in present value [money, nominal].

    opening    balance at the start of each year [money], from an undefaulted schedule
    cover, loss_given_default    [share]   hazard    of default [1/year]   discount_rate    government
    [1/year]
        EL = Σ c·LGD·h·S_{t−1}·B_{t−1}/(1 + δ)^t,   S_{t−1} = (1 − h)^(t−1)
    """
    opening = np.asarray(opening, dtype=float)
    t = np.arange(1, len(opening) + 1, dtype=float)
    lost = cover * loss_given_default * hazard * surviving_share(hazard, t) * opening
    return float(np.sum(lost / (1.0 + discount_rate) ** t))


@equation(
    clauses="IV.4.c IV.4.d", source="Fees of a partial guarantee: Honohan (2010), J. Financial Stability 6(1)"
)
def fee_value(opening, cover, upfront_fee, yearly_fee, hazard, discount_rate) -> float:
    """Present value of guarantee fees [money, nominal].

    upfront_fee    on the amount covered, paid at t = 0 [share]
    yearly_fee    on the covered opening balance of loans still performing, paid at year end [1/year]
    """
    opening = np.asarray(opening, dtype=float)
    t = np.arange(1, len(opening) + 1, dtype=float)
    yearly = yearly_fee * cover * surviving_share(hazard, t) * opening
    return float(upfront_fee * cover * opening[0] + np.sum(yearly / (1.0 + discount_rate) ** t))


def guarantee_subsidy(loss: float, fees: float, administration: float = 0.0, capital: float = 0.0) -> float:
    """Subsidy inside a guarantee [money, present value]: expected loss + administration + capital − fees."""
    return loss + administration + capital - fees


@equation(clauses="IV.4.c IV.4.d", source="PRGFEE terms (S180): first loss on the portfolio, then pari passu")
def first_loss_payment(portfolio_loss, first_loss, share_beyond=0.0, ceiling=np.inf):
    """What the guarantor pays on a portfolio loss [money].

    portfolio_loss    loss of the whole portfolio, never of one loan [money]   first_loss    layer borne in
    full [money]
    share_beyond    share of losses beyond that layer   ceiling    total exposure [money]
        min(L, F) + share·max(L − F, 0), at most the ceiling
    """
    beyond = np.maximum(portfolio_loss - first_loss, 0.0)
    return np.minimum(np.minimum(portfolio_loss, first_loss) + share_beyond * beyond, ceiling)


@equation(
    clauses="IV.4.c IV.4.d",
    source="Vasicek (2002) for the large portfolio; first loss on it, then pari passu (S180)",
)
def share_borne(cover, loss_given_default, probability, correlation, first_loss=0.0, nodes: int = 64):
    """Share of a large portfolio's expected loss that the guarantor bears [share]; its cover without a first loss.

    first_loss    layer borne in full, share of the amount guaranteed and of what is then outstanding   nodes    of the
    Gauss–Hermite rule over the common factor Z; arguments may be (n,)
        E[pay(LGD·PD(Z))] / (LGD·PD),   pay from `first_loss_payment`
    """
    if not first_loss or not np.any(cover):
        return cover * np.ones_like(probability)
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    loss = loss_given_default * np.stack([conditional_default(probability, correlation, z) for z in points])
    paid = first_loss_payment(loss, first_loss * cover, cover, cover)
    return weights @ paid / (weights @ loss)


@equation(clauses="IV.4.c IV.4.d", source="Vasicek (2002), Loan portfolio value, Risk 15(12)")
def conditional_default(probability, correlation, factor):
    """Default rate given the common factor Z [share per year]; a low Z is a bad year.

    PD(Z) = Φ((Φ⁻¹(PD) − √ρ·Z)/√(1 − ρ))
    """
    return ndtr((ndtri(probability) - np.sqrt(correlation) * factor) / np.sqrt(1.0 - correlation))


def default_quantile(probability, correlation, level):
    """Default rate that is exceeded with chance 1 − level in a large portfolio [share per year]."""
    return conditional_default(probability, correlation, -ndtri(level))


@dataclass(frozen=True)
class LossTail:
    """Loss of a portfolio over one year [money]: mean, 95th and 99th percentile, and the sampled losses."""

    mean: float
    p95: float
    p99: float
    losses: np.ndarray


def loss_tail(
    exposures, cover, loss_given_default, probability, correlation, random: np.random.Generator,
    samples: int = 10_000, first_loss_share: float | None = None,
) -> LossTail:  # fmt: skip
    """Sampled one-year loss of the guarantor on a finite portfolio [money].

    exposures    outstanding of each guaranteed loan [money]   correlation    of the latent factor [share]
    first_loss_share    layer borne in full, share of the guaranteed amount; None for pari passu from the
    start
    """
    exposures = np.asarray(exposures, dtype=float)
    factor = random.standard_normal((samples, 1))
    chance = conditional_default(probability, correlation, factor)
    defaults = random.random((samples, len(exposures))) < chance
    losses = defaults @ (exposures * loss_given_default)
    guaranteed = cover * np.sum(exposures)
    layer = 0.0 if first_loss_share is None else first_loss_share * guaranteed
    paid = first_loss_payment(losses, layer, cover, guaranteed)
    return LossTail(float(paid.mean()), float(np.quantile(paid, 0.95)), float(np.quantile(paid, 0.99)), paid)


def portfolio_losses(
    exposure, loans, loss_given_default, probability, correlation, random: np.random.Generator
) -> np.ndarray:
    """Sampled one-year loss of the guarantor on portfolios of like loans, one for each sample (n,) [money].

    exposure    amount guaranteed [money]   loans    number of them, need not be whole   all may be (n,)
    probability, loss_given_default, correlation    the sample's own [share]: what is not known about them widens the
    tail, which a sample of the common factor alone would not show
    Source: Vasicek (2002) for the common factor; loans then default one by one, as a small portfolio does.
    """
    shape = np.broadcast_shapes(
        *map(np.shape, (exposure, loans, loss_given_default, probability, correlation))
    )
    chance = conditional_default(probability, correlation, random.standard_normal(shape))
    whole = np.floor(np.broadcast_to(loans, shape) + random.random(shape)).astype(np.int64)
    defaults = random.binomial(whole, np.clip(chance, 0.0, 1.0))
    return defaults * np.asarray(exposure) / np.maximum(loans, 1e-300) * loss_given_default


@dataclass(frozen=True)
class DefaultEstimate:
    """Default rate with its 90 % credible interval [share per loan and year]."""

    mean: float
    low: float
    high: float


@equation(clauses="IV.4.c IV.4.d", source="Jeffreys (1946) prior Beta(½, ½) with binomial claims")
def default_estimate(claims: float, loan_years: float, prior=(0.5, 0.5)) -> DefaultEstimate:
    """Default rate from claims paid on guaranteed loan-years; above zero even with no claim at all.

    claims, loan_years    counts, claims ≤ loan_years   prior    parameters of the beta prior, both > 0
        mean = (claims + a)/(loan_years + a + b)
    """
    a, b = claims + prior[0], loan_years - claims + prior[1]
    return DefaultEstimate(float(a / (a + b)), float(betaincinv(a, b, 0.05)), float(betaincinv(a, b, 0.95)))
