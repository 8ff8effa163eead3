"""The design search: a front that nothing beats, the same answer twice, caps, what binds, interruption, refusals."""

import functools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cpmodel.analysis.design_mixes import allowed_subsets, candidates, opened_credit
from cpmodel.analysis.design_offers import Fidelity
from cpmodel.analysis.design_question import Question, read_question
from cpmodel.analysis.design_runs import make_bench, measured, offered, run_mix, run_own
from cpmodel.analysis.design_saved import cells, keep, option_files, written_options
from cpmodel.analysis.design_search import JUDGED, NO_CHANGE, Effort, judged, search
from cpmodel.analysis.design_verdict import best_option, verdict_of
from cpmodel.analysis.pareto import behind, dominated, layers, promising, spread
from cpmodel.analysis.typical_projects import BARRIERS
from cpmodel.cli import main
from cpmodel.cli.design_text import design_as_data, design_text
from cpmodel.errors import BadInput, Problems
from cpmodel.inputs.design_space import FILE, read_design_space
from cpmodel.inputs.load import load
from cpmodel.inputs.overlay import resolve
from cpmodel.inputs.project import project_root
from cpmodel.inputs.scenario import Instrument, Only, Terms
from cpmodel.model import state as s
from cpmodel.model.ensemble import make_offers, make_world, run_variant
from cpmodel.model.levers import eligible_cells, eligible_part
from cpmodel.results.saved import open_run

KINDS = ("soft_loan", "guarantee", "grant")
ASKED = Question("adoption_strict", 2020, 0.5, 500.0, KINDS)
SHORT = Effort(candidates=12, draws=32, finalists=3, barrier_draws=32)
SPACE = read_design_space()


@functools.cache
def scenario():
    return resolve("as_decided", overrides={"resolution": "explorer"})


@functools.cache
def inputs():
    return load(scenario())


@functools.cache
def found():
    return search(ASKED, scenario(), SHORT, SPACE, inputs=inputs())


def under_h1(progress=None):
    """Return a search under one variant, which takes a fraction of the time."""
    told = scenario().model_copy(update={"variants": ("H1",)})
    return search(ASKED, told, replace(SHORT, finalists=2), SPACE, progress, inputs())


@functools.cache
def bench(fidelity=None):
    return make_bench(inputs(), fidelity or Fidelity(32), 7, 2020, "adoption_strict", 2010.0)


@functools.cache
def mixes(number=16):
    return candidates(SPACE, KINDS, number, 1419, 2010.0, inputs().catalogue).mixes


figures = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=30)


@settings(max_examples=40)
@given(figures)
def test_the_front_is_what_no_other_option_beats(rows):
    costs = np.array(rows, float)
    by_hand = [
        any(all(b <= a for a, b in zip(one, other, strict=True)) and other != one for other in rows)
        for one in rows
    ]
    assert list(dominated(costs)) == by_hand
    front = [row for row, left in zip(rows, behind(costs), strict=True) if not left]
    assert sorted(front) == sorted({row for row, beaten in zip(rows, by_hand, strict=True) if not beaten})


@settings(max_examples=40)
@given(figures, st.integers(1, 10))
def test_what_is_promising_comes_layer_by_layer(rows, count):
    costs = np.array(rows, float)
    layer, chosen = layers(costs), promising(np.array(rows, float), count)
    assert len(chosen) == min(count, len(rows)) and (layer >= 0).all()
    left = np.setdiff1d(np.arange(len(rows)), chosen)
    assert not len(left) or layer[chosen].max() <= layer[left].min()


@settings(max_examples=40)
@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=20), st.integers(2, 6))
def test_a_spread_keeps_both_ends(values, count):
    taken = [values[i] for i in spread(np.array(values), count)]
    assert max(values) in taken and min(values) in taken and len(taken) == min(count, len(values))


def test_a_mix_run_in_full_is_the_run_of_a_scenario_with_its_credit():
    mix = next(one for one in mixes() if one.eligibility["provinces"].name != "all" and len(one.kinds) > 1)
    rules = {"assessment_support": scenario().credit["assessment_support"]}
    told = scenario().model_copy(update={"credit": rules | mix.credit, "draws": 32, "seed": 7})
    world = make_world(replace(inputs(), scenario=told))
    outputs = {v: run_variant(world, make_offers(world, v), v) for v in told.variants}
    expected, here = measured(bench(), dict.fromkeys(told.variants, world), outputs), run_mix(bench(), mix)
    for name in ("fiscal_npv", "claims", "adoption", "gained"):
        for variant in told.variants:
            np.testing.assert_allclose(
                getattr(here, name)[variant], getattr(expected, name)[variant], rtol=1e-9, atol=1e-9
            )


