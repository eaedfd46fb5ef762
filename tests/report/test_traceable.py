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

    def table(self, id_: str) -> str:
        """The markup of a table."""
        (body,) = re.findall(rf'<table id="{id_}".*?</table>', self.page, re.S)
        return str(body)


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
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    named = ((re.findall(r'<th scope="row".*?<bdi>(.*?)</bdi>', row, re.S), row) for row in rows)
    return {
        names[0]: re.findall(r"<td[^>]*><bdi>(.*?)</bdi>", row) for names, row in named if names
    }


def row_of(page: str, table: str, name: str) -> list[str]:
    """What stands in a table's row, entry by entry, without details."""
    return rows_of(page, table)[name]


def ms(ns: float) -> str:
    """Three digits of it, as tables show times."""
    return f"{ns / 1e6:#.3g}"


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

    assert shown == f"\N{MINUS SIGN}{abs(percent):.0f} %"


@pytest.mark.parametrize("table", ["workload-1-curve-table", "workload-1-config-1-curve-table"])
def test_a_percentile_is_that_of_the_merged_log(made: Made, table: str) -> None:
    """Read off a drawn curve of few points it was the next point's: up to 12 % too long."""
    rows = rows_of(made.page, table)
    columns = re.findall(
        r'<th scope="col" class="number"><bdi>(?:pull-batch/)?(.*?)<', made.table(table)
    )
    merged = {}
    for cell in CELLS:
        merged[cell] = HdrHistogram(1, HOUR_NS, 3)
        for each in windows(made, cell, "end_to_end"):
            merged[cell].add(each)

    assert sorted(columns) == sorted(CELLS)
    assert list(rows) == ["p50", "p90", "p95", "p99", "p99.9", "p99.99"]
    for name, shown in rows.items():
        assert shown == [percentile_of(merged[c], float(name.removeprefix("p"))) for c in columns]
    assert rows["p99.99"] == ["n/a", "n/a"]


def test_the_largest_p99_of_a_slice_is_that_of_the_logs(made: Made) -> None:
    """Every slice of every trial is looked at, whatever the plot thins out."""
    largest: dict[str, dict[int, int]] = {cell: {} for cell in CELLS}
    for cell, of_cell in largest.items():
        for directory in made.trials.glob(f"*-{cell}-*"):
            for second, interval in intervals(directory, "end_to_end"):
                p99 = interval.get_value_at_percentile(99.0)
                of_cell[second] = max(of_cell.get(second, 0), p99)

    rows = rows_of(made.page, "workload-1-config-1-p99-table")

    assert list(rows)[:2] == ["0 to 2 s", "2 to 4 s"]
    for name, shown in rows.items():
        first, last = map(int, re.findall(r"\d+", name))
        told = [[of[s] for s in range(first, last) if s in of] for of in largest.values()]
        assert shown == [ms(max(each)) if each else "n/a" for each in told]


def test_every_time_of_the_cells_is_that_of_the_logs(made: Made) -> None:
    """The widest table of the page, column by column."""
    heads = re.findall(r'<th scope="col"[^>]* title="(.*?)"', made.table("workload-1-cells"))
    times = [head for head in heads if re.search(r" p\d", head)]
    rows = rows_of(made.page, "workload-1-cells")

    assert times == [
        *(f"end-to-end {p}" for p in ("p50", "p95", "p99", "p99.9")),
        *("delivery p99", "response p99"),
    ]
    for cell in CELLS:
        expected = [expected_of(made, cell, time) for time in times]
        assert rows[f"pull-batch/{cell}"][: len(times)] == expected


def test_every_time_of_a_question_is_that_of_the_logs(made: Made) -> None:
    """Each row of a question's table; where no log has the time it is more than any could be."""
    rows = rows_of(made.page, "workload-1-config-1-table")
    times = {name: shown for name, shown in rows.items() if re.search(r" p\d", name)}

    assert len(times) == 11
    for name, shown in times.items():
        time, _, unit = name.partition(", ")
        assert unit == ("s" if shown[0].startswith("≥") else "ms")
        assert shown == [expected_of(made, cell, time) for cell in CELLS]


def expected_of(made: Made, cell: str, title: str) -> str:
    """What a table of cells must show for a figure such as `end-to-end p99`."""
    time, _, percentile = title.rpartition(" p")
    tag = time.replace("-", "_")
    if not any(each.get_total_count() for each in windows(made, cell, tag)):
        return "≥ 13.0"  # its window of 12 s and the drain's second
    return f"{cell_ms(made, cell, tag, float(percentile)):#.3g}"


def test_the_forest_is_that_of_the_logs(made: Made) -> None:
    """Change of both percentiles, and the interval of the p99 that the two are ranked by.

    Half of 10 % is its own: t of 2 degrees of freedom at 97.5 % is 4.303. The p50 shares the other
    half with all other figures, so its interval is wider.
    """
    shown = row_of(made.page, "workload-1-baseline-forest-table", "pull-batch/fast")

    for start, percentile in ((0, 99.0), (5, 50.0)):
        pairs = zip(
            windows(made, "fast", "end_to_end"), windows(made, "slow", "end_to_end"), strict=True
        )
        logs = np.array(
            [
                math.log(a.get_value_at_percentile(percentile))
                - math.log(b.get_value_at_percentile(percentile))
                for a, b in pairs
            ]
        )
        half = 4.3026527 * logs.std(ddof=1) / math.sqrt(BLOCKS)
        low, middle, high = (
            f"\N{MINUS SIGN}{-math.expm1(end) * 100:.0f} %"
            for end in (logs.mean() - half, logs.mean(), logs.mean() + half)
        )
        assert shown[start] == middle
        if percentile == 99.0:
            assert shown[start + 1] == f"{low} to {high}"


NOT_OF_TIMES = {
    "workload-1-slope-table",
    "workload-1-cpu-table",
    "workload-1-processes",
    "workload-1-config-1-rates-table",
    "workload-1-config-1-lag-table",
    "workload-1-config-1-usage-1-cpu-table",
    "workload-1-config-1-usage-1-rss-table",
    "trust-checks",
    "ledger",
    "findings",
    "settings-common",
    "environment-table",
}
OF_TIMES = {
    "workload-1-cells",
    "workload-1-spread-table",
    "workload-1-curve-table",
    "workload-1-baseline-forest-table",
    "workload-1-config-1-table",
    "workload-1-config-1-curve-table",
    "workload-1-config-1-p99-table",
}
"""Each recomputed above."""


def test_every_table_is_recomputed_or_holds_no_time(made: Made) -> None:
    """A new table of times must not stand beside these unchecked."""
    found = set(re.findall(r'<table id="([^"]*)"', made.page))

    assert found - NOT_OF_TIMES == OF_TIMES
