"""Which subjects a consumer's filter matches, by NATS's own rules.

Source: docs.nats.io, "Subject-Based Messaging": `*` is one token, `>` at the end is one or more.
"""

import re
from collections.abc import Iterable

from bench.spec.base import MisfitError

MAX_CHARS = 256
_TOKEN = re.compile(r"\*|[A-Za-z0-9_-]{1,64}")


def check_filter(text: str) -> str:
    """Return a filter as it is; MisfitError when NATS would not take it."""
    tokens = text.split(".")
    last = ">" if tokens[-1] == ">" else None
    wrong = [token for token in tokens[: -1 if last else None] if not _TOKEN.fullmatch(token)]
    if wrong or len(text) > MAX_CHARS:
        raise MisfitError(
            what=f"'{text[:60]}' is no filter",
            allowed="subject tokens between dots, `*` for any one, `>` for all at the end",
        )
    return text


def matching(pattern: str, subjects: Iterable[str]) -> frozenset[str]:
    """Return the subjects that a filter matches."""
    return frozenset(each for each in subjects if _matches(pattern.split("."), each.split(".")))


def _matches(pattern: list[str], subject: list[str]) -> bool:
    if pattern[-1] == ">":
        head = pattern[:-1]
        return len(subject) > len(head) and _alike(head, subject[: len(head)])
    return len(pattern) == len(subject) and _alike(pattern, subject)


def _alike(pattern: list[str], subject: list[str]) -> bool:
    return all(one in ("*", other) for one, other in zip(pattern, subject, strict=True))
