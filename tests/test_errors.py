"""Sentences that count: one year, two years, in every message and phrase of the product."""

import re
from pathlib import Path

import pytest

from cpmodel.briefs.wording import filled
from cpmodel.content import Number, plain
from cpmodel.errors import COUNTED, BadInput, Problem, as_share, in_number
from cpmodel.inputs.remarks import remark
from cpmodel.inputs.yaml_text import read_yaml

PACKAGE = Path(__file__).resolve().parents[1] / "cpmodel"
NO_NOUNS = {"is", "has", "was", "stands", "reaches", "moves", "meets", "leaves", "gives", "says", "opens", "lies", "helps",
            "hangs", "exists", "comes", "changes", "adds", "this", "its", "as"}  # fmt: skip
AS_IT_IS = {"times", "runs", "awareness", "numbers"}  # `1.4 times`; also verbs, or never counted one


def _english(tree: object):
    if isinstance(tree, dict):
        if isinstance(tree.get("en"), str):
            yield tree["en"]
        for branch in tree.values():
            yield from _english(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _english(branch)


def test_every_noun_that_a_phrase_counts_has_a_singular():
    phrases = [
        text for file in PACKAGE.glob("*/*.yaml") for text in _english(read_yaml(file, file.name).data)
    ]
    counted = {noun for text in phrases for noun in re.findall(r"\{\w+(?::[^}]*)?\} ([a-z]+s)\b", text)}
    assert len(phrases) > 1000 and {"years", "establishments"} <= counted
    assert counted - NO_NOUNS - AS_IT_IS <= set(COUNTED)


@pytest.mark.parametrize(
    ("told", "reads"),
    [
        ("supported for 1 years", "supported for 1 year"),
        ("1 additional projects, 11 years, 2.1 years", "1 additional project, 11 years, 2.1 years"),
        ("component project 1 runs from 2010", "component project 1 runs from 2010"),
        ("0–1 years, H1 draws, 1.0 years, IV.1 targets", "0–1 years, H1 draws, 1.0 years, IV.1 targets"),
        ("lãi suất 1 năm", "lãi suất 1 năm"),
    ],
)
def test_a_noun_after_exactly_one_stands_in_the_singular(told, reads):
    assert in_number(told) == reads


def test_messages_remarks_and_runs_agree_in_number():
    problem = Problem("a.yaml", "grace", "3", "Grace must end before the tenor of 1 years.", "Shorten it.")
    assert "1 thing to put right" in str(BadInput(problem)) and "tenor of 1 year." in str(problem)
    assert "taken as 1 year," in remark("tenor_assumed", name="x", taken=1.0)
    one = Number(text="1", value=1.0, origin="here")
    assert plain(filled("grace {value} years", {"value": one})) == "grace 1 year"


@pytest.mark.parametrize(
    ("found", "fix"),
    [(12.0, "Write 12 % as 0.12."), (1.2, "Write 1.2 % as 0.012, or give at most 1, which is 100 %."),
     (150.0, "Give at most 1, which is 100 %.")],
)  # fmt: skip
def test_a_share_above_one_is_told_what_it_may_have_meant(found, fix):
    assert as_share(found) == fix
