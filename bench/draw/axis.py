"""Axes that the rows of a table share: where a value stands, and which ticks help to read it."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from markupsafe import Markup

from bench.core.text import MINUS, Scale
from bench.draw.ticks import log_ticks, round_down, round_up, tick_text

MOST_TICKS = 7
"""More words would run into each other on a phone."""

ROOM = 0.06
"""Share of an axis of changes that stays free at either end, so that a whole ○ fits in."""

NARROWEST = math.log(1.25)
"""An axis of changes reaches at least so far to either side, so that the margin is seen."""

_DOUBLINGS_FROM = math.log(2.5)
_TENFOLD_FROM = math.log(100)
"""Spans, as logarithms of ratios, from which ticks are doublings, and powers of ten."""


class Spacing(Enum):
    """What is even on an axis."""

    EVEN = "even"
    LOG = "log"
    SHARES = "shares"
    """Ratios, of which the values are the shares above 1: 0 is `same`, 1.0 is `×2`."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A value that an axis names."""

    value: float
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A range of values from left to right.

    Attributes:
        low, high: values at its ends, low < high; above 0 if LOG, above -1 if SHARES.
        spacing: what is even.
        ticks: from left to right, all within the ends.
        shares: its values are changes as shares, however they are spaced.
    """

    low: float
    high: float
    spacing: Spacing
    ticks: tuple[Tick, ...]
    shares: bool = False

    def share(self, value: float) -> float:
        """Return where a value stands, from 0 at the left end to 1; what is outside, at the end."""
        if value <= self.low or value >= self.high:
            return float(value >= self.high)
        low, at, high = (_evened(each, self.spacing) for each in (self.low, value, self.high))
        return (at - low) / (high - low)

    def x(self, value: float, width: float) -> float:
        """Return where a value stands in a drawing of that width, to a tenth of its units."""
        return round(self.share(value) * width, 1)

    def fewer(self) -> "Axis":
        """Return the axis with the words that a phone has room for: no change, and far ends."""
        ends, same = self.ticks[:1] + self.ticks[-1:], self.share(0.0)
        far = [tick for tick in ends if abs(self.share(tick.value) - same) > 0.3]  # else they touch
        return replace(self, ticks=(*far, *(tick for tick in self.ticks if not tick.value)))

    def labels(self, style: str = "") -> Markup:
        """Return the words of the ticks as HTML at percentages, which no drawing stretches."""
        ticks = Markup().join(
            Markup('<i style="left:{}%">{}</i>').format(
                f"{100 * self.share(tick.value):.1f}", tick.word
            )
            for tick in self.ticks
        )
        return Markup('<span class="{}" aria-hidden="true">{}</span>').format(
            f"axs {style}".rstrip(), ticks
        )


def _evened(value: float, spacing: Spacing) -> float:
    if spacing is Spacing.EVEN:
        return value
    return math.log(value) if spacing is Spacing.LOG else math.log1p(value)


def of_times(ends_ns: Iterable[float], scale: Scale) -> Axis | None:
    """Return an axis of times from tick to tick, `0.2 0.5 1 2 5`, that holds all of `ends_ns`.

    Args:
        ends_ns: times above 0; others have no place on it.
        scale: unit of its words.

    Returns:
        None without any time.
    """
    times = [ns / scale.factor for ns in ends_ns if 0 < ns < math.inf]
    if not times:
        return None
    low, high = round_down(min(times)), round_up(max(times))
    if low == high:
        low, high = round_down(low * 0.99), round_up(high * 1.01)
    ticks = [
        Tick(tick * scale.factor, tick_text(tick))
        for tick in log_ticks(low, high)
        if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)
    ]
    return Axis(
        low=low * scale.factor,
        high=high * scale.factor,
        spacing=Spacing.LOG,
        ticks=_thinned(ticks, low * scale.factor),
    )


def of_changes(changes: Iterable[float], written: Callable[[float], str] | None = None) -> Axis:
    """Return an axis common to changes that always holds `same`.

    Args:
        changes: as shares of the baseline, which stand by their ratio, so that ×2 is as far from
            `same` as half is.
        written: writes a change that is no share; such changes stand evenly. So do shares of -1
            or less, which no ratio says.
    """
    found = [change for change in changes if math.isfinite(change)]
    if written is not None or min(found, default=0.0) <= -1:
        even = _even_changes(found, written or _share_word)
        return replace(even, shares=written is None)
    logs = [math.log1p(change) for change in found]
    low, high = min([-NARROWEST, *logs]), max([NARROWEST, *logs])
    room = (high - low) * ROOM
    low, high = low - room, high + room
    ticks = [tick for tick in _change_ticks(low, high) if low <= math.log1p(tick.value) <= high]
    return Axis(
        low=math.expm1(low),
        high=math.expm1(high),
        spacing=Spacing.SHARES,
        ticks=_thinned(ticks, 0.0),
        shares=True,
    )


def _change_ticks(low: float, high: float) -> list[Tick]:
    widest = max(-low, high)
    if widest < _DOUBLINGS_FROM:
        step = next(s for s in (10, 20, 50) if s >= 100 * math.expm1(widest) / 3.5)
        return [Tick(n / 100, _share_word(n / 100)) for n in range(-90, 200, 10) if n % step == 0]
    base = 2 if widest < _TENFOLD_FROM else 10
    power = math.ceil(widest / math.log(base))
    return [_factor_tick(base, n) for n in range(-power, power + 1)]


def _factor_tick(base: int, power: int) -> Tick:
    sign = "×" if power > 0 else "÷"
    word = f"{sign}{tick_text(base ** abs(power))}" if power else "same"
    return Tick(float(base) ** power - 1, word)


def _share_word(share: float) -> str:
    sign = "+" if share > 0 else MINUS
    return f"{sign}{tick_text(abs(share) * 100)} %" if share else "same"


def _even_changes(changes: list[float], written: Callable[[float], str]) -> Axis:
    low, high = min([0.0, *changes]), max([0.0, *changes])
    room = (high - low) * ROOM or 1.0
    return _even(low - room, high + room, lambda value: written(value) if value else "same")


def of_amounts(amounts: Iterable[float]) -> Axis:
    """Return an axis from 0 to a round value above amounts that are 0 or more."""
    most = max([amount for amount in amounts if math.isfinite(amount)], default=0.0)
    return _even(0.0, round_up(most) if most > 0 else 1.0, tick_text)


def close_to(amounts: Iterable[float]) -> Axis:
    """Return an axis from 0 to just above amounts that are 0 or more; what lies there has room."""
    most = max([amount for amount in amounts if math.isfinite(amount)], default=0.0)
    return _even(0.0, most * (1 + ROOM) if most > 0 else 1.0, tick_text)


def of_seconds(length_s: float) -> Axis:
    """Return an axis of time from 0 to just there."""
    return _even(0.0, length_s, lambda time_s: f"{tick_text(time_s)} s")


def _even(low: float, high: float, written: Callable[[float], str]) -> Axis:
    step = round_up((high - low) / (MOST_TICKS - 2))
    numbers = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ticks = tuple(Tick(n * step, written(n * step)) for n in numbers)
    return Axis(low=low, high=high, spacing=Spacing.EVEN, ticks=ticks)


def _thinned(ticks: list[Tick], kept: float) -> tuple[Tick, ...]:
    """Return at most MOST_TICKS at even distances; the one at `kept` stays."""
    every = -(-len(ticks) // MOST_TICKS)
    place = next((n for n, tick in enumerate(ticks) if tick.value == kept), 0)
    return tuple(ticks[place % every :: every]) if ticks else ()
