"""Which of the four states a verdict is; every view shows its mark beside the verdict's word."""

from bench.core.marks import State
from bench.stats.compare import Verdict

STATES = {
    Verdict.PASS: State.HOLDS,
    Verdict.FAIL: State.FAILS,
    Verdict.INCONCLUSIVE: State.DOUBTFUL,
    Verdict.INVALID: State.FAILS,
}
"""Invalid fails as well: what could not be measured was not held, and the word says which it is."""


def mark_of(verdict: Verdict) -> str:
    """Return the mark of a verdict."""
    return STATES[verdict].mark


def marked(verdict: Verdict) -> str:
    """Write a verdict as mark and word: `✓ pass`."""
    return f"{mark_of(verdict)} {verdict}"
