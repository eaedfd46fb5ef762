"""The headers that messages of a workload carry.

Only the digits of the message's id change, so that all messages of a trial have headers of one size
and a client can prepare them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bench.core.units import format_duration
from bench.spec.variant import PublishSettings
from bench.spec.workload import Header

SIGNATURE_HEADER = "Signature"

_FORMS: dict[Header, tuple[str, str]] = {
    "message-id": ("Nats-Msg-Id", "{trial}-{id}"),
    # W3C Trace Context: version, 32 digits for the trace, 16 for the span, flags. The id is decimal
    # and so a fit part of the trace; a span of zeros would be none.
    "trace": ("traceparent", "00-{trial}{id}-{trial}-01"),
    "correlation-id": ("Correlation-Id", "{trial}-{id}"),
    # When it was signed, the nonce, and what both and the message come to (bench.plan.signing).
    "signature": (SIGNATURE_HEADER, "t={at},n={id},v1={signature}"),
}

_EXPECT_LAST = ("Nats-Expected-Last-Sequence", "{last}")

ATOMIC_HEADER_BYTES = 111
"""`Nats-Batch-Id`, `-Sequence` and, in the last message alone, `-Commit` of an atomic batch."""

_START_BYTES = len("NATS/1.0\r\n\r\n")
_DIGITS = "0" * 16
_WIDEST = {"id": _DIGITS, "last": _DIGITS, "at": "0" * 29, "signature": "0" * 64}


def header_lines(
    headers: Iterable[Header], how: PublishSettings, trial: str
) -> tuple[tuple[str, str], ...]:
    """Return name and value of each header; `{id}` and `{last}` are left for the client.

    Args:
        headers: of the workload.
        how: the variant publishes.
        trial: what no other trial on this server is called; goes into ids as a digest.
    """
    digest = hashlib.sha256(trial.encode()).hexdigest()[: len(_DIGITS)]
    lines = [
        (name, value.replace("{trial}", digest)) for name, value in map(_FORMS.__getitem__, headers)
    ]
    if how.expect == "last-sequence":
        lines.append(_EXPECT_LAST)
    if how.ttl_ns is not None:
        lines.append(("Nats-TTL", format_duration(how.ttl_ns)))
    if how.rollup == "subject":
        lines.append(("Nats-Rollup", "sub"))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class HeaderPlace:
    """Where an id stands in a header.

    Attributes:
        name: of the header.
        at: before the id stand so many characters of its value.
    """

    name: str
    at: int


def id_place(headers: Iterable[Header]) -> HeaderPlace | None:
    """Return where the id stands in the first header that has it; None where no header has."""
    for name, value in header_lines(headers, PublishSettings(), ""):
        before, mark, _ = value.partition("{id}")
        if mark:
            return HeaderPlace(name=name, at=len(before))
    return None


def header_bytes(headers: Iterable[Header], how: PublishSettings) -> int:
    """Return how many bytes of a message its headers take at most; 0 without any."""
    lines = header_lines(headers, how, "")
    texts = [f"{name}: {value}\r\n" for name, value in lines]
    size = sum(len(text.format_map(_WIDEST)) for text in texts)
    if how.mode == "atomic":
        size += ATOMIC_HEADER_BYTES
    return size + _START_BYTES if size else 0
