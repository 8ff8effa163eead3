"""What an entry of a batch must say for its notebook; what it leaves open or says wrongly is told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

from cpmodel.errors import Problems
from cpmodel.inputs.reporting import MINISTRY, PRIME_MINISTER
from cpmodel.press.batch import Entry, Scalar
from cpmodel.press.cases import ALL, KNOWN, cases_of
from cpmodel.press.notebook import OWN, fits

# What a brief is about: never left to the example that stands in a notebook for whoever opens it by hand.
ABOUT = ("province", "sector", "project", "clause")
CHOICES = {"units": ("63", "34"), "clause": (PRIME_MINISTER, MINISTRY)}
NUMBERS = ("int", "float")
Takes = Mapping[str, str]  # parameter of a notebook → its type


def refuse_strange(kind: str, entry: Entry, takes: Takes, file: str, problems: Problems) -> None:
    """Add a problem for what the notebook does not take, or not so, and for what is named twice or not at all."""
    for name in (*entry.each, *entry.parameters):
        own = name in OWN and (name != "scenario" or name in entry.parameters)
        if own or name not in takes:
            free = [one for one in takes if one not in OWN]
            why = "The batch fills this in itself." if name in OWN else "The notebook has no such parameter."
            fix = f"It takes {', '.join(free) or 'no further ones'}."
            problems.add(file, f"briefs.{kind}.{name}", name, why, fix)
        if name in entry.each and name in entry.parameters:
            why, fix = "It stands in `each` and in `parameters`.", "Leave it out of one of them."
            problems.add(file, f"briefs.{kind}.{name}", name, why, fix)
    for name in ("compare", "against"):
        if getattr(entry, name) and name not in takes:
            why, fix = "The notebook sets no scenario beside its own in this way.", f"Leave `{name}` out."
            problems.add(file, f"briefs.{kind}.{name}", getattr(entry, name), why, fix)
    if "against" in takes and not entry.against:
        why, fix = "The notebook tells a scenario against another.", "Name it, as in `against: as_decided`."
        problems.add(file, f"briefs.{kind}.against", "none", why, fix)
    if bool(entry.scenario) == ("scenario" in entry.each):
        why = "A brief is printed from one scenario, or from each of several."
        fix = "Say `scenario: NAME`, or `each: {scenario: [NAME, NAME]}`."
        problems.add(file, f"briefs.{kind}.scenario", entry.scenario or "none", why, fix)
    _refuse_silence(kind, entry, takes, file, problems)


def _refuse_silence(kind: str, entry: Entry, takes: Takes, file: str, problems: Problems) -> None:
    """Add a problem where an entry does not say what its briefs are about."""
    said = {*entry.each, *(name for name, value in entry.parameters.items() if value != "")}
    for name in ABOUT:
        if name in takes and name not in said:
            all_of_them = f"each: {{{name}: all}}"
            told = all_of_them if name in KNOWN else f"parameters: {{{name}: {CHOICES[name][0]}}}"
            why, fix = (
                "The entry does not say what its briefs are about.",
                f"Say `{told}`, or name what is wanted.",
            )
            problems.add(file, f"briefs.{kind}.{name}", "none", why, fix)
    if "respondent" in takes:
        clauses = {str(clause) for clause in _values(entry, "clause")}
        if MINISTRY in clauses and "respondent" not in said:
            why, fix = (
                f"A report under {MINISTRY} is some body's.",
                "Say `each: {respondent: all}`, or name some.",
            )
            problems.add(file, f"briefs.{kind}.respondent", "none", why, fix)
        if PRIME_MINISTER in clauses and "respondent" in said:
            why = f"Only the Ministry of Industry and Trade reports under {PRIME_MINISTER}."
            problems.add(file, f"briefs.{kind}.respondent", "given", why, "Leave it out.")


def _values(entry: Entry, name: str) -> tuple[Scalar, ...]:
    each = entry.each.get(name, ())
    one = (entry.parameters[name],) if name in entry.parameters else ()
    return one if each == ALL else (*each, *one)


def cases_asked(
    kind: str, entry: Entry, takes: Takes, root: Path, file: str, problems: Problems
) -> Iterator[tuple[tuple[str, ...], dict[str, Scalar]]]:
    """Yield every combination of cases of an entry, as text and as parameters; places stand in them as codes.

    A value that is not known, or of another type than the notebook takes, is a problem.
    """
    fixed = dict(entry.parameters)
    for name, value in entry.parameters.items():
        where = (file, f"briefs.{kind}.parameters.{name}")
        wanted = takes.get(name, "")
        if not fits(value, wanted):
            why, fix = f"The notebook takes {wanted} here.", _as_written(value, wanted)
            problems.add(*where, f"{value!r} ({type(value).__name__})", why, fix)
        elif name in KNOWN and value != "":
            fixed[name] = next(
                iter(cases_of(name, (str(value),), entry.parameters, root, where, problems)), value
            )
        else:
            _refuse_other(name, value, where, problems)
    cases = []
    for name, given in entry.each.items():
        where = (file, f"briefs.{kind}.each.{name}")
        cases.append(cases_of(name, given, entry.parameters, root, where, problems))
        for case in cases[-1]:
            _refuse_other(name, case, where, problems)
            if takes.get(name) in NUMBERS and not case.isdecimal():
                problems.add(*where, case, f"The notebook takes {takes[name]} here.", "Write a number.")
    for chosen in product(*cases):
        each = {
            name: _typed(case, takes.get(name, "")) for name, case in zip(entry.each, chosen, strict=True)
        }
        yield chosen, fixed | each


def _refuse_other(name: str, value: object, where: tuple[str, str], problems: Problems) -> None:
    choices = CHOICES.get(name)
    if choices and value not in choices:
        problems.add(*where, value, "There is no such case.", f"Use {' or '.join(choices)}.")


def _typed(case: str, kind: str) -> Scalar:
    return int(case) if kind in NUMBERS and case.isdecimal() else case


def _as_written(value: object, kind: str) -> str:
    """Return how a value is written in YAML so that it is of a type."""
    if kind == "str":
        return f'Write "{value}", in quotes.'
    return {"int": "Write a whole number.", "float": "Write a number.", "bool": "Write true or false."}[kind]
