"""A batch unfolded into its orders. An order is one brief in one language: what is printed, skipped, or fails alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from cpmodel.errors import BadInput, Problems, nearest, problems_of
from cpmodel.press.asked import cases_asked, refuse_strange
from cpmodel.press.batch import Batch, Entry, Scalar
from cpmodel.press.notebook import folder_kind, parameters_of


@dataclass(frozen=True)
class Order:
    """One brief in one language.

    kind, case     `province` and `31`; a brief without cases has an empty case
    scenarios      its own, then those set beside it
    takes          names of the notebook's parameters
    parameters     those that the batch file gives
    """

    kind: str
    case: str
    language: str
    notebook: Path
    scenarios: tuple[str, ...]
    takes: tuple[str, ...]
    parameters: Mapping[str, Scalar]
    formats: tuple[str, ...]
    cadence: str

    @property
    def folder_kind(self) -> str:
        """The kind of folder that it is printed from, made beforehand: `run`, `note`, or none."""
        return folder_kind(self.takes)

    @property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """Every folder that must be made beforehand, as (kind, scenario); the emulator is for the sliders of the HTML."""
        kind = self.folder_kind
        found = tuple((kind, name) for name in self.scenarios) if kind else ()
        sliders = "emulator" in self.takes and "html" in self.formats
        return (*found, ("emulator", self.scenarios[0])) if sliders else found

    @property
    def brief(self) -> str:
        """The brief without its language: `province/31`."""
        return f"{self.kind}/{self.case}" if self.case else self.kind

    @property
    def id(self) -> str:
        """The name of the order, and of its place in an edition: `province/31/vi`."""
        return f"{self.brief}/{self.language}"

    @property
    def stem(self) -> str:
        """The name of its files, which tells them apart in a mailbox: `province_31_vi`."""
        return self.id.replace("/", "_")


def orders(batch: Batch, root: Path, file: str) -> tuple[Order, ...]:
    """Return every order of a batch; raises `BadInput` with everything in it that is not known, or that a brief lacks.

    file    the batch's file, as errors name it
    """
    problems, found = Problems(), []
    known = {path.stem for path in (root / "scenarios").glob("*.yaml")}
    for kind, entry in batch.briefs.items():
        for key, name in entry.named():
            if name not in known:
                near = nearest(name, known)
                fix = f"Did you mean `{near}`?" if near else "`cpmodel scenario list` names them."
                problems.add(file, f"briefs.{kind}.{key}", name, "There is no such scenario.", fix)
        found += _orders_of(kind, entry, batch, root, file, problems)
    problems.raise_if_any()
    return tuple(found)


def _orders_of(
    kind: str, entry: Entry, batch: Batch, root: Path, file: str, problems: Problems
) -> Iterator[Order]:
    notebook = root / "notebooks" / f"{entry.notebook or f'brief_{kind}'}.ipynb"
    if not notebook.is_file():
        near = nearest(notebook.stem, [path.stem for path in (root / "notebooks").glob("*.ipynb")])
        fix = f"Did you mean `{near}`?" if near else "Name a notebook of the `notebooks` folder."
        problems.add(file, f"briefs.{kind}.notebook", notebook.stem, "There is no such notebook.", fix)
        return
    takes = parameters_of(notebook)
    refuse_strange(kind, entry, takes, file, problems)
    for case, parameters in cases_asked(kind, entry, takes, root, file, problems):
        own = str(parameters.pop("scenario", entry.scenario))
        if own == entry.against:
            fix = "Name another in `against`, or leave this one out."
            problems.add(file, f"briefs.{kind}.against", own, "It would be told against itself.", fix)
        for language in entry.languages or batch.languages:
            yield Order(
                kind=kind,
                case="/".join(case),
                language=language,
                notebook=notebook,
                scenarios=(own, *(name for name in (*entry.compare, entry.against) if name not in ("", own))),
                takes=tuple(takes),
                parameters=parameters,
                formats=entry.formats or batch.formats,
                cadence=entry.cadence,
            )


def refuse_impossible(orders: Sequence[Order], root: Path, file: str) -> None:
    """Raise `BadInput` for every order whose scenarios cannot give what it asks: other years, no target, no such report.

    A scenario that cannot be read fails its own briefs and no other, so it is not refused here.
    """
    # They bring in tables and the whole catalogue, which a batch with nothing to do need not read.
    from cpmodel.inputs.company import refuse_other_years, refuse_untargeted
    from cpmodel.inputs.known import load_known
    from cpmodel.inputs.overlay import resolve
    from cpmodel.inputs.reporting import refuse_report

    problems, known = Problems(), load_known(root)
    asked = {(o.kind, o.scenarios, o.parameters.get("clause"), o.parameters.get("year", 0)) for o in orders}
    for kind, names, clause, year in sorted(asked, key=str):
        try:
            own, *others = (resolve(name, known, root / "scenarios") for name in names)
        except BadInput:
            continue
        checks = [partial(refuse_other_years, (own, *others)), partial(refuse_untargeted, own, root)]
        checks += [partial(refuse_report, own, clause, year, root)] if clause else []
        for problem in chain.from_iterable(map(problems_of, checks)):
            problems.add(file, f"briefs.{kind}.{problem.key}", problem.found, problem.why, problem.fix)
    problems.raise_if_any()
