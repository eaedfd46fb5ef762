"""Messages between the conductor and a worker: length-prefixed pickles over the worker's pipes."""

import asyncio
import pickle
import struct
from typing import Any

_LENGTH = struct.Struct("<Q")


class ChannelClosedError(Exception):
    """The other side is gone."""


class Channel:
    """One end of a pair of pipes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: object) -> None:
        """Send a message; ChannelClosedError when nobody reads any more."""
        content = pickle.dumps(message)
        try:
            self._writer.write(_LENGTH.pack(len(content)) + content)
            await self._writer.drain()
        except (ConnectionError, RuntimeError) as error:  # uvloop's word for a closed pipe
            raise ChannelClosedError from error

    async def receive(self) -> Any:  # noqa: ANN401 - whatever the other side sent
        """Return the next message; ChannelClosedError at the end."""
        try:
            head = await self._reader.readexactly(_LENGTH.size)
            content = await self._reader.readexactly(_LENGTH.unpack(head)[0])
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ChannelClosedError from error
        return pickle.loads(content)  # noqa: S301 - from a process of our own, over its own pipe
