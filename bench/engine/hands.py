"""Who else had a hand in a trial: what others changed of its streams and consumers meanwhile.

The server tells each answer of its API to whoever listens, with who asked. Nothing of that is in
the way of messages: they, and requests for more of them, are no part of what is told. Read against
nats-server 2.15, jsapi.go (`JSAPIAudit`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.endpoint import JS_API
from bench.broker.link import Link
from bench.engine.clock import now_ns
from bench.engine.findings import invalid
from bench.engine.jobs import Hearing
from bench.record.schema import Finding, Level

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

_WORDS = tuple(f".{change}.".encode() for change in CHANGES)
"""An event without any of them tells of no change: most need not be taken apart."""

ASKED = (
    "STREAM.UPDATE",
    "STREAM.DELETE",
    "STREAM.PURGE",
    "STREAM.MSG.DELETE",
    "STREAM.RESTORE",
    "STREAM.PEER.REMOVE",
)
"""Of those, what no process of ours asks for while a trial is played: whoever asks is another."""

MOST_NAMED = 20

Hand = tuple[int, str]
"""When, ns from the trial's start, and what was done by whom."""


class Listener:
    """Notes what others change of streams, as it is heard."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._start_ns = 0
        self.hands: list[Hand] = []

    @property
    def subjects(self) -> tuple[str, ...]:
        """Where that is heard."""
        streams = self._hearing.streams
        if self._hearing.requests:
            return tuple(f"{JS_API}.{act}.{stream}" for stream in streams for act in ASKED)
        return (AUDIT_SUBJECT,) if streams else ()

    async def listen(self, client: Client, start_ns: int) -> None:
        """Begin to hear it; instants count from the trial's start."""
        self._start_ns = start_ns
        hear = self._on_request if self._hearing.requests else self._on_answer
        for subject in self.subjects:
            await client.subscribe(subject, cb=hear)

    async def _on_answer(self, message: Msg) -> None:
        """Somebody was answered by the API; jetbench most of the time."""
        self._note(foreign_act(message.data, self._hearing.streams))

    async def _on_request(self, message: Msg) -> None:
        """Somebody asked for a change; whether it was granted is told to them alone."""
        act = _act(message.subject, self._hearing.streams)
        self._note(f"{act} that somebody asked for" if act else "")

    def _note(self, act: str) -> None:
        if act:
            self.hands.append((now_ns() - self._start_ns, act))

    def unheard_over(self, link: Link) -> str:
        """Return why nothing, or not all of it, could be heard over a link; empty if it could.

        Events do not follow an API that stands elsewhere, as in another domain.
        """
        if self.subjects and link.endpoint.js_api != JS_API:
            return f"its API stands elsewhere, behind {link.endpoint.js_api}"
        return "; ".join(words for each in self.subjects for words in link.forbids(each))


def unheard_findings(why: str) -> Iterator[Finding]:
    """Yield that nobody knows whether others had a hand in the trial, where it was not heard."""
    if why:
        text = f"what others change of the trial's streams could not be heard: {why}"
        yield Finding(level=Level.NOTE, code="hands-unheard", text=text)


def foreign_act(event: bytes, streams: Iterable[str]) -> str:
    """Return what somebody else changed of these streams; empty where an event tells of no such.

    What the server refused changed nothing.

    Args:
        event: as the server told it.
        streams: names.
    """
    if not any(word in event for word in _WORDS):
        return ""
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
