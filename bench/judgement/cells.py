"""One cell beside its baseline: what differs, in what state it is, and why."""

from collections.abc import Iterable, Iterator, Sequence

from bench.analysis import shortfalls
from bench.analysis.deciding import contends, trials_behind
from bench.analysis.figures import CellFigures, LagVerdict, WorkloadFigures
from bench.analysis.ranking import ranking_key
from bench.analysis.validity import reproach_of, trials_of
from bench.core import text
from bench.core.marks import State
from bench.judgement.absent import missing_reason
from bench.judgement.changes import changes_of
from bench.judgement.model import CellJudgement, Difference, Pace
from bench.judgement.parts import behind
from bench.plan.model import Plan, VariantName
from bench.spec.cast import Side, Weight, entries
from bench.spec.criteria import count_word
from bench.spec.flat import differing
from bench.spec.laid import OUTSTANDING
from bench.spec.metrics import LAG_SLOPE, metric_of

_PACES = {
    LagVerdict.STABLE: Pace.KEEPS_UP,
    LagVerdict.DRAINING: Pace.KEEPS_UP,
    LagVerdict.GROWING: Pace.FALLS_BEHIND,
}

NOBODY_CAN_TELL = "nobody can tell"
PERHAPS_LOST = f"whether messages were lost {NOBODY_CAN_TELL}"
NOT_DRAINED = "not-drained"
"""The finding of a trial that says so."""

PACE_UNTOLD = "whether it keeps up cannot be told"


def cells_of(workload: WorkloadFigures, base: CellFigures, plan: Plan) -> tuple[CellJudgement, ...]:
    """Return the cells of a workload judged, the baseline first, then in the plan's order."""
    others = [cell for cell in workload.cells if cell is not base]
    order = [base, *others]
    shorts = _short_names(order)
    return tuple(
        _judged(workload, cell, base, short, plan)
        for cell, short in zip(order, shorts, strict=True)
    )


def lost(cell: CellFigures) -> int | None:
    """Return how many messages all trials of a cell lost together, as far as anybody can tell.

    None where some trial may have lost some and none is known to have, and where none has an
    account. Where no part can lose any, none is lost.
    """
    records = [trial.record for trial in cell.trials if trial.record.ledger is not None]
    counts = [record.known(each) for record in records for each in record.cast.counting("lost")]
    if records and not counts:
        return 0
    total = sum(count for count in counts if count is not None)
    return None if (None in counts or not counts) and not total else total


def perhaps(cell: CellFigures) -> tuple[str, ...]:
    """Return what else than lost messages may have been, for all that anybody can tell."""
    told = cell.cell.cast.counting("lost") if lost(cell) is None else ()
    return tuple(word for word in shortfalls.untold(cell) if word not in told)


def unseen(cell: CellFigures) -> tuple[str, ...]:
    """Return, in a clause each, what must hold of a cell and nobody can tell."""
    first = (PERHAPS_LOST,) if lost(cell) is None else ()
    others = (f"whether messages were {count_word(w)} {NOBODY_CAN_TELL}" for w in perhaps(cell))
    return (*first, *others)


def behind_in(cell: CellFigures) -> str:
    """Say in how many trials a cell fell behind that does not as a whole; empty when in none."""
    count = 0 if cell.lag_verdict is LagVerdict.GROWING else trials_behind(cell)
    valid = sum(trial.record.valid for trial in cell.trials)
    return f"fell behind in {count} of {text.plural(valid, 'trial')}" if count else ""


def left_in(cell: CellFigures) -> str:
    """Say in how many trials work was left when the drain ended; empty when in none.

    Of a cell that falls behind that is no news.
    """
    if cell.lag_verdict is LagVerdict.GROWING:
        return ""
    valid = [trial.record for trial in cell.trials if trial.record.valid]
    count = sum(any(each.code == NOT_DRAINED for each in record.findings) for record in valid)
    of = f"{count} of {text.plural(len(valid), 'trial')}"
    return f"not all was done when the drain ended, in {of}" if count else ""


def _judged(
    workload: WorkloadFigures, cell: CellFigures, base: CellFigures, short: str, plan: Plan
) -> CellJudgement:
    pace = pace_of(cell)
    failures, doubts = tuple(_failures(cell)), tuple(_doubts(workload, cell, pace))
    name = cell.cell.variants[0]
    questions = {each.config: each.question for each in plan.config_questions}
    return CellJudgement(
        cell=cell,
        name=str(name),
        short=short,
        others=tuple(map(str, cell.cell.variants[1:])),
        question=questions.get(name.config, ""),
        is_baseline=cell is base,
        differs=_differs(cell, base),
        state=State.FAILS if failures else State.DOUBTFUL if doubts else State.HOLDS,
        reasons=(*failures, *doubts),
        contends=contends(cell),
        pace=pace,
        pace_words=_pace_words(cell, pace),
        short_msgs=shortfalls.of_cell(cell),
        lost=lost(cell),
        twice=_twice(cell),
        changes={} if cell is base else changes_of(workload, cell, base),
    )


