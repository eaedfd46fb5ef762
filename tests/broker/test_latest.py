"""What a stream holds, read by a client of which a message may not come."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.latest import latest
from bench.core.errors import MeasurementError

KEYS = 4


class Subscription:
    async def unsubscribe(self) -> None: ...


class Reader(Client):
    """Brings these of the last messages, by their place; the others are lost on the way."""

    def __init__(self, brought: Sequence[int]) -> None:
        super().__init__()
        self.brought = brought

    def new_inbox(self) -> str:
        return "inbox"

    async def subscribe(  # type: ignore[override]
        self, *_: object, cb: Callable[[Msg], Awaitable[None]], **__: object
    ) -> Any:
        for place in self.brought:
            reply = f"$JS.ACK.s.c.1.{10 + place}.{place}.0.{KEYS - place}"
            await cb(Msg(self, subject=f"p.key.{place}", reply=reply, data=b"v"))
        return Subscription()

    async def request(self, *_: object, **__: object) -> Msg:
        told = {"num_pending": KEYS, "delivered": {"consumer_seq": 0}}
        return Msg(self, data=json.dumps(told).encode())


def test_all_that_is_pending_is_read() -> None:
    """Each subject below the prefix, with the sequence of its last message."""
    found = asyncio.run(latest(Reader([1, 2, 3, 4]), "s", "p."))

    assert {name: kept.seq for name, kept in found.items()} == {
        "key.1": 11, "key.2": 12, "key.3": 13, "key.4": 14,
    }  # fmt: skip


@pytest.mark.parametrize("brought", [[1, 3, 4], [2, 3, 4], [1, 2, 4]])
def test_what_lacks_a_message_is_not_told_as_all(brought: list[int]) -> None:
    """A key that did not come would count as one that is not there."""
    with pytest.raises(MeasurementError, match="did not come"):
        asyncio.run(latest(Reader(brought), "s", "p."))
