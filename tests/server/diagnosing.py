"""What limits the consumer of a trial that was run, and whether its cell fails."""

from collections.abc import Iterable
from dataclasses import replace

from bench.analysis.figures import Diagnosis, WorkloadFigures
from bench.analysis.summary import summarise_trial
from bench.engine.keep import Kept
from bench.gate.unasked import falls_short
from bench.plan.model import Cell
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.gate.figures import with_trials
from tests.server.running import Tree, plan_of


def limit_in(kept: Kept, load: Workload, settings: Tree, but: Iterable[str] = ()) -> Diagnosis:
    """Return what limits the only part that handles, as if these findings had not been made."""
    cell = cell_of(load, settings)
    found = tuple(each for each in kept.record.findings if each.code not in but)
    record = replace(kept.record, findings=found)
    (limit,) = summarise_trial(record, kept.intervals, kept.samples, cell).diagnoses
    return limit


def fails(kept: Kept, load: Workload, settings: Tree) -> bool:
    """Say whether the cell of a trial fails, for what no rule need ask for (R16)."""
    cell = cell_of(load, settings)
    trial = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
    figures = WorkloadFigures(name="test", cells=(with_trials(cell, [trial]),), decisions={})
    return falls_short((), figures)


def cell_of(load: Workload, settings: Tree) -> Cell:
    """Return the cell of a load under settings."""
    return plan_of(load, Settings.model_validate(settings)).cell("cell")
