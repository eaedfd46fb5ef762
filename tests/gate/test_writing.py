"""Figures and changes of a gate as people read them."""

from dataclasses import replace

import pytest

from bench.core import text
from bench.gate.writing import candidate_figure, change
from tests.gate.outcomes import OUTCOMES


@pytest.mark.parametrize(
    ("baseline", "candidate", "figures"),
    [
        (False, False, ("12.1 ms", "+21 % (+18 % to +24 %)")),
        (True, False, ("12.1 ms", "≤ +21 % (+18 % to +24 %)")),
        (False, True, ("≥ 12.1 ms", "≥ +21 % (+18 % to +24 %)")),
        (True, True, ("≥ 12.1 ms", "? +21 % (+18 % to +24 %)")),
    ],
)
def test_a_bound_is_never_shown_as_a_figure(
    baseline: bool, candidate: bool, figures: tuple[str, str]
) -> None:
    """What fell behind is more than its value says; beside such a baseline a change is less."""
    outcome = replace(OUTCOMES[0], baseline_at_least=baseline, candidate_at_least=candidate)

    assert (candidate_figure(outcome), change(outcome)) == figures


def test_where_there_is_nothing_nothing_is_written() -> None:
    """No figure, and no baseline to have changed from."""
    assert (candidate_figure(OUTCOMES[1]), change(OUTCOMES[1])) == ("", "")


def test_a_count_is_written_as_one() -> None:
    """5 879 of them, and no unit."""
    outcome = replace(OUTCOMES[3], metric="lost", unit="", candidate_value=5879.0)

    assert candidate_figure(outcome) == text.count(5879)


def test_a_change_reads_as_on_its_side_of_the_margin() -> None:
    """+10.4 % and +10.2 % are not the +10 % that was allowed."""
    outcome = replace(OUTCOMES[0], change=0.104, low=0.102, high=0.24, margin=0.10)

    assert change(outcome) == "+10.4 % (+10.2 % to +24 %)"
