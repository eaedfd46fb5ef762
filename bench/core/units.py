"""Quantities as people write them, and the integers behind them.

Durations are int nanoseconds, sizes int bytes, rates float messages a second, shares float
fractions of one. What `format_*` writes, `parse_*` reads back exactly.
"""

import math
import re
from decimal import Decimal, InvalidOperation

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000

_DURATION_NS = {
    "ns": 1,
    "us": NS_PER_US,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
_SIZE_BYTES = {
    "B": 1,
    "kB": 1000,
    "KiB": 1024,
    "MB": 1000**2,
    "MiB": 1024**2,
    "GB": 1000**3,
    "GiB": 1024**3,
}
_RATE_SECONDS = {"s": 1, "min": 60, "h": 3600}

DURATION_WORDS = "a number and a unit (ns, us, ms, s, m, h), such as 30s or 250ms"
SIZE_WORDS = "a number and a unit (B, kB, KiB, MB, MiB, GB, GiB), such as 128B or 32KiB"
RATE_WORDS = "messages per s, min or h, such as 5000/s"
COUNT_WORDS = "a whole number, such as 500, 100k or 5M"
SHARE_WORDS = "a percentage above 0% and up to 100%, such as 95%"

_ROUNDS_UP = 0.9995
"""Of a unit: 999.6 µs is 1.00 ms in three digits, not 1000 µs."""

_NUMBER = r"(-?\d+(?:\.\d+)?)"


def _split(text: str, pattern: str, words: str) -> tuple[Decimal, str]:
    match = re.fullmatch(_NUMBER + r"\s*" + pattern, text.strip())
    if match is None:
        raise ValueError(f"not readable; allowed: {words}")
    try:
        number = Decimal(match[1])
    except InvalidOperation:  # more digits than Decimal takes
        raise ValueError(f"not readable; allowed: {words}") from None
    return number, match[2]


def parse_duration_ns(text: str) -> int:
    """Return the nanoseconds of `30s`, `250us`, `1.5ms`.

    Raises:
        ValueError: no unit, an unknown unit, a negative value or a fraction of a nanosecond.
    """
    number, unit = _split(text, r"([a-zµ]+)", DURATION_WORDS)
    factor = _DURATION_NS.get(unit.replace("µ", "u"))
    if factor is None:
        raise ValueError(f"unknown unit '{unit}'; allowed: {DURATION_WORDS}")
    if number < 0:
        raise ValueError("must not be negative; allowed: 0s or more")
    return _whole(number * factor, DURATION_WORDS)


def parse_size_bytes(text: str) -> int:
    """Return the bytes of `128B`, `1KiB`, `1.5MB`.

    Raises:
        ValueError: no unit, an unknown unit, a negative value or a fraction of a byte.
    """
    number, unit = _split(text, r"([A-Za-z]+)", SIZE_WORDS)
    factor = _SIZE_BYTES.get(unit)
    if factor is None:
        raise ValueError(f"unknown unit '{unit}'; allowed: {SIZE_WORDS}")
    if number < 0:
        raise ValueError("must not be negative; allowed: 0B or more")
    return _whole(number * factor, SIZE_WORDS)


def parse_rate_msgs_per_s(text: str) -> float:
    """Return the messages a second of `5000/s` or `90/min`.

    Raises:
        ValueError: no unit, an unknown unit, zero or negative.
    """
    number, unit = _split(text, r"(?:msgs?)?/([a-z]+)", RATE_WORDS)
    seconds = _RATE_SECONDS.get(unit)
    if seconds is None:
        raise ValueError(f"unknown unit '/{unit}'; allowed: {RATE_WORDS}")
    if number <= 0:
        raise ValueError(f"must be above 0; allowed: {RATE_WORDS}")
    return float(number) / seconds


def parse_share(text: str) -> float:
    """Return the fraction of `95%`.

    Raises:
        ValueError: no percent sign, zero or below, or above 100 %.
    """
    number, _ = _split(text, r"(%)", SHARE_WORDS)
    if not 0 < number <= 100:
        raise ValueError(f"out of range; allowed: {SHARE_WORDS}")
    return float(number / 100)


def parse_count(text: str) -> int:
    """Return the number of `500`, `100k`, `1.5M`.

    Raises:
        ValueError: unreadable, negative, or not whole.
    """
    number, factor = _split(text, r"([kM]?)", COUNT_WORDS)
    if number < 0:
        raise ValueError(f"must not be negative; allowed: {COUNT_WORDS}")
    return _whole(number * {"": 1, "k": 1000, "M": 1000**2}[factor], COUNT_WORDS)


def _whole(value: Decimal, words: str) -> int:
    if value != value.to_integral_value():
        raise ValueError(f"finer than the unit allows; allowed: {words}")
    return int(value)


def format_duration(ns: int) -> str:
    """Write nanoseconds in the largest unit that holds them whole: 1500000000 -> `1500ms`."""
    return _largest_whole(ns, _DURATION_NS, "s")


def format_size(size_bytes: int) -> str:
    """Write bytes in the largest binary unit that holds them whole: 32768 -> `32KiB`."""
    binary = {unit: factor for unit, factor in _SIZE_BYTES.items() if factor % 1000 or factor == 1}
    return _largest_whole(size_bytes, binary, "B")


def format_rate(msgs_per_s: float) -> str:
    """Write messages a second so that `parse_rate_msgs_per_s` reads it back: 5000.0 -> `5000/s`."""
    whole = math.isfinite(msgs_per_s) and msgs_per_s == int(msgs_per_s)
    return f"{int(msgs_per_s) if whole else format(Decimal(repr(msgs_per_s)), 'f')}/s"


def format_share(share: float) -> str:
    """Write a fraction as a percentage: 0.95 -> `95%`."""
    return f"{(Decimal(repr(share)) * 100).normalize():f}%"


def _largest_whole(value: int, factors: dict[str, int], zero_unit: str) -> str:
    if value == 0:
        return f"0{zero_unit}"
    unit = max((u for u, f in factors.items() if value % f == 0), key=lambda u: factors[u])
    return f"{value // factors[unit]}{unit}"


def human_duration(ns: float, digits: int = 3) -> str:
    """Write a time for reading, with so many significant digits: 1234567 -> `1.23 ms`."""
    for unit, factor in (("s", NS_PER_S), ("ms", NS_PER_MS), ("µs", NS_PER_US)):
        if abs(ns) >= factor * _ROUNDS_UP:
            return f"{_rounded(ns / factor, digits)} {unit}"
    return f"{ns:.{digits - 3}f} ns"


def human_size(size_bytes: float, digits: int = 3) -> str:
    """Write bytes for reading, with so many significant digits: 12345678 -> `11.8 MiB`."""
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if abs(size_bytes) >= factor:
            return f"{_rounded(size_bytes / factor, digits)} {unit}"
    return f"{size_bytes:.{digits - 3}f} B"


def human_clock(seconds: float) -> str:
    """Write a span for a progress line: 75 -> `1m15s`."""
    whole = max(0, round(seconds))
    hours, minutes, secs = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{secs:02d}s" if minutes else f"{secs}s"


def decimals_of(size: float, digits: int) -> int:
    """Return to how many decimals a size above 0 has so many significant digits.

    Of the rounded size: 99.97 is 100, not 100.0. Below 0 for sizes of more digits.
    """
    return digits - 1 - int(f"{size:.{digits - 1}e}".partition("e")[2])


def _rounded(value: float, digits: int) -> str:
    return f"{value:.{max(0, decimals_of(abs(value), digits))}f}"
