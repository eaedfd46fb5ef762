"""A live consumer of a user's is looked at, by a login that may do nothing but that."""

import asyncio
import json
import math
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig, StreamSource

from bench.analysis.company import dropped, unclaimed
from bench.analysis.living import held_up
from bench.analysis.seen import Seen
from bench.analysis.watched import doubts, idle, moved, notes, unseen
from bench.broker.admin import connect
from bench.broker.endpoint import Endpoint
from bench.broker.looking import looks, stock_of, stored_ago_s
from bench.core.errors import MeasurementError, UsageError
from bench.core.units import NS_PER_S
from tests.server.commands import TIMEOUT_S, jetbench, nats_server, start

pytestmark = [pytest.mark.nats, pytest.mark.counts]

USERS = """
authorization { users: [
  { user: own, password: pw }
  { user: looks, password: s3cret, permissions: {
      publish: ["$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.INFO.*.*", "$JS.API.STREAM.NAMES",
                "$JS.API.CONSUMER.NAMES.*"]
      subscribe: "_INBOX.>" } }
  { user: stranger, password: pw, permissions: { publish: "orders", subscribe: "_INBOX.>" } }
] }
"""
LOOKS = "looks:s3cret"
STORED, SMALL = 100, 40
TWO_ATTEMPTS = {"max_deliver": 2, "ack_wait": NS_PER_S // 5}
ACK_WAIT_S = 300
CONSUMERS: dict[str, dict[str, Any]] = {
    "ORDERS.alone": {},
    "ORDERS.full": {"max_ack_pending": 10},
    "ORDERS.again": {"ack_wait": NS_PER_S // 5},
    "ORDERS.pushed": {"deliver_subject": "nobody.here"},
    "ORDERS.asleep": {"pause_until": "2999-01-01T00:00:00Z"},
    "SHORT.late": {},
    "EDGE.slow": {},
    "LIVE.billing": {},
    "LIVE.mailing": {"deliver_subject": "mailing"},
    "EMPTY.idle": {},
    "COPY.fed": {},
}
"""Each with the settings that it has besides."""


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
    async with _own(host) as (client, stream):
        for name in ("ORDERS", "LIVE", "EMPTY"):
            await stream.add_stream(name=name, subjects=[name.lower()])
        for name in ("SHORT", "EDGE"):
            await stream.add_stream(
                StreamConfig(name=name, subjects=[name.lower()], max_msgs=SMALL)
            )
        copies = [StreamSource(name="ORDERS"), StreamSource(name="NOWHERE")]
        await stream.add_stream(StreamConfig(name="COPY", sources=copies))
        for name, changed in CONSUMERS.items():
            await _consumer(client, name, changed)
        for _ in range(STORED):
            await stream.publish("orders", b"")
            await stream.publish("short", b"")


async def _consumer(client: Client, full_name: str, changed: dict[str, Any]) -> None:
    of, name = full_name.split(".")
    config = {"durable_name": name, "ack_policy": "explicit", "ack_wait": ACK_WAIT_S * NS_PER_S}
    body = json.dumps({"stream_name": of, "config": config | changed}).encode()
    told = await client.request(f"$JS.API.CONSUMER.DURABLE.CREATE.{of}.{name}", body)
    assert "error" not in json.loads(told.data), told.data


async def _seen(host: str, stream: str, consumer: str, user: str = LOOKS) -> Seen:
    link = await connect(Endpoint(url=f"nats://{user}@{host}"))
    try:
        seen = Seen(looks=[look async for look in looks(link, stream, consumer, 1.0)])
        return replace(seen, stored_ago_s=await stored_ago_s(link, stream, seen.last))
    finally:
        await link.close()


def _names(seen: Seen) -> set[str]:
    return {each.name for each in held_up(seen)}


async def _takes(stream: JetStreamContext, of: str, name: str, *, acks: bool) -> None:
    """Fetch without end, as a client of the user's does."""
    pull = await stream.pull_subscribe_bind(name, of)
    while True:
        try:
            messages = await pull.fetch(1 if acks else 20, timeout=0.5)
        except nats.errors.TimeoutError:
            continue
        for message in messages if acks else ():
            await message.ack()


async def _listens(client: Client) -> None:
    """Take what is pushed, as a client of the user's does."""
    heard = await client.subscribe("mailing")
    async for message in heard.messages:
        await message.respond(b"+ACK")


async def _sends(stream: JetStreamContext) -> None:
    while True:
        await stream.publish("live", b"")
        await stream.publish("edge", b"")
        await asyncio.sleep(0.01)


async def _until_it_removes(stream: JetStreamContext, name: str) -> None:
    """Wait for as long as a busy host takes to send more than a stream may keep, twice over."""
    for _ in range(400):
        if (await stream.stream_info(name)).state.first_seq > 2 * SMALL:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} removes nothing")


async def _all_seen(port: str) -> dict[str, Seen]:
    async with _own(port) as (client, stream):
        full = await stream.pull_subscribe_bind("full", "ORDERS")
        await full.fetch(10)
        clients = (
            _takes(stream, "ORDERS", "again", acks=False),
            _takes(stream, "EDGE", "slow", acks=False),
            _takes(stream, "LIVE", "billing", acks=True),
            _listens(client),
            _sends(stream),
        )
        work = [asyncio.create_task(each) for each in clients]
        await asyncio.sleep(0.7)
        await _until_it_removes(stream, "EDGE")
        pairs = [name.split(".") for name in CONSUMERS]
        seen = await asyncio.gather(*(_seen(port, *pair) for pair in pairs))
        as_owner = await _seen(port, "ORDERS", "full", "own:pw")
        for each in work:
            each.cancel()
    return dict(zip(CONSUMERS, seen, strict=True)) | {"as owner": as_owner}


ALONE: dict[str, set[str]] = {
    "ORDERS.alone": {"nobody takes"},
    "ORDERS.full": {"ack-budget-limited"},
    "ORDERS.pushed": {"nobody takes"},
    "ORDERS.asleep": {"paused"},
    "SHORT.late": {"nobody takes", "retention mismatch"},
    "LIVE.billing": set(),
    "LIVE.mailing": set(),
    "EMPTY.idle": set(),
    "COPY.fed": {"nobody takes", "origin behind"},
}


def test_each_thing_that_holds_up_a_consumer_is_told_of_it_alone(port: str) -> None:
    """Of all at once, watched for a second."""
    found = asyncio.run(_all_seen(port))
    again, late, slow = (
        str(held_up(found[name])) for name in ("ORDERS.again", "SHORT.late", "EDGE.slow")
    )

    assert {name: _names(found[name]) for name in ALONE} == ALONE
    assert {"retry storm", "stuck unacked"} <= _names(found["ORDERS.again"])
    assert "ack_wait (200 ms)" in again
    assert f"{STORED - SMALL} messages gone" in late
    assert "counts it as acknowledged" in slow
    assert all(moved(found[name]) for name in ("LIVE.billing", "LIVE.mailing"))
    assert doubts(found["LIVE.billing"]) == doubts(found["LIVE.mailing"]) == ()
    assert not moved(found["EMPTY.idle"])
    assert idle(found["EMPTY.idle"])
    _is_no_more_than_in_work(found["ORDERS.full"], found["as owner"])


def _is_no_more_than_in_work(looked: Seen, owned: Seen) -> None:
    """Ten were fetched at once, after they were stored: who may read one knows that bound as well.

    They are so for longer than it was watched, and who may only look cannot tell for how long.
    """
    least_s, most_s = owned.held_s

    assert owned.span_s < least_s < most_s < ACK_WAIT_S
    assert looked.held_s[1] == math.inf
    assert f"for longer than {ACK_WAIT_S} s" in doubts(looked)[0], doubts(looked)
    assert doubts(owned) == ()


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

    done = jetbench(tmp_path, "diagnose", "ORDERS", "alone", "--for", "1s", "--json", *server)

    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["state"] == "held-up"
    assert told["whole"]
    assert told["figures"]["pending_msgs"] == STORED
    assert told["held_up"][0]["name"] == "nobody takes"
    assert "s3cret" not in done.stdout + done.stderr
    assert asyncio.run(_config(port)) == before


def test_who_ends_it_is_told_what_was_seen_so_far(port: str, tmp_path: Path) -> None:
    server = ("--server", f"nats://looks:s3cret@{port}")
    process = start(tmp_path, "diagnose", "EMPTY", "idle", "--for", "20s", *server)
    assert process.stderr is not None

    said = next(line for line in process.stderr if " of 20.0 s: " in line)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=TIMEOUT_S)

    assert "0 pending, 0 not acknowledged" in said
    assert "nothing came and nothing waits" in told
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("stream", "consumer", "said"),
    [
        ("ORDRES", "alone", "no stream ORDRES here; did you mean 'ORDERS'?"),
        ("ORDERS", "alnoe", "no consumer alnoe; did you mean 'alone'?"),
        ("ORDERS", "zzz", "no consumer zzz; allowed: again, alone, asleep, full, pushed"),
    ],
)
def test_a_misspelt_name_has_the_nearest_right_one(
    port: str, stream: str, consumer: str, said: str
) -> None:
    with pytest.raises(UsageError, match="no ") as told:
        asyncio.run(_seen(port, stream, consumer))

    assert said in str(told.value)


