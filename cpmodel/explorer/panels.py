"""The page as a widget: it carries words and numbers between the desk and the browser, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import anywidget
import pandas as pd
import traitlets

from cpmodel.briefs.assembly import require_language
from cpmodel.explorer.calibrated import folder_of, name_of
from cpmodel.explorer.calibrated import offered as calibrations
from cpmodel.explorer.desk import MOST, Desk
from cpmodel.explorer.full_run import FullRuns
from cpmodel.explorer.handlers import receive
from cpmodel.explorer.levers import offered, told
from cpmodel.explorer.printing import printable
from cpmodel.explorer.serving import DRAWS_FROM, OPENS_WITH
from cpmodel.explorer.session import Session
from cpmodel.explorer.state import History, State, opened
from cpmodel.explorer.words import guide, words
from cpmodel.inputs.datasets import read
from cpmodel.inputs.decisions import load_decision
from cpmodel.inputs.instruments import Catalogue
from cpmodel.inputs.load import yardstick_of
from cpmodel.inputs.overlay import resolve, scenario_names

FRONT = Path(__file__).with_name("front")
SCRIPTS = ("text.js", "chart.js", "moves.js", "levers.js", "questions.js", "page.js")
FIRST = "as_decided"
DECISION = "decision_1419"  # whose clauses levers.yaml names


class Explorer(anywidget.AnyWidget):
    """The explorer in a notebook or a Voilà page; `state` is where it stands, `desk` what it stands on."""

    _esm = "\n".join((FRONT / name).read_text("utf-8") for name in SCRIPTS)
    _css = (FRONT / "page.css").read_text("utf-8")
    language = traitlets.Unicode("vi").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    guide = traitlets.Dict().tag(sync=True)
    presets = traitlets.List().tag(sync=True)
    catalogue = traitlets.List().tag(sync=True)
    references = traitlets.Dict().tag(sync=True)
    tiles = traitlets.List().tag(sync=True)
    briefs = traitlets.List().tag(sync=True)
    calibration = traitlets.Unicode("").tag(sync=True)
    calibrations = traitlets.List().tag(sync=True)
    levers = traitlets.List().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    stand = traitlets.Dict().tag(sync=True)
    binding = traitlets.Dict().tag(sync=True)
    pins = traitlets.List().tag(sync=True)
    full = traitlets.Dict().tag(sync=True)
    taken = traitlets.Dict().tag(sync=True)
    package = traitlets.Dict().tag(sync=True)
    wedges = traitlets.Dict().tag(sync=True)

    def __init__(
        self, state: State, language: str = "vi", calibration: str | None = None, draws: int = MOST, full: bool = True
    ) -> None:  # fmt: skip
        require_language(language)
        self.desk = Desk(History(state), self._show, session=Session(folder_of(calibration)), draws=draws)
        if full:
            self.desk.full = FullRuns(partial(self._show, "full"), tuple(self.desk.options))
        super().__init__(
            language=language, words=dict(words()), guide=dict(guide()), presets=_presets(self.desk),
            references=references(self.desk.catalogue), catalogue=offered(self.desk.catalogue),
            tiles=tiles(), briefs=printable(),
            calibration=name_of(self.desk.session), calibrations=list(calibrations(self.desk.session.calibration)),
            full={} if full else {"state": "off"},
            stand={"decision": decision.id if (decision := yardstick_of(self.desk.scenario)) else ""},
        )  # fmt: skip
        self.on_msg(self._heard)

    @property
    def state(self) -> State:
        """The scenario on screen and its changes."""
        return self.desk.history.shown

    @property
    def scenario(self):
        """The resolved scenario on screen, at explorer resolution."""
        return self.desk.scenario

    def close(self) -> None:
        """Take the page away, end its work and give its memory back."""
        self.desk.end()
        super().close()

    def _heard(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, Mapping):
            receive(self.desk, content)

    def _show(self, name: str, value: object) -> None:
        if self.has_trait(name):  # kept, so that a page that is loaded again shows it at once
            setattr(self, name, value)
        elif name == "file":
            self.send({"name": name, "value": list(value[:2])}, [value[2]])
        else:
            self.send({"name": name, "value": value})


def open_explorer(
    scenario: str = "", changes: Mapping[str, object] | None = None, language: str = "vi", link: str = "",
    calibration: str | None = None, draws: int = MOST, full_run: bool = True,
) -> Explorer:  # fmt: skip
    """Open the explorer on a scenario and changes of it, or on a link.

    scenario    by name; empty: what `cpmodel explore` was asked for, or as_decided
    changes    by key of the scenario file, such as {"budgets.awareness.state.2012": 20}
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    full_run    let the full resolution follow in the background whenever the user pauses
    Raises BadInput with everything that is wrong.
    """
    if not scenario and not link:
        link = os.environ.get(OPENS_WITH, "")
        calibration = calibration or os.environ.get(DRAWS_FROM) or None
    state = opened(scenario or FIRST, changes, link)
    state.resolved()
    return Explorer(state, language, calibration, draws, full_run)


def _presets(desk: Desk) -> list[dict]:
    found = [(name, resolve(name, desk.known)) for name in scenario_names()]
    return [{"name": name, "title": {"vi": one.title.vi, "en": one.title.en}} for name, one in found]


def references(catalogue: Catalogue) -> dict[str, object]:
    """Return what the clauses and sources that levers name are called: sources as they call themselves."""
    named = {source for one in told().values() for source in one["sources"]}
    named |= {row.source_id for one in catalogue.instruments.values() for row in one.terms}
    table = read("sources").set_index("source_id").loc[sorted(named)]
    told_apart = table[["title", "publisher", "year"]]  # a year that nobody knows is left out
    titles = {id: ", ".join(map(str, row.dropna())) for id, row in told_apart.iterrows()}
    decision = load_decision(DECISION)
    return {
        "sources": titles,
        "number": decision.number,
        "clauses": {one.id: {"vi": one.title.vi, "en": one.title.en} for one in decision.clauses},
    }


def tiles() -> list[dict]:
    """Return the tiles of the map: 63 provinces, and the insets of Hoàng Sa and Trường Sa."""
    table: pd.DataFrame = read("province_tiles")
    columns = ["tile", "kind", "province_code", "col", "row", "label_vi", "label_en"]
    rows = table[columns].astype({"col": int, "row": int}).to_dict("records")
    return [{**row, "code": str(row["province_code"])} for row in rows]
