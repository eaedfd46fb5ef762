"""Who watches a bucket with its history, on a real server: told all that is kept, and no update."""

import asyncio
from pathlib import Path

import pytest
from nats.aio.client import Client

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.scenario.watchers import make_watchers, named
from bench.spec.keyed import KvWatch
from bench.spec.keyed_parts import WRITING, watching
from bench.spec.variant import BucketSettings
from tests.server.commands import nats_server
from tests.server.running import complaints, run_trial, sound
from tests.server.test_kv import kv, ledger

pytestmark = pytest.mark.nats

NAMES = admin.bucket_names(admin.trial_names("history", 1))
KEY = f"{NAMES.subject_prefix}key.0"
END = b"end"
"""The update by which a watcher is known to have had all that stood before it."""


async def put_delete_put(client: Client) -> None:
    """Put true, delete, put false."""
    await admin.make_bucket(client, BucketSettings(history=5), NAMES)
    bucket = client.jetstream()
    await bucket.publish(KEY, b"true")
    await bucket.publish(KEY, b"", headers={"KV-Operation": "DEL"})
    await bucket.publish(KEY, b"false")


async def seen_by_ours(client: Client, watch: KvWatch) -> list[bytes]:
    """Return what a watcher of ours is told, up to an update."""
    part = watching("w", WRITING, several=False, some=False)
    subscription = await client.subscribe(named(NAMES, part).deliver_subject)
    await make_watchers(client, NAMES, [(part, watch)])
    await client.jetstream().publish(KEY, END)
    came = [await subscription.next_msg(timeout=10)]
    while came[-1].data != END:
        came.append(await subscription.next_msg(timeout=10))
    return [message.data for message in came[:-1]]


async def seen_by_the_library(client: Client, *, history: bool) -> list[bytes]:
    """Return what a watcher of nats-py is told, up to an update; it tells of no end of a list."""
    bucket = await client.jetstream().key_value(NAMES.stream.removeprefix("KV_"))
    watcher = await bucket.watch("key.0", include_history=history)
    await bucket.put("key.0", END)
    came: list[bytes] = []
    while END not in came:
        entry = await watcher.updates(timeout=10)  # type: ignore[no-untyped-call]
        if entry is not None:
            came.append(entry.value or b"")
    await watcher.stop()  # type: ignore[no-untyped-call]
    return came[:-1]


@pytest.mark.parametrize(
    ("watch", "told"),
    [
        ({"history": True}, [b"true", b"", b"false"]),
        ({"snapshot": True}, [b"false"]),
        ({}, []),
    ],
)
def test_put_true_delete_put_false(
    tmp_path: Path, watch: dict[str, bool], told: list[bytes]
) -> None:
    """The book, 3.3: a watcher with history sees 3; nats-py's own is told the same."""

    async def work() -> tuple[list[bytes], list[bytes]]:
        client = await admin.connect(Endpoint(url=url))
        try:
            await put_delete_put(client)
            ours = await seen_by_ours(client, KvWatch.model_validate(watch))
            await admin.clean_up(client, NAMES)
            await put_delete_put(client)
            history = "history" in watch
            return ours, await seen_by_the_library(client, history=history) if watch else ours
        finally:
            await client.close()

    with nats_server(tmp_path / "own") as url:
        ours, theirs = asyncio.run(work())

    assert ours == theirs == told


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_is_told_first_is_no_update(tmp_path: Path, client: str) -> None:
    """Three values of each of twenty keys, and then every write, each once."""
    load = kv(put={"rate": "200/s"}, watch={"old": {"history": True}, "last": {"snapshot": True}})
    settings = {"client": client, "bucket": {"history": 3}}

    record = run_trial(tmp_path, load, settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["first_values"] == 60
    assert found["old.received"] == found["last.received"] == found["stored"] == 240
    assert found["old.deliveries"] - found["last.deliveries"] == 40
    checked = ("old.lost", "old.unlike", "old.duplicates", "old.foreign", "old.reordered")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)