def test_who_may_not_look_is_told_so(port: str) -> None:
    with pytest.raises(MeasurementError, match=r"STREAM\.INFO\.ORDERS: Permissions Violation"):
        asyncio.run(_seen(port, "ORDERS", "alone", "stranger:pw"))


def test_a_consumer_that_is_removed_or_made_anew_meanwhile_is_told_so(port: str) -> None:
    assert "it was there when the watch began" in asyncio.run(_changes(port, anew=False))
    assert "made anew while it was watched" in asyncio.run(_changes(port, anew=True))


async def _changes(port: str, *, anew: bool) -> str:
    async with _own(port) as (client, stream):
        await _consumer(client, "EMPTY.brief", {})
        link = await connect(Endpoint(url=f"nats://looks:s3cret@{port}"))
        watch = looks(link, "EMPTY", "brief", 1.0)
        await anext(watch)
        await stream.delete_consumer("EMPTY", "brief")
        if anew:
            await _consumer(client, "EMPTY.brief", {})
        with pytest.raises(MeasurementError) as told:
            await anext(watch)
        await link.close()
        if anew:
            await stream.delete_consumer("EMPTY", "brief")
    return str(told.value)


async def _stocked(host: str) -> dict[str, Seen]:
    """Fill streams that keep what their consumers are to take, and look at each at once."""
    async with _own(host) as (client, stream):
        for name, retention in (
            ("WORK", "workqueue"),
            ("NEWS", "interest"),
            ("SPENT", "workqueue"),
        ):
            subjects = [f"{name.lower()}.{each}" for each in "ab"]
            await stream.add_stream(name=name, subjects=subjects, retention=retention)
            changed = {"filter_subject": subjects[0]} if name != "SPENT" else TWO_ATTEMPTS
            await _consumer(client, f"{name}.some", changed)
            for subject in [*subjects, *subjects, *subjects][: 2 if name == "SPENT" else 6]:
                await stream.publish(subject, b"")
        await _spend(client, stream)
        with pytest.raises(AssertionError, match="10100"):
            await _consumer(client, "WORK.other", {"filter_subject": "work.>"})
        pairs = [(name, user) for name in ("WORK", "NEWS", "SPENT") for user in ("own:pw", LOOKS)]
        seen = await asyncio.gather(*(_stock(host, *pair) for pair in pairs))
    return {f"{name} {user}": each for (name, user), each in zip(pairs, seen, strict=True)}


