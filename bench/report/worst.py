"""What speaks against a run, in one line: the worst of its cells, whatever its times say."""

from collections.abc import Iterator, Sequence

from bench.analysis.figures import LagVerdict
from bench.core import text
from bench.core.marks import State
from bench.report.run_summary import PERHAPS_LOST, CellSummary

_FALLS_BEHIND = frozenset({LagVerdict.GROWING})
_KEEPS_UP = frozenset({LagVerdict.STABLE, LagVerdict.DRAINING})


def worst(cells: Sequence[CellSummary]) -> str:
    """Write what befell cells, worst first, each with its mark.

    `✕ 3 messages lost by pull/a under bulk; ✕ 2 of 10 cells fall behind`; where nothing did,
    `✓ all 10 cells keep up, nothing fell short`.
    """
    if not cells:
        return f"{State.UNKNOWN.mark} it has no cells"
    found = sorted([*_short(cells), *_behind(cells)], key=lambda each: each[0] is State.DOUBTFUL)
    if found:
        return "; ".join(f"{state.mark} {words}" for state, words in found)
    keep = f"all {len(cells)} cells keep" if len(cells) > 1 else "the cell keeps"
    return f"{State.HOLDS.mark} {keep} up, nothing fell short"


def _short(cells: Sequence[CellSummary]) -> Iterator[tuple[State, str]]:
    surely = [cell for cell in cells if cell.short and cell.short != PERHAPS_LOST]
    perhaps = sum(cell.short is None or cell.short == PERHAPS_LOST for cell in cells)
    if surely:
        first = surely[0]
        more = f", and {text.plural(len(surely) - 1, 'cell')} more" if surely[1:] else ""
        yield State.FAILS, f"{first.short} by {first.variants[0]} under {first.workload}{more}"
    if perhaps:
        yield State.DOUBTFUL, f"whether {perhaps} of {_cells(cells)} lost any is not known"


def _behind(cells: Sequence[CellSummary]) -> Iterator[tuple[State, str]]:
    behind = sum(cell.lag_verdict in _FALLS_BEHIND for cell in cells)
    unknown = sum(cell.lag_verdict not in _FALLS_BEHIND | _KEEPS_UP for cell in cells)
    if behind:
        verb = "fall" if behind > 1 else "falls"
        yield State.FAILS, f"{behind} of {_cells(cells)} {verb} behind"
    if unknown:
        yield State.DOUBTFUL, f"whether {unknown} of {_cells(cells)} keep up is not known"


def _cells(cells: Sequence[CellSummary]) -> str:
    return text.plural(len(cells), "cell")
