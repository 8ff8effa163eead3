"""How many establishments, what they use: the published margins hold, and what is modelled says so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput
from cpmodel.inputs.enterprises import read_enterprises
from cpmodel.inputs.establishments import establishments, fit, growth, matrix
from cpmodel.inputs.resources import emission_factors, energy_prices, resources
from cpmodel.units import convert


@pytest.fixture(scope="module")
def tables():
    return read_enterprises()


@pytest.fixture(scope="module")
def fitted():
    return matrix()


def test_the_matrix_returns_the_published_sector_by_size_margin(fitted, tables):
    np.testing.assert_allclose(fitted.counts.sum(0), tables.sector_by_size(), rtol=1e-9)


def test_the_matrix_returns_the_published_province_by_size_margin(fitted, tables):
    by_province = fitted.counts.sum(1) + fitted.others
    published = tables.province_by_size()
    np.testing.assert_allclose(by_province, published * tables.all_by_size() / published.sum(0), rtol=1e-9)


def test_the_total_is_the_published_number_of_industrial_enterprises(fitted):
    assert fitted.counts.sum() == pytest.approx(2566 + 46602 + 1780 + 982, rel=1e-12)


def test_no_province_has_more_industrial_enterprises_than_enterprises(fitted):
    assert (fitted.counts >= 0).all() and (fitted.others >= 0).all()


def test_provinces_that_live_on_industry_have_the_larger_industrial_share(fitted):
    share = fitted.counts.sum((1, 2)) / (fitted.counts.sum((1, 2)) + fitted.others.sum(1))
    at = dict(zip(fitted.regions, share, strict=True))
    assert at["27"] > at["01"]  # Bắc Ninh over Hà Nội
    assert at["74"] > at["79"]  # Bình Dương over Thành phố Hồ Chí Minh


margins = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@settings(max_examples=30, deadline=None)
@given(margins, st.integers(2, 8), st.integers(2, 6))
def test_the_fit_reproduces_any_consistent_margins(rng, provinces, groups):
    truth = rng.gamma(0.5, 10, (provinces, groups, 4)) + 1e-3
    seed = rng.uniform(0.2, 5, truth.shape)
    found = fit(seed, truth.sum(1), truth.sum(0))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(1), truth.sum(1), rtol=1e-9)
    np.testing.assert_allclose(found.sum(0), truth.sum(0), rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(margins)
def test_the_order_of_provinces_and_groups_changes_nothing(rng):
    truth = rng.gamma(1, 10, (6, 4, 4)) + 0.1
    seed = rng.uniform(0.2, 5, truth.shape)
    p, j = rng.permutation(6), rng.permutation(4)
    straight = fit(seed, truth.sum(1), truth.sum(0))
    shuffled = fit(seed[p][:, j], truth.sum(1)[p], truth.sum(0)[j])
    np.testing.assert_allclose(shuffled, straight[p][:, j], rtol=1e-8)


def test_the_fit_keeps_the_odds_of_the_seed():
    truth = np.random.default_rng(1).gamma(1, 10, (5, 3, 4)) + 0.1
    seed = np.random.default_rng(2).uniform(0.2, 5, truth.shape)
    found = fit(seed, truth.sum(1), truth.sum(0))
    odds = found[0, 0] * found[1, 1] / (found[0, 1] * found[1, 0])
    np.testing.assert_allclose(odds, seed[0, 0] * seed[1, 1] / (seed[0, 1] * seed[1, 0]), rtol=1e-8)


def test_margins_that_disagree_are_refused():
    with pytest.raises(BadInput, match="same totals"):
        fit(np.ones((2, 2, 1)), np.ones((2, 1)), np.full((2, 1), 2.0))


def test_both_resolutions_count_the_same_establishments():
    full, _ = establishments()
    explorer, _ = establishments("explorer")
    assert (len(full), len(explorer)) == (63 * 6 * 4, 3 * 4) and explorer.regions == ("VN",)
    assert full.establishments.sum() == pytest.approx(explorer.establishments.sum(), rel=1e-12)
    for z in range(len(SIZES)):
        assert full.establishments[full.size == z].sum() == pytest.approx(
            explorer.establishments[explorer.size == z].sum(), rel=1e-12
        )


def test_the_start_lies_between_the_published_year_ends(fitted):
    def total(at):
        return establishments(at=at)[0].establishments.sum()

    assert total(2009.0) < total(2009.68) < total(2010.0)
    assert total(2011.0) == pytest.approx(fitted.counts.sum(), rel=1e-12)
    with pytest.raises(BadInput, match="published from"):
        establishments(at=2015)


def test_household_workshops_are_a_switch_that_changes_the_denominator():
    plain, _ = establishments()
    wide, _ = establishments(household_workshops=True)
    added = wide.establishments - plain.establishments
    assert added.sum() == pytest.approx(705_586 + 34_791)
    assert (added[wide.size != SIZES.index("micro")] == 0).all() and (added >= 0).all()
    assert 14 < wide.establishments.sum() / plain.establishments.sum() < 18


def test_growth_of_published_years_gives_back_the_published_totals(tables):
    published, rates = tables.by_year(), growth().set_index(["sector", "year"])
    for sector in published:
        assert published.loc[2008, sector] * np.exp(
            rates.loc[(sector, 2009), "log_growth"] + rates.loc[(sector, 2010), "log_growth"]
        ) == pytest.approx(published.loc[2010, sector])
    assert (rates.xs(2010, level="year")["status"] == "published").all()


def test_growth_says_what_is_derived_and_holds_nothing_after_the_last_total():
    rates = growth()
    assert (rates.query("2011 <= year <= 2022")["status"] == "derived").all()
    after = rates.query("year > 2022")
    assert (after["status"] == "none").all() and after["log_growth"].isna().all()
    derived = rates.query("sector == 'chemicals_plastics' and 2011 <= year <= 2016")["log_growth"]
    assert derived.std() == pytest.approx(0, abs=1e-12)
    assert set(rates["year"]) == set(range(2009, 2031))


def test_an_unknown_resolution_is_refused():
    with pytest.raises(BadInput, match="two resolutions"):
        establishments("coarse")


# --- what an establishment uses


@pytest.mark.law("II.1")
def test_energy_of_all_establishments_is_the_published_total_less_construction(tables):
    use = resources()
    total = (use.energy * tables.sector_by_size()[..., None]).sum((0, 1))
    published = convert(np.array([164.0743, 657.7209 - 164.0743]), "PJ", "toe")
    assert (total < published).all() and (total > 0.85 * published).all()


def test_use_grows_with_size_and_bill_stays_below_turnover():
    use = resources()
    assert (np.diff(use.energy, axis=1) > 0).all() and (np.diff(use.bill, axis=1) > 0).all()
    assert (use.bill < use.turnover).all() and (use.cost > 0).all()


def test_explorer_and_full_resolution_use_the_same_energy(tables):
    counts, group = tables.sector_by_size(), tables.grouping("explorer")
    full, explorer = resources(), resources("explorer")
    np.testing.assert_allclose(
        (full.energy * counts[..., None]).sum((0, 1)),
        (explorer.energy * (group @ counts)[..., None]).sum((0, 1)),
        rtol=1e-12,
    )


def test_household_workshops_use_less_than_a_micro_enterprise():
    assert (resources(household_workshops=True).bill[:, 0] < resources().bill[:, 0]).all()


def test_modelled_figures_say_so():
    use = resources()
    assert use.grade == "J" and "modelled" in use.note
    assert len(use.table()) == 6 * 4 * 4 and set(use.table()["grade"]) == {"J"}


def test_energy_prices_of_2010_lie_in_a_plausible_range():
    electricity, fuel = energy_prices()
    assert convert(electricity, "m VND/toe", "VND/kWh") == pytest.approx(1002.25, abs=0.1)
    assert 2 < fuel < 10


@pytest.mark.law("II.1")
def test_emission_factors_are_published_or_flagged():
    factors = emission_factors().set_index("year")
    assert factors.loc[2016, ["grid", "grid_status"]].tolist() == [0.9185, "published"]
    assert factors.loc[2010, "grid_status"] == "nearest" and factors.loc[2010, "grid"] == 0.6612
    assert factors["fuel"].between(2, 4.3).all()
    assert factors.loc[2019, "fuel_status"] == "nearest" and factors.loc[2010, "fuel_status"] == "derived"
