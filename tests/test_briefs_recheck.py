"""A number that is not the run's is never printed; gains are paired draw by draw, or not told at all."""

import json
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import write_run

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import compared, effects, goals, page
from cpmodel.briefs.saved_run import open_saved
from cpmodel.briefs.wording import Wording
from cpmodel.content import Number, Paragraph, Text, numbers_in, plain
from cpmodel.errors import BadInput, RunFailed

DATA = Path(__file__).resolve().parents[1] / "data"
EN = Wording("en")
NO_DECISION = {"title": {"vi": "Tham chiếu", "en": "Reference"}, "decision": "none"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return [
        open_saved(write_run(folder / "a")),
        open_saved(write_run(folder / "b", "reference", shift=-0.4, **NO_DECISION)),
    ]


@pytest.fixture
def tables_page(runs):
    made = page.Page(runs[0], "en", DATA, runs[1:])
    made.targets()
    made.what_it_takes()
    made.blocks["takes"].append(effects.effects_table(runs[0], EN))
    return made


def test_a_page_that_tells_the_run_is_finished(tables_page):
    assert len(list(numbers_in(tables_page.finish().content.sections))) > 60


@pytest.mark.parametrize("change", [{"text": "77%"}, {"keys": "another cell"}, {"keys": "no such cell"}])
def test_a_tampered_number_stops_the_page_and_is_named(tables_page, runs, change):
    key = runs[0].key("awareness", 2020)
    honest = Number(
        value=runs[0].get(key), text=f"{runs[0].get(key) * 100:.0f}\u00a0%", scale=100, keys=(key,)
    )
    tables_page.blocks["track"].append(Paragraph(runs=(Text(text="Aware: "), honest)))
    tables_page.finish()
    keys = {"another cell": {"year": 2015}, "no such cell": {"outcome": "awarenes"}}.get(change.get("keys"))
    change = {"keys": (key.model_copy(update=keys),)} if keys else change
    tables_page.blocks["track"][-1] = Paragraph(runs=(honest.model_copy(update=change),))
    with pytest.raises(RunFailed, match="not those of the run: “.*(awarenes|2015)"):
        tables_page.finish()


def test_a_number_of_a_run_that_is_not_in_the_brief_is_refused(tables_page, runs):
    stray = Number(value=0.1, text="10%", scale=100, keys=(runs[0].key("awareness", 2020),))
    stray = stray.model_copy(update={"keys": (stray.keys[0].model_copy(update={"scenario": "elsewhere"}),)})
    tables_page.blocks["track"].append(Paragraph(runs=(stray,)))
    with pytest.raises(RunFailed, match="elsewhere"):
        tables_page.finish()


def test_the_gain_over_the_reference_is_that_of_the_same_draws(runs):
    run, base = runs
    key = run.key("adoption_strict", 2020, "p90").model_copy(update={"base": "reference"})
    of_year = [one.draws[one.draws["year"] == 2020].sort_values(["variant", "draw"]) for one in runs]
    gains = of_year[0]["adoption_strict"].to_numpy() - of_year[1]["adoption_strict"].to_numpy()
    assert compared.paired_value(run, base, key) == pytest.approx(np.quantile(gains, 0.9))
    medians = run.value("adoption_strict", 2020) - base.value("adoption_strict", 2020)
    assert plain(compared.gain(run, base, EN)).startswith("+") and medians > 0


@pytest.mark.parametrize("changed", [{"seed": 7}, {"draws": 10}, {"hashes": {"code": "other"}}])
def test_runs_on_other_draws_or_other_code_are_not_paired(runs, tmp_path, changed):
    folder = write_run(tmp_path / "c", "reference", **NO_DECISION)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8")) | changed
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    other = open_saved(folder)
    assert compared.gain(runs[0], other, EN) is None
    table = compared.comparison_table([runs[0], other], EN)
    assert plain(table.rows[0][4].runs) == "not available" and plain(table.rows[1][4].runs) == "–"


@pytest.mark.parametrize("project", COMPONENT_PROJECTS)
def test_points_per_amount_are_the_effect_over_the_money_of_the_project(runs, project):
    run = runs[0]
    years = run.years(f"spend_{project}", "mean")
    money = sum(run.value(f"spend_{project}", year, "mean") for year in years)
    median, low, high = (n for n in effects.per_amount(run, EN, project) if isinstance(n, Number))
    for number, statistic in ((median, "p50"), (low, "p10"), (high, "p90")):
        effect = run.value(f"effect_{project}_on_adoption_strict", goals.end(run), statistic)
        assert number.value == pytest.approx(effect * effects.AMOUNT / money)
    assert low.value < median.value < high.value


def test_a_project_without_money_or_effect_says_so(tmp_path):
    run = open_saved(write_run(tmp_path / "a", without=("effect_network", "spend_finance")))
    assert effects.per_amount(run, EN, "network") is None
    assert effects.per_amount(run, EN, "finance") is None
    text = [[plain(cell.runs) for cell in row] for row in effects.effects_table(run, EN).rows]
    assert text[3][2] == "not available" and text[4][1] == "not available"


def test_one_scenario_cannot_stand_in_a_brief_twice(tmp_path):
    one, two = (write_run(tmp_path / name) for name in ("a", "b"))
    with pytest.raises(BadInput, match="compare"):
        page.open_page(one, compare=[str(two)], data=DATA)
