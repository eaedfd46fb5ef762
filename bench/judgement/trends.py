"""Variants from run to run, what else was not as in the run before, and where a level changed.

History only: runs share no blocks, so nothing here is a comparison, let alone a gate
(MEASUREMENT.md R10).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.judgement.summary import CellSummary, RunSummary
from bench.spec.metrics import Metric, View, metric_of, shown_in, time_key

HOST, CPU, SETTINGS = "host", "CPU", "settings"

_TIMES = ("end_to_end", "completion", "response")
"""The one that says most of a variant first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is not as in the run before.

    Attributes:
        word: what: `host`, `CPU`, `kernel`, `server`, `client`, `jetbench` or `settings`.
        before, now: as each run has it.
    """

    word: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A variant in one run.

    Attributes:
        run: the run.
        cell: the variant's cell in it.
        changes: what else is not as in the run before.
    """

    run: RunSummary
    cell: CellSummary
    changes: tuple[Change, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """What else is not as in the run before, in words."""
        return tuple(change.word for change in self.changes)

    def figure(self, key: str) -> float | None:
        """Return a figure; None where the run has none that can be."""
        value = self.cell.figures.get(key, (math.nan, None, None))[0]
        return value if 0 <= value < math.inf else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A variant under a workload over all runs that planned it.

    Attributes:
        workload, variant: names.
        points: oldest first.
    """

    workload: str
    variant: str
    points: tuple[Point, ...]

    @property
    def changed(self) -> list[str]:
        """What else changed from any run to the next, each once."""
        return list(dict.fromkeys(word for point in self.points for word in point.changed))


def trends_of(runs: Sequence[RunSummary]) -> tuple[Trend, ...]:
    """Return the trend of every variant under every workload, by name."""
    found: dict[tuple[str, str], list[tuple[RunSummary, CellSummary]]] = {}
    for run in sorted(runs, key=lambda run: (run.started_utc, run.run_id)):
        for cell in run.cells:
            for variant in cell.variants:
                found.setdefault((cell.workload, variant), []).append((run, cell))
    return tuple(
        Trend(workload=workload, variant=variant, points=_points(measured))
        for (workload, variant), measured in sorted(found.items())
    )


def ranked(points: Sequence[Point]) -> tuple[Metric, Metric]:
    """Return p50 and p99 of the time that these runs have and that says most of them."""
    known = dict.fromkeys(key for point in points for key in point.cell.figures)
    wanted = [time_key(time, "p99") for time in _TIMES]
    found = [key for want in wanted for key in known if key.rpartition(".")[2] == want]
    p99 = next(iter(found), wanted[0])
    return metric_of(p99.removesuffix("99") + "50"), metric_of(p99)


def followed(points: Sequence[Point]) -> tuple[Metric, ...]:
    """Return the figures that a trend follows: the two of its time, and what some run has."""
    others = [
        metric
        for metric in shown_in(View.TREND)
        if metric.unit != "ns" and any(metric.key in point.cell.figures for point in points)
    ]
    return (*ranked(points), *others)


def _points(measured: Sequence[tuple[RunSummary, CellSummary]]) -> tuple[Point, ...]:
    before = (measured[0], *measured)
    return tuple(
        Point(run=run, cell=cell, changes=_changes(earlier, (run, cell)))
        for earlier, (run, cell) in zip(before, measured, strict=False)
    )


def _changes(
    before: tuple[RunSummary, CellSummary], now: tuple[RunSummary, CellSummary]
) -> tuple[Change, ...]:
    """Return what differs; what one of them does not tell does not."""
    whole = bool(before[0].host and now[0].host)
    old, new = _surroundings(*before, whole=whole), _surroundings(*now, whole=whole)
    return tuple(
        Change(word=word, before=old[word], now=new[word])
        for word in old
        if old[word] and new[word] and old[word] != new[word]
    )


def _surroundings(run: RunSummary, cell: CellSummary, *, whole: bool) -> Mapping[str, str]:
    """Return where and with what a cell was measured; an older run tells host and CPU in one."""
    return {
        HOST: run.host if whole else run.machine,
        CPU: run.cpu if whole else "",
        "kernel": run.kernel,
        "server": run.server,
        "client": run.client,
        "jetbench": run.jetbench,
        SETTINGS: cell.settings,
    }
