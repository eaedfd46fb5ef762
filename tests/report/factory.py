"""Synthetic figures of a run, as `bench.analysis.summary` would give them.

Shapes are those of real runs: lognormal times, a variant that falls behind, one that never acks,
one invalid trial. The figures are made up; no test compares them with a measurement.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.analysis import comparison
from bench.analysis.figures import (
    CellFigures,
    RunFigures,
    TimeFigures,
    TrialFigures,
    WorkloadFigures,
)
from bench.analysis.lag import cell_verdict
from bench.analysis.summary import workload_figures
from bench.plan.model import Cell, Plan, Question, Trial, VariantName
from bench.record.schema import Environment, Finding, Level
from bench.spec.kinds.stream import Stream
from bench.spec.metrics import of_casts
from bench.spec.variant import Settings
from bench.stats.shape import PER_DECADE, Shape
from tests.parts import cast
from tests.report.trial_factory import (
    DRAIN_S,
    RATE,
    SPECTRUM_AT,
    WARMUP_S,
    WINDOW_S,
    Variant,
    trial_figures,
)

VARIANTS = (
    Variant(
        names=("pull-batch/batch-1",),
        settings={"pull": {"batch": 1}},
        p50_ms=4.1,
        tail=9.0,
        behind_msgs_per_s=640.0,
        server_us=17.5,
    ),
    Variant(
        names=("pull-batch/batch-10",), settings={"pull": {"batch": 10}}, p50_ms=1.9, server_us=9.1
    ),
    Variant(
        names=("pull-batch/batch-100", "max-ack-pending/mapend-1000", "ack-timing/after-handler"),
        settings={"pull": {"batch": 100}, "consumer": {"max_ack_pending": 1000}},
        p50_ms=1.52,
    ),
    Variant(
        names=("pull-batch/batch-500",),
        settings={"pull": {"batch": 500}},
        p50_ms=1.53,
        tail=3.1,
        server_us=5.6,
    ),
    Variant(
        names=("max-ack-pending/mapend-50",),
        settings={"consumer": {"max_ack_pending": 50}},
        p50_ms=2.8,
        tail=6.0,
    ),
    Variant(
        names=("ack-timing/per-batch",),
        settings={"ack": {"timing": "per-batch"}},
        p50_ms=2.3,
        server_us=5.1,
    ),
    Variant(
        names=("ack-timing/none",),
        settings={"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}},
        p50_ms=1.2,
        server_us=4.2,
    ),
)
AXES = tuple(
    Variant(
        names=(f"two-axes/batch={batch}+max_ack_pending={pending}",),
        settings={"pull": {"batch": batch}, "consumer": {"max_ack_pending": pending}},
        p50_ms=1 + 20 / batch + 50 / pending,
        behind_msgs_per_s=300.0 if batch == 5 and pending == 50 else 0.0,
    )
    for batch in (5, 20, 50)
    for pending in (50, 500)
)
"""A config of two axes, as bench/spec/variants.py names its variants."""

WORKLOADS = ("small-events", "mixed-payload")
QUESTIONS = (
    Question(config="pull-batch", question="How large should a pull batch be?"),
    Question(config="max-ack-pending", question="How many messages may be unacknowledged?"),
    Question(config="ack-timing", question="When should a message be acknowledged?"),
)


def run_figures(
    *,
    variants: Sequence[Variant] = VARIANTS,
    workloads: Sequence[str] = WORKLOADS,
    blocks: int = 5,
    with_fault: bool = True,
    seconds: int = WARMUP_S + WINDOW_S + DRAIN_S,
) -> RunFigures:
    """Return the figures of a run of these variants under these workloads.

    Args:
        variants: crossed with the workloads.
        workloads: their names.
        blocks: how often each cell ran.
        with_fault: the second cell's last trial is invalid and one more is missing.
        seconds: length of a trial.
    """
    cells = [_cell(workload, variant) for workload in workloads for variant in variants]
    plan = _plan(cells, blocks)
    missing = (plan.trials[-1].id,) if with_fault and blocks > 1 else ()
    found: dict[str, CellFigures] = {}
    for number, (cell, variant) in enumerate(
        zip(cells, list(variants) * len(workloads), strict=True)
    ):
        trials = [
            trial_figures(trial, variant, seconds, broken=with_fault and number == 1 and last)
            for trial in plan.trials
            if trial.cell_id == cell.id and trial.id not in missing
            for last in (trial.block == blocks and blocks > 1,)
        ]
        found[cell.id] = cell_figures(cell, trials)
    return RunFigures(
        run_id="quickstart-20261123-170512",
        plan=plan,
        environment=environment(),
        metrics=of_casts([cast()]),
        workloads=tuple(_workload(name, list(found.values()), plan) for name in workloads),
        missing=missing,
    )


def with_texts(figures: RunFigures, text: str) -> RunFigures:
    """Return the figures with every free text, also variants' names, set to `text`."""
    cells = {
        cell.id: replace(
            cell,
            variants=(VariantName(config="pull-batch", variant=f"{text}{number or ''}"),)
            if number % 2 == 0
            else cell.variants,
        )
        for number, cell in enumerate(figures.plan.cells)
    }
    plan = replace(
        figures.plan,
        label=text,
        question=text,
        config_questions=(Question(config="pull-batch", question=text),),
        cells=tuple(cells.values()),
    )
    workloads = tuple(
        replace(w, cells=tuple(_told(replace(c, cell=cells[c.cell.id]), text) for c in w.cells))
        for w in figures.workloads
    )
    environment = replace(
        figures.environment,
        host=text,
        cpu_model=text,
        command=text,
        server=text,
        packages={text: text},
    )
    return replace(figures, plan=plan, workloads=workloads, environment=environment)