async def _spend(client: Client, stream: JetStreamContext) -> None:
    """Take both messages twice and acknowledge none: the server gives them up as it is asked on."""
    pull = await stream.pull_subscribe_bind("some", "SPENT")
    for _ in range(2):
        assert len(await pull.fetch(2, timeout=20)) == 2
    for _ in range(100):
        with suppress(nats.errors.TimeoutError):
            assert await pull.fetch(1, timeout=0.1) == []
        told = await client.request("$JS.API.CONSUMER.INFO.SPENT.some", b"")
        if json.loads(told.data)["num_ack_pending"] == 0:
            return


async def _stock(host: str, stream: str, user: str) -> Seen:
    link = await connect(Endpoint(url=f"nats://{user}@{host}"))
    try:
        look = await anext(looks(link, stream, "some", 1.0))
        return Seen(looks=[look], stock=await stock_of(link, stream))
    finally:
        await link.close()


def test_what_a_stream_keeps_for_nobody_is_told(port: str) -> None:
    """Overlapping filters of a work queue the server refuses, so that each message has one."""
    found = asyncio.run(_stocked(port))
    work, spent = (str(unclaimed(found[f"{name} own:pw"])) for name in ("WORK", "SPENT"))

    assert "3 messages in the work queue of no consumer: no consumer takes all of work.b" in work
    assert "2 messages in the work queue of no consumer: they had all their attempts" in spent
    assert "2 messages at least had all 2 attempts" in notes(found["SPENT own:pw"])[0]
    assert unclaimed(found["NEWS own:pw"]) is None
    assert "what of news.b no consumer" in dropped(found["NEWS own:pw"])[0]
    for name in ("WORK", "NEWS", "SPENT"):
        told = found[f"{name} {LOOKS}"]
        assert told.stock is None
        said = unseen(told) if name == "NEWS" else doubts(told)
        assert "CONSUMER.LIST was not answered" in said[-1]
