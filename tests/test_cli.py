"""The command line: exit codes, messages without tracebacks, nothing half-written."""

import json
import shutil
import subprocess
import sys

import pytest

from cpmodel.cli import main
from cpmodel.inputs.project import project_root


def call(capsys, *arguments):
    """Run the command line; returns exit code, standard output, standard error."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    found = capsys.readouterr()
    return end.value.code, found.out, found.err


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project's data and scenarios that a test may spoil."""
    root = project_root()
    for name in ("data", "notebooks"):
        (tmp_path / name).symlink_to(root / name)
    shutil.copytree(root / "scenarios", tmp_path / "scenarios")
    monkeypatch.setenv("CPMODEL_HOME", str(tmp_path))
    return tmp_path


SMALL = ("--draws", "32", "--resolution", "explorer")


def test_everything_shipped_is_good(capsys):
    code, out, _ = call(capsys, "check")
    assert code == 0 and out.startswith("All good.")
    assert "opening_awareness" in out  # the unverified baseline is named


def test_the_doctor_finds_a_good_installation_fit(capsys):
    code, out, err = call(capsys, "doctor")
    assert code == 0, out + err
    assert "reference with 32 draws, 2 variants" in out


def test_check_tells_the_problems_of_several_files_at_once(capsys, project):
    (project / "scenarios" / "wrong_key.yaml").write_text("extends: as_decided\nbugdets: {}\n", "utf-8")
    (project / "scenarios" / "not_text.yaml").write_bytes(b"title: \xff\xfe")
    code, out, err = call(capsys, "check")
    assert code == 2 and "Traceback" not in err
    assert "wrong_key.yaml" in err and "not_text.yaml" in err and "budgets" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "as_decidd"), ("as_decidd", "as_decided")),
        (("scenario", "show", "nowhere"), ("nowhere",)),
        (("run", "as_decided", "--draws", "1"), ("--draws",)),
        (("run", "as_decided", "--resolution", "fine"), ("resolution", "fine", "explorer")),
        (("brief", "national", "--language", "fr"), ("--language", "fr", "vi,en")),
        (("instruments", "--at", "yesterday"), ("--at", "yesterday", "YYYY-MM-DD")),
        (("frobnicate",), ("frobnicate",)),
    ],
)
def test_a_wrong_word_is_answered_with_what_to_do(capsys, arguments, words):
    code, _, err = call(capsys, *arguments)
    assert code == 2 and "Traceback" not in err
    assert all(word in err for word in words), err


def test_a_run_is_written_whole_and_never_over_another(capsys, project):
    target = project / "mine"
    code, out, _ = call(capsys, "run", "reference", "-o", str(target), *SMALL)
    assert code == 0 and {"results.csv", "results.parquet", "manifest.json"} <= {
        p.name for p in target.iterdir()
    }
    before = {p.name: p.read_bytes() for p in target.iterdir()}
    code, _, err = call(capsys, "run", "as_decided", "-o", str(target), *SMALL)
    assert code == 2 and "never overwritten" in err
    assert {p.name: p.read_bytes() for p in target.iterdir()} == before
    assert not [p for p in project.iterdir() if p.name.startswith(".mine")]


def test_an_interrupted_run_says_what_stays(capsys, monkeypatch):
    from cpmodel.results import saved

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(saved, "run_and_save", interrupted)
    with pytest.raises(SystemExit, match="130"):
        main(["run", "as_decided"])
    assert "Interrupted. What was finished stays" in capsys.readouterr().err


def test_targets_and_comparison_answer_in_tables_and_json(capsys, project):
    code, out, _ = call(capsys, "targets", "as_decided", "--json", *SMALL)
    rows = json.loads(out)
    assert code == 0 and {row["clause"] for row in rows} >= {"II.2.a.1", "II.2.b.2/adoption", "II.2.b.3"}
    assert all(0 <= row["probability"] <= 1 for row in rows)
    code, out, _ = call(capsys, "compare", "reference", "as_decided", "--year", "2020", *SMALL)
    assert code == 0 and "awareness" in out and "share_above_zero" in out
    code, _, err = call(capsys, "compare", "reference", "as_decided", "--year", "2055", *SMALL)
    assert code == 2 and "2055" in err


def test_low_odds_fail_a_run_only_when_asked(capsys, project):
    code, *_ = call(capsys, "run", "as_decided", *SMALL)
    assert code == 0
    code, _, err = call(capsys, "run", "as_decided", "--fail-on", "0.5", *SMALL)
    assert code == 3 and "II.2.b.1" in err
    code, _, err = call(capsys, "run", "as_decided", "--fail-on", "half", *SMALL)
    assert code == 2 and "half" in err


def test_the_resolved_scenario_printed_is_the_scenario_run(capsys, project):
    code, out, _ = call(capsys, "scenario", "show", "credit_late", "--resolved")
    assert code == 0
    (project / "scenarios" / "again.yaml").write_text(
        out.replace("name: credit_late", "name: again"), "utf-8"
    )
    code, again, err = call(capsys, "scenario", "show", "again", "--resolved")
    assert code == 0, err
    assert again.replace("name: again", "name: credit_late") == out


def test_help_loads_nothing_that_only_work_needs():
    heavy = [
        "numpy",
        "pandas",
        "scipy",
        "numba",
        "statsmodels",
        "matplotlib",
        "pydantic",
        "yaml",
        "pyarrow",
        "rich",
        "dask",
    ]
    code = f"import sys, cpmodel.cli; sys.exit(' '.join(set({heavy}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`import cpmodel.cli` loads {done.stderr}"
