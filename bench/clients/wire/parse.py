"""Frames that a NATS server sends, read one at a time: exact for every frame, cut anywhere.

Pure. The fast readers of `pubacks` and `deliveries` take runs of plain frames and leave all others
to this one.

Source: docs.nats.io, "Client Protocol"; nats-server, server/client.go.
"""

from typing import NamedTuple

MAX_LINE_BYTES = 1 << 20
"""Longest control line taken; an INFO of a large cluster has some 10 KiB."""

MAX_MESSAGE_BYTES = 64 << 20
"""Largest `max_payload` that nats-server allows."""

_CONTROL = frozenset((b"PING", b"PONG", b"+OK", b"-ERR", b"INFO"))


class WireError(Exception):
    """The bytes are not the NATS protocol; the connection is of no more use."""


class Message(NamedTuple):
    """MSG or HMSG; `header` and `reply` are empty where there is none."""

    subject: bytes
    sid: int
    reply: bytes
    header: bytes
    payload: bytes


class Control(NamedTuple):
    """Any other frame: its verb and the rest of its line."""

    verb: bytes
    text: bytes


class Status(NamedTuple):
    """What a header says in place of a message, e.g. 408 "Request Timeout"."""

    code: int
    text: str
    fields: dict[str, str]


def next_frame(data: bytes, at: int) -> tuple[Message | Control, int] | None:
    """Return the frame that begins at `at` and the offset behind it; None when it is cut off.

    Raises:
        WireError: no NATS server sends this.
    """
    line_end = data.find(b"\r\n", at, at + MAX_LINE_BYTES)
    if line_end < 0:
        if len(data) - at >= MAX_LINE_BYTES:
            raise WireError("a line without an end")
        return None
    line = data[at:line_end]
    if line.startswith((b"MSG ", b"HMSG ")):
        return _message(data, line.split(), line_end + 2)
    verb, _, text = line.partition(b" ")
    if verb not in _CONTROL:
        raise WireError(f"an unknown frame {line[:20]!r}")
    return Control(verb, text.strip()), line_end + 2


def frame_bytes(data: bytes) -> int:
    """Return how many bytes the frame that `data` begins with takes; 0 when that is open yet.

    It is known as soon as the line of a message is whole; a line that is not may end anywhere.

    Raises:
        WireError: no NATS server sends this.
    """
    line_end = data.find(b"\r\n", 0, MAX_LINE_BYTES)
    if line_end < 0:
        return 0
    line = data[:line_end]
    payload_bytes = 0
    if line.startswith((b"MSG ", b"HMSG ")):
        payload_bytes = _number(line.split()[-1]) + 2
    return line_end + 2 + payload_bytes


def _message(data: bytes, words: list[bytes], start: int) -> tuple[Message, int] | None:
    verb, *addressed = words
    sizes = 2 if verb == b"HMSG" else 1
    reply_words = len(addressed) - 2 - sizes
    if reply_words not in (0, 1):
        raise WireError(f"a malformed {verb.decode()}")
    sid, total = _number(addressed[1]), _number(addressed[-1])
    header_size = _number(addressed[-2]) if sizes == 2 else 0
    if header_size > total or total > MAX_MESSAGE_BYTES:
        raise WireError(f"a {verb.decode()} of impossible size")
    end = start + total
    if len(data) < end + 2:
        return None
    if data[end : end + 2] != b"\r\n":
        raise WireError(f"a {verb.decode()} longer than it says")
    reply = addressed[2] if reply_words else b""
    body = start + header_size
    return Message(addressed[0], sid, reply, data[start:body], data[body:end]), end + 2


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18:
        raise WireError(f"no number {text[:20]!r}")
    return int(text)


def status_of(header: bytes) -> Status | None:
    """Return the status that a header carries; None where it carries none."""
    if not header:
        return None
    version, _, rest = header.partition(b"\r\n")[0].decode(errors="replace").partition(" ")
    code, _, text = rest.strip().partition(" ")
    if version != "NATS/1.0" or not (code.isascii() and code.isdigit() and len(code) == 3):
        return None
    return Status(int(code), text.strip(), fields_of(header))


def fields_of(header: bytes) -> dict[str, str]:
    """Return names and values of a header; the last of those that stand there twice."""
    lines = header.decode(errors="replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name: value.strip() for name, _, value in pairs}
