"""Loads with nats-py the way Python services use it: nothing is recorded, everything is checked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats.js.errors
from nats.aio.client import Client

from bench.broker import admin
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.selfbench.cases import IN_FLIGHT, WINDOW_MSGS, LoadCase
from bench.selfbench.figures import LoadFigures
from bench.selfbench.jobs import LIMIT_NS, Meter, Server, require_all, template
from bench.selfbench.loads import PULL_EXPIRES_NS, require_settled, require_stored

FETCH_BATCH = 100
_NO_LIMIT = 2**31


async def publish_async(case: LoadCase, server: Server) -> LoadFigures:
    """Publish with `publish_async`, at most a window of messages at a time without a PubAck."""
    payload = template(case.size_bytes).content
    meter = Meter(server)
    async with _connected(server) as client:
        context = client.jetstream(publish_async_max_pending=WINDOW_MSGS)

        meter.start()
        # The library's futures never resolve after a lost connection (nats.py#985).
        async with _limit(case):
            answers = [
                await context.publish_async(server.subject, payload) for _ in range(case.messages)
            ]
            await context.publish_async_completed()
        meter.stop()

        figures = meter.figures(case.messages)
    confirmed = sum(answer.exception() is None for answer in answers)
    require_all("confirmed", confirmed, case)
    await require_stored(case, server)
    return figures


async def fetch(case: LoadCase, server: Server) -> LoadFigures:
    """Fetch batches and acknowledge message by message."""
    meter = Meter(server)
    received = 0
    async with _connected(server) as client:
        names = server.names
        subscription = await client.jetstream().pull_subscribe_bind(
            names.consumer, names.stream, pending_bytes_limit=_NO_LIMIT
        )

        meter.start()
        async with _limit(case):
            while received < case.messages:
                batch = min(FETCH_BATCH, case.messages - received)
                messages = await subscription.fetch(batch, timeout=PULL_EXPIRES_NS / NS_PER_S)
                for message in messages:
                    await message.ack()
                received += len(messages)
        meter.stop()

        await require_settled(case, server)
        figures = meter.figures(case.messages)
    require_all("received", received, case)
    return figures


async def use_keys(case: LoadCase, server: Server) -> LoadFigures:
    """Put or get keys by the library's KeyValue, from as many workers as operations are open."""
    payload = template(case.size_bytes).content
    keys = [subject.removeprefix(server.names.subject_prefix) for subject in server.keys]
    left = iter(range(case.messages))
    meter = Meter(server)
    async with _connected(server) as client:
        bucket = await client.jetstream().key_value(server.names.stream.removeprefix("KV_"))

        async def work() -> int:
            done = 0
            for number in left:
                key = keys[number % len(keys)]
                await (bucket.put(key, payload) if case.kind == "kv-put" else bucket.get(key))
                done += 1
            return done

        meter.start()
        async with _limit(case):
            done = sum(await asyncio.gather(*(work() for _ in range(IN_FLIGHT))))
        meter.stop()

        figures = meter.figures(case.messages)
    require_all("answered", done, case)
    return figures


@asynccontextmanager
async def _connected(server: Server) -> AsyncIterator[Client]:
    client = await admin.connect(server.endpoint)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def _limit(case: LoadCase) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(LIMIT_NS / NS_PER_S):
            yield
    except (TimeoutError, nats.js.errors.Error) as error:
        raise MeasurementError(f"{case.name}: broken off: {error!r}") from error
