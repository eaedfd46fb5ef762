"""HdrHistogram interval logs: one tagged line for each time and slice.

The files open in the standard HdrHistogram tools. Interval starts are seconds from the trial's
start; the maximum stands in milliseconds, as those tools expect.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import RecordError
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.schema import Time
from bench.stats.hdr_decode import decode
from bench.stats.histogram import Histogram

_HEAD = (
    "#[Histogram log format version 1.3]",
    "#[StartTime: 0.000 (seconds since epoch), 1970-01-01T00:00:00]",
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One time's histogram over one slice.

    Attributes:
        time: which of the recorded times.
        start_ns: from the trial's start.
        end_ns: likewise.
        histogram: never empty in a log; an empty slice has no line.
    """

    time: Time
    start_ns: int
    end_ns: int
    histogram: Histogram


def render(intervals: Iterable[Interval], *, comment: str) -> str:
    """Return the text of an interval log."""
    # The library's own writer leaves tags out, and fails on a start time (hdrhistogram 0.10.8).
    return "\n".join([f"#[{comment}]", *_HEAD, *(_line(interval) for interval in intervals), ""])


def read(path: Path) -> Sequence[Interval]:
    """Return the intervals of a log in file order.

    Raises:
        RecordError: the file is missing or is not such a log.
    """
    try:
        lines = [line for line in path.read_text("ascii").splitlines() if line[:1] not in '#"']
        fields = [_fields(line) for line in lines]
        histograms = decode([encoded for *_, encoded in fields])
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: not a readable interval log: {error}") from error
    return [
        Interval(time=time, start_ns=start_ns, end_ns=end_ns, histogram=histogram)
        for (time, start_ns, end_ns, _), histogram in zip(fields, histograms, strict=True)
    ]


def _line(interval: Interval) -> str:
    histogram = interval.histogram.to_hdr()
    start_s = interval.start_ns / NS_PER_S
    length_s = (interval.end_ns - interval.start_ns) / NS_PER_S
    max_ms = histogram.get_max_value() / NS_PER_MS
    # Nine decimals, so that nanoseconds are read back as they were.
    head = f"Tag={interval.time},{start_s:.9f},{length_s:.9f},{max_ms:.6f}"
    return f"{head},{histogram.encode().decode()}"


def _fields(line: str) -> tuple[Time, int, int, str]:
    tag, start_s, length_s, _, encoded = line.split(",")
    start_ns = round(float(start_s) * NS_PER_S)
    length_ns = round(float(length_s) * NS_PER_S)
    return Time(tag.removeprefix("Tag=")), start_ns, start_ns + length_ns, encoded
