"""Made-up plans over made-up searches of known truth."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.analysis.figures import RunFigures
from bench.judgement.judge import judge
from bench.judgement.model import Judgement
from bench.judgement.outlook import Outlook, VariantOutlook
from bench.record.planned import Planned
from bench.record.storage import Storage, Stored, Unstored
from bench.spec.capacity_plan import CapacityPlan
from tests.judgement.searching import Truth, run_of

DAY = "2026-01-01"
PLAN = {
    "today": "400/s",
    "growth": "100%/year",
    "over": "12 months",
    "retention": {"max_age": "1d", "max_bytes": "100GiB"},
    "headroom": "20%",
    "backlog": "1h",
    "as_of": DAY,
}


def plan_of(**changes: object) -> CapacityPlan:
    """400 msg/s that double within the year; `changes` replaces keys, None leaves them out."""
    keys = {key: value for key, value in (PLAN | changes).items() if value is not None}
    return CapacityPlan.model_validate(keys)


def stored_of(figures: RunFigures) -> Storage:
    """Messages of 1000 B in the stream, 250 B with s2."""
    assert figures.plan.search is not None
    looks = {"none": 9_000_000, "s2": 2_250_000}
    return Storage(
        schema_version=1,
        measured_utc=f"{DAY}T00:00:00+00:00",
        server_version="2.15.1",
        stored=tuple(
            Stored(
                base_id=base.id,
                compression=compression,  # type: ignore[arg-type]
                messages=10_000,
                payload_bytes=9_500_000,
                stream_bytes=10_000_000,
                open_bytes=1_000_000,
                disk_bytes=disk_bytes,
            )
            for base in figures.plan.search.bases
            for compression, disk_bytes in looks.items()
        ),
    )


def unstored_of(figures: RunFigures) -> Storage:
    """Nothing was laid."""
    assert figures.plan.search is not None
    (base,) = figures.plan.search.bases
    none = Unstored(base_id=base.id, why="the workload publishes to several streams")
    return replace(stored_of(figures), stored=(), unstored=(none,))


def planned_run(
    truths: dict[str, Truth],
    plan: CapacityPlan,
    storage: Callable[[RunFigures], Storage | None] = stored_of,
    **options: Any,
) -> RunFigures:
    """The figures of such searches, held against a plan."""
    figures = run_of(truths, **options)
    return replace(
        figures,
        planned=Planned(
            schema_version=1,
            file="plans/p.yaml",
            planned_utc=f"{DAY}T00:00:00+00:00",
            plan=plan,
        ),
        storage=storage(figures),
    )


def judged_plan(truths: dict[str, Truth], plan: CapacityPlan, **options: Any) -> Judgement:
    """The judgement of it."""
    return judge(planned_run(truths, plan, **options))


def outlook(truths: dict[str, Truth], plan: CapacityPlan, **options: Any) -> Outlook:
    """What the plan comes to."""
    found = judged_plan(truths, plan, **options).outlook
    assert found is not None
    return found


def outlook_of(truth: Truth, plan: CapacityPlan, **options: Any) -> VariantOutlook:
    """What it comes to with one variant of that truth."""
    (found,) = outlook({"one": truth}, plan, **options).each
    return found
