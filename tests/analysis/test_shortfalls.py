"""Which counts of the ledger count, and how they are written."""

import pytest

from bench.analysis import shortfalls
from tests.analysis import runs
from tests.gate.figures import counting, spoilt, trial_of, with_trials

CELL = runs.cell("one")


@pytest.mark.parametrize(("lost", "trials"), [(0, 1), (1, 2)])
def test_an_invalid_trial_counts_for_a_single_message_and_not_for_none(
    lost: int, trials: int
) -> None:
    """What it did not lose, the trial that replaces it is asked; what it lost is a fact."""
    sound = trial_of(CELL, 1, 10.0)
    invalid = spoilt(counting(trial_of(CELL, 2, 10.0), lost=lost), "not-steady")

    found = shortfalls.counts(with_trials(CELL, [sound, invalid]), "lost")

    assert [each.msgs for each in found] == [0, lost][:trials]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"lost": 1}, "1 message lost"),
        ({"lost": 2}, "2 messages lost"),
        ({"lost": 3, "not_sent": 20}, "3 messages lost, 20 not sent"),
    ],
)
def test_shortfalls_are_written_as_people_say_them(counts: dict[str, int], words: str) -> None:
    """The line stands at the head of a report."""
    assert shortfalls.written(counts) == words
