"""A bucket on a real server: what was read, seen and counted up is judged, and nothing is left."""

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.broker.latest import Held, latest
from bench.broker.preload import preload
from bench.core.errors import NameCollisionError
from bench.record.schema import TrialRecord
from bench.runner.target import RemoteTarget
from bench.spec.kinds.kv import Kv
from bench.spec.variant import BucketSettings
from tests.server.commands import jetbench, nats_server
from tests.server.running import complaints, run_trial, sound
from tests.server.test_faults import children, codes, kill, once_in_the_window, streams, texts

pytestmark = pytest.mark.nats


def kv(**parts: Any) -> Kv:
    return Kv.model_validate(
        {
            "kind": "kv",
            "keys": {"count": 20},
            "value": {"sizes": "128B"},
            "phases": {"warmup": "200ms", "measure": "1s", "drain": "5s"},
            **parts,
        }
    )


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "leader"])
@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_is_put_is_read_and_seen(tmp_path: Path, client: str, direct: bool) -> None:
    """With values taken away in between, and two watchers of whom one sees some keys alone."""
    load = kv(
        put={"rate": "200/s", "deletes": "10%", "purges": "5%"},
        get={"rate": "200/s"},
        watch={"cache": {"snapshot": True}, "few": {"filter": "7"}},
    )
    settings = {"client": client, "bucket": {"allow_direct": direct}}

    record = run_trial(tmp_path, load, settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert (found["stored"], found["answered"]) == (240, 240)
    assert (found["cache.received"], found["few.received"]) == (240, found["expected"])
    assert 0 < found["expected"] < 100
    assert found["absent"] > 0
    checked = ("wrong", "stale", "cache.lost", "cache.unlike", "few.lost", "few.unlike")
    assert {name: found[name] for name in checked} == dict.fromkeys(checked, 0)
    assert {name: found[f"cache.{name}"] for name in ("foreign", "duplicates", "reordered")} == {
        "foreign": 0, "duplicates": 0, "reordered": 0,
    }  # fmt: skip


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_counters_hold_every_update_in_spite_of_conflicts(tmp_path: Path, client: str) -> None:
    """Two processes count one counter up; whoever comes second reads again."""
    update = {"rate": "100/s", "updaters": 2, "counters": 1, "arrivals": "poisson", "tries": 10_000}
    load = kv(update=update)

    record = run_trial(tmp_path, load, {"client": client}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["updated"] == found["planned"] > 80
    assert found["lost_updates"] == 0
    assert found["conflicts"] > 0


def test_who_tries_once_gives_up_and_says_so(tmp_path: Path) -> None:
    """It counts against the cell, and the counter is as high as what succeeded."""
    load = kv(
        update={
            "rate": "400/s", "updaters": 4, "counters": 1, "arrivals": "poisson", "tries": 1,
        }
    )  # fmt: skip

    record = run_trial(tmp_path, load, {}).record

    found = ledger(record)
    assert found["given_up"] == found["conflicts"] > 0
    assert found["updated"] + found["given_up"] == found["planned"]
    assert found["lost_updates"] == 0


def test_a_full_bucket_refuses_and_that_counts(tmp_path: Path) -> None:
    """Twenty values fit, a history of them does not."""
    load = kv(put={"rate": "200/s"})
    settings = {"bucket": {"max_bytes": "8KiB", "history": 64}}

    record = run_trial(tmp_path, load, settings).record

    assert ledger(record)["refused"] > 0
    assert "publish-refused" in codes(record)


def test_an_old_history_is_pushed_out_and_the_watcher_is_told_the_last(tmp_path: Path) -> None:
    """One key, as fast as it goes: what is overwritten on the way is superseded, never lost."""
    load = kv(
        keys={"count": 1},
        put={"rate": "2000/s", "arrivals": "burst", "burst": {"every": "500ms", "during": "1ms"}},
        watch={"only": {}},
    )

    record = run_trial(tmp_path, load, {"bucket": {"storage": "memory"}}).record

    found = ledger(record)
    assert (found["lost"], found["unlike"]) == (0, 0)
    assert found["received"] == found["stored"]
    assert found["superseded"] == found["stored"] - (found["deliveries"] - found["duplicates"])


def test_a_watcher_that_is_killed_is_told(tmp_path: Path) -> None:
    """What it did not see does not count as seen."""
    load = kv(put={"rate": "200/s"}, watch={"cache": {}})

    record = run_trial(
        tmp_path, load, {}, on_moment=once_in_the_window(lambda: kill("bench.engine.worker", 1))
    ).record

    assert not record.valid
    assert "worker-died" in codes(record)


def watcher() -> int:
    """The pid of the second worker; the first one writes."""
    return sorted(child.pid for child in children("bench.engine.worker"))[1]


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_a_watcher_that_lags_behind_is_waited_for(tmp_path: Path, client: str) -> None:
    """It stands still until writing has ended: the server has sent all, and none of it has come.

    Heartbeats that it missed meanwhile may be told.
    """

    def stop_for_a_while() -> None:
        pid = watcher()
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(3.0, os.kill, (pid, signal.SIGCONT)).start()

    record = run_trial(
        tmp_path,
        kv(put={"rate": "200/s"}, watch={"cache": {}}),
        {"client": client, "bucket": {"history": 64}},
        on_moment=once_in_the_window(stop_for_a_while),
    ).record

    found = ledger(record)
    assert "loop-stalled" in codes(record)
    assert found["received"] == found["handled"] == found["stored"] == 240
    assert (found["lost"], found["unlike"]) == (0, 0)


def test_a_watcher_that_comes_back_no_more_is_told(tmp_path: Path) -> None:
    """The drain waits for it to the end, and what it did not see counts as seen by nobody."""
    load = kv(
        put={"rate": "200/s"},
        watch={"cache": {}},
        phases={"warmup": "500ms", "measure": "1s", "drain": "1s"},
    )
    stop = once_in_the_window(lambda: os.kill(watcher(), signal.SIGSTOP))

    record = run_trial(tmp_path, load, {}, on_moment=stop).record

    assert not record.valid
    assert {"worker-silent", "not-drained"} <= codes(record)
    assert "watcher-0 did not answer the stop" in texts(record)
    assert ledger(record)["received"] < ledger(record)["stored"]
    assert children("bench.engine.worker") == []


def test_a_users_server_is_left_as_it_was(tmp_path: Path) -> None:
    """Buckets of the user's stay, ours are gone, with a watcher's consumers."""
    with nats_server(tmp_path / "own") as url:
        asyncio.run(keep_a_bucket(url))
        target = RemoteTarget(endpoint=Endpoint(url=url), parent=tmp_path / "work")
        load = kv(put={"rate": "100/s"}, get={"rate": "100/s"}, watch={"cache": {}})

        record = run_trial(tmp_path / "work", load, {}, target=target).record

        assert sound(record), complaints(record)
        assert asyncio.run(streams(url)) == {THEIRS.stream}
        assert {key: last.data for key, last in asyncio.run(kept(url)).items()} == VALUES


THEIRS = admin.bucket_names(admin.trial_names("theirs", 1))
OURS = admin.bucket_names(admin.trial_names("ours", 1))
VALUES = {"key.0": b"a value of the user's", "key.1": b"another one"}


async def keep_a_bucket(url: str, name: str = THEIRS.stream) -> None:
    """Make a bucket as a user has it, without any mark of ours, and fill it."""
    client = await admin.connect(Endpoint(url=url))
    prefix = f"$KV.{name.removeprefix('KV_')}."
    body = {"name": name, "subjects": [f"{prefix}>"], "max_msgs_per_subject": 5}
    await admin.api(client, f"STREAM.CREATE.{name}", body)
    await preload(client, ((f"{prefix}{key}", value) for key, value in VALUES.items()))
    await client.close()


async def kept(url: str, name: str = THEIRS.stream) -> Held:
    client = await admin.connect(Endpoint(url=url))
    found = await latest(client, name, f"$KV.{name.removeprefix('KV_')}.")
    await client.close()
    return found


def test_a_bucket_of_that_name_that_is_not_ours_is_refused_and_untouched(tmp_path: Path) -> None:
    """Neither filled, nor removed: not before a trial, and not after one."""

    async def make() -> str:
        client = await admin.connect(Endpoint(url=url))
        try:
            with pytest.raises(NameCollisionError, match="it was left untouched"):
                await admin.make_bucket(client, BucketSettings(), OURS)
            return await admin.clean_up(client, OURS)
        finally:
            await client.close()

    with nats_server(tmp_path / "own") as url:
        asyncio.run(keep_a_bucket(url, OURS.stream))

        assert asyncio.run(make()) == ""
        held = asyncio.run(kept(url, OURS.stream))

    assert {key: last.data for key, last in held.items()} == VALUES


def project(directory: Path, bucket: dict[str, Any]) -> Path:
    """A matrix of one workload that writes, over two buckets."""
    files = {
        "workloads/sessions.yaml": {
            "kind": "kv",
            "keys": {"count": 20},
            "value": {"sizes": "128B"},
            "put": {"rate": "200/s"},
            "phases": {"warmup": "500ms", "measure": "1s", "drain": "5s"},
        },
        "configs/buckets.yaml": {
            "question": "Which bucket?",
            "variants": {"one": {}, "other": {"bucket": bucket}},
        },
        "configs/matrices/sessions.yaml": {
            "label": "sessions",
            "question": "Which bucket?",
            "workloads": ["sessions"],
            "configs": ["buckets"],
            "blocks": 1,
        },
    }
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
    return directory


def test_a_full_bucket_fails_the_run(tmp_path: Path) -> None:
    """With 1, as whatever falls short does."""
    done = jetbench(project(tmp_path, {"max_bytes": "8KiB", "history": 64}), "run", "sessions")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "refused" in done.stdout


def test_a_bucket_that_the_server_refuses_is_told_before_a_run(tmp_path: Path) -> None:
    """Each bucket of a matrix is tried, in the server's own words; it may be the second one."""
    with nats_server(tmp_path / "own") as url:
        home = project(tmp_path, {"max_bytes": "10000000GiB"})

        done = jetbench(home, "run", "sessions", "--server", url)
        left = asyncio.run(streams(url))

    assert done.returncode == 2, done.stdout + done.stderr
    assert "buckets/other" in done.stderr
    assert left == set()


def test_who_takes_every_subject_of_buckets_is_left_alone(tmp_path: Path) -> None:
    """Our keys would flow into the user's stream: refuse rather than fill it."""

    async def take_all() -> None:
        client = await admin.connect(Endpoint(url=url))
        body = {"name": "ALL", "subjects": ["$KV.>"]}
        await admin.api(client, "STREAM.CREATE.ALL", body)
        await client.close()

    with nats_server(tmp_path / "own") as url:
        asyncio.run(take_all())

        done = jetbench(project(tmp_path, {"history": 5}), "run", "sessions", "--server", url)
        left = asyncio.run(streams(url))

    assert done.returncode == 2
    assert "left untouched" in done.stderr
    assert left == {"ALL"}
