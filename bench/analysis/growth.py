"""How fast streams grow within the window, and when the first will have reached its limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.figures import Array, Growth
from bench.analysis.sampled import column, instants_s
from bench.core.units import NS_PER_S
from bench.plan.model import Cell
from bench.record.samples import BESIDE
from bench.record.schema import Window
from bench.spec.stream_settings import StreamSettings

_MSGS, _BYTES = "stream_msgs", "stream_bytes"

_HELD = {_MSGS: "msgs", _BYTES: "bytes"}
"""What ends the name of a gauge of what is beside."""

LEAST_SHARE = 0.5
"""Of the window, that first and last sample must lie apart: less tells nothing of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """One stream of a trial as it was seen.

    Attributes:
        name: of whose consumer it was asked about; empty where there is one stream alone.
        settings: its limits.
        ends: of each gauge the first and the last sample of the window, shape (2, 2).
    """

    name: str
    settings: StreamSettings
    ends: Mapping[str, Array]

    def per_s(self, of: str) -> float:
        """Return by how much a gauge grew, 1/s."""
        return _per_s(self.ends[of])

    def at_end(self, of: str) -> float:
        """Return a gauge at its last sample."""
        return float(self.ends[of][1, -1])

    def words(self, limit: str) -> str:
        """Return what one of its limits is called."""
        return f"{limit} of the stream of {self.name}" if self.name else limit


def growth(samples: pd.DataFrame, window: Window, cell: Cell) -> Growth | None:
    """Return how the streams of a trial grew together; None where one of them was not seen.

    Args:
        samples: of the whole trial.
        window: the trial's phases.
        cell: of the trial; its settings have the limits of each.
    """
    streams = _streams(samples, window, cell)
    if streams is None:
        return None
    beside = _beside(samples, window)
    unseen = _is_limited_beside(cell) or (cell.fills_beside and not beside)
    return Growth(
        msgs_per_s=sum(each.per_s(_MSGS) for each in streams),
        bytes_per_s=sum(each.per_s(_BYTES) for each in streams),
        left_s={} if unseen else _left_to_each(streams, window, cell, beside),
    )


def _left_to_each(
    streams: Sequence[_Stream], window: Window, cell: Cell, beside: Sequence[_Stream]
) -> dict[str, float | None]:
    """Return how long each limit lasts, of each stream and of the stores that they share.

    Args:
        streams: that somebody takes from.
        window: the trial's phases.
        cell: of the trial.
        beside: what fills those stores as well: buckets, dead letters. A store is full sooner than
            what is taken from tells, and where nobody asked about the rest, none has a time.
    """
    left_s: dict[str, float | None] = {}
    for stream in streams:
        left_s |= {stream.words(name): left for name, left in _left(stream, window, cell)}
    return {**left_s, **dict(_left_of_store((*streams, *beside), cell))}


def _is_limited_beside(cell: Cell) -> bool:
    """Say whether a bucket that no consumer takes from has a limit of its own."""
    limited = cell.settings.bucket.max_bytes is not None
    return limited and cell.workload.keeps_beside(cell.settings)


def _beside(samples: pd.DataFrame, window: Window) -> Sequence[_Stream]:
    """Return what streams hold together that nobody takes from, for each storage.

    Nothing where one of them was hardly seen.
    """
    found = []
    for storage in ("file", "memory"):
        names = {of: f"{BESIDE}.{storage}_{what}" for of, what in _HELD.items()}
        if not samples.columns.isin([*names.values()]).any():
            continue
        ends = {of: _ends(samples, name, window) for of, name in names.items()}
        told = {of: each for of, each in ends.items() if each is not None}
        if len(told) < len(ends):
            return ()
        settings = StreamSettings().model_copy(update={"storage": storage})
        found.append(_Stream(name=BESIDE, settings=settings, ends=told))
    return found


def _streams(samples: pd.DataFrame, window: Window, cell: Cell) -> Sequence[_Stream] | None:
    """Return the streams that were asked about; None where there are none, or one told too little.

    One that has a column and told nothing is one of which nobody knows.
    """
    names = [name for name in map(str, samples) if name.endswith(f".{_MSGS}")]
    parts = [name.removesuffix(f".{_MSGS}") for name in names] or [""]
    found = [_seen(samples, window, cell, part, one=len(parts) == 1) for part in parts]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def _seen(
    samples: pd.DataFrame, window: Window, cell: Cell, part: str, *, one: bool
) -> _Stream | None:
    ends = {of: _ends(samples, f"{part}.{of}" if part else of, window) for of in (_MSGS, _BYTES)}
    told = {of: each for of, each in ends.items() if each is not None}
    if len(told) < len(ends):
        return None
    settings = cell.workload.kept_by(part, cell.settings)
    return _Stream(name="" if one else part, settings=settings, ends=told)


def _left(stream: _Stream, window: Window, cell: Cell) -> Iterator[tuple[str, float | None]]:
    """Yield how long each limit of a stream lasts, s, by its name."""
    settings = stream.settings
    one = stream.at_end(_BYTES) / max(1.0, stream.at_end(_MSGS))
    known = (
        ("max_msgs", _MSGS, settings.max_msgs, 1.0),
        ("max_bytes", _BYTES, settings.max_bytes, one),
    )
    for name, of, limit, least in known:
        if limit is not None:
            yield name, _left_s(limit - stream.at_end(of), stream.per_s(of), least)
    if settings.max_age_ns is not None and not any(cell.workload.laid.values()):
        # how old what is laid is nobody tells
        yield "max_age", max(0.0, (settings.max_age_ns - window.window_end_ns) / NS_PER_S)


def _left_of_store(streams: Sequence[_Stream], cell: Cell) -> Iterator[tuple[str, float | None]]:
    """Yield how long a store of the server lasts, which all streams in it fill together."""
    server = cell.settings.server
    for storage, name, limit in (
        ("memory", "max_mem", server.max_mem),
        ("file", "max_file", server.max_file),
    ):
        inside = [each for each in streams if each.settings.storage == storage]
        if limit is None or not inside:
            continue
        size, msgs = (sum(each.at_end(of) for each in inside) for of in (_BYTES, _MSGS))
        per_s = sum(each.per_s(_BYTES) for each in inside)
        yield name, _left_s(limit - size, per_s, size / max(1.0, msgs))


def _ends(samples: pd.DataFrame, of: str, window: Window) -> Array | None:
    """Return the first and the last sample of the window, instant s and value, shape (2, 2)."""
    at_s, values = instants_s(samples), column(samples, of)
    start_s, end_s = window.window_start_ns / NS_PER_S, window.window_end_ns / NS_PER_S
    (inside,) = np.nonzero(np.isfinite(values) & (at_s >= start_s) & (at_s < end_s))
    ends = inside[[0, -1]] if inside.size else inside
    found = np.array([at_s[ends], values[ends]])
    apart_s = np.ptp(found[0]) if inside.size else 0.0
    return found if apart_s >= LEAST_SHARE * (end_s - start_s) else None


def _per_s(ends: Array) -> float:
    return float(np.diff(ends[1])[0] / np.diff(ends[0])[0])


def _left_s(room: float, per_s: float, one: float) -> float | None:
    """Return how long the room lasts, s; None if it never fills.

    None is left where not one message more fits, of mean size: a stream that is full of bytes stays
    below its limit, and grows no more.
    """
    if room < one:
        return 0.0
    return room / per_s if per_s > 0 else None
