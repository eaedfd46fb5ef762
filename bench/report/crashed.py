"""The fold of consumers that crashed at messages: effects lost or doubled, and those expected."""

from collections.abc import Iterator

from bench.core import text
from bench.core.marks import State
from bench.judgement.model import CellJudgement, WorkloadJudgement
from bench.report import naming
from bench.report.model import Fold
from bench.report.tables import Column, Entry, marked, untold
from bench.spec.crashes import Crash

_UNTOLD = untold("the server did not tell what the bucket holds")


def folds(judged: WorkloadJudgement, id_: str) -> Iterator[Fold]:
    """Yield the fold; none where no consumer crashes at messages."""
    crashed = [each for each in judged.cells if crashes_of(each)]
    if not crashed:
        return
    table = naming.by_variant(
        f"{id_}-crashed-table",
        "Messages at which a process ended itself, and effects in the bucket, of all valid trials "
        "together. What is missing or doubled fails a variant, also where it is what the step of "
        "the crash and the strategy come to; the rest befell what else was in hand",
        crashed,
        (
            Column("crashes", _told, "prose"),
            Column("at messages", lambda each: _count(each, "crashes")),
            Column("effects missing", lambda each: _of_all(each, "missing")),
            Column("effects doubled", lambda each: _of_all(each, "doubled")),
            Column("not as expected", _unlike, hint="messages whose effects are unlike the table"),
        ),
    )
    note = text.plural(len(crashed), "variant")
    yield Fold(f"{id_}-crashed", "Crashes at messages", (table,), note=note)


def crashes_of(judged: CellJudgement) -> tuple[Crash, ...]:
    """Return the crashes at messages that a cell is measured under."""
    loads = judged.cell.cell.workload.loads.values()
    return tuple(crash for load in loads for crash in load.crashes)


def _told(judged: CellJudgement) -> Entry:
    return Entry("; ".join(crash.told() for crash in crashes_of(judged)))


def _total(judged: CellJudgement, word: str) -> int | None:
    """Return a count of all valid trials together; None where nobody can tell it of one."""
    records = [trial.record for trial in judged.cell.trials if trial.record.valid]
    known = [record.known(name) for record in records for name in record.cast.having(word)]
    return None if None in known else sum(count for count in known if count is not None)


def _count(judged: CellJudgement, word: str) -> Entry:
    total = _total(judged, word)
    return _UNTOLD if total is None else Entry(text.count(total))


def _of_all(judged: CellJudgement, what: str) -> Entry:
    """Return how many effects are missing or doubled, and of how many that was to be expected."""
    total, expected = _total(judged, f"effects_{what}"), _total(judged, f"{what}_expected")
    if total is None or expected is None:
        return _UNTOLD
    if not total:
        return Entry("0")
    return marked(State.FAILS, text.count(total), detail=f"{text.count(expected)} expected")


def _unlike(judged: CellJudgement) -> Entry:
    total = _total(judged, "effects_unlike")
    if total is None:
        return _UNTOLD
    return marked(State.FAILS, text.count(total)) if total else Entry("0")
