"""What a batch file asks for: every case it may name, comparisons, sliders, and the words in which a batch is told."""

import re
from pathlib import Path

import pytest

from cpmodel.cli import main
from cpmodel.errors import BadInput, RunFailed
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.model.batches import memory_of_a_batch
from cpmodel.press.batch import Batch
from cpmodel.press.jobs import Job
from cpmodel.press.orders import orders, refuse_impossible
from cpmodel.press.printing import filled_in

ROOT = Path(__file__).resolve().parents[1]
ENTRY = {"title": {"vi": "x", "en": "x"}}


def orders_of(root=ROOT, **briefs):
    return orders(Batch.model_validate(ENTRY | {"languages": ["en"], "briefs": briefs}), root, "b.yaml")


def test_all_cases_are_every_place_and_every_body_that_reports():
    one = {"scenario": "as_decided"}
    units = orders_of(
        unit=one | {"notebook": "brief_province", "parameters": {"units": "34"}, "each": {"province": "all"}}
    )
    assert len(units) == 34 and {order.parameters["units"] for order in units} == {"34"}
    named = orders_of(
        unit=one
        | {"notebook": "brief_province", "parameters": {"units": "34"}, "each": {"province": ["lam dong"]}}
    )
    assert [order.case for order in named] == ["68"]
    bodies = orders_of(
        back=one
        | {"notebook": "brief_report", "parameters": {"clause": "V.3"}, "each": {"respondent": "all"}}
    )
    assert len(bodies) == 63 + 6 and "BCT" not in {order.case for order in bodies}


def test_a_comparison_is_told_against_the_scenario_named_and_the_national_brief_has_its_sliders(tmp_path):
    names = ["double_budget", "reference"]
    found = orders_of(comparison={"each": {"scenario": names}, "against": "as_decided"},
                      national={"scenario": "as_decided", "compare": ["reference"]})  # fmt: skip
    assert [o.id for o in found] == ["comparison/double_budget/en", "comparison/reference/en", "national/en"]
    assert found[0].scenarios == ("double_budget", "as_decided") and found[0].parameters == {}
    assert found[-1].needs == (("run", "as_decided"), ("run", "reference"), ("emulator", "as_decided"))
    folders = {name: tmp_path / name for name in (*names, "as_decided")}
    job = Job(found[0], None, ROOT, folders, {}, None, "", emulator=None)
    assert filled_in(job) == {"scenario": "double_budget", "language": "en", "run": str(tmp_path / "double_budget"),
                              "against": str(tmp_path / "as_decided")}  # fmt: skip
    job = Job(found[-1], None, ROOT, folders, {}, None, "", emulator=tmp_path / "e")
    assert filled_in(job)["emulator"] == str(tmp_path / "e") and "against" not in filled_in(job)


@pytest.mark.parametrize("entry, told", [
    ({"scenario": "as_decided"}, "tells a scenario against another"),
    ({"scenario": "as_decided", "against": "as_decided"}, "told against itself"),
    ({"scenario": "as_decided", "compare": ["reference"], "against": "reference"}, "Leave `compare` out"),
    ({"against": "reference"}, "printed from one scenario"),
    ({"each": {"scenario": ["as_deceded"]}, "against": "reference"}, "Did you mean `as_decided`"),
])  # fmt: skip
def test_a_comparison_that_cannot_be_printed_is_refused_before_anything_runs(entry, told):
    with pytest.raises(BadInput, match=told):
        orders_of(comparison=entry)


REPORT = {"notebook": "brief_report", "scenario": "as_decided"}


@pytest.mark.parametrize("kind, entry, told", [
    ("province", {}, "each: {province: all}"),
    ("province", {"parameters": {"province": ""}}, "each: {province: all}"),
    ("sector", {}, "each: {sector: all}"),
    ("project", {}, "each: {project: all}"),
    ("report", {}, "parameters: {clause: V.1}"),
    ("report", {"parameters": {"clause": "V.3"}}, "each: {respondent: all}"),
    ("report", {"parameters": {"clause": "V.1"}, "each": {"respondent": "all"}}, "Leave it out"),
    ("report", {"parameters": {"clause": "V.2"}}, "Use V.1 or V.3"),
    ("report", {"parameters": {"clause": "V.1", "year": "2015"}}, "takes int"),
    ("report", {"parameters": {"clause": "V.1"}, "each": {"year": ["last"]}}, "takes int"),
    ("province", {"parameters": {"units": 34}, "each": {"province": "all"}}, 'Write "34", in quotes'),
    ("province", {"parameters": {"province": "hai phongg"}}, "Did you mean `Hải Phòng"),
    ("province", {"parameters": {"province": "31"}, "each": {"province": "all"}}, "Leave it out of one"),
])  # fmt: skip
def test_what_a_brief_is_about_is_never_left_to_the_example_in_its_notebook(kind, entry, told):
    with pytest.raises(BadInput, match=re.escape(told)):
        orders_of(**{kind: {"scenario": "as_decided"} | entry})


