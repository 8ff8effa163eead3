"""Results: bands, parts and wholes, odds of the targets, paired differences, and the table for other tools."""

import numpy as np
import pandas as pd
import pytest
from worlds import real_run, real_world

from cpmodel.errors import BadInput
from cpmodel.inputs.decisions import load_decision
from cpmodel.model import state as s
from cpmodel.results.comparison import difference_table, paired_differences
from cpmodel.results.outcomes import (
    COLUMNS,
    IAMC_COLUMNS,
    QUANTILES,
    STATISTICS,
    iamc,
    long_table,
    national_draws,
    statistics,
)
from cpmodel.results.targets import met, target_rows, targets_table

DECISION = load_decision("decision_1419")
KEYS = [c for c in COLUMNS if c not in ("value", "unit")]


class Ran:
    """One small full-resolution run with its tables."""

    def __init__(self):
        self.world = real_world(draws=32, resolution="full")
        self.found = {v: real_run(variant=v, draws=32, resolution="full") for v in ("H1", "H2")}
        self.worlds = dict.fromkeys(self.found, self.world)
        self.draws = national_draws(self.worlds, self.found)
        self.odds = target_rows(self.worlds, self.found, self.draws, DECISION)
        self.table = pd.concat([long_table(self.worlds, self.found), self.odds], ignore_index=True)

    def wide(self, statistic="mean", variant="both"):
        rows = self.table[(self.table["statistic"] == statistic) & (self.table["variant"] == variant)]
        return rows.set_index(["outcome", "region", "sector", "size", "year"])["value"]


@pytest.fixture(scope="module")
def ran():
    return Ran()


def test_every_row_is_told_once_and_every_value_is_a_number(ran):
    assert list(ran.table.columns) == COLUMNS
    assert not ran.table.duplicated(KEYS).any()
    assert np.isfinite(ran.table["value"]).all()
    assert ran.table.groupby("outcome")["unit"].nunique().max() == 1
    assert set(ran.table["year"]) == set(range(2009, 2021)) and set(ran.table["variant"]) == {
        "H1",
        "H2",
        "both",
    }


def test_a_wider_band_holds_a_narrower_one(ran):
    bands = ran.table[ran.table["statistic"].isin(list(QUANTILES))]
    wide = bands.pivot_table(index=[k for k in KEYS if k != "statistic"], columns="statistic", values="value")
    assert (np.diff(wide[list(QUANTILES)].to_numpy(), axis=1) >= 0).all()


def test_shares_lie_between_none_and_all(ran):
    shares = ran.table[ran.table["unit"].str.startswith("share") | (ran.table["unit"] == "probability")]
    assert shares["value"].min() > -1e-9 and shares["value"].max() < 1 + 1e-6
    assert (ran.table.loc[ran.table["outcome"] == "office_capacity", "value"] <= 63).all()


def test_both_pools_the_two_variants_with_equal_weight(ran):
    one, two, both = (ran.wide(variant=v) for v in ("H1", "H2", "both"))
    assert np.allclose(both, (one + two).reindex(both.index) / 2, rtol=1e-6, atol=1e-12)
    odds = ran.odds.pivot_table(index=["outcome", "year"], columns="variant", values="value")
    assert np.allclose(odds["both"], (odds["H1"] + odds["H2"]) / 2)


def test_the_pooled_band_spans_both_variants(ran):
    low, high = ran.wide("p05"), ran.wide("p95")
    for variant in ("H1", "H2"):
        middle = ran.wide("p50", variant).reindex(low.index)
        assert (middle >= low - 1e-6 - 1e-6 * low.abs()).all() and (
            middle <= high + 1e-6 + 1e-6 * high.abs()
        ).all()


@pytest.mark.parametrize("axis", ["region", "sector", "size"])
def test_establishments_of_the_parts_add_up_to_the_country(ran, axis):
    number = ran.wide().loc["establishments"].reset_index()
    whole = {"region": "VN", "sector": "all", "size": "all"}
    others = [a for a in whole if a != axis]
    rows = number[(number[others] == [whole[a] for a in others]).all(axis=1)]
    parts = rows[rows[axis] != whole[axis]].groupby("year")["value"].sum()
    total = rows[rows[axis] == whole[axis]].set_index("year")["value"]
    assert np.allclose(parts, total, rtol=1e-5)
    assert rows[axis].nunique() == {"region": 64, "sector": 7, "size": 5}[axis]


