"""Interval logs: for the standard tools as for us."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from bench.core.errors import RecordError
from bench.record.hlog import Interval, read, render
from bench.record.reading import MOST
from bench.stats.histogram import COUNTERS, DIGITS, HIGHEST_NS, LOWEST_NS, tally
from tests.cli.mutations import bomb
from tests.parts import Time

INTERVALS = [
    Interval(
        time=time,
        start_ns=start_ns,
        end_ns=end_ns,
        histogram=tally(np.array(values_ns, dtype=np.int64)).histogram,
    )
    for time, start_ns, end_ns, values_ns in (
        (Time.SLIP, 0, 1_000_000_000, [5, 5, 70_000]),
        (Time.END_TO_END, 0, 1_000_000_000, [3_000_000]),
        (Time.END_TO_END, 1_000_000_000, 1_234_567_891, [4_000_000, 5_000_000]),
    )
]

UNBOUNDED = dict.fromkeys(map(str, Time), MOST)


def written(path: Path) -> Path:
    log = path / "latency.hlog"
    log.write_text(render(INTERVALS, comment="jetbench trial 001"))
    return log


def test_a_log_reads_back_as_it_was(tmp_path: Path) -> None:
    """A report is built later from the file alone: nanosecond, tag and count must be the same."""
    intervals = read(written(tmp_path), UNBOUNDED)

    assert [(i.time, i.start_ns, i.end_ns) for i in intervals] == [
        (i.time, i.start_ns, i.end_ns) for i in INTERVALS
    ]
    for ours, original in zip(intervals, INTERVALS, strict=True):
        assert ours.histogram.indices.tolist() == original.histogram.indices.tolist()
        assert ours.histogram.counts.tolist() == original.histogram.counts.tolist()


def test_the_standard_reader_opens_a_log(tmp_path: Path) -> None:
    """Whoever doubts a figure opens the log with the HdrHistogram library and finds it there."""
    reader = HistogramLogReader(str(written(tmp_path)), HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS))

    for original in INTERVALS:
        theirs = reader.get_next_interval_histogram()
        assert theirs.get_tag() == original.time
        assert theirs.get_start_time_stamp() == original.start_ns / 1e6  # ms
        assert theirs.get_total_count() == original.histogram.total_count
        assert theirs.get_max_value() == original.histogram.max_ns
    assert reader.get_next_interval_histogram() is None
    reader.close()


def test_an_empty_log_has_no_intervals(tmp_path: Path) -> None:
    """A trial that broke off before its first message still has a log."""
    log = tmp_path / "latency.hlog"
    log.write_text(render([], comment="jetbench trial 001"))

    assert read(log, UNBOUNDED) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda text: text.replace("Tag=slip", "Tag=slap"),
        lambda text: text.replace("HISTF", "HISTX"),
        lambda text: text.replace(",1.000000000,", ",soon,"),
        lambda text: "\xff" + text,
    ],
)
def test_a_damaged_log_is_refused_by_name(tmp_path: Path, damage: object) -> None:
    """Half a log looks like a quieter trial; it must never pass for one."""
    log = written(tmp_path)
    assert callable(damage)
    log.write_text(damage(log.read_text()), encoding="latin-1")

    with pytest.raises(RecordError, match=r"latency\.hlog:\d+: not a readable interval log"):
        read(log, UNBOUNDED)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """Lines are decoded sixteen at a time; whoever mends one must know which."""
    log = written(tmp_path)
    lines = log.read_text().splitlines()
    lines[5] = lines[5][:-20]
    log.write_text("\n".join(lines))

    with pytest.raises(RecordError, match=r"latency\.hlog:6: "):
        read(log, UNBOUNDED)


def test_no_time_is_recorded_of_more_messages_than_there_are(tmp_path: Path) -> None:
    """Three of the slips of this log are one too many for a trial of two messages."""
    log = written(tmp_path)

    assert len(read(log, dict.fromkeys(map(str, Time), 3))) == 3
    with pytest.raises(RecordError, match=r"latency\.hlog:5: .*2 messages"):
        read(log, dict.fromkeys(map(str, Time), 2))


@pytest.mark.parametrize("line", [2, 30])
def test_a_log_that_would_fill_the_memory_is_refused(tmp_path: Path, line: int) -> None:
    """5000 lines of 200 bytes that unfold to 550 kB each took 2.2 GB before anything was said."""
    text = bomb()
    log = tmp_path / "latency.hlog"
    of_a_bomb = [f"Tag=slip,{second}.0,1.0,1.0,{text}" for second in range(5000)]
    log.write_text("\n".join(of_a_bomb))
    tracemalloc.start()

    try:
        with pytest.raises(RecordError, match=rf"latency\.hlog:{line}: "):
            read(log, dict.fromkeys(map(str, Time), (line - 1) * COUNTERS))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 64 * 1024**2


def test_lines_are_bounded(tmp_path: Path) -> None:
    """A line without an end is not read to its end."""
    log = tmp_path / "latency.hlog"
    log.write_text("Tag=slip,0.0,1.0,1.0," + "A" * 10_000_000)

    with pytest.raises(RecordError, match=r"latency\.hlog:1: .*longer than any line"):
        read(log, UNBOUNDED)


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    """The message says which trial is incomplete."""
    with pytest.raises(RecordError, match=r"latency\.hlog"):
        read(tmp_path / "latency.hlog", UNBOUNDED)
