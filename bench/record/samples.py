"""The table of what was sampled over time during a trial, `samples.csv`.

| column | meaning |
|---|---|
| `t_ns` | instant of the sample, ns from the trial's start |
| `num_pending`, `num_ack_pending` | of the consumer, as the server says; messages |
| `lag_msgs` | their sum |
| `lag_wait_ns` | from that question to its answer; the sample's instant lies in the middle |
| `lag_msgs_least`, `lag_msgs_most` | what `lag_msgs` can have been by our own instants |
| `unhandled_msgs` | by our own instants: stored and not handled; every tenth of a second |
| `unacked_msgs` | likewise, stored and not acknowledged; empty where the variant never acks |
| `<level>_msgs` | likewise, each other level that the cast has |
| `<level>_oldest_ns` | of each level: age of what waits longest in it, 0 where nothing does |
| `num_redelivered` | messages now tracked as redelivered (a gauge) |
| `num_waiting` | pull requests that wait on the server |
| `stream_msgs`, `stream_bytes` | of the stream; asked for at a lower rate, empty in between |
| `beside.<storage>_msgs`, `beside.<storage>_bytes` | of streams that no consumer takes from |
| `<role>_cpu_ns` | CPU time since the process began; `server`, `publisher-0`, … |
| `<role>_rss_bytes` | resident set |
| `<role>_wait_ns` | time its threads were ready to run and had no core; empty where not counted |
| `<role>_in_bytes`, `<role>_out_bytes` | of its TCP connections so far; empty where not told |
| `host_idle_ns` | time that nothing ran since the host began, over all cores |
| `host_steal_ns` | CPU time the hypervisor kept from this host since it began, over all cores |
| `host_throttled_ns` | time our control group waited for its quota since it began |
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.core.errors import RecordError
from bench.record import digits
from bench.record.reading import MOST, bounded_bytes

BASE_COLUMNS = (
    "t_ns",
    "num_pending",
    "num_ack_pending",
    "lag_msgs",
    "num_redelivered",
    "stream_msgs",
    "stream_bytes",
)
OWN_COLUMNS = (
    "lag_wait_ns",
    "lag_msgs_least",
    "lag_msgs_most",
    "unhandled_msgs",
    "unacked_msgs",
)
"""Not there in records of versions that had the server's lag alone."""

BESIDE = "beside"
"""Begins the names of what streams hold together that no consumer takes from."""

MAX_BYTES = 96 * 1024**2
"""Above eight hours of a trial with some thirty rows a second, most of them of few cells."""

_TABLE = re.compile(rb"[^\n]*\n[-\d,.\r\n]*")
"""A head and nothing but numbers: pandas reads much else as one, and warns as it fails."""

_NUMBER = re.compile(r"(-?\d{1,18}(\.0*)?)?")


def prefix(part: str, watched: int) -> str:
    """Return what stands before the columns that the server tells of a part's consumer.

    Nothing where it is the only one of so many that are watched, else `<part>.`.
    """
    return "" if watched == 1 else f"{part}."


def table(rows: Sequence[Mapping[str, int | None]]) -> pd.DataFrame:
    """Return the samples as a table of nullable integers, ordered by time."""
    frame = pd.DataFrame(list(rows))
    ours = (*BASE_COLUMNS, *OWN_COLUMNS)
    for column in ours:
        if column not in frame:
            frame[column] = pd.NA
    others = sorted(set(frame.columns) - set(ours))
    return frame[[*ours, *others]].astype("Int64").sort_values("t_ns", ignore_index=True)


def read(path: Path) -> pd.DataFrame:
    """Return the table of a samples file.

    Raises:
        RecordError: the file is missing or is not such a table; with the line.
    """
    content = bounded_bytes(path, MAX_BYTES)
    if not _TABLE.fullmatch(content):
        raise RecordError(_unreadable(path, content, "more than numbers"))
    plain = digits.table(content)
    frame = _as_pandas_reads(path, content) if plain is None else plain
    missing = [column for column in BASE_COLUMNS if column not in frame]
    if missing:
        raise RecordError(f"{path}:1: columns missing: {', '.join(missing)}")
    for row, what in (*_faults(frame), *(_below_0(frame) if plain is None else ())):
        raise RecordError(f"{path}:{row + 2}: {what}")
    return frame


def _as_pandas_reads(path: Path, content: bytes) -> pd.DataFrame:
    try:
        return pd.read_csv(io.BytesIO(content), dtype="Int64", index_col=False)
    except (ValueError, TypeError, OverflowError) as error:
        raise RecordError(_unreadable(path, content, str(error))) from error


def _faults(frame: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Yield the first row of each fault of what was read, with what is wrong there."""
    t_ns = frame["t_ns"].to_numpy(dtype=np.float64, na_value=np.nan)
    yield from _first(np.isnan(t_ns), "t_ns is empty")
    yield from _first(np.abs(t_ns) > MOST, "t_ns lies beyond any trial")
    yield from _first(np.diff(t_ns, prepend=-np.inf) < 0, "t_ns goes back")


def _below_0(frame: pd.DataFrame) -> Iterator[tuple[int, str]]:
    # All at once: column by column takes a fifth of the time that reading a run takes.
    others = frame.drop(columns="t_ns")
    below = others.to_numpy(dtype=np.float64, na_value=np.nan) < 0
    for place in np.flatnonzero(below.any(axis=0)).tolist():
        yield int(below[:, place].argmax()), f"{others.columns[place]} is below 0"


def _first(wrong: NDArray[np.bool_], what: str) -> Iterator[tuple[int, str]]:
    if wrong.any():
        yield int(wrong.argmax()), what


def _unreadable(path: Path, content: bytes, error: str) -> str:
    """Say what keeps a table from being read, with the line where that can be told."""
    head, *rows = content.decode("utf-8", errors="replace").splitlines() or [""]
    columns = head.count(",") + 1
    for number, row in enumerate(rows, start=2):
        cells = row.split(",")
        odd = next((cell for cell in cells if _NUMBER.fullmatch(cell) is None), None)
        if odd is not None:
            return f"{path}:{number}: not a readable samples file: {odd!r} is no whole number"
        if len(cells) > columns:
            return f"{path}:{number}: not a readable samples file: more cells than columns"
    return f"{path}: not a readable samples file: {error}"
