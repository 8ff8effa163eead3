"""The notebooks on calibration and on the forecast record run without a reader, with few draws."""

import json

import papermill
import pytest

from cpmodel.inputs.project import project_root

WANTED = {
    "calibration": (
        {"until": 2011, "particles": 256, "confirm": 0, "replicates": 4},
        ("prior-driven", "suspect", "demonstration_saving", "worst R-hat", ">lean</th>", ">8/8</th>"),
    ),
    "forecast_record": ({"quick": True, "draws": 64}, ("cpmodel", "persistence", "independent figures")),
}


@pytest.mark.parametrize("name", WANTED)
def test_a_notebook_runs_without_a_reader(name, tmp_path):
    told, words = WANTED[name]
    source, out = project_root() / "notebooks" / f"{name}.ipynb", tmp_path / f"{name}.ipynb"
    papermill.execute_notebook(source, out, told, progress_bar=False)
    text = out.read_text("utf-8")
    assert all(word in text for word in words)


@pytest.mark.parametrize("path", sorted((project_root() / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_is_kept_without_output_and_has_parameters(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    assert sum("parameters" in cell["metadata"].get("tags", ()) for cell in cells) == 1
