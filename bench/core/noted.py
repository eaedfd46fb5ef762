"""Words for something that happened, with the instants at which it did."""

from collections.abc import Sequence

MAX_INSTANTS = 100
"""Kept of what happens again and again; of the others it is known that they were."""


class Noted(str):
    """Words that know when; to whoever does not ask they are words.

    Attributes:
        at_ns: instants, ascending, on the clock of whoever noted them; MAX_INSTANTS at most.
        more: how many others there were, of which nobody knows when.
    """

    __slots__ = ("at_ns", "more")

    at_ns: tuple[int, ...]
    more: int

    def __new__(cls, words: str, at_ns: Sequence[int] = (), more: int = 0) -> "Noted":
        """Return words with their instants."""
        noted = super().__new__(cls, words)
        noted.at_ns = tuple(at_ns)
        noted.more = more
        return noted

    def __reduce__(self) -> tuple[type["Noted"], tuple[str, tuple[int, ...], int]]:
        """Let it be told to another process whole."""
        return Noted, (str(self), self.at_ns, self.more)

    def said(self, words: str) -> "Noted":
        """Return other words for the same."""
        return Noted(words, self.at_ns, self.more)


def instants_of(words: str) -> tuple[int, ...] | None:
    """Return when something happened; None where that is not known of all of it."""
    if not isinstance(words, Noted) or words.more or not words.at_ns:
        return None
    return words.at_ns
