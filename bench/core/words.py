"""The nearest right word for a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, right_words: Iterable[str]) -> str:
    """Return the right word nearest to `word`, or an empty string when none is near."""
    matches = get_close_matches(word, list(right_words), n=1, cutoff=0.6)
    return matches[0] if matches else ""
