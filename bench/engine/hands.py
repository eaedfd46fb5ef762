"""Who else had a hand in a trial: what others changed of its streams and consumers meanwhile.

The server tells each answer of its API to whoever listens, with who asked. Nothing of that is in
the way of messages: they, and requests for more of them, are no part of what is told. Read against
nats-server 2.15, jsapi.go (`JSAPIAudit`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bench.broker.endpoint import JS_API
from bench.engine.findings import invalid
from bench.record.schema import Finding

AUDIT_SUBJECT = "$JS.EVENT.ADVISORY.API"

OURS = "jetbench"
"""Begins the name of every connection of ours (`bench.scenario.kind.connecting_as`)."""

CHANGES = (
    "STREAM.UPDATE",
    "STREAM.DELETE",
    "STREAM.PURGE",
    "STREAM.MSG.DELETE",
    "STREAM.RESTORE",
    "STREAM.PEER.REMOVE",
    "STREAM.LEADER.STEPDOWN",
    "CONSUMER.CREATE",
    "CONSUMER.DURABLE.CREATE",
    "CONSUMER.DELETE",
    "CONSUMER.PAUSE",
    "CONSUMER.UNPIN",
    "CONSUMER.RESET",
    "CONSUMER.LEADER.STEPDOWN",
)
"""Operations that change a stream, what it holds, or what it delivers."""

MOST_NAMED = 20

Hand = tuple[int, str]
"""When, ns from the trial's start, and what was done by whom."""


def foreign_act(event: bytes, streams: Iterable[str]) -> str:
    """Return what somebody else changed of these streams; empty where an event tells of no such.

    What the server refused changed nothing.

    Args:
        event: as the server told it.
        streams: names.
    """
    try:
        told = json.loads(event)
        client, answer = told["client"], json.loads(told["response"])
        act = _act(str(told["subject"]), streams)
        name = str(client.get("name", ""))
        refused = "error" in answer
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""
    if not act or refused or _is_ours(name):
        return ""
    return f"{act} by {_who(name, client)}"


def hand_findings(hands: Sequence[Hand]) -> Iterator[Finding]:
    """Yield that others had a hand in the trial, if any had."""
    if not hands:
        return
    counts = Counter(words for _, words in hands)
    named = [f"{words} ({count} times)" if count > 1 else words for words, count in counts.items()]
    more = len(named) - MOST_NAMED
    rest = f", and {more} more kinds" if more > 0 else ""
    text = (
        f"somebody else changed what was measured: {', '.join(named[:MOST_NAMED])}{rest}; "
        "no figure of this trial is of the variant alone"
    )
    yield invalid("foreign-hand", text, at_ns=max(0, min(at_ns for at_ns, _ in hands)))


def _act(subject: str, streams: Iterable[str]) -> str:
    """Return the operation that a subject of the API asks for, if it changes one of the streams."""
    for stream in streams:
        for change in CHANGES:
            asked = f"{JS_API}.{change}.{stream}"
            if subject == asked or subject.startswith(f"{asked}."):
                return change
    return ""


def _is_ours(name: str) -> bool:
    return name == OURS or name.startswith(f"{OURS}-")


def _who(name: str, client: dict[str, Any]) -> str:
    host = str(client.get("host", "")) or "an unknown host"
    return f"'{name}' from {host}" if name else f"a client without a name from {host}"
