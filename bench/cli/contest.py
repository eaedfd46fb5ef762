"""Measuring two sides against each other, in blocks that hold both, and as often as it takes.

Invalid trials are repeated, with their partner. What looks red after the blocks that were planned
is measured on as many more; judging is not done here, it only says what to go on with.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.analysis.figures import RunFigures
from bench.analysis.summary import summarise
from bench.analysis.validity import to_repeat
from bench.cli.console import errors
from bench.cli.measuring import interruptible
from bench.cli.plan import print_estimate
from bench.cli.progress import make_watcher
from bench.cli.typed import command_line
from bench.plan.estimate import estimate
from bench.plan.model import Plan
from bench.plan.order import further
from bench.plan.sides import CANDIDATE
from bench.record.lock import measuring
from bench.record.store import RunStore
from bench.runner import environment, preflight
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import Target


class Suspects(Protocol):
    """Says which workloads have to be measured on more blocks before anything is final."""

    def __call__(self, figures: RunFigures) -> Collection[str]:
        """Return their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """What two sides are measured on.

    Attributes:
        store: where the run is kept.
        baseline, candidate: servers of the sides; often the same.
        live: draw the running trial on a terminal.
        patience: with a host that the hypervisor keeps from us.
    """

    store: RunStore
    baseline: Target
    candidate: Target
    live: bool = True
    patience: Patience = field(default_factory=Patience)


def measure(plan: Plan, arena: Arena, suspects: Suspects) -> RunFigures:
    """Measure a plan of two sides and what follows from it; return the figures of all blocks.

    Raises:
        BenchError: see `bench.runner.preflight.check`, `bench.runner.matrix.run_matrix` and
            `bench.record.lock.measuring`.
    """
    with measuring(arena.store.path):
        _begin(plan, arena)
        return _measured(plan, arena, suspects)


def _measured(plan: Plan, arena: Arena, suspects: Suspects) -> RunFigures:
    try:
        plan, figures = _whole(plan, arena, dict.fromkeys(_workloads(plan), plan.blocks))
        names = suspects(figures)
        if not names:
            return figures
        _say(f"more blocks of {', '.join(names)}: what looks red has to come out so again")
        wanted = dict.fromkeys(names, 2 * plan.blocks)
        suspected = [cell.id for cell in plan.cells if cell.workload_name in names]
        return _whole(_extended(plan, dict.fromkeys(suspected, plan.blocks)), arena, wanted)[1]
    except KeyboardInterrupt:
        _say(f"interrupted; what was measured is kept in {arena.store.path}, and judges nothing")
        raise


def _begin(plan: Plan, arena: Arena) -> None:
    versions: list[str] = []
    warnings: list[str] = []
    for target in (arena.baseline, arena.candidate):
        fitness = interruptible(preflight.check(plan, target, arena.store, estimate(plan)))
        versions.append(fitness.server_version)
        warnings += fitness.warnings
    for warning in dict.fromkeys(warnings):
        _say(f"warning: {warning}")
    print_estimate(plan, errors())
    before, after = versions
    version = before if before == after else f"{before} (baseline), {after} (candidate)"
    arena.store.write_environment(environment.describe(arena.baseline, version, command_line()))


def _whole(plan: Plan, arena: Arena, wanted: Mapping[str, int]) -> tuple[Plan, RunFigures]:
    """Measure the plan, and repeat invalid trials until each cell has as many pairs as wanted."""
    while True:
        figures = _walked(plan, arena)
        more = with_repeats(plan, figures, wanted)
        if more is plan:
            return plan, figures
        plan = more


def with_repeats(plan: Plan, figures: RunFigures, wanted: Mapping[str, int]) -> Plan:
    """Return the plan with further blocks that hold what lacks a valid trial, and its baseline.

    Args:
        plan: measured so far.
        figures: of all its trials.
        wanted: pairs of each workload's cells with the baseline.

    Returns:
        The plan itself where nothing is to be repeated.
    """
    lacking: dict[str, int] = {}
    for workload in figures.workloads:
        lacking |= to_repeat(workload, plan.baseline, wanted.get(workload.name, 0))
    if lacking:
        _say(f"repeating what came out invalid: {', '.join(lacking)}")
        return _extended(plan, lacking)
    return plan


def _walked(plan: Plan, arena: Arena) -> RunFigures:
    arena.store.write_plan(plan)
    targets = {
        cell.id: arena.candidate
        for cell in plan.cells
        if any(name.config == CANDIDATE for name in cell.variants)
    }
    with make_watcher(errors(), estimate(plan), live=arena.live) as watcher:
        walk = Run(
            plan=plan,
            store=arena.store,
            target=arena.baseline,
            watcher=watcher,
            targets=targets,
            patience=arena.patience,
        )
        interruptible(run_matrix(walk))
    return summarise(arena.store)


def _extended(plan: Plan, trials: Mapping[str, int]) -> Plan:
    """Return the plan with so many more trials of cells, by id; each block holds a cell once."""
    for count in range(max(trials.values())):
        cells = [cell for cell in plan.cells if trials.get(cell.id, 0) > count]
        plan = further(plan, cells, blocks=1)
    return plan


def _workloads(plan: Plan) -> list[str]:
    return list(dict.fromkeys(cell.workload_name for cell in plan.cells))


def _say(text: str) -> None:
    errors().print(text, markup=False, soft_wrap=True)
