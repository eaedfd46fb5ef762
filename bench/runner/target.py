"""What a run measures: an embedded server of its own for each trial, or the user's server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.broker import admin
from bench.broker.endpoint import JS_API, Endpoint
from bench.broker.server import NO_STORES, Server, Stores, binary_version, embedded_server
from bench.spec.variant import ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedTarget:
    """A fresh nats-server for each trial.

    Attributes:
        binary: the server's program.
        parent: directory that stores and work files live below.
        client_path: holds another nats-py for the workers; the installed one when None.
    """

    binary: Path
    parent: Path
    client_path: Path | None = None

    @property
    def title(self) -> str:
        """How records name it."""
        return "embedded"

    async def version(self) -> str:
        """Return the server's version; ServerUnavailableError when it does not run here."""
        return binary_version(self.binary)

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        """Run a server for one trial."""
        async with embedded_server(self.binary, settings, self.parent, stores) as server:
            yield server, Endpoint(url=server.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTarget:
    """A server that runs already; jetbench makes and removes streams of its own there.

    Attributes:
        endpoint: where and as whom to connect.
        parent: directory for work files.
        client_path: holds another nats-py for the workers; the installed one when None.
    """

    endpoint: Endpoint
    parent: Path
    client_path: Path | None = None

    @property
    def title(self) -> str:
        """How records name it: the URL without its secrets, and which JetStream if one is told."""
        js_api = self.endpoint.js_api
        return self.endpoint.shown + ("" if js_api == JS_API else f", JetStream API at {js_api}")

    async def version(self) -> str:
        """Return the server's version; ServerUnavailableError when nobody answers in time."""
        client = await admin.connect(self.endpoint)
        try:
            await admin.require_jetstream(client)
            return admin.server_version(client)
        finally:
            await client.close()

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        """Name the user's server; its own settings and stores stay as they are."""
        del settings, stores
        yield Server(url=self.endpoint.url), self.endpoint


Target = EmbeddedTarget | RemoteTarget
