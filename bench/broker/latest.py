"""What a stream holds: the last message of each subject, the state of a bucket, or all of them."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.admin import api, js_api_of
from bench.core.errors import MeasurementError

SILENCE_S = 5.0
"""So long the server may say nothing between two messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last message of a subject.

    Attributes:
        seq: of the stream.
        operation: what it did to a key: empty of a value, `DEL` or `PURGE`, or `MaxAge` and the
            like of a marker that the server set.
        data: its payload.
    """

    seq: int
    operation: str
    data: bytes


Held = Mapping[str, Last]
"""By subject."""

T = TypeVar("T")


async def latest(client: Client, stream: str, prefix: str) -> Held:
    """Return the last message of each subject below a prefix.

    A consumer that begins at the last of each subject reads them; it is removed after it.

    Raises:
        MeasurementError: the server did not tell, or not all of them.
    """
    begin = {"deliver_policy": "last_per_subject"}
    return dict(await _told(client, stream, prefix, begin, _last))


async def waiting(client: Client, stream: str, prefix: str) -> Held:
    """Return the subjects below a prefix that a stream has a message of, where each has one.

    What they hold nobody reads: a stream whose messages leave when they are taken lets nobody look.

    Raises:
        MeasurementError: the server did not tell.
    """
    found: set[str] = set()
    total = 1
    while len(found) < total:
        asked = {"subjects_filter": f"{prefix}>", "offset": len(found)}
        info = await api(client, f"STREAM.INFO.{stream}", asked)
        page = info["state"].get("subjects") or {}
        total = int(info.get("total", len(page))) if page else 0
        found.update(page)
    return {name.removeprefix(prefix): Last(seq=0, operation="", data=b"") for name in found}


async def since(client: Client, stream: str, prefix: str, seq: int) -> Sequence[tuple[str, Last]]:
    """Return every message from a sequence on, with its subject below the prefix, in order.

    Raises:
        MeasurementError: the server did not tell, or not all of them.
    """
    begin = {"deliver_policy": "by_start_sequence", "opt_start_seq": max(1, seq)}
    return await _told(client, stream, prefix, begin, _last)


async def headers(client: Client, stream: str, prefix: str) -> Sequence[Mapping[str, str]]:
    """Return the headers of every message below a prefix, in order; raises as `since` does."""
    begin = {"deliver_policy": "all", "headers_only": True}
    found = await _told(client, stream, prefix, begin, lambda message: message.headers or {})
    return [of_message for _, of_message in found]


async def _told(
    client: Client,
    stream: str,
    prefix: str,
    begin: Mapping[str, object],
    read: Callable[[Msg], T],
) -> list[tuple[str, T]]:
    try:
        return await _read(client, stream, prefix, begin, read)
    except (OSError, TimeoutError, nats.errors.Error, ValueError, KeyError) as error:
        why = str(error) or "no answer in time"
        raise MeasurementError(f"what stream {stream} holds: {why}") from error


async def _read(
    client: Client,
    stream: str,
    prefix: str,
    begin: Mapping[str, object],
    read: Callable[[Msg], T],
) -> list[tuple[str, T]]:
    inbox = client.new_inbox()
    queue: asyncio.Queue[Msg] = asyncio.Queue()
    subscription = await client.subscribe(
        inbox, cb=queue.put, pending_msgs_limit=-1, pending_bytes_limit=-1
    )
    try:
        pending = await _consumer(client, stream, f"{prefix}>", inbox, begin)
        found: list[tuple[str, T]] = []
        while pending:
            message = await asyncio.wait_for(queue.get(), SILENCE_S)
            pending = message.metadata.num_pending
            if (count := message.metadata.sequence.consumer) != len(found) + 1:
                raise ValueError(f"message {len(found) + 1} of it did not come, but {count}")
            found.append((message.subject.removeprefix(prefix), read(message)))
        return found
    finally:
        await subscription.unsubscribe()


async def _consumer(
    client: Client, stream: str, subjects: str, inbox: str, begin: Mapping[str, object]
) -> int:
    """Make a consumer that delivers from there on; return how many come."""
    config = {
        "deliver_subject": inbox,
        **begin,
        "filter_subject": subjects,
        "ack_policy": "none",
        "mem_storage": True,
        "num_replicas": 1,
        "inactive_threshold": int(SILENCE_S * 1e9),
    }
    body = json.dumps({"stream_name": stream, "config": config}).encode()
    subject = f"{js_api_of(client)}.CONSUMER.CREATE.{stream}"
    answer = json.loads((await client.request(subject, body, timeout=SILENCE_S)).data)
    if "error" in answer:
        raise ValueError(str(answer["error"].get("description")))
    return int(answer["num_pending"]) + int(answer["delivered"]["consumer_seq"])


def _last(message: Msg) -> Last:
    headers = message.headers or {}
    operation = headers.get("KV-Operation") or headers.get("Nats-Marker-Reason") or ""
    return Last(seq=message.metadata.sequence.stream, operation=operation, data=bytes(message.data))
