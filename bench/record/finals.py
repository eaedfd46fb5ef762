"""The state that handlers of a user came to, by digests: what is kept of it, and what must hold."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.record.reading import MOST, Fault, Loc

MOST_KEYS = 1000
"""Of a state with more, the digest of the whole alone is kept."""

MOST_NAME_CHARS = 80
MOST_UNTOLD_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The state that the handlers of a part came to at the end of a trial.

    Attributes:
        digest: of all of it, SHA-256 in hex of its JSON with sorted keys; empty where it is not
            known.
        size: its keys; -1 where it is no mapping, and where it is not known.
        keys: digest of each value, the first 16 of its hex, by its key; empty where there are more
            than MOST_KEYS.
        untold: why it is not known; empty where it is.
    """

    digest: str = ""
    size: int = -1
    keys: Mapping[str, str] = field(default_factory=dict)
    untold: str = ""


def final_faults(loc: Loc, final: Final) -> Iterator[Fault]:
    """Yield what cannot be so of a state."""
    if bool(final.digest) is bool(final.untold):
        yield Fault(loc=loc, what="neither known nor untold, or both")
    if final.digest and not re.fullmatch(r"[0-9a-f]{64}", final.digest):
        yield Fault(loc=(*loc, "digest"), what="no SHA-256 in hex")
    if not -1 <= final.size <= MOST:
        yield Fault(loc=(*loc, "size"), what="below what it can be, or beyond counting")
    if final.keys and len(final.keys) != final.size:
        yield Fault(loc=(*loc, "keys"), what="not as many as its size says")
    if len(final.keys) > MOST_KEYS:
        yield Fault(loc=(*loc, "keys"), what=f"more than {MOST_KEYS}")
    elif any(not _short(key) for key in final.keys):
        yield Fault(loc=(*loc, "keys"), what="a key that is no short line of text")
    elif any(not re.fullmatch(r"[0-9a-f]{16}", each) for each in final.keys.values()):
        yield Fault(loc=(*loc, "keys"), what="no beginning of a SHA-256 in hex")
    if len(final.untold) > MOST_UNTOLD_CHARS or not final.untold.isprintable():
        yield Fault(loc=(*loc, "untold"), what="no line of text")


def _short(key: str) -> bool:
    return 0 < len(key) <= MOST_NAME_CHARS and key.isprintable()
