"""A made-up run on disk, summarised, against figures recomputed from its raw values."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from bench.analysis.decision import Told
from bench.analysis.figures import LagVerdict, RunFigures
from bench.analysis.summary import summarise, summarise_trial
from bench.core.errors import RecordError
from bench.core.units import NS_PER_S
from bench.plan.model import Plan, Trial
from bench.record import samples
from bench.record.schema import Finding, Level, ProcessUsage, TrialRecord
from bench.record.store import RunStore
from bench.spec.metrics import of_casts
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.parts import INSTANTS, Time, cast

IntArray = NDArray[np.int64]

FAST, SLOW = runs.cell("fast"), runs.cell("slow")
SERVER = ProcessUsage(role="server", cpu_ns=600_000_000, cpu_share=0.05, rss_bytes_peak=50_000_000)
CONSUMERS = tuple(
    ProcessUsage(role=f"consumer-{i}", cpu_ns=240_000_000, cpu_share=0.02, rss_bytes_peak=-1)
    for i in range(2)
)
BAD = Finding(level=Level.INVALID, code="worker-died", text="consumer-0 died.")


def raw_times(trial: Trial) -> list[IntArray]:
    """1000 values a second; warm-up and drain far off, so that mixing them in would show."""
    rng = np.random.default_rng(trial.index)
    median_ns = 2e6 if trial.cell_id == "fast" else 3e6
    window = [
        (median_ns * rng.lognormal(0, 0.4, 1000)).astype(np.int64) for _ in range(runs.WINDOW_S)
    ]
    far = np.full(1000, 10**9)
    return [far] * runs.WARMUP_S + window + [far] * runs.DRAIN_S


def keep(
    store: RunStore, trial: Trial, *, acks: bool = True, findings: Sequence[Finding] = ()
) -> TrialRecord:
    """Write one trial in which each time is the same raw series."""
    values = raw_times(trial)
    kept = [time for time in Time if acks or time is not Time.END_TO_END]
    record = runs.record(trial, acks=acks, processes=(SERVER, *CONSUMERS), findings=findings)
    assert record.ledger is not None
    planned = runs.TOTAL_S * 1000  # raw_times has a drain as well
    ledger = {**record.ledger, "planned": planned, "published": planned, "stored": planned}
    record = replace(record, ledger=ledger)
    lag = runs.sampled([3, 4] * (runs.TOTAL_S * 5))
    store.write_trial(record, runs.intervals(dict.fromkeys(kept, values)), lag)
    return record


def whole_run(path: Path) -> tuple[Plan, RunFigures]:
    """Two cells in three blocks, all of them kept."""
    plan = runs.plan([FAST, SLOW], blocks=3)
    store = runs.store(path, plan)
    for trial in plan.trials:
        keep(store, trial)
    return plan, summarise(store)


def ranked_ns(values: IntArray, percentile: float) -> int:
    """The raw value whose rank the percentile names, by sorting."""
    return int(np.sort(values)[int(percentile * values.size / 100 + 0.5) - 1])


@pytest.mark.parametrize("percentile", [50.0, 95.0, 99.0, 99.9])
def test_percentiles_are_those_of_the_raw_values_of_the_window(
    tmp_path: Path, percentile: float
) -> None:
    """The one figure that everybody looks at: the window only, merged, within 3 digits."""
    plan, figures = whole_run(tmp_path)

    trial = figures.workloads[0].cells[0].trials[0]
    window = np.concatenate(raw_times(plan.trials[0])[runs.WARMUP_S : -runs.DRAIN_S])
    expected_ns = ranked_ns(window, percentile)
    shown_ns = trial.times[Time.END_TO_END].percentiles_ns[percentile]

    assert shown_ns is not None
    assert expected_ns <= shown_ns <= expected_ns * (1 + 1 / 1024)


def test_a_percentile_without_ten_messages_beyond_is_not_shown(tmp_path: Path) -> None:
    """12 000 messages have one beyond p99.99: that is a maximum, not a percentile."""
    _, figures = whole_run(tmp_path)

    trial = figures.workloads[0].cells[0].trials[0]

    assert trial.times[Time.END_TO_END].percentiles_ns[99.99] is None


def test_messages_that_never_finished_are_not_left_out(tmp_path: Path) -> None:
    """Half of the window's messages acked: p50 is the longest of these, p95 is not known."""
    plan = runs.plan([FAST], blocks=1)
    store = runs.store(tmp_path, plan)
    trial = plan.trials[0]
    half = [values[:500] for values in raw_times(trial)]
    lag = runs.sampled([3, 4] * (runs.TOTAL_S * 5))
    store.write_trial(runs.record(trial), runs.intervals({Time.END_TO_END: half}), lag)

    [cell] = summarise(store).workloads[0].cells
    times = cell.trials[0].times[Time.END_TO_END]
    longest_ns = max(int(values.max()) for values in half[runs.WARMUP_S : -runs.DRAIN_S])

    assert times.percentiles_ns[50.0] == pytest.approx(longest_ns, rel=1e-3)
    assert times.percentiles_ns[95.0] is None
    assert "end_to_end_ns_p95" not in cell.estimates
    assert cell.times[Time.END_TO_END].spectrum[-1][0] == pytest.approx(50.0)
    finished = 500 * runs.WINDOW_S
    shape = cell.shapes[Time.END_TO_END]
    assert (shape.counts.sum(), shape.unfinished) == (finished, finished)


