"""What a list of runs says against each."""

import pytest

from bench.analysis.figures import LagVerdict
from bench.report.run_summary import PERHAPS_LOST, CellSummary
from bench.report.worst import worst

KEEPS_UP, BEHIND = LagVerdict.STABLE, LagVerdict.GROWING

States = list[tuple[LagVerdict | None, str | None]]


def cells(states: States) -> list[CellSummary]:
    """Cells of these lag verdicts and of what fell short in them."""
    return [
        CellSummary(
            workload="bulk",
            variants=(f"pull/{place}",),
            settings="",
            valid=5,
            lag_verdict=lag,
            figures={},
            short=short,
        )
        for place, (lag, short) in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([(KEEPS_UP, ""), (LagVerdict.DRAINING, "")], "✓ all 2 cells keep up, nothing fell short"),
        ([(KEEPS_UP, "")], "✓ the cell keeps up, nothing fell short"),
        ([(KEEPS_UP, ""), (BEHIND, "")], "✕ 1 of 2 cells falls behind"),
        (
            [(KEEPS_UP, ""), (BEHIND, "3 messages lost"), (BEHIND, "1 message refused")],
            "✕ 3 messages lost by pull/1 under bulk, and 1 cell more; ✕ 2 of 3 cells fall behind",
        ),
        (
            [(KEEPS_UP, PERHAPS_LOST), (BEHIND, None), (KEEPS_UP, "")],
            "✕ 1 of 3 cells falls behind; ▲ whether 2 of 3 cells lost any is not known",
        ),
        (
            [(None, ""), (LagVerdict.INCONCLUSIVE, ""), (KEEPS_UP, "")],
            "▲ whether 2 of 3 cells keep up is not known",
        ),
        ([], "– it has no cells"),
    ],
)
def test_the_worst_of_a_runs_cells_is_named(states: States, words: str) -> None:
    """The fastest variant may be the one that loses messages; what nobody saw is no comfort."""
    assert worst(cells(states)) == words
