"""What a delivery says: its message id, stream sequence, delivery count and where its ack goes.

A consumer's chunk is read by one regular expression that is learnt from the first messages: it
knows the ack prefix and the sizes that occur, jumps over payloads, and captures what is needed.

Source: ADR-15 (github.com/nats-io/nats-architecture-and-design), both forms of the ack subject.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from bench.clients.buckets import MARKER_HEADER, marker_id
from bench.clients.port import NO_ID, Delivered, IntArray
from bench.clients.wire.columns import Columns, columns_of, first_ones, joined, one_of
from bench.clients.wire.digits import read_numbers
from bench.clients.wire.grid import Grid
from bench.clients.wire.parse import Message
from bench.plan.traffic import ID_DIGITS
from bench.spec.headers import HeaderPlace

ACK_PREFIX = b"$JS.ACK."

MAX_SHAPES = 16
"""Payload sizes that the pattern learns; messages of further ones are read one by one."""

_SHORT_FORM_TOKENS = 9
_SHORT_FORM, _LONG_FORM = 4, 6

_LARGE_BYTES = 1 << 18
"""No transport brings more at once: what is longer was joined, for one large message."""

_MANY_BYTES = 1 << 13
"""Worth a look whether there are many of one length: of the shortest ones, some fifty."""

_NO_ID = b"%d" % NO_ID
_MARKER = b"\r\n%b:" % MARKER_HEADER.encode()
Shapes = Mapping[tuple[int, int], int]
"""Bytes of the header and of header and payload together, (0, n) for a plain MSG; and how many of
them stand before the id."""


def numbers_at(tokens: Sequence[bytes]) -> int:
    """Return where the numbers of an ack subject begin, of either form.

    They are the delivery count, the sequence in the stream, that among what the consumer delivered.
    """
    return _SHORT_FORM if len(tokens) == _SHORT_FORM_TOKENS else _LONG_FORM


def sequences_of(ack_subject: bytes) -> tuple[int, int]:
    """Return the sequence in the stream and the number among what the consumer delivered."""
    tokens = ack_subject.split(b".")
    _, stream_seq, number = tokens[(at := numbers_at(tokens)) : at + 3]
    return int(stream_seq), int(number)


class Arrivals:
    """Deliveries that came and were not taken yet; mostly one run, which is then not copied."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, Columns]] = []

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, columns: Columns, now_ns: int) -> None:
        """Add messages that all came at this instant."""
        self._runs.append((now_ns, columns))

    def take(self) -> tuple[Delivered, Sequence[bytes]]:
        """Return everything, with the ack subjects, and forget it."""
        runs, self._runs = self._runs, []
        now_ns, columns = runs[0]
        received_ns = _all_at(now_ns, columns)
        if len(runs) > 1:
            received_ns = np.concatenate([_all_at(now_ns, run) for now_ns, run in runs])
            columns = joined([run for _, run in runs])
        block = Delivered(
            received_ns=received_ns,
            ids=columns.ids,
            stream_seqs=columns.stream_seqs,
            deliveries=columns.deliveries,
        )
        return block, columns.ack_subjects


def _all_at(now_ns: int, columns: Columns) -> IntArray:
    """Return an instant for each of them; `np.full` takes five times as long."""
    received_ns = np.empty(columns.ids.size, dtype=np.int64)
    received_ns.fill(now_ns)
    return received_ns


class Reader(Protocol):
    """Reads what a connection brings."""

    def run(self, data: bytes) -> tuple[Columns | None, bytes]:
        """Return the plain messages that `data` begins with, and what lies behind them."""

    def one(self, message: Message) -> Columns | None:
        """Return what a message says; None when it is none of those meant."""


