"""What each verdict's mark is."""

import pytest

from bench.core.marks import State
from bench.gate.states import STATES, marked
from bench.stats.compare import Verdict


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (Verdict.PASS, "✓ pass"),
        (Verdict.FAIL, "✕ fail"),
        (Verdict.INCONCLUSIVE, "▲ inconclusive"),
        (Verdict.INVALID, "✕ invalid"),
    ],
)
def test_a_verdict_is_a_mark_and_its_word(verdict: Verdict, word: str) -> None:
    """Invalid is no kinder than failed: neither was held."""
    assert marked(verdict) == word


def test_no_verdict_but_a_pass_holds() -> None:
    """A mark that promises more than the verdict is the worst that a view can do."""
    assert [verdict for verdict, state in STATES.items() if state is State.HOLDS] == [Verdict.PASS]
