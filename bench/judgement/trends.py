"""Variants from run to run, and what else was not as in the run before.

History only: runs share no blocks, so nothing here is a comparison, let alone a gate
(MEASUREMENT.md R10).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.judgement.summary import CellSummary, RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A variant in one run.

    Attributes:
        run: the run.
        cell: the variant's cell in it.
        changed: what else is not as in the run before: host, server, client or settings.
    """

    run: RunSummary
    cell: CellSummary
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A variant under a workload over all runs that measured it.

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


def _points(measured: Sequence[tuple[RunSummary, CellSummary]]) -> tuple[Point, ...]:
    before = (measured[0], *measured)
    return tuple(
        Point(run=run, cell=cell, changed=_changed(earlier, (run, cell)))
        for earlier, (run, cell) in zip(before, measured, strict=False)
    )


def _changed(
    before: tuple[RunSummary, CellSummary], now: tuple[RunSummary, CellSummary]
) -> tuple[str, ...]:
    pairs = {
        "host": (before[0].machine, now[0].machine),
        "server": (before[0].server, now[0].server),
        "client": (before[0].client, now[0].client),
        "settings": (before[1].settings, now[1].settings),
    }
    return tuple(word for word, (old, new) in pairs.items() if old != new)
