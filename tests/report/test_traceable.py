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

from bench.analysis.summary import summarise
from bench.record.schema import Time
from bench.report import html
from tests.analysis import runs

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
    page = html.write(summarise(store), tmp_path_factory.mktemp("reports"))
    return Made(trials=root / "made-up-1" / "trials", page=page.read_text(encoding="utf-8"))


def windows(made: Made, cell: str, tag: str) -> Iterator[HdrHistogram]:
    """The window's histogram of each trial of a cell, read by the standard library's reader."""
    for directory in sorted(made.trials.glob(f"*-{cell}-*")):
        window = json.loads((directory / "trial.json").read_text())["window"]
        total = HdrHistogram(1, HOUR_NS, 3)
        reader = HistogramLogReader(str(directory / "latency.hlog"), HdrHistogram(1, HOUR_NS, 3))
        while (interval := reader.get_next_interval_histogram()) is not None:
            start_ns = interval.get_start_time_stamp() * 1_000_000
            inside = window["window_start_ns"] <= start_ns < window["window_end_ns"]
            if interval.get_tag() == tag and inside:
                total.add(interval)
        yield total


def cell_ms(made: Made, cell: str, tag: str, percentile: float) -> float:
    """The geometric mean over trials of a percentile, ms."""
    values = [each.get_value_at_percentile(percentile) for each in windows(made, cell, tag)]
    assert len(values) == BLOCKS
    return math.exp(sum(math.log(value) for value in values) / len(values)) / 1e6


def row_of(page: str, table: str, name: str) -> list[str]:
    """What stands in a table's row, entry by entry, without details."""
    body = page[page.index(f'<table id="{table}"') :]
    row = next(
        r for r in re.findall(r"<tr>(.*?)</tr>", body, re.S) if f"<bdi>{name}</bdi></th>" in r
    )
    return re.findall(r"<td[^>]*><bdi>(.*?)</bdi>", row)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("figure", "tag", "percentile"),
    [
        ("end-to-end p50, ms", "end_to_end", 50.0),
        ("end-to-end p99, ms", "end_to_end", 99.0),
        ("delivery p99, ms", "delivery", 99.0),
        ("response p50, ms", "response", 50.0),
    ],
)
def test_a_figure_of_a_cell_is_that_of_its_logs(
    made: Made, cell: str, figure: str, tag: str, percentile: float
) -> None:
    """What a report claims must be found again by who trusts nothing but the standard reader."""
    shown = row_of(made.page, "workload-1-config-1-table", figure)[list(CELLS).index(cell)]

    assert shown == f"{cell_ms(made, cell, tag, percentile):#.3g}"


def test_a_figure_of_a_single_trial_is_that_of_its_log(made: Made) -> None:
    """The dots of the spread are the trials themselves: no mean can hide an error there."""
    p99_ms = [
        each.get_value_at_percentile(99.0) / 1e6 for each in windows(made, "slow", "end_to_end")
    ]

    shown = row_of(made.page, "workload-1-spread-table", "pull-batch/slow")

    assert shown == [f"{value:#.3g}" for value in p99_ms]


def test_a_change_is_that_of_the_logs_paired_by_block(made: Made) -> None:
    """The comparison must rest on the same histograms, block beside block."""
    pairs = zip(
        windows(made, "fast", "end_to_end"), windows(made, "slow", "end_to_end"), strict=True
    )
    logs = [
        math.log(fast.get_value_at_percentile(99.0) / slow.get_value_at_percentile(99.0))
        for fast, slow in pairs
    ]
    percent = (math.exp(sum(logs) / len(logs)) - 1) * 100

    shown = row_of(made.page, "workload-1-baseline-forest-table", "pull-batch/fast")[0]

    assert shown == f"\N{MINUS SIGN}{abs(percent):.1f} %"
