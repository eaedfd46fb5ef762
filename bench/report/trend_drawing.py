"""A trend as an SVG drawing: small enough for a page for each variant, and in need of no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.core.marks import State
from bench.core.units import NS_PER_MS
from bench.report.model import Drawing
from bench.report.ticks import log_ticks, tick_text

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 26, 34
OFFSET = 5
"""How far left and right of its run p50 and p99 stand, so that their whiskers do not overlap."""

MOST_DATES = 12

Figure = tuple[float, float | None, float | None]
"""Value and 90 % interval, ns; the ends are None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One run in a drawing.

    Attributes:
        when: day of the run.
        p99, p50: end-to-end times; None without one.
        changed: what else is not as in the run before.
        short: messages were lost or refused, say.
    """

    when: str
    p99: Figure | None
    p50: Figure | None
    changed: tuple[str, ...]
    short: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    """Heights on a logarithmic scale of ms."""

    low: float
    high: float

    def y(self, ms: float) -> float:
        """Return the height of a time, px from the top."""
        share = math.log(ms / self.low) / math.log(self.high / self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def drawing(marks: Sequence[Mark]) -> Drawing | None:
    """Return p99 and p50 of each run, oldest first; None where no run has one."""
    shown = [end for mark in marks for figure in (mark.p99, mark.p50) for end in _ends(figure)]
    if not shown:
        return None
    scale = _Scale(min(shown) / 1.25, max(shown) * 1.25)
    step = (WIDTH - LEFT - RIGHT) / len(marks)
    places = [LEFT + step * (index + 0.5) for index in range(len(marks))]
    parts = [
        *_grid(scale),
        *_dates(marks, places),
        *_changes(marks, places),
        *_crosses(marks, places),
        *_series(
            [(x - OFFSET, mark.p50) for x, mark in zip(places, marks, strict=True)], "p50", scale
        ),
        *_series(
            [(x + OFFSET, mark.p99) for x, mark in zip(places, marks, strict=True)], "p99", scale
        ),
        *_legend(),
    ]
    title = f"End-to-end p50 and p99 of {len(marks)} runs; the table below has the figures"
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return Drawing(
        id="trend",
        title="End-to-end time of each run, ms",
        caption=(
            "Filled: p99; hollow: p50; the bar is the 90 % interval over the run's trials where "
            "there are three. Runs stand in order, not to scale of time. A dotted line says that "
            f"something else changed, too; {State.FAILS.mark} that messages fell short, which "
            "no time shows."
        ),
        svg=head + "".join(parts) + "</svg>",
    )


def _ends(figure: Figure | None) -> list[float]:
    return [end / NS_PER_MS for end in figure or () if end]


def _grid(scale: _Scale) -> list[str]:
    parts = []
    for tick in log_ticks(scale.low, scale.high):
        if scale.low <= tick <= scale.high:
            y = scale.y(tick)
            parts.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
            parts.append(_text(LEFT - 8, y + 4, tick_text(tick), "end"))
    return [*parts, _line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "frame")]


def _dates(marks: Sequence[Mark], places: Sequence[float]) -> list[str]:
    every = -(-len(marks) // MOST_DATES)
    return [
        _text(x, HEIGHT - BOTTOM + 20, mark.when, "middle")
        for x, mark in list(zip(places, marks, strict=True))[::every]
    ]


def _changes(marks: Sequence[Mark], places: Sequence[float]) -> list[str]:
    half = (places[1] - places[0]) / 2 if len(places) > 1 else 0.0
    parts = []
    for x, mark in zip(places, marks, strict=True):
        if mark.changed:
            parts.append(_line(x - half, TOP, x - half, HEIGHT - BOTTOM, "change"))
            parts.append(_text(x - half + 4, TOP - 8, ", ".join(mark.changed), "start", "faint"))
    return parts


def _crosses(marks: Sequence[Mark], places: Sequence[float]) -> list[str]:
    return [
        _text(x, TOP + 12, State.FAILS.mark, "middle")
        for x, mark in zip(places, marks, strict=True)
        if mark.short
    ]


def _series(figures: Sequence[tuple[float, Figure | None]], name: str, scale: _Scale) -> list[str]:
    parts = []
    for x, figure in figures:
        if figure is None or figure[0] <= 0:
            continue
        value, low, high = figure
        if low and high:
            ends = (scale.y(low / NS_PER_MS), scale.y(high / NS_PER_MS))
            parts.append(_line(x, ends[0], x, ends[1], f"{name} whisker"))
        parts.append(_dot(x, scale.y(value / NS_PER_MS), name))
    return parts


def _legend() -> list[str]:
    return [
        _dot(WIDTH - 120, 10, "p50"),
        _text(WIDTH - 110, 14, "p50", "start"),
        _dot(WIDTH - 60, 10, "p99"),
        _text(WIDTH - 50, 14, "p99", "start"),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _dot(x: float, y: float, style: str) -> str:
    return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


def _text(x: float, y: float, words: str, anchor: str, style: str = "") -> str:
    written = escape(words)
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{written}</text>'
