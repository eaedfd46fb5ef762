"""Deeds over nats-py: each step is a call of its KeyValue, or a sleep, in a task of its own."""

import asyncio
import time

import nats.errors
from nats.js.errors import APIError, KeyWrongLastSequenceError

from bench.clients.buckets import Bucket, SaidSink
from bench.clients.deeds import Answer, Deeds, Get, Pause, Put, Step
from bench.clients.natspy_operations import NatsPyKeys
from bench.clients.port import Endpoint
from bench.clients.wire.values import WRONG_LAST
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S

_NO_ANSWER = "no answer in time"
_NOTHING: Answer = None


class NatsPyDoer(NatsPyKeys):
    """Doer over nats-py."""

    def __init__(self, endpoint: Endpoint, deeds: Deeds, sink: SaidSink, bucket: Bucket) -> None:
        super().__init__(endpoint, sink, bucket)
        self._deeds = deeds

    async def perform(self, position: int) -> str:
        """Carry a deed out in the task that asks; return why it failed, or nothing."""
        try:
            await self._carry_out(position)
        except TimeoutError:
            return _NO_ANSWER
        except (OSError, MeasurementError, nats.errors.Error) as error:
            return f"{type(error).__name__}: {error}"
        return ""

    async def _try(self, position: int) -> None:
        await self._carry_out(position)
        self._sink.stored((position,), time.monotonic_ns())

    async def _carry_out(self, position: int) -> None:
        deed, answer = self._deeds.of(position), _NOTHING
        while True:
            try:
                step = deed.send(answer)
            except StopIteration:
                return
            answer = await self._took(step)

    async def _took(self, step: Step) -> Answer:
        match step:
            case Get():
                return await self._value(self._key(step.subject))
            case Put():
                return await self._wrote(step)
            case Pause():
                await asyncio.sleep(step.for_ns / NS_PER_S)
                return None

    async def _wrote(self, put: Put) -> bool:
        """Write as the library does; what it has no call for is published as it would be."""
        key, headers = self._key(put.subject), dict(put.headers)
        try:
            if put.ttl_s:
                await self._publish(put.subject, put.payload, headers)
            elif put.expect is None:
                await self.keys.put(key, put.payload)
            else:
                await self.keys.update(key, put.payload, last=put.expect)
        except KeyWrongLastSequenceError:
            return False
        except APIError as error:
            if error.err_code != WRONG_LAST:
                raise
            return False
        return True

    def _unanswered(self, position: int) -> None:
        self._refused(position, _NO_ANSWER)

    def _key(self, subject: str) -> str:
        return subject.removeprefix(self._prefix)