def _twice(cell: CellFigures) -> int:
    """Return what came again to any part, as each of them counts it."""
    repeats: dict[str, list[str]] = {}
    for word, (part, entry) in entries(cell.cell.cast).items():
        if entry.weight is Weight.REPEAT:
            repeats.setdefault(part.name, []).append(word)
    records = [trial.record for trial in cell.trials]
    return sum(
        max(record.known(word) or 0 for word in words)
        for record in records
        for words in repeats.values()
    )


def _short_names(cells: Sequence[CellFigures]) -> list[str]:
    """Name cells by their variant alone, and by config too where two would be called the same."""
    names = [cell.cell.variants[0] for cell in cells]
    alone = [name.variant for name in names]
    return [_short(name, alone) for name in names]


def _short(name: VariantName, alone: Sequence[str]) -> str:
    return name.variant if alone.count(name.variant) == 1 else str(name)


def _differs(cell: CellFigures, base: CellFigures) -> tuple[Difference, ...]:
    both = (cell.cell, base.cell)
    pairs = [
        *differing([each.settings for each in both]),
        *((_plain(key), values) for key, values in differing([each.workload for each in both])),
    ]
    return tuple(
        Difference(setting=key, value=value, baseline_value=of_base)
        for key, (value, of_base) in pairs
    )


def _plain(key: str) -> str:
    """Return a workload's key without what only says that its time is the same for all."""
    return key.removesuffix(".constant")


def _failures(cell: CellFigures) -> Iterator[str]:
    if short := shortfalls.of_cell(cell):
        yield shortfalls.written(short, [cell])
    if cell.lag_verdict is LagVerdict.GROWING:
        yield _pace_words(cell, Pace.FALLS_BEHIND)
    elif partly := behind_in(cell):
        yield partly
    if why := trials_of(cell).reproach:
        yield why


def _doubts(workload: WorkloadFigures, cell: CellFigures, pace: Pace) -> Iterator[str]:
    yield from unseen(cell)
    if left := left_in(cell):
        yield left
    if pace is Pace.UNTOLD and not reproach_of(cell):
        yield PACE_UNTOLD
    metric = metric_of(ranking_key(workload.cells))
    if metric.key not in cell.estimates and not reproach_of(cell):
        yield f"{metric.title}: {missing_reason(cell, metric)}"


def pace_of(cell: CellFigures) -> Pace:
    """Return whether a cell keeps up, by its lag over the valid trials.

    That it falls behind is said whatever else befell it; that it keeps up only where every valid
    trial tells, and enough are valid.
    """
    verdict, lags = cell.lag_verdict, [trial.lag for trial in cell.trials if trial.record.valid]
    calm = verdict is LagVerdict.GROWING or not (None in lags or reproach_of(cell))
    pace = _PACES.get(verdict, Pace.UNTOLD) if verdict is not None and calm else Pace.UNTOLD
    if pace is Pace.FALLS_BEHIND:
        return pace
    if _of_offered(cell, shortfalls.of_cell(cell)):
        return Pace.TAKES_LESS
    return Pace.UNTOLD if _of_offered(cell, perhaps(cell)) else pace


def _of_offered(cell: CellFigures, words: Iterable[str]) -> bool:
    """Say whether some of these count what was not taken, or not done in its time.

    Of what was offered fewer were left to keep up with; of what was to be done more.
    """
    counted = entries(cell.cell.cast)
    return any(
        counted[word][0].side is Side.DRIVES or counted[word][1].counted == OUTSTANDING.counted
        for word in words
    )


def _pace_words(cell: CellFigures, pace: Pace) -> str:
    if pace is not Pace.FALLS_BEHIND:
        return str(pace)
    names = behind(cell)
    slopes = [cell.estimates.get(f"{name}.{LAG_SLOPE}") for name in names]
    known = [each.value for each in slopes or [cell.estimates.get(LAG_SLOPE)] if each is not None]
    by = f" by {text.number(max(known))} msg/s" if known else ""
    return f"{pace}{by}{f' ({text.listed(list(names))})' if names else ''}"
