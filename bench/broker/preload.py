"""What a bucket, or a stream, has before a trial begins."""

import asyncio
import json
from collections.abc import Iterable

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.core.cancelling import heed_cancel
from bench.core.errors import MeasurementError


class RefusedValueError(MeasurementError):
    """The bucket does not take what it is to hold."""


AT_ONCE = 500
"""Writes that wait for their PubAck at a time."""

SILENCE_S = 10.0


async def preload(client: Client, values: Iterable[tuple[str, bytes]]) -> None:
    """Write these values to these subjects, in order.

    Raises:
        RefusedValueError: one was refused.
        MeasurementError: nobody answered.
    """
    room = asyncio.Semaphore(AT_ONCE)
    refused: list[str] = []
    inbox = client.new_inbox()

    async def answered(message: Msg) -> None:
        if why := _refusal(message):
            refused.append(why)
        room.release()

    try:
        subscription = await client.subscribe(inbox, cb=answered)
        for subject, value in values:
            heed_cancel()  # the library's flush may swallow it
            await asyncio.wait_for(room.acquire(), SILENCE_S)
            await client.publish(subject, value, reply=inbox)
        for _ in range(AT_ONCE):
            await asyncio.wait_for(room.acquire(), SILENCE_S)
        await subscription.unsubscribe()
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise MeasurementError(f"no answer while the store was filled: {error}") from error
    if refused:
        raise RefusedValueError(f"a value was refused before the trial began: {refused[0]}")


def _refusal(message: Msg) -> str:
    status = (message.headers or {}).get("Status")
    if status:
        return f"status {status}"
    try:
        content = json.loads(message.data)
    except ValueError:
        return "an unreadable PubAck"
    return str(content["error"].get("description")) if "error" in content else ""