def test_a_trial_in_which_nothing_was_acked_counts_in_the_curve(tmp_path: Path) -> None:
    """Of two blocks one acked everything, one nothing: together half has no time, not none."""
    plan = runs.plan([FAST], blocks=2)
    store = runs.store(tmp_path, plan)
    lag = runs.sampled([3, 4] * (runs.TOTAL_S * 5))
    seconds = raw_times(plan.trials[0])[: -runs.DRAIN_S]
    store.write_trial(runs.record(plan.trials[0]), runs.intervals({Time.END_TO_END: seconds}), lag)
    store.write_trial(runs.record(plan.trials[1]), [], lag)

    [cell] = summarise(store).workloads[0].cells
    together = cell.times[Time.END_TO_END]
    longest_ns = max(int(values.max()) for values in seconds[runs.WARMUP_S :])

    assert together.percentiles_ns[50.0] == pytest.approx(longest_ns, rel=1e-3)
    assert together.percentiles_ns[90.0] is None


def test_a_trial_that_fell_behind_is_not_left_out_of_an_estimate(tmp_path: Path) -> None:
    """Two good blocks and one in which half was never acked: the good two alone would flatter."""
    plan = runs.plan([FAST], blocks=3)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials[:2]:
        keep(store, trial)
    behind = plan.trials[2]
    half = [values[:500] for values in raw_times(behind)]
    lag = runs.sampled([3, 4] * (runs.TOTAL_S * 5))
    store.write_trial(runs.record(behind), runs.intervals({Time.END_TO_END: half}), lag)

    [cell] = summarise(store).workloads[0].cells

    assert cell.trials[0].times[Time.END_TO_END].percentiles_ns[99.0] is not None
    assert "end_to_end_ns_p99" not in cell.estimates
    assert len(cell.estimates["end_to_end_ns_p50"].by_block) == 3


def test_estimates_are_geometric_means_over_trials(tmp_path: Path) -> None:
    """The trial is the unit: three trials are three values, not 36 000 messages."""
    plan, figures = whole_run(tmp_path)

    cell = figures.workloads[0].cells[1]
    estimate = cell.estimates["end_to_end_ns_p99"]
    of_trials = [trial.times[Time.END_TO_END].percentiles_ns[99.0] for trial in cell.trials]
    logs = [math.log(value) for value in of_trials if value is not None]

    assert list(estimate.by_block) == [1, 2, 3]
    assert list(estimate.by_block.values()) == of_trials
    assert estimate.value == pytest.approx(math.exp(sum(logs) / 3))
    # t(2 df, 95th percentile) = 2.920 from the table.
    reach = 2.920 * float(np.std(logs, ddof=1)) / math.sqrt(3)
    assert estimate.high == pytest.approx(estimate.value * math.exp(reach), rel=1e-4)
    assert estimate.low == pytest.approx(estimate.value * math.exp(-reach), rel=1e-4)
    assert plan.blocks == 3


