"""A live consumer of a user's is looked at, by a login that may do nothing but that."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig

from bench.analysis.living import Seen, held_up, moved
from bench.broker.admin import connect
from bench.broker.endpoint import Endpoint
from bench.broker.looking import looks
from bench.core.errors import UsageError
from tests.server.commands import jetbench, nats_server

pytestmark = pytest.mark.nats

USERS = """
authorization { users: [
  { user: own, password: pw }
  { user: looks, password: s3cret, permissions: {
      publish: ["$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.INFO.*.*", "$JS.API.STREAM.NAMES",
                "$JS.API.CONSUMER.NAMES.*"]
      subscribe: "_INBOX.>" } }
] }
"""
STORED = 100


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with streams and consumers as users have them."""
    with nats_server(tmp_path_factory.mktemp("own"), extra=USERS) as url:
        host = url.removeprefix("nats://")
        asyncio.run(_fill(host))
        yield host


@asynccontextmanager
async def _own(host: str) -> AsyncIterator[tuple[Client, JetStreamContext]]:
    client = await nats.connect(f"nats://own:pw@{host}")
    try:
        yield client, client.jetstream()
    finally:
        await client.close()


async def _fill(host: str) -> None:
    async with _own(host) as (_, stream):
        await stream.add_stream(name="ORDERS", subjects=["orders"])
        await stream.add_stream(StreamConfig(name="SHORT", subjects=["short"], max_msgs=40))
        await stream.add_stream(name="LIVE", subjects=["live"])
        for name in ("alone", "full", "again"):
            await _consumer(stream, "ORDERS", name)
        await _consumer(stream, "SHORT", "late")
        await _consumer(stream, "LIVE", "billing")
        for _ in range(STORED):
            await stream.publish("orders", b"")
            await stream.publish("short", b"")


async def _consumer(stream: JetStreamContext, of: str, name: str) -> None:
    wait_s, cap = {"again": (0.2, 1000), "full": (30.0, 10)}.get(name, (30.0, 1000))
    config = ConsumerConfig(durable_name=name, ack_wait=wait_s, max_ack_pending=cap)
    await stream.add_consumer(of, config)


async def _seen(host: str, stream: str, consumer: str) -> Seen:
    link = await connect(Endpoint(url=f"nats://looks:s3cret@{host}"))
    try:
        return Seen(looks=[look async for look in looks(link, stream, consumer, 1.0)])
    finally:
        await link.close()


def _names(seen: Seen) -> set[str]:
    return {each.name for each in held_up(seen)}


async def _takes(stream: JetStreamContext, name: str, *, acks: bool) -> None:
    """Fetch without end, as a client of the user's does."""
    of = "ORDERS" if name == "again" else "LIVE"
    pull = await stream.pull_subscribe_bind(name, of)
    while True:
        try:
            messages = await pull.fetch(20, timeout=0.5)
        except nats.errors.TimeoutError:
            continue
        for message in messages if acks else ():
            await message.ack()


async def _sends(stream: JetStreamContext) -> None:
    while True:
        await stream.publish("live", b"")
        await asyncio.sleep(0.01)


async def _all_seen(port: str) -> list[Seen]:
    """Watch each consumer at the same time, while clients of some work."""
    async with _own(port) as (_, stream):
        full = await stream.pull_subscribe_bind("full", "ORDERS")
        await full.fetch(10)
        work = [
            asyncio.create_task(each)
            for each in (
                _takes(stream, "again", acks=False),
                _takes(stream, "billing", acks=True),
                _sends(stream),
            )
        ]
        await asyncio.sleep(0.5)
        pairs = [("ORDERS", each) for each in ("alone", "full", "again")]
        pairs += [("SHORT", "late"), ("LIVE", "billing")]
        found = await asyncio.gather(*(_seen(port, *pair) for pair in pairs))
        for each in work:
            each.cancel()
    return found


def test_each_thing_that_holds_up_a_consumer_is_told_of_it_alone(port: str) -> None:
    alone, stuck, again, late, free = asyncio.run(_all_seen(port))

    assert _names(alone) == {"nobody takes"}
    assert _names(stuck) == {"ack-budget-limited", "stuck unacked"}
    assert "retry storm" in _names(again)
    assert "ack_wait (200 ms)" in str(held_up(again))
    assert _names(late) == {"nobody takes", "retention mismatch"}
    assert f"{STORED - 40} messages gone" in str(held_up(late))
    assert _names(free) == set()
    assert moved(free)


async def _config(host: str) -> Any:
    async with _own(host) as (client, _):
        told = [
            json.loads((await client.request(f"$JS.API.{each}", b"")).data)
            for each in ("STREAM.INFO.ORDERS", "CONSUMER.INFO.ORDERS.alone")
        ]
    return [{key: each[key] for key in each if key not in {"ts", "cluster"}} for each in told]


def test_the_command_tells_changes_nothing_and_ends_by_what_it_found(
    port: str, tmp_path: Path
) -> None:
    before = asyncio.run(_config(port))
    server = ("--server", f"nats://looks:s3cret@{port}")

    told = jetbench(tmp_path, "diagnose", "ORDERS", "alone", "--for", "1s", *server)

    assert told.returncode == 1, told.stderr
    assert f"{STORED} pending" in told.stdout
    assert "nobody takes: no pull request came" in told.stdout
    assert "s3cret" not in told.stdout + told.stderr
    assert asyncio.run(_config(port)) == before


@pytest.mark.parametrize(
    ("stream", "consumer", "said"),
    [
        ("ORDRES", "alone", "no stream ORDRES here; did you mean 'ORDERS'?"),
        ("ORDERS", "alnoe", "no consumer alnoe; did you mean 'alone'?"),
        ("ORDERS", "zzz", "no consumer zzz; allowed: again, alone, full"),
    ],
)
def test_a_misspelt_name_has_the_nearest_right_one(
    port: str, stream: str, consumer: str, said: str
) -> None:
    with pytest.raises(UsageError, match="no ") as told:
        asyncio.run(_seen(port, stream, consumer))

    assert said in str(told.value)
