"""Findings told in both languages: every printed number is a cell of its finding, and a page refuses one that is not."""

import json
import re

import numpy as np
import pandas as pd
import papermill
import pytest
from synthetic_run import write_run

from cpmodel.analysis.findings import Finding, found, key_of, latest_finding
from cpmodel.briefs.findings import BLOCKS, finding_blocks
from cpmodel.briefs.page import open_page
from cpmodel.briefs.recheck import shows
from cpmodel.briefs.wording import Wording
from cpmodel.calibration.observations import Observation
from cpmodel.cli.finding_text import block_text
from cpmodel.content import numbers_in, plain, runs_in
from cpmodel.errors import BadInput, RunFailed
from cpmodel.inputs.project import project_root

TITLE = {"vi": "Theo Quyết định 1419", "en": "As decided"}


def package(name, cost, level, score):
    projects = {"awareness": cost / 2, "database": cost / 4, "technical_support": cost / 8, "network": cost / 16,
                "finance": cost / 16}  # fmt: skip
    return {
        "package": name,
        "cost": cost,
        "credit": 0.0,
        **projects,
        **{"outreach": 0.7, "office_training": 0.2, "provider_training": 0.1, "first_half": 0.4},
        "level": level,
        "odds": level,
        "score": score,
    }


def searched(kind, **facts):
    asked = {
        "outcome": "adoption_strict",
        "year": 2020,
        "probability": 0.8,
        "level": 0.5,
        "maximise": "level",
    }
    answer = {"title": TITLE, "reached": False, "binds": "acceptance", "design": "none", "optimism": 0.0021}
    search = {"tried": 900, "draws": 96, "confirm": 1000, "stationarity": 0.004, "spread": 0.001}
    tables = {
        "packages": pd.DataFrame([package("best", 300.0, 0.056, 1.4), package("more network", 300.0, 0.054, 1.3),
                                  package("as_planned", 453.2, 0.05, 0.8)]),
        "obstacles": pd.DataFrame({"obstacle": ["awareness", "acceptance"], "price": [0.0013, 0.0012],
                                   "worth": [32.1, np.nan], "gain_if_gone": [0.06, 0.12], "score_if_gone": [0.12, 0.18],
                                   "score_cumulative": [0.12, 0.8]}),
        "windows": pd.DataFrame({"project": ["network"], "price": [0.00003], "worth": [0.7]}),
        "limits": pd.DataFrame({"limit": ["annual cap 2014", "share provider_training", "total cap", "ramp network 2009",
                                          "least awareness 2020", "most share outreach", "annual cap 2015"],
                                "price": [0.02, 0.01, 0.004, 0.003, 0.002, 0.001, 0.0],
                                "worth": [5.0, 2.5, 1.0, 0.7, 0.5, 0.3, 0.0]}),
    }  # fmt: skip
    return Finding(kind, "as_decided", asked | answer | search | facts, tables)


