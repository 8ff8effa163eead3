"""What the notebook on decisions calls: one question a line, answered once and kept, shown in the words of a brief."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from cpmodel.analysis.backcast import backcast
from cpmodel.analysis.conditions import conditions
from cpmodel.analysis.drawn import asked, drawn_inputs, fitted_inputs
from cpmodel.analysis.findings import Finding, found
from cpmodel.analysis.programme_question import Question, read_allocation, read_backcast
from cpmodel.analysis.programme_search import Effort
from cpmodel.analysis.robustness import robust
from cpmodel.analysis.screening import Effort as Screening
from cpmodel.analysis.screening import screen
from cpmodel.analysis.survey_value import survey_value
from cpmodel.analysis.wedges import wedges
from cpmodel.briefs.assembly import require_language
from cpmodel.briefs.findings import finding_blocks
from cpmodel.briefs.show import Shown
from cpmodel.briefs.wording import Wording
from cpmodel.calibration.observations import observations
from cpmodel.errors import Problems
from cpmodel.inputs.load import fingerprints, load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.model.batches import run
from cpmodel.results.outcomes import national_draws

QUICK = Effort(draws=32, scattered=8, designs=2, starts=1, iterations=4, alternatives=3, confirm=64)
QUICK_SCREENING = Screening(trajectories=2, chosen=4, size=16, resamples=20, prior=64)
QUICK_DRAWS = 32


class Asking:
    """Questions about one scenario.

    draws    worlds of a search in each variant   quick    small searches on few worlds, for trying things out
    below    the folder of all findings; by default reports/decisions
    calibration    folder of a calibration whose draws to take, or `latest`; None: the prior's
    """

    def __init__(
        self,
        scenario: str,
        language: str = "en",
        draws: int = 96,
        quick: bool = False,
        below: Path | None = None,
        calibration: str | None = None,
    ) -> None:
        require_language(language)
        self.scenario = resolve(scenario)
        self.words = Wording(language)
        self.effort = QUICK if quick else Effort(draws=draws)
        self.screening = QUICK_SCREENING if quick else Screening()
        self.draws = QUICK_DRAWS if quick else 512
        self.below = below
        self.calibration = calibration

    def show(self, finding: Finding) -> Shown:
        """Show a finding in words and tables."""
        return Shown(finding_blocks(finding, self.words))

    def backcast(
        self, target: str, probability: float = 0.8, cap: str | None = None, first: int | None = None
    ) -> Finding:
        """Return what it takes to reach `adoption_2020=0.5` with a probability; raises `BadInput` with every slip."""
        problems = Problems()
        question = read_backcast(target, probability, cap, None, first, self.scenario, problems)
        problems.raise_if_any()
        return self._search("backcast", question)

    def allocate(
        self, cap: str, maximise: str = "targets", probability: float = 0.5, first: int | None = None
    ) -> Finding:
        """Return the best split of a sum; raises `BadInput` with every slip."""
        problems = Problems()
        question = read_allocation(maximise, probability, cap, None, first, self.scenario, problems)
        problems.raise_if_any()
        return self._search("allocate", question)

    def wedges(self, outcome: str = "adoption_strict", levers: Sequence[str] | None = None) -> Finding:
        """Return what each lever adds."""
        draws = min(self.draws, 64)
        told, fit = self.scenario, self.calibration
        make = lambda work: wedges(told, outcome, draws, levers, folder=work, calibration=fit)  # noqa: E731
        return self._kept("wedges", {"outcome": outcome, "draws": draws, "levers": levers}, make)

    def robust(self, names: Sequence[str]) -> Finding:
        """Return how scenarios, by name, compare over all futures."""
        told, draws = [resolve(name) for name in dict.fromkeys(names)], min(self.draws, 256)
        question = {"draws": draws, "level": None, "scenarios": [one.content_hash() for one in told]}
        name, fit = "+".join(one.name for one in told), self.calibration
        make = lambda work: robust(told, draws, work=work, calibration=fit)  # noqa: E731
        return self._kept("robust", question, make, name)

    def sensitivity(self, outcome: str, year: int) -> Finding:
        """Return Morris and Sobol' of an outcome of the country, under the prior: they need independent inputs."""
        make = lambda work: screen(self.scenario, outcome, year, self.screening, folder=work)  # noqa: E731
        return self._kept("sensitivity", {"outcome": outcome, "year": year, **asdict(self.screening)}, make)

    def discover(self, missed: str, level: float) -> Finding:
        """Return when `awareness_2015` stays below a level, on worlds run at explorer resolution."""
        told = self.scenario.model_copy(update={"resolution": "explorer", "draws": self.draws})

        def make(work: Path) -> Finding:
            known = load(told, calibration=self.calibration)
            ensemble, fit = run(known), known.posterior
            draws = national_draws(ensemble.worlds, ensemble.outputs)
            seen, _ = observations(told.horizon.end, told.horizon.start)
            inputs = dict.fromkeys(ensemble.worlds, drawn_inputs(known.parameters, told.seed, told.draws))
            if fit is not None:
                inputs = fitted_inputs(known.parameters, fit, told.draws)
            question = asked(missed, draws, "missed")
            return conditions(inputs, draws, question, level, told.name, seen, calibration=fit and fit.name)

        return self._kept("discover", {"missed": missed, "level": level, "draws": told.draws}, make)

    def survey_value(self, year: int) -> Finding:
        """Return what surveys at the end of a year would be worth."""
        question = {"year": year, "draws": self.draws}
        return self._kept(
            "survey_value",
            question,
            lambda work: survey_value(
                self.scenario, year, self.draws, work=work, calibration=self.calibration
            ),
        )

    def _search(self, kind: str, question: Question) -> Finding:
        make = lambda work: backcast(question, self.scenario, self.effort, work, calibration=self.calibration)  # noqa: E731
        return self._kept(kind, {**asdict(question), **asdict(self.effort)}, make)

    def _kept(
        self, kind: str, question: dict, make: Callable[[Path], Finding], name: str | None = None
    ) -> Finding:
        hashes = fingerprints(project_root(), self.scenario, self.calibration)
        return found(kind, name or self.scenario.name, hashes, question, make, self.below)
