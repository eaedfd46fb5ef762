"""Which messages did not go all the way, and in which trials that counts (MEASUREMENT.md R16, R17).

A count of the ledger is a fact, not a sample: a lost or refused message is one whatever else befell
its trial. Only what made a trial invalid excuses it, and only from the counts that it explains: a
trial that broke off sent less because it broke off, and it is measured again. What befell a
consumer explains nothing of what publishers count, and the other way round.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.analysis import nouns
from bench.analysis.figures import CellFigures
from bench.core import text
from bench.record.schema import Finding, Level, TrialRecord
from bench.spec.cast import Part, Weight, entries, ruled
from bench.spec.criteria import count_word
from bench.spec.kinds.registry import words_of_weight

_BROKEN_OFF = frozenset({"not-started", "worker-died", "server-ended", "broken-off"})
_HELD_UP = frozenset(
    {"offered-rate-missed", "window-too-small", "cpu-throttled", "cpu-steal", "clock-step"}
)
_OF_DRIVER = frozenset({"worker-silent", "connection-fault"})
_OF_OBSERVER = frozenset({"worker-died", "worker-silent"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excuses:
    """Codes of the findings that explain a count, so that it is not the configuration's.

    Attributes:
        whoever: they do so whomever they befell; what breaks a trial off cuts it short for all.
        of_part: they do so where they befell a process of the part that counts.
    """

    whoever: frozenset[str] = _NONE
    of_part: frozenset[str] = _NONE

    def have(self, finding: Finding, part: Part) -> bool:
        """Whether a finding explains it; one that does not say whom it befell cannot be told to."""
        if finding.code in self.whoever:
            return True
        return finding.code in self.of_part and finding.role.startswith(f"{part.role}-")


_EXCUSES: Mapping[str, _Excuses] = {
    # Their account of receipts is cut short.
    "lost": _Excuses(of_part=_OF_OBSERVER),
    "evicted": _Excuses(of_part=_OF_OBSERVER),
    "unlike": _Excuses(of_part=_OF_OBSERVER),
    "unmarked": _Excuses(of_part=_OF_OBSERVER),
    # Nobody was left to project what came, or to write the other half.
    "misprojected": _Excuses(whoever=_BROKEN_OFF, of_part=_OF_OBSERVER),
    "diverged": _Excuses(whoever=_BROKEN_OFF, of_part=_OF_OBSERVER),
    # Nobody was left to carry it on.
    "uncompleted": _Excuses(whoever=_BROKEN_OFF, of_part=_OF_OBSERVER),
    "unannounced": _Excuses(whoever=_BROKEN_OFF, of_part=_OF_OBSERVER),
    # It was cut short, or the host was kept from us.
    "outstanding": _Excuses(
        whoever=_BROKEN_OFF | _HELD_UP, of_part=_OF_OBSERVER | {"generator-saturated"}
    ),
    "misfolded": _Excuses(
        whoever=_BROKEN_OFF | _HELD_UP, of_part=_OF_OBSERVER | {"generator-saturated"}
    ),
    "state_differs": _Excuses(
        whoever=_BROKEN_OFF | _HELD_UP, of_part=_OF_OBSERVER | {"generator-saturated"}
    ),
    "disturbed": _Excuses(
        whoever=_BROKEN_OFF | _HELD_UP, of_part=_OF_OBSERVER | {"generator-saturated"}
    ),
    "refused": _Excuses(whoever=frozenset({"server-ended"})),
    "silent": _Excuses(whoever=_BROKEN_OFF, of_part=_OF_DRIVER),
    "not_sent": _Excuses(
        whoever=_BROKEN_OFF | _HELD_UP,
        of_part=_OF_DRIVER | {"generator-saturated"},
    ),
}
"""By what an entry of a part's ledger counts."""

NOTHING = _Excuses()

UNTOLD = -1
"""Of what a ledger does not count: it may be any number."""

SHORTFALLS = words_of_weight(Weight.SHORTFALL)
"""Counts of every kind of workload that are to be 0 whatever is measured; no rule need ask."""

LEAST_SHARE = 0.001
"""Of the planned messages: below it the count alone says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A count of the ledger of one trial.

    Attributes:
        trial_id: whose.
        msgs: so many; below 0 where nobody can tell.
        planned: messages of the trial's schedule.
        share: of the planned messages; of several parts that of the one with the largest, for the
            others would hide it.
        at_least: of one of the parts that have it nobody can tell; of the others together it is so
            many.
    """

    trial_id: str
    msgs: int
    planned: int
    share: float
    at_least: bool = False

    @property
    def known(self) -> bool:
        """Whether anybody could tell it exactly."""
        return self.msgs >= 0 and not self.at_least

    @property
    def sure(self) -> int:
        """So many there are for sure."""
        return max(0, self.msgs)


