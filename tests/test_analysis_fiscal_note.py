"""The fiscal note of a scenario: books that balance, bases that are named, refusals."""

import functools
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cpmodel.analysis.financing import FRICTIONS, gained_uptake, run_pair
from cpmodel.analysis.fiscal_note import BOTH, appropriations, fiscal_note, note_of
from cpmodel.analysis.ledgers import ledger
from cpmodel.cli import main
from cpmodel.cli.notes import note_as_data, note_text, write_note
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model import state as s
from cpmodel.model.limits import opening_year

RELIEVED = pd.DataFrame(
    [(name, v, 1.0, 1.0, 2.0) for v in ("H1", "H2") for name in ("none", *FRICTIONS, "+".join(FRICTIONS))],
    columns=["relieved", "variant", "projects", "additional", "times"],
)  # what `frictions` gives; that it is right is tested with it


TAX_RELIEF = {
    "soft_loan": None,
    "state_credit": None,
    "holiday": {"template": "cit_environment_2012", "opens": 2012},
}
FIRST_LOSS = {
    "soft_loan": None,
    "state_credit": None,
    "guarantee": {"template": "prgfee_2012", "opens": 2012},
}


@functools.cache
def scenario(name, draws=64):
    changes = {"draws": draws, "resolution": "explorer"}
    if name == "first_loss":
        return resolve("as_decided", overrides={**changes, "credit": FIRST_LOSS})
    if name == "tax_relief":
        return resolve("as_decided", overrides={**changes, "credit": TAX_RELIEF})
    return resolve(name, overrides=changes)


@functools.cache
def told(name):
    return load(scenario(name))


@functools.cache
def supported(name):
    pair = run_pair(scenario(name), inputs=told(name))
    return pair, {variant: ledger(pair.world, out) for variant, out in pair.supported.items()}


@functools.cache
def note(name):
    return note_of(scenario(name), supported(name)[0], None, RELIEVED, pd.DataFrame())


def total(name, figure, variant=BOTH, column="mean"):
    table = note(name).totals.set_index(["figure", "variant"])
    return table.loc[(figure, variant), column]


def test_cash_by_kind_adds_up_to_cash():
    for name in ("replay_gctf", "green_credit_push"):
        here = note(name)
        kinds = here.cash_by_kind.groupby(["variant", "year"])["mean"].sum()
        assert np.allclose(
            kinds, here.cash.set_index(["variant", "year"])["mean"].reindex(kinds.index), atol=1e-9
        )


def test_every_loan_that_the_state_makes_is_followed_to_its_end():
    pair, ledgers = supported("green_credit_push")
    for one in ledgers.values():
        assert one.years[-1] > pair.years[-1] + 5
        assert np.allclose(one.book.outstanding[-1], 0.0, atol=1e-9)
        assert np.allclose(one.cash["lending"][: len(one.lent)], one.lent)


def test_grants_and_rewards_of_the_run_are_paid_in_full_rewards_later():
    pair, ledgers = supported("replay_gctf")
    for variant, one in ledgers.items():
        promised = (pair.supported[variant].flows[:, s.GRANTS] * pair.world.price[:, None]).sum(0)
        assert np.allclose(one.cash["rewards"].sum(0) + one.cash["grants"].sum(0), promised)
        assert one.cash["grants"].sum() == 0 and one.cash["rewards"][: 1 + 1].sum() == 0


@pytest.mark.law("IV.4.c", "IV.4.d")
@pytest.mark.parametrize("name", ["green_credit_push", "replay_gctf", "tax_relief", "first_loss"])
def test_what_a_run_commits_is_worth_what_its_cash_is_worth(name):
    # Two ways to the same sum: weighed as it is promised, and followed year by year to the last repayment.
    pair, ledgers = supported(name)
    base = opening_year(pair.world.instruments, int(pair.years[0]))
    rate = float(pair.world.parameters["government_rate"][0])
    for variant, one in ledgers.items():
        committed = pair.supported[variant].nation[-1, s.COMMITTED]
        # rewards may fall between two years: the cash counts them in both, by parts
        assert np.allclose(committed, one.present_value(one.total, rate, base), rtol=2e-3)


