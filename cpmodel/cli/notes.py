"""The fiscal note of `cpmodel finance` as text, as plain data and as a folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cpmodel.axes import SIZES
from cpmodel.cli.printing import Words, table, wrapped
from cpmodel.inputs.datasets import read

if TYPE_CHECKING:
    from cpmodel.analysis.fiscal_note import FiscalNote

TOTALS = ("fiscal_npv", "fiscal_npv_at_5_percent", "cash_sum", "largest_outlay", "subsidy_equivalent", "lent",
          "invested", "projects", "additional", "extra_adopters")  # fmt: skip
BOTH = "both"
DONG = 9  # decimals of a billion: what is less than a đồng is nothing
TOLD_PROVINCES = 5  # with most of the gain; the files of the note hold them all
CLEARLY_MORE = 1.1  # H1 over H2; below, the sentence says that they hardly differ


def note_text(note: FiscalNote, language: str) -> str:
    """Return the whole note in words and tables."""
    w = Words(language)
    parts = [_head(note, w), _totals(note, w), _cash(note, w), _contingent(note, w), _leverage(note, w),
             _additionality(note, w), _unit_costs(note, w), _frictions(note, w), _incidence(note, w),
             _appropriations(note, w), *_remarks(note, w), wrapped(w("note.preparation"), "")]  # fmt: skip
    return "\n\n".join(parts)


def _head(note: FiscalNote, w: Words) -> str:
    title = getattr(note.scenario.title, w.language)
    draws = w.number(note.scenario.draws, 0)
    drawn = w(
        "note.drawn_prior" if note.calibration == "prior" else "note.drawn_calibration", name=note.calibration
    )
    which = "note.against_market" if note.against is None else "note.against_other"
    against = w(which, other=note.against, draws=draws, drawn=drawn)
    return "\n".join([w("note.title", title=title), wrapped(w("note.opened", names=", ".join(note.instruments)), ""),
                      wrapped(against, "")])  # fmt: skip


def _remarks(note: FiscalNote, w: Words) -> list[str]:
    if not note.remarks:
        return []
    lines = [wrapped(f"· {one.in_language(w.language)}") for one in note.remarks]
    return ["\n".join([w("note.remarks"), *lines])]


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of both variants pooled, or of the only one."""
    return frame[frame["variant"] == (BOTH if BOTH in set(frame["variant"]) else frame["variant"].iloc[0])]


def _variant(name: str, w: Words) -> str:
    return w("note.both") if name == BOTH else w(f"appraise.{name}")


def _totals(note: FiscalNote, w: Words) -> str:
    found = note.totals.set_index(["figure", "variant"])
    variants = list(dict.fromkeys(note.totals["variant"]))
    rows = []
    for name in TOTALS:
        unit = found.loc[(name, variants[0]), "unit"]
        show = w.money if unit == "bn VND" else lambda value: w.number(value, 1)
        cells = [
            f"{show(row.central)} ({show(row.low)}…{show(row.high)})"
            for row in (found.loc[(name, variant)] for variant in variants)
        ]
        rows.append(
            [w(f"total_of.{name}"), w.unit(unit) if unit == "bn VND" else w(f"unit_of.{unit}"), *cells]
        )
    head = [w("number"), w("unit_head"), *(_variant(name, w) for name in variants)]
    return f"{w('note.totals', rate=w.percent(note.rate, 0), base=note.base)}\n{table(head, rows, 2)}"


def _cash(note: FiscalNote, w: Words) -> str:
    band = _first(note.cash).set_index("year").round({name: DONG for name in ("low", "central", "high")})
    kinds = _first(note.cash_by_kind).pivot(index="year", columns="kind", values="mean")
    kinds = kinds[[kind for kind in dict.fromkeys(note.cash_by_kind["kind"])]].round(DONG)
    moved = [
        year
        for year in band.index
        if abs(band.loc[year, ["low", "high"]]).max() + abs(kinds.loc[year]).max() > 0
    ]
    rows = [
        [str(year), *(w.money(band.loc[year, q]) for q in ("low", "central", "high")),
         *(w.money(value) for value in kinds.loc[year])]
        for year in moved
    ]  # fmt: skip
    head = [
        w("year"),
        w("note.low"),
        w("note.central"),
        w("note.high"),
        *(w(f"cash_of.{kind}") for kind in kinds),
    ]
    return f"{w('note.cash')}\n{table(head, rows)}"


