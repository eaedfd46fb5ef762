"""How the figures of a capacity plan are written: spans, sizes, dates."""

from collections.abc import Iterator
from datetime import date, timedelta

from bench.core.text import count, number
from bench.core.units import format_share, human_size
from bench.spec.spans import DAYS_PER_MONTH

FAR_MONTHS = 1200
"""Nobody means a date so far away."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIB = 1024**4
_MANY_BYTES = 100_000
_SPANS = ((1, 120, "s"), (60, 120, "min"), (3600, 48, "h"), (86_400, 120, "days"))
_MOST_TICKS = 6
_STEPS = (1, 2, 3, 6, 12, 24)


def span(seconds: float) -> str:
    """Write a span of planning: `4.2 h`, `3.1 days`, `14 months`."""
    for each, most, unit in _SPANS:
        if seconds < most * each:
            return f"{number(seconds / each)} {unit}"
    months = seconds / 86_400 / DAYS_PER_MONTH
    return f"{number(months)} months" if months <= FAR_MONTHS else "more than 100 years"


def size(size_bytes: float) -> str:
    """Write bytes of planning: `1.23 TiB`."""
    if size_bytes >= _TIB:
        return f"{number(size_bytes / _TIB)} TiB"
    return human_size(size_bytes)


def per_message(size_bytes: float) -> str:
    """Write the bytes of a message: `1 067 B`."""
    return f"{count(round(size_bytes))} B" if size_bytes < _MANY_BYTES else size(size_bytes)


def asked_share(share: float) -> str:
    """Write a share with every digit that it was asked for with: `20 %`, `12.5 %`."""
    return f"{format_share(share).removesuffix('%')} %"


def when(as_of: date, months: float) -> str:
    """Return the month so many months later: `Mar 2027`."""
    if months > FAR_MONTHS:
        return "in more than 100 years"
    day = as_of + timedelta(days=months * DAYS_PER_MONTH)
    return f"{_MONTHS[day.month - 1]} {day.year}"


def ticks(as_of: date, months: int) -> Iterator[tuple[int, str]]:
    """Yield the months that an axis names, and their words, from the first."""
    step = next((each for each in _STEPS if months / each < _MOST_TICKS), _STEPS[-1])
    for month in range(0, months + 1, step):
        yield month, when(as_of, month)
