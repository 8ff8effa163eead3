"""The typical project of a sector, size and option, from the data, and the share of establishments that accepts it.

Every figure of the project says what it is (observed, derived, elicited, modelled, given), its grade and where it
comes from. "Typical" is the median of the prior: half of the establishments meet a longer payback, half a shorter one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from cpmodel.axes import RUNGS, SIZES
from cpmodel.errors import BadInput, Problem, Problems, nearest
from cpmodel.finance.design import Design
from cpmodel.finance.guarantees import first_loss_payment, portfolio_losses
from cpmodel.finance.projects import TypicalProject
from cpmodel.inputs.datasets import read
from cpmodel.inputs.load import Inputs
from cpmodel.inputs.parameters import Parameters
from cpmodel.inputs.places import bare
from cpmodel.model.ensemble import uniforms_of
from cpmodel.model.offers import Offer, make_market, with_offers
from cpmodel.model.surroundings import extended_prices, tax_rates
from cpmodel.outlook.draws import all_uniforms, uniforms
from cpmodel.units import convert

KINDS = {"A": "observed", "B": "derived", "C": "recalled", "J": "elicited"}
BARRIERS = ("payback", "own_cash", "collateral", "score", "cash_flow", "application_cost")
NONE = 1e-9  # stands for a chance of nought where log-odds are taken
PATIENT = 1e-3  # 1/year: a hurdle rate so low that any option which repays within its life is accepted


@dataclass(frozen=True)
class Typical:
    """A typical project with the origin of its figures: figure, value, unit, kind, grade, source."""

    project: TypicalProject
    facts: pd.DataFrame


def sector_groups(text: str, names: pd.DataFrame, divisions: pd.DataFrame) -> list[str]:
    """Return the sector groups that a word may mean; one where it is clear, none where nothing has such a name.

    text    an id, a VSIC code, a name, or words of one in either language ("textiles", "dệt", "17", "steel")
    names, divisions    data/sector_groups.csv and data/sectors.csv
    Words as written come before words without marks, whole words before parts of words; a final s is not heard.
    """
    code = str(text).strip().zfill(2)
    places = [(row.sector, f"{row.sector} {row.name_en} {row.name_vi}") for row in names.itertuples()]
    places += [
        (row.sector, f"{row.name_en} {row.name_vi} {row.energy_balance_subsector}")
        for row in divisions.itertuples()
    ]
    coded = list(divisions.loc[divisions["vsic_code"].astype(str).str.zfill(2) == code, "sector"])
    same = [
        row.sector
        for row in names.itertuples()
        if bare(text) in map(bare, (row.sector, row.name_en, row.name_vi))
    ]
    searches = [coded, same]
    for plain in (str.casefold, bare):
        asked = _words(text, plain)
        searches.append([sector for sector, name in places if asked and asked <= _words(name, plain)])
    asked = _stem(bare(text))
    searches.append([sector for sector, name in places if len(asked) > 3 and asked in bare(name)])
    return next((list(dict.fromkeys(found)) for found in searches if found), [])


def _words(text: str, plain) -> set[str]:
    spaced = unicodedata.normalize("NFC", str(text)).replace("_", " ").replace(",", " ")
    return {_stem(plain(word)) for word in spaced.split()}


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def find_sector(text: str, root=None) -> str:
    """Return the sector group of a word; raises BadInput naming the nearest where nothing or too much is meant."""
    names, divisions = read("sector_groups", root), read("sectors", root)
    names = names[names["resolution"] == "full"]
    found = sector_groups(text, names, divisions)
    if len(found) == 1:
        return found[0]
    problems, known = Problems(), list(names["sector"])
    if found:
        why = f"The word stands in several sector groups: {', '.join(found)}."
        problems.add("command line", "--sector", text, why, "Name one of them.")
    else:
        near = nearest(text, known)
        fix = f"Did you mean `{near}`? " if near else ""
        fix += f"The sector groups are {', '.join(known)}; a VSIC code of two digits will do too."
        problems.add("command line", "--sector", text, "No sector group or division has this name.", fix)
    problems.raise_if_any()
    raise AssertionError("unreachable")


def find_size(text: str, root=None) -> str:
    """Return the size of a word in either language, marks or not ("small", "nhỏ"); raises BadInput naming all sizes."""
    names = read("size_classes", root).drop_duplicates("size")
    words = {row.size: (row.size, row.name_vi, row.name_en) for row in names.itertuples()}
    for size, known in words.items():
        if bare(text) in map(bare, known):
            return size
    near = nearest(text.casefold(), [word.casefold() for known in words.values() for word in known])
    told = ", ".join(f"{size} ({row[1].lower()})" for size, row in words.items())
    fix = f"Did you mean `{near}`?" if near else f"Use one of {told}."
    raise BadInput(Problem("command line", "--size", text, "No size has this name.", fix))


def typical_project(
    inputs: Inputs, sector: str, size: str, rung: str, at: date, investment_bn_vnd: float | None = None
) -> Typical:
    """Return the typical project on a day.

    inputs    at full resolution (six sector groups)   investment_bn_vnd    [bn VND of that day]; None takes the
    model's: payback × saving share × resource bill, in prices of 2010 carried on by consumer prices
    Savings grow in proportion where the investment is given.
    """
    p = {name: values[..., 0] for name, values in inputs.parameters.medians().items()}
    j, z, k = inputs.resources.sectors.index(sector), SIZES.index(size), RUNGS.index(rung)
    bill = float(inputs.resources.bill[j, z])
    share = float((p["resource_cost_share"] * p["saving_share"][:, k]).sum())
    price = float(extended_prices(inputs, np.array([max(at.year, 2010)]))[at.year])
    modelled = float(p["payback_median"][k]) * share * bill * price
    cost = modelled if investment_bn_vnd is None else investment_bn_vnd
    lending, lending_year = _latest(inputs.macro["lending_rate"], at.year)
    exchange, exchange_year = _latest(_exchange_rate(), at.year)
    tax = float(tax_rates(inputs, np.array([at.year]))[0])
    promised = inputs.resources.energy[j, z] * p["saving_share"][:2, k]
    energy = promised * p["realisation"] * cost / modelled
    factors = inputs.emissions.set_index("year")
    factor = factors.loc[min(max(at.year, factors.index.min()), factors.index.max())]
    carbon = energy[0] * factor["grid"] * convert(1.0, "toe", "MWh") + energy[1] * factor["fuel"]
    project = TypicalProject(
        investment_bn_vnd=cost, payback=float(p["payback_median"][k]), life=int(p["option_life"][k]),
        hurdle=float(p["hurdle_median"][z]),
        hidden_cost_hurdle=float(p["hurdle_hidden_cost"]), lending_rate=lending, tax_rate=tax,
        government_rate=float(p["government_rate"]), default_rate=float(p["loan_default"]),
        loss_given_default=float(p["loss_given_default"]),
        default_correlation=float(p["default_correlation"]), refund_lag=float(p["refund_lag"]),
        vnd_per_usd=exchange, yearly_toe=float(energy.sum()), yearly_tco2=float(carbon),
    )  # fmt: skip
    world = {"bill": bill, "share": share, "price": price, "given": investment_bn_vnd is not None}
    dated = {"asked": at.year, "lending": lending_year, "exchange": exchange_year, "factor": factor.name}
    return Typical(project, _facts(inputs, project, size, rung, world, dated))


def _facts(
    inputs: Inputs, project: TypicalProject, size: str, rung: str, world: dict, dated: dict
) -> pd.DataFrame:
    """Return every figure of a typical project with what it is and where it comes from."""
    tables = inputs.parameters.rows.set_index(["name", "size", "rung"])

    def row(figure: str, value: float, unit: str, name: str, at_size: str = "", at_rung: str = "") -> tuple:
        found = tables.loc[(name, at_size, at_rung)]
        return figure, value, unit, KINDS[found["grade"]], found["grade"], f"{name} ({found['source_id']})"

    given, bill = world["given"], world["bill"]

    def of_year(key: str) -> str:
        return "observed" if dated[key] == dated["asked"] else "derived"

    facts = [
        ("resource_bill_2010", bill, "bn VND/year", "modelled", inputs.resources.grade, "resources (2010 statistics)"),
        ("saving_of_bill", world["share"], "share", "elicited", "J", "saving_share × resource_cost_share"),
        ("price_level", world["price"], "2010 = 1", "observed", "A", "consumer prices (macro)"),
        ("investment", project.investment_bn_vnd, "bn VND", "given" if given else "modelled", "" if given else "J",
         "--investment" if given else "payback × saving × bill × price level"),
        row("payback", project.payback, "years", "payback_median", "", rung),
        row("life", project.life, "years", "option_life", "", rung),
        row("hurdle", project.hurdle, "1/year", "hurdle_median", size),
        ("lending_rate", project.lending_rate, "1/year", of_year("lending"), "A",
         f"macro, {dated['lending']}"),
        ("tax_rate", project.tax_rate, "share", "observed", "A", "cit_standard"),
        ("exchange_rate", project.vnd_per_usd, "VND/USD", of_year("exchange"), "A",
         f"macro, {dated['exchange']}"),
        row("default_rate", project.default_rate, "1/year", "loan_default"),
        row("loss_given_default", project.loss_given_default, "share", "loss_given_default"),
        row("government_rate", project.government_rate, "1/year", "government_rate"),
        ("energy_saved", project.yearly_toe, "toe/year", "modelled", "J", "energy × saving_share × realisation"),
        ("emissions_avoided", project.yearly_tco2, "tCO2/year", "modelled", "J", f"factors of {dated['factor']}"),
    ]  # fmt: skip
    return pd.DataFrame(facts, columns=["figure", "value", "unit", "kind", "grade", "source"])


def observed_paybacks(root=None) -> pd.DataFrame:
    """Return the paybacks of demonstration projects, one row each: option_group, value [years]. Selected successes."""
    return read("derived_paybacks", root)[["project_id", "sector", "option_group", "value", "source_id"]]


def _latest(series: pd.Series, year: int) -> tuple[float, int]:
    """Return the value of a year, or of the last one before it (the first, if none is), and the year it is of."""
    known = [y for y in series.dropna().index if y <= year]
    taken = max(known) if known else int(series.dropna().index.min())
    return float(series[taken]), int(taken)


def _exchange_rate() -> pd.Series:
    rows = read("macro")
    found = rows[rows["indicator"].isin(["exchange_rate_average", "exchange_rate_average_sbv"])]
    return found.groupby(found["year"].astype(int))["value"].first().astype(float)


def draws_of(inputs: Inputs, draws: int, seed: int, variant: str) -> dict[str, np.ndarray]:
    """Return the uncertain parameters at `draws` sampled worlds of a variant, as the model reads them."""
    seeded = replace(inputs, scenario=inputs.scenario.model_copy(update={"seed": seed}))
    p = inputs.parameters.values(uniforms_of(seeded, variant, draws), draws)
    p["bill_saving"] = np.einsum("mn,mkn->kn", p["resource_cost_share"], p["saving_share"])
    return p


def shares_that_accept(
    inputs: Inputs, size: str, rung: str, market: Design, design: Design, draws: int = 512, seed: int = 1419
) -> pd.DataFrame:
    """Return what share of the assessed establishments of a size accepts an option, on each terms and in each variant.

    Columns: terms ("market", "support"), variant, mean, p10, p90 over draws; in `attrs`, `barriers` is a table of what
    the share on supported terms gains when one barrier is taken away (variant, barrier, gain), and `binding` the one
    that gains most in each variant. Of those who know the support; what is seen of adopters plays no part. Prices of
    2010, so that terms alone differ.
    """
    z, k = SIZES.index(size), RUNGS.index(rung)
    supported = design != replace(market, label=design.label)

    def share(told, variant: str, terms: Design | None) -> np.ndarray:
        zero = np.zeros((1, draws))
        found = make_market(variant, told, [market], zero + market.loan_rate, zero, np.zeros(1))
        return with_offers(found, [] if terms is None else [Offer(z, 0, terms)])[
            0, z if terms is None else -1, 0, k
        ]

    rows, gains = [], []
    for variant in inputs.scenario.variants:
        p = draws_of(inputs, draws, seed, variant)
        p["application_cost"] = p["application_cost"] * supported
        found = {"market": share(p, variant, None), "support": share(p, variant, design)}
        for terms, values in found.items():
            rows.append((terms, variant, values.mean(), *np.quantile(values, [0.1, 0.9])))
        for barrier in BARRIERS:
            gain = share(*_without_barrier(p, barrier, variant), design).mean() - found["support"].mean()
            gains.append((variant, barrier, gain))
    table = pd.DataFrame(rows, columns=["terms", "variant", "mean", "p10", "p90"])
    barriers = pd.DataFrame(gains, columns=["variant", "barrier", "gain"])
    best = barriers.loc[barriers.groupby("variant")["gain"].idxmax()]
    table.attrs.update(barriers=barriers, binding=dict(zip(best["variant"], best["barrier"], strict=True)))
    return table


def _without_barrier(p: dict[str, np.ndarray], barrier: str, variant: str) -> tuple[dict, str]:
    """Return the parameters and the variant of a world in which one barrier is gone."""
    if barrier == "payback":
        # no impatience and no hidden cost: any option that repays within its life will do
        return {**p, "hurdle_median": np.full_like(p["hurdle_median"], PATIENT)}, "H1"
    base, refusal = p["credit_access"], p["score_refusal"]
    passed = 1.0 - refusal * (1.0 - base)
    easier = {
        "own_cash": {"cash_ratio_median": np.full_like(p["cash_ratio_median"], 1e6)},
        # whoever passes the score gets the loan
        "collateral": {"credit_access": passed * (1.0 - NONE), "score_refusal": np.full_like(refusal, 1.0 - NONE)},
        # nobody fails on books or record; collateral stands in the way as it did
        "score": {"credit_access": base / passed, "score_refusal": np.zeros_like(refusal)},
        "cash_flow": {"required_cover": np.zeros_like(p["required_cover"])},
        "application_cost": {"application_cost": np.zeros_like(p["application_cost"])},
    }  # fmt: skip
    return {**p, **easier[barrier]}, variant


def guarantee_tail(
    inputs: Inputs, guaranteed_bn_vnd: float, loans: int = 100, draws: int = 20_000, seed: int = 1419,
    cover: float = 1.0, first_loss: float = 0.0,
) -> dict[str, float]:  # fmt: skip
    """Return one year's loss on a portfolio of like guarantees: mean, p95, p99 [share of the amount guaranteed].

    first_loss    layer that the guarantor bears in full, share of the amount guaranteed; beyond it, its `cover`

    Default rate, loss given default and their common factor are each draw's own, so that what is not known about
    them is in the tail (Vasicek 2002 for the common factor).
    """
    names = ("loss_given_default", "loan_default", "default_correlation")
    rows = inputs.parameters.rows
    few = Parameters(rows[rows["name"].isin(names)])
    p = few.values(all_uniforms(seed, few.streams, draws), draws)
    random = np.random.default_rng(int(uniforms(seed, "guarantee_tail", 1)[0] * 2**32))
    amount = guaranteed_bn_vnd * loans
    losses = portfolio_losses(
        amount / cover, loans, p["loss_given_default"], p["loan_default"], p["default_correlation"], random
    )
    share = first_loss_payment(losses, first_loss * amount, cover, amount) / max(amount, 1e-300)
    return {
        "mean": float(share.mean()),
        "p95": float(np.quantile(share, 0.95)),
        "p99": float(np.quantile(share, 0.99)),
    }
