"""Which cell stands first by the p99 that cells are ranked by, and what can be told from it."""

from collections.abc import Sequence

from bench.analysis import shortfalls
from bench.analysis.deciding import contends
from bench.analysis.decision import Difference, Told
from bench.analysis.figures import CellFigures, LagVerdict, WorkloadFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import readings
from bench.analysis.ranking import ranking_key, ranking_reason
from bench.analysis.shortfalls import SHORTFALLS
from bench.analysis.validity import reproach_of, reproach_of_workload
from bench.core import text
from bench.core.units import human_duration
from bench.report.model import Name, Sentence
from bench.spec.criteria import count_word
from bench.spec.metrics import Metric, metric_of
from bench.stats.simultaneous import MIN_BLOCKS

_PERHAPS_LOST = "Whether messages were lost nobody can tell: "


def label(cell: CellFigures) -> str:
    """Return the name a cell goes by in sentences and plots: its first variant's."""
    return str(cell.cell.variants[0]) if cell.cell.variants else cell.cell.id


def ranked(workload: WorkloadFigures) -> list[CellFigures]:
    """Return the valid cells that have the time they are ranked by, shortest p99 first.

    Those that keep up, and carry every message; where none does, all, whose times say little.
    """
    having, key = _having(workload), ranking_key(workload.cells)
    contenders = [cell for cell in having if contends(cell)]
    return sorted(contenders or having, key=lambda cell: cell.estimates[key].value)


def _having(workload: WorkloadFigures) -> list[CellFigures]:
    key = ranking_key(workload.cells)
    return [c for c in workload.cells if key in c.estimates and not reproach_of(c)]


def answers(workload: WorkloadFigures, named: str = "") -> tuple[Sentence, ...]:
    """Return what the workload's figures say, most important first.

    The first sentence holds by itself: lists of runs show it alone.

    Args:
        workload: with its figures; of an invalid one it says that, and what fell short.
        named: the variant that the plan calls baseline; empty where it names none.
    """
    short = [sentence for word in SHORTFALLS for sentence in _short(workload, word)]
    if why := reproach_of_workload(workload, named):
        return (
            (f"Nothing can be concluded: {why}.",),
            *short,
            *_naming(_PERHAPS_LOST, _perhaps_losing(workload)),
        )
    first, *others = _fastest(workload)
    reason = ranking_reason(workload.cells)
    return (
        *short,
        first,
        *([(reason,)] if reason else []),
        *others,
        *_naming(_PERHAPS_LOST, _perhaps_losing(workload)),
        *_naming("Lag is growing, so times get longer the longer it runs: ", _growing(workload)),
        *_naming("Not ranked, for some trial fell too far behind to tell: ", _untold(workload)),
        *_naming("Too many invalid trials to be ranked: ", _invalid(workload)),
        *_naming("Never acknowledges, so has no end-to-end time: ", _never_acking(workload)),
    )


def _fastest(workload: WorkloadFigures) -> tuple[Sentence, ...]:
    cells, key = ranked(workload), ranking_key(workload.cells)
    metric = metric_of(key)
    if not cells:
        measure = measure_of(key)
        each = [r for cell in workload.cells for r in readings(measure, cell).values()]
        behind = any(reading.at_least for reading in each)
        return (_none_has(metric, _growing(workload), behind=behind),)
    best, others = cells[0], cells[1:]
    behind = best in _growing(workload)
    some = len(cells) < len(_having(workload))
    title = f"{metric.title} of cells that keep up" if some else metric.title
    value = human_duration(best.estimates[key].value) + (", while its lag grows" if behind else "")
    if not others:
        return ((f"The only {title}: ", Name(label(best)), f", {value}."),)
    decision = workload.decisions[key]
    found = {c.cell.id: decision.between(c.cell.id, best.cell.id) for c in others}
    if all(each.told is Told.NOTHING for each in found.values()):
        first: Sentence = (f"Lowest {title}, perhaps by chance: ", Name(label(best)), f", {value}.")
        return (first, _too_few_blocks(others[0], found[others[0].cell.id], metric))
    close = [cell for cell in others if not decision.worse(cell.cell.id, best.cell.id)]
    apart = [cell for cell in others if cell not in close]
    if not close:
        first = (f"Shortest {title}: ", Name(label(best)), f", {value}.")
    else:
        beginning = (
            f"Shortest {title} cannot be told apart: ",
            Name(label(best)),
            f", {value}, and ",
        )
        first = (*beginning, *_listed(close))
    following = [_first_apart(apart[0], found[apart[0].cell.id], metric)] if apart else []
    return (first, *(following or [("No cell is separably slower.",)]))


def _none_has(metric: Metric, growing: Sequence[CellFigures], *, behind: bool) -> Sentence:
    if not growing and behind:
        return (f"No cell has a figure for {metric.title}: too many messages never came so far.",)
    if not growing:
        return (f"No cell has a figure for {metric.title}: no valid trial had enough messages.",)
    words = f"No cell has a figure for {metric.title}: too much is never done, for lag is growing: "
    return (words, *_listed(growing))


def _too_few_blocks(nearest: CellFigures, found: Difference, metric: Metric) -> Sentence:
    far = "" if found.change is None else f", {found.written(metric)}"
    return (
        "Next: ",
        Name(label(nearest)),
        f"{far}. They share {text.plural(found.blocks, 'valid block')}; fewer than {MIN_BLOCKS} "
        "cannot say whether that difference would come back.",
    )


def _first_apart(cell: CellFigures, found: Difference, metric: Metric) -> Sentence:
    return (
        "Next that is separably slower: ",
        Name(label(cell)),
        f", {found.written(metric)} (interval {found.interval(metric)}, paired by block, allowed "
        "for all comparisons of the run).",
    )


def _naming(words: str, cells: Sequence[CellFigures]) -> tuple[Sentence, ...]:
    """Return `words` and the cells' names as a sentence; none without cells."""
    if not cells:
        return ()
    return ((words, *_listed(cells)),)


def _listed(cells: Sequence[CellFigures]) -> Sentence:
    parts: list[str | Name] = []
    for cell in cells:
        parts += [Name(label(cell)), ", "]
    return (*parts[:-1], ".")


def _growing(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if cell.lag_verdict is LagVerdict.GROWING]


def _short(workload: WorkloadFigures, word: str) -> tuple[Sentence, ...]:
    """Name the cells that had messages lost or refused, say, which no time of theirs shows."""
    cells = [cell for cell in workload.cells if shortfalls.total([cell], word)]
    return _naming(f"Messages were {count_word(word)}, whatever the times say: ", cells)


def _perhaps_losing(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if lost(cell) is None]


def _never_acking(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if cell.cell.settings.ack.timing == "none"]


def _untold(workload: WorkloadFigures) -> list[CellFigures]:
    """Return the sound cells whose time some trials tell and others can only bound."""
    key = ranking_key(workload.cells)
    decision = workload.decisions.get(key)
    told = decision.ids if decision else ()
    return [c for c in workload.cells if c.cell.id in told and key not in c.estimates]


def _invalid(workload: WorkloadFigures) -> list[CellFigures]:
    return [cell for cell in workload.cells if reproach_of(cell)]


def lost(cell: CellFigures) -> int | None:
    """Return how many messages all trials of a cell lost together, as far as anybody can tell.

    None where some trial may have lost some and none is known to have.
    """
    ledgers = [trial.record.ledger for trial in cell.trials if trial.record.ledger is not None]
    counts = [ledger.known("lost") for ledger in ledgers]
    total = sum(count for count in counts if count is not None)
    return None if None in counts and not total else total
