"""Puts into a bucket over nats-py, as a handler of a service makes them."""

from nats.js.kv import KeyValue

from bench.clients.natspy_connection import NatsPyConnection
from bench.clients.port import Content, Endpoint


class NatsPyPuts(NatsPyConnection):
    """Puts messages into a bucket, each by its subject, over a connection of its own."""

    def __init__(self, endpoint: Endpoint, stream: str) -> None:
        """Be ready to open.

        Args:
            endpoint: how to connect.
            stream: that keeps the bucket.
        """
        super().__init__(endpoint)
        self._stream = stream
        self._keys: KeyValue | None = None

    async def open(self) -> None:
        """Connect and look the bucket up; ServerUnavailableError where nobody answers."""
        client = await self._connect()
        context = client.jetstream(prefix=self._endpoint.js_api)
        self._keys = await context.key_value(self._stream.removeprefix("KV_"))

    async def put(self, message: Content) -> None:
        """Return when the server has the message; raises what the library does."""
        if self._keys is None:
            raise ValueError("the bucket is not open")
        await self._keys.put(message.subject, message.data)
