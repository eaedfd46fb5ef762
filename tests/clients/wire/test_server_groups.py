"""Groups of keys on a real server: one version after the other, and none torn at a boundary."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.broker.latest import latest
from bench.broker.preload import preload
from bench.clients.buckets import Bucket, Whole, told_apart
from bench.clients.factory import keyed
from bench.clients.port import PublisherLink
from bench.spec.variant import BucketSettings
from tests.clients.server import RealServer
from tests.clients.wire.links import messages, run
from tests.clients.wire.test_gets import Told

pytestmark = pytest.mark.nats

NAMES = admin.bucket_names(admin.trial_names("groups", 1))
GROUPS = tuple(f"{NAMES.subject_prefix}group.{number}" for number in range(3))
MEMBERS = 2

CLIENTS = pytest.mark.parametrize("client", ["wire", "nats-py"])


async def sent(link: PublisherLink, told: Told, count: int) -> None:
    await link.open()
    link.send(0, count)
    while len(told.answered) + len(told.others) < count:
        await asyncio.sleep(0.005)
    assert list(link.faults) == []
    await link.close()


async def read(
    server: RealServer,
    client: str,
    history: int,
    written: Iterable[tuple[int, int, int]],
    *,
    bounded: bool,
) -> dict[int, tuple[int, Whole]]:
    """Write (group, member, version)s; return each group's version, and whether it is whole."""
    told, endpoint = Told(), Endpoint(url=server.url)
    control = await admin.connect(endpoint)
    await admin.make_bucket(control, BucketSettings(storage="memory", history=history), NAMES)
    await preload(control, [(f"{GROUPS[g]}.{m}", b"%016d" % v) for g, m, v in written])
    asked = replace(messages(3, subjects=GROUPS), subject_index=np.arange(3))
    bucket = Bucket(
        stream=NAMES.stream, direct=True, members=MEMBERS, bounded=bounded, within_ns=10**9
    )
    await sent(keyed("gather", client)(endpoint, asked, told, bucket), told, 3)
    await admin.clean_up(control, NAMES)
    await control.close()
    assert sorted(told.answered) == [0, 1, 2]
    numbers, kinds = told_apart(np.array([told.numbers[group] for group in range(3)]))
    return {g: (int(numbers[g]) - 1, Whole(int(kinds[g]))) for g in range(3)}


HALF_WRITTEN = [(0, 0, 4), (0, 1, 4), (1, 0, 5), (1, 1, 5), (1, 0, 6)]
"""The first group is whole, of the second a key has its next version already, the third is none."""


@CLIENTS
def test_what_is_read_as_it_is_may_be_torn(server: RealServer, client: str) -> None:
    """And is told so, with the older version."""
    found = run(lambda: read(server, client, 2, HALF_WRITTEN, bounded=False))

    assert found == {0: (4, Whole.WHOLE), 1: (5, Whole.TORN), 2: (-1, Whole.PARTIAL)}


@CLIENTS
def test_what_is_read_at_a_boundary_is_whole(server: RealServer, client: str) -> None:
    """As it was when its last key was written."""
    found = run(lambda: read(server, client, 2, HALF_WRITTEN, bounded=True))

    assert found == {0: (4, Whole.WHOLE), 1: (5, Whole.WHOLE), 2: (-1, Whole.PARTIAL)}


@CLIENTS
def test_what_the_history_no_longer_keeps_is_partial(server: RealServer, client: str) -> None:
    """With a history of one, the value at the boundary is gone."""
    found = run(lambda: read(server, client, 1, HALF_WRITTEN, bounded=True))

    assert found[1] == (5, Whole.PARTIAL)


@CLIENTS
def test_a_group_is_written_whole_and_in_turn(server: RealServer, client: str) -> None:
    """Writes of one group wait for each other, others go on; the last of each is what is held."""

    async def write() -> tuple[Told, dict[str, int]]:
        told, endpoint = Told(), Endpoint(url=server.url)
        control = await admin.connect(endpoint)
        await admin.make_bucket(control, BucketSettings(storage="memory", history=64), NAMES)
        asked = replace(messages(30, subjects=GROUPS), subject_index=np.arange(30) % 3)
        bucket = Bucket(stream=NAMES.stream, direct=True, members=MEMBERS)
        await sent(keyed("save", client)(endpoint, asked, told, bucket), told, 30)
        held = await latest(control, NAMES.stream, NAMES.subject_prefix)
        await admin.clean_up(control, NAMES)
        await control.close()
        return told, {key: last.seq for key, last in held.items()}

    told, seqs = run(write)

    assert sorted(told.answered) == list(range(30))
    assert set(seqs) == {f"group.{group}.{member}" for group in range(3) for member in (0, 1)}
    assert max(seqs.values()) == 60
    assert all(seqs[f"group.{group}.0"] < seqs[f"group.{group}.1"] for group in range(3))
