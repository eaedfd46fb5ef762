"""Operations over nats-py when the server falls silent or goes: none is taken for done."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.broker.link import Link
from bench.broker.preload import preload
from bench.clients.buckets import Bucket, Counters
from bench.clients.factory import keyed, make_changer
from bench.clients.port import PublisherLink
from bench.spec.variant import BucketSettings
from tests.clients.server import RealServer
from tests.clients.wire.links import messages, run
from tests.clients.wire.test_gets import Told

pytestmark = [pytest.mark.nats, pytest.mark.counts]

NAMES = admin.bucket_names(admin.trial_names("natspy", 1))
KEYS = tuple(f"{NAMES.subject_prefix}counter.{number}" for number in range(3))
COUNT = 6


async def make_bucket(server: RealServer, **settings: Any) -> Link:
    """Make the bucket; return the connection that made it."""
    control = await admin.connect(Endpoint(url=server.url))
    await admin.make_bucket(control, BucketSettings(storage="memory", **settings), NAMES)
    return control


def asked(count: int, subjects: Sequence[str] = KEYS[:1]) -> Any:
    """Messages for counters."""
    return messages(count, subjects=subjects, sizes=(64,))


@pytest.mark.parametrize("effects", [False, True])
def test_what_has_no_answer_in_time_is_not_done(fresh_server: RealServer, effects: bool) -> None:
    """An operation stays unanswered; what a delivery asked for has failed, and comes again."""
    told = Told()

    async def work() -> None:
        control = await make_bucket(fresh_server)
        endpoint = Endpoint(url=fresh_server.url)
        bucket = Bucket(stream=NAMES.stream, direct=True, within_ns=10**8, tries=5)
        link: PublisherLink
        if effects:
            link = make_changer("nats-py", endpoint, Counters(asked(COUNT)), told, bucket)
        else:
            link = keyed("update", "nats-py")(endpoint, asked(COUNT), told, bucket)
        await link.open()
        fresh_server.pause()
        link.send(0, COUNT)
        while len(told.others) < COUNT and told.abandoned_stops[-1:] != [COUNT]:
            await asyncio.sleep(0.01)
        fresh_server.resume()
        await link.close()
        await control.close()

    run(work)

    assert told.answered == []
    assert len(told.others) == (COUNT if effects else 0)
    assert bool(told.abandoned_stops) != effects


def test_nothing_is_tried_again_on_a_connection_that_broke(fresh_server: RealServer) -> None:
    """Nobody knows whether it was written: it stays unanswered."""
    told = Told()

    async def work() -> Sequence[str]:
        await make_bucket(fresh_server)
        endpoint = Endpoint(url=fresh_server.url)
        bucket = Bucket(stream=NAMES.stream, direct=True, tries=5)
        link = keyed("update", "nats-py")(endpoint, asked(COUNT), told, bucket)
        await link.open()
        fresh_server.pause()
        link.send(0, COUNT)
        await asyncio.sleep(0.05)
        fresh_server.kill()
        while not told.abandoned_stops:
            await asyncio.sleep(0.01)
        await link.close()
        return link.faults

    faults = run(work)

    assert told.abandoned_stops[-1] == COUNT
    assert (told.answered, told.others) == ([], {})
    assert len(faults) == 1


@pytest.mark.parametrize("direct", [True, False])
def test_what_the_server_put_in_a_values_place_is_no_value(
    server: RealServer, direct: bool
) -> None:
    """Nor is a tombstone, and what was never there; the library knows the first by no value."""
    told = Told()

    async def work() -> None:
        control = await make_bucket(server, allow_direct=direct)
        await preload(control, [(KEYS[at], b"%016d" % 7) for at in range(2)])
        await control.publish(KEYS[1], b"", headers={"Nats-Marker-Reason": "MaxAge"})
        await control.flush()
        bucket = Bucket(stream=NAMES.stream, direct=direct, within_ns=5 * 10**9)
        load = asked(30, KEYS)
        link = keyed("read", "nats-py")(Endpoint(url=server.url), load, told, bucket)
        await link.open()
        link.send(0, 30)
        while len(told.answered) + len(told.others) < 30:
            await asyncio.sleep(0.01)
        assert list(link.faults) == []
        await link.close()
        await admin.clean_up(control, NAMES)
        await control.close()
        wanted = {at: 8 if load.subject_index[at] == 0 else 0 for at in range(30)}
        assert told.numbers == wanted

    run(work)

    assert told.others == {}
