"""Fields that are not spelt as a setting is: what a server makes of them, and says again."""

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nats.aio.msg import Msg

from bench.broker import fields
from bench.broker.admin import api, connect, provision, trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.server import embedded_server, find_server_binary
from bench.spec.stream_settings import Republish
from bench.spec.variant import Settings

EVERY = Settings.model_validate(
    {
        "stream": {
            "republish": {"source": "new.*", "headers_only": True},
            "subject_transform": {"source": "old.*", "destination": "new.$1"},
        },
        "consumer": {
            "deliver_policy": "by_start_time",
            "opt_start_ago": "1h",
            "headers_only": True,
            "sample_freq": "25%",
            "priority_policy": "pinned_client",
            "priority_groups": ["jobs"],
            "priority_timeout": "3s",
        },
        "server": {"encryption": "chacha"},
    }
)
NAMES = trial_names("fields", 1)
TEXT = b"what nobody is to read on the disk"


async def told(directory: Path) -> dict[str, Any]:
    """Return what a server says of all of them, and does about a message."""
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    async with embedded_server(find_server_binary(), EVERY.server, directory) as server:
        client = await connect(Endpoint(url=server.url))
        await provision(client, EVERY, NAMES, shared=True, sample_percent=None)
        await client.subscribe(f"{fields.republish_prefix(NAMES.subject_prefix)}>", cb=heard.put)
        await client.request(f"{NAMES.subject_prefix}old.x", TEXT, timeout=5)
        stream = await api(client, f"STREAM.INFO.{NAMES.stream}", {"subjects_filter": ">"})
        consumer = await api(client, f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
        again = await asyncio.wait_for(heard.get(), 5)
        await client.close()
        assert server.directory is not None
        files = [path for path in (server.directory / "store").rglob("*") if path.is_file()]
        stored = b"".join(path.read_bytes() for path in files)
        assert server.restart is not None
        await server.restart(0.0)
        client = await connect(Endpoint(url=server.url))
        read = await api(client, f"STREAM.MSG.GET.{NAMES.stream}", {"seq": 1})
        await client.close()
    told = {"stream": stream, "consumer": consumer, "again": again, "stored": stored}
    return told | {"read": base64.b64decode(read["message"]["data"])}


@pytest.mark.nats
def test_each_takes_effect_on_a_server(tmp_path: Path) -> None:
    """Else a cell would be told apart by what makes no difference."""
    found = asyncio.run(told(tmp_path))

    stream, consumer = found["stream"], found["consumer"]["config"]
    assert list(stream["state"]["subjects"]) == [f"{NAMES.subject_prefix}new.x"]
    again = found["again"]
    assert again.subject == f"{NAMES.subject_prefix.removesuffix('.')}-again.new.x"
    assert again.data == b""
    begun = datetime.fromisoformat(consumer["opt_start_time"])
    assert 3590 < (datetime.now(UTC) - begun).total_seconds() < 3700
    assert (consumer["headers_only"], consumer["sample_freq"]) == (True, "25%")
    assert (consumer["priority_policy"], consumer["priority_timeout"]) == (
        "pinned_client",
        3 * 10**9,
    )
    assert found["stored"]
    assert TEXT not in found["stored"]
    assert b"new.x" not in found["stored"]
    assert found["read"] == TEXT, "the server has its key when it is started again"


def test_what_is_published_again_lies_outside_the_stream() -> None:
    """It would be stored for ever else, which the server refuses (10052)."""
    found = fields.republished(Republish(source="a.*.b.*.>"), "p.s.")

    assert found == {
        "src": "p.s.a.*.b.*.>",
        "dest": "p.s-again.a.{{wildcard(1)}}.b.{{wildcard(2)}}.>",
        "headers_only": False,
    }
    assert fields.republished(None, "p.s.") is None


def test_a_share_of_acks_is_written_in_whole_percents() -> None:
    """As the server reads it; 0.29 times 100 is a little less than 29."""
    assert fields.sample_freq(0.29) == "29%"
    assert fields.sample_freq(None) is None
