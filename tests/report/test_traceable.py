"""Every figure of the page comes from the records: recomputed here with HdrHistogram alone."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from numpy.typing import NDArray

from bench.analysis.summary import summarise
from bench.judgement.judge import judge
from bench.report import html
from tests.analysis import runs
from tests.parts import Time

HOUR_NS = 3_600_000_000_000
CELLS = {"slow": 4.0, "fast": 1.5}
"""Median end-to-end time, ms."""

BLOCKS = 3


@dataclass(frozen=True)
class Made:
    """A run on disk and the page made from it."""

    trials: Path
    page: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("results")
    plan = runs.plan([runs.cell(name) for name in CELLS], blocks=BLOCKS)
    store = runs.store(root / "made-up-1", plan)
    for trial in plan.trials:
        noise = np.random.default_rng(trial.index)
        times = {
            time: [
                noise.lognormal(math.log(CELLS[trial.cell_id] * share * 1e6), 0.5, 1000).astype(int)
                for _ in range(runs.WARMUP_S + runs.WINDOW_S)
            ]
            for time, share in ((Time.END_TO_END, 1.0), (Time.DELIVERY, 0.6), (Time.RESPONSE, 0.3))
        }
        store.write_trial(runs.record(trial), runs.intervals(times), runs.sampled([5] * 150))
    page = html.write(judge(summarise(store)), tmp_path_factory.mktemp("reports"))
    return Made(trials=root / "made-up-1" / "trials", page=page.read_text(encoding="utf-8"))


def intervals(directory: Path, tag: str) -> Iterator[tuple[int, HdrHistogram]]:
    """Each interval of a trial's log with its second, read by the standard library's reader."""
    reader = HistogramLogReader(str(directory / "latency.hlog"), HdrHistogram(1, HOUR_NS, 3))
    while (interval := reader.get_next_interval_histogram()) is not None:
        if interval.get_tag() == tag:
            yield round(interval.get_start_time_stamp() / 1000), interval


def windows(made: Made, cell: str, tag: str) -> Iterator[HdrHistogram]:
    """The window's histogram of each trial of a cell."""
    for directory in sorted(made.trials.glob(f"*-{cell}-*")):
        window = json.loads((directory / "trial.json").read_text())["window"]
        total = HdrHistogram(1, HOUR_NS, 3)
        for second, interval in intervals(directory, tag):
            if window["window_start_ns"] <= second * 10**9 < window["window_end_ns"]:
                total.add(interval)
        yield total


def percentile_of(histogram: HdrHistogram, percentile: float) -> str:
    """The library's value, ms; n/a where fewer than 10 messages lie beyond."""
    total = histogram.get_total_count()
    beyond = total - int(percentile * total / 100 + 0.5)
    return ms(histogram.get_value_at_percentile(percentile)) if beyond >= 10 else "n/a"


def cell_ms(made: Made, cell: str, tag: str, percentile: float) -> float:
    """The geometric mean over trials of a percentile, ms."""
    values = [each.get_value_at_percentile(percentile) for each in windows(made, cell, tag)]
    assert len(values) == BLOCKS
    return math.exp(sum(math.log(value) for value in values) / len(values)) / 1e6


def rows_of(page: str, table: str) -> dict[str, list[str]]:
    """What stands in each row of a table, by its name, entry by entry, without details."""
    (body,) = re.findall(rf'<table id="{table}".*?</table>', page, re.S)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)
    named = ((re.findall(r'<th scope="row".*?<bdi>(.*?)</bdi>', row, re.S), row) for row in rows)
    return {
        names[0]: re.findall(r"<td[^>]*>(?:<bdi>)?([^<]*)", row) for names, row in named if names
    }


def ms(ns: float) -> str:
    """Three digits of it, as tables show times."""
    return f"{ns / 1e6:#.3g}"


def changes_of(made: Made, percentile: float) -> NDArray[np.float64]:
    """Of the logs, paired by block: logarithms of fast against slow, the baseline."""
    pairs = zip(
        windows(made, "fast", "end_to_end"), windows(made, "slow", "end_to_end"), strict=True
    )
    return np.array(
        [
            math.log(a.get_value_at_percentile(percentile))
            - math.log(b.get_value_at_percentile(percentile))
            for a, b in pairs
        ]
    )


def test_the_figures_of_a_trial_are_those_of_its_log(made: Made) -> None:
    """Block by block nothing is a mean: no error can hide there."""
    rows = rows_of(made.page, "w-small-events-trials")

    for cell in CELLS:
        for block, window in enumerate(windows(made, cell, "end_to_end"), start=1):
            shown = rows[f"{cell}, block {block}"]
            assert shown[1:3] == [percentile_of(window, p) for p in (50.0, 99.0)]


