"""Which surveys may be compared, and what they cost; the file is `data/survey_designs.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from cpmodel.errors import BadInput, Problems, nearest
from cpmodel.inputs.complaints import Origin, schema_problems
from cpmodel.inputs.datasets import read
from cpmodel.inputs.design_space import read_design_space
from cpmodel.inputs.fields import Part
from cpmodel.inputs.programme_space import Judged
from cpmodel.inputs.project import project_root
from cpmodel.inputs.yaml_text import read_yaml

FILE = "data/survey_designs.yaml"
INDICATORS = ("awareness", "assessed", "adoption_lenient", "adoption_strict", "dedicated_units")


class Amount(Judged):
    """A cost [bn VND of 2010]."""

    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Cost(Part):
    """What a survey costs: once, in each province, for each establishment asked."""

    fixed: Amount
    per_province: Amount
    per_establishment: Amount

    def of(self, provinces: int, size: int) -> float:
        """Return the cost of a survey [bn VND of 2010]."""
        return self.fixed.value + self.per_province.value * provinces + self.per_establishment.value * size


class SurveyDesigns(Part):
    """Sizes, indicators (joined by + where one questionnaire asks several) and provinces to compare."""

    cost: Cost
    sizes: Annotated[tuple[Annotated[int, Field(ge=10, le=100_000)], ...], Field(min_length=1)]
    indicators: Annotated[tuple[str, ...], Field(min_length=1)]
    provinces: Annotated[tuple[str, ...], Field(min_length=1)]


def read_survey_designs(root: str | Path | None = None) -> SurveyDesigns:
    """Return the designs; raises `BadInput` with everything that is wrong with the file."""
    root = project_root(root)
    document, problems = read_yaml(root / FILE, FILE), Problems()
    origins = {path: Origin(FILE, line, ".".join(path)) for path, line in document.lines.items()}
    try:
        found = SurveyDesigns.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(schema_problems(error, SurveyDesigns, origins, FILE)) from None
    regions = [choice.name for choice in read_design_space(root).eligibility["provinces"]]
    sources = sorted(set(read("sources", root)["source_id"]))
    asked = [
        ("indicators", part, INDICATORS, "No survey asks this.")
        for one in found.indicators
        for part in one.split("+")
    ]
    why = "data/design_space.yaml has no such choice of provinces."
    asked += [("provinces", one, regions, why) for one in found.provinces]
    asked += [(f"cost.{name}.source", getattr(found.cost, name).source, sources, "No entry of the registry has this id.")
              for name in Cost.model_fields]  # fmt: skip
    for key, name, known, why in asked:
        if name not in known:
            near = nearest(name, known)
            fix = f"Did you mean `{near}`?" if near else "Correct it, or leave it out."
            problems.add(FILE, key, name, why, fix)
    problems.raise_if_any()
    return found
