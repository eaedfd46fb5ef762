"""Numbers and words as people read them; the one place that writes a figure for a person.

The same value reads the same on the terminal, in a report, in Markdown and in JUnit. Pure.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.core.units import (
    NS_PER_MS,
    NS_PER_S,
    NS_PER_US,
    decimals_of,
    format_share,
    human_duration,
    human_size,
)

NA = "n/a"
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
"""Between groups of three digits."""

_AS_FACTOR = 0.995
"""From this increase on, which would round to +100 %, a change reads as a factor: `×2.46`."""

_WHOLE_PERCENT = 9.95
"""From this size on a change reads in whole percents, below it to a tenth."""

_ALIKE_WITHIN = 1e-9
"""Shares so close are the same one, written with binary digits."""

_MOST_FINER = 9
"""So many digits more tell any two shares apart that are not alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The unit that a whole column is written in, so that its numbers can be compared at sight.

    Attributes:
        unit: as printed.
        factor: how many of the stored unit make one.
    """

    unit: str
    factor: float


def number(value: float, digits: int = 3) -> str:
    """Write `value` with so many significant digits, whole from 100 up: 12345.6 -> `12 346`."""
    size = abs(value)
    if not math.isfinite(value):
        return NA
    if size < 0.0005:
        text = "0" if size == 0 else f"{size:.{digits - 2}e}"
    else:
        text = f"{size:,.{max(0, decimals_of(size, digits))}f}".replace(",", THIN)
    return MINUS + text if value < 0 and text != "0" else text


def count(value: int) -> str:
    """Write a count in groups of three: 12345 -> `12 345`."""
    return f"{value:,}".replace(",", THIN).replace("-", MINUS)


def slope(msgs_per_s: float, digits: int = 3) -> str:
    """Write a slope with its sign, to a tenth of a message a second: 3.388 -> `+3.4`.

    With more than three digits it is finer by the others.
    """
    size = abs(msgs_per_s)
    written = f"{size:.{digits - 2}f}" if size < 99.95 else number(size, digits)
    return ("+" if msgs_per_s > 0 else MINUS if msgs_per_s < 0 else "") + written


def share(amount: float) -> str:
    """Write a change, as a share of what was, with its sign.

    0.052 -> `+5.2 %`, 0.129 -> `+13 %`, 1.46 -> `×2.46`, -0.46 -> `−46 %`; below 0.05 % `±0 %`.
    """
    return _on_its_side(amount, (_NOTHING_LEFT,))


def share_beside(amount: float, limit: float) -> str:
    """Write a change as `share` does, and as finely as it takes to stand on its side of a limit.

    0.104 beside 0.1 -> `+10.4 %`, for `+10 %` would read like the limit itself. No change is a
    limit too: 0.0003 -> `+0.03 %`.
    """
    return _on_its_side(amount, (_NOTHING_LEFT, 0.0, limit))


def share_limit(limit: float) -> str:
    """Write a limit of changes with every digit that it was set with: 0.125 -> `+12.5 %`."""
    digits = format_share(abs(limit)).removesuffix("%")
    return f"{'+' if limit > 0 else MINUS}{digits} %"


def share_interval(low: float, high: float, limit: float | None = None) -> str:
    """Write both ends of an interval of changes: `+4.0 % to +12 %`.

    Ends that differ read differently, and each stands on its side of a limit that there is.
    """
    limits = (_NOTHING_LEFT,) if limit is None else (_NOTHING_LEFT, 0.0, limit)
    ends = [share(low)]
    for finer in range(_MOST_FINER):
        ends = [_on_its_side(end, limits, finer) for end in (low, high)]
        if ends[0] != ends[1] or _alike(low, high):
            break
    return interval(*ends)


def interval(low: str, high: str) -> str:
    """Join the written ends of an interval; one that is a point says that it is no interval.

    `−30 % to −30 %` reads like a misprint; whoever sees `no spread seen` knows why.
    """
    return f"{low} to {high}" if low != high else f"{low}, no spread seen"


_NOTHING_LEFT = -1.0
"""A fall by 99.7 % leaves something, and does not read as one by all."""


def _on_its_side(amount: float, limits: Sequence[float], finer: int = 0) -> str:
    if not math.isfinite(amount):
        return NA
    apart = [limit for limit in limits if not _alike(amount, limit)]
    while finer < _MOST_FINER and not all(_same_side(amount, finer, limit) for limit in apart):
        finer += 1
    size, places = _rounded(amount, finer)
    digits = f"{size:,.{max(places, 0)}f}".replace(",", THIN)
    if amount >= _AS_FACTOR:
        return f"×{digits}"
    return f"{'+' if amount > 0 else MINUS}{digits} %" if size else "±0 %"


def _rounded(amount: float, finer: int) -> tuple[float, int]:
    """Return a change as it reads, a factor or a size in percent, and to how many decimals."""
    if amount >= _AS_FACTOR:
        size, places = amount + 1, decimals_of(amount + 1, 3 + finer)
    else:
        size = abs(amount) * 100
        places = finer if size >= _WHOLE_PERCENT else finer + 1
    return round(size, places), places


def _same_side(amount: float, finer: int, limit: float) -> bool:
    """Say whether a change still reads as above or below a limit, as it is."""
    size, _ = _rounded(amount, finer)
    as_read = size - 1 if amount >= _AS_FACTOR else math.copysign(size / 100, amount)
    return not _alike(as_read, limit) and (as_read > limit) is (amount > limit)


def _alike(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_ALIKE_WITHIN, abs_tol=_ALIKE_WITHIN)


def change(ratio: float) -> str:
    """Write how far a ratio is from 1, as `share` does: 1.142 -> `+14 %`, 25.0 -> `×25.0`."""
    return share(ratio - 1)


def size_of(amount: float) -> str:
    """Write the size of a change, whichever way it goes: 0.052 -> `5.2 %`.

    A fall by nearly all is a share and no factor: -0.998 -> `99.8 %`.
    """
    return share(amount).lstrip(f"+±{MINUS}")


def size_beside(amount: float, limit: float) -> str:
    """Write the size of a change that goes the way of a limit, as finely as `share_beside` does."""
    return share_beside(math.copysign(amount, limit), limit).lstrip(f"+±{MINUS}")


def ends(low: float | None, high: float | None, written: Callable[[float], str]) -> str:
    """Write an interval: `+4.0 % to +12 %`, `+4.0 % or more` where it has one end, else `n/a`."""
    if low is None:
        return NA if high is None else f"{written(high)} or less"
    if high is None:
        return f"{written(low)} or more"
    both = [written(low), written(high)]
    return interval(*both) if _alike(low, high) else " to ".join(both)


def percent(part: float, digits: int = 3) -> str:
    """Write a fraction as a percentage: 0.123 -> `12.3 %`."""
    return f"{number(part * 100, digits)} %"


_IN_UNIT: dict[str, Callable[[float, int], str]] = {
    "ns": human_duration,
    "bytes": human_size,
    "bytes/s": lambda size, digits: f"{human_size(size, digits)}/s",
    "share": percent,
    "msg/s": lambda rate, digits: f"{number(rate, digits)} msg/s",
    "msgs": lambda msgs, digits: (
        _whole_or_not(msgs, digits) + (" message" if msgs == 1 else " messages")
    ),
    "µs/msg": lambda us, digits: f"{number(us, digits)} µs/msg",
}


def _whole_or_not(msgs: float, digits: int) -> str:
    return count(int(msgs)) if float(msgs).is_integer() else number(msgs, digits)


def in_unit(amount: float, unit: str, digits: int = 3) -> str:
    """Write an amount with its unit (of bench.spec.metrics): 1230000 ns -> `1.23 ms`."""
    return _IN_UNIT[unit](amount, digits).replace("-", MINUS)


def finely(written: Callable[[float, int], str], amount: float, *others: float) -> str:
    """Write an amount with as many digits as it takes to differ from others that it is not.

    Args:
        written: writes an amount with a number of significant digits.
        amount: to be written; three digits where that is enough.
        others: a limit that it is judged against, or the other end of an interval.
    """
    apart = [other for other in others if not _alike(amount, other)]
    for digits in range(3, 3 + _MOST_FINER):
        found = written(amount, digits)
        if all(found != written(other, digits) for other in apart):
            break
    return found


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
