"""The scenario, resolved: what differs between possible worlds, as one frozen object.

A scenario asks a question and says only what differs. `cpmodel.inputs.overlay.resolve` reads the file, lays
it over what it extends, and returns the `Scenario` defined here. Money is in bn VND/year at prices of
`budgets.price_year`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, ConfigDict, Field, field_validator

from cpmodel.axes import COMPONENT_PROJECTS, FUNDING_SOURCES, SIZES, VARIANTS
from cpmodel.inputs.fields import (
    BothLanguages,
    Flag,
    FrozenMap,
    Moment,
    Money,
    Multiplier,
    Name,
    Part,
    Quarter,
    Share,
    Text,
    WholeYear,
    YearAmounts,
    frozen,
    in_order,
)
from cpmodel.inputs.instrument_terms import Terms as CatalogueTerms
from cpmodel.inputs.yaml_text import write_yaml

SCHEMA_LINE = "# yaml-language-server: $schema=scenario.schema.json\n"


class Horizon(Part):
    """From `start` (decimal year) to the end of the year `end`; left out, the strategy gives them."""

    start: Moment
    end: WholeYear


class Population(Part):
    """Which establishments are counted, and whether they are born and die."""

    household_workshops: Flag = Field(
        False, description="Count household workshops too (another denominator)."
    )
    entry_exit: Literal["data", "none"] = Field(
        "data", description="Entry and exit rates: as in the data, or none."
    )


class FundingSources(Part):
    """Amounts by funding source and year, for one component project."""

    state: YearAmounts = Field(default_factory=FrozenMap)
    aid: YearAmounts = Field(default_factory=FrozenMap)
    enterprises: YearAmounts = Field(default_factory=FrozenMap)
    other: YearAmounts = Field(default_factory=FrozenMap)


class Budgets(Part):
    """Money by component project, funding source and year [bn VND/year at the price year], times `scale`."""

    unit: Literal["bn VND/year"] = "bn VND/year"
    price_year: WholeYear = Field(2010, description="Year at whose prices the amounts stand.")
    status: Literal["assumed", "provided", "approved", "none"] = Field(
        "none", description="Where the amounts come from; briefs show it."
    )
    source: Text = Field("", description="A source id of data/sources.csv, or words.")
    note: BothLanguages | None = Field(None, description="How the amounts were reasoned, in both languages.")
    scale: float = Field(
        1.0, strict=True, ge=0, le=1000, description="Multiplies every amount of the scenario."
    )
    awareness: FundingSources = FundingSources()
    database: FundingSources = FundingSources()
    technical_support: FundingSources = FundingSources()
    network: FundingSources = FundingSources()
    finance: FundingSources = FundingSources()

    def rows(self) -> list[tuple[str, str, int, float]]:
        """Return (component project, funding source, year, unscaled amount [bn VND/year]) in fixed order."""
        return [
            (project, source, year, amount)
            for project in COMPONENT_PROJECTS
            for source in FUNDING_SOURCES
            for year, amount in getattr(getattr(self, project), source).items()
        ]


class ActivityShares(Part):
    """How the money of component project 1 is used; the three sum to 1."""

    outreach: Share = Field(0.6, description="Share of the money for awareness spent on communication.")
    office_training: Share = Field(0.25, description="Share spent on training the provinces' offices.")
    provider_training: Share = Field(0.15, description="Share spent on training consultants.")


class Volume(Part):
    """The most that may be committed in a year."""

    value: Money
    unit: Literal["bn VND/year"] = "bn VND/year"


class Amount(Part):
    """A sum of money of the year it is paid or committed in."""

    value: Money
    unit: Literal["bn VND"] = "bn VND"


class CreditCap(Amount):
    """The most that all commitments may be worth to the state, in present value when credit opens."""

    when_reached: Literal["stop", "prorate"] = Field(
        "stop",
        description="stop: first come, first served, then closed for good; "
        "prorate: spread evenly over the time that credit is open.",
    )


class Only(Part):
    """Who may apply; a list left out means everyone."""

    sizes: Annotated[tuple[Literal[SIZES], ...], Field(min_length=1), AfterValidator(in_order)] | None = None
    sectors: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(in_order)] | None = None
    provinces: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(in_order)] | None = None


class Terms(CatalogueTerms):
    """Terms that replace those of the template, in the catalogue's words; 3.6 % is 0.036."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    @field_validator("reward_tiers", mode="before")
    @classmethod
    def _as_tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class Instrument(Part):
    """A financial instrument that the scenario opens, by template of the catalogue or by full terms."""

    template: str | None = Field(None, description="Dated entry of the catalogue, such as vepf_2015.")
    opens: Quarter = Field(description="Decimal year in which it opens, on a quarter (2012, 2012.25 …).")
    closes: Quarter | None = Field(
        None, description="Decimal year in which it closes; left out, it stays open."
    )
    volume: Volume | None = None
    when_full: Literal["prorate", "queue", "stop"] = Field(
        "prorate",
        description="Those whom the volume cannot serve: prorate, all get the same chance and the rest invest on "
        "market terms or not at all; queue, they wait and come first later; stop, first come, first served until the "
        "year's volume is used up, then market terms until 1 January.",
    )
    fund: Amount | None = Field(
        None, description="Capital of a revolving fund that lends; repayments are lent again."
    )
    only: Only = Only()
    terms: Terms = Terms()


