"""Judging a run that exists."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.figures import RunFigures
from bench.analysis.summary import summarise
from bench.gate.verdict import GateResult, Sides, judge
from bench.plan.names import find_variant
from bench.record.store import RunStore
from bench.spec.gates import Gates
from bench.spec.together import raise_any


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict and where it comes from."""

    store: RunStore
    figures: RunFigures
    result: GateResult


def judge_run(
    gates: Gates, store: RunStore, baseline: str | None, candidates: Sequence[str]
) -> Judged:
    """Return the verdict on a run.

    Args:
        gates: rules to judge by.
        store: of the run.
        baseline: a variant of it; the one that its plan names when None.
        candidates: variants of it; all but the baseline when empty.

    Raises:
        BenchError: the run cannot be read, or has no such variant; see `bench.gate.verdict.judge`.
    """
    figures = summarise(store)
    raise_any(gates.misfits({cell.workload_name: cell.workload for cell in figures.plan.cells}))
    name = baseline or figures.plan.baseline
    sides = Sides(
        baseline=find_variant(figures.plan, name) if name else None,
        candidates=tuple(find_variant(figures.plan, text) for text in candidates),
    )
    return Judged(store=store, figures=figures, result=judge(figures, gates, sides))
