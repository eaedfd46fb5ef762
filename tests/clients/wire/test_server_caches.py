"""Caches of keys on a real server: each strategy learns of an update and of a deletion."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.broker.preload import preload
from bench.clients.buckets import Bucket
from bench.clients.factory import keyed
from bench.spec.variant import BucketSettings
from tests.clients.server import RealServer
from tests.clients.wire.links import messages, run
from tests.clients.wire.test_gets import Told

pytestmark = pytest.mark.nats

NAMES = admin.bucket_names(admin.trial_names("caches", 1))
KEYS = tuple(f"{NAMES.subject_prefix}key.{number}" for number in range(4))
NEVER, GONE_LATER, NEW_LATER, SAME = range(4)
CLIENTS = pytest.mark.parametrize("client", ["wire", "nats-py"])

LATER = [0, 0, 31, 40]
"""What is read at the end: of nothing, a deletion, an update and what stayed."""


async def read(
    server: RealServer, client: str, strategy: str, *, direct: bool, restart_ns: int
) -> tuple[list[int], list[int]]:
    """Read each key, change two, and read each again; return what both brought."""
    told, endpoint = Told(), Endpoint(url=server.url)
    settings = BucketSettings(storage="memory", history=8, allow_direct=direct)
    control = await admin.connect(endpoint)
    await admin.make_bucket(control, settings, NAMES)
    await preload(control, [(KEYS[at], b"%016d" % (10 * at + 9)) for at in (1, 2, 3)])
    asked = replace(messages(8, subjects=KEYS), subject_index=np.arange(8) % 4)
    bucket = Bucket(
        stream=NAMES.stream,
        direct=direct,
        within_ns=5 * 10**9,
        strategy=strategy,
        max_age_ns=10**7,
        restart_ns=restart_ns,
    )
    link = keyed("recall", client)(endpoint, asked, told, bucket)
    await link.open()
    for first in (0, 4):
        link.send(first, first + 4)
        while len(told.numbers) < first + 4:
            await asyncio.sleep(0.005)
        if not first:
            await control.publish(KEYS[GONE_LATER], b"", headers={"KV-Operation": "DEL"})
            await control.publish(KEYS[NEW_LATER], b"%016d" % 30)
            await control.flush()
            await asyncio.sleep(0.15)
    assert list(link.faults) == []
    await link.close()
    await admin.clean_up(control, NAMES)
    await control.close()
    return [told.numbers[at] for at in range(4)], [told.numbers[at] for at in range(4, 8)]


@CLIENTS
@pytest.mark.parametrize("restart_ns", [0, 6 * 10**7], ids=["once", "anew"])
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "leader"])
@pytest.mark.parametrize(
    "strategy",
    ["cache-with-ttl", "cache-by-watch", "read-then-watch", "watch-then-read", "watch-resumed"],
)
def test_a_cache_learns_what_is_written(
    server: RealServer, client: str, strategy: str, direct: bool, restart_ns: int
) -> None:
    """A key without a value has none, a tombstone takes one away, and what is new is known."""
    first, later = run(lambda: read(server, client, strategy, direct=direct, restart_ns=restart_ns))

    assert first == [0, 20, 30, 40]
    assert later == LATER


@CLIENTS
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "leader"])
def test_a_revision_stays_what_it_was(server: RealServer, client: str, direct: bool) -> None:
    """The history keeps it; a key that had none is read as it is."""
    first, later = run(lambda: read(server, client, "at-revision", direct=direct, restart_ns=0))

    assert first == later == [0, 20, 30, 40]


def test_a_flag_that_is_set_deleted_and_set_again(server: RealServer) -> None:
    """The book's numbers of 3.3: true, none, false; who is told the history is told three."""

    async def flag() -> tuple[list[bytes], int]:
        control = await admin.connect(Endpoint(url=server.url))
        await admin.make_bucket(control, BucketSettings(storage="memory", history=5), NAMES)
        told, key = [], KEYS[0]
        where = f"$JS.API.DIRECT.GET.{NAMES.stream}.{key}"
        for value, headers in ((b"true", None), (b"", {"KV-Operation": "DEL"}), (b"false", None)):
            await control.request(key, value, headers=headers)
            found = (await control.request(where, b"")).data
            told.append(found)
        history = {"deliver_subject": "nobody", "deliver_policy": "all", "ack_policy": "none"}
        body = {"stream_name": NAMES.stream, "config": {**history, "filter_subject": key}}
        answer = await admin.api(control, f"CONSUMER.CREATE.{NAMES.stream}", body)
        await admin.clean_up(control, NAMES)
        await control.close()
        return told, int(answer["num_pending"])

    told, history = run(flag)

    assert told == [b"true", b"", b"false"]
    assert history == 3