class WindowsExtended(Part):
    """Last year of a component project, where the scenario lets it run on beyond the Decision's window."""

    awareness: WholeYear | None = None
    database: WholeYear | None = None
    technical_support: WholeYear | None = None
    network: WholeYear | None = None
    finance: WholeYear | None = None


class Toggles(Part):
    """Policy switches outside the budgets; all off unless the scenario says so."""

    voluntary_certificates: Flag = Field(False, description="Voluntary certificates make adopters visible.")
    integration_in_plans: Flag = Field(False, description="Cleaner production is written into sector plans.")
    unit_mandate: Flag = Field(
        False, description="Counterfactual: medium and large must have a dedicated unit."
    )
    windows_extended: WindowsExtended = WindowsExtended()


class Drivers(Part):
    """The world outside policy: a named path, and multipliers on real prices against that path."""

    path: Literal["observed", "low_growth", "high_growth"] = "observed"
    electricity_price: Multiplier = 1.0
    fuel_price: Multiplier = 1.0
    materials_price: Multiplier = 1.0
    water_price: Multiplier = 1.0
    equipment_price: Multiplier = 1.0


class Scenario(Part):
    """One resolved scenario; see `resolve` in `cpmodel.inputs.overlay`."""

    schema_version: Literal[1] = 1
    name: Name
    title: BothLanguages
    question: BothLanguages | None = None
    lineage: tuple[Name, ...] = Field(
        (), description="What it was laid over, nearest first; written by resolve."
    )
    strategy: str = Field(
        description="File stem in data/decisions, or `none` for a world without the Decision."
    )
    horizon: Horizon
    draws: int = Field(1000, strict=True, ge=2, le=1_000_000, description="Number of sampled worlds.")
    seed: int = Field(1419, strict=True, ge=0, le=2**32 - 1, description="Seed of the common random numbers.")
    resolution: Literal["full", "explorer"] = "full"
    variants: Annotated[tuple[Literal[VARIANTS], ...], Field(min_length=1), AfterValidator(in_order)] = (
        VARIANTS
    )
    population: Population = Population()
    budgets: Budgets = Budgets()
    activity_shares: ActivityShares = ActivityShares()
    credit: Annotated[dict[Name, Instrument], AfterValidator(frozen)] = Field(default_factory=FrozenMap)
    credit_cap: CreditCap | None = None
    toggles: Toggles = Toggles()
    drivers: Drivers = Drivers()

    def budget_table(self) -> pd.DataFrame:
        """Return the money as a tidy table, `scale` applied, one row for each amount stated.

        component_project, funding_source, year, budget_bn_vnd [bn VND/year], price_year
        """
        columns = ["component_project", "funding_source", "year", "budget_bn_vnd"]
        table = pd.DataFrame(self.budgets.rows(), columns=columns)
        table = table.astype({"year": "int64", "budget_bn_vnd": "float64"})
        table["budget_bn_vnd"] *= self.budgets.scale
        return table.assign(price_year=self.budgets.price_year)

    def budget_array(self, years: range | list[int]) -> np.ndarray:
        """Return the money [bn VND/year at the price year], shape (component project, funding source, year).

        The first axes are ordered as `COMPONENT_PROJECTS` and `FUNDING_SOURCES`; a year without money is 0.
        """
        column = {year: index for index, year in enumerate(years)}
        money = np.zeros((len(COMPONENT_PROJECTS), len(FUNDING_SOURCES), len(column)))
        for project, source, year, amount in self.budgets.rows():
            if year in column:
                place = COMPONENT_PROJECTS.index(project), FUNDING_SOURCES.index(source), column[year]
                money[place] = amount * self.budgets.scale
        return money

    def to_dict(self) -> dict:
        """Return plain mappings, lists, texts and numbers, without what is left at None or empty."""
        return _without_empty(self.model_dump(mode="json"))

    def to_yaml(self) -> str:
        """Return the text of `scenario.resolved.yaml`; read again, it gives an equal scenario."""
        return write_yaml(self.to_dict())

    def content_hash(self) -> str:
        """Return the SHA-256 of the content, in hexadecimal; the order of keys in the file plays no part."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [], "")}
    return value