def test_rates_cpu_and_memory_by_hand(tmp_path: Path) -> None:
    """0.6 s of server CPU and 2 x 0.24 s of consumers for 12 000 messages: 50 and 40 µs each."""
    _, figures = whole_run(tmp_path)

    cell = figures.workloads[0].cells[0]
    trial = cell.trials[0]

    assert (trial.rates["stored"], trial.rates["acked"]) == (1000, 1000)
    assert trial.cpu_us_per_msg == pytest.approx(
        {"server": 50.0, "consumer": 40.0, "publisher": None}
    )
    assert cell.estimates["server_rss_bytes_peak"].value == pytest.approx(50_000_000)
    assert "publisher_cpu_us_per_msg" not in cell.estimates


def test_a_standing_lag_is_stable(tmp_path: Path) -> None:
    """3 and 4 messages in turn: peak 4, end 3.5, which at 1000 msg/s is 3.5 ms behind."""
    _, figures = whole_run(tmp_path)

    cell = figures.workloads[0].cells[0]
    lag = cell.trials[0].lag

    assert lag is not None
    assert (lag.peak_msgs, lag.end_msgs) == (4, 3.5)
    assert lag.lag_s == pytest.approx(0.0035)
    assert lag.verdict is LagVerdict.STABLE
    assert cell.lag_verdict is LagVerdict.STABLE


def test_series_cover_the_whole_trial_with_gaps_where_nothing_is_known(tmp_path: Path) -> None:
    """Plots show warm-up and drain too; a slice of 1000 messages has just enough for a p99."""
    _, figures = whole_run(tmp_path)

    series = figures.workloads[0].cells[0].trials[0].series

    assert series is not None
    assert series.slice_s.tolist() == list(range(runs.TOTAL_S))
    assert series.rates["stored"].tolist() == [1000.0] * 14 + [0.0]
    assert np.isfinite(series.p99_ns[Time.RESPONSE]).all()
    assert series.p99_ns[Time.RESPONSE][0] == pytest.approx(1e9, rel=1e-3)
    assert math.isnan(series.cpu_share["server"][0])
    assert series.cpu_share["server"][1:] == pytest.approx(0.5)


def test_what_the_blocks_tell_is_decided_once_and_equal_rates_are_alike(tmp_path: Path) -> None:
    """Both cells stored what was offered: to crown one for 1000.0 msg/s would be a joke."""
    _, figures = whole_run(tmp_path)

    decisions = figures.workloads[0].decisions

    assert decisions["end_to_end_ns_p99"].worse("slow", "fast")
    assert not decisions["end_to_end_ns_p99"].worse("fast", "slow")
    assert decisions["stored_msgs_per_s"].between("slow", "fast").told is Told.ALIKE


def test_an_invalid_trial_is_shown_and_never_estimated(tmp_path: Path) -> None:
    """Dropping it in silence would hide a fault; averaging it in would spread it."""
    plan = runs.plan([FAST], blocks=4)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials:
        keep(store, trial, findings=[BAD] if trial.block == 2 else [])

    [cell] = summarise(store).workloads[0].cells

    assert [trial.record.block for trial in cell.trials] == [1, 2, 3, 4]
    assert cell.trials[1].times  # its figures are there to be looked at
    assert sorted(cell.estimates["end_to_end_ns_p99"].by_block) == [1, 3, 4]


def test_a_cell_without_a_valid_trial_has_no_estimate(tmp_path: Path) -> None:
    """Nothing valid, nothing claimed."""
    plan = runs.plan([FAST], blocks=1)
    store = runs.store(tmp_path, plan)
    keep(store, plan.trials[0], findings=[BAD])

    [cell] = summarise(store).workloads[0].cells

    assert (cell.estimates, cell.lag_verdict, cell.times) == ({}, None, {})


