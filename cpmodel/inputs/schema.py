"""The JSON Schema of scenario files, for editors; made from the frozen schema, so that the two cannot part.

A file may leave out whatever it inherits, write years as ranges, give a plain text for both languages, state
money in other units, and remove an inherited instrument by an empty value. The schema allows exactly that.
"""

from __future__ import annotations

import json
from pathlib import Path

from cpmodel.inputs.scenario import Scenario
from cpmodel.inputs.written import AMOUNT_UNITS

PUBLISHED = Path(__file__).with_name("scenario.schema.json")
YEAR_OR_RANGE = r"^\d{4}(\s*[-–]\s*\d{4})?$"
NEEDED_IN_A_FILE = {"Scenario": ["title"], "Bilingual": ["vi", "en"]}
WRITTEN_BY_RESOLVE = ("lineage",)


def file_schema() -> dict:
    """Return the JSON Schema (draft 2020-12) that a scenario file must meet."""
    schema = Scenario.model_json_schema()
    parts = schema["$defs"] | {"Scenario": schema}
    for name, part in parts.items():
        part["required"] = NEEDED_IN_A_FILE.get(name, [])
    keys = schema["properties"]
    keys["extends"] = {"type": "string", "description": "Name of the scenario over which this one is laid."}
    for name in WRITTEN_BY_RESOLVE:
        keys[name]["readOnly"] = True
    for owner, key in (("Scenario", "title"), ("Scenario", "question"), ("Budgets", "note")):
        parts[owner]["properties"][key] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Bilingual"}]}
    for owner in ("Budgets", "Volume"):
        parts[owner]["properties"]["unit"] = {"enum": list(AMOUNT_UNITS), "default": "bn VND/year"}
    _allow_ranges(parts["FundingSources"])
    _allow_removal(parts["Budgets"], ("awareness", "database", "technical_support", "network", "finance"))
    keys["credit"]["additionalProperties"] = {"anyOf": [{"$ref": "#/$defs/Instrument"}, {"type": "null"}]}
    places = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    parts["Only"]["properties"]["provinces"]["anyOf"][0]["items"] = places
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cpmodel scenario",
        "description": "A scenario asks a question and says only what differs.",
    }
    return head | {key: value for key, value in schema.items() if key not in head}


def _allow_ranges(part: dict) -> None:
    for source in part["properties"].values():
        source["propertyNames"] = {"pattern": YEAR_OR_RANGE}
        source["type"] = ["object", "null"]


def _allow_removal(part: dict, keys: tuple[str, ...]) -> None:
    for key in keys:
        part["properties"][key] = {"anyOf": [{"$ref": "#/$defs/FundingSources"}, {"type": "null"}]}


def schema_text() -> str:
    """Return the text of the published schema."""
    return json.dumps(file_schema(), indent=2, ensure_ascii=False) + "\n"


def publish(*paths: Path) -> None:
    """Write the schema beside this module and to every further path (`scenarios/scenario.schema.json`)."""
    for path in (PUBLISHED, *paths):
        Path(path).write_text(schema_text(), encoding="utf-8")