@pytest.mark.law("IV.4.c")
def test_a_first_loss_on_the_portfolio_is_in_the_claims_expected_and_sampled():
    for one in supported("first_loss")[1].values():
        paid, guaranteed = one.sampled_claims, one.book.guaranteed_at_start
        assert (paid <= guaranteed + 1e-12).all()
        world = supported("first_loss")[0].world.parameters
        alike = guaranteed * world["loan_default"] * world["loss_given_default"]
        assert (one.book.claims >= alike - 1e-12).all() and (one.book.claims <= 2.0 * alike + 1e-12).all()
        assert one.book.claims.sum() > 1.3 * alike.sum()  # half of a loss alike; all of it inside the layer


def test_tax_forgone_is_in_the_cash_and_outlasts_the_run():
    for one in supported("tax_relief")[1].values():
        forgone = one.cash["tax_forgone"]
        assert forgone[one.years <= 2012].max() == 0.0
        # in some worlds savings disappoint, and deductions that fall in years of low rates bring the state money
        assert forgone[one.years > 2020].sum(0).mean() > 0
        assert np.allclose(one.total, forgone)
        assert np.allclose(one.public_lent, 0.0)


def test_a_fund_that_lends_nothing_itself_has_no_public_lending():
    assert set(note("replay_gctf").cash_by_kind["kind"]) == {"rewards", "guarantee_claims"}


def test_the_contingent_stock_is_the_runs_at_its_own_prices():
    """The engine keeps guarantees at prices of 2010 with one repayment rate; the book follows loans. They are near."""
    pair, ledgers = supported("replay_gctf")
    year = list(pair.years).index(2013)
    run = (pair.supported["H1"].nation[year, s.GUARANTEED] * pair.world.price[year]).mean()
    assert ledgers["H1"].book.guaranteed[year].mean() == pytest.approx(run, rel=0.35)


def test_sampled_claims_have_the_expected_mean_and_the_percentiles_stand_in_order():
    here = note("replay_gctf")
    _, ledgers = supported("replay_gctf")
    sampled = np.mean([one.sampled_claims.sum(0).mean() for one in ledgers.values()])
    expected = np.mean([one.book.claims.sum(0).mean() for one in ledgers.values()])
    assert sampled == pytest.approx(expected, rel=0.5)
    assert (here.contingent["p95"] <= here.contingent["p99"]).all() and (
        here.contingent["expected_loss"] >= 0
    ).all()
    assert here.contingent["expected_loss"].sum() > 0


def test_a_scenario_held_against_its_own_credit_adds_nothing():
    pair = run_pair(scenario("replay_gctf"), scenario("replay_gctf"), inputs=told("replay_gctf"))
    for variant, out in pair.supported.items():
        assert np.abs(gained_uptake(pair.world, out, pair.without[variant])).max() == 0.0


def test_h1_adds_more_than_h2_and_both_are_shown_with_the_reason():
    here = note("green_credit_push")
    added = here.additionality.set_index("variant")["additional"]
    assert added["H1"] > added["H2"] > 0
    assert "hidden cost, which no loan pays" in note_text(here, "en").replace("\n  ", " ")


def test_free_riders_and_additional_are_the_whole_and_net_costs_more_than_gross():
    here = note("green_credit_push")
    table = here.additionality
    assert np.allclose(table["additional_share"] + table["free_riders"], 1.0)
    costs = here.unit_costs.pivot_table(
        index=["variant", "per", "period", "discounted"], columns="base", values="cost"
    )
    assert (costs["net"] > costs["gross"]).all()
    by_period = here.unit_costs.pivot_table(
        index=["variant", "per", "base", "discounted"], columns="period", values="cost"
    )
    assert (by_period["life"] < by_period["horizon"]).all()


def test_a_higher_discount_rate_makes_lending_below_it_dearer():
    assert total("green_credit_push", "fiscal_npv") > total("green_credit_push", "fiscal_npv_at_5_percent")


def test_what_is_too_little_to_count_is_not_divided_by():
    here = note("replay_decree_31")
    assert here.additionality["cost_per_additional"].isna().all() and np.isinf(here.unit_costs["cost"]).all()
    assert "too little to divide" in note_text(here, "en") and "hardly differ" in note_text(here, "en")


