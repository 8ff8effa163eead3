"""Which mix of instruments brings which adoption at which cost: a search over mixes, terms and eligibility.

Every mix meets the same worlds: all of them are run with all draws, at the closeness of a search; the finalists are then
run in full on fresh draws, beside "no change" and the scenario's own credit, and only these runs are told. What a chosen
option loses on fresh draws is the optimism of choosing, and is told too. A search that is stopped tells what it has seen
by then, and says that it is not refined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cpmodel.analysis.design_mixes import Candidates, Mix, candidates
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.design_question import Question
from cpmodel.analysis.design_runs import Bench, Result, make_bench, run_mix, run_own, unchanged
from cpmodel.analysis.design_verdict import BARRIERS, Verdict, best_option, binding_barriers, verdict_of
from cpmodel.analysis.pareto import behind, promising, told
from cpmodel.compute import Threads, Workers, spread
from cpmodel.inputs.design_space import DesignSpace, read_design_space
from cpmodel.inputs.load import Inputs, at_resolution, load
from cpmodel.inputs.opened import opened
from cpmodel.inputs.scenario import Scenario

NO_CHANGE, BASE, CANDIDATE = "no_change", "base", "candidate"
# What options are judged by, lower is better after its sign, and the step at which each is told.
JUDGED = {
    "fiscal_npv_p50": (1, 0.1),
    "contingent_p95": (1, 0.1),
    "extra_adopters": (-1, 0.1),
    "odds": (-1, 1e-3),
}
FIGURES = ("fiscal_npv_p05", "fiscal_npv_p50", "fiscal_npv_p95", "capped_p95", "contingent_p95", "adoption_p50",
           "extra_adopters", "odds", "lent")  # fmt: skip
BY_VARIANT = ("fiscal_npv_p50", "contingent_p95", "extra_adopters", "adoption_p50", "odds")
LOW_IS_WORSE = ("adoption_p50", "extra_adopters", "odds")
GAP = ("option", "figure", "searched", "fresh", "gap")


@dataclass(frozen=True)
class Effort:
    """How much is run. candidates    mixes tried   draws    worlds in each variant, in which every mix is tried

    finalists    options run in full on fresh draws   barrier_draws    behind the binding barriers; enough for means on
    common draws
    """

    candidates: int = 500
    draws: int = 1000
    finalists: int = 6
    barrier_draws: int = 256


@dataclass
class DesignSearch:
    """The answer. options    one row an option, all from runs of `Effort.draws` worlds in each variant

    refined    the options were run in full on fresh draws; if not, figures are those of the search, which was stopped
    mixes    option → mix   tried    every candidate run in the search, with its figures   refused    reason → candidates
    interrupted    the stage that was stopped, or None   binding    by size and variant; empty where stopped
    optimism_gap    option by option, what the search saw against the fresh draws   draws    option by option, draw by draw
    calibration    its folder's name, or "prior"   establishments    mean number of living ones in the target's year
    Money in bn VND, present value of the year `base` at `rate`; figures are those of the worse variant.
    """

    question: Question
    scenario: Scenario
    space: DesignSpace
    effort: Effort
    opens: float
    base: int
    rate: float
    options: pd.DataFrame
    mixes: dict[str, Mix]
    verdict: Verdict
    binding: pd.DataFrame
    optimism_gap: pd.DataFrame
    tried: pd.DataFrame
    draws: pd.DataFrame
    refused: dict[str, int]
    establishments: float
    refined: bool
    calibration: str
    interrupted: str | None = None

    @property
    def best(self) -> pd.Series:
        """The option with the best odds within the cap; no change costs nothing, so there is always one."""
        return best_option(self.options[self.options["within_cap"]])


@dataclass
class _Seen:
    """What a stage has seen so far: figures by place of the mix; and by role of what is always shown."""

    fixed: dict[str, Result] = field(default_factory=dict)
    results: dict[int, Result] = field(default_factory=dict)
    figures: dict[int, dict[str, float]] = field(default_factory=dict)
    bench: Bench | None = None

    def best(self, question: Question, count: int, among: Sequence[int]) -> list[int]:
        """Return the places of up to `count` promising mixes; what is no better than no change comes last.

        Spread by adopters gained, so that what costs little and what brings much are both among them.
        """
        unchanged = figures(self.fixed[NO_CHANGE], question)
        rows = [unchanged, *(self.figures[i] for i in among)]
        costs = judged(pd.DataFrame(rows, columns=FIGURES))
        chosen = promising(costs, count + 1, list(JUDGED).index("extra_adopters"))
        return [among[i - 1] for i in chosen if i > 0][:count]


def search(
    question: Question, scenario: Scenario, effort: Effort | None = None, space: DesignSpace | None = None,
    progress: Callable[[str, int, int], None] | None = None, inputs: Inputs | None = None,
    workers: Workers | None = None,
) -> DesignSearch:  # fmt: skip
    """Search mixes of `question.kinds` for the target under the cap.

    scenario    gives the budgets, the worlds and the seed; its credit is one of the options, mixes stand in its place
    progress    is told (stage, done, of)   inputs    of the scenario, where they are read already (a calibration with them)
    workers    who tries the mixes, from `compute.open_workers`; default: all cores of this machine
    A KeyboardInterrupt stops at once; what was seen by then is returned, and said to be so. Before anything was seen it
    is raised.
    """
    effort, space, say = effort or Effort(), space or read_design_space(), progress or (lambda *_: None)
    inputs, workers = at_resolution(inputs or load(scenario), "explorer"), workers or Threads.every()
    scenario = inputs.scenario
    opens = opening(scenario, inputs)
    mixes = candidates(space, question.kinds, effort.candidates, scenario.seed, opens, inputs.catalogue)
    at = (question.year, question.outcome, opens)
    seen, fresh, stopped = _Seen(), _Seen(), None
    try:
        coarse = Fidelity(effort.draws).coarse()
        _try(
            seen,
            make_bench(inputs, coarse, scenario.seed, *at),
            inputs,
            mixes.mixes,
            None,
            question,
            "search",
            say,
            workers,
        )
        chosen = finalists(seen, question, effort.finalists)
        again = make_bench(inputs, Fidelity(effort.draws), (scenario.seed + 1) % 2**32, *at)
        _try(fresh, again, inputs, mixes.mixes, chosen, question, "refine", say, workers)
    except KeyboardInterrupt:
        if not seen.figures:
            raise
        stopped = "refine" if fresh.bench or len(seen.figures) == len(mixes.mixes) else "search"
    return _answer(question, scenario, space, effort, opens, mixes, seen, fresh, stopped)


def _answer(
    question: Question, scenario: Scenario, space: DesignSpace, effort: Effort, opens: float, mixes: Candidates,
    seen: _Seen, fresh: _Seen, stopped: str | None,
) -> DesignSearch:  # fmt: skip
    """Put together what is told: refined options where there are any, else the best that the search has seen."""
    refined = bool(fresh.figures)
    shown = fresh if refined else seen
    places = sorted(fresh.figures) if refined else finalists(seen, question, effort.finalists)
    rows = [(role, None, result) for role, result in shown.fixed.items()]
    rows += [(CANDIDATE, mixes.mixes[i], shown.results[i]) for i in places]
    options, named, results = _options(rows, question, scenario.name)
    bench = shown.bench
    verdict = verdict_of(question, options, named, space, bench, stopped is not None)
    lead = named.get(verdict.option)
    binding = pd.DataFrame(columns=BARRIERS)
    if stopped is None:
        binding = binding_barriers(bench, lead, effort.barrier_draws)
    tried = pd.DataFrame(
        [{"candidate": mixes.mixes[i].name} | one for i, one in sorted(seen.figures.items())]
    )
    return DesignSearch(
        question, scenario, space, effort, opens, bench.base, bench.rate, options, named, verdict, binding,
        _optimism(options, seen, tried, question) if refined else pd.DataFrame(columns=GAP), tried,
        _draw_by_draw(results), dict(mixes.refused),
        float(np.mean([out.groups[bench.year, 0, 0].mean() for out in bench.without.values()])), refined,
        "prior" if bench.world.inputs.posterior is None else bench.world.inputs.posterior.name, stopped,
    )  # fmt: skip


def opening(scenario: Scenario, inputs: Inputs) -> float:
    """Return the moment at which mixes open: when the scenario's own credit does, or the first 1 January."""
    own = [one.instrument.opens for one in opened(scenario, inputs.catalogue)]
    return float(min(own, default=np.ceil(scenario.horizon.start)))


