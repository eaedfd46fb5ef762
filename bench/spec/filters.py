"""Which subjects a consumer's filter matches, by NATS's own rules.

Source: docs.nats.io, "Subject-Based Messaging": `*` is one token, `>` at the end is one or more.
"""

import re
from collections.abc import Iterable

from bench.spec.base import MisfitError

MAX_CHARS = 256
_TOKEN = re.compile(r"\*|[A-Za-z0-9_-]{1,64}")
_DESTINATION = re.compile(r">|(?:[A-Za-z0-9_-]|\$\d+|\{\{[^{}.\s][^{}.]*\}\}){1,64}")


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


def check_destination(text: str) -> str:
    """Return where a transform moves subjects to; MisfitError when it is no subject at all."""
    wrong = [token for token in text.split(".") if not _DESTINATION.fullmatch(token)]
    if wrong or len(text) > MAX_CHARS or ">" in text[:-1]:
        raise MisfitError(
            what=f"'{text[:60]}' is nowhere to move subjects to",
            allowed="subject tokens between dots, `$1` or `{{function(1)}}` of what `*` stood for, "
            "`>` at the end",
        )
    return text


def wildcards(pattern: str) -> int:
    """Return how many tokens of a filter stand for any one."""
    return pattern.split(".").count("*")


def taken_from(destination: str) -> frozenset[int]:
    """Return the numbers of the wildcards that a destination uses, from 1 on.

    Those of functions that look at one token; where others count tokens of their own, none.
    """
    plain = {int(number) for number in re.findall(r"\$(\d+)", destination)}
    for name, arguments in re.findall(r"\{\{\s*(\w+)\(([^)]*)\)", destination):
        numbers = [int(text) for text in re.findall(r"\d+", arguments)]
        if name.lower() == "wildcard":
            plain |= set(numbers)
        elif name.lower() == "partition":
            plain |= set(numbers[1:])
    return frozenset(plain)


def matching(pattern: str, subjects: Iterable[str]) -> frozenset[str]:
    """Return the subjects that a filter matches."""
    return frozenset(each for each in subjects if _matches(pattern.split("."), each.split(".")))


def covers(wide: str, narrow: str) -> bool:
    """Say whether a filter matches every subject that another one does."""
    one, other = wide.split("."), narrow.split(".")
    if one[-1] != ">":
        return ">" not in other and _matches(one, other)
    head = one[:-1]
    return len(other) > len(head) and ">" not in other[: len(head)] and _matches(one, other)


def _matches(pattern: list[str], subject: list[str]) -> bool:
    if pattern[-1] == ">":
        head = pattern[:-1]
        return len(subject) > len(head) and _alike(head, subject[: len(head)])
    return len(pattern) == len(subject) and _alike(pattern, subject)


def _alike(pattern: list[str], subject: list[str]) -> bool:
    return all(one in ("*", other) for one, other in zip(pattern, subject, strict=True))
