"""Whether a run may be believed: its blocks, its trials, its software, its host."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from bench.analysis.figures import CellFigures, RunFigures, WorkloadFigures
from bench.analysis.validity import (
    baseline_of,
    reproach_of,
    reproach_of_workload,
    whole_blocks,
)
from bench.core import text
from bench.core.marks import State
from bench.gate.calibration import MAX_AGE, Calibration, objection
from bench.judgement import trust_checks
from bench.judgement.check import Check
from bench.judgement.names import spoken
from bench.judgement.records import all_cells, all_trials
from bench.plan.model import Plan
from bench.record.schema import Software
from bench.stats.estimate import MIN_TRIALS

ENOUGH_BLOCKS = 5
"""Fewer blocks are a look: they can neither pass nor fail a build (MEASUREMENT.md R8)."""

BUSY_SHARE = 0.5
"""Of the CPUs, as a load average; likewise."""


def checks_of(
    figures: RunFigures, calibration: Calibration | None = None, repeats: Check | None = None
) -> tuple[Check, ...]:
    """Return every check of a run, in the order in which a doubt would matter.

    Args:
        figures: of the run, or of what its answer rests on.
        calibration: kept with the results; None without one.
        repeats: whether enough was measured, where that is no matter of blocks; None where it is.
    """
    found = [t for t in all_trials(figures) if t.record.window is not None]
    return (
        repeats or _blocks(figures),
        *trust_checks.of_trials(found),
        _software(figures),
        _before(figures),
        _calibration(figures, calibration),
    )


def least_pairs(workloads: Sequence[WorkloadFigures], plan: Plan) -> int:
    """Return how many blocks every cell of some workloads shares with its baseline, at least."""
    return min(
        (
            len(whole_blocks([baseline_of(workload, plan.baseline), cell]))
            for workload in workloads
            for cell in workload.cells
        ),
        default=0,
    )


def _blocks(figures: RunFigures) -> Check:
    planned, named = figures.plan.blocks, figures.plan.baseline
    pairs = least_pairs(figures.workloads, figures.plan)
    cells = all_cells(figures)
    reproached = any(map(reproach_of, cells))
    if pairs >= planned and pairs >= ENOUGH_BLOCKS and not reproached:
        state = State.HOLDS
    else:
        invalid = any(reproach_of_workload(workload, named) for workload in figures.workloads)
        state = State.FAILS if invalid or not pairs else State.DOUBTFUL
    return Check(
        name="Blocks",
        state=state,
        found="; ".join(_block_words(figures, pairs)),
        threshold=(
            f"every cell has as many valid pairs with its baseline as planned, and {ENOUGH_BLOCKS} "
            f"or more to decide by ({MIN_TRIALS} for an interval)"
        ),
        meaning="Cells are compared within blocks: a gap leaves fewer pairs to compare.",
    )


def _block_words(figures: RunFigures, pairs: int) -> Iterator[str]:
    plan = figures.plan
    yield f"{text.plural(pairs, 'pair')} at least, {planned_words(plan)}"
    if pairs < ENOUGH_BLOCKS:
        yield f"fewer than {ENOUGH_BLOCKS}"
    for workload in figures.workloads:
        if why := reproach_of_workload(workload, plan.baseline):
            yield f"{spoken(workload.name)}: {why}"
        else:
            yield from filter(None, map(reproach_of, workload.cells))
    records = [trial.record for trial in all_trials(figures)]
    yield from _in_blocks("an invalid trial", {r.block for r in records if not r.valid})
    missing = {trial.block for trial in plan.trials if trial.id in figures.missing}
    yield from _in_blocks("a missing trial", missing)
    if _on_top(plan):
        yield "those on top repeat invalid trials or confirm what looked red"


def planned_words(plan: Plan) -> str:
    """Say of how many blocks a run was: `5 planned`, `5 planned and 5 on top`."""
    on_top = _on_top(plan)
    return f"{plan.blocks} planned" + (f" and {on_top} on top" if on_top else "")


def _on_top(plan: Plan) -> int:
    return len({trial.block for trial in plan.trials if trial.block > plan.blocks})


def _in_blocks(what: str, blocks: set[int]) -> tuple[str, ...]:
    word = "block" if len(blocks) == 1 else "blocks"
    listed = text.listed([str(block) for block in sorted(blocks)])
    return (f"{what} in {word} {listed}",) if blocks else ()


def _software(figures: RunFigures) -> Check:
    """Every cell has one server and one client; which ones, when cells differ by them."""
    cells = all_cells(figures)
    of_cells = [kinds for cell in cells if (kinds := _kinds(cell))]
    mixed = any(len(kinds) > 1 for kinds in of_cells)
    counts = Counter(kind for kinds in of_cells for kind in kinds)
    alone = len(counts) == 1
    words = (
        kind if alone else f"{kind} in {text.plural(count, 'cell')}"
        for kind, count in counts.items()
    )
    known = State.DOUBTFUL if mixed else State.HOLDS
    return Check(
        name="Software",
        state=known if of_cells else State.UNKNOWN,
        found="; ".join(words) or "not recorded",
        threshold="one server and one client version in all trials of a cell",
        meaning="Cells that differ by their software differ by that beside their settings.",
        grave=True,
    )


def _kinds(cell: CellFigures) -> set[str]:
    return {_named(trial.record.software) for trial in cell.trials if trial.record.software}


def _named(software: Software) -> str:
    client = f"{software.client} {software.client_version}"
    return f"nats-server {software.server_version}, {client}"


def _calibration(figures: RunFigures, calibration: Calibration | None) -> Check:
    state, found = State.UNKNOWN, "none is kept with these results"
    if calibration is not None:
        begun = datetime.fromisoformat(figures.environment.started_utc)
        age = begun - datetime.fromisoformat(calibration.measured_utc)
        against = objection(calibration, figures.environment, begun)
        state = State.DOUBTFUL if against else State.HOLDS
        found = against or (
            f"{text.plural(max(0, age.days), 'day')} old, of {calibration.variant}, with "
            f"nats-server {calibration.server_version}"
        )
    return Check(
        name="Calibration",
        state=state,
        found=found,
        threshold=f"made on this host, at most {MAX_AGE.days} days before the run",
        meaning="jetbench calibrate finds what equal cells differ by here, and what can be seen.",
    )


def _before(figures: RunFigures) -> Check:
    environment = figures.environment
    limit = BUSY_SHARE * environment.cpus
    return Check(
        name="Host before the run",
        state=State.DOUBTFUL if environment.load_average_1m > limit else State.HOLDS,
        found=f"load average {environment.load_average_1m:.2f} on {environment.cpus} CPUs",
        threshold=f"at most {limit:.2g}, half of the CPUs",
        meaning="Something else was running; if it went on, it ran beside the trials too.",
    )
