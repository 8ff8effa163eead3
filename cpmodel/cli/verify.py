"""`cpmodel verify`: is this file what was printed, are its numbers those of its run, and do they still stand?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cpmodel.cli.application import AsJson, Language, app, require_language, resolved, saved_run, say
from cpmodel.cli.origins import FOLDERS, folder_of, hashes_of, newest_of, reader_of, reports, with_hashes
from cpmodel.errors import BadInput, CheckFailed, CpmodelError, Problem
from cpmodel.press.phrases import Said, said

if TYPE_CHECKING:
    from cpmodel.briefs.recheck import Wrong
    from cpmodel.press.stamps import Stamp

TOLD = 8  # numbers spelled out before the rest is only counted


@dataclass(frozen=True)
class Check:
    """One question put to a file: `good`, `bad`, or `open` where nothing here can answer it."""

    name: str
    verdict: str
    text: Said
    details: tuple[Said | Wrong, ...] = ()

    def in_(self, language: str) -> dict[str, Any]:
        """Return the check as plain data in one language."""
        details = [detail.in_(language) for detail in self.details]
        return {
            "name": self.name,
            "verdict": self.verdict,
            "text": self.text.in_(language),
            "details": details,
        }


@app.command()
def verify(
    files: Annotated[
        list[Path], typer.Argument(help="Printed briefs: HTML, PDF, DOCX, XLSX or JSON, from anywhere.")
    ],
    public_key: Annotated[
        Path | None,
        typer.Option(help="Public key (PEM) of who should have signed; without it any signature is named."),
    ] = None,
    rerun: Annotated[
        bool, typer.Option(help="Run the scenario again where the run of the brief is not here.")
    ] = True,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Hash a brief again, work its numbers out again, and say whether every one still stands; exit 3 when not."""
    require_language(language)
    found = {}
    for file in files:
        stamp, checks = _checked(file, public_key, rerun, language)
        found[str(file)] = [check.in_(language) for check in checks]
        if not as_json:
            typer.echo(_text(file, stamp, found[str(file)], language))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    bad = [name for name, checks in found.items() if any(check["verdict"] == "bad" for check in checks)]
    if bad:
        raise CheckFailed(f"{len(bad)} of {len(found)} files do not stand: {', '.join(bad)}")


def _checked(file: Path, public_key: Path | None, rerun: bool, language: str) -> tuple[Stamp, list[Check]]:
    from pydantic import ValidationError

    from cpmodel.press import seals, stamps

    try:
        data = file.read_bytes()
    except OSError as error:
        fix = "Check the name and the permissions."
        raise BadInput(Problem(str(file), "file", error.strerror, "The file cannot be read.", fix)) from None
    opened = seals.unseal(data)
    try:
        stamp = stamps.Stamp.model_validate(opened.manifest)
    except ValidationError:
        why = "The file holds no manifest of this printing house, so nothing in it can be traced."
        fix = "Name a brief that `cpmodel brief` or `cpmodel batch` printed; a copy saved again elsewhere may have lost it."
        found = "none that can be read" if opened.manifest else f"none in this {opened.format} file"
        raise BadInput(Problem(str(file), "manifest", found, why, fix)) from None
    damage = seals.damage(opened, data)
    whole = said(damage) if damage else said("verify.as_printed", hash=stamp.body.sha256[:16])
    checks = [
        Check("file", "bad" if damage else "good", whole),
        _signature(opened.manifest, public_key),
        *_numbers(stamp, rerun, language),
    ]
    return stamp, checks


def _signature(manifest: Mapping[str, Any], public_key: Path | None) -> Check:
    from cpmodel.press import stamps

    wanted = stamps.public_key(public_key) if public_key else ""
    key, holds = stamps.signature_of(manifest)
    if not key:
        return Check("signature", "bad" if wanted else "open", said("verify.unsigned"))
    if not holds:
        return Check("signature", "bad", said("verify.broken"))
    if wanted and key != wanted:
        return Check("signature", "bad", said("verify.other_key", key=key))
    return Check("signature", "good", said("verify.given_key") if wanted else said("verify.key", key=key))


