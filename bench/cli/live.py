"""The picture of a running trial: cell, phase, rates, p99 so far, lag as a sparkline, time left.

It is drawn a few times a second by the conductor, from what the workers tell anyway; nothing of it
is in the path of a message.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bench.core import text
from bench.core.units import NS_PER_S, human_clock, human_duration
from bench.engine.trial import Moment
from bench.spec.cast import Cast, Part, Side, instants
from bench.spec.lags import lag_of
from bench.spec.waiting import noted
from bench.spec.workload import Workload

BARS = "▁▂▃▄▅▆▇█"
SPARK_WIDTH = 40
RATE_SPAN_NS = 2 * NS_PER_S
"""Rates are taken over the last two seconds: steady to read, quick to follow."""

UNKNOWN = "–"

_COUNTERS = {Side.DRIVES: ("sent", "stored"), Side.OBSERVES: ("received", "handled", "acked")}
"""What a worker tells of each instant of a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """How far a run is.

    Attributes:
        ended: trials that have a record.
        total: that there are to be; at most, where the plan still grows.
        left_s: time left; likewise.
        grows: nobody knows yet how much is to come.
    """

    ended: int = 0
    total: int = 0
    left_s: float = 0.0
    grows: bool = False

    @property
    def now(self) -> str:
        """The trial that runs: `4/20`, or `4 of at most 97`."""
        return self._of(min(self.ended + 1, self.total))

    @property
    def done(self) -> str:
        """The trial that ended, likewise."""
        return self._of(self.ended)

    @property
    def left(self) -> str:
        """The time left: `1m35s left`, or `at most 1h20m left`."""
        return f"{'at most ' if self.grows else ''}{human_clock(self.left_s)} left"

    def _of(self, number: int) -> str:
        return f"{number}{' of at most ' if self.grows else '/'}{self.total}"


class LiveView:
    """What is drawn; told of every moment, asked for its picture by the display."""

    def __init__(self) -> None:
        self._cell = ""
        self._offered = ""
        self._done, self._counter, self._time = "", "", ""
        self._behind: tuple[str, str] | None = None
        self._length_ns = 1
        self._moments: deque[Moment] = deque()
        self._lags: deque[int] = deque(maxlen=SPARK_WIDTH)
        self._where = Where()

    def place(self, where: Where) -> None:
        """Note how far the run is."""
        self._where = where

    def begin(self, cell: str, workload: Workload, cast: Cast) -> None:
        """Note the cell of the next trial and forget the last one.

        Args:
            cell: what it is called here.
            workload: of the cell.
            cast: of the cell; says when operations are done with.
        """
        self._cell = cell
        part, done = instants(cast)[cast.done]
        self._done, self._counter = cast.done.replace(".", " "), _counters(part)[done.name]
        self._time = part.spans[-1].name.replace("_", "-")
        self._behind = _behind(cast)
        self._offered = workload.amount
        self._length_ns = workload.phases.warmup_ns + workload.phases.measure_ns
        self._moments.clear()
        self._lags.clear()

    def see(self, moment: Moment) -> None:
        """Note where the trial is."""
        self._moments.append(moment)
        while moment.elapsed_ns - self._moments[0].elapsed_ns > RATE_SPAN_NS:
            self._moments.popleft()
        progress = moment.progress
        # What was acknowledged early and waits for its handler is no lag of the server's.
        came, left = (getattr(progress, counter) for counter in self._behind or ("sent", "sent"))
        own_msgs = came - left if self._behind and came else -1
        if (lag_msgs := max(progress.lag_msgs, own_msgs)) >= 0:
            self._lags.append(lag_msgs)

    def __rich__(self) -> RenderableType:
        """Return the picture of now."""
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            f"trial {self._where.now}",
            ProgressBar(
                total=max(1, self._where.total),
                completed=self._where.ended + self._share(),
                width=30,
            ),
            self._where.left,
        )
        lines = (f"{self._cell}: {self._phase()}", self._figures(), self._lag())
        texts = (Text(line, overflow="ellipsis", no_wrap=True) for line in lines)
        return Group(bar, *texts)

    def line(self) -> str:
        """Return what the picture says of the trial in one plain line."""
        lag = f"lag {self._lags[-1]}" if self._lags else f"lag {UNKNOWN}"
        return (
            f"[{self._where.now}] {self._cell}: {self._phase()}: {self._figures().strip()}; {lag}"
        )

    def _share(self) -> float:
        if not self._moments:
            return 0.0
        return min(1.0, max(0.0, self._moments[-1].elapsed_ns / self._length_ns))

    def _phase(self) -> str:
        if not self._moments:
            return "starting"
        moment = self._moments[-1]
        return f"{moment.phase}, {max(0, moment.elapsed_ns) / NS_PER_S:.0f} s"

    def _figures(self) -> str:
        if not self._moments:
            return f"  offered {self._offered}"
        p99_ns = self._moments[-1].progress.recent_ns_p99
        p99 = human_duration(p99_ns) if p99_ns >= 0 else UNKNOWN
        return (
            f"  offered {self._offered}, sent {self._rate('sent')}, "
            f"{self._done} {self._rate(self._counter)}; {self._time} p99 of late {p99}"
        )

    def _rate(self, what: str) -> str:
        first, last = self._moments[0], self._moments[-1]
        span_s = (last.elapsed_ns - first.elapsed_ns) / NS_PER_S
        if span_s <= 0:
            return UNKNOWN
        grown = getattr(last.progress, what) - getattr(first.progress, what)
        return f"{text.number(grown / span_s)}/s"

    def _lag(self) -> str:
        if not self._lags:
            return f"  lag {UNKNOWN}"
        return f"  lag {text.count(self._lags[-1])} messages  {sparkline(self._lags)}"


def _counters(part: Part) -> Mapping[str, str]:
    """Return what workers tell of each of a part's instants; what was due counts as it is sent."""
    due = {instant.name: "sent" for instant in part.instants if instant.due}
    own = zip((each.name for each in noted(part)), _COUNTERS[part.side], strict=False)
    return due | dict(own)


def _behind(cast: Cast) -> tuple[str, str] | None:
    """Return the counters whose difference is the lag; None where no such two tell it.

    Of several parts each has a lag of its own, and one that is due some messages counts others.
    """
    parts = [part for part in cast.parts if part.levels]
    if len(parts) != 1 or (parts[0].side is Side.OBSERVES and parts[0].instants[0].due):
        return None
    level = lag_of(parts[0])
    known = {**_counters(cast.part(parts[0].flow)), **_counters(parts[0])}
    return known[level.came], known[level.left]


def sparkline(values: "deque[int]") -> str:
    """Return a bar for each value, the highest for the largest; all lowest when all are 0."""
    top = max(values)
    if top == 0:
        return BARS[0] * len(values)
    return "".join(BARS[round((len(BARS) - 1) * value / top)] for value in values)
