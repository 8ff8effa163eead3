"""Where the spread of results comes from: sources apart, each no wider than it should be, and labels that flow."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_cli import call, project  # noqa: F401  (a fixture)
from worlds import real_world

from cpmodel.inputs.decisions import load_decision
from cpmodel.model.ensemble import uniforms_of
from cpmodel.results.outcomes import COLUMNS, HEADLINES, INFORMED, PRIOR_DRIVEN
from cpmodel.results.targets import targets_table
from cpmodel.results.uncertainty import (
    _only,
    apart,
    informed_rows,
    is_data,
    uncertainty_rows,
)

DECISION = load_decision("decision_1419")


@pytest.fixture(scope="module")
def told():
    return real_world(draws=64).inputs


@pytest.fixture(scope="module")
def rows(told):
    return uncertainty_rows(told)


def test_every_headline_is_told_by_source_variant_and_target_year(rows):
    assert list(rows.columns) == COLUMNS and not rows.duplicated([c for c in COLUMNS if c != "value"]).any()
    assert set(rows["outcome"]) == {f"only_{s}_{o}" for s in ("parameters", "data") for o in HEADLINES}
    assert set(rows["year"]) == {2015, 2020} and set(rows["variant"]) == {"H1", "H2", "both"}


def test_one_source_moves_its_own_inputs_and_holds_all_others_at_their_median(told):
    world = real_world(draws=64)
    drawn = uniforms_of(world.inputs, "H1", world.draws)
    for source in ("parameters", "data"):
        held = _only(world, "H1", source).parameters
        for name, probe in (("opening_awareness", "data"), ("forgetting", "parameters")):
            spread = np.ptp(held[name])
            assert (spread > 0) == (probe == source), (source, name)
    assert {is_data(name) for name in drawn} == {True, False} and is_data("driver.output.2027")


def test_lending_rate_and_prices_belong_to_the_data():
    world = real_world(draws=64)
    gap = world.years == 2011  # the electricity price of 2011 was not published
    assert np.ptp(_only(world, "H1", "data").log_prices[gap]) > 0
    held = _only(world, "H1", "parameters")
    assert np.ptp(held.lending_rate, axis=1).max() < 1e-12


def test_the_labels_of_a_calibration_flow_into_results_and_their_table(told, rows):
    learned = replace(told, posterior=SimpleNamespace(informed=("specific_saving 2020",)))
    plain = pd.DataFrame(
        [("x", v, "VN", "all", "all", o, "1", y, q, 1.0) for v in ("H1", "H2", "both") for o in HEADLINES
         for y in (2015, 2020) for q in ("p10", "p50", "p90")], columns=COLUMNS,
    )  # fmt: skip
    found = apart(pd.concat([plain, rows, informed_rows(learned)])).set_index(["outcome", "year"])["evidence"]
    assert (
        found[("specific_saving", 2020)] == INFORMED
        and (found.drop(("specific_saving", 2020)) == PRIOR_DRIVEN).all()
    )
    assert (apart(pd.concat([plain, rows, informed_rows(told)]))["evidence"] == PRIOR_DRIVEN).all()
    met = pd.DataFrame(
        [("x", "both", "VN", "all", "all", f"met:{t.id}@{r.id}", "1", t.year, "probability", 0.5)
         for t in DECISION.targets for r in t.readings if r.outcome in HEADLINES], columns=COLUMNS,
    )  # fmt: skip
    targets = targets_table(pd.concat([plain, met, informed_rows(learned)]), DECISION)
    informed = targets["outcome"].eq("specific_saving") & targets["year"].eq(2020)
    assert informed.any() and (targets["evidence"].eq(INFORMED) == informed).all()


def test_the_command_shows_sources_apart(capsys, project):  # noqa: F811
    code, out, err = call(capsys, "uncertainty", "reference", "--draws", "64", "--resolution", "explorer")
    assert code == 0, err
    assert "parameters alone" in out and "prior-driven" in out and "H1 · H2" in out