def test_trials_without_a_record_are_missing(tmp_path: Path) -> None:
    """A run that was stopped halfway says what it lacks."""
    plan = runs.plan([FAST, SLOW], blocks=2)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials[:3]:
        keep(store, trial)

    figures = summarise(store)

    assert figures.missing == (plan.trials[3].id,)
    assert [len(cell.trials) for cell in figures.workloads[0].cells] == [2, 1]


def test_a_trial_that_broke_off_has_no_figures(tmp_path: Path) -> None:
    """A server that died in the warm-up leaves a record with a reason and nothing else."""
    plan = runs.plan([FAST], blocks=1)
    store = runs.store(tmp_path, plan)
    whole = runs.record(plan.trials[0], findings=[BAD])
    broken = replace(
        whole, completed=False, window=None, window_counts=None, slices=None, ledger=None
    )
    store.write_trial(broken, [], samples.table([]))

    [trial] = summarise(store).workloads[0].cells[0].trials

    assert (trial.times, trial.rates, trial.lag, trial.series) == ({}, {}, None, None)
    assert trial.record.findings == (BAD,)


def test_a_variant_that_never_acks_has_no_end_to_end_time(tmp_path: Path) -> None:
    """An acked rate of 0 is no bad result of such a variant, it is no result at all."""
    never_acks = {"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}
    fast = replace(FAST, settings=Settings.model_validate(never_acks))
    plan = runs.plan([fast, SLOW], blocks=1)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials:
        keep(store, trial, acks=trial.cell_id == "slow")

    workload = summarise(store).workloads[0]
    never = workload.cells[0]

    assert Time.END_TO_END not in never.trials[0].times
    assert never.estimates.keys().isdisjoint({"end_to_end_ns_p99", "acked_msgs_per_s"})
    assert "completion_ns_p99" in never.estimates
    assert workload.decisions["end_to_end_ns_p99"].ids == ("slow",)
    assert workload.decisions["completion_ns_p99"].ids == ("fast", "slow")


def test_workloads_are_never_mixed(tmp_path: Path) -> None:
    """Cells are compared under the same load or not at all."""
    plan = runs.plan([FAST, runs.cell("other", workload="mixed-payload")], blocks=1)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials:
        keep(store, trial)

    figures = summarise(store)

    assert [w.name for w in figures.workloads] == ["small-events", "mixed-payload"]
    ids = [w.decisions["end_to_end_ns_p99"].ids for w in figures.workloads]
    assert ids == [("fast",), ("other",)]


def test_a_damaged_log_is_named(tmp_path: Path) -> None:
    """A report from half of the messages would look like any other report."""
    plan = runs.plan([FAST], blocks=1)
    store = runs.store(tmp_path, plan)
    keep(store, plan.trials[0])
    log = tmp_path / "trials" / plan.trials[0].id / "latency.hlog"
    log.write_text(log.read_text().replace("Tag=slip,3.", "Tag=slop,3."))

    with pytest.raises(RecordError, match=r"latency\.hlog:\d+: .*'slop'"):
        summarise(store)


def test_figures_carry_what_a_run_was_called_planned_and_measured_with(tmp_path: Path) -> None:
    """Whoever shows them needs no second look at the files."""
    plan, figures = whole_run(tmp_path / "made-up-7")

    assert figures.run_id == "made-up-7"
    assert (figures.plan, figures.environment) == (plan, runs.environment())
    assert figures.metrics == of_casts([cast()])
    assert [cell.cell.id for cell in figures.workloads[0].cells] == ["fast", "slow"]
    assert figures.missing == ()


def test_trials_stand_by_block_in_whatever_order_they_ran(tmp_path: Path) -> None:
    """A run shuffles its cells, and what is repeated comes last."""
    plan = runs.plan([FAST], blocks=3)
    plan = replace(plan, trials=plan.trials[::-1])
    store = runs.store(tmp_path, plan)
    for trial in plan.trials:
        keep(store, trial)

    [cell] = summarise(store).workloads[0].cells

    assert [trial.record.block for trial in cell.trials] == [1, 2, 3]


def rising(msgs: int) -> pd.DataFrame:
    """Samples of a lag, by our own instants, that rises by so much every tenth of a second."""
    return samples.table([
        {"t_ns": tenth * NS_PER_S // 10, "unhandled_msgs": msgs * tenth}
        for tenth in range(runs.TOTAL_S * 10)
    ])  # fmt: skip


def test_an_invalid_trial_has_no_voice_in_whether_a_cell_keeps_up(tmp_path: Path) -> None:
    """It fell behind by 100 a second because its worker died; three others stood still."""
    plan = runs.plan([FAST], blocks=4)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials:
        bad = trial.block == 2
        record = runs.record(trial, findings=[BAD] if bad else [])
        store.write_trial(record, [], rising(10 if bad else 0))

    [cell] = summarise(store).workloads[0].cells

    assert cell.trials[1].lag is not None
    assert cell.trials[1].lag.verdict is LagVerdict.GROWING
    assert cell.lag_verdict is LagVerdict.STABLE


def test_times_of_a_cell_are_those_of_its_valid_trials_together(tmp_path: Path) -> None:
    """Two of three, and what both were offered: all came, so the p99 can be told."""
    plan = runs.plan([FAST], blocks=3)
    store = runs.store(tmp_path, plan)
    for trial in plan.trials:
        keep(store, trial, findings=[BAD] if trial.block == 2 else [])

    [cell] = summarise(store).workloads[0].cells
    values = [raw_times(plan.trials[place])[runs.WARMUP_S : -runs.DRAIN_S] for place in (0, 2)]
    together = np.concatenate([*values[0], *values[1]])

    assert list(cell.times) == list(Time)
    assert cell.times[Time.END_TO_END].count == 24_000
    assert cell.times[Time.END_TO_END].percentiles_ns[99.9] == pytest.approx(
        ranked_ns(together, 99.9), rel=1e-3
    )


@pytest.mark.parametrize("lacking", ["window", "window_counts", "slices"])
def test_a_trial_that_lacks_any_part_of_its_window_has_no_figures(lacking: str) -> None:
    """Whichever it was that could not be written any more."""
    record = replace(runs.record(runs.plan([FAST], blocks=1).trials[0]), **{lacking: None})  # type: ignore[arg-type]

    figures = summarise_trial(record, [], runs.sampled([0] * 150), FAST)

    assert (figures.times, figures.rates, figures.lag, figures.series) == ({}, {}, None, None)
    assert figures.record is record
    assert figures.cpu_us_per_msg == {}


def test_what_judging_finds_stands_behind_what_measuring_found() -> None:
    """The server holds 50 more each second than was acked, beside a note of the trial itself."""
    note = Finding(level=Level.NOTE, code="late", text="It was.")
    record = runs.record(runs.plan([FAST], blocks=1).trials[0], findings=[note])

    figures = summarise_trial(record, [], runs.sampled([5 * tenth for tenth in range(150)]), FAST)

    assert [finding.code for finding in figures.record.findings] == ["late", "counts-disagree"]


def test_a_series_is_that_of_the_whole_trial(tmp_path: Path) -> None:
    """Samples of every tenth of a second of 15, each with lag, share of a core and memory."""
    _, figures = whole_run(tmp_path)

    series = figures.workloads[0].cells[0].trials[0].series

    assert series is not None
    assert series.sample_s == pytest.approx([tenth / 10 for tenth in range(150)])
    assert series.lag_msgs.tolist() == [3.0, 4.0] * 75
    assert series.rss_bytes["server"].tolist() == [50_000_000.0] * 150
    assert list(series.p99_ns) == list(Time)
    assert set(series.rates) == set(INSTANTS)


def test_how_far_behind_a_variant_is_that_acks_goes_by_its_acks() -> None:
    """Received 1000 a second and acked 500: the 100 that its server told at the end are 0.2 s."""
    record = runs.record(runs.plan([FAST], blocks=1).trials[0])
    assert record.window_counts is not None
    half = replace(record, window_counts={**record.window_counts, "acked": 6000})

    figures = summarise_trial(half, [], runs.sampled([100] * 150), FAST)

    assert figures.lag is not None
    assert figures.lag.lag_s == pytest.approx(0.2)
