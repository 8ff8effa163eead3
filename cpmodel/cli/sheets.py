"""The answer of `cpmodel appraise` as text and as plain data."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from cpmodel.axes import VARIANTS
from cpmodel.briefs.numbers import long_date
from cpmodel.cli.catalogue import said
from cpmodel.cli.printing import Words, table, width, wrapped
from cpmodel.inputs.datasets import read

if TYPE_CHECKING:
    from cpmodel.analysis.appraising import Answer

FIRM_UNITS = {
    "investment": "bn VND", "own_money_at_start": "bn VND", "loan": "bn VND", "loan_rate": "1/year", "tenor": "years",
    "grant": "bn VND", "reward": "bn VND", "guarantee_cover": "share", "payback": "years",
    "discounted_payback": "years", "project_npv_at_lending_rate": "bn VND", "equity_npv_at_lending_rate": "bn VND",
    "project_irr": "1/year", "project_irr_several_roots": "yes or no",
    "equity_irr": "1/year", "equity_irr_several_roots": "yes or no", "least_debt_service_cover": "ratio",
    "mean_debt_service_cover": "ratio", "loan_life_cover": "ratio",
}  # fmt: skip
DECISION_UNITS = {
    "project_npv": "bn VND", "equity_npv": "bn VND",
    "longest_accepted_payback": "years", "accepted": "yes or no", "least_grant_that_is_accepted": "share",
    "least_rate_cut_that_is_accepted": "points",
}  # fmt: skip


def appraisal_text(found: Answer, language: str) -> str:
    """Return the whole answer in words and tables."""
    w = Words(language)
    parts = [
        _head(found, w),
        _facts(found, w),
        *_terms(found, w),
        _firm(found, w),
        _shares(found, w),
        _state(found, w),
    ]
    remarks = [(w("appraise.assumed"), [("", note) for note in found.sheet.combination.notes])]
    remarks.append((w("appraise.warnings"), found.warnings))
    for title, told in remarks:
        lines = [f"{f'{name}: ' if name else ''}{text.in_language(language)}" for name, text in told]
        if lines:
            parts.append("\n".join([title, *(wrapped(f"· {line}") for line in lines)]))
    return "\n\n".join(parts)


def _head(found: Answer, w: Words) -> str:
    groups = read("sector_groups").set_index("sector")[f"name_{w.language}"]
    day = long_date(found.sheet.at, w.language)
    title = w("appraise.title", sector=groups[found.sheet.sector], size=w(f"size.{found.sheet.size}"),
              rung=w(f"rung.{found.rung}"), day=day)  # fmt: skip
    place = w("appraise.country")
    if found.place is not None:
        places = read("provinces").set_index("province_code")[f"name_{w.language}"]
        place = places[found.place]
    return f"{title}\n{w('appraise.where', place=place, count=w.number(found.establishments, 0))}"


def _facts(found: Answer, w: Words) -> str:
    rows = [
        [w(f"figure.{row.figure}"), w.figure(row.value, row.unit), w.unit(row.unit), w(f"kind.{row.kind}"), row.grade,
         row.source]
        for row in found.typical.facts.itertuples()
    ]  # fmt: skip
    head = [w("number"), w("value"), w("unit_head"), w("kind_head"), w("grade_head"), w("source_head")]
    lines = [[a, b, f"{c:<8}", d, e, f] for a, b, c, d, e, f in rows]
    count, middle = len(found.demonstrations), found.demonstration_median
    note = w("appraise.demonstrations", count=count, value=w.number(middle, 1))
    return f"{w('appraise.facts')}\n{_mixed(head, lines)}\n  {note}"


def _mixed(head: list[str], rows: list[list[str]]) -> str:
    """A table whose second column alone holds figures."""
    wide = max(width(row[1]) for row in [head, *rows])
    return table(
        head[:1] + [" " * (wide - width(head[1])) + head[1]] + head[2:],
        [[row[0], " " * (wide - width(row[1])) + row[1], *row[2:]] for row in rows],
        len(head),
    )


def _terms(found: Answer, w: Words) -> list[str]:
    parts = []
    for sheet in found.terms:
        lines = [
            f"  {'; '.join(said(row.term, row.value, w))} ({row.source_id}, {w('quality.' + row.quality)})"
            for row in sheet.itertuples()
        ]
        parts.append("\n".join([w("appraise.terms", name=sheet.attrs["names"][w.language]), *lines]))
    return parts


def _firm(found: Answer, w: Words) -> str:
    sheet = found.sheet.firm
    names = {"own funds": w("appraise.own_funds"), "market terms": w("appraise.market_terms")}
    head = [w("number"), w("unit_head"), *(names.get(name, name) for name in sheet.columns)]
    rows = [
        [
            w(f"figure.{name}"),
            w.unit(unit),
            *(w.figure(sheet.loc[name, column], unit) for column in sheet.columns),
        ]
        for name, unit in FIRM_UNITS.items()
    ]
    for name, unit in DECISION_UNITS.items():
        for variant in VARIANTS:
            told = [
                _decided(sheet.loc[f"{name}_{variant}", column], name, unit, w) for column in sheet.columns
            ]
            rows.append([f"{w(f'figure.{name}')}, {variant}", w.unit(unit), *told])
    return f"{w('appraise.firm')}\n{table(head, rows, 2)}"


def _decided(value: object, name: str, unit: str, w: Words) -> str:
    """A payback without limit is accepted always; a cut without limit is not enough at a rate of nought, nor is a grant
    of the whole investment where hidden cost exceeds it."""
    if name == "least_grant_that_is_accepted" and value > 1.0:
        return w("no_grant_suffices")
    if isinstance(value, float) and math.isinf(value):
        return w("always" if name == "longest_accepted_payback" else "no_cut_suffices")
    return w.figure(value, unit)


def _shares(found: Answer, w: Words) -> str:
    shares, barriers = found.shares, found.shares.attrs["barriers"]
    rows = [
        [w(f"appraise.{row.variant}"), w(f"appraise.{row.terms}"), f"{w.percent(row.mean)}%",
         f"{w.percent(row.p10)}–{w.percent(row.p90)}%"]
        for row in shares.itertuples()
    ]  # fmt: skip
    binding = {variant: w(f"barrier.{name}") for variant, name in shares.attrs["binding"].items()}
    gains = barriers.pivot(index="barrier", columns="variant", values="gain").loc[
        list(barriers["barrier"].unique())
    ]
    gained = [
        [w(f"barrier.{name}"), *(w.percent(gains.loc[name, v]) for v in gains.columns)]
        for name in gains.index
    ]
    return "\n".join([
        w("appraise.shares"), table(["", "", "%", "10–90"], rows, 2), wrapped(w("appraise.why_two")),
        "", wrapped(w("appraise.barrier", **binding), ""), table(["", *gains.columns], gained),
    ])  # fmt: skip


def _state(found: Answer, w: Words) -> str:
    rows = [
        [w(f"figure.{row.figure}"), w.unit(row.unit), w.figure(row.value, row.unit)]
        for row in found.sheet.state.itertuples()
    ]
    parts = [w("appraise.state"), table([w("number"), w("unit_head"), w("value")], rows, 2)]
    if found.tail:
        parts.append(
            wrapped(w("appraise.tail", **{name: w.percent(value) for name, value in found.tail.items()}))
        )
    cash = found.sheet.cash
    if not cash["total"].abs().max() > 0:
        return "\n".join(parts)
    used = [name for name in cash.columns if name == "total" or cash[name].abs().max() > 0]
    last = max((int(year) for year in cash.index if cash.loc[year].abs().max() > 0), default=0)
    lines = [[str(year), *(w.money(cash.loc[year, name]) for name in used)] for year in range(last + 1)]
    parts += ["", w("appraise.cash"), table([w("year"), *(w(f"figure.{name}") for name in used)], lines)]
    return "\n".join(parts)


def appraisal_as_data(found: Answer, language: str) -> dict:
    """Return the answer as plain data for JSON: numbers bare, None where there is none."""

    def rows(frame) -> list:
        return json.loads(frame.to_json(orient="records", force_ascii=False))

    firm = {
        design: {name: _plain(value) for name, value in found.sheet.firm[design].items()}
        for design in found.sheet.firm
    }
    return {
        "sector": found.sheet.sector, "size": found.sheet.size, "rung": found.rung, "at": found.sheet.at.isoformat(),
        "province": found.place, "establishments": found.establishments, "facts": rows(found.typical.facts),
        "terms": {sheet.attrs["id"]: rows(sheet.astype({"value": str})) for sheet in found.terms},
        "firm": firm, "accept": rows(found.shares), "barriers": rows(found.shares.attrs["barriers"]),
        "binding_barrier": found.shares.attrs["binding"], "state": rows(found.sheet.state),
        "state_cash": rows(found.sheet.cash.reset_index()), "guarantee_loss_of_amount": found.tail,
        "assumed": [note.in_language(language) for note in found.sheet.combination.notes],
        "warnings": [f"{name}: {text.in_language(language)}".removeprefix(": ") for name, text in found.warnings],
    }  # fmt: skip


def _plain(value: object) -> object:
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
