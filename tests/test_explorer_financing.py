"""The financing notebook: sliders start at the record, move the answer, tell what is impossible; no screen is needed."""

from pathlib import Path

import ipywidgets as widgets
import pytest

from cpmodel.analysis.appraising import Question
from cpmodel.briefs.wording import vocabulary
from cpmodel.errors import BadInput
from cpmodel.explorer import financing
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.press import build as press

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "financing_design.ipynb"


@pytest.fixture(scope="module")
def inputs():
    return load(resolve("reference"))


@pytest.fixture(scope="module")
def laboratory(inputs):
    return financing.Laboratory(Question(["vepf_2015"], "textiles", "small"), inputs, "en", 24)


def parts_of(box):
    said, *knobs, sheet = box.children
    return said, {knob.description: knob for knob in knobs}, sheet


def test_sliders_start_at_the_terms_on_record_and_are_at_most_six(laboratory):
    said, knobs, _ = parts_of(laboratory.sliders())
    assert len(knobs) == financing.MOST and all(isinstance(k, widgets.FloatSlider) for k in knobs.values())
    assert knobs["Interest rate a year, %"].value == pytest.approx(3.6)
    assert knobs["Tenor, years"].value == 10 and knobs["Share guaranteed, %"].value == 0
    assert laboratory.sentence() in said.value


def test_moving_a_slider_answers_as_the_command_would(laboratory):
    said, knobs, sheet = parts_of(laboratory.sliders())
    before = sheet.value
    knobs["Grant, share of investment, %"].value = 30.0
    assert laboratory.sentence({"grant_share": 0.3}) in said.value and sheet.value != before
    knobs["Grant, share of investment, %"].value = 0.0
    assert laboratory.sentence() in said.value


def test_an_impossible_mix_is_told_and_the_next_move_puts_it_right(laboratory):
    said, knobs, sheet = parts_of(laboratory.sliders())
    knobs["Grace, years"].value = 4.0
    knobs["Tenor, years"].value = 2.0
    assert "<pre>" in said.value and "grace" in said.value and not sheet.value
    knobs["Tenor, years"].value = 10.0
    assert "<pre>" not in said.value and sheet.value


@pytest.mark.law("IV.4.d")
def test_cheaper_money_is_never_accepted_less_and_never_costs_the_state_less(laboratory):
    dear, cheap = (laboratory.ask({"rate": rate}) for rate in (0.07, 0.01))
    shares = [one.shares.set_index(["variant", "terms"])["mean"] for one in (dear, cheap)]
    cost = [one.sheet.state.set_index("figure")["value"]["fiscal_npv"] for one in (dear, cheap)]
    assert (shares[1] >= shares[0] - 1e-12).all() and cost[1] > cost[0]


def test_with_several_instruments_a_term_goes_to_the_one_that_states_it(inputs):
    mixed = financing.Laboratory(Question(["vepf_2015", "gctf_2015"], "textiles", "small"), inputs, "vi", 12)
    assert mixed._named({"rate": 0.02, "cover": 0.6}) == {"vepf.rate": 0.02, "gctf.cover": 0.6}
    assert mixed.ask(mixed._named({"cover": 0.6})).sheet.combination.design.guarantee_cover == 0.6


def test_every_slider_has_its_words_and_a_wrong_word_is_refused():
    assert {f"laboratory.{name}" for name in financing.SLIDERS} <= set(vocabulary())
    with pytest.raises(BadInput, match="textil"):
        financing.open_laboratory("vepf_2015", "textilles", "small")
    with pytest.raises(BadInput, match="two languages"):
        financing.open_laboratory("vepf_2015", "textiles", "small", language="fr")


def test_the_notebook_runs_without_a_screen(tmp_path):
    checked = press.check(NOTEBOOK, {"draws": 12, "language": "en"}, ())
    done = press.execute(NOTEBOOK, checked, tmp_path)
    shown = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("application/vnd.jupyter.widget-view+json" in one.get("data", {}) for one in shown)
    assert sum("text/html" in one.get("data", {}) for one in shown) >= 6
