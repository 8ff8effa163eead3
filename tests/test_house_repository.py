"""The repository as a stranger finds it: no trace of a machine, links that lead on, notebooks without output."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer

from cpmodel import __version__
from cpmodel.cli import app
from cpmodel.inputs.overlay import resolve

ROOT = Path(__file__).parents[1]
OURS = (".venv", ".git", "build", "dist", "reports", "__pycache__", ".hypothesis", "cpmodel.egg-info")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".csv",
    ".cff",
    ".lock",
    ".ipynb",
    ".typ",
    ".css",
    ".j2",
    "",
}
# Written in parts, so that this file is no trace itself.
HOSTS = ("py" + "pi.org", "python" + "hosted", "np" + "mjs", "deb." + "debian", "/simple" + "/")
PLACES = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/op" + "t/", "file:" + "//", "../sha" + "red")
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def committed() -> list[Path]:
    """Return the text files that git keeps; without git, all that are not generated."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    files = [ROOT / file for file in done.stdout.split("\0") if file]
    if done.returncode:
        files = [p for p in ROOT.rglob("*") if not set(p.relative_to(ROOT).parts) & set(OURS)]
    return [path for path in files if path.is_file() and path.suffix in TEXT]


def test_no_file_names_a_machine_or_a_package_host():
    hosts, places = ("|".join(map(re.escape, words)) for words in (HOSTS, PLACES))
    traces = re.compile(rf"{hosts}|(?<![\w.])(?:{places})")
    found = []
    for path in committed():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if match := traces.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    assert not found, "\n".join(found[:20])


def test_no_file_cites_a_document_that_does_not_exist():
    cited = re.compile(
        r"\b(?:docs|data|cpmodel|scenarios|tests|notebooks)/[\w./-]+\.(?:md|py|csv|yaml|json|ipynb)\b"
    )
    lost = []
    for path in committed():
        if path.suffix in (".py", ".md", ".toml"):
            for name in set(cited.findall(path.read_text("utf-8"))):
                if (
                    not (ROOT / name).exists()
                    and "NAME" not in name
                    and "/my_" not in name
                    and path.parent.name != "tests"
                ):
                    lost.append(f"{path.relative_to(ROOT)} cites {name}")
    assert not lost, "\n".join(lost)


def test_links_between_pages_lead_somewhere():
    lost = []
    for path in committed():
        if path.suffix == ".md":
            for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)", path.read_text("utf-8")):
                if "://" not in link and not (path.parent / link).exists():
                    lost.append(f"{path.relative_to(ROOT)} → {link}")
    assert not lost, "\n".join(lost)


def test_the_lock_pins_every_package_with_a_hash():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if "==" in entry.split("\n")[0]]
    assert len(entries) > 50
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not [line for line in text.splitlines() if line.startswith("-")], (
        "options do not belong in the lock"
    )


def test_the_lock_holds_everything_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(d for extra in project["optional-dependencies"].values() for d in extra),
    ]
    locked = set(
        re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    )
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=~!\[; ]", line)[0]).lower() for line in declared}
    assert names <= {re.sub(r"[-_.]+", "-", name) for name in locked}, "say `make lock`"


def test_the_scenario_of_the_readme_resolves(tmp_path):
    written = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    (tmp_path / "my_question.yaml").write_text(written, "utf-8")
    scenario = resolve(tmp_path / "my_question.yaml")
    assert scenario.credit["soft_loan"].opens == 2012


def test_every_command_that_the_pages_name_exists():
    text = "".join(path.read_text("utf-8") for path in committed() if path.suffix == ".md")
    said = set(re.findall(r"^cpmodel ([a-z-]+)|`cpmodel ([a-z-]+)", text, re.MULTILINE))
    known = set(typer.main.get_command(app).commands)
    assert {one or other for one, other in said} <= known


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_thin_and_carries_no_output(path):
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert "parameters" in cells[0]["metadata"].get("tags", []), "the first code cell is tagged `parameters`"
    for cell in cells:
        code = "".join(cell["source"])
        assert not cell["outputs"] and cell["execution_count"] is None, "clear the outputs"
        assert not re.search(r"^\s*(def|class|for|while)\b", code, re.MULTILINE), (
            "this belongs in the package"
        )


def test_the_version_is_told_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__
    assert f"version: {__version__}" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
