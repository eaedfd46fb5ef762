"""Made-up figures for each pattern, of the kind that the design's pictures show."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.core.marks import State
from bench.judgement.kinds import (
    Capacity,
    Checked,
    Curve,
    Diagnosis,
    Disturbance,
    Evidence,
    Figure,
    Part,
    PartsOfCell,
    Recovery,
    Step,
    Times,
)
from bench.judgement.model import Goal
from bench.plan.model import Purpose
from bench.seek.bracket import Ending, Said
from bench.spec.metrics import metric_of
from bench.stats.histogram import tally
from bench.stats.shape import shape
from tests.judgement.tuning import EFFECTS, Truth, judged

MS = 1_000_000
HOSTILE = '</td><script>alert(1)</script>&"' + "x" * 40

GOALS = (
    Goal(
        workload="checkout",
        candidate="release",
        rule="p99 at most +10 %",
        state=State.FAILS,
        reading="missed",
        reason="the whole interval lies beyond the limit",
        found="+18 %",
        change=0.18,
        low=0.14,
        high=0.23,
        margin=0.10,
    ),
    Goal(
        workload="stock",
        candidate="release",
        rule="p99 at most +10 %",
        state=State.DOUBTFUL,
        reading="undecided",
        reason="could be no change, could be 10 % or more",
        found="+5 %",
        change=0.05,
        low=-0.02,
        high=0.13,
        margin=0.10,
    ),
    Goal(
        workload="all",
        candidate="release",
        rule="nothing lost",
        state=State.HOLDS,
        reading="kept",
        reason="",
        found="0 of 1 200 000",
    ),
)


def times(p50_ms: float, p99_ms: float | None, unfinished: int = 0) -> Times:
    """The silhouette of a lognormal time of this median; None is a p99 that nobody can tell."""
    tail = (p99_ms or 4 * p50_ms) / p50_ms
    values = np.random.default_rng(7).lognormal(np.log(p50_ms * MS), np.log(tail) / 2.33, 20_000)
    return Times(
        shape=shape(tally(values.astype(np.int64)).histogram, unfinished=unfinished),
        p50_ns=p50_ms * MS,
        p99_ns=None if p99_ms is None else p99_ms * MS,
        range_ns=None,
    )


def part(name: str, drawn: Times | None, rate: float, **others: object) -> Part:
    """A part within its bounds that keeps no lag, unless it is said otherwise."""
    given = {
        "note": "",
        "time": "operation",
        "lag_peak": None,
        "state": State.HOLDS,
        "ledger": "nothing missing",
        **others,
    }
    return Part(name=name, times=drawn, rate_per_s=rate, **given)  # type: ignore[arg-type]


def cell(name: str, parts: Sequence[Part], note: str = "") -> PartsOfCell:
    """A variant of these parts; the one whose note is `baseline` is that."""
    return PartsOfCell(name=name, note=note, is_baseline=note == "baseline", parts=tuple(parts))


PARTS = (
    cell(
        "memory store",
        (
            part("put", times(0.61, 1.9), 200, ledger="200 000 put, 0 refused"),
            part("get", times(0.28, 0.77), 1000, ledger="0 stale reads"),
            part(
                "watch",
                times(1.1, 4.1),
                600,
                note="3 watchers",
                lag_peak=12,
                ledger="600 000 due, 600 000 seen",
            ),
        ),
        "baseline",
    ),
    cell(
        "file store",
        (
            part("put", times(1.2, 5.4), 200, ledger="200 000 put, 0 refused"),
            part("get", times(0.31, 0.9), 1000, ledger="0 stale reads"),
            part(
                "watch",
                times(1.9, None, unfinished=900),
                598,
                note="3 watchers",
                lag_peak=930,
                state=State.FAILS,
                ledger="600 000 due, 599 100 seen",
            ),
        ),
    ),
)

CHECKS = (
    Checked(name="Read your write", tried=True),
    Checked(name="Order per key", tried=True),
    Checked(
        name="Every watcher sees the last revision of each key",
        tried=True,
        broken=3,
        of="4 000 keys",
        first="stock.17 at 4.21 s, block 2, trial 7",
        href="#trial-7",
    ),
    Checked(
        name="Order per key after a leader change",
        tried=False,
        reason="no leader changed in this run",
    ),
    Checked(name="No revision twice", tried=True),
)


def disturbance(recovered: bool = True) -> Disturbance:
    """A consumer that is killed from 20 to 25 s of 60 s, and back to its lag at 34.4 s."""
    t_s = np.arange(0, 60, 0.2)
    down, catching = (t_s >= 20) & (t_s < 25), (t_s >= 25) & (t_s < 34.4)
    acked = np.where(down, 0.0, np.where(catching, 1530.0, 1000.0))
    lag = np.where(down, 1000 * (t_s - 20), np.where(catching, 5000 - 532 * (t_s - 25), 0.0))
    return Disturbance(
        what="Consumer killed",
        began="consumer killed",
        ended="back",
        begin_s=20,
        end_s=25,
        length_s=60,
        recovery=Recovery(time_s=9.4, low_s=8.1, high_s=11.0) if recovered else None,
        lost=0,
        twice=212,
        t_s=t_s,
        acked_per_s=acked,
        lag_msgs=np.maximum(lag, 2.0),
    )


DIAGNOSIS = Diagnosis(
    limit="The consumer's workers",
    advice="Turn `consume.workers` from 4 to 8 next; the server has room.",
    evidence=(
        Evidence(resource="Workers busy", full=0.97, at_limit=True, reading="from 620 msg/s"),
        Evidence(resource="Server CPU", full=0.31),
        Evidence(resource="Max ack pending", full=0.44),
        Evidence(resource="Disk syncs", full=None),
    ),
)


P99 = metric_of("end_to_end_ns_p99")


def step(
    rate: float,
    ms: float | None,
    said: Said = Said.MET,
    purpose: Purpose = Purpose.SHORT,
    *,
    at_least: bool = False,
) -> Step:
    """A look at a rate; its p99, if any, scatters by a tenth where it was soaked."""
    soaked, behind = purpose is Purpose.SOAK, said is Said.MISSED
    figures = {
        "lag_slope_msgs_per_s": Figure(value=rate / 10 if behind else 0.0),
        "server_cpu_share": Figure(value=rate / 4000),
        "publisher_cpu_share": Figure(value=rate / 8000),
        "consumer_cpu_share": Figure(value=rate / 6000),
    }
    if ms is None:
        figures = {}
    else:
        ends = (0.9 * ms * MS, 1.1 * ms * MS) if soaked else (None, None)
        figures[P99.key] = Figure(value=ms * MS, low=ends[0], high=ends[1], at_least=at_least)
    return Step(
        rate_per_s=rate,
        purpose=purpose,
        said=said,
        trials=5 if soaked else 1,
        valid=(5 if soaked else 1) if figures else 0,
        falls_behind=behind,
        figures=figures,
        why="" if said is Said.MET else "p99 <= 10ms: it is longer",
    )


CAPACITY = Capacity(
    variant="pull-batch/baseline",
    short="baseline",
    state=State.HOLDS,
    goals=("p99 <= 10ms",),
    curves=(Curve(metric=P99, rule="p99 <= 10ms", limit=10 * MS),),
    roles=("server", "publisher", "consumer"),
    steps=(
        step(400, 2.1),
        step(800, 2.4),
        step(1200, 5.9, purpose=Purpose.LONG),
        step(1340, 8.0, purpose=Purpose.SOAK),
        step(1390, 13.0, Said.MISSED, Purpose.SOAK),
        step(1450, None, Said.SPOILT),
        step(1500, 9.0, Said.OPEN, Purpose.SOAK),
        step(1600, 80.0, Said.MISSED, at_least=True),
        step(3200, None, Said.NOT_OFFERED),
    ),
    ending=Ending.CONFIRMED,
    over=True,
    confirmed_per_s=1340,
    above_per_s=1390,
    missed_per_s=1390,
    holds="holds p99 <= 10ms to 1 340 msg/s (not surely at 1 390)",
    told="1 340 msg/s (not surely at 1 390)",
    apart=(),
    parted="",
    breaks="First to break: p99 <= 10ms at 1 390 msg/s: 13.0 ms.",
    limits="At 1 390 msg/s handler-limited: all workers were busy; turn consume.workers.",
    limited="handler-limited",
)
AT_LEAST = replace(
    CAPACITY,
    variant="pull-batch/push",
    state=State.DOUBTFUL,
    ending=Ending.AT_LEAST,
    confirmed_per_s=1600,
    above_per_s=3200,
    missed_per_s=None,
    holds="holds p99 <= 10ms to 1 600 msg/s at least: 3 200 msg/s could not be offered here",
    told="at least 1 600 msg/s",
    breaks="",
    limits="",
    limited="",
)
BELOW = replace(
    CAPACITY,
    variant="pull-batch/one-worker",
    state=State.FAILS,
    ending=Ending.BELOW,
    confirmed_per_s=None,
    above_per_s=400,
    missed_per_s=400,
    holds="misses p99 <= 10ms at 400 msg/s, the lowest rate that was sought",
    told="below 400 msg/s",
)

_FOUND = judged(Truth(effects=EFFECTS, breaks=("consumer.max_ack_pending 100",))).tuning
assert _FOUND is not None
TUNING = _FOUND
