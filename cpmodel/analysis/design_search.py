"""Which mix of instruments brings which adoption at which cost: a search over mixes, terms and eligibility.

Every mix meets the same worlds. All are tried with few draws, the promising again with all, both at the closeness of a
search; the finalists are then run in full on fresh draws, beside "no change" and the scenario's own credit, and only
these runs are told. What a chosen option loses on fresh draws is the optimism of choosing, and is told too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cpmodel.analysis.design_mixes import Candidates, Mix, candidates
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.design_question import Question
from cpmodel.analysis.design_runs import Bench, Result, make_bench, province_shares, run_mix, run_own
from cpmodel.analysis.design_verdict import Verdict, best_option, binding_barriers, verdict_of
from cpmodel.analysis.pareto import behind, promising, told
from cpmodel.inputs.design_space import DesignSpace, read_design_space
from cpmodel.inputs.load import Inputs, load
from cpmodel.inputs.scenario import Scenario
from cpmodel.model import levers

NO_CHANGE, BASE, CANDIDATE = "no_change", "base", "candidate"
# What options are judged by, lower is better after its sign, and the step at which each is told.
JUDGED = {
    "fiscal_npv_p50": (1, 0.1),
    "contingent_p95": (1, 0.1),
    "extra_adopters": (-1, 0.1),
    "odds": (-1, 1e-3),
}
FIGURES = ("fiscal_npv_p05", "fiscal_npv_p50", "fiscal_npv_p95", "contingent_p95", "adoption_p50",
           "extra_adopters", "odds", "lent")  # fmt: skip


@dataclass(frozen=True)
class Effort:
    """How much is run. screen_draws    worlds in which every candidate is tried, in each variant

    promising    candidates run again with all draws   finalists    options run in full on fresh draws
    barrier_draws    behind the binding barriers; enough for means on common draws
    """

    candidates: int = 500
    draws: int = 1000
    screen_draws: int = 64
    promising: int = 16
    finalists: int = 6
    barrier_draws: int = 256


@dataclass
class DesignSearch:
    """The answer. options    one row an option, all from full runs on fresh draws (`Effort.draws` in each variant)

    mixes    option → mix   screened    candidates tried   refused    reason → candidates   interrupted    the stage, or None
    optimism_gap    option by option, what the search saw against the fresh draws   binding    by size and variant
    establishments    mean number of living ones in the target's year
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
    screened: int
    refused: dict[str, int]
    establishments: float
    interrupted: str | None = None

    @property
    def best(self) -> pd.Series:
        """The option with the best odds within the cap; no change costs nothing, so there is always one."""
        return best_option(self.options[self.options["within_cap"]])


@dataclass
class _Found:
    """What a stage has found so far: places of mixes and their figures; unchanged    the same without credit."""

    places: list[int] = field(default_factory=list)
    figures: list[dict[str, float]] = field(default_factory=list)
    unchanged: dict[str, float] = field(default_factory=dict)

    def best(self, count: int, among: Sequence[int] | None = None) -> list[int]:
        """Return the places in `figures` of up to `count` promising ones; what is no better than no change comes last.

        Spread by adopters gained, so that what costs little and what brings much are both among them.
        """
        among = range(len(self.figures)) if among is None else among
        rows = [self.unchanged, *(self.figures[i] for i in among)]
        costs = judged(pd.DataFrame(rows, columns=FIGURES))
        chosen = promising(costs, count + 1, list(JUDGED).index("extra_adopters"))
        return [among[i - 1] for i in chosen if i > 0][:count]


