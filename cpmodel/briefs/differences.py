"""How the inputs of two scenarios differ, told in words by rule from their resolved files.

Each rule looks at one part of the scenario and tells it once; what no rule knows is told as key and values, so that no
difference is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cpmodel.axes import COMPONENT_PROJECTS
from cpmodel.briefs import numbers
from cpmodel.briefs.messages import separated
from cpmodel.briefs.saved_run import SavedRun
from cpmodel.briefs.wording import Wording
from cpmodel.content import Number, Runs, Text
from cpmodel.inputs.yaml_text import read_yaml

NAMES_ONLY = (
    "schema_version",
    "name",
    "title",
    "question",
    "lineage",
)  # what tells scenarios apart, not worlds
TOLD_MONEY = ("note", "source", "status", "unit", "scale", *COMPONENT_PROJECTS)
ACTIVITIES = ("outreach", "office_training", "provider_training")
Resolved = Mapping[str, Any]


class Differences:
    """Two resolved scenarios side by side: `run` against `base`."""

    def __init__(self, run: SavedRun, base: SavedRun, words: Wording, data: Path) -> None:
        self.words, self.data = words, data
        self.run, self.base = run, base
        self.own, self.other = (_resolved(one) for one in (run, base))

    def sentences(self) -> list[Runs]:
        """Return one sentence for each difference, money first; none where the inputs are alike."""
        return [*self._money(), *self._shares(), *self._credit(), *self._rest()]

    def _number(self, value: float, key: str, unit: str = "", decimals: int | None = None) -> Number:
        """Return an input as a number that names where it stands."""
        decimals = numbers.decimals_of(value, 2) if decimals is None else decimals
        unit = self.words.word(unit) if unit else ""
        return numbers.amount(value, self.words.language, unit, decimals=decimals, origin=key)

    def _pair(self, values: tuple[float, float], key: str, unit: str = "") -> dict[str, Number]:
        own, other = (
            self._number(value, f"scenario {run.name}, {key}", unit)
            for value, run in zip(values, (self.run, self.base), strict=True)
        )
        return {"own": own, "other": other}

    def _money(self) -> Iterator[Runs]:
        """Tell money that all projects have more or less of by one factor, or only one side has, in one sentence.

        Else project by project.
        """
        own, other = _money_of(self.own), _money_of(self.other)
        changed = [p for p in COMPONENT_PROJECTS if own[p] != other[p]]
        totals = [sum(sum(years.values()) for years in side.values()) for side in (own, other)]
        factor = _factor(own, other)
        if changed and factor is not None:
            key = f"scenario {self.run.name} over {self.base.name}, budgets"
            times = self._number(factor, key, decimals=_decimals(factor))
            yield self.words.say(
                "differs.money_times", times=times, **self._pair(tuple(totals), "budgets", "unit.bn_vnd")
            )
            return
        if changed and not all(totals):
            yield self.words.say("differs.money_all", **self._pair(tuple(totals), "budgets", "unit.bn_vnd"))
            return
        for project in changed:
            name = self.words.word(f"project.{project}")
            sums = tuple(sum(side[project].values()) for side in (own, other))
            key = f"budgets.{project}"
            if abs(sums[0] - sums[1]) > 1e-9 * max(sums):
                yield self.words.say("differs.money", name=name, **self._pair(sums, key, "unit.bn_vnd"))
                continue
            gains = {
                y: own[project].get(y, 0) - other[project].get(y, 0) for y in own[project] | other[project]
            }
            more, less = ([y for y, gain in sorted(gains.items()) if gain * sign > 0] for sign in (1, -1))
            moved = self._number(
                sum(gains[y] for y in more), f"scenario {self.run.name}, {key}", "unit.bn_vnd"
            )
            yield self.words.say(
                "differs.money_moved", name=name, moved=moved, years=_years(more), instead=_years(less)
            )

    def _shares(self) -> Iterator[Runs]:
        for name in ACTIVITIES:
            key = f"activity_shares.{name}"
            pair = [_at(side, key) for side in (self.own, self.other)]
            if pair[0] != pair[1] and None not in pair:
                own, other = (
                    numbers.percent(value, self.words.language, origin=f"scenario {run.name}, {key}")
                    for value, run in zip(pair, (self.run, self.base), strict=True)
                )
                activity = self.words.word(f"lever.{name}_in_words")
                yield self.words.say("differs.share", activity=activity, own=own, other=other)

    def _credit(self) -> Iterator[Runs]:
        own, other = (side.get("credit") or {} for side in (self.own, self.other))
        only = [self._opened(name, one) for name, one in own.items() if name not in other]
        gone = [(Text(text=self._instrument(name, one)),) for name, one in other.items() if name not in own]
        for phrase, items in (("opened", only), ("closed", gone)):
            if items:
                yield self.words.say(f"differs.{phrase}", items=separated(items, "; "))
        for name in own:
            if name in other and own[name] != other[name]:
                yield from self._changed(name, own[name], other[name])

    def _instrument(self, name: str, one: Resolved) -> str:
        """Return what an instrument is called: as the catalogue has it, with the year of its terms; else its own name."""
        stem, _, year = str(one.get("template") or "").rpartition("_")
        path = self.data / "instruments" / f"{stem}.yaml"
        if not stem.isidentifier() or not path.is_file():
            return name
        title = read_yaml(path, path.name).data["name"][self.words.language]
        return self.words.word("differs.instrument", name=title, year=year)

    def _opened(self, name: str, one: Resolved) -> Runs:
        told = {"name": self._instrument(name, one), "year": _moment(one.get("opens"))}
        volume = _at(one, "volume.value")
        if volume is None:
            return self.words.say("differs.opened_item", **told)
        key = f"scenario {self.run.name}, credit.{name}.volume"
        told["volume"] = self._number(volume, key, "unit.bn_vnd")
        return self.words.say("differs.opened_item_volume", **told)

    def _changed(self, name: str, own: Resolved, other: Resolved) -> Iterator[Runs]:
        title = self._instrument(name, own)
        if own.get("opens") != other.get("opens"):
            moments = {"own": _moment(own.get("opens")), "other": _moment(other.get("opens"))}
            yield self.words.say("differs.opens", name=title, **moments)
        volumes = tuple(_at(side, "volume.value") for side in (own, other))
        if volumes[0] != volumes[1] and None not in volumes:
            pair = self._pair(volumes, f"credit.{name}.volume", "unit.bn_vnd")
            yield self.words.say("differs.volume", name=title, **pair)
        flat = [_flat(side) for side in (own, other)]
        for key in sorted(flat[0] | flat[1]):
            told = key == "opens" or (key.startswith("volume") and None not in volumes)
            if not told and flat[0].get(key) != flat[1].get(key):
                yield self._plain(f"credit.{name}.{key}", flat[0].get(key), flat[1].get(key))

    def _rest(self) -> Iterator[Runs]:
        """Tell every other key: by its phrase where the vocabulary has one, else by its name."""
        own, other = (
            {k: v for k, v in _flat(side).items() if not _told_elsewhere(k)}
            for side in (self.own, self.other)
        )
        for key in sorted(own | other):
            if own.get(key) == other.get(key):
                continue
            phrase = f"differs.{key.replace('.', '_')}"
            if self.words.has(f"{phrase}_{own.get(key)}".lower()):
                yield self.words.say(f"{phrase}_{own.get(key)}".lower())
            elif key == "strategy":
                yield self.words.say(phrase, decision=self.run.decision.number)
            else:
                yield self._plain(key, own.get(key), other.get(key))

    def _plain(self, key: str, own: Any, other: Any) -> Runs:
        shown = {
            name: self._shown(value, f"scenario {run.name}, {key}")
            for name, value, run in (("own", own, self.run), ("other", other, self.base))
        }
        label = f"differs.key_{key.rpartition('.')[2]}"
        name = self.words.word(label) if self.words.has(label) else key
        return self.words.say("differs.key", name=name, **shown)

    def _shown(self, value: Any, origin: str) -> Number | str:
        if value is None:
            return self.words.word("differs.nothing")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self._number(float(value), origin, decimals=_decimals(value))


def _decimals(value: float) -> int:
    """Return the decimals that show an input as it is written, at most six."""
    return next((d for d in range(6) if round(value, d) == value), 6)


def _resolved(run: SavedRun) -> Resolved:
    path = run.folder / "scenario.resolved.yaml"
    return read_yaml(path, str(path)).data


def _money_of(scenario: Resolved) -> dict[str, dict[int, float]]:
    """Return project → year → money of all sources [bn VND, price year of the budgets], scale applied."""
    budgets = scenario.get("budgets") or {}
    scale, found = budgets.get("scale", 1.0), {project: {} for project in COMPONENT_PROJECTS}
    for project in COMPONENT_PROJECTS:
        for amounts in (budgets.get(project) or {}).values():
            for year, amount in amounts.items():
                there = found[project]
                there[int(year)] = there.get(int(year), 0.0) + scale * amount
    return found


def _factor(own: Mapping, other: Mapping) -> float | None:
    """Return the one factor between the money of two scenarios, year by year; None where there is none."""
    ratios = {
        round(amount / other[project].get(year, 0.0), 9) if other[project].get(year) else None
        for project, years in own.items() for year, amount in years.items()
    }  # fmt: skip
    alike = all(set(own[p]) == set(other[p]) for p in own)
    return ratios.pop() if alike and len(ratios) == 1 and None not in ratios else None


def _told_elsewhere(key: str) -> bool:
    head, _, rest = key.partition(".")
    return head in (*NAMES_ONLY, "credit") or key in {f"activity_shares.{name}" for name in ACTIVITIES} or (
        head == "budgets" and rest.partition(".")[0] in TOLD_MONEY
    )  # fmt: skip


def _flat(tree: Any, head: str = "") -> dict[str, Any]:
    if not isinstance(tree, Mapping):
        return {head: tree if not isinstance(tree, list) else ", ".join(map(str, tree))}
    found: dict[str, Any] = {}
    for name, branch in tree.items():
        found |= _flat(branch, f"{head}.{name}" if head else str(name))
    return found


def _at(tree: Resolved, key: str) -> Any:
    return _flat(tree).get(key)


def _moment(value: float | None) -> str:
    """Return a decimal year in words of digits: `2012`, or `quarter/year` where it opens within the year."""
    if value is None:
        return "–"
    year, quarter = divmod(round(float(value) * 4), 4)
    return f"{('I', 'II', 'III', 'IV')[quarter]}/{year}" if quarter else str(year)


def _years(years: list[int]) -> str:
    """Return years as runs: `2010–2013, 2016`."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)
