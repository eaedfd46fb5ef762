"""A publisher's connection: frames out in blocks, PubAcks in.

A PubAck names the position it answers in the last token of its subject, so acks may come in any
order. Runs of plain ones are read a chunk at a time (`pubacks`); refusals, duplicates and whatever
else comes are read one by one.
"""

import json
from collections.abc import Sequence

from bench.clients.port import AckSink, Endpoint, Messages
from bench.clients.wire.connection import Connection
from bench.clients.wire.faults import Faults
from bench.clients.wire.frames import POSITION_DIGITS, PublishFrames
from bench.clients.wire.inbox import new_inbox
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.pubacks import PubAckRuns
from bench.core.errors import UsageError

_NO_RESPONDERS = 503
_NEVER_SENT = "an answer to a message that was never sent"


class WirePublisher:
    """PublisherLink that speaks the protocol itself.

    Attributes:
        duplicates: PubAcks of messages that the stream had already (Nats-Msg-Id); they count as
            stored, too.
    """

    def __init__(self, endpoint: Endpoint, messages: Messages, sink: AckSink) -> None:
        self._inbox = new_inbox()
        self._frames = PublishFrames(messages, self._inbox)
        self._sink = sink
        self._faults = Faults()
        self._connection = Connection(endpoint, self, self._faults)
        self._runs = PubAckRuns()
        self.duplicates = 0

    async def open(self) -> None:
        """Connect and be ready to publish.

        Raises:
            ServerUnavailableError: nobody answers, or we are refused.
            UsageError: the server takes no messages of this size.
        """
        await self._connection.open()
        if self._frames.largest_bytes > self._connection.max_payload:
            await self._connection.close()
            raise UsageError(
                f"a message of {self._frames.largest_bytes} bytes, headers included; the server "
                f"takes at most {self._connection.max_payload} (max_payload)"
            )

    async def send(self, first: int, stop: int) -> None:
        """Hand positions first..stop-1 to the connection, in order."""
        await self._connection.write(self._frames.slices(first, stop))

    @property
    def faults(self) -> Sequence[str]:
        """Disconnects, reconnects and errors seen so far, in words."""
        return self._faults.words()

    async def close(self) -> None:
        """Flush and disconnect; never raises."""
        await self._connection.close()

    def subscriptions(self) -> bytes:
        """Listen for PubAcks."""
        return b"SUB %b.* 1\r\n" % self._inbox

    def lost(self) -> None:
        """Nothing to mend: what has no answer yet stays unanswered."""

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the plain PubAcks that `data` begins with."""
        positions, unread = self._runs.read(data)
        if positions is not None:
            if positions.max() >= self._frames.count:
                self._faults.note(_NEVER_SENT)
                positions = positions[positions < self._frames.count]
            self._sink.stored(positions, now_ns)
        return unread

    def message(self, message: Message, now_ns: int) -> None:
        """Take any other answer."""
        token = message.subject.rpartition(b".")[2]
        position = int(token) if token.isdigit() and len(token) == POSITION_DIGITS else -1
        if not 0 <= position < self._frames.count:
            self._faults.note(_NEVER_SENT)
            return
        refusal = self._refusal(message)
        if refusal:
            self._sink.refused(position, refusal)
        else:
            self._runs.learn(message)
            self._sink.stored((position,), now_ns)

    def _refusal(self, message: Message) -> str:
        """Return why the message was not stored; empty when it was."""
        status = status_of(message.header)
        if status is not None:
            no_stream = " (no stream takes its subject)" if status.code == _NO_RESPONDERS else ""
            return f"status {status.code} {status.text}".rstrip() + no_stream
        try:
            answer = json.loads(message.payload)
            if "error" not in answer:
                self.duplicates += bool(answer.get("duplicate"))
                return "" if answer["seq"] else "no PubAck"
            return f"{answer['error'].get('description')} ({answer['error'].get('err_code')})"
        except (ValueError, TypeError, AttributeError, KeyError):
            return f"an unreadable PubAck {message.payload[:60]!r}"