def _contingent(note: FiscalNote, w: Words) -> str:
    found = _first(note.contingent)
    found = found[(found["mean"] > 0) | (found["expected_loss"] > 0)]
    if found.empty:
        return w("note.no_contingent")
    columns = ("mean", "high", "expected_loss", "p95", "p99")
    rows = [[str(row.year), *(w.money(getattr(row, name)) for name in columns)] for row in found.itertuples()]
    head = [w("year"), w("note.stock"), w("note.stock_high"), w("note.expected"), "P95", "P99"]
    all_years = _first(note.totals[note.totals["figure"] == "claims_npv"]).iloc[0]
    told = w("note.claims_npv", **{name: w.money(all_years[name]) for name in ("mean", "p95", "p99")})
    return f"{w('note.contingent')}\n{table(head, rows)}\n{wrapped(told)}"


def _leverage(note: FiscalNote, w: Words) -> str:
    rows = [
        [_variant(row.variant, w), w("note.with_guarantees" if row.guarantees_counted else "note.cash_only"),
         w.figure(row.cofinance_per_face, "ratio"), w.figure(row.investment_per_face, "ratio"),
         w.figure(row.investment_per_subsidy, "ratio")]
        for row in note.leverage.itertuples()
    ]  # fmt: skip
    head = ["", "", w("note.cofinance"), w("note.per_face"), w("note.per_subsidy")]
    return f"{w('note.leverage')}\n{table(head, rows, 2)}"


def _additionality(note: FiscalNote, w: Words) -> str:
    from cpmodel.analysis.unit_costs import TOLD

    rows = [
        [_variant(row.variant, w), w.number(row.projects, 1), w.number(row.additional, 1),
         w.figure(row.additional_share, "share"),
         w.figure(row.free_riders, "share"), w.figure(row.cost_per_additional, "bn VND")]
        for row in note.additionality.itertuples()
    ]  # fmt: skip
    keys = ("users", "added", "added_share", "riders", "per_added")
    parts = [w("note.additionality"), table(["", *(w(f"note.{key}") for key in keys)], rows)]
    parts.append(wrapped(w("note.mcf", factor=w.number(note.cost_of_funds, 2))))
    added = note.additionality.set_index("variant")["additional"]
    if added.max() < 0:
        parts.append(
            wrapped(w("note.holds_back", most=w.number(-added.min(), 1), least=w.number(-added.max(), 1)))
        )
    elif {"H1", "H2"} <= set(added.index):
        apart = added["H1"] > CLEARLY_MORE * added["H2"]
        words = {"h1": w.number(added["H1"], 1), "h2": w.number(added["H2"], 1)}
        parts.append(wrapped(w("note.differ" if apart else "note.alike", **words)))
    if added.min() < TOLD:
        parts.append(wrapped(w("note.too_few")))
    return "\n".join(parts)


def _unit_costs(note: FiscalNote, w: Words) -> str:
    found = note.unit_costs.set_index(["base", "period", "discounted", "per", "variant"])["cost"]
    variants = list(dict.fromkeys(note.unit_costs["variant"]))
    rows = []
    for base in ("net", "gross"):
        for period in ("horizon", "life"):
            for discounted in (False, True):
                name = f"{w(f'note.{base}')}; {w(f'note.{period}', year=note.scenario.horizon.end)}; "
                name += w("note.discounted" if discounted else "note.undiscounted")
                cells = [
                    w.figure(float(found[base, period, discounted, unit, variant]), "m VND")
                    for unit in ("toe", "tCO2")
                    for variant in variants
                ]
                rows.append([name, *cells])
    head = [w("note.base"), *(f"{unit}, {variant}" for unit in ("toe", "tCO2") for variant in variants)]
    return f"{w('note.unit_costs')}\n{table(head, rows)}"


def _frictions(note: FiscalNote, w: Words) -> str:
    from cpmodel.analysis.financing import FRICTIONS, binding_friction

    found = note.frictions.pivot(index="relieved", columns="variant", values="times")
    names = {name: w(f"barrier.{name}") for name in FRICTIONS} | {"+".join(FRICTIONS): w("note.all_relieved")}
    rows = [
        [label, *(w.figure(value, "ratio") for value in found.loc[name])] for name, label in names.items()
    ]
    binding = wrapped(w("note.binding", name=w(f"barrier.{binding_friction(note.frictions)}")))
    return f"{w('note.frictions')}\n{table(['', *found.columns], rows)}\n{binding}"


