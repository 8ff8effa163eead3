"""A financing mechanism at the fingertips: one typical project, its support, and sliders over the terms.

What a notebook calls. Nothing is computed here: each answer is that of `cpmodel appraise`, in the same words of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html import escape

import ipywidgets as widgets
import numpy as np
import pandas as pd

from cpmodel.analysis.appraising import Answer, Question, answer, chosen_terms
from cpmodel.axes import VARIANTS
from cpmodel.briefs import numbers
from cpmodel.briefs.assembly import require_language
from cpmodel.briefs.wording import Wording
from cpmodel.errors import BadInput
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.overlay import resolve

# Term → lowest, highest and step of its slider. Wider than any instrument on record, narrower than what no one would offer.
SLIDERS = {
    "rate": (0.0, 0.2, 0.005),
    "interest_subsidy": (0.0, 0.1, 0.005),
    "loan_share": (0.0, 0.9, 0.05),
    "tenor": (1.0, 15.0, 1.0),
    "grace": (0.0, 5.0, 0.5),
    "cover": (0.0, 0.85, 0.05),
    "grant_share": (0.0, 0.5, 0.05),
    "reward_share": (0.0, 0.5, 0.05),
}
PER_CENT = 100.0
SCALE = {"tenor": 1.0, "grace": 1.0}  # of a slider, where it is not in per cent
MOST = 6  # sliders at first sight: of rate and interest support one, and what is on offer first
# What the sheet below the sliders shows: row of the establishment's sheet → phrase, decimals, shown as per cent.
SHEET = {
    "loan_rate": ("laboratory.rate", 1, True),
    "equity_irr": ("note.typical.irr", 0, True),
    "least_debt_service_cover": ("note.typical.cover", 2, False),
    **{f"longest_accepted_payback_{v}": ("note.typical.accepted", 1, False) for v in VARIANTS},
    **{f"least_grant_that_is_accepted_{v}": ("note.typical.grant", 0, True) for v in VARIANTS},
    **{f"least_rate_cut_that_is_accepted_{v}": ("note.typical.cut", 1, True) for v in VARIANTS},
}


def open_laboratory(
    instrument: str, sector: str, size: str, rung: str = "technology_change", at: str = "", language: str = "vi",
    draws: int = 256,
) -> Laboratory:  # fmt: skip
    """Open an instrument of the catalogue on one typical project.

    instrument    by name and year, such as vepf_2015; several separated by commas   at    a day, ISO; empty: its own
    draws    sampled worlds behind the shares that accept   Raises BadInput with everything that is wrong.
    """
    require_language(language)
    names = [name.strip() for name in instrument.split(",") if name.strip()]
    question = Question(names, sector, size, rung, date.fromisoformat(at) if at else None)
    return Laboratory(question, load(resolve("reference")), language, draws)


class Laboratory:
    """One question asked again and again on other terms; `question` holds the terms as they are on record."""

    def __init__(self, question: Question, inputs: Inputs, language: str, draws: int) -> None:
        self.question, self.inputs, self.draws = question, inputs, draws
        self.words = Wording(language)
        self.on_record = self.ask({})

    def ask(self, terms: Mapping[str, float]) -> Answer:
        """Return the answer on other terms; those that are not named stay as they are on record."""
        return answer(replace(self.question, terms=dict(terms)), self.draws, self.inputs)

    def terms(self) -> pd.DataFrame:
        """Return the term sheet: each term with its source and quality."""
        return pd.concat(self.on_record.terms, ignore_index=True)

    def project(self) -> pd.DataFrame:
        """Return the figures of the typical project: what each is, its grade and its source."""
        return self.on_record.typical.facts

    def firm(self, terms: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Return the establishment's sheet, without support and with it."""
        return self.ask(terms or {}).sheet.firm

    def state(self, terms: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Return the state's sheet for one project."""
        return self.ask(terms or {}).sheet.state

    def accepting(self, terms: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Return what share of the assessed that know the support accepts, on each terms and in each variant."""
        return self.ask(terms or {}).shares

    def barriers(self, terms: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Return what acceptance gains when one barrier is taken away, by variant."""
        found = self.ask(terms or {}).shares.attrs["barriers"]
        return found.pivot(index="barrier", columns="variant", values="gain").round(4)

    def sentence(self, terms: Mapping[str, float] | None = None) -> str:
        """Return in one sentence what the terms change, and what they cost the state."""
        return self._sentence(self.ask(terms or {}))

    def sliders(self) -> widgets.Widget:
        """Return sliders over the terms, with the sentence first and the firm's sheet below; they start at the record."""
        start = self._start()
        knobs = {name: self._knob(name, value) for name, value in start.items()}
        at = {name: knob.value for name, knob in knobs.items()}
        said, sheet = widgets.HTML(), widgets.HTML()

        def show(_change: object = None) -> None:
            moved = {
                name: knob.value / SCALE.get(name, PER_CENT)
                for name, knob in knobs.items()
                if abs(knob.value - at[name]) > 1e-9
            }
            try:
                found = self.ask(self._named(moved))
            except (
                BadInput
            ) as error:  # an impossible term is told, not raised: the next move may put it right
                told = "\n".join(
                    f"{one.key.removeprefix('--term ')}: {one.found}\n  {one.why}\n  → {one.fix}"
                    for one in error.problems
                )
                said.value, sheet.value = f"<pre>{escape(told)}</pre>", ""
                return
            said.value = f"<p><b>{self._sentence(found)}</b></p>"
            sheet.value = self._sheet(found)

        for knob in knobs.values():
            knob.observe(show, names="value")
        show()
        return widgets.VBox([said, *knobs.values(), sheet])

    def _start(self) -> dict[str, float]:
        """Return where each slider starts: the terms of the combination on record."""
        design = self.on_record.sheet.combination.design
        supported = design.interest_subsidy > 0
        at = {"rate": "loan_rate", "cover": "guarantee_cover"}
        values = {name: float(getattr(design, at.get(name, name))) for name in SLIDERS}
        values.pop("rate" if supported else "interest_subsidy")
        shown = sorted(values, key=lambda name: values[name] == 0.0)[:MOST]
        return {name: self._within(name, values[name]) for name in SLIDERS if name in shown}

    def _within(self, name: str, value: float) -> float:
        low, high, _ = SLIDERS[name]
        return min(max(value, low), high)

    def _knob(self, name: str, value: float) -> widgets.FloatSlider:
        """A slider in the unit of its label: years, or per cent, so that a figure typed in means what it says."""
        scale = SCALE.get(name, PER_CENT)
        low, high, step = (round(scale * bound, 9) for bound in SLIDERS[name])
        return widgets.FloatSlider(
            value=round(scale * value, 9), min=low, max=high, step=step, readout_format=".1f",
            description=self.words.word(f"laboratory.{name}") + (", %" if scale == PER_CENT else ""),
            continuous_update=False, style={"description_width": "16em"}, layout={"width": "36em"},
        )  # fmt: skip

    def _named(self, moved: Mapping[str, float]) -> dict[str, float]:
        """Return moved terms under the name of the instrument that they belong to, where there are several."""
        if len(self.question.instruments) == 1:
            return dict(moved)
        given = {
            one.instrument.id: one.terms.given() for one in chosen_terms(self.inputs.catalogue, self.question)
        }
        first = next(iter(given))
        owner = {
            term: next((name for name, terms in given.items() if term in terms), first) for term in moved
        }
        return {f"{owner[term]}.{term}": value for term, value in moved.items()}

    def _sheet(self, found: Answer) -> str:
        """Return what decides for the establishment, without support and with it, as an HTML table in words."""
        firm, rows = found.sheet.firm, {}
        for name, (phrase, decimals, share) in SHEET.items():
            variants = {"variants": name[-2:]} if name.endswith(VARIANTS) else {}
            rows[self.words.word(phrase, **variants)] = [
                self._shown(value, name, decimals, share) for value in firm.loc[name]
            ]
        heads = [self.words.word(f"laboratory.{name}") for name in ("own_funds", "market", "support")]
        return pd.DataFrame.from_dict(rows, orient="index", columns=heads).to_html(border=0)

    def _shown(self, value: float, name: str, decimals: int, share: bool) -> str:
        if np.isnan(value):
            return "–"
        if np.isinf(value) or (name.startswith("least_grant") and value > 1.0):
            return self.words.word(
                f"note.typical.{'always' if name.startswith('longest') else 'none_suffices'}"
            )
        scaled = 100.0 * value if share else value
        return numbers.plain_number(scaled, self.words.language, decimals) + ("%" if share else "")

    def _sentence(self, found: Answer) -> str:
        language, shares = self.words.language, found.shares.set_index(["variant", "terms"])["mean"]
        parts = {
            f"{terms}_{variant}": numbers.percent(value, language, decimals=1).text
            for (variant, terms), value in shares.items()
        }
        cost = found.sheet.state.set_index("figure")["value"].get("fiscal_npv")
        told = "–" if cost is None else numbers.plain_number(cost, language, numbers.decimals_of(cost))
        return self.words.word("laboratory.sentence", cost=told, **parts)