def test_a_coarse_run_ranks_mixes_as_the_full_run_does():
    few = mixes()[:6]
    told = {
        name: np.array([[run_mix(bench(f), one).gained[v].mean() for v in ("H1", "H2")] for one in few])
        for name, f in (("full", None), ("coarse", Fidelity(32).coarse()))
    }  # fmt: skip
    moved = np.abs(told["full"]) > 0.05
    assert np.abs(told["coarse"] / told["full"] - 1.0)[moved].max() < 0.1
    order = [np.argsort(np.argsort(told[name].min(1))) for name in ("full", "coarse")]
    assert np.corrcoef(*order)[0, 1] > 0.95


def test_no_option_on_the_front_is_beaten_and_no_change_costs_nothing():
    options = found().options
    costs = judged(options)
    for i in np.flatnonzero(options["on_front"]):
        beaten = (costs <= costs[i]).all(1) & (costs < costs[i]).any(1)
        assert not beaten.any()
    assert list(options["role"][:2]) == [NO_CHANGE, "base"] and (options["role"] == "candidate").sum() >= 2
    unchanged = options.iloc[0]
    assert unchanged[["fiscal_npv_p05", "fiscal_npv_p95", "contingent_p95", "extra_adopters"]].eq(0).all()
    assert unchanged["on_front"] and unchanged["within_cap"]
    assert set(JUDGED) <= set(options.columns)


def test_the_same_seed_gives_the_same_answer():
    one, again = under_h1(), under_h1()
    assert one.options.equals(again.options) and one.verdict.steps.equals(again.verdict.steps)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-10, 1e3)), min_size=1), st.lists(st.floats(0, 2e3)))
def test_more_cap_never_lowers_the_best_odds_on_the_same_candidates(rows, caps):
    options = pd.DataFrame([(0.0, 0.0), *rows], columns=["odds", "fiscal_npv_p95"])
    options = options.assign(extra_adopters=0.0, fiscal_npv_p50=options["fiscal_npv_p95"])
    best = [best_option(options[options["fiscal_npv_p95"] <= cap])["odds"] for cap in sorted(caps)]
    assert best == sorted(best)


def test_without_money_a_far_target_is_out_of_reach_and_what_binds_is_named():
    options = found().options.assign(within_cap=found().options["fiscal_npv_p95"] <= 0.0)
    none = replace(found(), question=replace(ASKED, cap=0.0), options=options)
    verdict = verdict_of(none.question, options, found().mixes, SPACE, bench())
    assert not verdict.reachable and verdict.binds == "assessment" and verdict.odds < 0.5
    steps = verdict.steps.set_index("step")["adoption_p50"]
    assert steps["everyone_reached"] > steps["no_change"] + 0.005
    assert steps["every_assessed_adopts"] > steps["everyone_reached"]
    assert none.best["fiscal_npv_p95"] <= 0.0 and "NOT REACHABLE" in design_text(none, "en")


def test_the_binding_barrier_is_named_for_every_size():
    barriers = found().binding
    assert set(barriers["size"]) == {"micro", "small", "medium", "large"}
    assert set(barriers["variant"]) == {"H1", "H2"} and (barriers["gain"] > 0).all()
    assert set(barriers["barrier"]) <= set(BARRIERS)


def test_a_target_that_is_met_anyway_needs_no_credit():
    options = found().options.assign(odds=0.9, reaches_target=True)
    verdict = verdict_of(ASKED, options, found().mixes, SPACE, bench(), interrupted=True)
    easy = replace(found(), options=options, verdict=verdict)
    assert verdict.reachable and verdict.binds == "nothing"
    assert "No credit is needed" in design_text(easy, "en")


def test_what_binds_moves_with_the_target():
    """A twelfth of the establishments adopt by 2020, about a quarter are assessed."""
    nearer = verdict_of(replace(ASKED, level=0.2), found().options, found().mixes, SPACE, bench())
    assert nearer.binds == "acceptance" and found().verdict.binds == "assessment"


def test_a_dearer_option_that_reaches_the_target_names_the_cap():
    options = found().options.copy()
    dear = options["role"] == "candidate"
    options.loc[dear, ["odds", "fiscal_npv_p95", "within_cap", "reaches_target"]] = (0.9, 1e5, False, True)
    verdict = verdict_of(ASKED, options, found().mixes, SPACE, bench(), interrupted=True)
    assert not verdict.reachable and verdict.binds == "cap"


