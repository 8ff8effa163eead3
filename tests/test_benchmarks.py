"""The yardstick in C does the engine's work, and two measurements compare."""

import importlib
import shutil
import sys
from dataclasses import asdict

import pytest
from worlds import ROOT, real_world

from cpmodel.model import engine, ensemble
from cpmodel.model.regimes import make_offers

sys.path.insert(0, str(ROOT))
kernel = importlib.import_module("benchmarks.kernel")
table = importlib.import_module("benchmarks.__main__").table
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


def test_two_measurements_stand_side_by_side():
    row = Row("kernel", "case", "engine", 2.0, "s")
    assert "| 4 | 0.50 |" in table([row], [asdict(row) | {"value": 4.0}])
    assert "| – | – |" in table([row], [asdict(row) | {"who": "C"}])
