"""Makes the plan of a run from what the user wrote."""

from dataclasses import replace

from bench.core.errors import UsageError
from bench.core.units import NS_PER_S
from bench.plan.expand import expand
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, Question
from bench.plan.order import order
from bench.spec.base import MisfitError
from bench.spec.disturbances import in_proportion
from bench.spec.load import LoadedMatrix
from bench.spec.workload import Phases

QUICK_WARMUP_NS = 2 * NS_PER_S
QUICK_WINDOW_NS = 5 * NS_PER_S
QUICK_DRAIN_NS = 5 * NS_PER_S


def make_plan(
    loaded: LoadedMatrix, *, quick: bool = False, blocks: int | None = None, seed: int | None = None
) -> Plan:
    """Return the plan of a run.

    Args:
        loaded: the matrix with all that it names.
        quick: shorten the phases for a look; the plan says that it did.
        blocks: in place of the matrix's, >= 1.
        seed: in place of the matrix's, >= 0.

    Raises:
        UsageError: a workload offers too little for the short window.
    """
    matrix = loaded.matrix
    blocks = matrix.blocks if blocks is None else blocks
    seed = matrix.seed if seed is None else seed
    cells = expand(loaded)
    if quick:
        cells = tuple(map(shortened, cells))
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label=matrix.label,
        question=matrix.question,
        config_questions=tuple(
            Question(config=config.name, question=config.question)
            for config in loaded.configs
            if config.question
        ),
        seed=seed,
        blocks=blocks,
        quick=quick,
        cells=cells,
        trials=order(cells, blocks=blocks, seed=seed),
        baseline=matrix.baseline or "",
        primary=matrix.primary or "",
        secondary=matrix.secondary,
        success=tuple(map(str, matrix.success)),
    )


def shortened(cell: Cell) -> Cell:
    """Return the cell with phases for a look; UsageError when they hold too little load."""
    phases = cell.workload.phases
    limits = {
        "warmup_ns": min(phases.warmup_ns, QUICK_WARMUP_NS),
        "measure_ns": min(phases.measure_ns, QUICK_WINDOW_NS),
        "drain_ns": min(phases.drain_ns, QUICK_DRAIN_NS),
    }
    short: Phases = phases.model_copy(update=limits)
    own = cell.settings.disturbances
    settings = cell.settings
    if own is not None:
        fitting = in_proportion(own, phases.measure_ns, short.measure_ns)
        settings = settings.model_copy(update={"disturbances": fitting})
    try:
        return replace(cell, workload=cell.workload.in_short(short), settings=settings)
    except MisfitError as error:
        raise UsageError(f"--quick: workload {cell.workload_name}: {error}") from error
