"""Numbers and words as people read them; the one place that writes a figure for a person.

The same value reads the same on the terminal, in a report, in Markdown and in JUnit. Pure.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bench.core.units import NS_PER_MS, NS_PER_S, NS_PER_US, human_duration, human_size

NA = "n/a"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
"""Between groups of three digits."""

TENFOLD = 10.0
"""From this ratio on a change reads as a factor: `+28854 %` cannot be grasped, `×290` can."""

_ROUND_WITHIN = 1e-9
"""How far a share of binary digits may be from the whole percent that it was written as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The unit that a whole column is written in, so that its numbers can be compared at sight.

    Attributes:
        unit: as printed.
        factor: how many of the stored unit make one.
    """

    unit: str
    factor: float


def number(value: float) -> str:
    """Write `value` with three significant digits, whole from 100 up: 12345.6 -> `12 346`."""
    size = abs(value)
    if not math.isfinite(value):
        return NA
    if size >= 99.95:
        text = f"{size:,.0f}".replace(",", THIN)
    elif size < 0.0005:
        text = "0" if size == 0 else f"{size:.1e}"
    else:
        text = f"{size:.{2 - math.floor(math.log10(size) + 1e-9)}f}"
    return MINUS + text if value < 0 and text != "0" else text


def count(value: int) -> str:
    """Write a count in groups of three: 12345 -> `12 345`."""
    return f"{value:,}".replace(",", THIN).replace("-", MINUS)


def slope(msgs_per_s: float) -> str:
    """Write a slope with its sign, to a tenth of a message a second: 3.388 -> `+3.4`."""
    size = abs(msgs_per_s)
    digits = f"{size:.1f}" if size < 99.95 else number(size)
    return ("+" if msgs_per_s > 0 else MINUS if msgs_per_s < 0 else "") + digits


def share(amount: float) -> str:
    """Write a change, as a share of what was, with its sign: 0.052 -> `+5.2 %`, 24.0 -> `×25.0`.

    Below 100 % to a tenth, as an interval may be narrower than a percent and should not read as a
    point; a round limit stays round: 0.1 -> `+10 %`.
    """
    if not math.isfinite(amount):
        return NA
    if amount + 1 >= TENFOLD:
        return f"×{number(amount + 1)}"
    size = abs(amount) * 100
    is_round = size > 9.95 and abs(size - round(size)) < _ROUND_WITHIN
    digits = f"{size:,.0f}" if is_round or size >= 99.95 else f"{size:.1f}"
    if digits == "0.0":
        return "±0 %"
    return f"{'+' if amount > 0 else MINUS}{digits.replace(',', THIN)} %"


def change(ratio: float) -> str:
    """Write how far a ratio is from 1, as `share` does: 1.142 -> `+14.2 %`, 25.0 -> `×25.0`."""
    return share(ratio - 1)


def size_of(amount: float) -> str:
    """Write the size of a change, whichever way it goes: 0.052 -> `5.2 %`."""
    return share(abs(amount)).lstrip("+±")


def ends(low: float | None, high: float | None, written: Callable[[float], str]) -> str:
    """Write an interval: `+4.0 % to +12 %`, `+4.0 % or more` where it has one end, else `n/a`."""
    if low is None:
        return NA if high is None else f"{written(high)} or less"
    return f"{written(low)} or more" if high is None else f"{written(low)} to {written(high)}"


def percent(part: float) -> str:
    """Write a fraction as a percentage: 0.123 -> `12.3 %`."""
    return f"{number(part * 100)} %"


_IN_UNIT: dict[str, Callable[[float], str]] = {
    "ns": human_duration,
    "bytes": human_size,
    "share": percent,
    "msg/s": lambda rate: f"{number(rate)} msg/s",
    "msgs": lambda msgs: _whole_or_not(msgs) + (" message" if msgs == 1 else " messages"),
    "µs/msg": lambda us: f"{number(us)} µs/msg",
}


def _whole_or_not(msgs: float) -> str:
    return count(int(msgs)) if float(msgs).is_integer() else number(msgs)


def in_unit(amount: float, unit: str) -> str:
    """Write an amount with its unit (of bench.spec.metrics): 1230000 ns -> `1.23 ms`."""
    return _IN_UNIT[unit](amount).replace("-", MINUS)


def p_value(p: float) -> str:
    """Write a p value: `0.012`, `< 0.0001`."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def time_scale(smallest_ns: float) -> Scale:
    """Return the unit for a column of times whose smallest is `smallest_ns`."""
    if smallest_ns >= 10 * NS_PER_S:
        return Scale(unit="s", factor=NS_PER_S)
    if smallest_ns >= NS_PER_MS / 10:
        return Scale(unit="ms", factor=NS_PER_MS)
    return Scale(unit="µs", factor=NS_PER_US)


def minute(instant_utc: str) -> str:
    """Write an ISO 8601 instant to the minute: `2026-11-23 17:05`."""
    return instant_utc[:16].replace("T", " ")


def plural(amount: int, one: str, many: str = "") -> str:
    """Write a count with its noun: 1 trial, 2 trials."""
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
