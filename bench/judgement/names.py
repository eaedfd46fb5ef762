"""Names of users within a sentence. Pure."""

import unicodedata
from collections.abc import Sequence

from bench.core import text
from bench.core.direction import isolated


def spoken(name: str) -> str:
    """Return a name for a sentence, which it can neither break nor turn around.

    A control character gives way to a mark; what runs from right to left is isolated.
    """
    shown = ("\ufffd" if unicodedata.category(each) == "Cc" else each for each in name)
    return isolated("".join(shown))


def listed(names: Sequence[str], most: int = 3) -> str:
    """Join names as a sentence does, each once; beyond `most` the rest is counted."""
    unique = list(dict.fromkeys(map(spoken, names)))
    rest = len(unique) - most
    return text.listed([*unique[:most], f"{rest} more"] if rest > 0 else unique)