def _try(
    seen: _Seen, bench: Bench, inputs: Inputs, mixes: Sequence[Mix], places: Sequence[int] | None, question: Question,
    stage: str, say: Callable, workers: Workers,
) -> None:  # fmt: skip
    """Run no change, the scenario's own credit and mixes, spread over the workers, and note each as it is done."""
    places = range(len(mixes)) if places is None else places
    seen.fixed = {NO_CHANGE: unchanged(bench), BASE: run_own(bench, inputs)}
    seen.bench = bench
    every = spread(run_mix, [mixes[i] for i in places], workers, (bench,))
    for done, (at, result) in enumerate(every, start=1):
        seen.figures[places[at]] = figures(result, question)
        seen.results[places[at]] = result
        say(stage, done, len(places))


def finalists(seen: _Seen, question: Question, count: int) -> list[int]:
    """Return the places of the options to refine: half of them from what keeps within the cap, as far as there is any."""
    every = sorted(seen.figures)
    within = [i for i in every if seen.figures[i]["capped_p95"] <= question.cap]
    chosen = seen.best(question, -(-count // 2), within) if within else []
    rest = [i for i in every if i not in chosen]
    return sorted([*chosen, *seen.best(question, count - len(chosen), rest)])


def figures(result: Result, question: Question) -> dict[str, float]:
    """Return what a mix is judged by: of every figure that of the worse variant, and some under each variant too."""
    found = {variant: _figures(result, variant, question) for variant in result.adoption}
    worse = {
        name: (min if name in LOW_IS_WORSE else max)(one[name] for one in found.values()) for name in FIGURES
    }
    return worse | {f"{name}_{v}": one[name] for name in BY_VARIANT for v, one in found.items()}


def _figures(result: Result, variant: str, question: Question) -> dict[str, float]:
    """Return the figures of one variant. capped_p95    what the cap is held against: the cost with claims as they fall"""
    npv, claims = result.fiscal_npv[variant], result.claims[variant]
    low, central, high = np.quantile(npv, [0.05, 0.5, 0.95])
    told = (low, central, high, np.quantile(npv - result.expected_claims[variant] + claims, 0.95),
            np.quantile(claims, 0.95), np.median(result.adoption[variant]), result.gained[variant].mean(),
            (result.adoption[variant] >= question.level).mean(), result.lent[variant].mean())  # fmt: skip
    return dict(zip(FIGURES, map(float, told), strict=True))


def judged(table: pd.DataFrame) -> np.ndarray:
    """Return the judged figures as costs, lower is better, at the precision at which they are told."""
    signs, steps = zip(*JUDGED.values(), strict=True)
    return told(table[list(JUDGED)].to_numpy(float) * signs, steps)


def _options(
    rows: list, question: Question, base: str
) -> tuple[pd.DataFrame, dict[str, Mix], dict[str, Result]]:
    """Return the options, the two fixed ones first and candidates by cost, their mixes and their draws."""
    found = [(role, mix, result, figures(result, question)) for role, mix, result in rows]
    fixed, others = found[:2], sorted(found[2:], key=lambda row: row[3]["fiscal_npv_p50"])
    names = [NO_CHANGE, base, *(f"option_{i}" for i in range(1, len(others) + 1))]
    ordered, mixes, results = [], {}, {}
    for name, (role, mix, result, told_of) in zip(names, [*fixed, *others], strict=True):
        shown = {"role": role, "option": name, "label": name.replace("_", " "), "instruments": "", "candidate": "",
                 "terms": {}, "eligibility": {}}  # fmt: skip
        if mix is not None:
            mixes[name] = mix
            shown |= {
                "label": " + ".join(kind.replace("_", " ") for kind in mix.kinds), "instruments": "+".join(mix.kinds),
                "candidate": mix.name, "terms": mix.terms(),
                "eligibility": {axis: choice.name for axis, choice in mix.eligibility.items()},
            }  # fmt: skip
        results[name] = result
        ordered.append(shown | told_of)
    table = pd.DataFrame(ordered)
    table["on_front"] = ~behind(judged(table))
    table["reaches_target"] = table["odds"] >= question.least_odds
    table["within_cap"] = table["capped_p95"] <= question.cap
    return table, mixes, results


def _draw_by_draw(results: dict[str, Result]) -> pd.DataFrame:
    """Return what the options' figures are taken of: option, variant, draw, fiscal_npv, claims, adoption, gained."""
    names = ("fiscal_npv", "claims", "adoption", "gained")
    frames = [
        pd.DataFrame({"option": option, "variant": v, "draw": range(len(values))}
                     | {name: getattr(result, name)[v] for name in names})
        for option, result in results.items() for v, values in result.adoption.items()
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _optimism(options: pd.DataFrame, seen: _Seen, tried: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return what the search saw of each refined option against the fresh draws: option, figure, searched, fresh, gap.

    Odds are those over no change, in the worlds of either.
    """
    before, unchanged = tried.set_index("candidate"), figures(seen.fixed[NO_CHANGE], question)
    without, found = options.set_index("role").loc[NO_CHANGE], []
    for row in options[options["role"] == CANDIDATE].itertuples():
        for name in ("fiscal_npv_p50", "fiscal_npv_p95", "extra_adopters", "odds"):
            searched, fresh = before.loc[row.candidate, name], getattr(row, name)
            if name == "odds":  # what the mix adds: other worlds have other odds without credit
                searched, fresh = searched - unchanged[name], fresh - without[name]
            found.append((row.option, name, searched, fresh, searched - fresh))
    return pd.DataFrame(found, columns=GAP)