def findings():
    wedge = pd.DataFrame({"lever": ["awareness", "credit soft_loan", "unit_mandate", "synergy", "total"], "year": 2020,
                          "alone": [0.036, 0.001, 0.0, 0.003, 0.04], "shared": [0.002, 0.001, 0, 0, 0],
                          "shapley": [0.038, 0.002, 0.0, 0.0, 0.04], "p10": [0.01, 0, 0, -0.002, 0.02],
                          "p90": [0.06, 0.003, 0.0, 0.009, 0.1]})  # fmt: skip
    scenarios = pd.DataFrame({"scenario": ["reference", "as_decided"], "money": [0.0, 453.0], "mean": [0.07, 0.16],
                              "worst_future": [0.03, 0.08], "max_regret": [0.148, 0.0], "satisficing": [0.0, 0.009],
                              "cvar": [0.015, 0.035]})  # fmt: skip
    surveys = pd.DataFrame({"design": ["awareness+adoption_lenient 300 all"], "indicator": ["awareness+adoption_lenient"],
                            "size": [300], "provinces": ["all"], "avoided": [9.8], "value": [1.97], "cost": [2.01],
                            "net": [-0.04]})  # fmt: skip
    inputs = pd.DataFrame({"input": ["office_strength", "driver.output.2021"], "value": [7.1, 0.2]})
    survey = {
        "year": 2015,
        "title": TITLE,
        "best": None,
        "best_noise": 0.3,
        "evpi_bn_vnd": 32.0,
        "cost_per_adopter": 0.2,
    }
    sobol = pd.DataFrame({"input": ["payback_median", "H1 or H2"], "first": [0.25, -0.01], "first_conf": [0.08, 0.01],
                          "total": [0.28, 0.005], "total_conf": [0.06, 0.001]})  # fmt: skip
    sensed = {"outcome": "adoption_strict", "year": 2020, "inputs": 85, "chosen": 15, "share": 0.93, "evaluations": 5040,
              "explained": 0.8, "mean": 0.095}  # fmt: skip
    importance = pd.DataFrame({"input": ["payback_median"], "share": [0.3], "low": [0.25], "high": [0.34]})
    swing = pd.DataFrame({"input": ["payback_median"], "low": [0.12], "high": [0.07], "swing": [0.05]})
    discover = {
        "missed": pd.DataFrame({"variant": ["H1", "H2"], "share": [0.6, 1.0], "median": [0.31, 0.12]}),
        "rules": pd.DataFrame({"rule": ["H1 box 1", "H1 leaf 2", "H1 leaf 3"], "kind": ["box", "leaf", "leaf"],
                               "variant": "H1", "coverage": [0.5, 0.9, 0.1], "density": [0.93, 0.8, 0.04],
                               "support": [0.3, 0.6, 0.4]}),
        "limits": pd.DataFrame({"rule": ["H1 box 1", "H1 box 1", "H1 leaf 2", "H1 leaf 3"],
                                "input": ["payback_median", "forgetting", "self_assessment", "self_assessment"],
                                "low": [0.41, 0.02, np.nan, 0.15], "high": [np.nan, 0.07, 0.15, np.nan]}),
        "warnings": pd.DataFrame({"indicator": ["awareness", "office_capacity", "assessments"], "year": [2013, 2014, 2012],
                                  "threshold": [0.37, 41.5, 900.0], "hit_rate": [0.8, 0.7, 0.6],
                                  "false_alarms": [0.2, 0.3, 0.2], "observed": [0.4, 39.0, np.nan],
                                  "status": ["clear", "alarm", "unseen"]}),
    }  # fmt: skip
    robust = {"year": 2020, "level": 0.5, "futures": 12, "minimax_regret": "as_decided", "most_satisficing": "as_decided",
              "best_cvar": "as_decided", "titles": {"reference": TITLE, "as_decided": TITLE}}  # fmt: skip
    about = {"outcome": "awareness", "year": 2015, "level": 0.4, "draws": 512}
    return [
        searched("backcast"), searched("backcast", reached=True, design="m1"),
        searched("allocate", level=None, reached=None, maximise="targets"),
        searched("allocate", level=None, reached=None, maximise="all"),
        searched("allocate", level=None, reached=None, outcome="office_capacity"),
        Finding("wedges", "as_decided", {"outcome": "adoption_strict", "last": 2020, "title": TITLE}, {"wedges": wedge}),
        Finding("robust", "reference+as_decided", robust, {"scenarios": scenarios}),
        Finding("survey_value", "as_decided", survey, {"surveys": surveys, "inputs": inputs}),
        Finding("survey_value", "as_decided", survey, {"surveys": surveys.assign(net=0.2), "inputs": inputs}),
        Finding("survey_value", "as_decided", survey | {"best": "x"}, {"surveys": surveys, "inputs": inputs}),
        Finding("sensitivity", "as_decided", sensed, {"sobol": sobol, "importance": importance, "tornado": swing}),
        Finding("discover", "as_decided", about, discover),
        Finding("discover", "as_decided", about, {**discover, "warnings": discover["warnings"].head(0)}),
    ]  # fmt: skip


