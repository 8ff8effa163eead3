"""The stand-in for the model: it passes through its runs, says how far it is off elsewhere, and is read back whole."""

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from cpmodel.analysis import emulated_runs
from cpmodel.analysis.emulated_runs import design, emulate, levers_of, open_emulator, with_money
from cpmodel.analysis.emulator import Output, bent, fit
from cpmodel.errors import BadInput
from cpmodel.inputs.overlay import resolve

OUTPUTS = (
    Output("awareness", 2020, "p50", 1.0, 1e-6),
    Output("office_capacity", 2020, "p50", 63.0, 1e-6),
    Output("met:x", 2020, "probability", 1.0, 0.001),
)


def world(multiples):
    """A made-up country: three numbers that rise with two budgets and saturate."""
    effort = bent(multiples) @ np.array([0.5, 0.2])
    return np.stack([0.3 + 0.1 * effort, 20 + 10 * effort, 0.9 / (1 + np.exp(3 - 2 * effort))], axis=1)


@pytest.fixture(scope="module")
def learned():
    used, unused = design(2, 7)
    return fit(("a", "b"), 4.0, OUTPUTS, used, world(used), (unused, world(unused))), used, unused


def test_it_passes_through_the_runs_it_was_made_from(learned):
    emulator, used, _ = learned
    assert (np.abs(emulator.at(used) - world(used)) / [1, 63, 1]).max() < 2e-3


def test_its_functions_are_those_of_scipy(learned):
    emulator, used, unused = learned
    links = np.stack([o.to_link(world(used)[:, i]) for i, o in enumerate(OUTPUTS)], axis=1)
    peer = RBFInterpolator(bent(used), links, kernel="cubic", degree=1)(bent(unused))
    np.testing.assert_allclose(emulator.links(unused), peer, atol=5e-3)


def test_its_accuracy_is_that_of_runs_it_has_not_seen(learned):
    emulator, _, unused = learned
    off = np.abs(emulator.at(unused) - world(unused))
    assert emulator.accuracy["checked_on"] == len(unused)
    assert emulator.accuracy["share_max"] == pytest.approx(off[:, 0].max())
    assert emulator.accuracy["offices_max"] == pytest.approx(off[:, 1].max())
    assert emulator.accuracy["odds_max"] == pytest.approx(off[:, 2].max())


def test_it_is_checked_on_other_budgets_than_it_learned_from():
    used, unused = design(3, 7)
    assert not {tuple(row) for row in used} & ({tuple(row) for row in unused} - {(1.0, 1.0, 1.0)})
    assert used.min() >= 0 and unused.max() <= emulated_runs.HIGHEST


@pytest.mark.parametrize("value", [0.0, 1e-9, 0.3, 1.0])
def test_a_link_leads_back_to_its_value(value):
    for output in OUTPUTS:
        back = output.from_link(output.to_link(value * output.scale))
        assert back == pytest.approx(value * output.scale, abs=1.001 * output.least * output.scale)


def test_multiplied_money_is_multiplied_in_every_year_and_source_and_nowhere_else():
    scenario = resolve("as_decided")
    before, after = levers_of(scenario), levers_of(with_money(scenario, {"awareness": 3.0, "network": 0.0}))
    assert after == pytest.approx(
        {"awareness": 3 * before["awareness"]}
        | {k: v for k, v in before.items() if k not in ("awareness", "network")}
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(emulated_runs, "INSIDE", 24)
    patch.setattr(emulated_runs, "HELD_OUT", 8)
    patch.setattr(
        emulated_runs, "default_folder", lambda inputs, under: tmp_path_factory.getbasetemp() / under / "x"
    )
    yield emulate(resolve("as_decided"), draws=32)
    patch.undo()


def test_more_money_for_awareness_brings_more_awareness(made):
    emulator = open_emulator(made)
    last = next(
        i
        for i, o in enumerate(emulator.outputs)
        if (o.outcome, o.year, o.statistic) == ("awareness", 2020, "p50")
    )
    moved = np.ones((9, len(emulator.levers)))
    moved[:, emulator.levers.index("awareness")] = np.linspace(0, 4, 9)
    found = emulator.at(moved)[:, last]
    assert np.all(np.diff(found) > 0)
    assert found[-1] - found[0] > 5 * emulator.accuracy["share_p99"]


def test_an_emulator_is_found_again_and_a_damaged_one_refused(made):
    assert emulate(resolve("as_decided"), draws=32) == made
    damaged = made.with_name("damaged")
    damaged.mkdir()
    (damaged / "emulator.json").write_text((made / "emulator.json").read_text("utf-8")[:200], "utf-8")
    with pytest.raises(BadInput, match="not a whole emulator"):
        open_emulator(damaged)


def test_without_a_budget_there_is_nothing_to_move():
    assert emulate(resolve("reference"), draws=32) is None
