"""Consumers that a client makes for itself and takes from at once, as an ordered consumer is.

What is delivered has the subject of its key: the number of the subscription says whose it is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.clients.buckets import MARKER_HEADER
from bench.core.units import NS_PER_S

FIRST_SID = 2
"""Of the subscriptions to what is delivered; the first one is for answers."""

IDLE_NS = 5 * NS_PER_S
"""Of heartbeats, as clients of NATS set it; a consumer that nobody hears ends as soon."""

_DELIVERY = re.compile(rb"H?MSG (\S+) (\d+) (\$JS\.ACK\.\S+) (?:(\d+) )?(\d+)\r\n")
_GONE = (b"KV-Operation:", b"%b:" % MARKER_HEADER.encode())
_SHORT_FORM_TOKENS, _SHORT_FORM, _LONG_FORM = 9, 5, 7
"""Where the stream sequence stands in an ack subject of 9 tokens, and in a longer one (ADR-15)."""


class Told(NamedTuple):
    """What a delivery says.

    Attributes:
        sid: of the subscription.
        subject: of the key.
        seq: of the stream.
        pending: how many messages come after it, as far as the server knew.
        gone: it is a marker in a value's place.
        payload: of the value.
    """

    sid: int
    subject: bytes
    seq: int
    pending: int
    gone: bool
    payload: bytes


def next_told(data: bytes, at: int) -> tuple[Told, int] | None:
    """Return the delivery that begins at `at` and the offset behind it.

    None where something else begins there, or it is cut off.
    """
    found = _DELIVERY.match(data, at)
    if found is None:
        return None
    start, body = found.end(), found.end() + int(found[4] or 0)
    end = start + int(found[5])
    if end + 2 > len(data):
        return None
    header = data[start:body]
    tokens = found[3].split(b".")
    at_seq = _SHORT_FORM if len(tokens) == _SHORT_FORM_TOKENS else _LONG_FORM
    told = Told(
        sid=int(found[2]),
        subject=found[1],
        seq=int(tokens[at_seq]),
        pending=int(tokens[at_seq + 3]),
        gone=any(each in header for each in _GONE),
        payload=data[body:end],
    )
    return told, end + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A consumer that is to be made, or is there.

    Attributes:
        name: of the consumer.
        stream: that it is of.
        inbox: where it delivers to.
        sid: of the subscription there.
        filters: what it filters for.
        begins: `deliver_policy`, and what goes with it.
        headers_only: keys and no values.
    """

    name: str
    stream: str
    inbox: bytes
    sid: int
    filters: str
    begins: Mapping[str, Any]
    headers_only: bool = False

    def subscription(self) -> bytes:
        """Return the frame that has its deliveries come."""
        return b"SUB %b %d\r\n" % (self.inbox, self.sid)

    def request(self) -> tuple[bytes, bytes]:
        """Return where it is asked for, behind the API's prefix, and the request."""
        config = {
            "name": self.name,
            "deliver_subject": self.inbox.decode(),
            "filter_subject": self.filters,
            "ack_policy": "none",
            "max_deliver": 1,
            "mem_storage": True,
            "num_replicas": 1,
            "flow_control": True,
            "idle_heartbeat": IDLE_NS,
            "inactive_threshold": IDLE_NS,
            "headers_only": self.headers_only,
            **self.begins,
        }
        body = {"stream_name": self.stream, "config": config, "action": "create"}
        where = f"CONSUMER.CREATE.{self.stream}.{self.name}.{self.filters}"
        return where.encode(), json.dumps(body).encode()

    def ending(self, api: bytes) -> bytes:
        """Return the frames that end it."""
        name = f"{self.stream}.{self.name}".encode()
        return b"UNSUB %d\r\nPUB %b.CONSUMER.DELETE.%b 0\r\n\r\n" % (self.sid, api, name)


def made(payload: bytes) -> tuple[bool, int, str]:
    """Return whether a consumer was made, how many messages it is due, and else why not."""
    try:
        told = json.loads(payload)
        if "config" in told:
            return True, int(told["num_pending"]) + int(told["delivered"]["consumer_seq"]), ""
        return False, 0, str(told["error"]["description"])
    except (ValueError, TypeError, KeyError):
        return False, 0, f"an unreadable answer {payload[:60]!r}"