def search(
    question: Question, scenario: Scenario, effort: Effort | None = None, space: DesignSpace | None = None,
    progress: Callable[[str, int, int], None] | None = None, inputs: Inputs | None = None,
) -> DesignSearch:  # fmt: skip
    """Search mixes of `question.kinds` for the target under the cap.

    scenario    gives the budgets, the worlds and the seed; its credit is one of the options, mixes stand in its place
    progress    is told (stage, done, of)   inputs    of the scenario at explorer resolution, where they are read already
    A KeyboardInterrupt ends the stage at hand: what was tried by then is refined in short and returned, and said so.
    """
    effort, space, say = effort or Effort(), space or read_design_space(), progress or (lambda *_: None)
    coarse = scenario.model_copy(update={"resolution": "explorer"})
    inputs = load(coarse) if inputs is None else replace(inputs, scenario=coarse)
    opens = opening(coarse, inputs)
    say("start", 0, 1)
    ahead = (question.year, question.outcome, opens, province_shares())
    fresh = make_bench(inputs, Fidelity(effort.draws), (coarse.seed + 1) % 2**32, *ahead)
    rows = [(NO_CHANGE, None, unchanged(fresh)), (BASE, None, run_own(fresh, inputs))]
    tried = candidates(space, question.kinds, effort.candidates, coarse.seed, opens, inputs.catalogue)
    seen, counted, stopped = _choose(tried, question, effort, inputs, ahead, say)
    count = 2 if stopped else effort.finalists
    chosen = finalists(seen, question.cap, count)
    refined, late = _refined(fresh, [tried.mixes[i] for i in chosen], say)
    rows += [(CANDIDATE, mix, result) for mix, result in refined]
    options, mixes = _options(rows, question, coarse.name)
    stopped = stopped or late
    verdict = verdict_of(question, options, mixes, space, fresh, stopped is not None)
    lead = mixes.get(verdict.option)
    return DesignSearch(
        question, coarse, space, effort, opens, fresh.base, fresh.rate, options, mixes, verdict,
        binding_barriers(fresh, lead, effort.barrier_draws), _optimism(options, seen, tried), counted, dict(tried.refused),
        float(np.mean([out.groups[fresh.year, 0, 0].mean() for out in fresh.without.values()])), stopped,
    )  # fmt: skip


def opening(scenario: Scenario, inputs: Inputs) -> float:
    """Return the moment at which mixes open: when the scenario's own credit does, or the first 1 January."""
    own = [one.instrument.opens for one in levers.opened(scenario, inputs.catalogue)]
    return float(min(own, default=np.ceil(scenario.horizon.start)))


def _choose(tried: Candidates, question: Question, effort: Effort, inputs: Inputs, ahead: tuple, say):
    """Return what is known of the candidates worth refining, how many were tried, and where it was interrupted."""
    few = Fidelity(min(effort.screen_draws, effort.draws)).coarsest()
    screened, again = _Found(), _Found()
    try:
        bench = make_bench(inputs, few, inputs.scenario.seed, *ahead)
        _try_all(bench, tried.mixes, range(len(tried.mixes)), question, screened, "screen", say, threads=1)
    except KeyboardInterrupt:
        return screened, len(screened.places), "screen"
    try:
        bench = make_bench(inputs, Fidelity(effort.draws).coarse(), inputs.scenario.seed, *ahead)
        best = [screened.places[i] for i in screened.best(effort.promising)]
        _try_all(bench, tried.mixes, best, question, again, "promising", say)
    except KeyboardInterrupt:
        return again if again.places else screened, len(screened.places), "promising"
    return again, len(screened.places), None


def _try_all(bench: Bench, mixes, places, question: Question, found: _Found, stage: str, say, threads=None):
    """Run mixes one after another; with few draws one thread is fastest, since most of the work is not in kernels."""
    found.unchanged = figures(unchanged(bench), question)
    results = in_order(lambda i: run_mix(bench, mixes[i]), places, threads)
    for done, (place, result) in enumerate(zip(places, results, strict=True), start=1):
        found.figures.append(figures(result, question))
        found.places.append(place)
        say(stage, done, len(places))


