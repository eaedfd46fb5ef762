"""Synthetic figures of one trial, as `bench.analysis.summary` would give them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.analysis.figures import (
    Array,
    Growth,
    LagFigures,
    LagVerdict,
    Series,
    TimeFigures,
    TrialFigures,
)
from bench.core.units import NS_PER_S
from bench.plan.model import Trial
from bench.record.schema import (
    TRIAL_SCHEMA_VERSION,
    AckCheck,
    Finding,
    HostLoad,
    Level,
    ProcessUsage,
    Software,
    TrialRecord,
    Window,
)
from bench.spec.cast import instants, levels
from tests.parts import Time, cast, ledger

WARMUP_S, WINDOW_S, DRAIN_S = 5, 20, 2
RATE = 5000
ROLES = ("consumer-0", "publisher-0", "sampler", "server")
SPECTRUM_AT = (0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.8, 99.9, 99.95, 99.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A variant and how it is to come out.

    Attributes:
        names: every `config/variant` it goes by.
        settings: as in YAML.
        p50_ms: its end-to-end median.
        tail: p99 / p50.
        behind_msgs_per_s: its lag slope.
        server_us: CPU of the server per message.
    """

    names: tuple[str, ...]
    settings: Mapping[str, object]
    p50_ms: float
    tail: float = 3.0
    behind_msgs_per_s: float = 0.0
    server_us: float = 6.0


def trial_figures(trial: Trial, variant: Variant, seconds: int, *, broken: bool) -> TrialFigures:
    """Return one trial of a variant; a broken one is marked invalid."""
    noise = np.random.default_rng([trial.index, trial.block])
    luck = float(np.exp(noise.normal(0, 0.04)) * (1 + 0.03 * trial.block))
    record = _record(trial, variant, seconds, broken=broken)
    acks = "acked" in instants(record.cast)
    times = _times(variant, luck, acks=acks)
    lag = _lag(variant, luck, noise)
    consumed = RATE - variant.behind_msgs_per_s
    return TrialFigures(
        record=record,
        times=times,
        rates={
            **dict.fromkeys(instants(record.cast), consumed),
            **dict.fromkeys(("offered", "sent", "stored"), float(RATE)),
        },
        lag=lag,
        cpu_us_per_msg={
            "server": variant.server_us * luck,
            "publisher": 24.0 * luck,
            "consumer": 31.0 * luck,
        },
        series=_series(variant, times, seconds, noise),
        bytes_per_s=dict.fromkeys(("stored", "handled"), 1024.0 * RATE),
        growth=Growth(msgs_per_s=RATE, bytes_per_s=1100.0 * RATE, left_s={"max_bytes": 60.0}),
    )


def _times(variant: Variant, luck: float, *, acks: bool) -> dict[str, TimeFigures]:
    median, tail = variant.p50_ms * 1e6 * luck, variant.tail
    made = {
        Time.SLIP: _time(60_000, 4.0),
        Time.RESPONSE: _time(0.35 * median, 2.5),
        Time.DELIVERY: _time(0.6 * median, tail),
        Time.COMPLETION: _time(0.9 * median, tail),
        Time.END_TO_END: _time(median, tail),
    }
    return {time: figures for time, figures in made.items() if acks or time != Time.END_TO_END}


def _time(median_ns: float, tail: float) -> TimeFigures:
    """A lognormal time of this median, whose p99 is `tail` medians."""

    def at(percentile: float) -> int:
        rank = min(max(percentile, 0.01), 99.995) / 100
        score = math.copysign(math.sqrt(-2 * math.log(2 * min(rank, 1 - rank))), rank - 0.5)
        return round(median_ns * math.pow(tail, score / 2.33))

    honest = {p: at(p) for p in (50.0, 90.0, 95.0, 99.0, 99.9)}
    return TimeFigures(
        count=RATE * WINDOW_S,
        percentiles_ns={**honest, 99.99: None},
        mean_ns=median_ns * 1.2,
        max_ns=at(99.995),
        spectrum=tuple((p, at(p)) for p in SPECTRUM_AT),
    )


def _lag(variant: Variant, luck: float, noise: np.random.Generator) -> LagFigures:
    slope = variant.behind_msgs_per_s * luck + float(noise.normal(0, 4))
    low, high = slope - 6.0, slope + 6.0
    growing = low > 0.01 * RATE
    end = 40.0 + max(0.0, slope) * WINDOW_S
    return LagFigures(
        peak_msgs=end * 1.2 + float(noise.integers(0, 20)),
        end_msgs=end,
        slope_msgs_per_s=slope,
        slope_low_msgs_per_s=low,
        slope_high_msgs_per_s=high,
        slope_share_per_s=slope / RATE,
        verdict=LagVerdict.GROWING if growing else LagVerdict.STABLE,
        lag_s=end / RATE,
    )


