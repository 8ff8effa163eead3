"""What the notebook of a component project's brief calls: what was ordered, what is spent, what it brings, to whom."""

from __future__ import annotations

from pathlib import Path

from cpmodel.axes import COMPONENT_PROJECTS, SIZES
from cpmodel.briefs import effects, evidence, figures, goals, numbers
from cpmodel.briefs.assembly import Assembly, data_for
from cpmodel.briefs.charts import ticks
from cpmodel.briefs.component_names import find_project
from cpmodel.briefs.messages import assumed, draws, sentence
from cpmodel.briefs.saved_run import SavedRun, open_saved
from cpmodel.briefs.show import Shown
from cpmodel.briefs.tables import bare_spend, cell, spend, spend_keys
from cpmodel.briefs.wording import joined
from cpmodel.content import (
    Callout,
    Column,
    Figure,
    KeyFigure,
    KeyFigures,
    Message,
    Messages,
    Runs,
    Table,
    Text,
)

ADOPTION = "adoption_strict"


def open_component_project(
    run: str | Path, project: str, language: str = "vi", data: Path | None = None, runs: Path | None = None
) -> ComponentProject:
    """Open a saved run (a folder, or a scenario's latest run) as the brief of one component project.

    project    its id (awareness, database, technical_support, network, finance) or its number, 1 to 5
    Raises `BadInput` when the run cannot be read or there is no such project.
    """
    data, name = data_for(language, data), find_project(project)
    return ComponentProject(open_saved(run, runs), language, data, name)


