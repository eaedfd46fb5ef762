"""What is counted of a workload, in a word: reads, requests, messages. Pure."""

from collections.abc import Collection, Iterable, Mapping

from bench.spec.cast import Cast, Part, entries

MESSAGE, OPERATION = "message", "operation"

_NOUNS: Mapping[str, str] = {
    "reader": "read",
    "gatherer": "read",
    "writer": "write",
    "saver": "write",
    "updater": "update",
    "creator": "creation",
    "scanner": "scan",
    "requester": "request",
    "caller": "command",
}
"""By the role of who drives; others publish messages."""


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
    nouns = {_NOUNS.get(part.role, MESSAGE) for part in parts}
    if len(nouns) > 1:
        return OPERATION
    return nouns.pop() if nouns else MESSAGE
