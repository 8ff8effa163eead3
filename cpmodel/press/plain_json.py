"""The brief as JSON: the whole typed content, from which any other format can be printed again.

Its schema is `cpmodel/content/brief.schema.json`; a test keeps the two together.
"""

from __future__ import annotations

import json

from cpmodel.content import BriefContent


def render(content: BriefContent) -> bytes:
    """Return the content as UTF-8 JSON, keys in the order of the model; the same content gives the same bytes."""
    data = content.model_dump(mode="json", exclude={"reads", "stamp"})
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def schema() -> str:
    """Return the JSON Schema of a brief."""
    return json.dumps(BriefContent.model_json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
