"""What is said to whoever works with the printing house: whatever the code says in English, Vietnamese users read."""

import ast
import re
import string
from pathlib import Path

import pytest

from cpmodel.cli import main
from cpmodel.cli.application import spoken
from cpmodel.inputs.messages import FILE, catalogue, in_language
from cpmodel.inputs.yaml_text import read_yaml

PACKAGE = Path(__file__).resolve().parents[1] / "cpmodel"
CLI = ("batch", "printed", "schedule", "verify")
SPEAKERS = [*(PACKAGE / "press").glob("*.py"), *(PACKAGE / "cli" / f"{name}.py" for name in CLI)]
ERRORS = {
    "Problem": 2,
    "add": 2,
    "RunFailed": 1,
    "CheckFailed": 1,
    "NotebookFailed": 2,
    "_failed": 1,
    "say": 2,
}


def said_in(path):
    """The texts that a module says: what follows why, fix and text, and what errors and `say` are given."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] * len(targets)
            told = zip(targets, values, strict=False)
            yield from (v for t, v in told if isinstance(t, ast.Name) and t.id in ("why", "fix", "text"))
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ERRORS:
                last = node.args[-2:] if ERRORS[name] == 2 and name in ("Problem", "add") else node.args
                yield from last


def texts(node):
    """The texts that an expression can give, with `8` for what varies."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(p.value if isinstance(p, ast.Constant) else "8" for p in node.values)]
    return []


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: path.stem)
def test_every_sentence_of_the_printing_house_has_its_vietnamese(path):
    told = [text for node in said_in(path) for text in texts(node)]
    sentences = [t for t in told if re.search(r"[a-z] [a-z]", t)]
    assert [t for t in sentences if in_language(t.split("\n")[0], "vi") == t.split("\n")[0]] == []


def test_both_languages_have_the_same_places():
    for english, vietnamese in read_yaml(FILE, FILE.name).data.items():
        places = [sorted(n for _, n, *_ in string.Formatter().parse(t) if n) for t in (english, vietnamese)]
        assert places[0] == places[1] and english.strip() == english, english
    assert len(catalogue()) > 80


def test_an_error_is_told_in_the_language_asked_for_line_by_line(capsys, tmp_path):
    file = tmp_path / "calibrated.yaml"
    text = "title: {vi: x, en: x}\ncalibration: nowhere\nbriefs: {national: {scenario: as_decided}}"
    file.write_text(text, "utf-8")
    slips = tmp_path / "slips.yaml"
    slips.write_text(text.replace("calibration: nowhere", "limits: {seconds: long}"), "utf-8")
    for arguments, words in (
        (["batch", "plan", "monthlyy", "--language", "vi"], "Không dùng được scenarios/batches; có 1 điểm cần sửa:\n"
         "  batch: monthlyy\n    Không có đợt in nào tên như vậy.\n    → Có phải ý là `monthly`?\n"),
        (["batch", "plan", str(file), "--language", "vi"], "Không có thư mục này."),
        (["batch", "plan", str(slips), "--language", "vi"], "    Ở đây cần một số nguyên. Số giây tối đa cho mỗi"),
        (["batch", "plan", "monthlyy"], "There is no batch of this name."),
        (["batch", "plan", "monthly", "--only", "provinc", "--language=vi"], "Có phải ý là `province`?"),
    ):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2 and words in capsys.readouterr().err


def test_a_vietnamese_sentence_parts_thousands_as_vietnamese_does_and_quotes_a_file_as_it_is():
    said = "  draws: 2,000,000\n    It must be at most 1,000,000.\n    → Write a number that is at least 0.5."
    found, limit, least = in_language(said, "vi").split("\n")
    assert found == "  draws: 2,000,000" and " 1.000.000 " in limit and " 0.5 " in least


def test_what_is_not_known_stays_as_it_is_and_places_are_translated_too():
    assert in_language("KeyError: 'x'\n  a b", "vi") == "KeyError: 'x'\n  a b"
    assert in_language("monthly: 3 briefs in all, 1 thread of this machine", "vi") == (
        "monthly: tất cả 3 ấn phẩm, 1 luồng của máy này"
    )
    assert spoken(["brief", "national", "--language", "vi,en"]) == "en" == spoken(["--language"])
