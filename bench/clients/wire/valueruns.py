"""Runs of values that replicas answered with, each with nothing but the four headers of a get.

Those differ in the digits of key, sequence and time stamp, so sizes vary by a few bytes. A pattern
that knows the sizes to expect splits a whole chunk at once and jumps over all but the numbers. A
value of other sizes is matched by itself, and they are expected from then on. Anything else ends
the run: a marker, a status, a value with headers of its own, which stand first, one without an id.

Source: ADR-31 (github.com/nats-io/nats-architecture-and-design), as tried on nats-server 2.15.1.
"""

import re
from collections.abc import Iterable, Sequence

from bench.clients.port import IntArray
from bench.clients.wire.digits import read_numbers
from bench.clients.wire.frames import NUMBER_DIGITS
from bench.clients.wire.inorder import InOrder
from bench.plan.traffic import ID_DIGITS

NEIGHBOURS = 8
"""Header sizes above and below one that came are expected as well: digits come and go."""

MAX_SHAPES = 128
"""Sizes of header and value that are expected; values of others are matched by themselves."""

_TO_STREAM = rb"NATS/1\.0\r\nNats-Stream: "
_TO_STREAM_BYTES = len(b"NATS/1.0\r\nNats-Stream: ")
_HEADER = _TO_STREAM + (
    rb"[^\r]*\r\nNats-Subject: [^\r]*\r\nNats-Sequence: \d+\r\nNats-Time-Stamp: [^\r]*\r\n\r\n"
)
_DIGITS = NUMBER_DIGITS + ID_DIGITS
Shape = tuple[int, int]
"""Bytes of header and value."""


class ValueRuns:
    """Reads runs of values that hold an id."""

    def __init__(self, inbox: bytes, id_offset: int) -> None:
        """Expect no size yet.

        Args:
            inbox: what the reply subjects begin with, up to the dot before a position.
            id_offset: of the id in every value.
        """
        self._inbox_bytes = len(inbox)
        self._id_offset = id_offset
        self._any = re.compile(
            rb"HMSG %b\.(\d{%d}) 1 (\d+) (\d+)\r\n%b" % (re.escape(inbox), NUMBER_DIGITS, _HEADER)
        )
        self._shapes: dict[Shape, None] = {}
        self._expected = re.compile(rb"(?!)")
        self._in_order = InOrder(b"0" * NUMBER_DIGITS, slice(0, NUMBER_DIGITS))

    def read(self, data: bytes) -> tuple[IntArray | range, IntArray, bytes]:
        """Return positions and ids of the run that `data` begins with, and what lies behind it."""
        positions, ids, unread = self._run(data)
        if unread:
            unread = self._one_by_one(unread, positions, ids)
        in_order = self._in_order.read(b"".join(positions))
        return in_order or read_numbers(positions), read_numbers(ids), unread

    def _run(self, data: bytes) -> tuple[list[bytes], list[bytes], bytes]:
        """Return position and id of each value of expected sizes, and what lies behind them."""
        pieces = self._expected.split(data)
        unread = pieces.pop()
        if not _is_run(pieces):
            end = self._run_end(data)
            *pieces, _ = self._expected.split(data[:end])
            unread = data[end:]
        return pieces[1::3], pieces[2::3], unread

    def _run_end(self, data: bytes) -> int:
        end = 0
        for found in self._expected.finditer(data):
            if found.start() != end or not _is_run((b"", *found.groups())):
                break
            end = found.end()
        return end

    def _one_by_one(self, data: bytes, positions: list[bytes], ids: list[bytes]) -> bytes:
        """Add position and id of each value of any size; return what lies behind them."""
        at = 0
        while (found := self._any.match(data, at)) is not None:
            body, shape = found.end(), (int(found[2]), int(found[3]) - int(found[2]))
            end = body + shape[1]
            message_id = data[body + self._id_offset : body + self._id_offset + ID_DIGITS]
            if not _is_run((b"", found[1], message_id)) or data[end : end + 2] != b"\r\n":
                break
            self._expect(*shape)
            positions.append(found[1])
            ids.append(message_id)
            at = end + 2
        return data[at:]

    def _expect(self, header: int, value: int) -> None:
        if (header, value) in self._shapes or len(self._shapes) >= MAX_SHAPES:
            return
        near = sorted(range(-NEIGHBOURS, NEIGHBOURS + 1), key=abs)
        self._shapes |= dict.fromkeys((header + each, value) for each in near)
        self._expected = self._made(self._shapes)

    def _made(self, shapes: Iterable[Shape]) -> "re.Pattern[bytes]":
        """Return the pattern of a value of any of these sizes; its groups are position and id."""
        heads = {shape: _head(*shape) for shape in shapes}
        to_value, values = b"|".join(heads.values()), {value for _, value in heads}
        to_id = rb"(?:%b).{%d}(.{%d})" % (to_value, self._id_offset, ID_DIGITS)
        if len(values) == 1:  # a third faster than to look ahead, and then to find the end
            body = rb"%b.{%d}" % (to_id, values.pop() - self._id_offset - ID_DIGITS)
        else:
            wholes = (rb"%b.{%d}" % (head, value) for (_, value), head in heads.items())
            body = rb"(?=%b)(?:%b)" % (to_id, b"|".join(wholes))
        start = rb"HMSG .{%d}\.(.{%d}) 1 " % (self._inbox_bytes, NUMBER_DIGITS)
        return re.compile(start + body + rb"\r\n", re.DOTALL)


def _head(header: int, value: int) -> bytes:
    """Return the pattern of what stands between the sid and a value."""
    rest = header - _TO_STREAM_BYTES - len(b"\r\n\r\n")
    return rb"%d %d\r\n%b.{%d}\r\n\r\n" % (header, header + value, _TO_STREAM, rest)


def _is_run(pieces: Sequence[bytes]) -> bool:
    """Say whether these are nothing, a position and an id, again and again."""
    digits = b"".join(pieces)
    return 3 * len(digits) == _DIGITS * len(pieces) and digits.isdigit()