def test_a_change_and_its_interval_are_those_of_the_logs(made: Made) -> None:
    """Half of 10 % is the ranking figure's own: t of 2 degrees of freedom at 97.5 % is 4.303."""
    logs = changes_of(made, 99.0)
    half = 4.3026527 * logs.std(ddof=1) / math.sqrt(BLOCKS)
    low, middle, high = (
        f"\N{MINUS SIGN}{-math.expm1(end) * 100:.0f}\N{NO-BREAK SPACE}%"
        for end in (logs.mean() - half, logs.mean(), logs.mean() + half)
    )
    (body,) = re.findall(r'<table id="changes-table".*?</table>', made.page, re.S)
    entries = re.findall(r"<bdi>([^<]*)</bdi><small><bdi>▼ ([^<]*)</bdi>", body)

    assert entries[0] == (middle, f"{low} to {high}")


def test_the_times_of_a_cell_are_the_means_of_the_logs(made: Made) -> None:
    """The table that is read most, and the only one of means over trials."""
    rows = rows_of(made.page, "w-small-events-cells")

    for cell in CELLS:
        expected = [f"{cell_ms(made, cell, 'end_to_end', p):#.3g}" for p in (50.0, 99.0)]
        assert rows[cell][1:3] == expected


def merged(made: Made, cell: str, tag: str) -> HdrHistogram:
    """All windows of a cell in one histogram."""
    total = HdrHistogram(1, HOUR_NS, 3)
    for each in windows(made, cell, tag):
        total.add(each)
    return total


def test_a_percentile_is_that_of_the_merged_log(made: Made) -> None:
    """Read off a drawn curve of few points it was the next point's: up to 12 % too long."""
    rows = rows_of(made.page, "w-small-events-percentiles-table")

    for cell in CELLS:
        whole = merged(made, cell, "end_to_end")
        expected = [percentile_of(whole, p) for p in (50.0, 90.0, 95.0, 99.0, 99.9, 99.99)]
        assert rows[cell][:6] == expected
        assert expected[-1] == "n/a"


def test_each_step_of_the_way_is_that_of_the_merged_log(made: Made) -> None:
    """Where the time goes is told of the same histograms, time by time."""
    rows = rows_of(made.page, "w-small-events-steps-table")
    tags = ("response", "delivery", "end_to_end")

    for cell in CELLS:
        wholes = [merged(made, cell, tag) for tag in tags]
        assert rows[cell] == [percentile_of(w, p) for w in wholes for p in (50.0, 99.0)]


def test_the_largest_p99_of_a_slice_is_that_of_the_logs(made: Made) -> None:
    """Every slice of every trial is looked at, whatever the drawing thins out."""
    (body,) = re.findall(r'<table id="w-small-events-time-table".*?</table>', made.page, re.S)
    spans = [tuple(map(int, each)) for each in re.findall(r"<bdi>(\d+) to (\d+)</bdi>", body)]
    part = body.partition("end-to-end p99, ms")[2]

    for cell in CELLS:
        largest: dict[int, int] = {}
        for directory in made.trials.glob(f"*-{cell}-*"):
            for second, interval in intervals(directory, "end_to_end"):
                p99 = interval.get_value_at_percentile(99.0)
                largest[second] = max(largest.get(second, 0), p99)
        (row,) = re.findall(rf"<bdi>{cell}</bdi>(.*?)</tr>", part, re.S)[:1]
        told = [[largest[s] for s in range(*span) if s in largest] for span in spans]
        expected = [ms(max(each)) if each else "n/a" for each in told]
        assert re.findall(r"<td[^>]*>([^<]*)", row) == expected


NOT_OF_TIMES = {
    "w-small-events-processes",
    "w-small-events-findings",
    "trust-table",
    "settings-differences",
    "settings-common",
    "host-table",
}
OF_TIMES = {
    "changes-table",
    "w-small-events-cells",
    "w-small-events-trials",
    "w-small-events-percentiles-table",
    "w-small-events-steps-table",
    "w-small-events-time-table",
}
"""Each recomputed above."""


def test_every_table_is_recomputed_or_holds_no_time(made: Made) -> None:
    """A new table of times must not stand beside these unchecked."""
    found = set(re.findall(r'<table id="([^"]*)"', made.page))

    assert found - NOT_OF_TIMES == OF_TIMES
