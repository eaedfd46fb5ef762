"""Groups of keys over nats-py: put one after the other, read by one request for all of them.

The library has no call that gets several keys at once: what it is asked with goes through its
`publish`, and the answers come by a subscription of its own.
"""

import asyncio
import json
import time
from collections import defaultdict

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bench.clients.buckets import Bucket, SaidSink, Value, gathered
from bench.clients.natspy_operations import ANSWER_WITHIN_S, NatsPyMessageKeys
from bench.clients.natspy_plain import plain
from bench.clients.port import Endpoint, Messages
from bench.clients.wire.values import END_OF_BATCH, NOT_THERE, read_value

_ENDS = {str(END_OF_BATCH), str(NOT_THERE)}


class NatsPyGroupWriter(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages are each put to all keys of a group.

    Writes of one group wait for each other.
    """

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def _try(self, position: int) -> None:
        group, payload = self._key(position), self._payload(position)
        async with self._turns[group]:
            for member in range(self._bucket.members):
                await self.keys.put(f"{group}.{member}", payload)
        self._sink.stored((position,), time.monotonic_ns())


class NatsPyGroupReader(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages each ask for all keys of a group."""

    async def _try(self, position: int) -> None:
        found = await self._found(self._key(position))
        now_ns = time.monotonic_ns()
        self._tell(position, gathered(found, self._bucket))
        self._sink.stored((position,), now_ns)

    async def _found(self, group: str) -> list[Value]:
        """Return what is there; without a last key a group has no boundary, and nothing is."""
        if not self._bucket.bounded:
            return await self._gather(group)
        last = await self._value(f"{group}.{self._bucket.members - 1}")
        return await self._gather(group, last.seq) if last.seq else []

    async def _gather(self, group: str, up_to: int = 0) -> list[Value]:
        keys = [f"{self._prefix}{group}.{member}" for member in range(self._bucket.members)]
        question = {"multi_last": keys, **({"up_to_seq": up_to} if up_to else {})}
        where = f"{self._endpoint.js_api}.DIRECT.GET.{self._bucket.stream}"
        inbox = self.client.new_inbox()
        answers = await self.client.subscribe(inbox)
        try:
            await self.client.publish(where, json.dumps(question).encode(), reply=inbox)
            return await self._values(answers)
        finally:
            await answers.unsubscribe()

    async def _values(self, answers: Subscription) -> list[Value]:
        found, within_s = list[Value](), self._within_s or ANSWER_WITHIN_S
        while not _ends(message := await answers.next_msg(within_s)):
            found.append(read_value(plain(message)))
        return found


def _ends(message: Msg) -> bool:
    return (message.headers or {}).get("Status") in _ENDS
