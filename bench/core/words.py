"""The nearest right word for a wrong one."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

MANY = 24
"""So many words are still read; of more the nearest are told, and where the others stand."""

FEW = 5


def nearest(word: str, right_words: Iterable[str]) -> str:
    """Return the right word nearest to `word`, or an empty string when none is near."""
    matches = get_close_matches(word, list(right_words), n=1, cutoff=0.6)
    return matches[0] if matches else ""


def alike(word: str, right_words: Sequence[str], where: str) -> str:
    """Return what is allowed in the place of `word`, for a message that is read.

    Args:
        word: the wrong one.
        right_words: all that are allowed; the nearest few of them, where they are many.
        where: all of them stand, `docs/METRICS.md`.
    """
    if len(right_words) <= MANY:
        return ", ".join(right_words)
    few = get_close_matches(word, right_words, n=FEW, cutoff=0.4)
    rest = f"{'or any other' if few else 'any'} of the {len(right_words)} in {where}"
    return ", ".join([*few, rest])
