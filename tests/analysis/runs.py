"""Small made-up runs for tests: raw times and counts in, a RunStore's files out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.core.units import NS_PER_S
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, Trial, VariantName
from bench.record import samples
from bench.record.hlog import Interval
from bench.record.schema import (
    ENVIRONMENT_SCHEMA_VERSION,
    TRIAL_SCHEMA_VERSION,
    Environment,
    Finding,
    ProcessUsage,
    TrialRecord,
    Window,
)
from bench.record.store import RunStore
from bench.spec.cast import instants
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.stats.histogram import tally
from tests.parts import cast, ledger

IntArray = NDArray[np.int64]
Name = TypeVar("Name", bound=str)

WARMUP_S, WINDOW_S, DRAIN_S = 2, 12, 1
TOTAL_S = WARMUP_S + WINDOW_S + DRAIN_S
WINDOW = Window(
    window_start_ns=WARMUP_S * NS_PER_S,
    window_end_ns=(WARMUP_S + WINDOW_S) * NS_PER_S,
    drained_ns=TOTAL_S * NS_PER_S,
)


def cell(id_: str, *, workload: str = "small-events", settings: Settings | None = None) -> Cell:
    """A cell at 1000 msg/s, with default settings unless others are given."""
    profile = {
        "kind": "stream",
        "payload": {"sizes": "128B"},
        "publish": {"rate": "1000/s", "window": 4},
    }
    return Cell(
        id=id_,
        workload_name=workload,
        workload=Stream.model_validate(profile),
        variants=(VariantName(config="pull-batch", variant=id_),),
        settings=settings or Settings(),
    )


def plan(cells: Sequence[Cell], *, blocks: int) -> Plan:
    """Every cell once in every block, in order."""
    places = [(block, each) for block in range(1, blocks + 1) for each in cells]
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label="made-up",
        question="",
        config_questions=(),
        seed=1,
        blocks=blocks,
        quick=True,
        cells=tuple(cells),
        trials=tuple(
            Trial(
                id=f"{index:03d}-{each.id}-b{block}",
                index=index,
                cell_id=each.id,
                block=block,
                seed=block,
            )
            for index, (block, each) in enumerate(places, start=1)
        ),
    )


def environment() -> Environment:
    """A host that does not exist."""
    return Environment(
        schema_version=ENVIRONMENT_SCHEMA_VERSION,
        host="nowhere",
        os="Linux",
        kernel="6.1",
        architecture="x86_64",
        cpu_model="none",
        cpus=2,
        memory_bytes=1,
        store_filesystem="ext4",
        python="3.11.7",
        jetbench="0.1.0",
        packages={},
        server="embedded",
        server_version="2.15.1",
        command="jetbench run",
        started_utc="2026-11-23T17:00:00+00:00",
        load_average_1m=0.1,
    )


def intervals(values_ns: Mapping[Name, Sequence[IntArray]]) -> list[Interval]:
    """One interval for each time and second that has values."""
    return [
        Interval(
            time=time,
            start_ns=second * NS_PER_S,
            end_ns=(second + 1) * NS_PER_S,
            histogram=tally(values).histogram,
        )
        for time, of_each in values_ns.items()
        for second, values in enumerate(of_each)
        if values.size
    ]


def record(
    trial: Trial,
    *,
    rate: int = 1000,
    acks: bool = True,
    processes: Sequence[ProcessUsage] = (),
    findings: Sequence[Finding] = (),
) -> TrialRecord:
    """A trial in which every message was stored and consumed in the second it was due."""
    counts = tuple([rate] * (WARMUP_S + WINDOW_S) + [0] * DRAIN_S)
    total, window = sum(counts), rate * WINDOW_S
    parts = cast(acks=acks)
    return TrialRecord(
        schema_version=TRIAL_SCHEMA_VERSION,
        trial_id=trial.id,
        cell_id=trial.cell_id,
        block=trial.block,
        seed=trial.seed,
        started_utc="2026-11-23T17:00:00+00:00",
        completed=True,
        cast=parts,
        window=WINDOW,
        window_counts=dict.fromkeys(instants(parts), window),
        slices=dict.fromkeys(instants(parts), counts),
        ledger=ledger(
            acks=acks,
            planned=total,
            published=total,
            stored=total,
            received=total,
            handled=total,
            acked=total,
            deliveries=total,
            stream_msgs=total,
        ),
        processes=tuple(processes),
        store_disk_bytes=-1,
        software=None,
        findings=tuple(findings),
    )


def sampled(lag_msgs: Sequence[int | None], *, every_s: float = 0.1) -> pd.DataFrame:
    """A samples table of a lag, and of a server that uses half a core and 50 MB."""
    rows: list[Mapping[str, int | None]] = [
        {
            "t_ns": round(i * every_s * NS_PER_S),
            "num_pending": lag,
            "num_ack_pending": None if lag is None else 0,
            "lag_msgs": lag,
            "server_cpu_ns": round(i * every_s * NS_PER_S / 2),
            "server_rss_bytes": 50_000_000,
        }
        for i, lag in enumerate(lag_msgs)
    ]
    return samples.table(rows)


def store(path: Path, the_plan: Plan) -> RunStore:
    """A run's directory with its plan and environment, and no trial yet."""
    made = RunStore(path)
    made.write_plan(the_plan)
    made.write_environment(environment())
    return made
