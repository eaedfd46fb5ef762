"""The table of what was sampled over time during a trial, `samples.csv`.

| column | meaning |
|---|---|
| `t_ns` | instant of the sample, ns from the trial's start |
| `num_pending`, `num_ack_pending` | of the consumer, as the server says; messages |
| `lag_msgs` | their sum |
| `num_redelivered` | messages now tracked as redelivered (a gauge) |
| `stream_msgs`, `stream_bytes` | of the stream; asked for at a lower rate, empty in between |
| `<role>_cpu_ns` | CPU time since the process began; `server`, `publisher-0`, … |
| `<role>_rss_bytes` | resident set |
| `<role>_wait_ns` | time its threads were ready to run and had no core; empty where not counted |
| `host_idle_ns` | time that nothing ran since the host began, over all cores |
| `host_steal_ns` | CPU time the hypervisor kept from this host since it began, over all cores |
| `host_throttled_ns` | time our control group waited for its quota since it began |
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from bench.core.errors import RecordError

BASE_COLUMNS = (
    "t_ns",
    "num_pending",
    "num_ack_pending",
    "lag_msgs",
    "num_redelivered",
    "stream_msgs",
    "stream_bytes",
)


def table(rows: Sequence[Mapping[str, int | None]]) -> pd.DataFrame:
    """Return the samples as a table of nullable integers, ordered by time."""
    frame = pd.DataFrame(list(rows))
    for column in BASE_COLUMNS:
        if column not in frame:
            frame[column] = pd.NA
    others = sorted(set(frame.columns) - set(BASE_COLUMNS))
    return frame[[*BASE_COLUMNS, *others]].astype("Int64").sort_values("t_ns", ignore_index=True)


def read(path: Path) -> pd.DataFrame:
    """Return the table of a samples file.

    Raises:
        RecordError: the file is missing or is not such a table.
    """
    try:
        frame = pd.read_csv(path, dtype="Int64")
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: not a readable samples file: {error}") from error
    missing = [column for column in BASE_COLUMNS if column not in frame]
    if missing:
        raise RecordError(f"{path}: columns missing: {', '.join(missing)}")
    return frame
