"""The house keeps its direction: who imports whom, who knows which library, how large a module may grow."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cpmodel"
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# File → (most lines, reason). No other file may pass 300.
LONGER_FOR_A_REASON = {
    "cpmodel/model/simulate.py": (350, "the year is read on one page, beside the equations it calls"),
    "cpmodel/cli.py": (320, "one short function for each command"),
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """Return the dotted names that a file imports; `from a import b` gives a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files_that_import(library: str) -> set[str]:
    return {name(path) for path in MODULES if any(i.split(".")[0] == library for i in imported(path))}


def test_imports_go_one_way():
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_equation_file_knows_only_axes_and_units_of_the_package():
    for path in (PACKAGE / "model").glob("*.py"):
        if re.search(r"^@equation\(", path.read_text("utf-8"), re.MULTILINE):
            ours = {i for i in imported(path) if i.split(".")[0] == "cpmodel"}
            strange = {i for i in ours if not i.startswith(("cpmodel.axes.", "cpmodel.units."))}
            assert not strange, f"{name(path)} imports {strange}"


def test_only_drawings_know_the_plotting_library():
    allowed = {f"cpmodel/briefs/{drawing}.py" for drawing in ("figures", "maps", "drawing")}
    assert files_that_import("matplotlib") <= allowed


def test_only_the_command_line_knows_its_library():
    assert all(file.startswith("cpmodel/cli") for file in files_that_import("typer"))


def test_only_the_explorer_knows_widgets():
    assert all(file.startswith("cpmodel/explorer/") for file in files_that_import("ipywidgets"))


def test_only_the_cluster_knows_the_library_that_is_an_extra():
    assert files_that_import("distributed") | files_that_import("dask") == {"cpmodel/cluster.py"}


def test_every_library_that_is_imported_is_declared():
    lines = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["scale"]
    declared = {canonical(re.split(r"[<>=~!\[; ]", line)[0]) for line in lines}
    distributions = importlib.metadata.packages_distributions()
    top = (
        {i.split(".")[0] for path in MODULES for i in imported(path)}
        - {"cpmodel"}
        - set(sys.stdlib_module_names)
    )
    missing = {
        library
        for library in top
        if not {canonical(d) for d in distributions.get(library, [library])} & declared
    }
    assert not missing, f"imported, not declared in pyproject.toml: {sorted(missing)}"


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_every_file_that_is_not_python_is_packed():
    packed = {
        path
        for pattern in PROJECT["tool"]["setuptools"]["package-data"]["cpmodel"]
        for path in PACKAGE.glob(pattern)
    }
    others = {
        p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix != ".py" and "__pycache__" not in p.parts
    }
    assert others <= packed, f"not in package-data: {sorted(map(name, others - packed))}"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_one_idea_and_a_function_fits_a_screen(path):
    text = path.read_text("utf-8")
    limit, _ = LONGER_FOR_A_REASON.get(name(path), (300, ""))
    assert len(text.splitlines()) <= limit, f"more than {limit} lines: two ideas; give each its name"
    functions = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef))
    long = [
        f"{f.name} ({f.end_lineno - f.lineno + 1} lines)" for f in functions if f.end_lineno - f.lineno >= 60
    ]
    assert not long


def test_no_module_is_a_drawer():
    drawers = re.compile(r"(^|_)(helpers?|utils?|misc|common|new|v\d+)(_|$)")
    assert not [name(path) for path in MODULES if drawers.search(path.stem)]
