"""Deliveries of one length read as a matrix: the same as by the pattern, whatever comes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.clients.wire import deliveries
from bench.clients.wire.grid import FEWEST, Grid
from tests.clients.wire.samples import cut, msg
from tests.clients.wire.test_deliveries import HEARTBEAT, Sent, consumer, many

MANY = 3 * FEWEST
SHORT = b"$JS.ACK.ORDERS.worker.%d.%d.7.1700000000000000000.%03d"
LONG = b"$JS.ACK.hub.AbCd.ORDERS.worker.%d.%d.7.1700000000000000000.%03d.rnd"
"""With as many digits of what is pending, whatever it is."""

runs = st.lists(
    st.builds(
        lambda count, first_seq, first_id, changes, size, subject: [
            replace(
                each,
                stream_seq=first_seq + each.stream_seq,
                message_id=first_id + each.message_id,
                size=size,
                subject=subject,
            )
            for each in many(count, **changes)
        ],
        count=st.sampled_from([1, 2, FEWEST, MANY, MANY, MANY]),
        first_seq=st.sampled_from([100, 9_930, 99_999_950, 10**12 - 50]),
        first_id=st.sampled_from([0, 0, 10**8 - 50, 10**8, 10**15]),
        changes=st.fixed_dictionaries(
            {
                "deliveries": st.sampled_from([1, 1, 2, 13]),
                "has_header": st.sampled_from([False, False, True]),
                "ack_form": st.sampled_from([SHORT, SHORT, LONG]),
                "filler": st.sampled_from([b"x", b"\r\n", b"MSG a 1 ", b"\x00\xff"]),
            }
        ),
        size=st.sampled_from([40, 41, 128, 300]),
        subject=st.sampled_from([b"orders.eu", b"orders.us", b"o" * 200, b"o"]),
    ),
    min_size=1,
    max_size=6,
)
flips = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=2)


def alike(count: int) -> list[Sent]:
    """So many deliveries of one length, but for the digits of their sequence."""
    return many(count, ack_form=SHORT)


def read(chunks: Sequence[bytes], id_offset: int, *, as_matrix: bool) -> dict[str, object]:
    """Everything that a consumer makes of chunks, but for the instants."""
    link, taken = consumer(id_offset)
    if not as_matrix:
        link._reader._grid.read = lambda first: None  # type: ignore[attr-defined]
    for chunk in chunks:
        link._connection.data_received(chunk)
    columns = ("ids", "stream_seqs", "deliveries")
    told = {name: taken.column(name) for name in columns}
    positions = np.arange(len(told["ids"]))
    return {
        **told,
        "instants": len(taken.column("received_ns")),
        "acks": link._unanswered.look(positions),
        "faults": link.faults,
        "unread": b"".join(link._connection._remainder.pieces),
    }


def frames(messages: Sequence[Sent], id_offset: int) -> Iterator[bytes]:
    """What the server sends of messages, to two subscriptions in turns."""
    for turn, message in enumerate(messages):
        yield message.frame(id_offset).replace(b" 1 $JS", b" %d $JS" % (1 + turn % 2), 1)


@given(
    runs=runs,
    id_offset=st.sampled_from([0, 9]),
    heartbeat=st.integers(0, 400),
    flips=flips,
    sizes=st.lists(st.sampled_from([700, 60_000, 60_000]), min_size=1, max_size=5),
)
@example(runs=[alike(MANY)], id_offset=0, heartbeat=400, flips=[(0.5, 32)], sizes=[60_000])
def test_a_matrix_says_what_the_pattern_says(
    runs: list[list[Sent]],
    id_offset: int,
    heartbeat: int,
    flips: list[tuple[float, int]],
    sizes: list[int],
) -> None:
    """Of runs of any lengths, with anything between and any byte broken, cut anywhere."""
    pieces = list(frames([message for run in runs for message in run], id_offset))
    pieces.insert(heartbeat, HEARTBEAT)
    data = bytearray(b"".join(pieces))
    for place, byte in flips:
        data[round(place * (len(data) - 1))] = byte
    chunks = list(cut(bytes(data), sizes))

    assert read(chunks, id_offset, as_matrix=True) == read(chunks, id_offset, as_matrix=False)


@pytest.mark.parametrize("byte", b" X")
def test_a_byte_that_may_not_stand_there_is_seen(byte: int) -> None:
    """Each place of a frame is either looked at, or says nothing of what is recorded."""
    pieces = list(frames(alike(99 + MANY)[99:], 0))
    for at in range(len(pieces[-5])):
        broken = bytearray(pieces[-5])
        broken[at] = byte
        chunks = [pieces[0], b"".join([*pieces[1:-5], broken, *pieces[-4:]])]

        assert read(chunks, 0, as_matrix=True) == read(chunks, 0, as_matrix=False), at


def test_many_of_one_length_take_the_cheap_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pattern costs four times as much: missing the matrix would make us the limit."""
    link, taken = consumer()
    pieces = list(frames(alike(1200)[900:], 0))  # the sequence gets a digit more on the way
    link._connection.data_received(pieces[0])
    monkeypatch.setattr(
        deliveries._Reader, "_by_pattern", lambda *_: pytest.fail("read by the pattern alone")
    )

    link._connection.data_received(b"".join(pieces[1:]))

    assert taken.column("stream_seqs") == list(range(901, 1201))


def found(data: bytes) -> "re.Match[bytes] | None":
    pattern = deliveries.plain_delivery(b"$JS.ACK.ORDERS.worker", {(0, 2048): 1800, (0, 128): 0})
    return pattern.match(data)


def test_it_takes_no_few_and_none_whose_id_is_far() -> None:
    """There the pattern is cheaper, or a matrix would be large."""
    enough = list(frames(alike(99 + FEWEST)[99:], 0))
    far = msg(b"a", 1, b"x" * 1800 + b"0" * 248, SHORT % (1, 2, 3)) * MANY

    assert Grid().read(found(b"".join(enough))) is not None
    assert Grid().read(found(b"".join(enough[1:]))) is None
    assert found(far) is not None
    assert Grid().read(found(far)) is None
    assert Grid().read(None) is None


def test_what_frames_have_in_common_is_learnt_anew() -> None:
    """Another consumer with a name of the same length: one chunk by the pattern, and no more."""
    data = b"".join(list(frames(alike(99 + MANY)[99:], 0)))
    other = data.replace(b".worker.", b".waiter.")
    pattern = deliveries.plain_delivery(b"$JS.ACK.ORDERS.waiter", {(0, 128): 0})
    grid = Grid()

    assert grid.read(found(data)) is not None
    assert grid.read(pattern.match(other)) is None
    assert grid.read(pattern.match(other)) is not None
