"""What the engine carries and what it is given: names and shapes, nothing else.

Shapes: n draws, innermost; C cells; R regions; J sectors; Z sizes; K rungs; Y years; P offers; V visibility nodes.
Stocks are shares of the living establishments of a cell; money is in billion VND of 2010.
"""

from typing import NamedTuple

import numpy as np

BLOCK = 16  # draws that the compiled engine takes together

CELL_STOCKS = ("unaware", "aware", "assessed", "rung_1", "rung_2", "rung_3", "units")
UNAWARE, AWARE, ASSESSED, RUNG_1, RUNG_2, RUNG_3, UNITS = range(7)

NATION_STOCKS = (
    "database",
    "demonstrations",
    "providers",
    "readiness",
    "fund",
    "loans",
    "guaranteed",
    "subsidised",
    "committed",
)
DATABASE, DEMONSTRATIONS, PROVIDERS, READINESS, FUND, LOANS, GUARANTEED, SUBSIDISED, COMMITTED = range(9)

# Flows over the year, national; they start each year at zero.
YEAR_FLOWS = ("assessments", "supported_assessments", "scheme_projects", "scheme_investment", "scheme_lending",
              "scheme_grants", "scheme_subsidy", "scheme_claims", "subsidy_equivalent", "newly_guaranteed",
              "newly_subsidised", "scheme_applications")  # fmt: skip
(ASSESSMENTS, SUPPORTED, PROJECTS, INVESTMENT, LENDING, GRANTS, SUBSIDY, CLAIMS, EQUIVALENT, NEW_GUARANTEES,
 NEW_POINTS, APPLICATIONS) = range(12)  # fmt: skip

# What the year's new users of the scheme invest and are promised to save a year, by size: tax falls on these.
USER_FLOWS = ("investment", "saving_1", "saving_2", "saving_3")

# What happens to those whom a year's volume or the cap on commitments cannot serve; see `mechanisms.scheme_service`.
WHEN_FULL = ("prorate", "queue", "stop")
PRORATE, QUEUE, STOP = range(3)

# Sums over a group of cells at the end of the year; shares are their ratios.
GROUP_SUMS = ("establishments", "awareness", "assessed", "adoption_lenient", "adoption_strict", "rung_1", "rung_2",
              "rung_3", "medium_large", "dedicated_units", "saving_electricity", "saving_fuel", "saving_materials",
              "saving_water", "energy_electricity", "energy_fuel")  # fmt: skip

# Which groups a run keeps sums of: the country, that and every region, sector and size, or region by size as well.
SUMS = COUNTRY, GROUPS, CROSSED = "country", "groups", "crossed"

# What one billion VND of investment under an offer means, per offer; the columns of `Offers.terms`.
TERMS = (
    "lending",
    "grants",
    "guaranteed",
    "subsidy_points",
    "equivalent_of_lending",
    "equivalent_of_investment",
    "equivalent_of_saving_1",
    "equivalent_of_saving_2",
    "equivalent_of_saving_3",
    "committed_of_lending",
    "committed_of_investment",
    "committed_of_saving_1",
    "committed_of_saving_2",
    "committed_of_saving_3",
)


class Layout(NamedTuple):
    """The cells and who sees whom; no draws."""

    region: np.ndarray  # (C,) int
    sector: np.ndarray  # (C,) int
    size: np.ndarray  # (C,) int
    establishments: np.ndarray  # (C,) at the start
    energy_use: np.ndarray  # (C, 2) electricity, fuel in 2010 [toe/year], all establishments of the cell
    neighbour_start: np.ndarray  # (R + 1,) int, rows of the neighbour list
    neighbours: np.ndarray  # (edges,) int
    offices: float  # provincial offices in the country


class Clock(NamedTuple):
    """Steps of the run: quarter years, the first one shorter."""

    step: np.ndarray  # (S,) length [years]
    start: np.ndarray  # (S,) time at the start of the step [years]
    year: np.ndarray  # (S,) int, index of the calendar year
    regime: np.ndarray  # (S,) int, which credit offers are open
    closes_year: np.ndarray  # (S,) bool, the step ends on 31 December
    first_year: int


class Spending(NamedTuple):
    """Money by use and year [bn VND of 2010 / year], shape (Y,) each."""

    outreach: np.ndarray
    office_training: np.ndarray
    provider_training: np.ndarray
    database: np.ndarray
    assessment_support: np.ndarray  # before the draw's split between grants and models
    support_open: np.ndarray  # share of the year in which fees may be paid
    network: np.ndarray
    finance: np.ndarray
    unit_mandate: np.ndarray  # 0 or 1
    readiness_multiplier: np.ndarray  # 0: none, 1: clause III.2.b in force
    certificates: np.ndarray  # 0 or 1


