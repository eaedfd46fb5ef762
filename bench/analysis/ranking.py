"""Which time the cells of a workload are ranked by, and why."""

from collections.abc import Iterable

from bench.analysis.figures import CellFigures
from bench.plan.model import Cell, Plan
from bench.spec.acking import ack_moments, acks_differ, acks_early
from bench.spec.metrics import Metric, find_metric, metric_of, time_key


def ranking_time(cells: Iterable[CellFigures]) -> str:
    """Return the time that cells are ranked by.

    End-to-end, but completion where they acknowledge at different moments, or one of them before
    the handler: such an ack ends a message's end-to-end time, not the work.
    """
    return _time_of(cell.cell for cell in cells)


def ranking_key(cells: Iterable[CellFigures], percentile: str = "p99") -> str:
    """Return the key of that time at a percentile."""
    return time_key(ranking_time(cells), percentile)


def ranking_reason(cells: Iterable[CellFigures]) -> str:
    """Return why cells are ranked by completion, as a sentence; empty where they are not."""
    settings = [cell.cell.settings for cell in cells]
    moments = ack_moments(settings)
    if len(moments) < 2:
        return _EARLY if acks_early(settings) else ""
    return (
        "Ranked by completion, when the handler is done, and not by end-to-end: these variants "
        f"acknowledge at different moments ({', '.join(moments)}), and what acks sooner is not "
        "done sooner."
    )


_EARLY = (
    "Ranked by completion, when the handler is done, and not by end-to-end: an ack before the "
    "handler ends the end-to-end time, however late the work is done."
)


def primary_of(plan: Plan) -> Metric:
    """Return the figure that a run's recommendation goes by; its own choice where it made none."""
    return (
        _named(plan.primary) if plan.primary else metric_of(time_key(_time_of(plan.cells), "p99"))
    )


def secondary_of(plan: Plan) -> tuple[Metric, ...]:
    """Return the figures that decide where the primary cannot."""
    return tuple(map(_named, plan.secondary))


def asked_of(plan: Plan, workload: str) -> frozenset[str]:
    """Return the keys of the figures that a workload's cells are ranked by."""
    time = _time_of(cell for cell in plan.cells if cell.workload_name == workload)
    named = (primary_of(plan), *secondary_of(plan)) if plan.success else ()
    return frozenset((time_key(time, "p99"), *(metric.key for metric in named)))


def _time_of(cells: Iterable[Cell]) -> str:
    compared = tuple(cells)
    settings = [cell.settings for cell in compared]
    ranked = compared[0].cast.ranked
    common = [time for time in ranked if all(time in cell.cast.ranked for cell in compared)]
    return common[-1 if acks_differ(settings) else 0]


def _named(name: str) -> Metric:
    metric = find_metric(name)
    if metric is None:
        raise ValueError(f"a plan holds the unknown metric {name}")
    return metric
