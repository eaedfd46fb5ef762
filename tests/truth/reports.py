"""How large a report is, and how long it takes to build and to look into: `make report-truth`.

Two made-up runs, written to disk as a run writes them: one like quickstart, one of 200 trials. What
is timed is what a user waits for: `jetbench report` from its start to its end, and in a browser the
time from opening a fold until its plot is drawn. It says what it found on this machine, no more.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.plan.model import Cell, Trial
from bench.record.schema import ProcessUsage, TrialRecord, Window
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.parts import INSTANTS, Time

WORKLOADS = ("small-events", "mixed-payload")
VARIANTS = {"like-quickstart": 7, "large": 20}
"""Run -> variants under each workload."""
BLOCKS = 5
WARMUP_S, WINDOW_S, DRAIN_S = 5, 20, 2
RATE = 1000
ROLES = ("server", "publisher-0", "consumer-0", "sampler")

READ_S = 3
"""Between seeing a fold and opening it; the page makes its plot library ready meanwhile."""

FOLDS = "details[data-plots][id$='-time']"
"""The largest plots, one of each workload."""

OPEN_FOLD = """id => new Promise(done => {
    const fold = document.getElementById(id), plot = fold.querySelector(".plot");
    const begun = performance.now();
    const drawn = (_, observer) => {
        if (!plot.dataset.drawn) return;
        observer.disconnect();
        requestAnimationFrame(() => done((performance.now() - begun) / 1000));
    };
    new MutationObserver(drawn).observe(plot, { attributes: true });
    fold.open = true;
})"""


def main() -> int:
    """Write the runs, build their reports, open folds of them, and say what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--directory", type=Path, default=Path("results/report-truth"))
    options = parser.parse_args()
    for name, variants in VARIANTS.items():
        _measure(name, variants, options.directory, options.repeats)
    return 0


def _measure(name: str, variants: int, directory: Path, repeats: int) -> None:
    run = directory / "results" / name
    if run.exists():  # of an earlier time; nothing else in there is ours
        shutil.rmtree(run)
    trials = _write_run(run, variants)
    report = directory / "reports" / name / "index.html"
    _build(directory, name, "--light")
    light_bytes = report.stat().st_size
    built_s = [_timed(lambda: _build(directory, name)) for _ in range(repeats)]
    whole, light = report.stat().st_size / 1e6, light_bytes / 1e6
    _say(f"{name}, {trials} trials: {whole:.2f} MB, {light:.2f} MB without plotly (--light)")
    _tell("built", built_s)
    drawn_s = _drawn_s(report, repeats)
    _tell("first fold drawn (over time)", [first for first, _ in drawn_s])
    _tell("next fold drawn (over time)", [second for _, second in drawn_s])
    unread_s = _drawn_s(report, repeats, read_s=0)
    _tell("first fold drawn, opened at once by who did not look", [first for first, _ in unread_s])


def _write_run(path: Path, variants: int) -> int:
    cells = [_cell(workload, number) for workload in WORKLOADS for number in range(variants)]
    plan = runs.plan(cells, blocks=BLOCKS)
    store = runs.store(path, plan)
    total_s = WARMUP_S + WINDOW_S + DRAIN_S
    for trial in plan.trials:
        rng = np.random.default_rng(trial.index)
        seconds = {each: list(_seconds(rng, place)) for place, each in enumerate(Time)}
        lag = rng.poisson(3, total_s * 10).tolist()  # as many as rate and time say
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
    usages = tuple(
        ProcessUsage(role=r, cpu_ns=10**9, cpu_share=0.2, rss_bytes_peak=10**8, wait_share=0.02)
        for r in ROLES
    )
    return replace(
        made,
        window=window,
        window_counts=dict.fromkeys(INSTANTS, RATE * WINDOW_S),
        slices=dict.fromkeys(INSTANTS, counts),
        ledger=_ledger(made.ledger, sum(counts)),
        processes=usages,
    )


def _ledger(made: Mapping[str, int] | None, total: int) -> Mapping[str, int] | None:
    """Return a ledger of a trial of another length; whatever went well went well for all."""
    if made is None:
        return None
    return {key: total if count == made["planned"] else count for key, count in made.items()}


def _build(directory: Path, name: str, *options: str) -> None:
    command = [sys.executable, "-m", "bench.cli.main", "report", name, *options]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def _drawn_s(report: Path, repeats: int, *, read_s: float = READ_S) -> list[tuple[float, float]]:
    """Return what opening two folds took, each time in a page that was opened anew."""
    path = find_chromium()
    if path is None:
        raise SystemExit(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        found = [_opened_s(browser, report, read_s) for _ in range(repeats)]
        browser.close()
    return found


def _opened_s(browser: Browser, report: Path, read_s: float) -> tuple[float, float]:
    page = browser.new_context().new_page()
    page.goto(report.absolute().as_uri())
    ids = [fold.get_attribute("id") for fold in page.locator(FOLDS).all()[: len(WORKLOADS)]]
    if read_s:  # somebody scrolls there, and reads its title
        page.locator(f"[id='{ids[0]}']").scroll_into_view_if_needed()
        page.wait_for_timeout(1000 * read_s)
    first, second = (float(page.evaluate(OPEN_FOLD, each)) for each in ids)
    page.context.close()
    return first, second


def _timed(act: Callable[[], None]) -> float:
    begun_s = time.monotonic()
    act()
    return time.monotonic() - begun_s


def _tell(what: str, took_s: list[float]) -> None:
    middle = statistics.median(took_s)
    _say(f"  {what}: {middle:.2f} s ({min(took_s):.2f}-{max(took_s):.2f})")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
