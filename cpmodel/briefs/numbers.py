"""How numbers are printed in each language: one function per kind of quantity, each giving a `Number`.

Vietnamese: decimal comma, dot for thousands, `tỷ đồng` in full after the amount; a space that does not break
stands before the per cent sign and the unit in both languages. Odds are never printed as 0 or 100 per cent.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal

from cpmodel.content import WORD_JOINER, Key, Number, Runs, Text

NBSP = "\u00a0"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
ODDS_SCALE = (
    (99, "virtually_certain"),
    (90, "very_likely"),
    (66, "likely"),
    (33, "about_even"),
    (10, "unlikely"),
    (1, "very_unlikely"),
    (0, "exceptionally_unlikely"),
)


def rounded(value: float, decimals: int = 0, scale: float = 1.0) -> Decimal:
    """Return value · scale, rounded half up to `decimals` (which may be negative)."""
    exact = Decimal(repr(float(value))) * Decimal(repr(float(scale)))
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def decimals_of(value: float, digits: int = 3) -> int:
    """Return how many decimals show an amount with `digits` figures at least; never fewer than none, at most four."""
    if value == 0:
        return 0
    size = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    return min(max(digits - 1 - size, 0), 4)


def plain_number(value: Decimal | float, language: str, decimals: int = 0) -> str:
    """Return a number in the language's figures: `1.234,5` in Vietnamese, `1,234.5` in English."""
    places = max(decimals, 0)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    exact = value if isinstance(value, Decimal) else rounded(value, decimals)
    text = format_decimal(exact + 0, format=pattern, locale=language)
    return text.replace("-", "−")


def percent(
    value: float,
    language: str,
    *keys: Key,
    decimals: int = 0,
    how: str = "cell",
    origin: str = "",
    unit: bool = True,
) -> Number:
    """Return a share (0–1) as per cent; a share above nought that would print as nought prints as `<1%`.

    Both languages close the sign up to the figure, as the Decision itself does and as CLDR records.
    """
    shown = rounded(value, decimals, 100)
    tail = "%" if unit else ""
    text = plain_number(shown, language, decimals) + tail
    if shown == 0 and value > 0:
        smallest = Decimal(1).scaleb(-decimals)
        text = "<" + plain_number(smallest, language, decimals) + tail
    return Number(value=value, text=text, decimals=decimals, scale=100, keys=keys, how=how, origin=origin)


def points(
    value: float, language: str, word: str, *keys: Key, decimals: int = 0, signed: bool = False, **how
) -> Number:
    """Return a difference of shares in percentage points, with its unit `word` (`how`: how and constant).

    A difference too small for its decimals prints as `<0.1`, never as nought; `signed` puts + before a gain.
    """
    shown = rounded(value, decimals, 100)
    text = plain_number(shown, language, decimals)
    if shown == 0 and value != 0:
        least = plain_number(Decimal(1).scaleb(-decimals), language, decimals)
        text = f"<{least}" if value > 0 else f">−{least}"
    elif signed and shown > 0:
        text = f"+{text}"
    text = f"{text}{NBSP}{word}" if word else text
    return Number(value=value, text=text, decimals=decimals, scale=100, keys=keys, **how)


def odds(value: float, language: str, *keys: Key) -> Number:
    """Return a probability as per cent, never nought and never a hundred."""
    shown = odds_percent(value)
    text = {0: "<1%", 100: ">99%"}.get(shown, f"{shown}%")
    return Number(value=value, text=text, scale=100, keys=keys)


def odds_percent(value: float) -> int:
    """Return a probability as whole per cent; 0 stands for below 1 and 100 for above 99."""
    if value < 0.01:
        return 0
    return 100 if value > 0.99 else int(rounded(value, 0, 100))


def odds_word(value: float) -> str:
    """Return the name of the odds on the 99/90/66/33/10/1 scale; word and printed number always agree."""
    shown = odds_percent(value)
    return next(word for least, word in ODDS_SCALE if shown >= least)


def amount(
    value: float,
    language: str,
    unit: str,
    *keys: Key,
    decimals: int = 0,
    how: str = "cell",
    origin: str = "",
    constant: float | None = None,
) -> Number:
    """Return a quantity followed by its unit in words (`1.234 tỷ đồng`); an empty unit prints none."""
    text = plain_number(rounded(value, decimals), language, decimals)
    text = f"{text}{NBSP}{unit}" if unit else text
    parts = {"decimals": decimals, "keys": keys, "how": how, "origin": origin, "constant": constant}
    return Number(value=value, text=text, **parts)


def with_range(p50: Number, p10: Number, p90: Number) -> Runs:
    """Return a median and its 80 % range as runs, `+3.1 (1.2–7.0)`; all three are one where they print alike."""
    if p10.text == p90.text == p50.text.split(NBSP)[0]:
        return (p50,)
    between = (p10,) if p10.text == p90.text else span(p10, p90)
    return (p50, Text(text=f"{NBSP}("), *between, Text(text=")"))


def stacked(runs: Runs | None) -> Runs | None:
    """Return a number with its range below it, for a narrow column; what has no range as it is."""
    below = f"{NBSP}("
    return runs and tuple(
        run.model_copy(update={"text": run.text.replace(below, "\n(")}) if isinstance(run, Text) else run
        for run in runs
    )


def span(low: Number, high: Number) -> Runs:
    """Return a range as runs; the dash does not break from either number, and the unit is printed once."""
    tail = "%"
    bare = low.text.removesuffix(tail) if high.text.endswith(tail) else low.text
    if bare == low.text and NBSP in low.text and low.text.split(NBSP, 1)[1] == high.text.split(NBSP, 1)[-1]:
        bare = low.text.split(NBSP, 1)[0]
    first = low.model_copy(update={"text": bare})
    return (first, Text(text=f"{WORD_JOINER}–{WORD_JOINER}"), high)


def without_minus(number: Number) -> Number:
    """Return a negative amount as its size, for words that tell its direction (`874 billion VND come back`)."""
    return number.model_copy(update={"text": number.text.removeprefix("−"), "scale": -number.scale})


def long_date(day: dt.date, language: str) -> str:
    """Return a date in official style: `ngày 07 tháng 9 năm 2009`; `7 September 2009`.

    Vietnamese: days below 10 and months 1 and 2 carry a leading nought (Decree 30/2020/NĐ-CP).
    """
    if language == "vi":
        month = f"{day.month:02d}" if day.month < 3 else str(day.month)
        return f"ngày {day.day:02d} tháng {month} năm {day.year}"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