def test_doubling_every_amount_doubles_every_cost():
    one = offered(bench(), mixes()[0])
    outputs = {v: run_variant(one.worlds[v], offers, v, 1) for v, offers in one.offers.items()}
    double = {v: out._replace(flows=2 * out.flows, nation=2 * out.nation) for v, out in outputs.items()}
    once, twice = (measured(bench(), one.worlds, runs, one.terms) for runs in (outputs, double))
    for variant in outputs:
        for name in ("fiscal_npv", "expected_claims", "lent"):
            np.testing.assert_allclose(getattr(twice, name)[variant], 2 * getattr(once, name)[variant])


def test_provinces_and_sectors_count_by_the_establishments_that_they_hold():
    fine, wide = (load(scenario().model_copy(update={"resolution": r})).cells for r in ("full", "explorer"))
    here = ["01", "79"], ["textile_garment_leather", "chemicals_plastics"]
    only = Only(provinces=here[0], sectors=here[1])
    some = opened_credit(
        {"grant": Instrument(opens=2010.0, only=only, terms=Terms(grant_share=0.2))}, inputs().catalogue
    )
    taken, part = eligible_cells(some, 2010.0, wide), eligible_part(some, wide, "x")
    groups = np.array(wide.sectors)[wide.sector]
    assert set(groups[taken > 0]) == {"agro_light", "process"}
    for z in range(4):
        reached = (wide.establishments * taken * part[wide.size])[wide.size == z].sum()
        exact = fine.establishments * eligible_cells(some, 2010.0, fine)
        assert reached == pytest.approx(exact[fine.size == z].sum(), rel=1e-9)


def test_every_combination_is_tried_but_those_that_may_not_be_joined():
    every = allowed_subsets(SPACE, ("soft_loan", "interest_subsidy", "grant"))
    assert ("soft_loan", "grant") in every and ("interest_subsidy",) in every
    assert not any({"soft_loan", "interest_subsidy"} <= set(subset) for subset in every)
    assert {one.kinds for one in mixes(64)} == set(allowed_subsets(SPACE, KINDS))


def test_what_the_checks_refuse_is_counted_and_a_lowered_loan_is_shown_as_lowered():
    tried = candidates(SPACE, KINDS, 512, 1419, 2010.0, inputs().catalogue)
    assert len(tried.mixes) + sum(tried.refused.values()) == 512 and tried.refused
    for mix in tried.mixes:
        terms = mix.terms()
        total = terms.get("soft_loan", {}).get("loan_share", 0) + terms.get("grant", {}).get("grant_share", 0)
        assert total <= 0.8 + 1e-9 or "soft_loan" not in terms
    assert Instrument(opens=2010.0, terms=Terms(grant_share=0.1)).terms.grant_share == 0.1


@pytest.mark.parametrize(("stage", "after", "refined"), [("search", 5, False), ("refine", 1, True)])
def test_an_interrupt_stops_at_once_and_what_was_seen_is_told_as_what_it_is(stage, after, refined):
    heard = []

    def stop(where, done, of):
        heard.append((where, done))
        if where == stage and done == after:
            raise KeyboardInterrupt

    part = under_h1(progress=stop)
    assert heard[-1] == (stage, after)  # nothing is run after it
    assert part.interrupted == stage and part.options["role"].iloc[0] == NO_CHANGE
    assert part.refined is refined and (part.options["role"] == "candidate").sum() == (1 if refined else 2)
    assert len(part.tried) == (5 if stage == "search" else 12 - sum(part.refused.values()))
    text = design_text(part, "en")
    assert "STOPPED" in text and ("not yet run in full" in text) is not refined
    assert "ĐÃ DỪNG" in design_text(part, "vi") and part.verdict.binds == "unknown" and part.binding.empty
    json.dumps(design_as_data(part), allow_nan=False)


