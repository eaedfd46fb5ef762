"""What the disturbances of a cell came to: one trial as it was, and recovery over its blocks."""

from collections.abc import Iterator

import numpy as np

from bench.analysis.figures import Array, CellFigures, Estimate, Series, TrialFigures
from bench.core.units import NS_PER_S
from bench.judgement.kinds import Disturbance, Recovery
from bench.record.schema import Disturbed, Window
from bench.spec.disturbances import SERVER, named
from bench.spec.metrics import RECOVERY

_WORDS = {
    "crash": ("killed", "begun anew"),
    "pause": ("stopped", "going on"),
    "restart-server": ("stopped", "there again"),
}
"""At the two lines of a disturbance."""


def disturbances_of(cell: CellFigures) -> tuple[Disturbance, ...]:
    """Return what each disturbance did in the first valid trial of a cell; none where none was."""
    for trial in cell.trials:
        window, series = trial.record.window, trial.series
        if trial.record.valid and window is not None and series is not None:
            return tuple(_of_trial(cell, trial, window, series))
    return ()


def _of_trial(
    cell: CellFigures, trial: TrialFigures, window: Window, series: Series
) -> Iterator[Disturbance]:
    estimate = cell.estimates.get(RECOVERY)
    for each in trial.record.disturbances:
        if each.begun_ns >= 0 and each.ended_ns >= 0:
            began, ended = _WORDS[each.do]
            whom = each.part or SERVER
            yield Disturbance(
                what=named(each.do, each.part).capitalize(),
                began=f"{whom} {began}",
                ended=ended,
                begin_s=each.begun_ns / NS_PER_S,
                end_s=each.ended_ns / NS_PER_S,
                length_s=window.drained_ns / NS_PER_S,
                recovery=_recovery(each, estimate, alone=len(trial.record.disturbances) == 1),
                lost=_total(trial, "lost"),
                twice=_total(trial, "duplicates"),
                t_s=series.sample_s,
                acked_per_s=_each_second(series, trial.record.cast.done),
                lag_msgs=series.lag_msgs,
                done=trial.record.cast.done.rpartition(".")[2],
            )


def _recovery(each: Disturbed, estimate: Estimate | None, *, alone: bool) -> Recovery | None:
    """Return how long the slowest part took; over the blocks where there is one disturbance."""
    times_ns = each.recovery_ns.values()
    if not times_ns or min(times_ns) < 0:
        return None
    if alone and estimate is not None:
        low, high = (
            None if end is None else max(0.0, end / NS_PER_S)
            for end in (estimate.low, estimate.high)
        )
        return Recovery(time_s=estimate.value / NS_PER_S, low_s=low, high_s=high)
    return Recovery(time_s=max(times_ns) / NS_PER_S, low_s=None, high_s=None)


def _total(trial: TrialFigures, word: str) -> int | None:
    """Return a count of all parts together; None where nobody can tell it of one."""
    known = [trial.record.known(name) for name in trial.record.cast.having(word)]
    return None if None in known else sum(count for count in known if count is not None)


def _each_second(series: Series, done: str) -> Array:
    """Return how many were done a second at each sample: what its slice has, shape (n,)."""
    rates = series.rates.get(done)
    if rates is None or not rates.size:
        return np.full(series.sample_s.size, np.nan)
    return np.asarray(rates[np.minimum(series.sample_s.astype(int), rates.size - 1)])
