"""Filling a store can be broken off, whatever the library makes of it."""

import asyncio
from typing import Any

import pytest

from bench.broker.preload import preload


class Swallowing:
    """A connection that answers nobody, and takes a cancellation for the end of a wait."""

    def __init__(self) -> None:
        self.published = 0

    def new_inbox(self) -> str:
        return "inbox"

    async def subscribe(self, subject: str, cb: Any) -> None:
        del subject, cb

    async def publish(self, subject: str, payload: bytes, reply: str) -> None:
        del subject, payload, reply
        self.published += 1
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            return


def test_an_interruption_that_the_library_swallows_ends_it_all_the_same() -> None:
    client: Any = Swallowing()

    async def broken_off() -> None:
        values = [("a", b"x")] * 400
        filling = asyncio.create_task(preload(client, values))
        while client.published < 3:
            await asyncio.sleep(0)
        filling.cancel()
        await filling

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(broken_off())

    assert client.published < 10