def test_every_limit_on_money_that_binds_is_told_in_words():
    block = next(
        one
        for one in finding_blocks(searched("backcast"), Wording("vi"))
        if getattr(one, "id", "") == "limits"
    )
    told = [(plain(row[0].runs), plain(row[1].runs)) for row in block.rows]
    assert told == [("Trần vốn của năm 2014", "5,00"),
                    ("Tốc độ tăng vốn cho mạng lưới sau năm 2009", "0,70"),
                    ("Mức chi tối thiểu cho nhận thức năm 2020", "0,50")]  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("finding", findings(), ids=lambda one: one.kind)
def test_every_printed_number_is_a_cell_of_its_finding(finding, language):
    blocks, cells = finding_blocks(finding, Wording(language)), finding.cells()
    told = list(numbers_in(tuple(blocks)))
    assert len(told) > 5
    for number in told:
        (key,) = number.keys
        assert shows(number, cells[key.outcome], language), number.text
    tables = [block for block in blocks if block.kind == "table"]
    assert all(plain(cell.runs) for table in tables for row in table.rows for cell in row)
    text = plain(tuple(runs_in(tuple(blocks)))) + "".join(
        one.alt if one.kind == "figure" else block_text(one) for one in blocks
    )
    assert not re.search(r"\bnan\b|\bNone\b|\{|decide\.", text)
    assert language == "en" or not any(
        word in text for word in (" awareness ", " bn VND", "network", "packages")
    )


def test_every_kind_of_finding_is_told():
    assert {one.kind for one in findings()} == set(BLOCKS)


def test_fewer_packages_than_asked_for_are_told_and_none_is_told_as_none():
    few = searched("backcast", alternatives=5)
    notes = block_text(finding_blocks(few, Wording("en"))[2])
    assert "Only 1 of the 5 asked for" in notes and "nearly as well" in notes
    few.tables["packages"] = few["packages"].query("package != 'more network'").reset_index(drop=True)
    notes = block_text(finding_blocks(few, Wording("vi"))[2])
    assert "Không có gói nào khác hẳn" in notes and "Các gói ở giữa" not in notes
    enough = block_text(finding_blocks(searched("backcast", alternatives=1), Wording("en"))[2])
    assert "Only" not in enough


def test_what_rests_on_a_calibration_says_so():
    told = searched("backcast", calibration="2026-11-26_as_decided_00000000")
    assert "2026-11-26_as_decided_00000000" in block_text(finding_blocks(told, Wording("vi"))[-1])
    assert "calibration" not in block_text(finding_blocks(searched("backcast"), Wording("en"))[-1])


def test_the_verdict_names_the_best_there_is_and_what_binds():
    text = plain(finding_blocks(searched("backcast"), Wording("en"))[1].runs)
    assert (
        text.startswith("Infeasible")
        and "5.6%" in text
        and "reluctance to invest" in text
        and "18.0%" in text
    )
    text = plain(finding_blocks(searched("backcast"), Wording("vi"))[1].runs)
    assert text.startswith("Không khả thi") and "5,6%" in text and "300\u00a0tỷ đồng" in text


def test_a_page_prints_a_finding_and_refuses_a_number_that_is_not_its(tmp_path):
    page = open_page(write_run(tmp_path / "run"), language="en")
    page.finding(searched("backcast"))
    content = page.finish().content
    assert any(
        b.kind == "table" and b.id == "packages" for section in content.sections for b in section.blocks
    )
    page.findings[0]["packages"]["level"] = 0.5
    with pytest.raises(RunFailed, match=r"5\.6%"):
        page.finish()


