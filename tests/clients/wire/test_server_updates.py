"""Counting up on a real server: nothing is lost, and who ignores the others loses updates."""

import asyncio
from collections.abc import Sequence

import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.broker.latest import latest
from bench.clients.buckets import Bucket, Value
from bench.clients.factory import keyed
from bench.clients.port import Outcome
from bench.clients.wire import updates
from bench.spec.variant import BucketSettings
from tests.clients.server import RealServer
from tests.clients.wire.links import messages, run
from tests.clients.wire.test_gets import Told

pytestmark = pytest.mark.nats

NAMES = admin.bucket_names(admin.trial_names("updates", 1))
KEY = f"{NAMES.subject_prefix}counter.0"
COUNT = 40


async def counted_up(
    server: RealServer, client: str, *, direct: bool, tries: int = 1000
) -> tuple[Sequence[Told], int]:
    """Have three links count one counter up; return what each is told, and what it comes to."""
    told = [Told() for _ in range(3)]
    bucket = Bucket(stream=NAMES.stream, direct=direct, tries=tries)
    endpoint = Endpoint(url=server.url)
    control = await admin.connect(endpoint)
    await admin.make_bucket(control, BucketSettings(storage="memory"), NAMES)
    asked = messages(COUNT, subjects=(KEY,), sizes=(64,))
    links = [keyed("update", client)(endpoint, asked, each, bucket) for each in told]
    for link in links:
        await link.open()
    for link in links:
        link.send(0, COUNT)
    while any(len(each.answered) + len(each.others) < COUNT for each in told):
        await asyncio.sleep(0.01)
    for link in links:
        assert list(link.faults) == []
        await link.close()
    held = await latest(control, NAMES.stream, NAMES.subject_prefix)
    await admin.clean_up(control, NAMES)
    await control.close()
    return told, Value(data=held["counter.0"].data).count


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_every_update_counts_once(server: RealServer, client: str, direct: bool) -> None:
    """Three contend; each answer tells how often another one was faster."""
    told, count = run(lambda: counted_up(server, client, direct=direct))

    assert count == 3 * COUNT
    assert [sorted(each.answered) for each in told] == [list(range(COUNT))] * 3
    assert all(set(each.numbers) == set(range(COUNT)) for each in told)
    assert sum(number - 1 for each in told for number in each.numbers.values()) > 0


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_who_may_try_once_gives_up(server: RealServer, client: str) -> None:
    """What was given up did not count, and what succeeded did."""
    told, count = run(lambda: counted_up(server, client, direct=True, tries=1))

    succeeded = sum(len(each.answered) for each in told)
    assert count == succeeded
    assert {outcome for each in told for outcome in each.others.values()} == {Outcome.CONFLICT}
    assert all(each.numbers[at] == 2 for each in told for at in each.others)


def test_who_ignores_the_others_loses_updates(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what it expects each write succeeds, and the counter is too low."""
    monkeypatch.setattr(updates, "_HEADER", b"NATS/1.0\r\nNot-Expected: %d\r\n%b\r\n")

    told, count = run(lambda: counted_up(server, "wire", direct=True))

    assert sum(len(each.answered) for each in told) == 3 * COUNT
    assert 0 < count < 3 * COUNT


def test_nothing_is_tried_again_on_a_connection_that_broke(fresh_server: RealServer) -> None:
    """Nobody knows whether it was written: it stays unanswered, once.

    The server may have said, before it was stopped, that there is no such bucket.
    """
    told = Told()

    async def work() -> None:
        bucket = Bucket(stream=NAMES.stream, direct=True, tries=5)
        asked = messages(COUNT, subjects=(KEY,), sizes=(64,))
        link = keyed("update", "wire")(Endpoint(url=fresh_server.url), asked, told, bucket)
        await link.open()
        fresh_server.pause()
        link.send(0, COUNT)
        await asyncio.sleep(0.05)
        fresh_server.kill()
        while not told.abandoned_stops:
            await asyncio.sleep(0.01)
        await link.close()

    run(work)

    assert told.abandoned_stops[-1] == COUNT
    assert told.answered == []
    assert set(told.others.values()) <= {Outcome.REFUSED}
