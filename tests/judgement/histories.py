"""Histories that are made up: summaries of runs, a day apart, of one cell."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bench.judgement.model import Pace
from bench.judgement.summary import CellSummary, RunSummary

P50, P99 = "end_to_end_ns_p50", "end_to_end_ns_p99"
RATE, CPU = "acked_msgs_per_s", "server_cpu_us_per_msg"

FIRST = date(2026, 1, 1)


def run(day: int, figures: Mapping[str, float | None], **other: Any) -> RunSummary:
    """Return a run of one cell `w`, `c/one`; a figure that is None is missing."""
    told = {key: (value, None, None) for key, value in figures.items() if value is not None}
    cell = CellSummary(
        workload="w",
        variants=("c/one",),
        settings="same",
        valid=3 if told else 0,
        pace=Pace.KEEPS_UP,
        figures=told,
        short="",
    )
    started = (FIRST + timedelta(days=day)).isoformat()
    made = RunSummary(
        schema_version=2, run_id=f"run-{day:04d}", label="run", question="",
        started_utc=f"{started}T10:00:00Z", machine="ci-1, Xeon, 4 CPUs",
        server="embedded 2.12.1", client="wire 1", planned=3, valid=3, invalid=0, missing=0,
        cells=(cell,), headline="", state=None, boxes=None, sentences=(),
        host="ci-1", cpu="Xeon", kernel="6.8.0", jetbench="1.0.0",
    )  # fmt: skip
    settings = other.pop("settings", None)
    short = other.pop("short", "")
    cell = replace(cell, settings=settings or cell.settings, short=short)
    return replace(made, cells=(cell,), **other)


def history(
    series: Mapping[str, Sequence[float | None]],
    since: Mapping[int, Mapping[str, Any]] | None = None,
) -> list[RunSummary]:
    """Return a run for each value; from each index of `since` on, runs have that beside."""
    (length,) = {len(values) for values in series.values()}
    other: dict[str, Any] = {}
    found = []
    for day in range(length):
        other |= (since or {}).get(day, {})
        found.append(run(day, {key: values[day] for key, values in series.items()}, **other))
    return found