def counts(cell: CellFigures, word: str) -> tuple[Count, ...]:
    """Return a count of the ledger in each trial that it counts in, by block.

    All valid trials count. Of invalid ones those do whose shortfall is known and not explained by
    what made them invalid; other counts, such as duplicates, may be its doing and are left out.
    A trial that has no such count has none of it to tell; of one that several parts have, all are
    meant together.
    """
    found = (_count(trial.record, word) for trial in cell.trials)
    return tuple(count for count in found if count is not None)


def _count(record: TrialRecord, word: str) -> Count | None:
    ledger = record.ledger
    if ledger is None:
        return None
    told = {name: ledger.get(name, UNTOLD) for name in record.cast.having(word)}
    if not record.valid:
        told = {n: msgs for n, msgs in told.items() if msgs > 0 and not _excused(record, n)}
    if not told:
        return None
    sure, untold_ = sum(max(0, msgs) for msgs in told.values()), min(told.values()) < 0
    planned = {name: _planned(record, name) for name in told}
    return Count(
        trial_id=record.trial_id,
        msgs=UNTOLD if untold_ and not sure else sure,
        planned=sum(planned.values()),
        share=max(_share(msgs, planned[name]) for name, msgs in told.items()),
        at_least=untold_ and sure > 0,
    )


def _share(msgs: int, planned: int) -> float:
    return msgs / planned if planned else float(msgs > 0)


def _planned(record: TrialRecord, name: str) -> int:
    part, _ = entries(record.cast)[name]
    return record.known(record.cast.planned(part)) or 0


def words_of(cells: Sequence[CellFigures]) -> tuple[str, ...]:
    """Return the counts of these cells that are to be 0 whatever is measured."""
    return tuple(
        dict.fromkeys(
            word
            for cell in cells
            for word, (_, entry) in ruled(cell.cell.cast).items()
            if entry.weight is Weight.SHORTFALL
        )
    )


def total(cells: Sequence[CellFigures], word: str) -> int:
    """Return how many messages the trials of these cells count together; unknown ones are none."""
    return sum(each.sure for cell in cells for each in counts(cell, word))


def of_cell(cell: CellFigures) -> Mapping[str, int]:
    """Return by word how many messages of a cell fell short; empty when all went all the way."""
    return of_cells([cell])


def of_cells(cells: Sequence[CellFigures]) -> Mapping[str, int]:
    """Return by word how many messages of these cells fell short together; empty when none did.

    A word counts where it is to be 0: what is a fault of one cell may be the nature of another.
    """
    totals = Counter(dict.fromkeys(words_of(cells), 0))
    for cell in cells:
        totals.update({word: total([cell], word) for word in words_of([cell])})
    return {word: msgs for word, msgs in totals.items() if msgs}


def untold(cell: CellFigures) -> tuple[str, ...]:
    """Return the words of which some trial cannot tell, and none is known to have any."""
    return tuple(
        word
        for word in words_of([cell])
        if not all(each.known for each in counts(cell, word)) and not total([cell], word)
    )


def share(cell: CellFigures, word: str) -> float:
    """Return what share of the planned messages fell short, over the trials that count."""
    found = counts(cell, word)
    planned = sum(each.planned for each in found)
    return sum(each.sure for each in found) / max(1, planned)


def written_share(cell: CellFigures, word: str) -> str:
    """Write that share: `4.2 %`; empty where it is so small that the count says more."""
    part = share(cell, word)
    return text.percent(part) if part >= LEAST_SHARE else ""


def written(msgs_by_word: Mapping[str, int], cells: Iterable[CellFigures] = ()) -> str:
    """Write what fell short, of which there is some: `3 messages lost, 20 refused`.

    Args:
        msgs_by_word: how many, at least one.
        cells: of which; they say what it is that is counted.
    """
    noun = nouns.of_words((each.cell.cast for each in cells), msgs_by_word)
    counts = [(msgs, count_word(word)) for word, msgs in msgs_by_word.items()]
    (first, what), *others = counts
    rest = (f"{text.count(msgs)} {word}" for msgs, word in others)
    return ", ".join([f"{text.plural(first, noun)} {what}", *rest])


def _excused(record: TrialRecord, word: str) -> bool:
    part, entry = entries(record.cast)[word]
    if entry.weight is not Weight.SHORTFALL:
        return True
    excuses = _EXCUSES.get(entry.counted, NOTHING)
    reasons = [finding for finding in record.findings if finding.level is Level.INVALID]
    return any(excuses.have(reason, part) for reason in reasons)
