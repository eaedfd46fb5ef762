"""Listing keys on a real server, by either client: values, tombstones and filters."""

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

NAMES = admin.bucket_names(admin.trial_names("scans", 1))
KEYS = 30
SCANS = 6


async def listed(server: RealServer, client: str, filters: str, *, values: bool) -> list[int]:
    """Return how many keys scans bring of a bucket in which every tenth key was deleted."""
    told, endpoint = Told(), Endpoint(url=server.url)
    control = await admin.connect(endpoint)
    await admin.make_bucket(control, BucketSettings(storage="memory"), NAMES)
    names = [f"{NAMES.subject_prefix}key.tenant-{n % 3}.{n}" for n in range(KEYS)]
    await preload(control, [(name, b"%016d" % at) for at, name in enumerate(names)])
    for name in names[::10]:
        await control.publish(name, b"", headers={"KV-Operation": "DEL"})
    await control.flush()
    asked = messages(SCANS, subjects=(f"{NAMES.subject_prefix}{filters}",))
    asked = replace(asked, subject_index=np.zeros(SCANS, dtype=np.int64))
    bucket = Bucket(stream=NAMES.stream, direct=True, values=values, within_ns=20 * 10**9)
    link = keyed("scan", client)(endpoint, asked, told, bucket)
    await link.open()
    for position in range(SCANS):
        link.send(position, position + 1)
        while len(told.answered) <= position:
            await asyncio.sleep(0.005)
    assert list(link.faults) == []
    await link.close()
    await admin.clean_up(control, NAMES)
    await control.close()
    return [told.numbers[position] - 1 for position in range(SCANS)]


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize(
    ("filters", "count"), [("key.>", 27), ("key.tenant-1.>", 9), ("key.none.>", 0)]
)
def test_every_scan_brings_what_has_a_value(
    server: RealServer, filters: str, count: int, values: bool
) -> None:
    """A tombstone is none."""
    assert run(lambda: listed(server, "wire", filters, values=values)) == [count] * SCANS


@pytest.mark.parametrize(("filters", "count"), [("key.>", 27), ("key.tenant-1.>", 9)])
def test_the_library_lists_all_or_none(server: RealServer, filters: str, count: int) -> None:
    """Now and then it takes a list for empty whose keys are on their way (see NatsPyScanner)."""
    found = run(lambda: listed(server, "nats-py", filters, values=False))

    assert set(found) <= {0, count}
    assert max(found) == count
