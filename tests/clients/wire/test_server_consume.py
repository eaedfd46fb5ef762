"""Consuming from a real server: every delivery once, every answer taken."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from nats.aio.client import Client

from bench.broker.endpoint import Endpoint
from bench.clients.port import Binding
from bench.clients.wire.consume import WireConsumer
from bench.core.errors import MeasurementError
from tests.clients.server import (
    Json,
    RealServer,
    api,
    client,
    consumer_info,
    make_consumer,
    make_stream,
)
from tests.clients.wire.links import Taken, binding, consumer, messages, publish, run

pytestmark = pytest.mark.nats

COUNT = 2500


@asynccontextmanager
async def stocked(
    server: RealServer, stream: str, count: int = COUNT, **settings: Any
) -> AsyncIterator[Client]:
    """A stream with `count` messages and a consumer `c`; a connection to ask about them."""
    async with client(server.url) as control:
        await make_stream(control, stream)
        await publish(
            Endpoint(url=server.url),
            messages(count, subjects=(f"{stream}.a", f"{stream}.bb"), sizes=(40, 128, 900)),
        )
        await make_consumer(control, stream, "c", **settings)
        yield control


async def settled(control: Client, stream: str, **expected: int) -> Json:
    """Return the consumer's info once it says what is expected, or the last one."""
    for _ in range(1000):
        info = await consumer_info(control, stream, "c")
        if all(info[key] == value for key, value in expected.items()):
            break
        await asyncio.sleep(0.01)
    return info


PUSH = {"deliver_subject": "KINDS-deliver"}
GROUP = {"deliver_subject": "KINDS-deliver", "deliver_group": "g"}
FLOW = PUSH | {"flow_control": True, "idle_heartbeat": 200_000_000}


@pytest.mark.parametrize(
    ("settings", "asking"),
    [
        pytest.param({}, {}, id="pull"),
        pytest.param({}, {"requests": 3}, id="pull-three-requests"),
        pytest.param({}, {"no_wait": True}, id="pull-no-wait"),
        pytest.param({}, {"idle_heartbeat_ns": 500_000_000}, id="pull-heartbeat"),
        pytest.param({}, {"max_bytes": 20_000}, id="pull-max-bytes"),
        pytest.param({}, {"max_bytes": 9000, "requests": 2}, id="pull-two-max-bytes"),
        pytest.param({}, {"double_acks": True}, id="pull-double-acks"),
        pytest.param(PUSH, {}, id="push"),
        pytest.param(PUSH, {"double_acks": True}, id="push-double-acks"),
        pytest.param(GROUP, {}, id="push-group"),
        pytest.param(FLOW, {}, id="push-flow-control"),
        pytest.param({"ack_policy": "none"}, {}, id="pull-ack-none"),
        pytest.param(PUSH | {"ack_policy": "none"}, {}, id="push-ack-none"),
        pytest.param({"ack_policy": "all"}, {}, id="pull-ack-all"),
        pytest.param({"ack_policy": "all"}, {"double_acks": True}, id="pull-double-ack-all"),
        pytest.param(PUSH | {"ack_policy": "all"}, {}, id="push-ack-all"),
    ],
)
def test_every_message_is_delivered_and_acknowledged_once(
    server: RealServer, settings: dict[str, Any], asking: dict[str, Any]
) -> None:
    """Counts must be exact for every way to ask and to acknowledge."""
    policy = settings.get("ack_policy", "explicit")
    bound = binding(
        "KINDS",
        mode="push" if "deliver_subject" in settings else "pull",
        acks=policy != "none",
        deliver_group=settings.get("deliver_group", ""),
        **asking,
    )

    async def work() -> None:
        async with (
            stocked(server, "KINDS", **settings) as control,
            consumer(Endpoint(url=server.url), bound) as (link, taken),
        ):
            while taken.stop < COUNT:
                positions = await taken.more(link)
                if policy != "none":
                    link.ack(positions, cumulative=policy == "all")
            info = await settled(control, "KINDS", num_ack_pending=0)
            acked = 0 if policy == "none" else COUNT
            while len(taken.acked_positions) < acked:
                await asyncio.sleep(0.005)

        assert taken.column("ids") == list(range(COUNT))
        assert taken.column("stream_seqs") == list(range(1, COUNT + 1))
        assert set(taken.column("deliveries")) == {1}
        assert sorted(taken.acked_positions) == list(range(acked))
        assert (info["num_pending"], info["num_ack_pending"]) == (0, 0)
        assert info["ack_floor"]["stream_seq"] == COUNT
        assert link.faults == ()

    run(work)