def _numbers(stamp: Stamp, rerun: bool, language: str) -> Iterator[Check]:
    """Check the numbers against what they were printed from, and against the newest of its kind."""
    own = {name: _own_run(stamp, name, rerun, language) for name in stamp.runs}
    searches = [folder_of(one) for one in stamp.searches]
    lacking = [said("verify.run_of", name=name) for name, folder in own.items() if folder is None]
    for search, folder in zip(stamp.searches, searches, strict=True):
        lacking += [said(f"verify.{search.kind}", name=search.id)] if folder is None else []
    for one in lacking:
        yield Check("its run", "open", said("verify.lacking", what=one))
    if not lacking:
        yield _held_against("its run", stamp, own, searches)
    newest = {name: _newest(stamp, name) for name in stamp.runs}
    found = [newest_of(one) for one in stamp.searches]
    if (newest, found) == (own, searches):
        yield Check("newest run", "good", said("verify.newest"))
    elif None not in newest.values() and None not in found:
        yield _held_against("newest run", stamp, newest, found)


def _held_against(
    name: str, stamp: Stamp, folders: Mapping[str, Path | None], searches: list[Path | None]
) -> Check:
    from cpmodel.briefs.recheck import wrong_number

    get = reader_of(stamp, [folder for folder in folders.values() if folder], searches)
    numbers = stamp.numbers
    wrong: list[Said | Wrong] = [w for one in numbers if (w := wrong_number(one, get, stamp.language))]
    drawn = sum(get(key) is None for keys in stamp.figures.values() for key in keys)
    wrong += [said("verify.drawn", count=drawn)] if drawn else []
    where = ", ".join(folder.name for folder in (*folders.values(), *searches) if folder)
    if not wrong:
        return Check(name, "good", said("verify.stand", count=len(numbers), where=where))
    good = len(numbers) - len(wrong)
    text = said("verify.some_stand", good=good, count=len(numbers), where=where)
    return Check(name, "bad", text, tuple(wrong))


def _own_run(stamp: Stamp, scenario: str, rerun: bool, language: str) -> Path | None:
    """Return the run that a brief names, if its fingerprints are those the brief tells; made again where it can be."""
    told, kind = stamp.runs[scenario], FOLDERS[stamp.folder_kind]
    same = with_hashes(kind, told.id, told.hashes) or with_hashes(
        kind, f"????-??-??_{scenario}_????????", told.hashes
    )
    if same or not rerun:
        return same
    say(f"The run of {scenario} is not here; running it again.", language)
    try:
        made = _made(stamp, scenario, language)
    except CpmodelError as error:
        say(str(error), language)
        return None
    return made if hashes_of(made) == told.hashes else None


def _newest(stamp: Stamp, scenario: str) -> Path | None:
    """Return the newest run of a scenario here, or None."""
    from cpmodel.results.saved import latest_run

    try:
        return latest_run(scenario, reports() / FOLDERS[stamp.folder_kind])
    except BadInput:
        return None


def _made(stamp: Stamp, scenario: str, language: str) -> Path:
    """Run a scenario as a brief tells that it was run: draws, resolution, and the calibration its draws are from."""
    from cpmodel.cli.briefs import saved_note

    told = stamp.calibration
    calibration = str(reports() / "calibrations" / told["folder"]) if isinstance(told, dict) else None
    if stamp.folder_kind == "note":
        return saved_note(resolved(scenario, stamp.draws, stamp.resolution), calibration, language)
    return saved_run(scenario, None, stamp.draws, stamp.resolution, calibration, language=language)


def _text(file: Path, stamp: Stamp, checks: list[dict[str, Any]], language: str) -> str:
    marks = {"good": "✓", "bad": "✗", "open": "·"}
    about = {"kind": stamp.kind, "brief": stamp.brief, "language": stamp.language, "edition": stamp.edition}
    lines = [said("verify.head", file=file, **about).in_(language)]
    names = [said(f"verify.{check['name']}").in_(language) for check in checks]
    wide = max(map(len, names))
    for name, check in zip(names, checks, strict=True):
        lines.append(f"  {marks[check['verdict']]} {name:{wide}} {check['text']}")
        lines += [f"      {text}" for text in check["details"][:TOLD]]
        more = len(check["details"]) - TOLD
        lines += [f"      {said('verify.more', count=more).in_(language)}"] if more > 0 else []
    return "\n".join(lines)
