"""Where a logarithmic axis of times has its ticks: round values, and enough of them to read it."""

import math
from collections.abc import Iterator, Sequence

from bench.core.text import THIN

COARSE_FROM = 3_000.0
"""From this ratio on ticks at 2 and 5 would run into each other."""

ENOUGH = 3
"""With fewer ticks in sight the eye cannot tell how far a dot is from the next one."""

ONE_VALUE = 1.001
"""What lies within less than this is drawn with a decade around it."""

_STEPS = (1, 2, 5, 10)
_FINER_STEPS = (1, 2, 2.5, 5, 10)

_ALIKE = 1e-9
"""Share within which a value is a round one, written with binary digits."""


def round_up(value: float, steps: Sequence[float] = _STEPS) -> float:
    """Return the next of 1, 2, 5, 10, 20, … that is no less than a value above 0."""
    decade = 10.0 ** math.floor(math.log10(value) + _ALIKE)
    return next(step * decade for step in steps if step * decade >= value * (1 - _ALIKE))


def round_down(value: float) -> float:
    """Return the last of 1, 2, 5, 10, 20, … that is no more than a value above 0."""
    decade = 10.0 ** math.floor(math.log10(value) + _ALIKE)
    return max(step * decade for step in _STEPS if step * decade <= value * (1 + _ALIKE))


def log_ticks(low: float, high: float) -> list[float]:
    """Return ticks for an axis from `low` to `high`, both above 0: 1, 2, 5, 10; or 20, 22, 24.

    They may go a little beyond both ends.
    """
    steps = (1, 2, 5) if high / low < COARSE_FROM else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    if high < ONE_VALUE * low or sum(low <= tick <= high for tick in ticks) >= ENOUGH:
        return ticks
    return list(_even(low, high))


def _even(low: float, high: float) -> Iterator[float]:
    """Yield multiples of a round step: within less than a decade a log axis is nearly even."""
    step = round_up((high - low) / (ENOUGH + 1), _FINER_STEPS)
    first, last = math.floor(low / step), math.ceil(high / step)
    for number in range(max(first, 1), last + 1):
        yield number * step


def tick_text(tick: float) -> str:
    """Write a tick without the noise of binary digits: `0.3`, `1 200`."""
    return f"{tick:,.6g}".replace(",", THIN)
