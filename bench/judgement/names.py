"""Names of users within a sentence. Pure."""

import unicodedata
from collections.abc import Sequence

from bench.core import text


def spoken(name: str) -> str:
    """Return a name for a sentence: a control character gives way to a mark, all else stays."""
    return "".join("\ufffd" if unicodedata.category(each) == "Cc" else each for each in name)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Join names as a sentence does, each once; beyond `most` the rest is counted."""
    unique = list(dict.fromkeys(map(spoken, names)))
    rest = len(unique) - most
    return text.listed([*unique[:most], f"{rest} more"] if rest > 0 else unique)