def test_stopped_before_anything_was_tried_there_is_nothing_to_show(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cpmodel.analysis.design_search.run_mix", stop)
    with pytest.raises(KeyboardInterrupt):
        under_h1()


def test_the_scenarios_own_credit_gains_alike_at_both_closenesses():
    full, coarse = (
        run_own(bench(f), replace(inputs(), scenario=scenario())) for f in (None, Fidelity(32).coarse())
    )
    for variant in ("H1", "H2"):
        assert coarse.gained[variant].mean() == pytest.approx(full.gained[variant].mean(), rel=0.1, abs=0.05)


def test_every_candidate_is_run_with_all_draws_in_every_variant():
    here = found()
    assert len(here.tried) == SHORT.candidates - sum(here.refused.values())
    assert here.draws.groupby(["option", "variant"])["draw"].nunique().eq(SHORT.draws).all()
    assert set(here.draws["variant"]) == {"H1", "H2"}


def test_an_option_written_as_a_scenario_resolves_to_exactly_that_option(tmp_path):
    files = written_options(found(), inputs(), tmp_path / "options")
    assert len(files) == len(found().mixes) >= 2
    for (option, mix), file in zip(found().mixes.items(), files, strict=True):
        told = resolve(file, overrides={"resolution": "explorer"})
        own = {name: one for name, one in told.credit.items() if name.endswith(option)}
        assert own == {f"{kind}_{option}": one for kind, one in mix.credit.items()}
        assert set(told.credit) - set(own) == {"assessment_support"}
        as_was = {key: getattr(scenario(), key) for key in ("credit", "title", "question", "name", "lineage")}
        same = told.model_copy(update=as_was)
        assert same == scenario()
    again = run_mix(bench(), next(iter(found().mixes.values())))
    told = resolve(files[0], overrides={"resolution": "explorer", "draws": 32, "seed": 7})
    world = make_world(replace(inputs(), scenario=told))
    ran = run_variant(world, make_offers(world, "H1"), "H1")
    np.testing.assert_allclose(
        ran.groups[-1, 0, 4] - bench().without["H1"].groups[-1, 0, 4], again.gained["H1"], atol=1e-6
    )
    with pytest.raises(BadInput, match="never overwritten"):
        written_options(found(), inputs(), tmp_path / "options")


def test_an_option_of_a_changed_scenario_is_written_in_full(tmp_path):
    changed = scenario().model_copy(update={"seed": 99})
    texts = option_files(found(), replace(inputs(), scenario=changed))
    (tmp_path / "one.yaml").write_text(next(iter(texts.values())), "utf-8")
    assert "extends" not in next(iter(texts.values())) and resolve(tmp_path / "one.yaml").seed == 99


def test_a_search_is_kept_as_a_folder_with_its_options(tmp_path):
    folder = keep(found(), inputs(), tmp_path / "design")
    run = open_run(folder)
    assert run.manifest["kind"] == "design" and run.manifest["question"]["cap"] == ASKED.cap
    table = run.results.set_index(["outcome", "statistic", "variant"])["value"]
    for row in found().options.itertuples():
        name = "base" if row.role == "base" else row.option
        assert table[f"design_{name}_fiscal_npv", "p50", "both"] == pytest.approx(row.fiscal_npv_p50)
        assert table[f"design_{name}_extra_adopters", "mean", "H2"] == pytest.approx(row.extra_adopters_H2)
    assert len(cells(found()).query("statistic == 'p50' and outcome.str.contains('design_m')")) == len(
        found().tried
    )
    assert sorted(p.name for p in (folder / "options").iterdir()) == sorted(option_files(found(), inputs()))


def test_the_answer_reads_in_both_languages_and_as_data():
    for language in ("vi", "en"):
        text = design_text(found(), language)
        assert " 0%" not in text.split("\n\n")[1] and "{" not in text and "nan" not in text
    assert "KHÔNG ĐẠT ĐƯỢC" in design_text(found(), "vi")
    data = json.loads(json.dumps(design_as_data(found()), allow_nan=False))
    assert data["reachable"] is False and data["options"][0]["role"] == NO_CHANGE
    assert {"option", "terms", "eligibility", "on_front", "within_cap"} <= set(data["options"][2])


def asked(**changes):
    given = {"target": "adoption_2020=0.5", "cap": "500bn", "instruments": "soft_loan,grant"} | changes
    problems = Problems()
    question = read_question(**given, scenario=scenario(), space=SPACE, problems=problems)
    return question, [problem.key for problem in problems.found], str(BadInput(problems.found))


@pytest.mark.parametrize(
    ("text", "amount"),
    [("500bn", 500.0), ("1.2tn", 1200.0), ("300m", 0.3), ("800", 800.0), ("12 tỷ", 12.0), ("0", 0.0)],
)
def test_amounts_are_read_as_written(text, amount):
    question, keys, _ = asked(cap=text)
    assert question.cap == pytest.approx(amount) and not keys


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"target": "adoption_2020=50"}, "--target", "Write 50 % as 0.5"),
        ({"target": "adoption_2031=0.5"}, "--target", "runs from"),
        ({"target": "adoptoin_2020=0.5"}, "--target", "`adoption_2020`"),
        ({"target": "adoption"}, "--target", "adoption_2020=0.5"),
        ({"target": "adoption_2020=nan"}, "--target", "share"),
        ({"cap": "500x"}, "--cap", "500bn"),
        ({"cap": "-3bn"}, "--cap", "0 or more"),
        ({"cap": "500000000000"}, "--cap", "500bn"),
        ({"instruments": "soft_lone"}, "--instruments", "`soft_loan`"),
        ({"instruments": "tax_rate"}, "--instruments", "tax_holiday"),
        ({"instruments": "grant,grant"}, "--instruments", "once"),
        ({"instruments": ""}, "--instruments", "Choose from"),
        ({"least_odds": 12.0}, "--odds", "0.12"),
        ({"candidates": 1}, "--candidates", "2 or more"),
        ({"draws": 10}, "--draws", "1000"),
    ],
)
def test_a_slip_in_the_question_is_told_with_its_fix(changes, key, said):
    _, keys, text = asked(**changes)
    assert keys == [key] and said in text