def test_leverage_has_three_ratios_and_labels_guarantees():
    table = note("replay_gctf").leverage.set_index(["variant", "guarantees_counted"])
    assert table.loc[("H1", True), "investment_per_face"] < table.loc[("H1", False), "investment_per_face"]
    assert (
        table.loc[("H1", True), "investment_per_subsidy"]
        == table.loc[("H1", False), "investment_per_subsidy"]
    )


def test_what_is_offered_is_lent_or_unspent_and_nobody_waits_while_money_is_left():
    table = note("green_credit_push").appropriations
    assert np.allclose(table["offered"], table["mean"] + table["unspent"])
    assert np.allclose(table.loc[table["kind"] == "lending", "offered"], 1800.0)
    assert np.allclose(table.loc[table["kind"] == "guarantees", "offered"], 1000.0)
    assert (table.loc[table["used_up"] == 0, "unserved"] == 0).all()


def test_a_tight_volume_is_used_up_and_leaves_some_unserved():
    volumes = {
        name: {"volume": {"value": 1.0, "unit": "bn VND/year"}} for name in ("soft_loan", "state_credit")
    }
    tight = resolve("green_credit_push", overrides={"draws": 32, "resolution": "explorer", "credit": volumes})
    pair = run_pair(tight, inputs=replace(told("green_credit_push"), scenario=tight))
    here = appropriations(pair, {variant: ledger(pair.world, out) for variant, out in pair.supported.items()})
    assert (here["mean"] <= 1.01 * here["offered"]).all()
    assert here["used_up"].max() > 0.5 and here["unserved"].max() > 5


def test_the_whole_note_is_made_at_full_resolution_with_every_province():
    full = resolve("replay_gctf", overrides={"draws": 32, "variants": ["H2"], "horizon": {"end": 2012}})
    here = fiscal_note(full, incidence_draws=32, friction_draws=32)
    assert (here.incidence["axis"] == "province").sum() == 63
    shares = here.incidence[here.incidence["axis"] == "province"]["share_of_extra"]
    assert shares.sum() == pytest.approx(1.0, abs=0.02)
    assert "Hồ Chí Minh" in note_text(here, "vi")
    crossed = here.incidence[here.incidence["axis"] == "province_size"]
    of = here.incidence.set_index(["axis", "group"])
    assert len(crossed) == 63 * 4
    for column, sums in (("group", of.loc["province"]), ("size", of.loc["size"])):
        for name in ("extra_adopters", "share_of_establishments"):
            found = crossed.groupby(column)[name].sum().sort_index()
            np.testing.assert_allclose(found, sums[name].sort_index(), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_note_speaks_one_language(language):
    for name in ("replay_gctf", "green_credit_push"):
        text = note_text(note(name), language)
        assert not re.search(r"\bnan\b|\bnote\.\w|_of\.", text)
        assert ("ngân sách" in text) == (language == "vi")


def test_the_folder_is_written_whole_and_the_data_can_be_read_back(tmp_path):
    paths = write_note(note("replay_gctf"), tmp_path / "out")
    names = {path.name for path in paths}
    assert {
        "fiscal_note.vi.txt",
        "fiscal_note.en.txt",
        "fiscal_note.json",
        "cash.csv",
        "contingent.csv",
    } <= names
    data = json.loads((tmp_path / "out" / "fiscal_note.json").read_text("utf-8"))
    assert data["base_year"] == 2009 and data == json.loads(json.dumps(note_as_data(note("replay_gctf"))))
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_the_command_refuses_what_it_cannot_cost(capsys, tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(SystemExit) as done:
        main(["finance", "green_credit_pusch", "--against", "nothing_like_it", "--language", "fr"])
    told = capsys.readouterr()
    assert done.value.code == 2 and told.out == ""
    assert all(part in told.err for part in ("green_credit_pusch", "nothing_like_it", "fr"))
    with pytest.raises(SystemExit) as done:
        main(["finance", "reference", "--draws", "32", "--resolution", "explorer"])
    assert done.value.code == 2 and "opens no instrument" in capsys.readouterr().err
