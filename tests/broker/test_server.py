"""Settings of the embedded server: what stands in its files, and that a server takes them."""

import asyncio
import sys
from pathlib import Path

import pytest

from bench.broker.admin import ApiError, api, connect, stream_body, trial_names
from bench.broker.endpoint import Endpoint
from bench.broker.server import (
    KEY_NAME,
    embedded_server,
    environment,
    find_server_binary,
    render_config,
)
from bench.spec.variant import ServerSettings, StreamSettings

EVERY = ServerSettings.model_validate(
    {
        "sync_interval": "1s",
        "max_payload": "2MiB",
        "max_file": "1MiB",
        "max_mem": "512KiB",
        "max_buffered_msgs": 100,
        "max_buffered_size": "3MiB",
        "max_concurrent_io": 8,
        "limits": {
            "batch": {
                "max_msgs": 2000,
                "max_inflight_per_stream": 3,
                "max_inflight_total": 5,
                "timeout": "2s",
            }
        },
        "encryption": "chacha",
        "write_deadline": "5s",
        "gomaxprocs": 1,
        "gomemlimit": "200MiB",
    }
)
NAMES = trial_names("knobs", 1)


def test_what_is_left_out_is_left_to_the_server() -> None:
    """A default of ours would be another setting on the next version."""
    text = render_config(ServerSettings())

    assert text.count("\n") == 8
    assert "store_dir" in text
    assert environment(ServerSettings()) == {}


def test_each_setting_is_written_where_the_server_reads_it() -> None:
    """By hand, from the server's documentation: what is JetStream's stands in its block."""
    ahead, _, rest = render_config(EVERY).partition("jetstream {\n")
    block, _, behind = rest.partition("\n}\n")

    assert [line.strip() for line in block.splitlines()][1:] == [
        'sync_interval: "1s"',
        "max_file: 1048576",
        "max_mem: 524288",
        "max_buffered_msgs: 100",
        "max_buffered_size: 3145728",
        "max_concurrent_io: 8",
        "limits: { batch: { max_msgs: 2000; max_inflight_per_stream: 3; max_inflight_total: 5; "
        'timeout: "2s" } }',
        "cipher: chacha",
        "key: $JETBENCH_STORE_KEY",
    ]
    assert behind.splitlines() == ["max_payload: 2097152", 'write_deadline: "5s"']
    assert "max_" not in ahead
    said = environment(EVERY)
    assert said.pop(KEY_NAME)
    assert said == {"GOMAXPROCS": "1", "GOMEMLIMIT": "209715200"}


def test_the_key_of_a_store_is_made_for_a_run_and_told_to_its_servers_alone() -> None:
    """What an argument, a file or a record says others can read."""
    key = environment(EVERY)[KEY_NAME]

    assert len(key) == 64
    assert environment(EVERY)[KEY_NAME] == key, "a copy of a store is read by it"
    assert key not in render_config(EVERY)
    assert key not in repr(EVERY) + EVERY.model_dump_json()
    assert KEY_NAME not in environment(ServerSettings())


def test_syncing_always_is_a_word() -> None:
    """A duration would be quoted."""
    always = ServerSettings.model_validate({"sync_interval": "always"})

    assert "sync_interval: always\n" in render_config(always)


async def tried(directory: Path) -> tuple[list[int], dict[str, str]]:
    """Return how streams a byte too large for each store are refused, and the environment."""
    codes = []
    async with embedded_server(find_server_binary(), EVERY, directory) as server:
        client = await connect(Endpoint(url=server.url))
        for storage, most in (("file", EVERY.max_file), ("memory", EVERY.max_mem)):
            assert most is not None
            for size in (most + 1, most):
                kept = StreamSettings.model_validate({"storage": storage, "max_bytes": f"{size}B"})
                try:
                    await api(client, f"STREAM.CREATE.{NAMES.stream}", stream_body(kept, NAMES))
                    codes.append(0)
                    await api(client, f"STREAM.DELETE.{NAMES.stream}")
                except ApiError as error:
                    codes.append(error.err_code)
        await client.close()
        return codes, _environ(server.pid)


def _environ(pid: int | None) -> dict[str, str]:
    words = Path(f"/proc/{pid}/environ").read_text("utf-8").split("\0")
    return dict(word.split("=", 1) for word in words if word.startswith(("GOM", KEY_NAME)))


@pytest.mark.nats
@pytest.mark.skipif(sys.platform != "linux", reason="an environment is read from /proc")
def test_a_server_takes_them_and_keeps_to_them(tmp_path: Path) -> None:
    """A key that it does not know ends it at its start; what is reserved is bounded by the byte."""
    codes, said = asyncio.run(tried(tmp_path))

    assert codes == [10047, 0, 10028, 0]
    assert said == environment(EVERY)