class _Reader(ABC):
    """Reads runs of plain messages at once, any other one by one."""

    _pieces: int
    """Of a message when a chunk is split by the pattern: what lies before it, and its groups."""

    def __init__(self, id_offset: int, id_header: HeaderPlace | None = None) -> None:
        """Be ready to read; the id stands at an offset of the payload, or in a header."""
        self._id_offset = id_offset
        self._id_header = id_header
        self._prefix = b""
        self._shapes: dict[tuple[int, int], int] = {}
        self._pattern = re.compile(rb"(?!)")

    def run(self, data: bytes) -> tuple[Columns | None, bytes]:
        """Return the plain messages that `data` begins with, and what lies behind them."""
        return self._by_pattern(data)

    def _by_pattern(self, data: bytes) -> tuple[Columns | None, bytes]:
        if len(data) > _LARGE_BYTES and self._pattern.match(data) is None:
            return None, data  # else all of an unknown message would be searched for known ones
        step = self._pieces
        pieces = self._pattern.split(data)
        unread: bytes = pieces[-1]
        if any(pieces[:-1:step]):  # something lies between: the run ends before it
            end = self._run_end(data)
            pieces, unread = self._pattern.split(data[:end]), data[end:]
        ids = pieces[step - 1 :: step]
        if not b"".join(ids).isdigit():  # there is no run, or one of them carries no id
            return None, data
        return self._columns(pieces, ids), unread

    def _run_end(self, data: bytes) -> int:
        end = 0
        for match in self._pattern.finditer(data):
            if match.start() != end:
                break
            end = match.end()
        return end

    @abstractmethod
    def one(self, message: Message) -> Columns | None:
        """Return what a message says; None when it is none of those meant. Learns its shape."""

    @abstractmethod
    def _columns(self, pieces: Sequence[bytes], ids: Sequence[bytes]) -> Columns:
        """Return what the pieces of a run say, into which the pattern splits it."""

    @abstractmethod
    def _made(self, prefix: bytes, shapes: Shapes) -> "re.Pattern[bytes]":
        """Return the pattern of plain messages with this prefix and of these shapes."""

    def _id_of(self, message: Message) -> bytes:
        """Return the digits of a message's id; those of `NO_ID` where it has none."""
        if _MARKER in message.header:
            return b"%d" % marker_id(message.subject.decode())
        text, at = message.payload, self._id_offset
        if self._id_header is not None:
            text, at = message.header, self._id_at(message)
        digits = text[at : at + ID_DIGITS] if at >= 0 else b""
        return digits if len(digits) == ID_DIGITS and digits.isdigit() else _NO_ID

    def _id_at(self, message: Message) -> int:
        """Return how many bytes of header and payload stand before the id; below 0 without it."""
        if self._id_header is None:
            return len(message.header) + self._id_offset
        line = b"\r\n%b: " % self._id_header.name.encode()
        found = message.header.find(line)
        return -1 if found < 0 else found + len(line) + self._id_header.at

    def _learn(self, prefix: bytes, message: Message) -> None:
        shape = (len(message.header), len(message.header) + len(message.payload))
        if prefix != self._prefix:
            self._prefix, self._shapes = prefix, {}
        if shape in self._shapes or len(self._shapes) == MAX_SHAPES:
            return
        self._shapes[shape] = self._id_at(message)
        self._pattern = self._made(self._prefix, self._shapes)


class RequestReader(_Reader):
    """Reads core requests: where the reply goes stands for the ack subject, and nobody counts."""

    _pieces = 4

    def one(self, message: Message) -> Columns | None:
        """Return what a request says; None when it wants no answer. Learns its shape."""
        if not message.reply:
            return None
        message_id = self._id_of(message)
        if message_id != _NO_ID:
            self._learn(b"", message)
        return one_of(b"%d" % message.sid, message.reply, 1, 0, int(message_id))

    def _columns(self, pieces: Sequence[bytes], ids: Sequence[bytes]) -> Columns:
        nowhere: IntArray = np.zeros(len(ids), dtype=np.int64)
        first = first_ones(len(ids))
        return Columns(pieces[1::4], pieces[2::4], first, nowhere, read_numbers(ids))

    def _made(self, prefix: bytes, shapes: Shapes) -> "re.Pattern[bytes]":
        del prefix
        return _pattern(rb"([^ ]+) ", shapes)


class EventReader(RequestReader):
    """Reads whatever is published: a reply, where there is one, is another's."""

    def one(self, message: Message) -> Columns | None:
        """Return what a message says. Learns its shape."""
        message_id = self._id_of(message)
        if message_id != _NO_ID:
            self._learn(b"", message)
        return one_of(b"%d" % message.sid, message.reply, 1, 0, int(message_id))

    def _made(self, prefix: bytes, shapes: Shapes) -> "re.Pattern[bytes]":
        del prefix
        return _pattern(rb"(?:([^ \r\n]+) )?", shapes)