def _series(
    variant: Variant, times: Mapping[str, TimeFigures], seconds: int, noise: np.random.Generator
) -> Series:
    slices = np.arange(seconds, dtype=float)
    sending = slices < seconds - DRAIN_S
    offered = np.where(sending, RATE, 0.0)
    settled = 1 + 0.8 * np.exp(-slices / 2)
    sample_s = np.arange(0, seconds, 0.1)
    lag = 40 + variant.behind_msgs_per_s * sample_s + noise.gamma(2, 12, len(sample_s))
    lag[:3] = np.nan

    def p99(time: str) -> Array:
        level = times[time].percentiles_ns[99.0]
        assert level is not None
        wobble = np.exp(noise.normal(0, 0.12, seconds))
        return np.where(sending, level * settled * wobble, np.nan)

    return Series(
        slice_s=slices,
        rates={
            "offered": offered,
            "stored": offered * noise.normal(1, 0.004, seconds),
            "received": offered - np.where(sending, variant.behind_msgs_per_s, 0),
            "acked": (offered - np.where(sending, variant.behind_msgs_per_s, 0))
            * noise.normal(1, 0.006, seconds),
        },
        p99_ns={time: p99(time) for time in times},
        sample_s=sample_s,
        lag_msgs=lag,
        cpu_share={role: noise.normal(0.3, 0.02, len(sample_s)) for role in ROLES},
        oldest_ns=lag / RATE * NS_PER_S,
        rss_bytes={role: np.linspace(40e6, 60e6, len(sample_s)) for role in ROLES},
    )


def _record(trial: Trial, variant: Variant, seconds: int, *, broken: bool) -> TrialRecord:
    acks = "none" not in variant.names[0]
    sent = RATE * (seconds - DRAIN_S)
    backlog = round(variant.behind_msgs_per_s * (seconds - DRAIN_S))
    per_s = (RATE,) * (seconds - DRAIN_S) + (0,) * DRAIN_S
    parts = cast(acks=acks)
    return TrialRecord(
        schema_version=TRIAL_SCHEMA_VERSION,
        trial_id=trial.id,
        cell_id=trial.cell_id,
        block=trial.block,
        seed=trial.seed,
        started_utc="2026-11-23T17:05:12Z",
        completed=True,
        cast=parts,
        window=Window(
            window_start_ns=WARMUP_S * NS_PER_S,
            window_end_ns=(seconds - DRAIN_S) * NS_PER_S,
            drained_ns=seconds * NS_PER_S,
        ),
        window_counts=dict.fromkeys(instants(parts), RATE * WINDOW_S),
        slices=dict.fromkeys(instants(parts), per_s),
        ledger=_ledger(sent, backlog, acks=acks),
        oldest_ns=dict.fromkeys(levels(parts), 25_000_000),
        processes=_processes(variant),
        store_disk_bytes=12_000_000,
        software=Software(server_version="2.15.1", client="nats-py", client_version="2.16.0"),
        findings=_findings(broken=broken, behind=variant.behind_msgs_per_s > 0),
        host=HostLoad(steal_share=0.001, throttled_share=0.0, busy_share=0.4, others_share=0.01),
        ack_check=_ack_check() if acks else None,
    )


def _ack_check() -> AckCheck:
    return AckCheck(
        messages=1000,
        server_ns_p50=310_000,
        ours_ns_p50=200_000,
        difference_ns_p50=110_000,
        below_zero=0,
    )


def _ledger(sent: int, backlog: int, *, acks: bool) -> dict[str, int]:
    received = sent - backlog
    return ledger(
        acks=acks,
        planned=sent,
        published=sent,
        stored=sent,
        received=received,
        handled=received,
        acked=received,
        deliveries=received,
        fetches=received // 50,
        backlog=backlog,
        stream_msgs=sent,
    )


def _processes(variant: Variant) -> tuple[ProcessUsage, ...]:
    used = {"server": variant.server_us / 200, "publisher-0": 0.12, "consumer-0": 0.16}
    return tuple(
        ProcessUsage(
            role=role,
            cpu_ns=round(share * WINDOW_S * NS_PER_S),
            cpu_share=share,
            rss_bytes_peak=62_000_000,
            wait_share=0.02,
            cpu_share_peak=share,
            rss_bytes_mean=61_000_000,
            in_bytes_per_s=share * 1_000_000,
            out_bytes_per_s=share * 2_000_000,
        )
        for role, share in used.items()
    )


def _findings(*, broken: bool, behind: bool) -> tuple[Finding, ...]:
    found = []
    if broken:
        text = "slip p99 was 41 ms at a schedule of 0.2 ms; the generator used 97 % of a core"
        found.append(Finding(level=Level.INVALID, code="generator-saturated", text=text))
    if behind:
        text = "the drain ended after 2 s with messages still pending"
        found.append(Finding(level=Level.WARNING, code="drain-cut-short", text=text))
    return tuple(found)
