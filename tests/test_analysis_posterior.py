"""What a result hangs on after a calibration, from the draws of a run that was made on it."""

import pandas as pd
import pytest
from test_inputs_posterior import inputs, write  # noqa: F401  (a fixture and its writer)

from cpmodel.analysis.drawn import Asked
from cpmodel.analysis.posterior_importance import posterior_importance
from cpmodel.inputs.overlay import resolve
from cpmodel.results.saved import open_run, run_and_save


@pytest.fixture(scope="module")
def found(tmp_path_factory, inputs):  # noqa: F811
    folder = tmp_path_factory.mktemp("calibrated")
    calibration = write(folder / "calibration", inputs)
    told = resolve("as_decided", overrides={"resolution": "explorer", "draws": 96})
    run = open_run(run_and_save(told, folder / "run", calibration=str(calibration)))
    return posterior_importance(run, str(calibration), Asked("awareness", 2015), 6)


def test_shares_after_a_calibration_sum_to_what_is_explained(found):
    table = found["importance"]
    assert len(table) == 6 and (table["share"] >= -1e-9).all() and table["share"].is_monotonic_decreasing
    assert (
        found.facts["explained"] == pytest.approx(table["share"].sum())
        and found.facts["explained"] <= 1 + 1e-9
    )
    assert (table["low"] <= table["high"]).all()


def test_the_inputs_are_those_of_the_run(found):
    known = {
        "opening_awareness",
        "outreach_strength",
        "outreach_half_saturation",
        "database_strength",
        "self_assessment",
    }
    assert known & set(found["importance"]["input"])  # draws out of step with their run would explain nothing
    assert isinstance(found["tornado"], pd.DataFrame) and found["tornado"]["swing"].is_monotonic_decreasing
