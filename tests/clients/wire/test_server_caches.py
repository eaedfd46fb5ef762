"""Caches of keys on a real server: each strategy learns of an update and of a deletion."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from nats.aio.client import Client

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

FIRST, LATER = [0, 20, 30, 40], [0, 0, 31, 40]
"""What is read at first, and at the end: of nothing, a deletion, an update and what stayed."""

ROUNDS = 400
"""Of reads until what was written is known, which takes as long as the host lets a watch wait."""


async def watched(control: Client) -> bool:
    """Say whether somebody watches: what is written between a read and a watch nobody learns."""
    info = await admin.api(control, f"STREAM.INFO.{NAMES.stream}", {})
    return int(info["state"]["consumer_count"]) > 0


async def read(
    server: RealServer,
    client: str,
    strategy: str,
    *,
    direct: bool,
    restart_ns: int,
    until: list[int],
) -> list[list[int]]:
    """Read each key, change two, and read each again until this is read; return what each brought.

    What was read first, and at last.
    """
    told, endpoint = Told(), Endpoint(url=server.url)
    settings = BucketSettings(storage="memory", history=8, allow_direct=direct)
    control = await admin.connect(endpoint)
    await admin.make_bucket(control, settings, NAMES)
    await preload(control, [(KEYS[at], b"%016d" % (10 * at + 9)) for at in (1, 2, 3)])
    asked = messages(4 * ROUNDS, subjects=KEYS)
    asked = replace(asked, subject_index=np.arange(4 * ROUNDS) % 4)
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
    found: list[list[int]] = []
    for first in range(0, 4 * ROUNDS, 4):
        link.send(first, first + 4)
        while len(told.numbers) < first + 4:
            await asyncio.sleep(0.005)
        found = [*found[:1], [told.numbers[at] for at in range(first, first + 4)]]
        if not first:
            while "watch" in strategy and not await watched(control):
                await asyncio.sleep(0.005)
            await control.request(KEYS[GONE_LATER], b"", headers={"KV-Operation": "DEL"})
            await control.request(KEYS[NEW_LATER], b"%016d" % 30)
        elif found[-1] == until:
            break
        await asyncio.sleep(0.02)
    assert list(link.faults) == []
    await link.close()
    await admin.clean_up(control, NAMES)
    await control.close()
    return found


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
    found = run(
        lambda: read(server, client, strategy, direct=direct, restart_ns=restart_ns, until=LATER)
    )

    assert found == [FIRST, LATER]


@CLIENTS
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "leader"])
def test_a_revision_stays_what_it_was(server: RealServer, client: str, direct: bool) -> None:
    """The history keeps it; a key that had none is read as it is."""
    found = run(
        lambda: read(server, client, "at-revision", direct=direct, restart_ns=0, until=FIRST)
    )

    assert found == [FIRST, FIRST]


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