def test_a_pull_asks_for_one_batch_and_only_while_awaited(server: RealServer) -> None:
    """A client that fetched ahead would hold messages that another worker could handle."""

    async def work() -> None:
        async with (
            stocked(server, "AHEAD") as control,
            consumer(Endpoint(url=server.url), binding("AHEAD", batch=50)) as (link, taken),
        ):
            await asyncio.sleep(0.05)
            before = await consumer_info(control, "AHEAD", "c")
            await taken.more(link)
            await asyncio.sleep(0.05)
            after = await consumer_info(control, "AHEAD", "c")

        assert before["delivered"]["consumer_seq"] == 0
        assert before["num_waiting"] == 0
        assert after["delivered"]["consumer_seq"] == 50

    run(work)


def test_an_expired_request_is_asked_again(server: RealServer) -> None:
    """A consumer that is faster than its publisher sees 408 all the time; it is no fault."""

    async def work() -> None:
        bound = binding("IDLE", expires_ns=100_000_000)
        async with (
            stocked(server, "IDLE", count=1) as control,
            consumer(Endpoint(url=server.url), bound) as (link, taken),
        ):
            await taken.more(link)
            waiting = asyncio.create_task(taken.more(link))
            await asyncio.sleep(0.5)
            await control.publish("IDLE.a", b"%016d" % 77)
            await waiting

        assert taken.column("ids") == [0, 77]
        assert link.faults == ()

    run(work)


@pytest.mark.parametrize("answer", ["nak", "nak-later", "nothing"])
def test_what_is_not_acknowledged_comes_again(server: RealServer, answer: str) -> None:
    """Redeliveries get a position of their own, and say how often they were delivered."""

    ack_wait_ns = 10**9 if answer == "nothing" else 60 * 10**9

    async def work() -> None:
        async with (
            stocked(server, "AGAIN", count=20, ack_wait=ack_wait_ns) as control,
            consumer(Endpoint(url=server.url), binding("AGAIN")) as (link, taken),
        ):
            while taken.stop < 20:
                await taken.more(link)
            if answer != "nothing":
                link.nak(np.arange(20), delay_ns=10_000_000 if answer == "nak-later" else 0)
            while taken.stop < 40:
                link.ack(await taken.more(link))
            info = await settled(control, "AGAIN", num_ack_pending=0)

        assert sorted(taken.column("ids")) == sorted([*range(20), *range(20)])
        assert taken.column("deliveries") == [1] * 20 + [2] * 20
        assert info["num_ack_pending"] == 0

    run(work)


def test_terminated_messages_never_come_again(server: RealServer) -> None:
    """Dead letters are told apart from losses by the reason that the server is given."""

    async def work() -> None:
        async with stocked(server, "DEAD", count=10, ack_wait=200_000_000) as control:
            advisories = await control.subscribe("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>")
            async with consumer(Endpoint(url=server.url), binding("DEAD")) as (link, taken):
                while taken.stop < 10:
                    await taken.more(link)
                link.term(np.arange(10), "poison")
                advisory = await advisories.next_msg(timeout=5)
                info = await settled(control, "DEAD", num_ack_pending=0)

        assert json.loads(advisory.data)["reason"] == "poison"
        assert (info["num_ack_pending"], info["num_redelivered"]) == (0, 0)

    run(work)


def test_progress_keeps_a_message_from_coming_again(server: RealServer) -> None:
    """A long handler says that it lives; without it the server delivers twice."""

    async def work() -> None:
        async with (
            stocked(server, "SLOW", count=5, ack_wait=10**9) as control,
            consumer(Endpoint(url=server.url), binding("SLOW")) as (link, taken),
        ):
            while taken.stop < 5:
                await taken.more(link)
            for _ in range(15):
                await asyncio.sleep(0.1)
                link.in_progress(np.arange(5))
            await link.double_ack(np.arange(5))
            info = await consumer_info(control, "SLOW", "c")

        assert info["num_redelivered"] == 0
        assert info["num_ack_pending"] == 0

    run(work)


def test_a_double_ack_returns_when_the_server_has_them_all(server: RealServer) -> None:
    """Nothing is pending the moment it returns: no settling time is needed, unlike after `ack`."""

    async def work() -> None:
        async with (
            stocked(server, "SURE") as control,
            consumer(Endpoint(url=server.url), binding("SURE", batch=500)) as (link, taken),
        ):
            while taken.stop < COUNT:
                await link.double_ack(await taken.more(link))
            info = await consumer_info(control, "SURE", "c")

        assert info["num_ack_pending"] == 0
        assert link.faults == ()

    run(work)


