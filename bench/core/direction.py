"""Words of users that run from right to left, kept from turning what stands beside them. Pure."""

import re
import unicodedata
from collections.abc import Callable

_ISOLATE, _END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_MARKS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""They turn the direction of whatever follows, beyond the words that they stand in."""

_MARK = "[\u202a-\u202e\u2066-\u2069]"
_ISOLATE_OR_MARK = re.compile(f"{_ISOLATE}(?:(?!{_MARK}).)*{_END_ISOLATE}|{_MARK}")
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def isolated(words: str) -> str:
    """Return what somebody wrote, fit to stand within a sentence of ours.

    Marks that turn direction are left out. What runs from right to left by itself is isolated:
    else the number or the comma after it would be laid out as a part of it.
    """
    plain = without_marks(words)
    if any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in plain):
        return f"{_ISOLATE}{plain}{_END_ISOLATE}"
    return plain


def without_marks(words: str) -> str:
    """Return words without any mark that turns direction."""
    return words.translate(_MARKS)


def contained(sentence: str, stray: Callable[[str], str] = lambda _: "") -> str:
    """Return a sentence in which nothing turns the direction of what follows it.

    Args:
        sentence: whole isolates in it stay; they end by themselves.
        stray: what stands for any other mark that turns direction; nothing by default.
    """
    return _ISOLATE_OR_MARK.sub(
        lambda found: found[0] if len(found[0]) > 1 else stray(found[0]), sentence
    )