def _incidence(note: FiscalNote, w: Words) -> str:
    from cpmodel.analysis.financing import who_gains

    if note.incidence.empty:
        return wrapped(w("note.no_incidence"), "")
    found = who_gains(note.incidence)
    names = {name: read(file).set_index(key)[f"name_{w.language}"] for name, file, key in
             (("province", "provinces", "province_code"), ("sector", "sector_groups", "sector"))}  # fmt: skip
    names["size"] = {size: w(f"size.{size}") for size in SIZES}

    def rows(axis: str, most: int | None = None) -> list[list[str]]:
        here = found[found["axis"] == axis]
        here = here if most is None else here.sort_values("share", ascending=False).head(most)
        return [
            [names[axis][row.group], w.percent(row.share), w.percent(row.share_of_establishments),
             w.number(row.times_part, 2)]
            for row in here.itertuples()
        ]  # fmt: skip

    head = [w("note.group"), w("note.of_extra"), w("note.of_all"), w("note.times_part")]
    return "\n".join([w("note.incidence"), table(head, [*rows("size"), *rows("sector")]),
                      f"  {w('note.top_provinces')}", table(head, rows("province", TOLD_PROVINCES)),
                      f"  {w('note.crossed', count=TOLD_PROVINCES)}", _crossed(found, names["province"], w)])  # fmt: skip


def _crossed(found: pd.DataFrame, names: pd.Series, w: Words) -> str:
    """Return the share of the extra adopters by province and size: those with most, all others, and the sum."""
    shares = found[found["axis"] == "province_size"].pivot(index="group", columns="size", values="share")[
        list(SIZES)
    ]
    order = shares.sum(axis=1).sort_values(ascending=False).index
    told, others = shares.loc[order[:TOLD_PROVINCES]], shares.loc[order[TOLD_PROVINCES:]].sum()
    lines = [(names[code], row) for code, row in told.iterrows()]
    lines += [(w("note.other_provinces"), others), (w("figure.total"), shares.sum())]
    head = [w("note.group"), *(w(f"size.{size}") for size in SIZES), w("figure.total")]
    return table(head, [[name, *(w.percent(v) for v in row), w.percent(row.sum())] for name, row in lines])


def _appropriations(note: FiscalNote, w: Words) -> str:
    if note.appropriations.empty:
        return w("note.no_caps")
    rules = {one.when_full for one in note.scenario.credit.values() if one.volume is not None}
    waits = "queue" in rules
    names = ("offered", "mean", "unspent", "used_up", "unserved", *(("waiting",) if waits else ()))
    found = note.appropriations.groupby(["kind", "year"], sort=False)[list(names)].mean()
    blocks = []
    for kind, part in found.groupby(level="kind", sort=False):
        rows = [
            [str(year), *(w.percent(row[n], 0) if n == "used_up" else w.money(row[n]) for n in names)]
            for (_, year), row in part.iterrows()
        ]
        head = [w("year"), *(w(f"note.{'lent' if n == 'mean' else n}") for n in names)]
        blocks.append(f"{w('note.appropriations', kind=w(f'volume_of.{kind}'))}\n{table(head, rows)}")
    told = w(f"note.full.{rules.pop()}") if found["unserved"].max() > 0 or waits else w("note.no_queue")
    return "\n".join([*blocks, wrapped(told)])


def note_as_data(note: FiscalNote) -> dict:
    """Return the note as plain data for JSON; what has no number is null."""
    facts = {"scenario": note.scenario.name, "against": note.against or "market terms", "base_year": note.base,
             "discount_rate": note.rate, "calibration": note.calibration, "cost_of_public_funds": note.cost_of_funds,
             "draws": note.scenario.draws, "instruments": list(note.instruments), "remarks": list(note.remarks)}  # fmt: skip
    return facts | {name: json.loads(frame.to_json(orient="records")) for name, frame in note.tables.items()}


def write_note(note: FiscalNote, folder: Path) -> list[Path]:
    """Write the note in both languages, its tables and its data to a new folder, whole or not at all."""
    stage = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    try:
        for language in ("vi", "en"):
            (stage / f"fiscal_note.{language}.txt").write_text(note_text(note, language) + "\n", "utf-8")
        data = json.dumps(note_as_data(note), ensure_ascii=False, indent=1)
        (stage / "fiscal_note.json").write_text(data, "utf-8")
        for name, frame in note.tables.items():
            if len(frame):
                frame.to_csv(stage / f"{name}.csv", index=False, lineterminator="\n")
        if folder.exists():
            folder.rmdir()
        os.replace(stage, folder)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    return sorted(folder.iterdir())
