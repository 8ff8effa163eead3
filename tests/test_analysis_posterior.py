"""What a result hangs on after a calibration, from the draws of a run that was made on it."""

import numpy as np
import pandas as pd
import pytest
from test_inputs_posterior import inputs, write  # noqa: F401  (a fixture and its writer)

from cpmodel.analysis.backcast import PLANNED, backcast
from cpmodel.analysis.drawn import Asked, uniforms_met
from cpmodel.analysis.posterior_importance import posterior_importance
from cpmodel.analysis.programme_question import Question
from cpmodel.analysis.programme_runs import CHECKED, SEARCHED, TOLD, met_by
from cpmodel.analysis.programme_search import Effort
from cpmodel.analysis.wedges import wedges
from cpmodel.briefs.findings import finding_blocks
from cpmodel.briefs.wording import Wording
from cpmodel.content import plain, runs_in
from cpmodel.inputs.load import calibrated
from cpmodel.inputs.overlay import resolve
from cpmodel.results.saved import open_run, run_and_save


@pytest.fixture(scope="module")
def found(tmp_path_factory, inputs):  # noqa: F811
    folder = tmp_path_factory.mktemp("calibrated")
    calibration = write(folder / "calibration", inputs)
    told = resolve("as_decided", overrides={"resolution": "explorer", "draws": 96})
    run = open_run(run_and_save(told, folder / "run", calibration=str(calibration)))
    return posterior_importance(run, str(calibration), Asked("awareness", 2015), 6)


@pytest.fixture(scope="module")
def learned(tmp_path_factory, inputs):  # noqa: F811
    """A calibration that learned that outreach works better than the prior says."""
    return str(write(tmp_path_factory.mktemp("learned") / "more", inputs, {"outreach_strength": 2.0}))


def test_what_a_calibration_learned_moves_what_levers_add_and_what_a_survey_is_worth(inputs, learned):  # noqa: F811
    told, levers = inputs.scenario, ("awareness", "network")
    prior, fitted = (
        wedges(told, "awareness", 32, levers, calibration=one)["wedges"] for one in (None, learned)
    )
    gain = fitted.set_index(["lever", "year"])["shapley"] - prior.set_index(["lever", "year"])["shapley"]
    assert gain["awareness", 2015] > 0.02 and abs(gain["network", 2015]) < 0.01
    met = uniforms_met(calibrated(inputs, learned), "H2", 32)["outreach_strength"]
    assert met.mean() > 0.9  # the inputs behind a survey's answers are the calibration's too


def test_packages_are_told_from_particles_that_the_search_has_not_met(inputs, learned):  # noqa: F811
    known = calibrated(inputs, learned)
    hands = [met_by(known, stage).posterior.normals["H1"].index for stage in (SEARCHED, CHECKED, TOLD)]
    assert sorted(np.concatenate(hands)) == list(range(len(known.posterior.normals["H1"])))
    question = Question("awareness", 2015, 0.35, 0.6, "level", 150.0)
    quick = Effort(draws=16, scattered=4, designs=1, starts=1, iterations=2, alternatives=1, confirm=32)
    answers = [backcast(question, inputs.scenario, quick, calibration=one) for one in (None, learned)]
    assert answers[1].facts["calibration"] == "more" and answers[0].facts["calibration"] is None
    assert answers[1].facts["particles"] == len(hands[2])
    planned = [one["packages"].set_index("package").loc[PLANNED, "level"] for one in answers]
    assert planned[1] > planned[0] + 0.02
    said = plain(tuple(runs_in(tuple(finding_blocks(answers[1], Wording("vi"))))))
    assert f"{len(hands[2])} bộ tham số" in said and "kết quả hiệu chỉnh more" in said


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