class ComponentProject(Assembly):
    """The brief of one component project in the making."""

    brief = "project"
    sections = ("summary", "ordered", "spent", "brings", "evidence")
    heads = "project_brief.section"
    own_page = ("spent",)
    compact = True

    def __init__(self, run: SavedRun, language: str, data: Path, project: str) -> None:
        super().__init__(run, language, data)
        self.project = project
        self.ordered = next((p for p in run.decision.component_projects if p.id == project), None)
        self.name = self.words.word(f"project.{project}")
        self.year = goals.end(run)

    def about(self) -> str:
        """Return the name of the project."""
        return self.name

    def title(self) -> Runs:
        """Return what the project adds for what it costs; or that it costs nothing here, or that nothing is told."""
        gain = self._gain(ADOPTION, self.words.word("unit.points"))
        money = spend(self.run, self.words, self.project)
        if gain is None or money is None or money.value <= 0:
            return self.words.say("project_brief.title_none", name=self.name)
        tiny = abs(numbers.rounded(self.run.get(self._key(ADOPTION)), 1, 100)) == 0
        phrase = "project_brief.title_tiny" if tiny else "project_brief.title"
        return self.words.say(phrase, name=self.name, gain=gain, money=money, year=str(self.year))

    def standfirst(self) -> Runs:
        """Return the lines under the title: which project, who leads it, when."""
        words, title = self.words, self.run.title(self.words.language)
        said = words.say("project_brief.standfirst", title=title, draws=draws(self.run, words))
        if self.ordered is None:
            return said
        number = str(self.ordered.number)
        who = words.say(
            "project_brief.who", number=number, lead=self.ordered.lead.in_(words.language),
            first=str(self.ordered.window[0]), last=str(self.ordered.window[1]),
        )  # fmt: skip
        return joined((*who, Text(text=" "), *said))

    def messages(self) -> Shown:
        """Add the key messages: what it brings, for its money, to whom, and what becomes of it after its window."""
        found = (self._brings(), self._worth(), self._for_whom(), self._window())
        return self._add("summary", Messages(items=tuple(m for m in found if m)))

    def key_figures(self) -> Shown:
        """Add the headline figures: money, awareness, adoption."""
        words, missing = self.words, self.words.missing()
        money = bare_spend(self.run, words, self.project)
        shown = [("money", (money,) if money else missing)]
        shown += [(n, self._first(n) or missing) for n in ("awareness", ADOPTION)]
        items = tuple(
            KeyFigure(
                label=words.word(f"project_brief.figure_{name}", year=str(self.year)),
                figure=figure,
                context=words.say(f"project_brief.context_{name}", range=self._range(name) or missing),
            )
            for name, figure in shown
        )
        return self._add("summary", KeyFigures(items=items))

    def request(self) -> Shown:
        """Add the decision requested of the lead agency."""
        phrases = ["money"] if assumed(self.run) else []
        text = " ".join(
            f"({i}) {self.words.word(f'project_brief.ask_{name}')}"
            for i, name in enumerate([*phrases, "record", "after"], start=1)
        )
        title = self.words.word("ask.title")
        return self._add("summary", Callout(title=title, runs=(Text(text=text),), tone="caution"))

    def ordered_by(self) -> Shown:
        """Add what the Decision orders: clause, lead, partners, years, clauses carried out."""
        if self.ordered is None:
            return self._add(
                "ordered", self._nothing("project_brief.section.ordered", "project_brief.no_order")
            )
        one, words, language = self.ordered, self.words, self.words.language
        done = "; ".join(f"{c} {self.run.decision.clause(c).title.in_(language)}" for c in one.carries_out)
        told = {
            "clause": f"{one.clause} {one.title.in_(language)}", "lead": one.lead.in_(language),
            "partners": one.partners.in_(language), "years": f"{one.window[0]}–{one.window[1]}", "carries_out": done,
        }  # fmt: skip
        table = Table(
            id="ordered",
            caption=words.say("project_brief.ordered"),
            columns=(
                Column(label=words.word("project_brief.item"), weight=1.2),
                Column(label=words.word("project_brief.told"), weight=5),
            ),
            rows=tuple(
                (cell(words.word(f"project_brief.{name}"), words, header=True), cell(text, words))
                for name, text in told.items()
            ),
        )
        return self._add("ordered", table)

    def money(self) -> Shown:
        """Add the money by year."""
        keys = [key for key in spend_keys(self.run, self.project) if self.run.get(key)]
        if not keys:
            return self._add("spent", self._nothing("money.title", "project_brief.no_money"))
        words = self.words
        values = [self.run.get(key) for key in keys]
        texts = [numbers.plain_number(v, words.language, 0) for v in values]
        items = "; ".join(f"{key.year}: {text}" for key, text in zip(keys, texts, strict=True))
        first, last = str(keys[0].year), str(keys[-1].year)
        caption = words.say("money.caption", first=first, last=last)
        if assumed(self.run):
            caption = joined((*caption, Text(text=" "), *words.say("money.assumed")))
        figure = Figure(
            id="money_by_year",
            svg=figures.columns([key.year for key in keys], values, texts, ticks(words)),
            alt=words.word("project_brief.money_alt", name=self.name, first=first, last=last, items=items),
            title=words.word("project_brief.money_title", name=self.name),
            caption=caption,
            keys=tuple(keys),
            width="half",
        )
        return self._add("spent", figure)

    def who_gains(self) -> Shown:
        """Add the gain by size of establishment, beside that of all."""
        words = self.words
        heads = (("size", "left", 1.2), ("awareness", "right", 1.6), ("adoption", "right", 1.6))
        rows = [
            (
                cell(words.word(f"size.{size}") if size != "all" else words.word("project_brief.all"), words, header=True),
                cell(self._gain("awareness", size=size), words),
                cell(self._gain(ADOPTION, size=size), words),
            )
            for size in (*SIZES, "all")
        ]  # fmt: skip
        table = Table(
            id="by_size",
            caption=words.say("project_brief.by_size", year=str(self.year)),
            columns=tuple(
                Column(label=words.word(f"project_brief.{n}"), align=a, weight=w) for n, a, w in heads
            ),
            rows=tuple(rows),
            width="half",
        )
        return self._add("spent", table)

    def beside_others(self) -> Shown:
        """Add all five projects side by side: money, what each adds, and that for its money."""
        return self._add("brings", effects.effects_table(self.run, self.words))

    def data_quality(self) -> Shown:
        """Add what the results rest on."""
        table = evidence.quality_table(self.run, self.words, self.parameters)
        return self._add("evidence", table, self._confidence())

    def method(self) -> Shown:
        """Add how the gain is measured, and what would change the answer."""
        return self._explain("project_brief.method", "project_brief.change")

    def _key(self, outcome: str, statistic: str = "p50", size: str = "all"):
        name = f"effect_{self.project}_on_{outcome}"
        return self.run.key(name, self.year, statistic, size=size)

    def _gain(self, outcome: str, unit: str = "", size: str = "all") -> Runs | None:
        """Return the gain with its 80 % range in points; with a `unit` for a sentence, else with its sign."""
        shown = {}
        for statistic in ("p50", "p10", "p90"):
            key = self._key(outcome, statistic, size)
            if self.run.get(key) is None:
                return None
            first = statistic == "p50"
            shown[statistic] = numbers.points(
                self.run.get(key), self.words.language, unit if first else "", key, decimals=1,
                signed=first and not unit,
            )  # fmt: skip
        return numbers.with_range(**shown)

    def _first(self, outcome: str) -> Runs | None:
        gain = self._gain(outcome)
        return gain and gain[:1]

    def _range(self, name: str) -> Runs | None:
        gain = None if name == "money" else self._gain(name)
        return gain and (gain[2:-1] if len(gain) > 1 else gain)

    def _brings(self) -> Message:
        words, unit = self.words, self.words.word("unit.points")
        parts = {
            name: self._gain(outcome, unit) for name, outcome in (("aware", "awareness"), ("adopt", ADOPTION))
        }
        if None in parts.values():
            return Message(headline=words.say("project_brief.untold", name=self.name), tone="caution")
        found = effects.direct(self.run, words, self.project)
        body = words.say("project_brief.direct", direct=found)
        headline = words.say("project_brief.brings", **parts, year=str(self.year))
        return Message(headline=headline, body=body if any(n.kind == "number" for n in found) else ())

    def _worth(self) -> Message | None:
        """Say where the project stands among the five by its gain for the money."""
        order = []
        for name in COMPONENT_PROJECTS:
            money = sum(self.run.get(key) or 0.0 for key in spend_keys(self.run, name))
            gain = self.run.value(f"effect_{name}_on_{ADOPTION}", self.year)
            if money > 0 and gain is not None:
                order.append((gain / money, name))
        per = effects.per_amount(self.run, self.words, self.project)
        names = [name for _, name in sorted(order, reverse=True)]
        if per is None or self.project not in names:
            return None
        place = names.index(self.project)
        phrase = "first" if place == 0 else "last" if place == len(names) - 1 else "between"
        amount = numbers.amount(
            effects.AMOUNT, self.words.language, "", origin="amount that gains are told for"
        )
        return Message(
            headline=self.words.say(f"project_brief.worth_{phrase}", per=per, amount=amount),
            body=self.words.say("project_brief.worth_body"),
        )

    def _for_whom(self) -> Message | None:
        """Say which size gains most and which least."""
        gains = {size: self.run.get(self._key(ADOPTION, size=size)) for size in SIZES}
        if None in gains.values() or max(gains.values()) < 5e-4:
            return None
        most, least = (pick(gains, key=gains.__getitem__) for pick in (max, min))
        unit, words = self.words.word("unit.points"), self.words
        return Message(
            headline=sentence(words.say(
                "project_brief.for_whom",
                most=words.word(f"project_brief.size_{most}"), high=self._gain(ADOPTION, unit, most),
                least=words.word(f"project_brief.size_{least}"), low=self._gain(ADOPTION, unit, least),
            ))
        )  # fmt: skip

    def _window(self) -> Message | None:
        """Say when the project ends, where that is before the last target."""
        if self.ordered is None or self.ordered.window[1] >= self.year:
            return None
        last = str(self.ordered.window[1])
        headline = self.words.say("project_brief.window", last=last, year=str(self.year))
        return Message(headline=headline, body=self.words.say("project_brief.window_body"), tone="caution")
