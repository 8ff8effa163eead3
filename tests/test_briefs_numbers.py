"""How numbers are printed, in the words of the office that reads them."""

import datetime as dt

import pytest
from babel.numbers import format_percent
from hypothesis import given
from hypothesis import strategies as st

from cpmodel.briefs import numbers
from cpmodel.briefs.recheck import printed_value, shows
from cpmodel.content import WORD_JOINER, Key, plain

NB = "\u00a0"
KEY = Key(scenario="s", outcome="awareness", year=2020)


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (1234567.891, 0, "1.234.568", "1,234,568"),
        (1234.5, 1, "1.234,5", "1,234.5"),
        (0.5, 0, "1", "1"),
        (2.5, 0, "3", "3"),
        (-3.21, 1, "−3,2", "−3.2"),
        (27840.0, -2, "27.800", "27,800"),
    ],
)
def test_vietnamese_writes_a_decimal_comma_and_dots_for_thousands(value, decimals, vi, en):
    assert numbers.plain_number(value, "vi", decimals) == vi
    assert numbers.plain_number(value, "en", decimals) == en


def test_money_is_written_in_full_after_the_amount():
    assert numbers.amount(1234, "vi", "tỷ đồng").text == f"1.234{NB}tỷ đồng"
    assert numbers.amount(115.8, "vi", "tỷ đồng", decimals=1).text == f"115,8{NB}tỷ đồng"


@pytest.mark.parametrize("language", ["vi", "en"])
@given(share=st.floats(0.005, 1.0))
def test_per_cent_is_written_as_the_language_is_on_record_as_writing_it(language, share):
    shown = numbers.rounded(share, 0, 100)
    assert numbers.percent(share, language).text == format_percent(shown / 100, locale=language)


def test_a_share_too_small_for_its_decimals_says_less_than():
    assert numbers.percent(0.285, "vi").text == "29%"
    assert numbers.percent(0.0551, "vi", decimals=1).text == "5,5%"
    assert numbers.percent(0.001, "vi").text == "<1%"
    assert numbers.percent(0.0, "vi").text == "0%"


def test_a_range_does_not_break_at_its_dash_and_says_its_unit_once():
    low, high = numbers.percent(0.05, "vi"), numbers.percent(0.08, "vi")
    assert plain(numbers.span(low, high)) == f"5{WORD_JOINER}–{WORD_JOINER}8%"


def test_official_vietnamese_dates_carry_noughts_where_the_decree_asks():
    assert numbers.long_date(dt.date(2026, 11, 23), "vi") == "ngày 23 tháng 11 năm 2026"
    assert numbers.long_date(dt.date(2009, 9, 7), "vi") == "ngày 07 tháng 9 năm 2009"
    assert numbers.long_date(dt.date(2012, 2, 1), "vi") == "ngày 01 tháng 02 năm 2012"
    assert numbers.long_date(dt.date(2009, 9, 7), "en") == "7 September 2009"


@pytest.mark.parametrize(
    ("value", "text", "word"),
    [
        (0.0, "<1", "exceptionally_unlikely"),
        (0.0099, "<1", "exceptionally_unlikely"),
        (0.01, "1", "very_unlikely"),
        (0.099, "10", "unlikely"),
        (0.33, "33", "about_even"),
        (0.655, "66", "likely"),
        (0.899, "90", "very_likely"),
        (0.99, "99", "virtually_certain"),
        (1.0, ">99", "virtually_certain"),
    ],
)
def test_odds_are_never_nought_or_a_hundred_and_the_word_agrees_with_the_number(value, text, word):
    assert numbers.odds(value, "vi", KEY).text == f"{text}%"
    assert numbers.odds_word(value) == word


@given(st.floats(0, 1), st.sampled_from(["vi", "en"]), st.integers(0, 2))
def test_a_printed_share_equals_its_value_at_the_printed_precision(value, language, decimals):
    assert shows(numbers.percent(value, language, KEY, decimals=decimals), value, language)
    assert shows(numbers.odds(value, language, KEY), value, language)


@given(st.floats(-1e9, 1e9), st.sampled_from(["vi", "en"]), st.integers(-2, 2))
def test_a_printed_amount_can_be_read_back(value, language, decimals):
    number = numbers.amount(value, language, "tỷ đồng", KEY, decimals=decimals)
    assert abs(printed_value(number.text, language) - value) <= 0.5 * 10.0**-decimals + 1e-6
