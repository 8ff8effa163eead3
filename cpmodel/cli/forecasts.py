"""Commands that keep score: how good the forecasts are, on public adoption series and on the programme's figures."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cpmodel.cli.application import AsJson, app, progress, say
from cpmodel.cli.printing import table, wrapped
from cpmodel.errors import BadInput, Problem

Quick = Annotated[
    bool,
    typer.Option("--quick", help="Every fourth origin, a quarter of the draws: seconds, rougher scores."),
]
Series = Annotated[
    str | None, typer.Option(help="One public series, or a part of its name: scores by origin.")
]
Programme = Annotated[
    bool,
    typer.Option(
        "--programme/--no-programme", help="Also hold the programme's own figures against the model."
    ),
]


@app.command()
def hindcast(
    series: Series = None, quick: Quick = False, programme: Programme = True, as_json: AsJson = False
) -> None:
    """Score the adoption forecaster against its rivals on public series, and the model on the programme's figures.

    Scores are kept in reports/hindcast by content: an interrupted run goes on where it stopped.
    """
    from cpmodel.inputs.project import project_root
    from cpmodel.outlook.backtest import adoption_series
    from cpmodel.outlook.hindcast import FULL, QUICK
    from cpmodel.outlook.hindcast import hindcast as scored

    chosen = _chosen(adoption_series(), series)
    with progress("public adoption series") as tell:
        rows = scored(chosen, QUICK if quick else FULL, project_root() / "reports" / "hindcast", tell)
        record = None
        if programme and series is None:
            tell("the programme's figures: prior draws under H1 and H2")
            record = _record()
    if as_json:
        typer.echo(json.dumps(_as_json(rows, record, quick), indent=1, ensure_ascii=False))
        return
    if series is None:
        _tell_ranking(rows, quick)
        _tell_record(record)
    else:
        for name in chosen:
            _tell_series(name, rows[rows["series"] == name])


def _chosen(every: dict, wanted: str | None) -> dict:
    """Return the series whose names hold what is wanted; all without a wish."""
    from cpmodel.errors import nearest

    found = {
        name: one for name, one in every.items() if wanted is None or wanted.casefold() in name.casefold()
    }
    if not found:
        near = nearest(wanted, every)
        fix = f"Did you mean `{near}`?" if near else "Name one of: " + "; ".join(every) + "."
        raise BadInput(Problem("command line", "--series", wanted, "No series has this in its name.", fix))
    return found


def _record():
    from cpmodel.analysis.programme_record import programme_record
    from cpmodel.inputs.overlay import resolve

    return programme_record(resolve("as_decided"))


def _as_json(rows, record, quick: bool) -> dict:
    from cpmodel.outlook.backtest import by_series, ranking
    from cpmodel.outlook.hindcast import pit_shares

    found = {
        "quick": quick,
        "forecasts": int(len(rows) / rows["forecaster"].nunique()),
        "ranking": _records(ranking(rows).rename_axis("forecaster").reset_index()),
        "series": _records(by_series(rows).reset_index()),
        "pit_shares": pit_shares(rows).tolist(),
    }
    if record is not None:
        found["programme"] = {
            "scoreable": record.scoreable,
            "independent_figures": record.independent,
            "status": "prior predictive",
            "figures": _records(record.figures),
            "synthetic_truths": _records(record.synthetic),
            "excluded": [vars(row) for row in record.excluded],
        }
    return found


def _records(frame) -> list[dict]:
    return json.loads(frame.to_json(orient="records", force_ascii=False))


def _tell_ranking(rows, quick: bool) -> None:
    from cpmodel.outlook.backtest import OURS, by_series, ranking
    from cpmodel.outlook.hindcast import pit_shares

    mine = rows[rows["forecaster"] == OURS]
    typer.echo(
        f"Public adoption series: {mine['series'].nunique()}, {mine.groupby('series')['origin'].nunique().sum()} "
        f"origins, {len(mine)} forecasts each, 1 to {mine['ahead'].max()} years ahead"
    )
    if quick:
        say("A quick look: too few origins for a ranking; without --quick all of them are scored.")
    head = [
        "forecaster",
        "CRPS",
        "90% interval",
        "behind cpmodel by",
        "log score",
        "Brier",
        "in 50%",
        "in 80%",
        "in 95%",
    ]
    lines = []
    for who, r in ranking(rows).iterrows():
        behind = "" if who == OURS else f"{r.lead_low:.2f} to {r.lead_high:.2f}"
        held = [f"{100 * r[f'within_{band}']:.0f}%" for band in (50, 80, 95)]
        lines.append(
            [
                str(who),
                f"{r.crps:.2f}",
                f"{r.low:.2f} to {r.high:.2f}",
                behind,
                f"{r.log:.2f}",
                f"{r.brier:.3f}",
                *held,
            ]
        )
    typer.echo(table(head, lines))
    shares = " · ".join(f"{100 * share:.0f}%" for share in pit_shares(rows))
    for text in (
        "CRPS in mean yearly steps of what was seen, averaged within a series, then over series; less is better. "
        "Intervals resample whole series. Log score in nats. Brier: grew faster than its mean step so far.",
        f"PIT of cpmodel in five equal bins, 20% each if calibrated: {shares}.",
    ):
        typer.echo(wrapped(text))
    best = by_series(rows).idxmin(axis=1)
    typer.echo(wrapped("Best on: " + "; ".join(f"{name} ({who})" for name, who in best.items()) + "."))


def _tell_series(name: str, rows) -> None:
    """Print one series: scores with intervals of resampled origins, then ours origin by origin."""
    from cpmodel.outlook.backtest import OURS, interval_within

    typer.echo(
        f"{name}: {rows['origin'].nunique()} origins, {rows[rows['forecaster'] == OURS].shape[0]} forecasts"
    )
    lines = []
    for who, mine in sorted(rows.groupby("forecaster"), key=lambda pair: pair[1]["crps"].mean()):
        low, high = interval_within(mine)
        held = [f"{100 * mine[f'within_{band}'].mean():.0f}%" for band in (50, 80, 95)]
        lines.append([str(who), f"{mine['crps'].mean():.2f}", f"{low:.2f} to {high:.2f}", f"{mine['log'].mean():.2f}",
                      f"{mine['brier'].mean():.3f}", *held])  # fmt: skip
    head = ["forecaster", "CRPS", "90% interval", "log score", "Brier", "in 50%", "in 80%", "in 95%"]
    typer.echo(table(head, lines))
    typer.echo(wrapped("Intervals resample origins in blocks of neighbours, for they overlap."))
    ours = rows[rows["forecaster"] == OURS]
    grid = ours.pivot(index="origin", columns="ahead", values="crps")
    cells = [
        [str(origin), *("" if v != v else f"{v:.2f}" for v in row)]
        for origin, row in zip(grid.index, grid.to_numpy(), strict=True)
    ]
    typer.echo(table(["CRPS of cpmodel from", *(f"{h} y" for h in grid.columns)], cells))


def _tell_record(record) -> None:
    """Print the programme's figures with their odds, what keeps them from being a score, and synthetic truths."""
    if record is None:
        return
    typer.echo(
        "\nThe programme's own figures against the model before any fit (prior predictive, H1 and H2 pooled)"
    )
    lines = [_figure_line(row) for row in record.figures.itertuples()]
    typer.echo(table(["figure", "year", "reported", "10%", "50%", "90%", "PIT", "log score", "row"], lines))
    for row in record.figures.itertuples():
        if row.kind == "at_least":
            typer.echo(
                wrapped(f"{row.outcome}: the figure is a lower bound; {_odds(row.odds)} of draws reach it.")
            )
    centred = sorted(set(record.figures["in_view_of"]) - {""})
    if not record.scoreable:
        words = (
            f"Not scoreable: a score would need 5 figures that no prior was set in view of, there is "
            f"{record.independent}. The others were at hand when {', '.join(centred)} were judged. "
            f"{len(record.excluded)} rows of data/programme are not held against the model; --json says why."
        )
        typer.echo(wrapped(words))
    typer.echo("\nSynthetic truths: what the scoring would say of a survey of 1,000 were the model right")
    lines = [_synthetic_line(row) for row in record.synthetic.itertuples()]
    head = ["reported share", "year", "10%", "50%", "90%", "CRPS, points", "in 50%", "in 80%", "in 95%"]
    typer.echo(table(head, lines))
    typer.echo(
        wrapped(
            f"Each of {record.synthetic['truths'].max()} draws in turn is the truth, forecast by the others."
        )
    )


def _figure_line(row) -> list[str]:
    values = (row.observed, row.p10, row.p50, row.p90)
    figures = [f"{v:.3g}" if v < 1000 else f"{v:,.0f}" for v in values]
    names = row.rows.split(", ")
    shown = names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    pit = "" if row.pit != row.pit else f"{row.pit:.2f}"
    return [row.outcome, str(row.year), *figures, pit, f"{row.log:.2f}", shown]


def _synthetic_line(row) -> list[str]:
    shares = [f"{100 * v:.0f}%" for v in (row.p10, row.p50, row.p90)]
    held = [f"{100 * v:.0f}%" for v in (row.within_50, row.within_80, row.within_95)]
    return [row.outcome, str(row.year), *shares, f"{100 * row.crps:.1f}", *held]


def _odds(share: float) -> str:
    """Return a share of draws in words that never claim certainty."""
    if share < 0.01:
        return "<1%"
    return ">99%" if share > 0.99 else f"{100 * share:.0f}%"
