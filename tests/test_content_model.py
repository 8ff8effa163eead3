"""The typed content of a brief: it survives storage, and it lets no hidden character through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cpmodel.content import (
    BriefContent,
    Key,
    Manifest,
    Message,
    Messages,
    Number,
    Section,
    Text,
    numbers_in,
    plain,
)

KEY = Key(scenario="as_decided", outcome="awareness", year=2020)


def content(text: str = "Khoảng ", **changes) -> BriefContent:
    runs = (Text(text=text), Number(value=0.64, text="64 %", scale=100, keys=(KEY,)))
    fields = dict(
        brief="national", language="vi", scenario="as_decided", kicker="Bản tóm lược", title=runs,
        edition="2026-11-09", edition_text="Số liệu", manifest=Manifest(
            run_id="r", scenario="as_decided", cpmodel_version="0.1.0", run={"seed": 1}),
        sections=(Section(id="summary", title="Thông điệp",
                          blocks=(Messages(items=(Message(headline=runs),)),)),),
    )  # fmt: skip
    return BriefContent(**(fields | changes))


def test_content_survives_storage_as_json():
    assert BriefContent.model_validate_json(content().model_dump_json()) == content()


def test_every_number_is_found_in_reading_order():
    assert [n.text for n in numbers_in(content())] == ["64 %", "64 %"]
    assert plain(content().title) == "Khoảng 64 %"


@given(st.text())
def test_any_text_is_kept_in_nfc_without_control_or_direction_characters(text):
    kept = Text(text=text).text
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(c in kept for c in "\u202e\u2066\u200f\x00\x1b")
    assert Text(text=kept).text == kept


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError):
        Text(text="a", colour="red")


def test_a_range_of_figures_in_running_text_is_held_together():
    text = Text(text="tiết kiệm 8–13% trong 2016–2020 – không phải 5 – 8")
    assert text.text == "tiết kiệm 8\u2060–\u206013% trong 2016\u2060–\u20602020 – không phải 5 – 8"
    assert Text(text=text.text) == text
