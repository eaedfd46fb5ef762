"""Quantities of a capacity plan: spans of days and months, and growth.

Each is written with its unit, as everywhere: `7d`, `18 months`, `5%/month`.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from bench.core.units import NS_PER_S
from bench.core.words import nearest

MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = 365.25 / MONTHS_PER_YEAR
"""On the mean."""

MOST_MONTHS = 120
"""Ten years: nobody knows a growth for longer."""

SPAN_WORDS = "a number above 0 and a unit (m, h, d, w), such as 8h or 7d, up to 3650d"
MONTHS_WORDS = f"a whole number of months or years, up to {MOST_MONTHS} months, such as 18 months"
GROWTH_WORDS = (
    "a percentage per month or year, above -100% and up to 1000%, such as 5%/month or -20%/year"
)
DATE_WORDS = "a date, such as 2026-11-30"

_SPAN_S = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_LONGEST_S = 3650 * 86_400
_MOST_GROWTH = 10
_WHOLE = r"(-?\d+(?:\.\d+)?)"


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much a load grows, again and again.

    Attributes:
        share: of the load that comes on top in each period, above -1.
        every: the period.
    """

    share: float
    every: Literal["month", "year"]

    @property
    def per_month(self) -> float:
        """What a month multiplies the load by."""
        months = 1 if self.every == "month" else MONTHS_PER_YEAR
        return math.pow(1 + self.share, 1 / months)

    def __str__(self) -> str:
        share = (Decimal(repr(self.share)) * 100).normalize()
        return f"{share:f}%/{self.every}"


def _text(value: object, words: str) -> str:
    if isinstance(value, str) and not re.fullmatch(_WHOLE, value.strip()):
        return value.strip()
    bare = isinstance(value, str | int | float) and not isinstance(value, bool)
    raise ValueError(f"{'needs a unit' if bare else 'not a quantity'}; allowed: {words}")


def parse_span_ns(text: str) -> int:
    """Return the nanoseconds of `8h`, `7d`, `2w`; ValueError where it is none, or nothing."""
    match = re.fullmatch(_WHOLE + r"\s*([A-Za-zµ]+)", text)
    if match is None:
        raise ValueError(f"not readable; allowed: {SPAN_WORDS}")
    if match[2] not in _SPAN_S:
        raise ValueError(f"unknown unit '{match[2]}'; allowed: {SPAN_WORDS}")
    seconds = Decimal(match[1]) * _SPAN_S[match[2]]
    if not 0 < seconds <= _LONGEST_S:
        raise ValueError(f"out of range; allowed: {SPAN_WORDS}")
    return int(seconds * NS_PER_S)


def format_span(ns: int) -> str:
    """Write a span as `parse_span_ns` reads it back."""
    for unit in ("d", "h", "m"):
        if ns % (_SPAN_S[unit] * NS_PER_S) == 0:
            return f"{ns // (_SPAN_S[unit] * NS_PER_S)}{unit}"
    return f"{Decimal(ns) / (60 * NS_PER_S):f}m"


def parse_months(text: str) -> int:
    """Return the months of `18 months` or `2 years`; ValueError where it is none."""
    match = re.fullmatch(_WHOLE + r"\s*([a-z]+)", text)
    if match is None:
        raise ValueError(f"not readable; allowed: {MONTHS_WORDS}")
    each = {"month": 1, "year": MONTHS_PER_YEAR}.get(match[2].removesuffix("s"))
    if each is None:
        near = nearest(match[2], ("months", "years"))
        advice = f" (did you mean {near}?)" if near else ""
        raise ValueError(f"unknown unit '{match[2]}'{advice}; allowed: {MONTHS_WORDS}")
    months = Decimal(match[1]) * each
    if months != months.to_integral_value() or not 0 < months <= MOST_MONTHS:
        raise ValueError(f"out of range; allowed: {MONTHS_WORDS}")
    return int(months)


def format_months(months: int) -> str:
    """Write months as `parse_months` reads them back."""
    return f"{months} month{'s' * (months != 1)}"


def parse_growth(text: str) -> Growth:
    """Return the growth of `5%/month` or `-20%/year`; ValueError where it is none."""
    match = re.fullmatch(r"\+?" + _WHOLE + r"\s*%\s*/\s*([a-z]+)", text)
    if match is None:
        raise ValueError(f"not readable; allowed: {GROWTH_WORDS}")
    share = float(Decimal(match[1]) / 100)
    if not -1 < share <= _MOST_GROWTH:
        raise ValueError(f"out of range; allowed: {GROWTH_WORDS}")
    if match[2] == "month":
        return Growth(share, "month")
    if match[2] == "year":
        return Growth(share, "year")
    raise ValueError(f"unknown period '/{match[2]}'; allowed: {GROWTH_WORDS}")


Span = Annotated[
    int,
    BeforeValidator(lambda value: parse_span_ns(_text(value, SPAN_WORDS))),
    PlainSerializer(format_span, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(m|h|d|w)$", "description": SPAN_WORDS}
    ),
]
"""Nanoseconds, written as `8h` or `7d`; above 0."""

Months = Annotated[
    int,
    BeforeValidator(lambda value: parse_months(_text(value, MONTHS_WORDS))),
    PlainSerializer(format_months, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(months?|years?)$"}
        | {"description": MONTHS_WORDS}
    ),
]
"""Months, written as `18 months` or `2 years`."""

Growing = Annotated[
    Growth,
    BeforeValidator(
        lambda value: (
            value if isinstance(value, Growth) else parse_growth(_text(value, GROWTH_WORDS))
        )
    ),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^[+-]?\d+(\.\d+)?\s*%\s*/\s*(month|year)$"}
        | {"description": GROWTH_WORDS}
    ),
]
"""Growth, written as `5%/month`."""
