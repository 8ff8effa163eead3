"""The yardstick in C does the engine's work, and two measurements compare."""

import importlib
import json
import shutil
import sys
from dataclasses import asdict

import pytest
from worlds import ROOT, real_world

from cpmodel.model import engine, ensemble
from cpmodel.model.regimes import make_offers

sys.path.insert(0, str(ROOT))
kernel = importlib.import_module("benchmarks.kernel")
program = importlib.import_module("benchmarks.__main__")
gates = importlib.import_module("benchmarks.gates")
table = program.table
Row = importlib.import_module("benchmarks.measure").Row


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the yardstick is compiled by gcc, which is not here")
def test_the_loop_in_c_ends_where_the_engine_ends(tmp_path):
    world = real_world("as_decided", 64)
    offers = make_offers(world, "H1")
    offers = offers._replace(scheme=0 * offers.scheme - 1)
    opening = ensemble.opening_of(world)
    out = engine.run(world.layout, world.clock, world.spending, offers, world.drivers, world.coefficients, opening,
                     len(world.years))  # fmt: skip
    found = kernel.built(tmp_path)(world, offers, opening)
    kernel.hold_to_engine(found, out, world)
    with pytest.raises(AssertionError, match="not the engine"):
        kernel.hold_to_engine(found * 1.001, out, world)


def test_the_engine_runs_the_first_cells_and_more_than_there_are():
    cluster = importlib.import_module("benchmarks.cluster")
    out = engine.run(*kernel.first_cells(48, 16), threads=1)
    assert (out.nation[..., 0] > 0).any()
    rows = cluster._of_many_cells(16, cells=48, finer=(1, 3))
    assert [row.case for row in rows] == ["48 cells", "144 cells"] and all(row.value > 0 for row in rows)


def test_two_measurements_stand_side_by_side():
    row = Row("kernel", "case", "engine", 2.0, "s")
    assert "| 4 | 0.50 |" in table([row], [asdict(row) | {"value": 4.0}])
    assert "| – | – |" in table([row], [asdict(row) | {"who": "C"}])


def test_the_vensim_file_of_pysd_is_the_engines_model(monkeypatch, tmp_path):
    pytest.importorskip("pysd", reason="the peer is not installed")
    peer = importlib.import_module("benchmarks.peer_pysd")
    case = kernel.first_cells(1, 16)
    peer.hold_to_engine(peer.translated(case, (1, 1, 1)), case)
    wrong = tmp_path / "wrong.mdl"
    wrong.write_text(
        peer.EQUATIONS.read_text("utf-8").replace("- forgetting * aware", "- 1.2 * forgetting * aware")
    )
    monkeypatch.setattr(peer, "EQUATIONS", wrong)
    with pytest.raises(AssertionError, match="not the engine's model"):
        peer.hold_to_engine(peer.translated(case, (1, 1, 1)), case)


def test_what_was_measured_before_an_interruption_is_kept(monkeypatch, tmp_path):
    class Part:
        def __init__(self, value):
            self.value = value

        def rows(self, quick):
            if self.value is None:
                raise KeyboardInterrupt
            return [Row("kernel", "case", "engine", self.value, "s")]

    found = {
        "benchmarks.kernel": Part(1.0),
        "benchmarks.growth": Part(2.0),
        "benchmarks.peer_pysd": Part(None),
    }
    monkeypatch.setattr(program.importlib, "import_module", found.get)
    output = tmp_path / "results.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--output", str(output)])
    with pytest.raises(KeyboardInterrupt):
        program.main()
    assert [row["value"] for row in program.every_row(program.stored(output))] == [1.0, 2.0]
    found["benchmarks.kernel"] = Part(3.0)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "kernel", "--output", str(output)])
    program.main()
    assert [row["value"] for row in program.every_row(json.loads(output.read_text())["parts"])] == [3.0, 2.0]
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "kernal", "--output", str(output)])
    with pytest.raises(SystemExit, match="2"):
        program.main()


def test_a_gate_is_judged_by_the_worst_of_its_rows():
    told = [Row("kernel", case, "engine / C", value, "ratio") for case, value in (("a", 1.1), ("b", 1.7))]
    judged = {
        gate.what: (value, value is not None and gate.holds(value)) for gate, value in gates.judged(told)
    }
    assert judged["kernel over a hand-written loop in C"] == (1.7, False)
    assert judged["posterior"] == (None, False)
    assert gates.Gate("x", "kernel", "", "numpy / engine", 5, "ratio", True).holds(5.0)
