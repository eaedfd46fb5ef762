"""What the server says to a published message, read exactly.

Source: ADR-22 and ADR-50 (github.com/nats-io/nats-architecture-and-design), as tried on
nats-server 2.15.1.
"""

import json
from dataclasses import dataclass
from typing import Any

from bench.clients.faults import DUPLICATE, NO_STREAM
from bench.clients.wire.frames import NUMBER_DIGITS
from bench.clients.wire.parse import Message, status_of

NEVER_SENT = "an answer to a message that was never sent"
_NO_RESPONDERS = 503
_BETWEEN = ("ack", "gap", "err")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A PubAck, an error, or the word between them that a fast batch knows.

    Attributes:
        refusal: why something was not stored; empty when it was.
        kind: of a word between: `ack`, `gap` or `err`; empty for a last word.
        sequence: of a word between: up to where in the batch it speaks.
        expected: of a gap: the first message that is missing.
        every: of an `ack`: how many messages it takes to the next one.
        count: of a batch's PubAck: messages stored.
    """

    refusal: str = ""
    kind: str = ""
    sequence: int = 0
    expected: int = 0
    every: int = 0
    count: int = 0


def number_of(token: bytes) -> int:
    """Return the number that a token of a reply subject holds; -1 when it holds none."""
    return int(token) if token.isdigit() and len(token) == NUMBER_DIGITS else -1


def read_answer(message: Message) -> Answer:
    """Return what an answer says; an unreadable one is a refusal."""
    status = status_of(message.header)
    if status is not None:
        no_stream = f" ({NO_STREAM})" if status.code == _NO_RESPONDERS else ""
        return Answer(refusal=f"status {status.code} {status.text}".rstrip() + no_stream)
    try:
        return _answer(json.loads(message.payload))
    except (ValueError, TypeError, AttributeError, KeyError):
        return Answer(refusal=f"an unreadable PubAck {message.payload[:60]!r}")


def _answer(body: dict[str, Any]) -> Answer:
    kind = body["type"] if body.get("type") in _BETWEEN else ""
    refusal = ""
    if "error" in body:
        refusal = f"{body['error'].get('description')} ({body['error'].get('err_code')})"
    elif not kind and not body["seq"]:
        refusal = "no PubAck"
    elif body.get("duplicate"):
        refusal = DUPLICATE
    return Answer(
        refusal=refusal,
        kind=kind,
        sequence=int(body["seq"]) if kind else 0,
        expected=int(body["last_seq"]) if kind == "gap" else 0,
        every=int(body.get("msgs", 0)),
        count=int(body.get("count", 0)),
    )
