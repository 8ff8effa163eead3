"""Ranks, parts, units of 2025 and local levers of a run by province."""

import numpy as np
import pytest
from worlds import ROOT

from cpmodel.axes import NATION
from cpmodel.inputs.geography import units_of_2025
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model.batches import run
from cpmodel.results import local_levers, provinces
from cpmodel.results.outcomes import long_table

KEYS = ["variant", "region", "sector", "size", "outcome", "year", "statistic"]


@pytest.fixture(scope="module")
def made():
    scenario = resolve("as_decided", folder=ROOT / "scenarios", overrides={"draws": 32, "resolution": "full"})
    found = run(load(scenario))
    return found, provinces.province_rows(found.worlds, found.outputs), local_levers.lever_rows(
        found.worlds, found.offers, found.outputs
    )  # fmt: skip


def chosen(table, outcome, statistic="mean", year=2020, variant="both"):
    here = table[(table["outcome"] == outcome) & (table["statistic"] == statistic)]
    return here[(here["year"] == year) & (here["variant"] == variant)].set_index("region")["value"]


def test_parts_of_the_nation_add_up_to_it(made):
    _, table, _ = made
    for outcome in ("part_of_establishments", "part_of_adoption_strict"):
        parts = chosen(table, outcome)
        parts = parts[parts.index != NATION]  # rows of the country tell parts by sector and size
        units = parts.index.str.startswith("unit_")
        assert parts[units].sum() == pytest.approx(1, abs=1e-6) == parts[~units].sum()


def test_a_unit_is_the_sum_of_its_provinces(made):
    found, table, _ = made
    long = long_table(found.worlds, found.outputs)
    regions = found.worlds["H1"].inputs.cells.regions
    living, merged = chosen(long, "establishments"), chosen(table, "establishments")
    for unit, members in units_of_2025(regions).items():
        assert merged[unit] == pytest.approx(sum(living[regions[i]] for i in members), rel=1e-6)


def test_ranks_are_a_permutation_in_every_draw_and_wider_when_doubt_is_local(made):
    values = np.random.default_rng(1).random((2, 63, 40))
    assert (np.sort(provinces.ranks(values), axis=1) == np.arange(1, 64)[None, :, None]).all()
    assert (provinces.ranks(values)[0, :, 0].argsort() == (-values[0, :, 0]).argsort()).all()
    _, table, _ = made
    width = {}
    for outcome in ("rank_adoption_strict", "rank_apart_adoption_strict"):
        low, high = (chosen(table, outcome, s) for s in ("p10", "p90"))
        assert low.min() >= 1 and high.max() <= 63
        width[outcome] = (high - low).mean()
    assert width["rank_adoption_strict"] < width["rank_apart_adoption_strict"]


def test_draws_set_apart_keep_every_place_its_own_values():
    values = np.random.default_rng(2).random((1, 5, 30))
    moved = provinces.apart(values, seed=7)
    assert np.array_equal(np.sort(moved, axis=2), np.sort(values, axis=2))
    assert not np.array_equal(moved, values) and np.array_equal(moved, provinces.apart(values, seed=7))


def test_more_money_for_a_lever_never_takes_awareness_away_and_costs_what_it_says(made):
    found, _, table = made
    scenario = found.worlds["H1"].inputs.scenario
    for lever in local_levers.LEVERS:
        assert chosen(table, f"lever_{lever}_on_awareness", "p05").min() > -1e-6
        money = chosen(table, f"lever_{lever}_money")
        units = money.index.str.startswith("unit_")
        assert money[units].sum() == pytest.approx(money["VN"]) == money[~units].drop("VN").sum()
    total = scenario.budget_array(list(range(2009, 2021)))[0].sum()
    assert chosen(table, "lever_outreach_money")["VN"] == pytest.approx(
        total * scenario.activity_shares.outreach
    )


def test_every_cell_stands_once(made):
    _, one, two = made
    for table in (one, two):
        assert not table.duplicated(KEYS).any() and np.isfinite(table["value"]).all()
