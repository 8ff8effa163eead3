"""The mixes that a design search tries: instruments, their terms and who may apply, spread evenly over a space.

A mix is a scenario's credit: instruments with terms in full, no template. All of a mix open together and take the same
establishments. What the checks of terms and of stacking refuse is counted, with the reason, and not tried.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.stats import qmc

from cpmodel.axes import SIZES
from cpmodel.errors import BadInput
from cpmodel.inputs.design_space import AXES, Choice, DesignSpace, Kind
from cpmodel.inputs.instruments import Catalogue
from cpmodel.inputs.opened import Opened, opened
from cpmodel.inputs.scenario import Instrument, Only, Scenario, Terms, Volume
from cpmodel.model import levers
from cpmodel.outlook.draws import uniforms


@dataclass(frozen=True)
class Mix:
    """One candidate. kinds    in the order of the space   eligibility    axis → choice   credit    name → instrument"""

    name: str
    kinds: tuple[str, ...]
    eligibility: Mapping[str, Choice]
    credit: Mapping[str, Instrument]

    def open_to_all(self, space: DesignSpace) -> Mix:
        """Return the same terms without ceilings of volume and with nobody left out."""
        everyone = {axis: space.eligibility[axis][0] for axis in AXES}
        credit = {
            name: one.model_copy(update={"volume": None, "only": Only()}) for name, one in self.credit.items()
        }
        return Mix(f"{self.name}, unlimited", self.kinds, everyone, credit)

    def terms(self) -> dict[str, dict[str, float]]:
        """Return instrument → term → value; `volume` [bn VND/year] among the terms."""
        found = {}
        for name, one in self.credit.items():
            given = one.terms.model_dump(exclude_none=True)
            found[name] = given | ({"volume": one.volume.value} if one.volume else {})
        return found


@dataclass(frozen=True)
class Candidates:
    """Mixes to try, and why others were refused: reason → number."""

    mixes: tuple[Mix, ...]
    refused: Mapping[str, int]


def allowed_subsets(space: DesignSpace, kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every combination of the kinds that may be joined, small ones first."""
    found = []
    for count in range(1, len(kinds) + 1):
        for subset in combinations(kinds, count):
            if not any(set(space.kinds[name].not_with) & set(subset) for name in subset):
                found.append(subset)
    return found


def candidates(
    space: DesignSpace, kinds: Sequence[str], number: int, seed: int, opens: float, catalogue: Catalogue
) -> Candidates:
    """Return `number` mixes on a scrambled Sobol' sequence, less those that the checks refuse.

    opens    decimal year in which all instruments open   seed    of the scrambling
    Source: Sobol' (1967) with Owen's scrambling, as in scipy.stats.qmc. Every combination of kinds gets its part.
    """
    subsets = allowed_subsets(space, kinds)
    places = [(kind, term) for kind in kinds for term in (*space.kinds[kind].bounds, "volume")]
    scramble = int(uniforms(seed, "design_space", 1)[0] * 2**32)
    sobol = qmc.Sobol(1 + len(AXES) + len(places), seed=np.random.default_rng(scramble))
    points = sobol.random_base2(max(int(np.ceil(np.log2(max(number, 2)))), 1))[:number]
    made, refused = [], Counter()
    for i, point in enumerate(points):
        subset = subsets[int(point[0] * len(subsets))]
        chosen = {axis: _pick(space.eligibility[axis], at) for axis, at in zip(AXES, point[1:], strict=False)}
        where = dict(zip(places, point[1 + len(AXES) :], strict=True))
        try:
            made.append(_mix(f"m{i + 1}", space, subset, chosen, where, opens, catalogue))
        except BadInput as error:
            refused.update({problem.why for problem in error.problems})
    return Candidates(tuple(made), dict(refused))


