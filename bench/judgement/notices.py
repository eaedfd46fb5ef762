"""What a reader must know before the figures, said once."""

from collections.abc import Iterator

from bench.analysis import shortfalls
from bench.analysis.figures import RunFigures
from bench.analysis.validity import trials_of
from bench.core import text
from bench.core.marks import State
from bench.gate.verdict import GateResult
from bench.judgement import finals
from bench.judgement.cells import PERHAPS_LOST
from bench.judgement.choosing import Judged
from bench.judgement.model import Notice
from bench.judgement.names import listed, spoken
from bench.judgement.records import all_trials, warnings
from bench.judgement.trust import ENOUGH_BLOCKS
from bench.stats.estimate import MIN_TRIALS

_SHOWN = 6
"""So many trials are named."""


def notices_of(
    figures: RunFigures, workloads: Judged, gate: GateResult | None
) -> tuple[Notice, ...]:
    """Return them, most important first."""
    return (
        *_fell_short(workloads),
        *_of_workloads(workloads),
        *(each for one in workloads for each in finals.notices(one.figures.name, one.cells)),
        *_quick(figures),
        *_of_trials(figures),
        *_of_cells(workloads),
        *_of_ranking(workloads),
        *(Notice(state=State.DOUBTFUL, word="Gate", text=each) for each in _warned(gate)),
    )


def _warned(gate: GateResult | None) -> tuple[str, ...]:
    return () if gate is None else gate.warnings


def _fell_short(workloads: Judged) -> Iterator[Notice]:
    """Yield how many messages were lost or refused, say: no figure of a time shows it."""
    cells = [cell.cell for each in workloads for cell in each.cells]
    if short := shortfalls.of_cells(cells):
        words = (
            f"{shortfalls.written(short, cells)}; that alone fails a run (exit code 1), unless a "
            "rule allows as many."
        )
        yield Notice(state=State.FAILS, word="Messages fell short", text=words)


def _quick(figures: RunFigures) -> Iterator[Notice]:
    """Yield what a run that was made for a look cannot say."""
    plan = figures.plan
    short = ["its phases were shortened (--quick)"] if plan.quick else []
    due = f"it has {text.plural(plan.blocks, 'block')} where {ENOUGH_BLOCKS} are due"
    reasons = [*short, *([due] if plan.blocks < ENOUGH_BLOCKS else [])]
    if not reasons:
        return
    agree = (
        "with equal settings too, two blocks agree half of the time"
        if plan.blocks > 1
        else "one block has no other to agree with"
    )
    chance = f" Below {MIN_TRIALS} blocks any change may be chance: {agree}."
    yield Notice(
        state=State.DOUBTFUL,
        word="A quick look",
        text=(
            "This run can show wide differences and broken settings, no more: "
            f"{text.listed(reasons)}. It cannot decide between close cells: no time of it may "
            f"pass or fail a build.{chance if plan.blocks < MIN_TRIALS else ''}"
        ),
    )


def _of_workloads(workloads: Judged) -> Iterator[Notice]:
    for each in workloads:
        if each.reproach:
            words = f"Conclude nothing from {spoken(each.figures.name)}: {each.reproach}."
            yield Notice(state=State.FAILS, word="Invalid workload", text=words)
            continue
        for cell in each.cells:
            if why := trials_of(cell.cell).reproach:
                under, name = spoken(each.figures.name), spoken(cell.name)
                words = f"Conclude nothing, under {under}, from {name}: {why}."
                yield Notice(state=State.FAILS, word="Invalid cell", text=words)


def _of_trials(figures: RunFigures) -> Iterator[Notice]:
    invalid = [t.record.trial_id for t in all_trials(figures) if not t.record.valid]
    if invalid:
        shown = ", ".join(invalid[:_SHOWN]) + (" …" if len(invalid) > _SHOWN else "")
        yield Notice(
            state=State.FAILS,
            word=text.plural(len(invalid), "invalid trial"),
            text=f"In no time or rate; what they lost counts all the same: {shown}.",
        )
    if figures.missing:
        yield Notice(
            state=State.DOUBTFUL,
            word=text.plural(len(figures.missing), "missing trial"),
            text=f"This completes the run: `jetbench run --resume {figures.run_id}`.",
        )
    if warned := warnings(figures):
        codes = text.listed(sorted({finding.code for _, finding in warned}))
        warned_ids = {trial_id for trial_id, _ in warned}
        trials = (
            f"{text.count(len(warned_ids))} of {text.plural(len(all_trials(figures)), 'trial')}"
        )
        yield Notice(
            state=State.DOUBTFUL,
            word=f"Warnings in {trials}",
            text=f"They are valid all the same; Block by block, below, has the words: {codes}.",
        )


def _of_cells(workloads: Judged) -> Iterator[Notice]:
    perhaps = [
        cell.short for each in workloads for cell in each.cells if PERHAPS_LOST in cell.reasons
    ]
    if perhaps:
        names = listed(perhaps)
        yield Notice(
            state=State.DOUBTFUL,
            word="Perhaps lost",
            text=f"Whether messages were lost nobody can tell: {names}.",
        )


def _of_ranking(workloads: Judged) -> Iterator[Notice]:
    for reason in dict.fromkeys(each.ranking_reason for each in workloads if each.ranking_reason):
        yield Notice(state=State.UNKNOWN, word="By completion", text=reason)
