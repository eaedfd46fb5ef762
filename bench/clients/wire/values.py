"""What a server answers who reads or updates a key, read exactly; pure.

Source: ADR-8 and ADR-31 (github.com/nats-io/nats-architecture-and-design), as tried on
nats-server 2.15.1.
"""

import base64
import json
import re
from typing import Any

from bench.clients.buckets import Value
from bench.clients.wire.parse import Message, status_of
from bench.core.errors import MeasurementError

GAVE_UP = "another writer was faster, each time that it was tried"
NOT_THERE = 404
END_OF_BATCH = 204
"""Says that all answers to a request for several messages have come."""

WRONG_LAST = 10071
"""Error code of JetStream: the stream, or the subject, has another last sequence."""

_OPERATION = re.compile(rb"^(?:KV-Operation: *(\w+)|Nats-Marker-Reason: *(\w+))\r?$", re.MULTILINE)
_SEQUENCE = re.compile(rb"^Nats-Sequence: *(\d+)\r?$", re.MULTILINE)


def read_value(message: Message) -> Value:
    """Return what a get was answered, by any replica (with headers) or by the leader (JSON).

    Raises:
        MeasurementError: it was refused, or the answer is none of these.
    """
    if message.header:
        return _direct(message)
    try:
        return _of_leader(json.loads(message.payload))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise MeasurementError(f"an unreadable answer {message.payload[:60]!r}") from error


def _direct(message: Message) -> Value:
    status = status_of(message.header)
    if status is not None:
        if status.code == NOT_THERE:
            return Value(gone=True)
        raise MeasurementError(f"status {status.code} {status.text}".rstrip())
    sequence = _SEQUENCE.search(message.header)
    if sequence is None:
        raise MeasurementError("an answer without a sequence")
    gone = _OPERATION.search(message.header) is not None
    return Value(seq=int(sequence[1]), gone=gone, data=message.payload)


def _of_leader(body: dict[str, Any]) -> Value:
    if "error" in body:
        error = body["error"]
        if error.get("code") == NOT_THERE:
            return Value(gone=True)
        raise MeasurementError(f"{error.get('description')} ({error.get('err_code')})")
    stored = body["message"]
    headers, data = (base64.b64decode(stored.get(key, "")) for key in ("hdrs", "data"))
    gone = _OPERATION.search(headers) is not None
    return Value(seq=int(stored["seq"]), gone=gone, data=data)


def conflicts(payload: bytes) -> bool:
    """Say whether a PubAck refuses because another writer was faster."""
    try:
        return bool(json.loads(payload)["error"]["err_code"] == WRONG_LAST)
    except (ValueError, TypeError, KeyError):
        return False