@pytest.mark.law("II.2.a.1", "II.2.b.1")
def test_awareness_of_the_provinces_weighted_by_establishments_is_that_of_the_country(ran):
    for out in ran.found.values():
        sums = out.groups.astype(float)
        aware = sums[:, :, 1] / sums[:, :, 0]
        weighted = (aware[:, 1:64] * sums[:, 1:64, 0]).sum(1) / sums[:, 1:64, 0].sum(1)
        assert np.allclose(weighted, aware[:, 0], rtol=1e-5)
    provinces = ran.wide().loc["awareness"].xs(("all", "all", 2020), level=("sector", "size", "year"))
    assert provinces.drop("VN").min() <= provinces["VN"] <= provinces.drop("VN").max()


def test_the_explorer_and_the_provinces_tell_nearly_the_same_country(ran):
    coarse = real_run(draws=32)
    for i in (1, 3, 4):
        here, there = (
            out.groups[-1, 0, i].astype(float) / out.groups[-1, 0, 0] for out in (coarse, ran.found["H1"])
        )
        assert abs(np.median(here) - np.median(there)) < 0.02


def test_money_spent_is_the_money_of_the_scenario(ran):
    spent = ran.wide("p50").loc["spend_total"].groupby("year").sum()
    told = ran.world.inputs.scenario.budget_table().groupby("year")["budget_bn_vnd"].sum()
    assert np.allclose(spent, told.reindex(spent.index), rtol=1e-6)
    projects = sum(ran.wide().loc[f"spend_{p}"].groupby("year").sum()
                   for p in ("awareness", "database", "technical_support", "network", "finance"))  # fmt: skip
    assert np.allclose(projects, spent, rtol=1e-6)


def test_statistics_of_known_numbers():
    found = statistics(np.arange(101.0)[None])[:, 0]
    assert found.tolist() == [50, 5, 10, 25, 50, 75, 90, 95] and len(STATISTICS) == 8


@pytest.mark.law("II.2.a.2/saving", "II.2.b.2/saving")
def test_the_cost_weighted_saving_lies_between_those_of_the_resources(ran):
    columns = [f"specific_saving_{m}" for m in ("electricity", "fuel", "materials", "water")]
    each, mean = ran.draws[columns].to_numpy(), ran.draws["specific_saving"].to_numpy()
    assert (each.min(1) - 1e-9 <= mean).all() and (mean <= each.max(1) + 1e-9).all()


# --- targets --------------------------------------------------------------------------------------------------


@pytest.mark.law("II.2.a.1", "II.2.a.2/adoption", "II.2.a.2/saving", "II.2.a.3",
                 "II.2.b.1", "II.2.b.2/adoption", "II.2.b.2/saving", "II.2.b.2/units", "II.2.b.3")  # fmt: skip
def test_every_target_has_its_odds_in_every_reading(ran):
    told = set(ran.odds["outcome"])
    assert told == {f"met:{t.id}@{r.id}" for t in DECISION.scored for r in t.readings}
    assert ran.odds["value"].between(0, 1).all() and (ran.odds["statistic"] == "probability").all()


@pytest.mark.law("II.2.a.2/saving", "II.2.b.2/saving")
def test_a_floor_is_never_harder_to_meet_than_its_band(ran):
    odds = ran.odds.set_index(["outcome", "variant"])["value"]
    for (name, variant), value in odds.items():
        if "@band_" in name:
            assert value <= odds[(name.replace("@band_", "@floor_"), variant)] + 1e-12


@pytest.mark.law("II.2.a.2/adoption", "II.2.b.2/adoption")
def test_the_strict_reading_is_never_easier_than_the_lenient(ran):
    odds = ran.odds.set_index(["outcome", "variant"])["value"]
    for clause in ("II.2.a.2/adoption", "II.2.b.2/adoption"):
        for variant in ("H1", "H2", "both"):
            assert odds[(f"met:{clause}@strict", variant)] <= odds[(f"met:{clause}@lenient", variant)]


def test_a_target_is_met_at_its_lower_end_and_a_band_not_above_its_upper():
    target = DECISION.target("II.2.a.2/saving")
    band = next(r for r in target.readings if r.id == "band_cost_weighted")
    floor = next(r for r in target.readings if r.id == "floor_cost_weighted")
    draws = pd.DataFrame({"specific_saving": [0.0499, 0.05, 0.06, 0.08, 0.0801]})
    assert met(target, band, draws).tolist() == [0, 1, 1, 1, 0]
    assert met(target, floor, draws).tolist() == [0, 1, 1, 1, 1]


