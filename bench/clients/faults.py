"""What went wrong on a connection, counted and in words."""

from collections import Counter


class Faults:
    """Notes faults; the same words again only raise a count, so that no flood fills the memory."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, words: str) -> None:
        """Count one fault."""
        self._counts[words] += 1

    def words(self) -> tuple[str, ...]:
        """Return every fault in the order they first came, with its count where above one."""
        return tuple(
            words if count == 1 else f"{words} ({count} times)"
            for words, count in self._counts.items()
        )