def test_a_place_is_a_code_and_a_year_a_number_wherever_they_are_named():
    (one,) = orders_of(
        p={"notebook": "brief_province", "scenario": "as_decided", "parameters": {"province": "hai phong"}}
    )
    assert one.parameters == {"province": "31"} and one.id == "p/en"
    years = orders_of(r=REPORT | {"parameters": {"clause": "V.1"}, "each": {"year": [2015, 2016]}})
    assert [(order.id, order.parameters["year"]) for order in years] == [
        ("r/2015/en", 2015),
        ("r/2016/en", 2016),
    ]


@pytest.mark.parametrize("kind, entry, told", [
    ("comparison", {"against": "reference_889"}, "covers 2009–2020"),
    ("national", {"compare": ["reference", "reference_889"]}, "covers 2009–2020"),
    ("report", {"parameters": {"clause": "V.1", "year": 2031}}, "from 2009 to 2020"),
    ("report", {"scenario": "successor_889", "parameters": {"clause": "V.1"}}, "no order to report in this clause"),
])  # fmt: skip
def test_what_scenarios_cannot_give_is_refused_when_the_batch_is_planned(kind, entry, told):
    found = orders_of(**{kind: {"scenario": "as_decided"} | entry})
    with pytest.raises(BadInput, match=told) as error:
        refuse_impossible(found, ROOT, "b.yaml")
    assert [(one.file, one.key.split(".")[:2]) for one in error.value.problems] == [
        ("b.yaml", ["briefs", kind])
    ]


BIG = """title: {vi: x, en: x}
draws: 487
resolution: explorer
languages: [en]
formats: [json]
briefs:
  national: {scenario: as_decided, compare: [reference]}
  province: {scenario: double_budget, each: {province: ["31"]}}
  finance_note: {scenario: green_credit_push}
"""


def asked(tmp_path, capsys, *arguments):
    """Return the exit code and the errors of `cpmodel batch` for BIG, which may write nothing."""
    file, out = tmp_path / "big.yaml", tmp_path / "out"
    file.write_text(BIG, "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["batch", arguments[0], str(file), "-o", str(out), *arguments[1:]])
    assert not out.exists()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize("lacking, what", [
    ("cpmodel.model.batches", ["run of as_decided", "run of reference", "run of double_budget"]),
    ("cpmodel.compute", ["run of as_decided", "run of reference", "run of double_budget"]),
    ("cpmodel.analysis.fiscal_note", ["note of green_credit_push"]),
])  # fmt: skip
def test_every_run_too_large_for_this_machine_is_refused_before_anything_runs(
    tmp_path, capsys, monkeypatch, command, lacking, what
):
    monkeypatch.setattr(f"{lacking}.free_memory", lambda: 1e6)
    code, told = asked(tmp_path, capsys, command)
    assert code == 2
    assert re.findall(r"(\w+ of \w+): \d+ MiB needed, 1 MiB free on this machine", told) == what
    vietnamese = asked(tmp_path, capsys, command, "--language", "vi")[1]
    assert vietnamese.count("máy này còn trống 1 MiB") == len(what) and " of " not in vietnamese


def test_on_a_cluster_workers_are_asked_for_the_memory_of_the_largest_run_too(tmp_path, capsys, monkeypatch):
    def refuse(scheduler, jobs, memory, say):
        raise RunFailed(f"{memory:.0f}")

    monkeypatch.setattr("cpmodel.compute.open_workers", refuse)
    monkeypatch.setattr("cpmodel.compute.free_memory", lambda: 1e6)  # threads of this machine do no run then
    monkeypatch.setattr("cpmodel.cli.batch.OF_A_BRIEF", 1.0)
    _, needed = asked(tmp_path, capsys, "run", "--scheduler", "tcp://a:1")
    told = resolve("as_decided", overrides={"draws": 487, "resolution": "explorer"})
    assert float(needed) == round(memory_of_a_batch(load(told)))


def test_a_run_that_exists_needs_no_memory(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("cpmodel.model.batches.free_memory", lambda: 1e6)
    monkeypatch.setattr(
        "cpmodel.results.saved.is_complete", lambda folder: "double_budget" not in folder.name
    )
    code, told = asked(tmp_path, capsys, "run")
    assert code == 2 and re.findall(r"run of (\w+)", told) == ["double_budget"]


def test_every_phrase_has_the_same_places_in_both_languages_and_keeps_as_data():
    from cpmodel.press import phrases

    for name, texts in phrases._phrases().items():
        vi, en = (set(re.findall(r"{(\w+)}", texts[language])) for language in ("vi", "en"))
        assert vi == en, name
    why = [phrases.said("damaged", what=phrases.said("not_there")), phrases.said("not_due", day="2027-01-01")]
    for language in ("vi", "en"):
        assert phrases.reread(phrases.kept(why), language) == phrases.told(why, language)