@pytest.mark.law("II.2.a.1")
def test_the_odds_are_the_share_of_draws_that_meet_the_target(ran):
    here = ran.draws[(ran.draws["variant"] == "H1") & (ran.draws["year"] == 2015)]
    odds = ran.odds.set_index(["outcome", "variant"])["value"]
    assert np.isclose(odds[("met:II.2.a.1@as_written", "H1")], (here["awareness"] >= 0.5).mean())


@pytest.mark.law("II.2.a.3", "II.2.b.3")
def test_offices_are_counted_whole_45_and_57_of_63(ran):
    table = targets_table(ran.table, DECISION).set_index("clause")
    assert table.loc["II.2.a.3", "lower"] == 45 and table.loc["II.2.b.3", "lower"] == 57


def test_the_table_of_targets_holds_value_gap_and_odds(ran):
    found = targets_table(ran.table, DECISION)
    assert len(found) == ran.odds["outcome"].nunique()
    assert np.allclose(found["gap"], found["p50"] - found["lower"])
    assert (found["p10"] <= found["p50"]).all() and (found["p50"] <= found["p90"]).all()
    alone = targets_table(ran.table[ran.table["variant"] == "H2"], DECISION)
    assert len(alone) == len(found)  # a run of one variant is held against the targets too


# --- comparison and export ------------------------------------------------------------------------------------


def test_a_run_differs_from_itself_by_nothing(ran):
    found = paired_differences(ran.draws, ran.draws)
    assert (found.drop(columns=["variant", "draw", "year"]) == 0).all().all()
    bands = difference_table(found, ["awareness"], [2015, 2020])
    assert (bands[["mean", *QUANTILES, "share_above_zero"]] == 0).all().all()


def test_differences_are_taken_draw_by_draw(ran):
    other = ran.draws.copy()
    other["awareness"] += 0.01 * (1 + other["draw"])
    found = paired_differences(ran.draws, other.sample(frac=1, random_state=1))
    assert np.allclose(found["awareness"], 0.01 * (1 + found["draw"]))
    back = paired_differences(other, ran.draws)
    assert np.allclose(back["awareness"], -0.01 * (1 + back["draw"]))


def test_runs_without_shared_draws_or_variants_cannot_be_paired(ran):
    for other in (ran.draws.assign(draw=ran.draws["draw"] + 1000), ran.draws[ran.draws["variant"] == "H1"]):
        with pytest.raises(BadInput):
            paired_differences(ran.draws, other)


def test_the_export_for_other_tools_has_its_columns_and_no_row_twice(ran):
    found = iamc(ran.table)
    assert list(found.columns) == IAMC_COLUMNS and len(found) == len(ran.table)
    assert not found.duplicated(IAMC_COLUMNS[:-1]).any()
    assert found["region"].str.startswith("Viet Nam").all()
    assert np.isclose(found["value"].sum(), ran.table["value"].sum())
    row = found[
        (found["variable"] == "awareness|both|p50")
        & (found["region"] == "Viet Nam")
        & (found["year"] == 2020)
    ]
    assert np.isclose(row["value"].item(), ran.wide("p50").loc[("awareness", "VN", "all", "all", 2020)])


def test_saved_energy_carries_its_emissions_and_rebound_lowers_both(ran):
    here = ran.draws[ran.draws["year"] == 2020]
    assert (here["energy_saved"] > 0).all() and (here["emissions_avoided"] > 0).all()
    intensity = here["emissions_avoided"] / here["energy_saved"]  # tCO2 per toe of electricity and fuel
    assert intensity.between(1.5, 12).all()
    before = ran.found["H1"].groups[-1, 0, [14, 15]].astype(float).sum(0) / 1000
    assert (here.loc[here["variant"] == "H1", "energy_saved"].to_numpy() <= before + 1e-9).all()


def test_flows_of_the_scheme_are_told_as_the_model_gave_them(ran):
    told = ran.draws[(ran.draws["variant"] == "H2") & (ran.draws["year"] == 2014)][
        "scheme_lending"
    ].to_numpy()
    assert np.array_equal(told, ran.found["H2"].flows[5, s.LENDING])
