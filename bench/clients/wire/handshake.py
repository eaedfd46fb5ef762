"""From a server's address to a connection that it has accepted."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.broker.endpoint import Endpoint, tls_context
from bench.broker.login import login_of
from bench.clients.wire.auth import connect_fields
from bench.clients.wire.parse import Control, Message, WireError, next_frame


class RefusedError(Exception):
    """The server answered, and will not have us; the text is its own."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A connection that is ready for use.

    Attributes:
        transport: its protocol is to be set by the caller.
        info: the server's INFO.
        unread: bytes that came behind the handshake.
    """

    transport: asyncio.Transport
    info: Mapping[str, Any]
    unread: bytes


async def shake_hands(endpoint: Endpoint) -> Greeting:
    """Connect, turn on TLS where either side wants it, and log in.

    Raises:
        RefusedError: the server refused us.
        OSError: nobody answers, or no TLS can be agreed on.
        WireError: it is not a NATS server.
        UsageError: a file that the endpoint names is of no use.
    """
    loop = asyncio.get_running_loop()
    address, login = endpoint.address, login_of(endpoint)
    context = tls_context(endpoint) if endpoint.tls_first else None
    transport, greeter = await loop.create_connection(
        _Greeter, address.host, address.port, ssl=context
    )
    try:
        info = await greeter.info()
        if context is None and (address.scheme == "tls" or info.get("tls_required")):
            upgraded = await loop.start_tls(
                transport, greeter, tls_context(endpoint), server_hostname=address.host
            )
            if upgraded is None:
                raise ConnectionError("closed while agreeing on TLS")
            transport = upgraded
        hello = _hello(endpoint) | connect_fields(login, str(info.get("nonce", "")))
        transport.write(b"CONNECT %b\r\nPING\r\n" % json.dumps(hello).encode())
        await greeter.accepted()
    except BaseException:
        transport.abort()
        raise
    return Greeting(transport, info, greeter.unread)


def _hello(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "verbose": False,
        "pedantic": False,
        "headers": True,
        "no_responders": True,
        "protocol": 1,
        "lang": "jetbench-wire",
        "version": "1",
        "name": endpoint.name,
    }


class _Greeter(asyncio.Protocol):
    """Reads the few frames of a handshake."""

    def __init__(self) -> None:
        self.unread = b""
        self._news = asyncio.Event()
        self._lost = False

    def data_received(self, data: bytes) -> None:
        self.unread += data
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._news.set()

    async def info(self) -> Mapping[str, Any]:
        frame = await self._frame()
        if frame.verb != b"INFO":
            raise WireError("no INFO to begin with")
        try:
            info = json.loads(frame.text)
        except ValueError:
            raise WireError("an INFO that is not JSON") from None
        if not isinstance(info, dict):
            raise WireError("an INFO that is no object")
        return info

    async def accepted(self) -> None:
        while True:
            frame = await self._frame()
            if frame.verb == b"PONG":
                return
            if frame.verb == b"-ERR":
                raise RefusedError(frame.text.decode(errors="replace").strip("'"))

    async def _frame(self) -> Control:
        while (found := next_frame(self.unread, 0)) is None:
            if self._lost:
                raise ConnectionError("closed by the server")
            self._news.clear()
            await self._news.wait()
        frame, end = found
        self.unread = self.unread[end:]
        if isinstance(frame, Message):
            raise WireError("a message before the login")
        return frame
