"""A disturbance: what happened, how long recovery took, and both rate and lag on one time axis."""

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from bench.analysis.figures import Array
from bench.core import text
from bench.draw import svg
from bench.draw.axis import of_amounts, of_seconds
from bench.draw.chart import Field, Size, thinned
from bench.draw.span import Span, span
from bench.draw.ticks import tick_text
from bench.judgement.kinds import Disturbance
from bench.report.model import Drawing, Name, Sentence, Text

_SIZES = (Size("tl desk", 1120, 99, left=80), Size("tl phone", 360, 4, left=0))
"""The names of the panels stand beside them; on a narrow screen above."""

_TITLES = {"acked": "Acknowledged"}

_UNITS_A_POINT = 4
_HEIGHT, _TOP = 176, 32
_RATE, _LAG = (50, 84), (104, 154)
"""Top and bottom of the two panels."""


def blocks(found: Disturbance, id_: str) -> tuple[Text, Drawing]:
    """Return the sentence, and the drawing for a wide and for a narrow screen."""
    drawing = Drawing(
        id=id_,
        title=f"{_TITLES.get(found.done, found.done.capitalize())} a second, and lag in messages",
        caption="One trial. Shaded: the fault. Dashed: level again.",
        svg=Markup().join(_drawn(found, size) for size in _SIZES),
    )
    return (Text(sentence(found)), drawing)


def sentence(found: Disturbance) -> Sentence:
    """Say what happened, how long recovery took and what it cost."""
    lasted = _seconds(found.end_s - found.begin_s)
    cost = [_count(found.lost, "lost", "nothing lost"), _count(found.twice, "delivered twice", "")]
    said = f" {_recovered(found)}; {', '.join(filter(None, cost))}."
    return (Name(f"{found.what} for {lasted}:"), said)


def _recovered(found: Disturbance) -> str:
    recovery = found.recovery
    if recovery is None:
        left = _seconds(found.length_s - found.end_s)
        return f"not back to its old lag when the trial ended, {left} later"
    interval = ""
    if recovery.low_s is not None or recovery.high_s is not None:
        interval = f" ({text.ends(recovery.low_s, recovery.high_s, _seconds)})"
    return f"back to its old lag after {_seconds(recovery.time_s)}{interval}"


def _count(messages: int | None, word: str, none: str) -> str:
    if messages is None:
        return f"nobody can tell how many were {word}"
    return f"{text.count(messages)} {word}" if messages else none


def _seconds(time_s: float) -> str:
    return f"{tick_text(float(f'{time_s:.3g}'))} s"


def _drawn(found: Disturbance, size: Size) -> Markup:
    rate, lag = (
        Field(
            left=size.left,
            right=size.width - 10,
            top=top,
            bottom=bottom,
            x=of_seconds(found.length_s),
            y=of_amounts(values[~np.isnan(values)]),
        )
        for (top, bottom), values in ((_RATE, found.acked_per_s), (_LAG, found.lag_msgs))
    )
    parts = (
        *_fault(found, rate, size),
        *_curve(f"{found.done} /s", found.t_s, found.acked_per_s, rate, size),
        *_curve("lag, msgs", found.t_s, found.lag_msgs, lag, size),
        *_highest(found, lag),
        *lag.frame(size.most_ticks),
    )
    label = f"{found.what} from {_seconds(found.begin_s)} to {_seconds(found.end_s)}: "
    label += f"{_recovered(found)}; {_peak(found)}"
    return svg.drawing(size.style, (0, 0, size.width, _HEIGHT), label, parts, stretched=False)


def _fault(found: Disturbance, field: Field, size: Size) -> Iterator[Markup]:
    left, right = map(field.across, (found.begin_s, found.end_s))
    words = Span(left=left, right=right, begins=found.began, ends=found.ended)
    yield from span(words, _TOP, _LAG[1], size.width)
    if found.recovery is not None:
        x = field.across(found.end_s + found.recovery.time_s)
        yield svg.upright("off", x, _TOP, _LAG[1])
        word = f"level after {_seconds(found.recovery.time_s)}"
        yield svg.beside(x, _TOP + 10, word, 4, turned=x > field.right - 110)


def _curve(name: str, t_s: Array, values: Array, field: Field, size: Size) -> Iterator[Markup]:
    points = zip(*thinned(t_s, values, size.width // _UNITS_A_POINT), strict=True)
    yield svg.words(0, field.bottom - 4 if size.left else field.top - 6, name)
    yield svg.path("ln2", field.way(list(points)))


def _highest(found: Disturbance, field: Field) -> Iterator[Markup]:
    if not np.isnan(found.lag_msgs).all():
        place = np.nanargmax(found.lag_msgs)
        x, y = field.at(float(found.t_s[place]), float(found.lag_msgs[place]))
        yield svg.words(x + 8, y + 4, text.count(round(float(found.lag_msgs[place]))))


def _peak(found: Disturbance) -> str:
    if np.isnan(found.lag_msgs).all():
        return "its lag was not told"
    return f"lag peaks at {text.plural(round(float(np.nanmax(found.lag_msgs))), 'message')}"
