"""Keys over nats-py, by the calls of its KeyValue."""

import time

from nats.js.errors import KeyWrongLastSequenceError

from bench.clients.faults import DUPLICATE
from bench.clients.natspy_connection import Outgoing
from bench.clients.natspy_operations import NatsPyMessageKeys
from bench.clients.port import Outcome


class NatsPyReader(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages ask for keys' values."""

    one_call = True

    async def _try(self, position: int) -> None:
        value = await self._value(self._key(position))
        now_ns = time.monotonic_ns()
        self._tell(position, value.number(self._bucket.id_offset))
        self._sink.stored((position,), now_ns)


class NatsPyWriter(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages are each put.

    A marker in a value's place carries its id, and the library's `delete` carries nothing: it is
    published as that does it.
    """

    one_call = True

    async def _try(self, position: int) -> None:
        out = Outgoing.of(self._messages, position)
        if out.headers is None:
            await self.keys.put(self._key(position), out.payload)
        elif (await self._publish(out.subject, out.payload, out.headers)).duplicate:
            self._refused(position, DUPLICATE)
            return
        self._sink.stored((position,), time.monotonic_ns())


class NatsPyCreator(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages each create a key."""

    async def _try(self, position: int) -> None:
        ttl_s = self._bucket.ttl_s or None
        try:
            await self.keys.create(self._key(position), self._payload(position), msg_ttl=ttl_s)
        except KeyWrongLastSequenceError:
            self._refused(position, "", Outcome.CONFLICT)
        else:
            self._sink.stored((position,), time.monotonic_ns())


class NatsPyScanner(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages each list the keys that a filter matches.

    By `watch`, as its own `keys` does: that one takes no filter to the server.

    The library takes a list for empty, whole as it may be, where the server has sent all of it
    before it is asked how much is left, and its answer is faster than the keys (2.16: `watch` looks
    at `num_pending`, and at what it has received itself, and not at what was delivered). Then a
    service has an empty list, and so have we.
    """

    async def _try(self, position: int) -> None:
        watcher = await self.keys.watch(
            self._key(position), ignore_deletes=True, meta_only=not self._bucket.values
        )
        try:
            found = set()
            while (entry := await anext(watcher)) is not None:
                found.add(entry.key)
            now_ns = time.monotonic_ns()
        finally:
            await watcher.stop()  # type: ignore[no-untyped-call]
        self._tell(position, len(found) + 1)
        self._sink.stored((position,), now_ns)
