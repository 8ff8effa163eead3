"""Returns put together: a row for each province that reported, and national rows that say how many are missing.

A province that sent nothing, or left a figure blank, is missing: it is neither 0 nor guessed, and a national row that
lacks provinces lists those it covers instead of calling itself the country.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cpmodel.inputs.annual_form import annual_form
from cpmodel.inputs.annual_returns import Return
from cpmodel.inputs.datasets import datasets
from cpmodel.inputs.observing import PROVENANCE
from cpmodel.inputs.places import Places, places_in

PROGRAMME = "cp_strategy_1419"
MINISTRY = "Ministry of Industry and Trade of Viet Nam"
LICENCE = "official report; facts and figures only"
ASKED = "industrial establishments asked"


@dataclass(frozen=True)
class Totals:
    """Tables in the form that `observe add` reads, by name; and codes of the provinces that sent nothing."""

    tables: dict[str, pd.DataFrame]
    missing: tuple[str, ...]


def totals(returns: Sequence[Return], data: Path) -> Totals:
    """Return rows of all returns of one year; data: the folder that says which provinces there were.

    What a unit of July 2025 tells is a row over the provinces of the Decision that it is made of.
    """
    places = places_in(data, returns[0].year if returns else None)
    provinces = [one for one in returns if one.is_province]
    surveys = [row for one in provinces for row in _of_province(one, places)]
    if returns:
        surveys += _of_all(provinces, returns[0].year, places)
    parts = {
        "survey": surveys,
        "activities": _sums(returns, "activity", places),
        "budgets": _sums(returns, "budget", places),
    }
    forms = {"survey": "survey_national", "activities": "activities", "budgets": "budgets"}
    tables = {
        name: pd.DataFrame(rows, columns=_columns(forms[name])).astype(object).fillna("")
        for name, rows in parts.items()
        if rows
    }
    sent = {one.respondent for one in provinces}
    return Totals(tables, tuple(code for code in places.names if code not in sent))


def _columns(table: str) -> list[str]:
    return [c for c in datasets()[table].columns if c != "record_id"] + list(PROVENANCE)


def _of_province(one: Return, places: Places) -> list[dict]:
    asked = one.answers.get("surveyed")
    source = {"source_id": f"V3_{one.year}_{one.respondent}", "source_title": f"Annual return {one.document}",
              "source_publisher": f"Department of Industry and Trade, {places.names[one.respondent][1]}",
              "source_licence": LICENCE, "quality": "reported_official", "grade": "A"}  # fmt: skip
    rows = []
    for code, question in annual_form()["questions"].items():
        value = one.answers.get(code)
        if "indicator" in question and value is not None and asked:
            rows.append(_row(one.year, [one.respondent], places) | source | {
                "indicator": question["indicator"], "value": round(100 * value / asked, 4), "unit": "percent",
                "sample_size": int(asked), "denominator": ASKED,
                "note": f"{value:g} of {asked:g} establishments asked."})  # fmt: skip
    return rows


def _of_all(provinces: Sequence[Return], year: int, places: Places) -> list[dict]:
    """Return the rows over provinces: shares weighted by their establishments, and offices that say they are able."""
    source = {"source_id": f"V3_{year}", "source_title": f"Annual returns of provinces for {year}, put together",
              "source_publisher": MINISTRY, "source_licence": LICENCE, "quality": "derived", "grade": "B"}  # fmt: skip
    rows = []
    for code, question in annual_form()["questions"].items():
        if "indicator" not in question:
            continue
        told = [
            one
            for one in provinces
            if one.answers.get(code) is not None
            and one.answers.get("surveyed")
            and one.answers.get("establishments")
        ]
        if len(told) < 2:
            continue
        whole = sum(one.answers["establishments"] for one in told)
        share = (
            sum(one.answers["establishments"] * one.answers[code] / one.answers["surveyed"] for one in told)
            / whole
        )
        rows.append(_row(year, [one.respondent for one in told], places) | source | {
            "indicator": question["indicator"], "value": round(100 * share, 4), "unit": "percent",
            "sample_size": int(sum(one.answers["surveyed"] for one in told)), "denominator": ASKED,
            "note": f"{len(told)} of {len(places.names)} provinces, weighted by {whole:g} establishments."})  # fmt: skip
    able = [one for one in provinces if one.answers.get("department_able") is not None]
    if len(able) > 1:
        share = sum(one.answers["department_able"] for one in able) / len(able)
        rows.append(_row(year, [one.respondent for one in able], places) | source | {
            "indicator": "share_doit_able_to_advise_on_cp", "value": round(100 * share, 4), "unit": "percent",
            "sample_size": len(able), "denominator": "Departments of Industry and Trade that answered",
            "flag": "self_assessed", "note": f"{len(able)} of {len(places.names)} departments answered."})  # fmt: skip
    return rows


def _row(year: int, codes: Sequence[str], places: Places) -> dict:
    """Return what every row has; all provinces together are the country, fewer are named one by one."""
    every = set(codes) == set(places.names)
    codes = [part for code in codes for part in places.within(code)]
    names = "Viet Nam" if every else ", ".join(places.provinces[code][1] for code in codes)
    return {"year": year, "period_start": year, "period_end": year, "qualifier": "exact", "geography": names,
            "province_code": "" if every else ";".join(codes)}  # fmt: skip


def _sums(returns: Sequence[Return], kind: str, places: Places) -> list[dict]:
    """Return one row a respondent and question: money and people are told as each told them, never added up over gaps."""
    units = {"activity": "persons", "budget": "bn VND"}
    rows = []
    for one in returns:
        for code, question in annual_form()["questions"].items():
            value = one.answers.get(code)
            if kind not in question or value is None:
                continue
            place = [one.respondent] if one.is_province else list(places.names)
            what = {"activity": question["activity"]} if kind == "activity" else {
                "budget_item": question["budget"], "funding_source": "state budget", "status": "spent"}  # fmt: skip
            who = (
                places.names[one.respondent][1]
                if one.is_province
                else annual_form()["ministries"][one.respondent]["en"]
            )
            rows.append(_row(one.year, place, places) | what | {
                "programme": PROGRAMME, "value": value, "unit": units[kind], "quality": "reported_official", "grade": "A",
                "source_id": f"V3_{one.year}_{one.respondent}", "source_title": f"Annual return {one.document}",
                "source_publisher": who, "source_licence": LICENCE, "note": f"Reported by {who}."})  # fmt: skip
    return rows
