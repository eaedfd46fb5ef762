"""HdrHistogram interval logs: one tagged line for each time and slice.

The files open in the standard HdrHistogram tools. Interval starts are seconds from the trial's
start; the maximum stands in milliseconds, as those tools expect.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

from bench.core.errors import RecordError
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record.schema import Time
from bench.stats.histogram import empty_histogram


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
    histogram: HdrHistogram


def render(intervals: Iterable[Interval], *, comment: str) -> str:
    """Return the text of an interval log."""
    text = io.StringIO()
    writer = HistogramLogWriter(text)
    writer.output_comment(f"[{comment}]")
    writer.output_log_format_version()
    writer.output_start_time(0)
    writer.output_legend()
    for interval in intervals:
        interval.histogram.set_tag(str(interval.time))
        writer.output_interval_histogram(
            interval.histogram,
            interval.start_ns / NS_PER_S,
            interval.end_ns / NS_PER_S,
            max_value_unit_ratio=NS_PER_MS,
        )
    return text.getvalue()


def read(path: Path) -> Sequence[Interval]:
    """Return the intervals of a log in file order.

    Raises:
        RecordError: the file is missing or is not such a log.
    """
    try:
        # The library asks for the file's name and closes it by itself at the end.
        reader = HistogramLogReader(str(path), empty_histogram())
        intervals = []
        while (histogram := reader.get_next_interval_histogram()) is not None:
            start_ns = round(histogram.get_start_time_stamp() * NS_PER_MS)
            end_ns = round(histogram.get_end_time_stamp() * NS_PER_MS)
            time = Time(histogram.get_tag())
            intervals.append(
                Interval(time=time, start_ns=start_ns, end_ns=end_ns, histogram=histogram)
            )
        reader.close()
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise RecordError(f"{path}: not a readable interval log: {error}") from error
    return intervals
