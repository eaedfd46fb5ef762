"""Listing keys: a consumer that begins at the last message of each, until nothing is pending.

Each scan listens to a subject of its own: what is delivered has the subject of its key, and only
the number of the subscription says whose it is. A key that is written meanwhile may come twice, and
is counted once.
"""

import json
import re
from dataclasses import dataclass, field

import numpy as np

from bench.clients.buckets import MARKER_HEADER, Bucket, SaidSink
from bench.clients.port import Endpoint, Messages
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.steps import WireSteps
from bench.core.units import NS_PER_S

_FIRST_SID = 2
_MADE = b"c"
_IDLE_NS = 5 * NS_PER_S
"""Of heartbeats, as clients of NATS set it; a consumer that nobody hears ends as soon."""

_DELIVERY = re.compile(
    rb"H?MSG (\S+) (\d+) \$JS\.ACK\.\S+\.(\d+) (?:(\d+) )?(\d+)\r\n",
)
_GONE = (b"KV-Operation:", b"%b:" % MARKER_HEADER.encode())


@dataclass(slots=True)
class _Scan:
    """A scan under way.

    Attributes:
        keys: that came.
        made: the server has said that the consumer is there.
        done_ns: when the last key came; 0 before.
    """

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
        # Of one token fewer than answers have, so that no other subscription hears it, too.
        inbox, sid = b"%b.%d" % (self._inbox, position), position + _FIRST_SID
        self._out.append(b"SUB %b %d\r\n" % (inbox, sid))
        config = {
            "name": self._name(position),
            "deliver_subject": inbox.decode(),
            "deliver_policy": "last_per_subject",
            "filter_subject": self._filter,
            "ack_policy": "none",
            "max_deliver": 1,
            "mem_storage": True,
            "num_replicas": 1,
            "flow_control": True,
            "idle_heartbeat": _IDLE_NS,
            "inactive_threshold": _IDLE_NS,
            "headers_only": not self._bucket.values,
        }
        body = {"stream_name": self._bucket.stream, "config": config, "action": "create"}
        where = f"{self._bucket.stream}.{self._name(position)}.{self._filter}".encode()
        where = b"%b.CONSUMER.CREATE.%b" % (self._api, where)
        self._ask(where, _MADE, position, json.dumps(body).encode())
        return _Scan()

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the keys that `data` begins with; return what lies behind."""
        at = 0
        while (found := _DELIVERY.match(data, at)) is not None:
            start = found.end()
            end = start + int(found[5])
            if end + 2 > len(data):
                break
            header = data[start : start + int(found[4] or 0)]
            self._came(int(found[2]) - _FIRST_SID, found, header, now_ns)
            at = end + 2
        return data[at:] if at else data

    def message(self, message: Message, now_ns: int) -> None:
        """Take an answer, or what the server says of a consumer."""
        if message.sid < _FIRST_SID:
            super().message(message, now_ns)
            return
        status = status_of(message.header)
        if status is not None and message.reply:  # flow control wants an empty answer
            self._connection.answer(b"PUB %b 0\r\n\r\n" % message.reply)

    def _came(self, position: int, found: "re.Match[bytes]", header: bytes, now_ns: int) -> None:
        scan = self._open.get(position)
        if scan is None or scan.done_ns:
            return  # the key was written when the scan had ended
        if any(each in header for each in _GONE):
            scan.keys.discard(found[1])
        else:
            scan.keys.add(found[1])
        if found[3] == b"0":
            scan.done_ns = now_ns
            self._over(position, scan)

    def _next(
        self, step: bytes, position: int, under_way: _Scan, message: Message, now_ns: int
    ) -> None:
        del step
        told = json.loads(message.payload) if message.payload else {}
        if "config" not in told:
            words = told.get("error", {}).get("description") or "no consumer"
            self._end(position)
            self._sink.refused(position, str(words))
            return
        under_way.made = True
        if not told["num_pending"] + told["delivered"]["consumer_seq"]:
            under_way.done_ns = now_ns
        self._over(position, under_way)

    def _over(self, position: int, scan: _Scan) -> None:
        """End a scan of which all has come, and the consumer with it."""
        if not (scan.made and scan.done_ns):
            return
        self._end(position)
        self._sink.said(np.array([position]), np.array([len(scan.keys) + 1]))
        self._sink.stored((position,), scan.done_ns)

    def _end(self, position: int) -> None:
        super()._end(position)
        name = f"{self._bucket.stream}.{self._name(position)}".encode()
        self._out.append(
            b"UNSUB %d\r\nPUB %b.CONSUMER.DELETE.%b 0\r\n\r\n"
            % (position + _FIRST_SID, self._api, name)
        )

    def _name(self, position: int) -> str:
        return f"scan-{self._inbox.decode().rpartition('.')[2]}-{position}"
