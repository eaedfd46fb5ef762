"""What a reader must know before the figures, said once."""

from collections.abc import Iterator

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.core.marks import State
from bench.gate.verdict import GateResult
from bench.judgement.cells import PERHAPS_LOST
from bench.judgement.choosing import Judged
from bench.judgement.model import Notice
from bench.judgement.records import all_trials, warnings

_SHOWN = 6
"""So many trials are named."""


def notices_of(
    figures: RunFigures, workloads: Judged, gate: GateResult | None
) -> tuple[Notice, ...]:
    """Return them, most important first."""
    return (
        *_of_workloads(workloads),
        *_of_trials(figures),
        *_of_cells(workloads),
        *_of_ranking(workloads),
        *(Notice(state=State.DOUBTFUL, word="Gate", text=each) for each in _warned(gate)),
    )


def _warned(gate: GateResult | None) -> tuple[str, ...]:
    return () if gate is None else gate.warnings


def _of_workloads(workloads: Judged) -> Iterator[Notice]:
    for each in workloads:
        if each.reproach:
            words = f"Conclude nothing from {each.figures.name}: {each.reproach}."
            yield Notice(state=State.FAILS, word="Invalid workload", text=words)


def _of_trials(figures: RunFigures) -> Iterator[Notice]:
    invalid = [t.record.trial_id for t in all_trials(figures) if not t.record.valid]
    if invalid:
        shown = ", ".join(invalid[:_SHOWN]) + (" …" if len(invalid) > _SHOWN else "")
        yield Notice(
            state=State.FAILS,
            word=text.plural(len(invalid), "invalid trial").capitalize(),
            text=f"Left out of every figure, but not what they lost: {shown}.",
        )
    if figures.missing:
        yield Notice(
            state=State.DOUBTFUL,
            word=text.plural(len(figures.missing), "missing trial").capitalize(),
            text=f"This completes the run: `jetbench run --resume {figures.run_id}`.",
        )
    if warned := warnings(figures):
        codes = text.listed(sorted({finding.code for _, finding in warned}))
        trials = text.plural(len({trial_id for trial_id, _ in warned}), "trial")
        yield Notice(
            state=State.DOUBTFUL,
            word=f"Warnings in {trials}",
            text=f"Valid, but look at the findings first: {codes}.",
        )


def _of_cells(workloads: Judged) -> Iterator[Notice]:
    perhaps = [
        cell.short for each in workloads for cell in each.cells if PERHAPS_LOST in cell.reasons
    ]
    if perhaps:
        names = text.listed(list(dict.fromkeys(perhaps)))
        yield Notice(
            state=State.DOUBTFUL,
            word="Perhaps lost",
            text=f"Whether messages were lost nobody can tell: {names}.",
        )


def _of_ranking(workloads: Judged) -> Iterator[Notice]:
    for reason in dict.fromkeys(each.ranking_reason for each in workloads if each.ranking_reason):
        yield Notice(state=State.UNKNOWN, word="By completion", text=reason)
