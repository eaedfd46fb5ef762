"""The four states that anything judged is in, and the mark of each; every view shows these.

A mark always stands beside a word that says the same; colour comes third.
"""

from enum import StrEnum


class State(StrEnum):
    """What came of a question."""

    HOLDS = "holds"
    DOUBTFUL = "doubtful"
    FAILS = "fails"
    UNKNOWN = "unknown"

    @property
    def mark(self) -> str:
        """The sign of the state."""
        return _MARKS[self]


_MARKS = {State.HOLDS: "✓", State.DOUBTFUL: "▲", State.FAILS: "✕", State.UNKNOWN: "–"}
