"""Measuring a plan that grows with what it finds, until nothing more is wanted.

plan.json is written before each walk, and there is no other state: whoever goes on with a run reads
it and the records, and asks for the same next step.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.analysis.figures import RunFigures
from bench.analysis.summary import summarise
from bench.cli.console import errors
from bench.cli.going_on import require_same, say_how_to_go_on
from bench.cli.measuring import interruptible
from bench.cli.progress import make_watcher
from bench.cli.typed import command_line
from bench.core.errors import BenchError
from bench.gate.files import forget_result
from bench.plan.estimate import Ahead, Estimate, estimate
from bench.plan.model import Plan
from bench.record.store import RunStore
from bench.runner import environment, preflight
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import Target

Wants = Callable[[RunFigures], Plan | None]
"""Returns the measured plan with trials more; None where nothing is wanted."""

Bound = Callable[[Plan, RunFigures | None], Ahead]
"""Returns what may still come of a plan after these figures, at most; None of one just begun."""


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What concerns this invocation and not the plan.

    Attributes:
        store: where the run is kept; its directory is held by whoever calls (`record.lock`).
        target: what is measured.
        tui: draw the running trial on a terminal.
        patience: with a host that the hypervisor keeps from us.
        keep: keeps with the run what else was asked of it; called when it is in order to measure.
    """

    store: RunStore
    target: Target
    tui: bool
    patience: Patience
    keep: Callable[[], None] = _nothing


def grown(plan: Plan, how: How, wants: Wants, most: Bound | None = None) -> RunFigures:
    """Measure a plan, and what is wanted after it; return the figures of all that was measured.

    Args:
        plan: with a trial at least; of a run that is gone on with as it is kept.
        how: to measure it.
        wants: asked whenever all that is planned was measured.
        most: what the progress tells of what may still come; None where all is planned but for
            repeats.

    Raises:
        UsageError: the run was begun on another host, or with another server or jetbench.
        BenchError: see `bench.runner.preflight.check` and `bench.runner.matrix.run_matrix`.
    """
    begun = (how.store.path / "plan.json").exists()
    known = summarise(how.store) if begun and most else None
    ahead = most(plan, known) if most else None
    _begin(plan, how, ahead)
    while True:
        try:
            figures = _walked(plan, how, ahead)
            more = wants(figures)
            if more is None:
                return figures
            how.store.write_plan(more)
            plan = more
            ahead = most(plan, figures) if most else None
        except (KeyboardInterrupt, BenchError) as error:
            say_how_to_go_on(plan, how.store, how.target, error)
            raise


def _begin(plan: Plan, how: How, ahead: Ahead | None) -> None:
    """Look whether all is in order, and write or compare on what the run is measured."""
    expected = _with(estimate(plan), ahead)
    fitness = interruptible(preflight.check(plan, how.target, how.store, expected))
    for warning in fitness.warnings:
        errors().print(f"warning: {warning}", markup=False, soft_wrap=True)
    found = environment.describe(how.target, fitness.server_version, command_line())
    if (how.store.path / "plan.json").exists():
        require_same(how.store.read_environment(), found)
    else:
        how.store.write_environment(found)
        how.store.write_plan(plan)
    how.keep()


def _with(expected: Estimate, ahead: Ahead | None) -> Estimate:
    """Return what a disk has to hold: also what is not planned yet."""
    if ahead is None:
        return expected
    return replace(
        expected,
        peak_store_bytes=max(expected.peak_store_bytes, ahead.peak_store_bytes),
        results_bytes=max(expected.results_bytes, ahead.results_bytes),
    )


def _walked(plan: Plan, how: How, ahead: Ahead | None) -> RunFigures:
    if len(how.store.kept(plan)) < len(plan.trials):
        forget_result(how.store)
    with make_watcher(errors(), estimate(plan), ahead=ahead, live=how.tui) as watcher:
        walk = Run(
            plan=plan, store=how.store, target=how.target, watcher=watcher, patience=how.patience
        )
        interruptible(run_matrix(walk))
    return summarise(how.store)