class DeliveryReader(_Reader):
    """Reads deliveries of a JetStream consumer."""

    _pieces = 6

    def __init__(self, id_offset: int, id_header: HeaderPlace | None = None) -> None:
        """Be ready to read; the id stands at an offset of the payload, or in a header."""
        super().__init__(id_offset, id_header)
        self._grid = Grid()

    def run(self, data: bytes) -> tuple[Columns | None, bytes]:
        """Return the plain messages that `data` begins with, and what lies behind them."""
        if len(data) < _MANY_BYTES:
            return self._by_pattern(data)
        runs = []
        while len(data) >= _MANY_BYTES and (found := self._grid.read(self._pattern.match(data))):
            columns, end = found
            runs.append(columns)
            data = data[end:]
        if not runs:
            return self._by_pattern(data)
        last, unread = self._by_pattern(data) if data else (None, data)
        return joined(runs if last is None else [*runs, last]), unread

    def one(self, message: Message) -> Columns | None:
        """Return what a delivery says; None when the message is none. Learns its shape."""
        tokens = message.reply.split(b".")
        start = numbers_at(tokens)
        numbers = tokens[start : start + 2]
        known = message.reply.startswith(ACK_PREFIX) and len(tokens) >= _SHORT_FORM_TOKENS
        if not (known and all(text.isdigit() and len(text) <= 18 for text in numbers)):
            return None
        message_id = self._id_of(message)
        if message_id.isdigit():
            self._learn(b".".join(tokens[:start]), message)
        counts, seq = map(int, numbers)
        return one_of(b"%d" % message.sid, message.reply, counts, seq, int(message_id))

    def _columns(self, pieces: Sequence[bytes], ids: Sequence[bytes]) -> Columns:
        return columns_of(pieces[1::6], pieces[2::6], pieces[3::6], pieces[4::6], ids)

    def _made(self, prefix: bytes, shapes: Shapes) -> "re.Pattern[bytes]":
        return plain_delivery(prefix, shapes)


def plain_delivery(prefix: bytes, shapes: Shapes) -> "re.Pattern[bytes]":
    """Return the pattern of a delivery with an id, of any of these sizes.

    Its groups are sid, ack subject, delivery count, stream sequence and id; whether that is one is
    left to check.

    Args:
        prefix: of the ack subject, up to the consumer's name.
        shapes: of deliveries.
    """
    return _pattern(rb"(%b\.(\d{1,18}+)\.(\d{1,18}+)\.[^ ]++) " % re.escape(prefix), shapes)


def _pattern(reply: bytes, shapes: Shapes) -> "re.Pattern[bytes]":
    """Return the pattern of a message with an id and such a reply subject, of any of these sizes.

    Its groups are the sid, those of the reply, and the id. A space stands behind the reply.
    """
    said = _body(*next(iter(shapes.items()))) if len(shapes) == 1 else _bodies(shapes)
    return re.compile(rb"H?MSG [^ ]++ (\d++) %b%b\r\n" % (reply, said), re.DOTALL)


def _sizes(shape: tuple[int, int]) -> bytes:
    """Return what a frame says of its sizes, up to the end of its first line."""
    return b"%d %d\r\n" % shape if shape[0] else b"%d\r\n" % shape[1]


def _body(shape: tuple[int, int], before: int) -> bytes:
    """Return the pattern of sizes and bodies of one shape: a fifth less than by looking ahead."""
    return rb"%b.{%d}(.{%d}).{%d}" % (
        _sizes(shape),
        before,
        ID_DIGITS,
        shape[1] - before - ID_DIGITS,
    )


def _bodies(shapes: Shapes) -> bytes:
    """Return the pattern of sizes and bodies of several shapes; a group can be in it once."""
    places = sorted({(header, before) for (header, _), before in shapes.items()})
    to_id = b"|".join(
        rb"%b\d+\r\n.{%d}" % (b"%d " % header if header else b"", before)
        for header, before in places
    )
    bodies = b"|".join(rb"%b.{%d}" % (_sizes(shape), shape[1]) for shape in shapes)
    return rb"(?=(?:%b)(.{%d}))(?:%b)" % (to_id, ID_DIGITS, bodies)
