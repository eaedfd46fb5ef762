"""The plan of a comparison: two sides, cell by cell, in blocks that hold both.

Other than in a matrix, sides that come to the same settings stay two cells: what differs may be the
server's program, or nothing at all, where a host is asked how much it scatters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.core.errors import UsageError
from bench.plan.build import shortened
from bench.plan.expand import cell_id
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, VariantName
from bench.plan.order import order
from bench.spec.variant import Settings
from bench.spec.workload import Workload

BASELINE = "baseline"
CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison.

    Attributes:
        name: what its cells go by in the report, `baseline/pull-batch.batch-50`.
        settings: resolved.
        workloads: name -> profile, with the phases of this run; both sides have the same names.
    """

    name: VariantName
    settings: Settings
    workloads: Mapping[str, Workload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A comparison of two sides.

    Attributes:
        label: names the run.
        question: that the run is to answer.
        baseline, candidate: the sides.
    """

    label: str
    question: str
    baseline: Side
    candidate: Side


def with_slower_handler(workload: Workload, share: float) -> Workload:
    """Return the workload with a handler that takes longer by a share: a planted regression.

    Raises:
        UsageError: its handler takes no time, so nothing would be slower.
    """
    if workload.busy.time.mean_ns == 0:
        raise UsageError("the handler of this workload takes no time, so it cannot be slowed")
    return workload.with_handler(workload.busy.slower(share))


def sides_plan(contest: Contest, *, blocks: int, seed: int, quick: bool) -> Plan:
    """Return a plan with two cells for each workload, whatever their settings.

    Raises:
        UsageError: a workload offers too little for the short window of `quick`.
    """
    cells = tuple(
        Cell(
            id=cell_id(workload_name, side.name),
            workload_name=workload_name,
            workload=side.workloads[workload_name],
            variants=(side.name,),
            settings=side.settings,
        )
        for workload_name in contest.baseline.workloads
        for side in (contest.baseline, contest.candidate)
    )
    if quick:
        cells = tuple(map(shortened, cells))
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label=contest.label,
        question=contest.question,
        config_questions=(),
        seed=seed,
        blocks=blocks,
        quick=quick,
        cells=cells,
        trials=order(cells, blocks=blocks, seed=seed),
        baseline=str(contest.baseline.name),
    )