def _told(cell: CellFigures, text: str) -> CellFigures:
    finding = Finding(level=Level.WARNING, code="hostile", text=text)
    trials = tuple(
        replace(t, record=replace(t.record, findings=(*t.record.findings, finding)))
        for t in cell.trials
    )
    return replace(cell, trials=trials)


def _workload(name: str, cells: Sequence[CellFigures], plan: Plan) -> WorkloadFigures:
    of_workload = [cell for cell in cells if cell.cell.workload_name == name]
    return workload_figures(name, of_workload, plan)


def _cell(workload: str, variant: Variant) -> Cell:
    names = tuple(
        VariantName(config=c, variant=v) for c, v in (n.split("/") for n in variant.names)
    )
    sizes = {"128B": "100%"} if workload == "small-events" else {"1KiB": "95%", "32KiB": "5%"}
    profile = {
        "kind": "stream",
        "description": f"Made up for tests: {workload}.",
        "payload": {"sizes": sizes},
        "publish": {"rate": f"{RATE}/s"},
        "consume": {"workers": 10, "handler": {"time": {"p50": "1ms", "p99": "4ms"}}},
        "phases": {"warmup": f"{WARMUP_S}s", "measure": f"{WINDOW_S}s", "drain": f"{DRAIN_S}s"},
    }
    return Cell(
        id=f"{workload}--{names[0].config}.{names[0].variant}",
        workload_name=workload,
        workload=Stream.model_validate(profile),
        variants=names,
        settings=Settings.model_validate(dict(variant.settings)),
    )


def _plan(cells: Sequence[Cell], blocks: int) -> Plan:
    order = np.random.default_rng(7)
    trials: list[Trial] = []
    for block in range(1, blocks + 1):
        for place in order.permutation(len(cells)):
            cell, index = cells[place], len(trials) + 1
            trials.append(
                Trial(
                    id=f"{index:03}-{cell.id}-b{block}",
                    index=index,
                    cell_id=cell.id,
                    block=block,
                    seed=block,
                )
            )
    return Plan(
        schema_version=1,
        label="quickstart",
        question="Which settings keep end-to-end p99 short without falling behind?",
        config_questions=QUESTIONS,
        seed=7,
        blocks=blocks,
        quick=False,
        cells=tuple(cells),
        trials=tuple(trials),
    )


def cell_figures(cell: Cell, trials: Sequence[TrialFigures]) -> CellFigures:
    """Return a cell with the estimates that `bench.analysis` makes of these trials."""
    valid = [trial for trial in trials if trial.record.valid]
    times = {
        time: _together([trial.times[time] for trial in valid])
        for time in (valid[0].times if valid else {})
    }
    return CellFigures(
        cell=cell,
        trials=tuple(trials),
        estimates=comparison.estimates(trials),
        lag_verdict=cell_verdict([trial.lag for trial in valid if trial.lag]),
        times=times,
        shapes={time: _shape(each) for time, each in times.items()},
    )


def _shape(times: TimeFigures) -> Shape:
    """Messages spread evenly between the points of the spectrum; all of them finished."""
    percentiles, points_ns = np.array(times.spectrum).T
    places = PER_DECADE * np.log10(points_ns)
    borders = np.arange(math.floor(places[0]), math.ceil(places[-1]) + 1)
    up_to = np.round(times.count * np.interp(borders, places, percentiles) / 100)
    return Shape(first=int(borders[0]), counts=np.diff(up_to).astype(np.int64), unfinished=0)


def _together(times: Sequence[TimeFigures]) -> TimeFigures:
    return replace(
        times[0],
        count=sum(each.count for each in times),
        percentiles_ns={
            percentile: None
            if value is None
            else _geometric([v for each in times if (v := each.percentiles_ns[percentile])])
            for percentile, value in times[0].percentiles_ns.items()
        },
        spectrum=tuple(
            (p, _geometric([each.spectrum[i][1] for each in times]))
            for i, p in enumerate(SPECTRUM_AT)
        ),
    )


def _geometric(values: Sequence[int]) -> int:
    return round(math.exp(sum(math.log(value) for value in values) / len(values)))


def environment() -> Environment:
    """Return a host that does not exist."""
    return Environment(
        schema_version=1,
        host="bench-01",
        os="Debian GNU/Linux 12",
        kernel="6.1.0-28-amd64",
        architecture="x86_64",
        cpu_model="Example CPU @ 3.00GHz",
        cpus=2,
        memory_bytes=8 * 1024**3,
        store_filesystem="ext4",
        python="3.11.9",
        jetbench="0.1.0",
        packages={"nats-py": "2.16.0", "numpy": "2.4.6"},
        server="embedded",
        server_version="2.15.1",
        command="jetbench run configs/matrices/quickstart.yaml --out results",
        started_utc="2026-11-23T17:05:12Z",
        load_average_1m=0.21,
    )
