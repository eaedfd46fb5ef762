"""A run on disk whose every message of a variant takes as long as the next."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.analysis import runs
from tests.parts import Time

TIMES = (Time.DELIVERY, Time.END_TO_END)


def make_run(path: Path, scales: Mapping[str, float]) -> None:
    """Write a run of 5 blocks.

    Args:
        path: of the run's directory.
        scales: variant -> how many times 10 ms its messages take.
    """
    plan = runs.plan([runs.cell(name) for name in scales], blocks=5)
    store = runs.store(path, plan)
    for trial in plan.trials:
        times = np.full(1000, round(1e7 * scales[trial.cell_id]), dtype=np.int64)
        seconds = [times] * (runs.WARMUP_S + runs.WINDOW_S)
        store.write_trial(
            runs.record(trial),
            runs.intervals(dict.fromkeys(TIMES, seconds)),
            runs.sampled([10] * (runs.TOTAL_S * 10)),
        )
