"""What is counted of a workload, in a word: reads, requests, messages. Pure."""

from collections.abc import Collection, Iterable

from bench.spec.cast import MESSAGE, Cast, Part, entries

OPERATION = "operation"
"""What is one of several classes."""


def of_casts(casts: Iterable[Cast]) -> str:
    """Return what all that is driven is called, one of it: `operation` where there are several."""
    return _common(part for cast in casts for part in cast.driving)


def of_words(casts: Iterable[Cast], words: Collection[str]) -> str:
    """Return what entries of ledgers count, one of it, by the flat names of the entries."""
    told = ((cast, part) for cast in casts for part in _telling(cast, words))
    return _common(cast.part(part.flow) for cast, part in told)


def _telling(cast: Cast, words: Collection[str]) -> Iterable[Part]:
    held = entries(cast)
    return [held[name][0] for word in words for name in cast.having(word)]


def _common(parts: Iterable[Part]) -> str:
    nouns = {part.noun for part in parts}
    if len(nouns) > 1:
        return OPERATION
    return nouns.pop() if nouns else MESSAGE
