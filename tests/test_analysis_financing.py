"""What credit adds: records replayed, pairs on the same worlds, frictions named."""

import functools
from dataclasses import replace

import numpy as np
import pytest

from cpmodel.analysis.financing import (
    binding_friction,
    frictions,
    gained_adopters,
    gained_uptake,
    incidence,
    pooled,
    run_pair,
)
from cpmodel.errors import BadInput
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import state as s
from cpmodel.model.ensemble import run_variant

YEARS_OF_THE_FUND, YEARS_MODELLED = (
    9.25,
    6.25,
)  # 2007 to early 2016; of these, 2010 to early 2016 are modelled


@functools.cache
def scenario(name, draws=256):
    return resolve(name, overrides={"draws": draws, "resolution": "explorer"})


@functools.cache
def told(name, draws=256):
    return load(scenario(name, draws))


@functools.cache
def pair(name, draws=256):
    return run_pair(scenario(name, draws), inputs=told(name, draws))


@functools.cache
def relieved(name):
    return frictions(scenario(name), 64, told(name))


def projects(name):
    """Scheme projects of every draw and variant, (Y, n)."""
    return pooled({v: out.flows[:, s.PROJECTS] for v, out in pair(name).supported.items()})


@pytest.mark.law("IV.4.c", "IV.4.d", "A.5")
def test_with_the_green_credit_trust_funds_terms_alone_3_to_100_projects_come_by_early_2016():
    years = pair("replay_gctf").years
    flow = projects("replay_gctf")
    modelled = flow[(years >= 2010) & (years < 2016)].sum(0) + 0.25 * flow[years == 2016][0]
    record = modelled * YEARS_OF_THE_FUND / YEARS_MODELLED  # the years before at the same mean pace
    low, median, high = np.quantile(record, [0.05, 0.5, 0.95])
    assert 3 <= low <= 14 <= high <= 100
    assert 7 <= median <= 28  # within a factor of two of the 14 on record


@pytest.mark.law("IV.4.c", "IV.4.d")
def test_two_points_of_interest_support_add_little_and_the_friction_is_named():
    here = pair("replay_decree_31")
    added = pooled(
        {v: gained_uptake(here.world, here.supported[v], here.without[v]).sum(0) for v in here.supported}
    )
    establishments = here.supported["H1"].groups[-1, 0, 0].mean()
    assert 0 <= np.median(added) < 10
    assert np.quantile(added, 0.95) < 1e-3 * establishments
    table = relieved("replay_decree_31").set_index(["variant", "relieved"])["times"]
    for variant in ("H1", "H2"):
        assert table[variant, "application_cost"] > 3  # applying costs most of what two points are worth
        assert table[variant, "application_cost"] > table[variant, "inspection_fear"] > 1
    assert binding_friction(relieved("replay_decree_31")) == "application_cost"


def test_a_reward_is_held_back_by_fear_rather_than_by_the_cost_of_applying():
    assert binding_friction(relieved("replay_gctf")) == "inspection_fear"


def test_no_friction_withholds_less_than_nothing():
    for name in ("replay_decree_31", "replay_gctf"):
        assert (relieved(name)["times"] >= 1 - 1e-9).all()


def test_the_sides_of_a_pair_meet_the_same_world_until_credit_opens():
    here = pair("replay_decree_31")
    for variant, out in here.supported.items():
        before = here.years < 2022
        assert np.array_equal(out.groups[before], here.without[variant].groups[before])
        assert (here.without[variant].flows[:, s.PROJECTS] == 0).all()


def test_gained_uptake_equals_projects_where_nobody_would_invest_on_market_terms():
    """Books balance: when all users of the scheme are additional, uptake gained is the number of projects."""
    here = pair("replay_gctf", 64)
    offers = here.offers["H1"]
    schemes = np.unique(offers.scheme[offers.scheme >= 0])
    market = np.unique(offers.market)
    accept, used = offers.accept.copy(), offers.used.copy()
    accept[market], used[schemes] = 0.0, accept[schemes]
    told = offers._replace(accept=accept, used=used)
    p = here.world.coefficients
    quiet = replace(here.world, coefficients=p._replace(word_of_mouth=np.zeros_like(p.word_of_mouth)))
    with_it = run_variant(quiet, told, "H1")
    without = run_variant(quiet, told._replace(scheme=np.full_like(told.scheme, -1)), "H1")
    gains, asked = gained_uptake(quiet, with_it, without).sum(0), with_it.flows[:, s.PROJECTS].sum(0)
    assert gains.sum() == pytest.approx(asked.sum(), rel=0.02)


def test_incidence_of_sizes_adds_up_to_the_country_and_large_ones_get_nothing_from_a_fund_closed_to_them():
    table = incidence(pair("replay_gctf")).set_index(["variant", "axis", "group"])
    for variant in ("H1", "H2"):
        sizes = table.loc[variant, "size"]
        assert sizes["share_of_extra"].sum() == pytest.approx(1.0, abs=1e-3)
        assert sizes["share_of_extra"]["large"] < 0.02 < sizes["share_of_extra"]["small"]


def test_extra_adopters_are_the_difference_of_adopters():
    here = pair("replay_gctf")
    gap = gained_adopters(here.supported["H1"], here.without["H1"])
    assert gap.shape == here.supported["H1"].pressure.shape and gap.mean() > 0


def test_a_scenario_without_credit_is_refused_with_the_reason():
    with pytest.raises(BadInput, match="opens no instrument"):
        run_pair(scenario("reference", 64))
