"""Reading keys: what came by runs equals what would have come one by one."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.buckets import Bucket, reading
from bench.clients.faults import Faults
from bench.clients.port import IntArray, Outcome
from bench.clients.wire.gets import Gets
from bench.clients.wire.parse import Message, next_frame
from tests.clients.wire.links import messages
from tests.clients.wire.samples import msg
from tests.clients.wire.test_requests import STATUS_503, Heard
from tests.clients.wire.test_values import DIRECT

COUNT = 40
OFFSET = 3


class Told(Heard):
    """What a reader is told, and which numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[int, int] = {}

    def said(self, positions: IntArray, numbers: IntArray) -> None:
        self.numbers |= dict(zip(positions.tolist(), numbers.tolist(), strict=True))


def reader() -> tuple[Gets, Told, Faults]:
    told, faults = Told(), Faults()
    bucket = Bucket(stream="KV_b", direct=True, id_offset=OFFSET, within_ns=10**9)
    return Gets(messages(COUNT, subjects=("a",)), b"_INBOX.me", told, faults, bucket), told, faults


def value(position: int, number: int, size: int = 8, header: bytes = b"") -> bytes:
    """An answer that holds the value of the write of this number."""
    payload = b"abc%016d" % number + b"x" * size
    return msg(b"_INBOX.me.%016d" % position, 1, payload, header=DIRECT % (header, number + 1))


def read(made: Gets, data: bytes) -> None:
    """As a connection does: runs first, then one frame exactly."""
    while data:
        data = made.plain(data, 1)
        if data:
            found = next_frame(data, 0)
            if found is None:
                return
            frame, stop = found
            assert isinstance(frame, Message)
            made.message(frame, 1)
            data = data[stop:]


@given(
    order=st.permutations(range(COUNT)),
    kinds=st.lists(st.sampled_from(["value", "value", "large", "gone", "404", "503"]), min_size=1),
)
def test_every_read_has_its_own_answer(order: Sequence[int], kinds: list[str]) -> None:
    """Values of any size, markers and keys without a value between them."""
    made, told, faults = reader()
    wanted = {at: kinds[turn % len(kinds)] for turn, at in enumerate(order)}
    frames = {
        "value": lambda at: value(at, 100 + at),
        "large": lambda at: value(at, 100 + at, size=1000),
        "gone": lambda at: value(at, 100 + at, header=b"KV-Operation: DEL\r\n"),
        "404": lambda at: msg(
            b"_INBOX.me.%016d" % at, 1, b"", header=b"NATS/1.0 404 Message Not Found\r\n\r\n"
        ),
        "503": lambda at: msg(b"_INBOX.me.%016d" % at, 1, b"", header=STATUS_503),
    }

    read(made, b"".join(frames[kind](at) for at, kind in wanted.items()))

    brought = {"value": 101, "large": 101}
    assert told.numbers == {
        at: at + brought[kind] if kind in brought else 0
        for at, kind in wanted.items()
        if kind != "503"
    }
    assert sorted(told.answered) == sorted(told.numbers)
    assert told.others == {
        at: Outcome.NO_RESPONDERS for at, kind in wanted.items() if kind == "503"
    }
    assert faults.words() == ()


@pytest.mark.parametrize("cut", range(0, len(value(1, 2)), 7))
def test_a_frame_that_is_cut_off_is_left(cut: int) -> None:
    """Its rest comes with the next chunk."""
    made, told, _ = reader()
    whole = value(0, 1) + value(1, 2)
    kept = len(value(0, 1)) + cut

    left = made.plain(whole[:kept], 1)

    assert told.answered == [0]
    assert left == whole[len(value(0, 1)) : kept]


def test_an_answer_to_what_was_never_asked_is_a_fault() -> None:
    """It is nobody's value."""
    made, told, faults = reader()

    read(made, value(COUNT, 1) + value(2, 5))

    assert told.numbers == {2: 6}
    assert len(faults.words()) == 1


def test_a_value_without_an_id_is_no_write_of_ours() -> None:
    """It was read, and it is of nobody: the number 0 would mean that there was none."""
    made, told, _ = reader()
    payload = b"somebody else's value"
    data = msg(b"_INBOX.me.%016d" % 4, 1, payload, header=DIRECT % (b"", 9))

    read(made, data)

    assert told.answered == [4]
    assert told.numbers[4] < 0


@pytest.mark.parametrize("direct", [True, False])
def test_a_question_names_the_key(direct: bool) -> None:
    """In the subject for a replica, in the body for the leader."""
    asked = messages(3, subjects=("$KV.b.key.1", "$KV.b.key.2"))

    found = reading(asked, Bucket(stream="KV_b", direct=direct), "$JS.hub.API")

    subject = found.subjects[found.subject_index[1]]
    body = found.payloads[found.payload_index[1]]
    key = asked.subjects[asked.subject_index[1]]
    assert not body.holds_id
    assert np.array_equal(found.ids, asked.ids)
    if direct:
        assert (subject, body.content) == (f"$JS.hub.API.DIRECT.GET.KV_b.{key}", b"")
    else:
        assert subject == "$JS.hub.API.STREAM.MSG.GET.KV_b"
        assert body.content == b'{"last_by_subj": "%b"}' % key.encode()
