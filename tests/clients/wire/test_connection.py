"""What a connection answers, notes and waits for, against a server played by the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.wire import connection
from bench.clients.wire.publish import WirePublisher
from tests.clients.wire.links import Answers, messages, run, send
from tests.clients.wire.samples import Reader


class Server:
    """Greets, answers so many PINGs, says what it is told to, and keeps what it hears."""

    def __init__(self, pongs: int) -> None:
        self._pongs = pongs
        self._writers: list[asyncio.StreamWriter] = []
        self.heard = bytearray()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b'INFO {"max_payload":1048576}\r\n')
        while chunk := await reader.read(65536):
            self.heard += chunk
            pings = min(chunk.count(b"PING\r\n"), self._pongs)
            self._pongs -= pings
            writer.write(b"PONG\r\n" * pings)
        writer.close()

    def say(self, frame: bytes) -> None:
        for writer in self._writers:
            writer.write(frame)

    async def hears(self, words: bytes) -> None:
        while words not in self.heard:
            await asyncio.sleep(0.005)


@asynccontextmanager
async def opened(server: Server) -> AsyncIterator[WirePublisher]:
    """A publisher link that is connected to the played server."""
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as running:
        url = f"nats://127.0.0.1:{running.sockets[0].getsockname()[1]}"
        link = WirePublisher(Endpoint(url=url), messages(9, subjects=("a",)), Answers())
        await link.open()
        try:
            yield link
        finally:
            await link.close()


def test_a_ping_is_answered() -> None:
    """A server ends connections that do not answer: after some minutes, in mid-trial."""

    async def work() -> None:
        server = Server(pongs=9)
        async with opened(server) as link:
            server.say(b"PI")
            await asyncio.sleep(0.01)
            server.say(b"NG\r\n")
            await server.hears(b"PONG\r\n")
            assert link.faults == ()

    run(work)


def test_a_close_that_is_not_answered_is_bounded_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Acks that never arrived would be counted as given."""
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT_S", 0.1)

    async def work() -> None:
        async with opened(Server(pongs=2)) as link:  # one for the login, one for `open`
            await link.close()
            assert link.faults == ("close: not everything may have arrived: no answer",)

    run(work)


def test_junk_ends_the_connection_and_is_told() -> None:
    """Reading on behind it would invent frames."""

    async def work() -> None:
        server = Server(pongs=9)
        async with opened(server) as link:
            server.say(b"HTTP/1.1 200 OK\r\n")
            while len(link.faults) < 3:
                await asyncio.sleep(0.005)
            assert link.faults[0].startswith("protocol error: an unknown frame")
            assert link.faults[1].startswith("connection lost")
            assert link.faults[2].startswith("reconnected at attempt")

    run(work)


def test_a_sender_waits_for_a_server_that_does_not_read() -> None:
    """Without back-pressure the memory would take what the server cannot, and hide it."""
    gate = asyncio.Event()

    class Stuck(Server):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b'INFO {"max_payload":9000000}\r\n')
            for _ in range(2):
                await reader.readuntil(b"PING\r\n")
                writer.write(b"PONG\r\n")
            await gate.wait()
            await super().serve(reader, writer)

    async def work() -> None:
        chosen = messages(9, subjects=("a",), sizes=(8_000_000,))
        async with await asyncio.start_server(Stuck(9).serve, "127.0.0.1", 0) as running:
            url = f"nats://127.0.0.1:{running.sockets[0].getsockname()[1]}"
            link = WirePublisher(Endpoint(url=url), chosen, Answers())
            await link.open()
            await send(link, 0, 4)
            waiting = asyncio.create_task(send(link, 4, 5))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            gate.set()
            await waiting
            await link.close()

    run(work)


def test_words_of_the_server_are_faults() -> None:
    """An -ERR or a shutdown announced in an INFO explains what goes wrong next."""
    reader = Reader()

    reader.read([b"-ERR 'Slow Consumer'\r\n" * 2, b'INFO {"ldm":true}\r\n'])

    assert reader.faults.words() == (
        "server error: 'Slow Consumer' (2 times)",
        "the server is about to shut down (lame duck mode)",
    )