class Offers(NamedTuple):
    """Acceptance tables of the distinct offers, and who may take which when."""

    market: np.ndarray  # (regimes, Z) int, the market offer of a size
    scheme: np.ndarray  # (regimes, Z) int, the scheme offer of a size, −1 where none is open
    eligible: np.ndarray  # (regimes, C) 1.0 where the scheme is open to the cell
    nodes: np.ndarray  # (V,) visible adoption at which acceptance is tabulated [share]
    accept: np.ndarray  # (P, V, K, n) share of the assessed that accepts
    used: np.ndarray  # (P, V, K, n) share of the assessed that uses the scheme
    invested: np.ndarray  # (P, V, K, n) mean of payback over its users [years × share]
    lent: np.ndarray  # (P, V, K, n) the same, over those who take its loan
    terms: np.ndarray  # (P, len(TERMS), n)
    reach: np.ndarray  # (Z, n) share of establishments that know the scheme and do not shun it
    capacity: np.ndarray  # (regimes, 3) ceilings of lending, grants, guarantees [bn VND of 2010 / year]
    revolving: np.ndarray  # (regimes,) 1.0 where lending is out of the fund
    injection: np.ndarray  # (regimes,) into the fund [bn VND of 2010 / year]
    repayment: np.ndarray  # (n,) share of the outstanding stock repaid a year [1/year]
    loan_rate: np.ndarray  # (regimes,) what the fund earns [1/year]
    resource_bill: np.ndarray  # (J, Z) resource cost of an establishment [bn VND of 2010 / year]
    rule: np.ndarray  # (regimes,) int, place in `WHEN_FULL`
    appropriated: np.ndarray  # (regimes, 3) the three ceilings, summed over the year so far [bn VND of 2010]
    cap: (
        np.ndarray
    )  # (regimes,) on what all commitments are worth, discounted to the opening of credit [bn VND]
    cap_spread: np.ndarray  # (regimes,) decimal year up to which the cap is spread evenly; 0: first come
    worth: np.ndarray  # (regimes,) present value of one bn VND of 2010 committed then [bn VND]


OFFERS_BY_DRAW = (
    "accept",
    "used",
    "invested",
    "lent",
    "terms",
    "reach",
    "repayment",
)  # their last axis is draws


class Drivers(NamedTuple):
    """Trends that no lever moves."""

    growth: np.ndarray  # (Y, J, n) log growth of the number of establishments [1/year]
    size_at_start: np.ndarray  # (Y, J, n) log of the number at 1 January over that at the start
    output: np.ndarray  # (Y, n) industrial output, 2010 = 1


class Outputs(NamedTuple):
    """What a run returns."""

    nation: np.ndarray  # (Y, 9, n) NATION_STOCKS at 31 December
    flows: np.ndarray  # (Y, 12, n) YEAR_FLOWS over the year
    offices: np.ndarray  # (Y, R, n) probability that an office is competent
    groups: np.ndarray  # (Y, groups, 16, n) GROUP_SUMS
    pressure: np.ndarray  # (Y, n) demand for assessments over capacity at 31 December
    acceptance: (
        np.ndarray
    )  # (Y, 2, Z, K, n) acceptance under market terms and under the scheme, national mean
    worst_balance: np.ndarray  # (n,) largest |unaware + aware + assessed − 1| met
    bounds: np.ndarray  # (2, n) smallest and largest share met
    users: np.ndarray  # (Y, Z, 4, n) USER_FLOWS over the year [bn VND of 2010], [bn VND of 2010 / year]
    queue: np.ndarray  # (Y, n) establishments waiting for the scheme at 31 December


class Coefficients(NamedTuple):
    """Parameters as the engine reads them, shape (..., n); names are those of `data/parameters.csv`."""

    exit_rate: np.ndarray
    background_discovery: np.ndarray
    outreach_strength: np.ndarray
    outreach_exponent: np.ndarray
    outreach_half_saturation: np.ndarray
    contact_cost: np.ndarray
    outreach_reach: np.ndarray  # (Z, n)
    outreach_decay: np.ndarray
    database_strength: np.ndarray
    database_cost: np.ndarray
    database_build_time: np.ndarray
    database_decay: np.ndarray
    office_strength: np.ndarray
    word_of_mouth: np.ndarray
    neighbour_weight: np.ndarray
    visibility: np.ndarray
    certificate_visibility: np.ndarray
    forgetting: np.ndarray
    demonstration_cost: np.ndarray
    demonstration_decay: np.ndarray
    demonstration_effect: np.ndarray
    demonstration_half: np.ndarray
    assessment_base: np.ndarray  # (Z, n)
    support_response: np.ndarray
    self_assessment: np.ndarray
    guide_gain: np.ndarray
    assessment_fee: np.ndarray  # (Z, n)
    support_ceiling: np.ndarray
    support_share_ceiling: np.ndarray
    support_grant_share: np.ndarray
    assessments_per_fte: np.ndarray
    inhouse_assessments: np.ndarray
    capacity_per_training: np.ndarray
    capacity_per_network: np.ndarray
    provider_ceiling: np.ndarray
    provider_build_time: np.ndarray
    provider_attrition: np.ndarray
    readiness_time: np.ndarray
    readiness_cost: np.ndarray
    integration_readiness: np.ndarray
    loan_default: np.ndarray
    loss_given_default: np.ndarray
    uptake_rate: np.ndarray  # (K, n), derived: 1 / uptake_time [1/year]
    lapse_rate: np.ndarray  # (K, n)
    unit_protection: np.ndarray
    saving_share: np.ndarray  # (4, K, n)
    realisation: np.ndarray
    bill_saving: np.ndarray  # (K, n), derived: what a rung is expected to save of the resource bill
    office_training_rate: np.ndarray
    office_training_time: np.ndarray
    office_attrition: np.ndarray
    unit_background: np.ndarray
    unit_from_awareness: np.ndarray
    unit_from_office: np.ndarray
    unit_from_mandate: np.ndarray
    unit_loss: np.ndarray


def groups_of(sums: str, regions: int, sectors: int) -> int:
    """Return how many groups a run keeps sums of: country, regions, sectors, sizes, regions by size, in this order."""
    each = 1 + regions + sectors + 4
    return {COUNTRY: 1, GROUPS: each, CROSSED: each + 4 * regions}[sums]