def test_a_brief_on_schedule_watches_what_is_observed_by_now(tmp_path, monkeypatch):
    kept = next(one for one in findings() if one.kind == "discover")
    kept.tables["warnings"]["observation"] = ""
    monkeypatch.setattr("cpmodel.briefs.findings.kept_finding", lambda kind, name: kept)
    seen = Observation("r1", ("r1",), "survey_national", "awareness", "share", "", "VN", 2013, (0.31,))
    for observed, status in (([seen], "alarm"), ([], "not yet seen")):
        monkeypatch.setattr("cpmodel.briefs.findings.observations", lambda *_, o=observed: (o, ()))
        page = open_page(write_run(tmp_path / status[:3]), language="en")
        row = page.watch().blocks[0].rows[0]
        assert plain(row[-1].runs) == status and plain(row[5].runs) == ("31.0%" if observed else "–")
        page.finish()


def test_a_brief_watches_by_itself_where_no_thresholds_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("cpmodel.briefs.findings.kept_finding", lambda kind, name: None)
    page = open_page(write_run(tmp_path / "run"), language="vi")
    (block,) = page.watch().blocks
    told = page.findings[0] if page.findings else None
    assert block.kind == ("callout" if told is None or not len(told["warnings"]) else "table")
    decided = page.run.draws.assign(**{t.outcome: 0.0 for t in page.run.decision.scored})
    monkeypatch.setattr(type(page.run), "draws", decided, raising=False)
    assert "không có ngưỡng nào cần theo dõi" in plain(page.watch().blocks[0].runs)
    page.finish()


def test_a_finding_is_made_once_for_one_question_and_again_for_another(tmp_path):
    made = []

    def make(work):
        made.append(work)
        return searched("backcast")

    hashes = {"code": "c", "data": "d"}
    first = found("backcast", "as_decided", hashes, {"level": 0.5}, make, tmp_path)
    again = found("backcast", "as_decided", hashes, {"level": 0.5}, make, tmp_path)
    assert len(made) == 1 and again.cells() == first.cells() and again.folder == first.folder
    found("backcast", "as_decided", hashes, {"level": 0.6}, make, tmp_path)
    found("backcast", "as_decided", {**hashes, "code": "x"}, {"level": 0.5}, make, tmp_path)
    assert len(made) == 3
    (first.folder / "packages.parquet").unlink()
    found("backcast", "as_decided", hashes, {"level": 0.5}, make, tmp_path)
    assert len(made) == 4 and (first.folder / "packages.parquet").is_file()
    assert key_of("a", hashes, 1) != key_of("b", hashes, 1)
    assert latest_finding("backcast", "as_decided", tmp_path).kind == "backcast"
    with pytest.raises(BadInput, match="cpmodel survey-value"):
        latest_finding("survey_value", "as_decided", tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_what_was_half_made_leaves_nothing_but_its_work(tmp_path):
    def make(work):
        work.mkdir(parents=True)
        (work / "trials.npz").write_bytes(b"x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found("backcast", "as_decided", {}, 1, make, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [
        f".work_backcast_as_decided_{key_of('backcast', {}, 1)[:8]}"
    ]


def test_the_notebook_on_decisions_runs_without_a_reader(tmp_path, monkeypatch):
    for name in ("data", "scenarios", "notebooks"):
        (tmp_path / name).symlink_to(project_root() / name)
    monkeypatch.setenv("CPMODEL_HOME", str(tmp_path))
    out = tmp_path / "decisions.ipynb"
    told = {"effort": "quick", "draws": 32, "language": "vi"}
    papermill.execute_notebook(
        project_root() / "notebooks" / "decisions.ipynb", out, told, progress_bar=False
    )
    text = json.dumps(json.loads(out.read_text("utf-8")), ensure_ascii=False)
    assert all(
        word in text
        for word in ("Không khả thi", "Giá trị Shapley", "Hối tiếc lớn nhất", "Sobol", "Báo động nếu dưới")
    )
