"""A real nats-server for tests: its own port and store, ended by its own pid."""

import asyncio
import json
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import psutil
from nats.aio.client import Client

from bench.broker.server import find_server_binary

Json = dict[str, Any]

_NOT_YET = 503
"""The answer of a server that has just started."""

_NO_STORE = 10049
"""The answer when the account's last stream was deleted just before; it passes."""


class RealServer:
    """A nats-server with JetStream below `directory`; starts again on the same port and store."""

    def __init__(
        self, directory: Path, config: str = "", scheme: str = "nats", jetstream: str = ""
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._directory = directory
        self._config = directory / "server.conf"
        store = json.dumps(str(directory / "store"))
        self._jetstream = f"jetstream {{ store_dir: {store}, {jetstream} }}"
        self._write(f"{self._jetstream}\n{config}")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        log = str(self._directory / "server.log")
        self._process = subprocess.Popen(
            [str(find_server_binary()), "-c", str(self._config), "-l", log]
        )
        for _ in range(500):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None:
                break
            self._process.poll()
            _pause()
        raise RuntimeError((self._directory / "server.log").read_text())

    def reload(self, config: str, *, jetstream: bool = True) -> None:
        """Have it take another config while it runs, with its JetStream or without."""
        assert self._process is not None
        self._write(f"{self._jetstream}\n{config}" if jetstream else config)
        self._process.send_signal(signal.SIGHUP)

    def pause(self) -> None:
        """Stop it where it stands; its connections stay open.

        One of its threads hears of it and stops the others: until then they answer.
        """
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        process = psutil.Process(self._process.pid)
        while process.status() != psutil.STATUS_STOPPED:
            _pause()

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _write(self, config: str) -> None:
        self._config.write_text(f'host: "127.0.0.1"\nport: {self.port}\n{config}\n')


def _pause() -> None:
    subprocess.run(["sleep", "0.02"], check=True)


@asynccontextmanager
async def client(url: str, **options: Any) -> AsyncIterator[Client]:
    """A nats-py connection, for everything that is not under test."""
    connection = await nats.connect(url, **options)
    try:
        yield connection
    finally:
        await connection.close()


async def api(connection: Client, operation: str, body: Json | None = None) -> Json:
    """Ask JetStream; a refusal fails the test."""
    request = json.dumps(body).encode() if body is not None else b""
    for _ in range(50):
        answer = await connection.request(f"$JS.API.{operation}", request, timeout=5)
        content: Json = json.loads(answer.data)
        if "error" not in content:
            return content
        if content["error"]["code"] != _NOT_YET and content["error"]["err_code"] != _NO_STORE:
            break
        await asyncio.sleep(0.1)
    raise AssertionError((operation, content))


async def make_stream(connection: Client, name: str, **settings: Any) -> None:
    """Make a stream of the subjects `<name>.>`, on file, without what was there before."""
    existing = await connection.request(f"$JS.API.STREAM.INFO.{name}", b"", timeout=5)
    if b'"error"' not in existing.data:
        await api(connection, f"STREAM.DELETE.{name}")
    config = {"name": name, "subjects": [f"{name}.>"], "storage": "file"} | settings
    await api(connection, f"STREAM.CREATE.{name}", config)


async def make_consumer(connection: Client, stream: str, name: str, **settings: Any) -> None:
    """Make a durable consumer."""
    config = {"durable_name": name, "ack_policy": "explicit"} | settings
    if config["ack_policy"] != "none":
        config.setdefault("max_ack_pending", 20_000)
    body = {"stream_name": stream, "config": config, "action": "create"}
    await api(connection, f"CONSUMER.CREATE.{stream}.{name}", body)


async def consumer_info(connection: Client, stream: str, name: str) -> Json:
    """Return what the server says of a consumer."""
    return await api(connection, f"CONSUMER.INFO.{stream}.{name}")


async def stream_state(connection: Client, stream: str) -> Json:
    """Return what the server says of a stream's content."""
    state: Json = (await api(connection, f"STREAM.INFO.{stream}"))["state"]
    return state
