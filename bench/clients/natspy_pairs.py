"""Operations of several writes over nats-py, each when the one before it is confirmed."""

import time

import numpy as np

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.natspy_operations import NatsPyKeys
from bench.clients.pairs import Steps, Write
from bench.clients.port import Endpoint


class NatsPyPairs(NatsPyKeys):
    """PublisherLink over nats-py whose operations each make several writes.

    Values by its KeyValue, events by `publish` of its JetStream. The sink is told as by WirePairs.
    """

    def __init__(self, endpoint: Endpoint, steps: Steps, sink: SaidSink) -> None:
        name = steps.values.removeprefix("$KV.").rstrip(".")
        super().__init__(endpoint, sink, Bucket(stream=f"KV_{name}", direct=False))
        self._steps = steps

    async def _try(self, position: int) -> None:
        first, *others = self._steps.of(position)
        await self._write(first)
        self._said(np.array([position]), np.array([time.monotonic_ns()]))
        for write in others:
            await self._write(write)
        self._sink.stored((position,), time.monotonic_ns())

    async def _write(self, write: Write) -> None:
        """Write; an event that the stream has already is there, whoever brought it."""
        if write.subject.startswith(self._prefix):
            await self.keys.put(write.subject.removeprefix(self._prefix), write.payload)
        else:
            await self._publish(write.subject, write.payload, dict(write.headers))
