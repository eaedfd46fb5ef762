"""What is no failure and worth telling: conflicts, stale reads, values that were overwritten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.core import text
from bench.judgement.cells import NOBODY_CAN_TELL
from bench.judgement.model import CellJudgement
from bench.judgement.names import spoken
from bench.spec.cast import Weight, entries
from bench.spec.criteria import count_word

MOST_CELLS = 6
"""Of more the least and the most stand for all."""


def noted(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return a line for each such count that some cell has: `conflicts: 40 (2.5 %) of a`."""
    words = dict.fromkeys(word for each in cells for word in _words(each))
    return tuple(filter(None, (_line(word, cells) for word in words)))


def _words(judged: CellJudgement) -> Iterator[str]:
    for word, (_, entry) in entries(judged.cell.cell.cast).items():
        if entry.weight is Weight.NOTED:
            yield word


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """What a cell has of such a count, over its valid trials.

    Attributes:
        count: so many, of all that can tell.
        planned: operations that it is a share of.
        untold: some trial cannot tell.
    """

    count: int
    planned: int
    untold: bool

    @property
    def share(self) -> float:
        """Of the planned operations."""
        return self.count / max(1, self.planned)

    @property
    def said(self) -> str:
        """The count, and its share where there is one."""
        if self.untold and not self.count:
            return f"{NOBODY_CAN_TELL} how many"
        share = f" ({text.percent(self.share)})" if self.count and self.planned else ""
        return f"{'at least ' if self.untold else ''}{text.count(self.count)}{share}"


def _line(word: str, cells: Sequence[CellJudgement]) -> str:
    """Return what each cell has of it; empty where none has any, for sure."""
    found = [(each, _of_cell(each, word)) for each in cells if word in _words(each)]
    if not any(noted.count or noted.untold for _, noted in found):
        return ""
    if len(found) > MOST_CELLS:
        found = _ends(found)
    each = [f"{noted.said} of {spoken(judged.short)}" for judged, noted in found]
    return f"{count_word(word)}: {text.listed(each)}"


def _ends(
    found: Sequence[tuple[CellJudgement, _Noted]],
) -> list[tuple[CellJudgement, _Noted]]:
    """Return the cells with the least and the most, and the first that cannot tell."""
    by_share = sorted(found, key=lambda each: each[1].share)
    untold = [each for each in found if each[1].untold and each not in (by_share[0], by_share[-1])]
    return [by_share[0], by_share[-1], *untold[:1]]


def _of_cell(judged: CellJudgement, word: str) -> _Noted:
    cast = judged.cell.cell.cast
    part, _ = entries(cast)[word]
    records = [trial.record for trial in judged.cell.trials if trial.record.valid]
    counts = [record.known(word) for record in records]
    return _Noted(
        count=sum(count or 0 for count in counts),
        planned=sum(record.known(cast.planned(part)) or 0 for record in records),
        untold=None in counts,
    )
