"""Listing keys: a consumer that begins at the last message of each, until nothing is pending.

A key that is written meanwhile may come twice, and is counted once.
"""

from dataclasses import dataclass, field

import numpy as np

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.port import Endpoint, Messages
from bench.clients.wire.listening import FIRST_SID, Listening, Told, made, next_told
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.steps import WireSteps

_MADE = b"c"


@dataclass(slots=True)
class _Scan:
    """A scan under way.

    Attributes:
        listening: by which consumer.
        keys: that came.
        made: the server has said that the consumer is there.
        done_ns: when the last key came; 0 before.
    """

    listening: Listening
    keys: set[bytes] = field(default_factory=set)
    made: bool = False
    done_ns: int = 0


class WireScanner(WireSteps[_Scan]):
    """PublisherLink whose messages each list the keys that a filter matches."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._filter = messages.subjects[0]

    def _begun(self, position: int) -> _Scan:
        listening = Listening(
            name=f"scan-{self._inbox.decode().rpartition('.')[2]}-{position}",
            stream=self._bucket.stream,
            # Of one token fewer than answers have, so that no other subscription hears it, too.
            inbox=b"%b.%d" % (self._inbox, position),
            sid=position + FIRST_SID,
            filters=self._filter,
            begins={"deliver_policy": "last_per_subject"},
            headers_only=not self._bucket.values,
        )
        where, body = listening.request()
        self._out.append(listening.subscription())
        self._ask(b"%b.%b" % (self._api, where), _MADE, position, body)
        return _Scan(listening)

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the keys that `data` begins with; return what lies behind."""
        at = 0
        while (found := next_told(data, at)) is not None:
            told, at = found
            self._came(told, now_ns)
        return data[at:] if at else data

    def message(self, message: Message, now_ns: int) -> None:
        """Take an answer, or what the server says of a consumer."""
        if message.sid < FIRST_SID:
            super().message(message, now_ns)
            return
        status = status_of(message.header)
        if status is not None and message.reply:  # flow control wants an empty answer
            self._connection.answer(b"PUB %b 0\r\n\r\n" % message.reply)

    def _came(self, told: Told, now_ns: int) -> None:
        position = told.sid - FIRST_SID
        scan = self._open.get(position)
        if scan is None or scan.done_ns:
            return  # the key was written when the scan had ended
        if told.gone:
            scan.keys.discard(told.subject)
        else:
            scan.keys.add(told.subject)
        if not told.pending:
            scan.done_ns = now_ns
            self._over(position, scan)

    def _next(
        self, step: bytes, position: int, under_way: _Scan, message: Message, now_ns: int
    ) -> None:
        del step
        under_way.made, due, why_not = made(message.payload)
        if not under_way.made:
            self._end(position)
            self._sink.refused(position, why_not)
            return
        if not due:
            under_way.done_ns = now_ns
        self._over(position, under_way)

    def _over(self, position: int, scan: _Scan) -> None:
        """End a scan of which all has come, and the consumer with it."""
        if scan.made and scan.done_ns:
            self._end(position)
            self._sink.said(np.array([position]), np.array([len(scan.keys) + 1]))
            self._sink.stored((position,), scan.done_ns)

    def _end(self, position: int) -> None:
        self._out.append(self._open[position].listening.ending(self._api))
        super()._end(position)
