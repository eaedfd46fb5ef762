"""What is no failure and worth telling: conflicts, stale reads, values that were overwritten."""

from collections.abc import Iterator, Sequence

from bench.core import text
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


def _line(word: str, cells: Sequence[CellJudgement]) -> str:
    """Return what each cell has of it, over its valid trials; empty where none has any."""
    found = [(each, _shared(each, word)) for each in cells if word in _words(each)]
    if not any(count for _, (count, _) in found):
        return ""
    if len(found) > MOST_CELLS:
        found = [min(found, key=_share), max(found, key=_share)]
    each = [f"{_written(*counted)} of {spoken(judged.short)}" for judged, counted in found]
    return f"{count_word(word)}: {text.listed(each)}"


def _share(found: tuple[CellJudgement, tuple[int, int]]) -> float:
    _, (count, planned) = found
    return count / max(1, planned)


def _written(count: int, planned: int) -> str:
    share = f" ({text.percent(count / planned)})" if count and planned else ""
    return f"{text.count(count)}{share}"


def _shared(judged: CellJudgement, word: str) -> tuple[int, int]:
    """Return the count and of how many planned operations, over valid trials."""
    cast = judged.cell.cell.cast
    part, _ = entries(cast)[word]
    records = [trial.record for trial in judged.cell.trials if trial.record.valid]
    return (
        sum(record.known(word) or 0 for record in records),
        sum(record.known(cast.planned(part)) or 0 for record in records),
    )
