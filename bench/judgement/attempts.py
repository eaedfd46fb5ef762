"""How often messages came, where some came more than once: a line for each part that has such."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bench.core import text
from bench.judgement.model import CellJudgement
from bench.judgement.names import spoken
from bench.judgement.noted import MOST_CELLS
from bench.record.schema import MOST_ATTEMPTS


def attempts(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return the lines: `deliveries of a message: a once 95 %, twice 5 %; b once 100 %`."""
    parts = dict.fromkeys(
        part for cell in cells for trial in cell.cell.trials for part in trial.record.attempts
    )
    return tuple(filter(None, (_line(part, cells, alone=len(parts) == 1) for part in parts)))


def _line(part: str, cells: Sequence[CellJudgement], *, alone: bool) -> str:
    """Return what came how often to a part of each cell; empty where nothing came again."""
    found = [(cell, came) for cell in cells if (came := _of_cell(cell, part))]
    if not any(set(came) - {1} for _, came in found):
        return ""
    if len(found) > MOST_CELLS:
        by_share = sorted(found, key=lambda each: _once(each[1]))
        found = [by_share[0], by_share[-1]]
    each = [f"{spoken(cell.short)} {_told(came)}" for cell, came in found]
    whose = "" if alone else f" ({part})"
    return f"deliveries of a message{whose}: {'; '.join(each)}"


def _of_cell(cell: CellJudgement, part: str) -> Mapping[int, int]:
    """Return how many messages of its valid trials came how often."""
    found: Counter[int] = Counter()
    for trial in cell.cell.trials:
        if trial.record.valid:
            found.update(trial.record.attempts.get(part, {}))
    return found


def _once(came: Mapping[int, int]) -> float:
    return came.get(1, 0) / sum(came.values())


def _told(came: Mapping[int, int]) -> str:
    whole = sum(came.values())
    each = (f"{_times(times)} {text.percent(came[times] / whole)}" for times in sorted(came))
    return ", ".join(each)


def _times(times: int) -> str:
    named = {1: "once", 2: "twice"}.get(times, f"{times} times")
    return f"{named} or more" if times == MOST_ATTEMPTS else named
