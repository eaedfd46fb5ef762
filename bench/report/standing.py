"""Which cell stands first by end-to-end p99, and which of the others it can be told apart from."""

from collections.abc import Sequence

from bench.analysis.comparison import CONFIDENCE, separable
from bench.analysis.figures import CellFigures, Estimate, LagVerdict, WorkloadFigures
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.core.units import human_duration
from bench.report.model import Name, Sentence
from bench.stats.estimate import MIN_TRIALS, Mean, geometric_mean

END_TO_END_P99 = "end_to_end_ns_p99"


def paired_ratio(estimate: Estimate, base: Estimate) -> Mean | None:
    """Return estimate / base over the blocks that both have; None when they share none.

    Block by block, because what a block does to both cells then cancels out (MEASUREMENT.md R7).
    """
    shared = sorted(estimate.by_block.keys() & base.by_block.keys())
    ratios = [estimate.by_block[block] / base.by_block[block] for block in shared]
    return geometric_mean(ratios, confidence=CONFIDENCE) if ratios else None


def label(cell: CellFigures) -> str:
    """Return the name a cell goes by in sentences and plots: its first variant's."""
    return str(cell.cell.variants[0]) if cell.cell.variants else cell.cell.id


def ranked(workload: WorkloadFigures) -> list[CellFigures]:
    """Return the cells that have an end-to-end p99 and are valid, shortest first."""
    having = [
        cell
        for cell in workload.cells
        if END_TO_END_P99 in cell.estimates and not reproach_of(cell)
    ]
    return sorted(having, key=lambda cell: cell.estimates[END_TO_END_P99].value)


def answers(workload: WorkloadFigures) -> tuple[Sentence, ...]:
    """Return what the workload's figures say, most important first."""
    return (
        *_fastest(workload),
        *_naming("Messages were lost, whatever the times say: ", _losing(workload)),
        *_naming("Lag is growing, so times get longer the longer it runs: ", _growing(workload)),
        *_naming("Too many invalid trials to be ranked: ", _invalid(workload)),
        *_naming("Never acknowledges, so has no end-to-end time: ", _never_acking(workload)),
    )


def _fastest(workload: WorkloadFigures) -> tuple[Sentence, ...]:
    cells = ranked(workload)
    if not cells:
        return (("No cell has an end-to-end p99: no valid trial had enough messages.",),)
    best, others = cells[0], cells[1:]
    base = best.estimates[END_TO_END_P99]
    first = ("Shortest end-to-end p99: ", Name(label(best)), f", {human_duration(base.value)}.")
    return (first, *_others(others, base)) if others else (first,)


def _others(others: Sequence[CellFigures], base: Estimate) -> tuple[Sentence, ...]:
    told = {cell.cell.id: separable(cell.estimates[END_TO_END_P99], base) for cell in others}
    if all(answer is None for answer in told.values()):
        return (_too_few_blocks(others[0], base),)
    close = [cell for cell in others if not told[cell.cell.id]]
    apart = [cell for cell in others if told[cell.cell.id]]
    return (
        *_naming("Not separable from it: ", close),
        *([_first_apart(apart[0], base)] if apart else [("No cell is separably slower.",)]),
    )


def _too_few_blocks(nearest: CellFigures, base: Estimate) -> Sentence:
    estimate = nearest.estimates[END_TO_END_P99]
    shared = len(estimate.by_block.keys() & base.by_block.keys())
    return (
        "Next: ",
        Name(label(nearest)),
        f", {text.change(estimate.value / base.value)}. They share "
        f"{text.plural(shared, 'valid block')}; fewer than {MIN_TRIALS} cannot say whether that "
        "difference would come back.",
    )


def _first_apart(cell: CellFigures, base: Estimate) -> Sentence:
    ratio = paired_ratio(cell.estimates[END_TO_END_P99], base)
    if ratio is None or ratio.low is None or ratio.high is None:
        return ("Next that is separably slower: ", Name(label(cell)), ".")
    return (
        "Next that is separably slower: ",
        Name(label(cell)),
        f", {text.change(ratio.value)} (90 % interval {text.change(ratio.low)} to "
        f"{text.change(ratio.high)}, paired by block).",
    )


def _naming(words: str, cells: Sequence[CellFigures]) -> tuple[Sentence, ...]:
    """Return `words` and the cells' names as a sentence; none without cells."""
    if not cells:
        return ()
    parts: list[str | Name] = [words]
    for cell in cells:
        parts += [Name(label(cell)), ", "]
    return ((*parts[:-1], "."),)


def _growing(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if cell.lag_verdict is LagVerdict.GROWING]


def _losing(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if lost(cell)]


def _never_acking(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if cell.cell.settings.ack.timing == "none"]


def _invalid(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if reproach_of(cell)]


def lost(cell: CellFigures) -> int:
    """Return how many messages all trials of a cell lost together."""
    return sum(trial.record.ledger.lost for trial in cell.trials if trial.record.ledger)