def test_every_slip_is_told_at_once_with_exit_code_2(capsys):
    words = [
        "design",
        "--target",
        "adoption_2020=50",
        "--cap",
        "5x",
        "--instruments",
        "lone,grant",
        "--scenario",
        "nope",
    ]
    with pytest.raises(SystemExit) as stopped:
        main(words)
    told = capsys.readouterr().err
    assert stopped.value.code == 2 and all(word in told for word in ("--target", "--cap", "lone", "nope"))
    assert "Traceback" not in told


def test_a_wrong_design_space_is_told_in_full(tmp_path):
    for folder in ("data", "scenarios"):
        (tmp_path / folder).mkdir()
    for name in ("sources", "sectors", "sector_groups", "provinces", "quality_grades"):
        (tmp_path / f"data/{name}.csv").symlink_to(project_root() / f"data/{name}.csv")
    data = yaml.safe_load((project_root() / FILE).read_text("utf-8"))
    loan = data["kinds"]["soft_loan"]
    loan["bounds"]["rate"] |= {"high": 9, "grade": "Z", "source": "NOBODY", "reason": ""}
    loan["bounds"]["tennor"] = loan["bounds"].pop("tenor")
    loan["volume"] |= {"low": 0, "step": 0}
    loan["not_with"] = ["interest_subsidie"]
    data["eligibility"]["sizes"]["small_medium"]["members"] = ["smal"]
    del data["eligibility"]["provinces"]["all"]
    (tmp_path / FILE).write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    with pytest.raises(BadInput) as refused:
        read_design_space(tmp_path)
    told = str(refused.value)
    for said in ("rate.high", "9 % as 0.09", "rate.grade", "rate.source", "rate.reason", "`tenor`", "volume.low",
                 "volume.step", "`interest_subsidy`", "`small`", "provinces.all"):  # fmt: skip
        assert said in told, said


def test_the_terms_of_the_space_stay_within_their_bounds():
    for kind in SPACE.kinds.values():
        for bound in (*kind.bounds.values(), *([kind.volume] if kind.volume else [])):
            values = [bound.at(position) for position in np.linspace(0, 1, 101)[:-1]]
            assert bound.low <= min(values) and max(values) <= bound.high and values == sorted(values)


@pytest.mark.law("IV.4.d")
def test_tax_relief_is_searched_and_costs_the_state_the_tax_forgone():
    tried = candidates(
        SPACE, ("tax_holiday", "accelerated_depreciation", "tax_deduction"), 8, 3, 2010.0, inputs().catalogue
    )
    by_kind = {one.kinds: one for one in tried.mixes}
    assert len(by_kind) > 3
    for mix in by_kind.values():
        result = run_mix(bench(), mix)
        for variant, cost in result.fiscal_npv.items():
            assert cost.mean() > 0
            assert (result.gained[variant] >= -1e-3).all()


def test_credit_only_adds_adopters():
    for mix in mixes()[:4]:
        assert all(gained.mean() > -1e-3 for gained in run_mix(bench(), mix).gained.values())
    assert s.GROUP_SUMS[bench().outcome] == "adoption_strict"
