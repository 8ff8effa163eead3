"""The table of parameters: every row sound and documented, every bad one told, and priors that say what it says."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from worlds import PARAMETERS, ROOT

from cpmodel.errors import BadInput
from cpmodel.inputs.datasets import read
from cpmodel.inputs.parameters import COLUMNS, quantile, read_parameters
from cpmodel.model.state import Coefficients
from cpmodel.outlook.draws import all_uniforms

HEAD = ",".join(COLUMNS)
GOOD = "rate,,,,r,log,0.1,0.05,0.3,1/year,J,ELICITED_2026,rate,Because"


def table(*rows, head=HEAD):
    return "\n".join([head, *rows]) + "\n"


def complaint(path):
    with pytest.raises(BadInput) as refused:
        read_parameters(path)
    return str(refused.value)


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "parameters.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_sound_table_is_read(file):
    found = read_parameters(file(table(GOOD)))
    assert found.names == ("rate",) and found.streams == ("rate",) and found.shape("rate") == ()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(file, column):
    keep = [i for i, name in enumerate(COLUMNS) if name != column]
    short = [",".join(line.split(",")[i] for i in keep) for line in (HEAD, GOOD)]
    assert column in complaint(file("\n".join(short)))


BAD_ROWS = {
    "unknown scale": ("rate,,,,r,lag,0.1,0.05,0.3,1/year,J,X,rate,Why", "scale"),
    "unknown grade": ("rate,,,,r,log,0.1,0.05,0.3,1/year,Z,X,rate,Why", "grade"),
    "unknown size": ("rate,,,smal,r,log,0.1,0.05,0.3,1/year,J,X,rate,Why", "small"),
    "out of order": ("rate,,,,r,log,0.1,0.2,0.3,1/year,J,X,rate,Why", "order"),
    "not a number": ("rate,,,,r,log,a tenth,0.05,0.3,1/year,J,X,rate,Why", "a tenth"),
    "nothing for a number": ("rate,,,,r,log,,0.05,0.3,1/year,J,X,rate,Why", "number"),
    "no unit": ("rate,,,,r,log,0.1,0.05,0.3,,J,X,rate,Why", "unit"),
    "no source": ("rate,,,,r,log,0.1,0.05,0.3,1/year,J,,rate,Why", "source_id"),
    "no reason": ("rate,,,,r,log,0.1,0.05,0.3,1/year,J,X,rate, ", "reason"),
    "zero on a logarithmic scale": ("rate,,,,r,log,0.1,0,0.3,1/year,J,X,rate,Why", "above 0"),
    "a share of one": ("rate,,,,r,logit,0.1,0.05,1,share,J,X,rate,Why", "below 1"),
}


@pytest.mark.parametrize(("row", "said"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_told_with_its_line(file, row, said):
    found = complaint(file(table(GOOD.replace("rate", "other"), row)))
    assert said in found and "row 3" in found and "→" in found


def test_all_problems_are_told_at_once(file):
    rows = [row.replace("rate", f"rate_{i}", 1) for i, (row, _) in enumerate(BAD_ROWS.values())]
    found = complaint(file(table(*rows)))
    assert all(said in found for _, said in BAD_ROWS.values())


def test_a_parameter_stated_twice_is_refused(file):
    assert "has a row already" in complaint(file(table(GOOD, GOOD)))


def test_an_axis_must_be_complete(file):
    sizes = [GOOD.replace("rate,,,,", f"rate,,,{size},", 1) for size in ("micro", "small", "large")]
    assert "3 rows; its axes need 4" in complaint(file(table(*sizes)))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00bad", "tỷ đồng".encode("utf-16")])
def test_a_file_that_cannot_be_read_is_told_so(file, content):
    assert "parameters.csv" in complaint(file(content))


def test_a_missing_file_is_told_so(tmp_path):
    assert "missing" in complaint(tmp_path / "parameters.csv")


def test_a_row_cut_short_is_told_and_not_a_traceback(file):
    assert "row 2" in complaint(file(table("rate,,,,r,log,0.1,0.05")))


def test_an_axis_value_like_no_other_gets_no_senseless_suggestion(file):
    assert "`None`" not in complaint(file(table(GOOD.replace("rate,,,,", "rate,,,xyzzy,", 1))))


def test_an_infinite_quantile_is_refused(file):
    assert "finite" in complaint(file(table(GOOD.replace("0.3", "inf"))))


def test_a_unit_off_the_closed_list_is_refused_with_the_nearest(file):
    assert "`1/year`" in complaint(file(table(GOOD.replace("1/year", "1/yaer"))))


@pytest.mark.parametrize("u", [0.05, 0.5, 0.95])
def test_every_prior_has_exactly_the_quantiles_of_its_row(u):
    column = {0.05: "low", 0.5: "median", 0.95: "high"}[u]
    for row in PARAMETERS.rows.itertuples(index=False):
        at = None if row.scale == "fixed" else np.array([u])
        found = quantile(row, at, 1)[0]
        stated = row.median if row.scale == "fixed" else getattr(row, column)
        assert np.isclose(found, stated, rtol=1e-12, atol=1e-15), row.name


@given(st.floats(1e-9, 1 - 1e-9), st.floats(1e-9, 1 - 1e-9))
@settings(max_examples=25, deadline=None)
def test_a_higher_draw_never_gives_a_lower_value(one, other):
    low, high = sorted((one, other))
    for row in PARAMETERS.rows.itertuples(index=False):
        if row.scale != "fixed":
            a, b = quantile(row, np.array([low, high]), 2)
            assert a <= b + 1e-12 * abs(b), row.name


def test_shares_and_probabilities_stay_within_bounds_in_every_draw():
    values = PARAMETERS.values(all_uniforms(1, PARAMETERS.streams, 4000), 4000)
    rows = PARAMETERS.rows
    for name in rows.loc[
        rows["unit"].isin(["share", "probability", "probability/year", "share of use"]), "name"
    ].unique():
        assert values[name].min() >= 0 and values[name].max() <= 1, name
    for name in rows.loc[rows["scale"] == "log", "name"].unique():
        assert values[name].min() > 0, name


def test_rows_of_one_stream_move_together_and_others_do_not():
    values = PARAMETERS.values(all_uniforms(1, PARAMETERS.streams, 500), 500)
    ranks = np.argsort(np.argsort(values["hurdle_median"], axis=-1), axis=-1)
    assert (ranks == ranks[0]).all()
    assert abs(np.corrcoef(values["word_of_mouth"], values["forgetting"])[0, 1]) < 0.15


def test_a_new_parameter_moves_no_draw_of_the_others(file):
    text = (ROOT / "data" / "parameters.csv").read_text("utf-8")
    head, first, *rest = text.rstrip("\n").split("\n")
    more = read_parameters(file("\n".join([head, GOOD.replace("rate", "brand_new"), first, *rest])))
    before = PARAMETERS.values(all_uniforms(1419, PARAMETERS.streams, 64), 64)
    after = more.values(all_uniforms(1419, more.streams, 64), 64)
    assert set(after) - set(before) == {"brand_new"}
    for name, values in before.items():
        assert values.tobytes() == after[name].tobytes(), name


def test_the_order_of_rows_in_the_file_plays_no_part(file):
    head, *rows = (ROOT / "data" / "parameters.csv").read_text("utf-8").rstrip("\n").split("\n")
    turned = read_parameters(file("\n".join([head, *rows[::-1]])))
    numbers = all_uniforms(1419, PARAMETERS.streams, 16)
    before, after = PARAMETERS.values(numbers, 16), turned.values(numbers, 16)
    assert all((before[name] == after[name]).all() for name in before)


# --- the table of the project ---------------------------------------------------------------------------------


def code_of(*folders):
    files = [f for folder in folders for f in sorted((ROOT / "cpmodel" / folder).glob("*.py"))]
    return "\n".join(f.read_text("utf-8") for f in files)


def test_every_parameter_that_the_model_reads_has_its_row():
    wanted = set(re.findall(r'\b(?:p|parameters)\["(\w+)"\]', code_of("model", "results"))) | set(
        Coefficients._fields
    )
    derived = set(
        re.findall(r'^    p\["(\w+)"\] = ', code_of("model"), re.M)
    )  # of rows, by a line that says how
    assert derived == {"bill_saving", "uptake_rate"}
    assert wanted - derived <= set(PARAMETERS.names)


def test_every_row_is_read_by_the_model_its_fit_or_the_fiscal_note():
    text = code_of("model", "results", "calibration", "analysis")
    assert [name for name in PARAMETERS.names if f'"{name}"' not in text and f"p.{name}" not in text] == []


def test_every_parameter_is_documented():
    sources = set(read("sources", ROOT)["source_id"])
    for row in PARAMETERS.rows.itertuples(index=False):
        assert row.source_id in sources, f"{row.name}: {row.source_id}"
        assert len(row.reason) > 10, row.name
        assert row.scale != "fixed" or row.low == row.median == row.high, row.name
        assert row.scale == "fixed" or row.low < row.median < row.high, row.name


def test_the_unverified_baseline_shares_are_graded_so():
    rows = PARAMETERS.rows.set_index("name")
    for name in ("opening_awareness", "opening_adoption"):
        assert rows.loc[name, "grade"] == "C" and "no readable source" in rows.loc[name, "reason"]


def test_the_five_per_cent_quantile_is_met_by_five_per_cent_of_draws():
    u = (np.arange(2000) + 0.5) / 2000
    row = next(PARAMETERS.rows.query("name == 'word_of_mouth'").itertuples(index=False))
    drawn = quantile(row, u, 2000)
    assert np.isclose((drawn < row.low).mean(), 0.05, atol=1e-3) and np.isclose(
        (drawn > row.high).mean(), 0.05, atol=1e-3
    )
    assert np.isclose(ndtri(0.95), 1.6448536269514722)
