"""HdrHistogram interval logs: one tagged line for each time and slice.

The files open in the standard HdrHistogram tools. Interval starts are seconds from the trial's
start; the maximum stands in milliseconds, as those tools expect.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.core.errors import RecordError
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.reading import MOST
from bench.stats.hdr_decode import GROUP, MAX_TEXT, decode
from bench.stats.histogram import Histogram

_HEAD = (
    "#[Histogram log format version 1.3]",
    "#[StartTime: 0.000 (seconds since epoch), 1970-01-01T00:00:00]",
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
)

_MAX_LINE = MAX_TEXT + 200  # a tag and three numbers stand before the histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One time's histogram over one slice.

    Attributes:
        time: flat name of a recorded span (`bench.spec.cast`).
        start_ns: from the trial's start.
        end_ns: likewise.
        histogram: never empty in a log; an empty slice has no line.
    """

    time: str
    start_ns: int
    end_ns: int
    histogram: Histogram


def render(intervals: Iterable[Interval], *, comment: str) -> str:
    """Return the text of an interval log."""
    # The library's own writer leaves tags out, and fails on a start time (hdrhistogram 0.10.8).
    return "\n".join([f"#[{comment}]", *_HEAD, *(_line(interval) for interval in intervals), ""])


def read(path: Path, most: Mapping[str, int]) -> Sequence[Interval]:
    """Return the intervals of a log in file order.

    Args:
        path: of the log.
        most: time -> operations of the trial that it can have been recorded of at most.

    Raises:
        RecordError: the file is missing or is not such a log, or is one of more messages; with the
            line.
    """
    intervals: list[Interval] = []
    total: Counter[str] = Counter()
    last_ns: dict[str, int] = {}
    # Told before the next lines are decoded: a few bytes can unfold to a histogram of 500 kB.
    for group in _groups(_lines(path, most)):
        for entry, histogram in zip(group, _decoded(path, group), strict=True):
            total[entry.time] += histogram.total_count
            if not histogram.counts.size:
                raise _refused(path, entry.line, "an empty histogram")
            if total[entry.time] > most[entry.time]:
                why = f"more {entry.time} times than the {most[entry.time]} messages of the trial"
                raise _refused(path, entry.line, why)
            if entry.start_ns <= last_ns.get(entry.time, -1):
                raise _refused(path, entry.line, "its start is not after the one before it")
            last_ns[entry.time] = entry.start_ns
            intervals.append(_interval(entry, histogram))
    return intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A line of a log, its histogram not yet decoded."""

    line: int
    time: str
    start_ns: int
    end_ns: int
    encoded: str


def _lines(path: Path, known: Container[str]) -> Iterator[_Entry]:
    try:
        with path.open("rb") as file:
            number = 0
            while text := file.readline(_MAX_LINE + 1):
                number += 1
                if text[:1] not in {b"#", b'"', b"\n"}:
                    yield _entry(path, number, text, known)
    except OSError as error:
        reason = error.strerror or error
        raise RecordError(f"{path}: not a readable interval log: {reason}") from error


def _groups(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    iterator = iter(entries)
    while group := list(islice(iterator, GROUP)):
        yield group


def _decoded(path: Path, group: Sequence[_Entry]) -> Sequence[Histogram]:
    try:
        return decode([entry.encoded for entry in group])
    except ValueError as error:
        if len(group) == 1:
            raise _refused(path, group[0].line, str(error)) from error
    return [histogram for entry in group for histogram in _decoded(path, [entry])]


def _interval(entry: _Entry, histogram: Histogram) -> Interval:
    return Interval(
        time=entry.time, start_ns=entry.start_ns, end_ns=entry.end_ns, histogram=histogram
    )


def _refused(path: Path, line: int, why: str) -> RecordError:
    return RecordError(f"{path}:{line}: not a readable interval log: {why}")


def _line(interval: Interval) -> str:
    histogram = interval.histogram.to_hdr()
    start_s = interval.start_ns / NS_PER_S
    length_s = (interval.end_ns - interval.start_ns) / NS_PER_S
    max_ms = histogram.get_max_value() / NS_PER_MS
    # Nine decimals, so that nanoseconds are read back as they were.
    head = f"Tag={interval.time},{start_s:.9f},{length_s:.9f},{max_ms:.6f}"
    return f"{head},{histogram.encode().decode()}"


def _entry(path: Path, number: int, text: bytes, known: Container[str]) -> _Entry:
    try:
        if len(text) > _MAX_LINE:
            raise ValueError("longer than any line of such a log")
        tag, start_s, length_s, _, encoded = text.decode("ascii").rstrip("\r\n").split(",")
        start_ns, length_ns = _ns(start_s), _ns(length_s)
        time = tag.removeprefix("Tag=")
        if time not in known:
            raise ValueError(f"{time!r} is no time of this trial")
    except ValueError as error:
        raise _refused(path, number, str(error)) from error
    return _Entry(
        line=number,
        time=time,
        start_ns=start_ns,
        end_ns=start_ns + length_ns,
        encoded=encoded,
    )


def _ns(seconds: str) -> int:
    ns = float(seconds) * NS_PER_S
    if not 0 <= ns <= MOST:
        raise ValueError(f"{seconds!r} is no second of a trial")
    return round(ns)
