"""Creating keys on a real server: what is there is left alone, what is gone is written again."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.broker import admin
from bench.broker.admin import Json
from bench.broker.endpoint import Endpoint
from bench.broker.latest import Held, latest
from bench.broker.preload import preload
from bench.clients.buckets import Bucket
from bench.clients.factory import keyed
from bench.clients.port import Outcome
from bench.spec.variant import BucketSettings
from tests.clients.server import RealServer
from tests.clients.wire.links import messages, run
from tests.clients.wire.test_gets import Told

pytestmark = pytest.mark.nats

NAMES = admin.bucket_names(admin.trial_names("creates", 1))
THERE, GONE, NEW = (f"{NAMES.subject_prefix}lease.{number}" for number in range(3))
COUNT = 6


async def created(
    server: RealServer, client: str, settings: BucketSettings, ttl_s: int
) -> tuple[Told, Held, Sequence[str]]:
    """Create a key that has a value, one with a marker in its place, and one that never was."""
    told, endpoint = Told(), Endpoint(url=server.url)
    control = await admin.connect(endpoint)
    await admin.make_bucket(control, settings, NAMES)
    await preload(control, [(THERE, b"a value"), (GONE, b"a value")])
    await control.publish(GONE, b"", headers={"KV-Operation": "DEL"})
    asked = messages(COUNT, subjects=(THERE, GONE, NEW), sizes=(64,))
    asked = replace(asked, subject_index=np.arange(COUNT) % 3)
    bucket = Bucket(stream=NAMES.stream, direct=settings.allow_direct, ttl_s=ttl_s)
    link = keyed("create", client)(endpoint, asked, told, bucket)
    await link.open()
    for position in range(COUNT):
        link.send(position, position + 1)
        while len(told.answered) + len(told.others) <= position:
            await asyncio.sleep(0.005)
    faults = list(link.faults)
    await link.close()
    held = await latest(control, NAMES.stream, NAMES.subject_prefix)
    await admin.clean_up(control, NAMES)
    await control.close()
    return told, held, faults


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_is_there_is_left_alone(server: RealServer, client: str, direct: bool) -> None:
    """A marker in a value's place is no value; who comes second finds the key taken."""
    settings = BucketSettings(storage="memory", allow_direct=direct)

    told, held, faults = run(lambda: created(server, client, settings, 0))

    assert sorted(told.answered) == [1, 2]
    assert told.others == dict.fromkeys((0, 3, 4, 5), Outcome.CONFLICT)
    assert held["lease.0"].data == b"a value"
    assert [held[f"lease.{n}"].operation for n in (1, 2)] == ["", ""]
    assert faults == []


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_a_bucket_that_lets_no_key_have_its_own_time_refuses(
    server: RealServer, client: str
) -> None:
    """In the server's words; nothing of it is written."""
    told, held, _ = run(lambda: created(server, client, BucketSettings(storage="memory"), 1))

    assert told.answered == []
    assert told.others[2] == Outcome.REFUSED
    assert "lease.2" not in held


def test_a_bucket_with_limit_markers_says_so_to_the_server() -> None:
    """Each of both fields is needed by some client."""
    body: Json = admin.bucket_body(BucketSettings.model_validate({"limit_markers": "2s"}))

    assert body["allow_msg_ttl"] is True
    assert body["subject_delete_marker_ttl"] == 2_000_000_000
    assert "allow_msg_ttl" not in admin.bucket_body(BucketSettings())