def test_acks_may_come_in_any_order(server: RealServer) -> None:
    """Workers end when they end; the link must find each delivery by its position."""

    async def work() -> None:
        shuffled = np.random.default_rng(1).permutation(COUNT)
        async with (
            stocked(server, "ORDER") as control,
            consumer(Endpoint(url=server.url), binding("ORDER", batch=COUNT)) as (link, taken),
        ):
            while taken.stop < COUNT:
                await taken.more(link)
            for part in np.array_split(shuffled, 40):
                link.ack(part)
            info = await settled(control, "ORDER", num_ack_pending=0)

        assert info["ack_floor"]["stream_seq"] == COUNT

    run(work)


def test_two_consumers_of_a_queue_group_share_the_messages(server: RealServer) -> None:
    """Together they get every message once."""
    settings = {"deliver_subject": "SHARE-deliver", "deliver_group": "g"}
    bound = binding("SHARE", mode="push", deliver_group="g")

    async def drain(link: WireConsumer, taken: Taken) -> None:
        while True:
            link.ack(await taken.more(link))

    async def work() -> None:
        endpoint = Endpoint(url=server.url)
        async with (
            client(server.url) as control,
            consumer(endpoint, bound) as one,
            consumer(endpoint, bound) as two,
        ):
            await make_stream(control, "SHARE")
            await make_consumer(control, "SHARE", "c", **settings)
            tasks = [asyncio.create_task(drain(*side)) for side in (one, two)]
            await publish(endpoint, messages(COUNT, subjects=("SHARE.a",)))
            info = await settled(control, "SHARE", num_ack_pending=0, num_pending=0)
            for task in tasks:
                task.cancel()

        assert info["num_ack_pending"] == 0
        assert all(taken.stop > 0 for _, taken in (one, two))
        both = one[1].column("ids") + two[1].column("ids")
        assert sorted(both) == list(range(COUNT))

    run(work)


def test_a_deleted_consumer_ends_the_waiting(server: RealServer) -> None:
    """Asking on would wait for ever; the trial is marked with the reason instead."""

    async def work() -> None:
        async with (
            stocked(server, "GONE", count=1) as control,
            consumer(Endpoint(url=server.url), binding("GONE")) as (link, taken),
        ):
            await taken.more(link)
            waiting = asyncio.create_task(taken.more(link))
            await asyncio.sleep(0.1)
            await api(control, "CONSUMER.DELETE.GONE.c")
            with pytest.raises(MeasurementError, match="Consumer Deleted"):
                await waiting

    run(work)


@pytest.mark.parametrize(
    ("settings", "bound", "words"),
    [
        pytest.param(
            {"max_batch": 10}, binding("BAD", batch=11), "MaxRequestBatch", id="batch-too-large"
        ),
        pytest.param(
            {"max_expires": 10**9}, binding("BAD"), "MaxRequestExpires", id="expires-too-long"
        ),
        pytest.param({"deliver_subject": "x"}, binding("BAD"), "push based", id="push-consumer"),
        pytest.param(
            {},
            binding("BAD", expires_ns=10**9, idle_heartbeat_ns=6 * 10**8),
            "heartbeat value too large",
            id="heartbeat-too-long",
        ),
    ],
)
def test_a_request_that_can_never_be_met_is_an_error(
    server: RealServer, settings: dict[str, Any], bound: Binding, words: str
) -> None:
    """The server refuses each such request; asking again would only fill its log."""

    async def work() -> None:
        async with (
            stocked(server, "BAD", count=1, **settings),
            consumer(Endpoint(url=server.url), bound) as (link, taken),
        ):
            with pytest.raises(MeasurementError, match=words):
                await taken.more(link)

    run(work)


def test_a_missing_consumer_is_asked_for_again_and_noted(server: RealServer) -> None:
    """A leader election answers 503 for a moment; it heals, and is told."""

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "LATE")
            async with consumer(Endpoint(url=server.url), binding("LATE")) as (link, taken):
                waiting = asyncio.create_task(taken.more(link))
                await asyncio.sleep(0.3)
                await make_consumer(control, "LATE", "c")
                await control.publish("LATE.a", b"%016d" % 3)
                await waiting

        assert taken.column("ids") == [3]
        assert len(link.faults) == 1
        assert link.faults[0].startswith("pull request: 503")

    run(work)
