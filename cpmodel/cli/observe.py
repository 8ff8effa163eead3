"""`cpmodel observe`: the yearly forms out and back, and new observations appended to the data, never over old ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cpmodel.cli.application import LANGUAGES, app, say
from cpmodel.cli.printing import table, wrapped
from cpmodel.errors import BadInput, Problem, in_number

observe_app = typer.Typer(
    no_args_is_help=True, help="New observations: yearly forms out and back, rows checked and appended."
)
app.add_typer(observe_app, name="observe")


@observe_app.command()
def add(
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns of a table of data/programme, without record_id.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Append; without it nothing is written.")] = False,
) -> None:
    """Check a file of new observations and, with --yes, append its rows with record ids of their own."""
    from cpmodel.inputs.datasets import datasets
    from cpmodel.inputs.observing import append, prepared, refuse_missing
    from cpmodel.inputs.project import project_root

    refuse_missing(file)
    root = project_root()
    found = prepared(file, root)
    forms = datasets()
    for name, rows in found.rows.items():
        typer.echo(in_number(f"data/{forms[name].file}: {len(rows)} new rows"))
        typer.echo(
            table(["record", "what", "year", "place", "value", "unit", "scored?"], _lines(name, rows, root))
        )
    for source in found.sources.itertuples():
        typer.echo(f"data/sources.csv: {source.source_id} · {source.title} · {source.publisher}")
    for remark in found.remarks:
        typer.echo(wrapped(f"Note, {remark}"))
    if not yes:
        say("Nothing was written. Say the same with --yes to append.")
        return
    for path in append(found, root):
        typer.echo(f"appended: {path.relative_to(root)}")
    say("Now change data/edition.yaml, name the rows in CHANGELOG.md, and run `cpmodel check`.")


def _lines(name: str, rows, root: Path) -> list[list[str]]:
    """Return a line a row, with whether calibration would score it and why not."""
    from cpmodel.calibration.calibrating import told_apart
    from cpmodel.calibration.observations import subject_of, why_not
    from cpmodel.inputs.datasets import read

    flags, apart = read("flags", root).set_index("flag"), told_apart("full")
    lines = []
    for row in rows.to_dict("records"):
        what = row.get("indicator") or row.get("activity") or row.get("budget_item")
        place = (
            row["geography"]
            if len(row["geography"]) < 24
            else f"{row['province_code'].count(';') + 1} provinces"
        )
        subject = subject_of(name, row)
        coarse, fine = (why_not(row, subject, flags, 9999, 2009.0, regions) for regions in ((), apart))
        lines.append(
            [
                row["record_id"],
                str(what),
                str(row["year"]),
                place,
                f"{row['value']:,.6g}",
                row["unit"],
                (fine or "at full resolution") if coarse else "yes",
            ]
        )
    return lines


@observe_app.command()
def form(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File to write; .xlsx and .csv lie side by side.")
    ],
    language: Annotated[str, typer.Option(help="vi or en")] = "vi",
    year: Annotated[int | None, typer.Option(help="Year asked about, filled in.")] = None,
    respondent: Annotated[
        str,
        typer.Option(
            help="Province or ministry, filled in; `all`: one form for each, and from 2025 on for the 34 units."
        ),
    ] = "",
) -> None:
    """Write the yearly form that ministries and provinces fill in under clauses V.1 and V.3."""
    from cpmodel.inputs.annual_form import annual_form, write_form
    from cpmodel.inputs.places import places_in
    from cpmodel.inputs.project import project_root

    if language not in LANGUAGES:
        why = "The form exists in two languages."
        raise BadInput(Problem("command line", "--language", language, why, "Write vi or en."))
    folder = output if respondent == "all" else output.parent
    if respondent == "all":
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.is_dir():
        raise BadInput(
            Problem("command line", "--output", str(output), "There is no such folder.", "Make it first.")
        )
    told = {"year": str(year)} if year else {}
    if respondent != "all":
        written = write_form(output, language, told | {"respondent": respondent})
        typer.echo("\n".join(map(str, written)))
        return
    names = {code: vi for code, (vi, _) in places_in(project_root() / "data", year).names.items()}
    names |= {code: both["vi"] for code, both in annual_form()["ministries"].items()}
    for code, name in names.items():
        write_form(folder / f"{code}.xlsx", language, told | {"respondent": name})
    typer.echo(f"{folder}: {len(names)} forms, each as .xlsx and .csv")


@observe_app.command()
def collect(
    folder: Annotated[Path, typer.Argument(help="Folder of forms that came back, .xlsx or .csv.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the tables that `observe add` reads.")
    ],
    year: Annotated[
        int | None, typer.Option(help="Year asked about; default: the one that the forms name.")
    ] = None,
) -> None:
    """Check forms that came back, problems told in Vietnamese, and put them together; missing stays missing."""
    from cpmodel.inputs.annual_returns import SUFFIXES, read_returns
    from cpmodel.inputs.annual_totals import totals
    from cpmodel.inputs.places import places_in
    from cpmodel.inputs.project import project_root

    files = [
        p for p in folder.glob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith((".", "~"))
    ]
    if not files:
        fix = "Tạo phiếu bằng `cpmodel observe form`, rồi đặt các phiếu đã điền vào thư mục này."
        raise BadInput(
            Problem(str(folder), "thư mục", "không có phiếu", "Cần ít nhất một tệp .xlsx hoặc .csv.", fix)
        )
    data = project_root() / "data"
    returns = read_returns(files, data, year)
    places, found = places_in(data, returns[0].year), totals(returns, data)
    output.mkdir(parents=True, exist_ok=True)
    every = len(places.names)
    sent = every - len(found.missing)
    ministries = len(returns) - sent
    typer.echo(
        f"{len(returns)} phiếu hợp lệ của năm {returns[0].year}: {sent}/{every} tỉnh, thành phố, {ministries} bộ, ngành."
    )
    for name, rows in found.tables.items():
        target = output / f"{name}_{returns[0].year}.csv"
        stage = target.with_name(f".{target.name}.part")
        rows.to_csv(stage, index=False, lineterminator="\n")
        stage.replace(target)
        typer.echo(f"{target} ({len(rows)})")
    if found.missing:
        names = ", ".join(places.names[code][0] for code in found.missing)
        typer.echo(wrapped(f"Chưa có phiếu, để trống, không ước tính thay: {names}."))
    for one in returns:
        blank = [code for code, value in one.answers.items() if value is None]
        if blank:
            typer.echo(wrapped(f"{one.name_vi}: để trống {', '.join(blank)}."))
    say("Next: `cpmodel observe add` on each table.")
