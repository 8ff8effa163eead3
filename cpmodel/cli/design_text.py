"""What `cpmodel design` prints: the verdict first, what stands in the way, options with their terms, barriers by size."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from cpmodel.briefs.numbers import odds as odds_text
from cpmodel.cli.printing import Words, table, wrapped
from cpmodel.inputs.design_space import AXES

if TYPE_CHECKING:
    from cpmodel.analysis.design_search import DesignSearch

SHARES = ("rate", "loan_share", "interest_subsidy", "cover", "fee", "grant_share", "reward_share", "tax_rate",
          "deduction_share")  # fmt: skip
FEW = 0.005  # share of all establishments below which the sentence says that credit moves little


def design_text(found: DesignSearch, language: str) -> str:
    """Return the answer in words and tables."""
    w = Words(language)
    parts = [_head(found, w), _verdict(found, w), _steps(found, w), _options(found, w), _terms(found, w),
             _barriers(found, w), _gap(found, w)]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def _head(found: DesignSearch, w: Words) -> str:
    asked, draws = found.question, w.number(found.effort.draws, 0)
    kinds = ", ".join(_kind(found, kind, w) for kind in asked.kinds)
    lines = [
        w("design.title", title=getattr(found.scenario.title, w.language)),
        wrapped(w("design.asked", outcome=w(f"design.{asked.outcome}"), year=asked.year, level=_short(asked.level, w),
                  odds=_short(asked.least_odds, w), cap=w.money(asked.cap), base=found.base,
                  rate=_short(found.rate, w)), ""),
        wrapped(w("design.searched" if found.refined else "design.seen", tried=len(found.tried), kinds=kinds,
                  draws=draws, shown=len(found.options), drawn=_drawn(found, w)), ""),
    ]  # fmt: skip
    if found.refused:
        lines.append(wrapped(w("design.refused", count=sum(found.refused.values()),
                               why="; ".join(why.rstrip(".") for why in found.refused)), ""))  # fmt: skip
    if found.interrupted:
        told = "design.stopped_refining" if found.refined else "design.stopped"
        of = found.effort.candidates - sum(found.refused.values())
        lines.append(wrapped(w(told, stage=w(f"design.stage.{found.interrupted}"), tried=len(found.tried), of=of,
                               done=len(found.mixes), draws=draws), ""))  # fmt: skip
    return "\n".join(lines)


def _verdict(found: DesignSearch, w: Words) -> str:
    verdict = found.verdict
    best = found.best
    text = w("design.reachable" if verdict.reachable else "design.out_of_reach",
             option=_name(found, best["option"], w), odds=_odds(best["odds"], w))  # fmt: skip
    unasked = verdict.reachable and found.options["reaches_target"].iloc[0]
    why = w("design.binds.unasked") if unasked else w(f"design.binds.{verdict.binds}")
    lines = [wrapped(f"{text} {why}".strip(), "")]
    steps = verdict.steps.set_index("step")["adoption_p50"]
    most = found.options["extra_adopters"].max()
    if "everyone_reached" in steps and most < FEW * found.establishments:
        lines.append(wrapped(w("design.small", most=w.number(most, 0 if most >= 10 else 1),
                               all=w.number(found.establishments, 0), reached=w.percent(steps["everyone_reached"]),
                               unchanged=w.percent(steps["no_change"])), ""))  # fmt: skip
    return "\n".join(lines)


def _steps(found: DesignSearch, w: Words) -> str:
    rows = [[w(f"design.step.{row.step}"), _odds(row.odds, w), w.percent(row.adoption_p50, 2)]
            for row in found.verdict.steps.itertuples()]  # fmt: skip
    return (
        f"{w('design.steps')}\n{table([w('design.step_head'), w('design.odds'), w('design.median')], rows)}"
    )


def _options(found: DesignSearch, w: Words) -> str:
    shown = {
        "cost": ("fiscal_npv_p50", w.money),
        "claims": ("contingent_p95", w.money),
        "extra": ("extra_adopters", lambda value: w.number(value, 1)),
        "adoption": ("adoption_p50", lambda value: w.percent(value, 2)),
        "odds": ("odds", lambda value: _odds(value, w)),
    }
    rows = [
        [("* " if row.on_front else "  ") + _name(found, row.option, w), _mix(found, row.instruments, w),
         *(_by_variant(found, row, figure, show) for figure, show in shown.values()), w.money(row.capped_p95),
         w("yes" if row.within_cap else "no")]
        for row in found.options.itertuples()
    ]  # fmt: skip
    head = [w("design.option"), w("design.mix"), *(w(f"design.{name}") for name in shown), w("design.capped"),
            w("design.within")]  # fmt: skip
    title = w("design.options", variants=" / ".join(found.scenario.variants))
    parts = [title, table(head, rows, 2), wrapped(w("design.front"))]
    if len(found.scenario.variants) > 1:
        parts.append(wrapped(w("appraise.why_two")))
    return "\n".join(parts)


def _by_variant(found: DesignSearch, row, figure: str, show: Callable[[float], str]) -> str:
    """Return a figure under each variant that was run."""
    return " / ".join(show(getattr(row, f"{figure}_{v}")) for v in found.scenario.variants)


def _drawn(found: DesignSearch, w: Words) -> str:
    name = found.calibration
    return w("note.drawn_prior" if name == "prior" else "note.drawn_calibration", name=name)


def _terms(found: DesignSearch, w: Words) -> str:
    if not found.mixes:
        return ""
    lines = [w("design.terms", opens=f"{found.opens:g}")]
    for option, mix in found.mixes.items():
        kinds = [
            f"{_kind(found, kind, w)} {', '.join(_shown(terms, w))}" for kind, terms in mix.terms().items()
        ]
        who = "; ".join(getattr(mix.eligibility[axis].label, w.language) for axis in AXES)
        lines.append(wrapped(f"{_name(found, option, w)}: {' + '.join(kinds)}. [{who}]"))
    return "\n".join(lines)


PLACES = {"depreciation_factor": 2}
SILENT_AT_ZERO = ("grace", "fee", "exempt_years", "half_years")


def _shown(terms: dict[str, float], w: Words) -> list[str]:
    """Return the terms that are chosen; fixed limits and a grace or fee of nought are left out."""
    told = []
    for name, value in terms.items():
        if w(f"design.term.{name}", value="") == name or (value == 0 and name in SILENT_AT_ZERO):
            continue
        told.append(
            w(
                f"design.term.{name}",
                value=_short(value, w) if name in SHARES else w.number(value, PLACES.get(name, 0)),
            )
        )
    return told


def _barriers(found: DesignSearch, w: Words) -> str:
    if found.binding.empty:
        return ""
    rung = w("rung.technology_change")
    option = found.verdict.option
    title = w("design.barriers", rung=rung, option=_name(found, option, w)) if option in found.mixes else w(
        "design.barriers_market", rung=rung)  # fmt: skip
    variants = list(dict.fromkeys(found.binding["variant"]))
    rows = []
    for size, here in found.binding.groupby("size", sort=False):
        by = here.set_index("variant")
        shown = [w(f"size.{size}") + ("" if by["eligible"].iloc[0] else f" ({w('design.left_out')})")]
        for v in variants:
            shown += [f"{w.percent(by.loc[v, 'market'])} → {w.percent(by.loc[v, 'support'])}",
                      w(f"barrier.{by.loc[v, 'barrier']}")]  # fmt: skip
        rows.append(shown)
    head = [w("note.size")]
    for v in variants:
        head += [w("design.on_terms", variant=v), w("design.main_barrier", variant=v)]
    return f"{wrapped(title, '')}\n{table(head, rows, len(head))}"


def _gap(found: DesignSearch, w: Words) -> str:
    if found.optimism_gap.empty:
        return ""
    sums = found.optimism_gap.groupby("figure")[["searched", "fresh"]].sum()
    cost, extra = (
        float(sums.loc[name, "searched"] / sums.loc[name, "fresh"] - 1.0) if abs(sums.loc[name, "fresh"]) > 1e-9 else 0.0
        for name in ("fiscal_npv_p50", "extra_adopters")
    )  # fmt: skip
    points = found.optimism_gap.set_index("figure")["gap"].loc[["odds"]].mean()
    return wrapped(
        w("design.gap", cost=w.percent(cost), extra=w.percent(extra), odds=w.number(100 * points, 1)), ""
    )


def _name(found: DesignSearch, option: str, w: Words) -> str:
    if option.startswith("option_"):
        return f"{w('design.option')} {option.removeprefix('option_')}"
    return w("design.no_change") if option == "no_change" else option


def _mix(found: DesignSearch, instruments: str, w: Words) -> str:
    return " + ".join(_kind(found, kind, w) for kind in instruments.split("+") if kind)


def _kind(found: DesignSearch, kind: str, w: Words) -> str:
    return getattr(found.space.kinds[kind].label, w.language)


def _odds(value: float, w: Words) -> str:
    return odds_text(value, w.language).text


def _short(value: float, w: Words) -> str:
    """Return a share as per cent, with a decimal only where there is one."""
    return w.percent(value, 0 if abs(100 * value - round(100 * value)) < 1e-9 else 1)


def design_as_data(found: DesignSearch) -> dict:
    """Return the answer as plain data for JSON; what has no number is null."""
    asked, effort = found.question, found.effort
    records = {name: json.loads(frame.to_json(orient="records")) for name, frame in
               (("options", found.options), ("steps", found.verdict.steps), ("binding", found.binding),
                ("optimism_gap", found.optimism_gap))}  # fmt: skip
    return {
        "scenario": found.scenario.name, "outcome": asked.outcome, "year": asked.year, "level": asked.level,
        "least_odds": asked.least_odds, "cap_bn_vnd": asked.cap, "instruments": list(asked.kinds),
        "base_year": found.base, "discount_rate": found.rate, "opens": found.opens, "draws": effort.draws,
        "candidates": effort.candidates, "tried": len(found.tried),
        "refined": found.refined, "calibration": found.calibration,
        "refused": found.refused, "interrupted": found.interrupted, "reachable": found.verdict.reachable,
        "binds": found.verdict.binds, "best_within_cap": found.best["option"], "odds_within_cap": found.verdict.odds,
        **records,
    }  # fmt: skip
