"""How long a large report takes to build and to open on this machine: `make report-truth`.

200 made-up trials of 27 seconds, written to disk as a run writes them. What is timed is what a user
waits for: `jetbench report` from its start to its end, and a browser from the address to the first
table that sorts. It says what it found; only the size is the same everywhere.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.plan.model import Cell, Trial
from bench.record.schema import ProcessUsage, Slices, Time, TrialRecord, Window, WindowCounts
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.browser.chromium import FLAGS, MISSING, find_chromium

WORKLOADS = ("small-events", "mixed-payload")
VARIANTS = 20
BLOCKS = 5
WARMUP_S, WINDOW_S, DRAIN_S = 5, 20, 2
RATE = 1000
ROLES = ("server", "publisher-0", "consumer-0", "sampler")

BUILT_S, OPENED_S, SIZE_BYTES = 5.0, 3.0, 8_000_000
"""What is to be reached on two cores."""


def main() -> int:
    """Write the run, build and open its report, and say what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--directory", type=Path, default=Path("results/report-truth"))
    options = parser.parse_args()
    run = options.directory / "results" / "large"
    if run.exists():  # of an earlier time; nothing else in there is ours
        shutil.rmtree(run)
    trials = _write_run(run)
    report = options.directory / "reports" / "large" / "index.html"
    built_s = [_timed(lambda: _build(options.directory)) for _ in range(options.repeats)]
    size_bytes = report.stat().st_size
    opened_s = list(_opened_s(report, options.repeats))
    _say(f"{trials} trials, {size_bytes / 1e6:.2f} MB (to reach: {SIZE_BYTES / 1e6:g} MB)")
    _tell("built", built_s, BUILT_S)
    _tell("opened, and a table sorted", opened_s, OPENED_S)
    good = size_bytes <= SIZE_BYTES
    good = good and statistics.median(built_s) <= BUILT_S
    return 0 if good and statistics.median(opened_s) <= OPENED_S else 1


def _write_run(path: Path) -> int:
    cells = [_cell(workload, number) for workload in WORKLOADS for number in range(VARIANTS)]
    plan = runs.plan(cells, blocks=BLOCKS)
    store = runs.store(path, plan)
    total_s = WARMUP_S + WINDOW_S + DRAIN_S
    for trial in plan.trials:
        rng = np.random.default_rng(trial.index)
        seconds = {each: list(_seconds(rng, place)) for place, each in enumerate(Time)}
        lag = rng.poisson(20, total_s * 10).tolist()
        sampled = _with_processes(runs.sampled(lag), rng)
        store.write_trial(_record(trial), runs.intervals(seconds), sampled)
    return len(plan.trials)


def _cell(workload: str, number: int) -> Cell:
    variant = f"batch-{number}"
    settings = Settings.model_validate({"pull": {"batch": 10 * (number + 1)}})
    made = runs.cell(variant, workload=workload, settings=settings)
    return replace(made, id=f"{workload}--{variant}")


def _seconds(rng: np.random.Generator, place: int) -> Iterator[runs.IntArray]:
    for _ in range(WARMUP_S + WINDOW_S):
        yield (NS_PER_MS * (place + 1) * rng.lognormal(0, 0.5, RATE)).astype(np.int64)


def _with_processes(samples: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the samples with what a trial's processes used; each has plots of its own."""
    count = len(samples)
    used = {
        f"{role}_{what}": rng.integers(1, 40_000_000, count).cumsum()
        for role in ROLES
        for what in ("cpu_ns", "rss_bytes", "wait_ns")
    }
    host = {f"host_{what}_ns": np.zeros(count) for what in ("idle", "steal", "throttled")}
    return samples.assign(**used, **host).astype("Int64")


def _record(trial: Trial) -> TrialRecord:
    made = runs.record(trial, rate=RATE)
    counts = (RATE,) * (WARMUP_S + WINDOW_S) + (0,) * DRAIN_S
    end_s = WARMUP_S + WINDOW_S
    window = Window(
        window_start_ns=WARMUP_S * NS_PER_S,
        window_end_ns=end_s * NS_PER_S,
        drained_ns=(end_s + DRAIN_S) * NS_PER_S,
    )
    names = ("offered", "sent", "stored", "received", "handled", "acked")
    usages = tuple(
        ProcessUsage(role=r, cpu_ns=10**9, cpu_share=0.2, rss_bytes_peak=10**8, wait_share=0.02)
        for r in ROLES
    )
    return replace(
        made,
        window=window,
        window_counts=WindowCounts(**dict.fromkeys(names, RATE * WINDOW_S)),
        slices=Slices(**dict.fromkeys(names, counts)),
        processes=usages,
    )


def _build(directory: Path) -> None:
    command = [sys.executable, "-m", "bench.cli.main", "report", "large"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def _opened_s(report: Path, repeats: int) -> Iterator[float]:
    path = find_chromium()
    if path is None:
        raise SystemExit(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for _ in range(repeats):
            page = browser.new_context().new_page()
            begun_s = time.monotonic()
            page.goto(report.absolute().as_uri())
            page.locator("#workload-1-cells button.sort").first.click()
            page.locator("#workload-1-cells th[aria-sort]").wait_for()
            yield time.monotonic() - begun_s
            page.context.close()
        browser.close()


def _timed(act: Callable[[], None]) -> float:
    begun_s = time.monotonic()
    act()
    return time.monotonic() - begun_s


def _tell(what: str, took_s: list[float], to_reach_s: float) -> None:
    middle = statistics.median(took_s)
    _say(
        f"{what}: {middle:.2f} s ({min(took_s):.2f}-{max(took_s):.2f}; to reach: {to_reach_s:g} s)"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