def _pick(choices: tuple[Choice, ...], position: float) -> Choice:
    """Half of the candidates leave an axis open, the rest share the restrictions."""
    if position < 0.5 or len(choices) == 1:
        return choices[0]
    return choices[1 + int((position - 0.5) * 2.0 * (len(choices) - 1))]


def _mix(
    name: str, space: DesignSpace, subset: tuple[str, ...], chosen: Mapping[str, Choice],
    where: Mapping[tuple[str, str], float], opens: float, catalogue: Catalogue,
) -> Mix:  # fmt: skip
    """Return one mix; its loan is lowered to what own equity and grant leave, as the checks do."""
    credit = {kind: _instrument(space.kinds[kind], where, opens, _only(chosen)) for kind in subset}
    return _within_equity(Mix(name, subset, chosen, credit), opens, catalogue)


def _within_equity(mix: Mix, opens: float, catalogue: Catalogue) -> Mix:
    """Return a mix with its loan lowered to what own equity and grant leave."""
    credit = dict(mix.credit)
    opened = opened_credit(credit, catalogue)
    package = levers.package(mix.eligibility["sizes"].members[0], opens, opened, 0.1, 0.0, 1.0)
    loan = credit.get("soft_loan")
    if loan is not None and package.design.loan_share < loan.terms.loan_share:
        lower = loan.terms.model_copy(update={"loan_share": round(package.design.loan_share, 9)})
        credit["soft_loan"] = loan.model_copy(update={"terms": lower})
    return replace(mix, credit=credit)


def moved(mix: Mix, space: DesignSpace, kind: str, term: str, steps: int, catalogue: Catalogue) -> Mix | None:
    """Return the mix with a term, or its `volume`, moved by steps of a term sheet; None where it stays or is refused.

    A volume on a logarithmic scale moves by eighths of its range. Bounds are those of the space.
    """
    one, room = mix.credit[kind], space.kinds[kind]
    bound = room.volume if term == "volume" else room.bounds[term]
    now = one.volume.value if term == "volume" else getattr(one.terms, term)
    scale = np.log if bound.logarithmic else np.asarray
    width = scale(bound.high) - scale(bound.low)
    step = 0.125 if bound.logarithmic else bound.step / width
    then = bound.at(float((scale(now) - scale(bound.low)) / width) + steps * step)
    if then == now:
        return None
    terms = (
        {"volume": Volume(value=then)}
        if term == "volume"
        else {"terms": one.terms.model_copy(update={term: then})}
    )
    changed = replace(mix, credit={**mix.credit, kind: one.model_copy(update=terms)})
    try:
        found = _within_equity(changed, one.opens, catalogue)
    except BadInput:
        return None
    told = hashlib.sha256(json.dumps(found.terms(), sort_keys=True).encode()).hexdigest()[:6]
    return replace(found, name=f"{mix.name.partition('~')[0]}~{told}")


def opened_credit(credit: Mapping[str, Instrument], catalogue: Catalogue) -> list[Opened]:
    """Return the instruments of a mix as the model opens them; raises `BadInput` for terms that cannot be."""
    told = Scenario.model_construct(name="design", credit=credit)
    return opened(told, catalogue)


def _instrument(kind: Kind, where: Mapping[tuple[str, str], float], opens: float, only: Only) -> Instrument:
    terms = {term: bound.at(where[kind.name, term]) for term, bound in kind.bounds.items()}
    volume = None
    if kind.volume is not None:
        volume = Volume(value=kind.volume.at(where[kind.name, "volume"]))
    return Instrument(
        template=None, opens=float(opens), volume=volume, only=only, terms=Terms(**terms, **kind.fixed)
    )


def _only(chosen: Mapping[str, Choice]) -> Only:
    """Return who may apply, as a scenario says it."""
    named = {axis: None if chosen[axis].name == "all" else chosen[axis].named for axis in AXES}
    sizes = named["sizes"] and tuple(size for size in SIZES if size in named["sizes"])
    return Only(sizes=sizes, sectors=named["sectors"], provinces=named["provinces"])
