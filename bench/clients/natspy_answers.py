"""Requests that nats-py brings, each answered with a payload of its own."""

import time

import numpy as np

from bench.clients.natspy import NatsPyConsumer
from bench.clients.port import Binding, Endpoint, IntArray


class NatsPyAnswerer(NatsPyConsumer):
    """ConsumerLink over nats-py whose deliveries are answered one by one, by `respond`."""

    def __init__(self, endpoint: Endpoint, binding: Binding) -> None:
        super().__init__(endpoint, binding)
        self._payloads: dict[int, bytes] = {}

    def answer(self, position: int, payload: bytes) -> None:
        """Answer one delivery; the sink is told as of an ack."""
        self._payloads[position] = payload
        self.ack(np.array([position], dtype=np.int64))

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        """Answer each, one call of the library after the other."""
        del cumulative
        assert self._sink is not None  # noqa: S101 - it is open
        for position in positions.tolist():
            message, at_ns = self._unacked.pop(position), time.monotonic_ns()
            await message.respond(self._payloads.pop(position))
            self._sink.acked(np.array([position], dtype=np.int64), at_ns)
