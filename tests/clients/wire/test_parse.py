"""The exact parser: same frames for every cut, same frames as nats-py, never a crash."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.protocol.parser import Parser

from bench.clients.wire.parse import (
    MAX_LINE_BYTES,
    Control,
    Message,
    Status,
    WireError,
    next_frame,
    status_of,
)
from tests.clients.wire.samples import Reader, cut, cut_sizes, messages, streams


class LibraryReader:
    """Stands where nats-py's client stands: notes what its parser hands over."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.controls: list[str] = []
        self.parser = Parser(self)

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, header: bytes | None
    ) -> None:
        self.messages.append(Message(subject, sid, reply, header or b"", data))

    async def _process_ping(self) -> None:
        self.controls.append("PING")

    async def _process_pong(self) -> None:
        self.controls.append("PONG")

    async def _process_err(self, text: str) -> None:
        self.controls.append(f"-ERR {text}")

    async def _process_info(self, info: dict[str, Any]) -> None:
        self.controls.append(f"INFO {info}")

    async def read(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            await self.parser.parse(chunk)


@given(data=streams, sizes=cut_sizes)
def test_frames_cut_at_any_byte_read_the_same(data: bytes, sizes: list[int]) -> None:
    """TCP promises an order of bytes and nothing about where a read ends."""
    whole, pieces = Reader(), Reader()

    whole.read([data])
    pieces.read(cut(data, sizes))

    assert pieces.messages == whole.messages
    assert pieces.faults.words() == whole.faults.words()


@given(data=streams, sizes=cut_sizes)
def test_messages_equal_those_of_the_library(data: bytes, sizes: list[int]) -> None:
    """nats-py's parser is the reference that Python services trust."""
    ours, library = Reader(), LibraryReader()

    ours.read(cut(data, sizes))
    asyncio.run(library.read(cut(data, sizes)))

    assert ours.messages == library.messages


@given(frame=messages)
def test_a_frame_without_its_last_byte_is_not_there_yet(frame: bytes) -> None:
    """A payload handed over early would be counted, acknowledged and wrong."""
    assert next_frame(frame[:-1], 0) is None
    assert next_frame(frame, 0) is not None


@given(data=st.binary(max_size=200), sizes=cut_sizes)
def test_junk_is_counted_or_waited_on_and_never_crashes(data: bytes, sizes: list[int]) -> None:
    """Whatever answers on the port must end in a sentence, not in a traceback."""
    reader = Reader()

    reader.read(cut(b"MSG " + data + b"\r\n", sizes))

    assert all(words.startswith(("protocol", "server")) for words in reader.faults.words())


@pytest.mark.parametrize(
    "junk",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"MSG\r\n",
        b"MSG a\r\n",
        b"MSG a 1\r\n",
        b"MSG a 1 r 5 5 5\r\n",
        b"MSG a x 5\r\nhello\r\n",
        b"MSG a 1 -5\r\nhello\r\n",
        b"MSG a 1 4\r\nhello\r\n",
        b"MSG a 1 99999999999\r\n",
        b"HMSG a 1 9 5\r\nhello\r\n",
        b"ping\r\n",
        b"\r\n",
        b"x" * MAX_LINE_BYTES,
    ],
)
def test_what_no_server_sends_is_refused(junk: bytes) -> None:
    """Reading on after a frame that makes no sense would invent messages."""
    with pytest.raises(WireError):
        next_frame(junk, 0)


def test_a_control_frame_is_its_verb_and_text() -> None:
    """By hand: an -ERR ends at its line's end, and the offset stands behind it."""
    assert next_frame(b"xx-ERR 'No Room'\r\nPING\r\n", 2) == (Control(b"-ERR", b"'No Room'"), 18)


def test_a_status_line_is_code_text_and_fields() -> None:
    """As nats-server 2.15.1 ends a pull request whose time is up."""
    header = (
        b"NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: 3\r\nNats-Pending-Bytes: 0\r\n\r\n"
    )
    fields = {"Nats-Pending-Messages": "3", "Nats-Pending-Bytes": "0"}

    assert status_of(header) == Status(408, "Request Timeout", fields)


@pytest.mark.parametrize(
    "header", [b"", b"NATS/1.0\r\nA: 408\r\n\r\n", b"NATS/1.0 x\r\n\r\n", b"\xff\xfe\r\n"]
)
def test_a_header_without_a_status_has_none(header: bytes) -> None:
    """A message whose header was taken for a status would be lost."""
    assert status_of(header) is None