def in_order(run: Callable, items: Iterable, threads: int | None = None) -> Iterator:
    """Yield run(item) in order, several at a time; what has not begun is dropped when the caller stops."""
    if threads == 1:
        yield from map(run, items)
        return
    pool = ThreadPoolExecutor(threads or os.cpu_count())
    try:
        yield from pool.map(run, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def finalists(found: _Found, cap: float, count: int) -> list[int]:
    """Return the places of the options to refine: half of them from what keeps within the cap, as far as there is any."""
    if not found.places:
        return []
    within = [i for i, one in enumerate(found.figures) if one["fiscal_npv_p95"] <= cap]
    chosen = found.best(-(-count // 2), within) if within else []
    rest = [i for i in range(len(found.figures)) if i not in chosen]
    return [found.places[i] for i in sorted([*chosen, *found.best(count - len(chosen), rest)])]


def _refined(bench: Bench, mixes: Sequence[Mix], say) -> tuple[list[tuple[Mix, Result]], str | None]:
    found = []
    try:
        for mix, result in zip(mixes, in_order(lambda one: run_mix(bench, one), mixes), strict=True):
            found.append((mix, result))
            say("refine", len(found), len(mixes))
    except KeyboardInterrupt:
        return found, "refine"
    return found, None


def unchanged(bench: Bench) -> Result:
    """Return the run without credit: it costs nothing and adds nobody."""
    zero = {variant: np.zeros(bench.fidelity.draws) for variant in bench.without}
    last = {variant: out.groups[bench.year, 0].astype(float) for variant, out in bench.without.items()}
    adoption = {variant: sums[bench.outcome] / sums[0] for variant, sums in last.items()}
    assessed = {variant: sums[2] / sums[0] for variant, sums in last.items()}
    return Result(zero, zero, zero, adoption, zero, assessed, zero)


def figures(result: Result, question: Question) -> dict[str, float]:
    """Return what a mix is judged by: of every figure that of the worse variant."""
    npv = np.array([np.quantile(one, [0.05, 0.5, 0.95]) for one in result.fiscal_npv.values()]).max(0)
    return {
        "fiscal_npv_p05": float(npv[0]),
        "fiscal_npv_p50": float(npv[1]),
        "fiscal_npv_p95": float(npv[2]),
        "contingent_p95": max(float(np.quantile(one, 0.95)) for one in result.claims.values()),
        "adoption_p50": min(float(np.median(one)) for one in result.adoption.values()),
        "extra_adopters": min(float(one.mean()) for one in result.gained.values()),
        "odds": min(float((one >= question.level).mean()) for one in result.adoption.values()),
        "lent": max(float(one.mean()) for one in result.lent.values()),
    }


def judged(table: pd.DataFrame) -> np.ndarray:
    """Return the judged figures as costs, lower is better, at the precision at which they are told."""
    signs, steps = zip(*JUDGED.values(), strict=True)
    return told(table[list(JUDGED)].to_numpy(float) * signs, steps)


def _options(rows: list, question: Question, base: str) -> tuple[pd.DataFrame, dict[str, Mix]]:
    """Return the options, the two fixed ones first and candidates by cost, and their mixes."""
    found = [{"role": role, "mix": mix, **figures(result, question)} for role, mix, result in rows]
    fixed, others = found[:2], sorted(found[2:], key=lambda row: row["fiscal_npv_p50"])
    names = [NO_CHANGE, base, *(f"option_{i}" for i in range(1, len(others) + 1))]
    ordered, mixes = [], {}
    for name, row in zip(names, [*fixed, *others], strict=True):
        mix = row.pop("mix")
        shown = {"option": name, "label": name.replace("_", " "), "instruments": "", "candidate": "",
                 "terms": {}, "eligibility": {}}  # fmt: skip
        if mix is not None:
            mixes[name] = mix
            shown |= {
                "label": " + ".join(kind.replace("_", " ") for kind in mix.kinds), "instruments": "+".join(mix.kinds),
                "candidate": mix.name, "terms": mix.terms(),
                "eligibility": {axis: choice.name for axis, choice in mix.eligibility.items()},
            }  # fmt: skip
        ordered.append(shown | row)
    table = pd.DataFrame(ordered)
    table["on_front"] = ~behind(judged(table))
    table["reaches_target"] = table["odds"] >= question.least_odds
    table["within_cap"] = table["fiscal_npv_p95"] <= question.cap
    return table, mixes


def _optimism(options: pd.DataFrame, seen: _Found, tried: Candidates) -> pd.DataFrame:
    """Return what the search saw of each refined option against the fresh draws: option, figure, searched, fresh, gap.

    Odds are those over no change, in the worlds of either.
    """
    before = {tried.mixes[place].name: one for place, one in zip(seen.places, seen.figures, strict=True)}
    without, found = options.set_index("role").loc[NO_CHANGE], []
    for row in options[options["role"] == CANDIDATE].itertuples():
        for name in ("fiscal_npv_p50", "fiscal_npv_p95", "extra_adopters", "odds"):
            searched, fresh = before[row.candidate][name], getattr(row, name)
            if name == "odds":  # what the mix adds: other worlds have other odds without credit
                searched, fresh = searched - seen.unchanged[name], fresh - without[name]
            found.append((row.option, name, searched, fresh))
    table = pd.DataFrame(found, columns=["option", "figure", "searched", "fresh"])
    return table.assign(gap=table["searched"] - table["fresh"])
