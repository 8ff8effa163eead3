"""The page that the explorer is measured against: one slider, and the six fan charts redrawn with matplotlib.

Same scenario, draws and model as the explorer's page; what differs is how the numbers reach the screen.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping

import ipywidgets as widgets
from matplotlib.figure import Figure

from cpmodel.explorer import reading
from cpmodel.explorer.desk import HALF, Desk
from cpmodel.explorer.lever_moves import moves_of
from cpmodel.explorer.state import History, State

LEVER = "level.awareness"


def page(draws: int = HALF) -> widgets.Widget:
    """Return the slider, the image and the milliseconds that the model took of the last move."""
    desk = Desk(History(State("as_decided")), lambda name, value: None, draws=draws)
    slider = widgets.FloatSlider(value=14, min=0, max=100, step=0.5, description=LEVER)
    image, told = widgets.Image(format="png"), widgets.HTML("")
    image.add_class("redrawn")
    told.add_class("told")

    def moved(_: object = None) -> None:
        began = time.perf_counter()
        fans, years = answer(desk, slider.value)
        model = 1000 * (time.perf_counter() - began)
        image.value = drawn(fans, years)
        told.value = str(model)

    slider.observe(moved, names="value")
    moved()
    return widgets.VBox([slider, image, told])


def answer(desk: Desk, value: float) -> tuple[dict, list[int]]:
    """Return what the explorer works out of a move: the fan charts and their years."""
    moves = moves_of(desk.scenario, LEVER, value, desk.around)
    found = desk.session.run(desk.scenario_of(State("as_decided").moved(moves)))
    read = reading.outcomes_of(found)
    decision = next(iter(found.worlds.values())).inputs.yardstick
    reading.targets(found, read, decision)
    return reading.fans(read, reading.medians(read), decision), reading.years_of(found)


def drawn(fans: Mapping[str, Mapping], years: list[int]) -> bytes:
    """Return the six fan charts as PNG."""
    figure = Figure(figsize=(11, 5))
    for axes, (name, fan) in zip(figure.subplots(2, 3).ravel(), fans.items(), strict=True):
        axes.fill_between(years, fan["p10"], fan["p90"])
        axes.fill_between(years, fan["p25"], fan["p75"])
        axes.plot(years, fan["p50"])
        axes.set_title(name)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=90)
    return out.getvalue()
