"""A frame that comes in many chunks is moved once, whatever its size. Counts, not times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.wire.parse import frame_bytes
from bench.clients.wire.remainder import Remainder
from tests.clients.wire.samples import Reader, cut, messages, msg
from tests.clients.wire.test_deliveries import SHORT, consumer

CHUNK_BYTES = 64 * 1024
MIB = 1 << 20


class CountingReader(Reader):
    """Counts the bytes that it is given to read, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.read_bytes = 0

    def plain(self, data: bytes, now_ns: int) -> bytes:
        self.read_bytes += len(data)
        return super().plain(data, now_ns)


@pytest.mark.parametrize("mib", [1, 4, 16])
def test_a_large_message_is_read_twice_however_many_chunks_it_comes_in(mib: int) -> None:
    """Read anew with each chunk, 16 MiB would be 2 GiB to read: time would go by the square."""
    frame = msg(b"orders", 1, b"x" * (mib * MIB))
    reader = CountingReader()

    reader.read(cut(frame, [CHUNK_BYTES] * (len(frame) // CHUNK_BYTES)))

    assert [len(message.payload) for message in reader.messages] == [mib * MIB]
    assert reader.read_bytes <= 2 * len(frame)  # its first chunk, and all of it


def test_chunks_that_end_no_frame_wake_nobody() -> None:
    """A consumer that looks for news 64 times a message does 63 looks too many."""
    frame = msg(b"orders", 1, b"x" * MIB)
    reader = Reader()

    reader.read(cut(frame, [CHUNK_BYTES] * 16))

    assert reader.chunks == 2  # the one that it begins in, and the one that it ends in


@given(frame=messages, behind=messages)
def test_a_frame_says_its_size_as_soon_as_its_line_is_whole(frame: bytes, behind: bytes) -> None:
    """One byte too few would read a cut frame; one too many would wait for ever."""
    line_stop = frame.index(b"\r\n") + 2

    assert frame_bytes(frame[:line_stop]) == len(frame)
    assert frame_bytes(frame + behind) == len(frame)


@given(frame=messages, data=st.data())
def test_a_line_that_is_cut_off_tells_no_size(frame: bytes, data: st.DataObject) -> None:
    """A size of three digits looks whole after the first."""
    stop = data.draw(st.integers(0, frame.index(b"\r\n") + 1))

    assert frame_bytes(frame[:stop]) == 0


def test_what_a_broken_connection_left_is_forgotten() -> None:
    """The next connection begins with a frame of its own, not with the end of the last one's."""
    remainder = Remainder()
    remainder.keep(b"MSG a 1 100\r\nhalf")

    remainder.forget()

    assert remainder.behind(b"PING\r\n") == b"PING\r\n"


def test_large_deliveries_of_known_and_unknown_sizes_are_read_once_and_whole() -> None:
    """Each size is unknown at first; beyond sixteen sizes, all further ones stay so."""
    sizes = [CHUNK_BYTES * 5 + extra for extra in range(20)] * 2
    link, taken = consumer()
    data = b"".join(
        msg(b"orders.eu", 1, b"%016d" % at + b"M" * size, SHORT % (1, at + 1, at % 30))
        for at, size in enumerate(sizes)
    )

    for chunk in cut(data, [CHUNK_BYTES] * (len(data) // CHUNK_BYTES)):
        link._connection.data_received(chunk)

    assert taken.column("ids") == list(range(len(sizes)))
    assert link._unanswered.look(np.arange(1)) == [SHORT % (1, 1, 0)]
    assert link.faults == ()
