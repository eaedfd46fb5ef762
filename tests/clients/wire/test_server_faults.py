"""A server that dies under a link: mended within bounds, always told, nothing sent twice."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.wire import connection
from bench.core.errors import MeasurementError
from tests.clients.server import RealServer, client, make_consumer, make_stream, stream_state
from tests.clients.wire.links import binding, consumer, messages, publish, publisher, run, send

pytestmark = pytest.mark.nats


def test_a_publisher_goes_on_after_the_server_came_back(fresh_server: RealServer) -> None:
    """What had no answer when it died stays without one; what follows is stored once."""
    chosen = messages(3000, subjects=("BACK.a",))

    async def work() -> None:
        async with client(fresh_server.url, allow_reconnect=False) as control:
            await make_stream(control, "BACK")
        async with publisher(Endpoint(url=fresh_server.url), chosen) as (link, answers):
            await send(link, 0, 1000)
            await answers.all_of(1000)
            await send(link, 1000, 2000)
            fresh_server.kill()
            await asyncio.to_thread(fresh_server.start)
            await send(link, 2000, 3000)
            while 2999 not in answers.stored_positions and 2999 not in answers.refusals:
                await asyncio.sleep(0.01)
            faults = link.faults
        async with client(fresh_server.url) as control:
            state = await stream_state(control, "BACK")

        stored = answers.stored_positions
        assert len(stored) == len(set(stored))
        assert set(range(1000)) <= set(stored)
        assert len(stored) <= state["messages"] <= 3000
        assert faults[0].startswith("connection lost")
        assert faults[1].startswith("reconnected at attempt")

    run(work)


@pytest.mark.parametrize("mode", ["pull", "push"])
def test_a_consumer_goes_on_after_the_server_came_back(fresh_server: RealServer, mode: str) -> None:
    """It subscribes and asks again; what it could not acknowledge is delivered anew."""
    settings = {"deliver_subject": "AFTER-deliver"} if mode == "push" else {}
    before = messages(500, subjects=("AFTER.a",))
    after = replace(before, ids=before.ids + 500)

    async def work() -> None:
        endpoint = Endpoint(url=fresh_server.url)
        async with client(fresh_server.url, allow_reconnect=False) as control:
            await make_stream(control, "AFTER")
            await publish(endpoint, before)
            await make_consumer(control, "AFTER", "c", ack_wait=1_000_000_000, **settings)
        async with consumer(endpoint, binding("AFTER", mode=mode, batch=200)) as (link, taken):
            while taken.stop < 300:
                link.ack(await taken.more(link))
            fresh_server.kill()
            await asyncio.to_thread(fresh_server.start)
            await publish(endpoint, after)
            while len(set(taken.column("ids"))) < 1000:
                link.ack(await taken.more(link))
            faults = link.faults

        assert faults[0].startswith("connection lost")
        assert faults[1].startswith("reconnected at attempt")

    run(work)


def test_a_server_that_stays_away_ends_in_an_error(
    fresh_server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither sending nor taking may hang for ever: the trial is kept and marked."""
    monkeypatch.setattr(connection, "RECONNECT_ATTEMPTS", 3)

    async def work() -> None:
        endpoint = Endpoint(url=fresh_server.url)
        chosen = messages(20, subjects=("a",))
        async with (
            publisher(endpoint, chosen) as (sender, _),
            consumer(endpoint, binding("S", mode="push")) as taker,
            consumer(endpoint, binding("S")) as puller,
        ):
            waiting = [asyncio.create_task(taken.more(link)) for link, taken in (taker, puller)]
            await asyncio.sleep(0.05)
            fresh_server.kill()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            await asyncio.sleep(0)
            with pytest.raises(MeasurementError, match="could not be mended"):
                while True:
                    await send(sender, 0, 20)

        assert all(isinstance(outcome, MeasurementError) for outcome in outcomes)
        for link in (sender, taker[0], puller[0]):
            assert any("gave up" in words for words in link.faults)

    run(work)


def test_a_double_ack_ends_with_its_connection(fresh_server: RealServer) -> None:
    """Nobody will confirm it any more; whoever waits must hear so."""

    async def work() -> None:
        endpoint = Endpoint(url=fresh_server.url)
        async with client(fresh_server.url, allow_reconnect=False) as control:
            await make_stream(control, "SURE")
            await publish(endpoint, messages(10, subjects=("SURE.a",)))
            await make_consumer(control, "SURE", "c")
        async with consumer(endpoint, binding("SURE")) as (link, taken):
            while taken.stop < 10:
                await taken.more(link)
            fresh_server.kill()
            with pytest.raises(MeasurementError, match="double ack"):
                await link.double_ack(np.arange(10))

    run(work)


def test_closing_never_raises(fresh_server: RealServer) -> None:
    """A trial's end must not fail because the server went first."""

    async def work() -> None:
        endpoint = Endpoint(url=fresh_server.url)
        async with (
            publisher(endpoint, messages(5, subjects=("a",))) as (sender, _),
            consumer(endpoint, binding("S", mode="push")) as (taker, _),
        ):
            fresh_server.kill()
            await sender.close()
            await taker.close()
            await taker.close()

    run(work)


def test_a_server_that_flaps_is_given_up(
    fresh_server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reconnect succeeds and holds for a moment: without a bound it would go on for ever."""
    monkeypatch.setattr(connection, "RECONNECT_ATTEMPTS", 3)

    async def work() -> None:
        chosen = messages(20, subjects=("a",))
        async with publisher(Endpoint(url=fresh_server.url), chosen) as (link, _):
            while not any("gave up" in words for words in link.faults):
                if link._connection.is_open:
                    fresh_server.kill()
                    await asyncio.to_thread(fresh_server.start)
                await asyncio.sleep(0.05)
            with pytest.raises(MeasurementError, match="could not be mended"):
                await send(link, 0, 20)

        assert link.faults[-1] == "gave up after 3 attempts to reconnect"

    run(work)
