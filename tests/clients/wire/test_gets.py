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
from tests.clients.wire.samples import Reader, cut, msg
from tests.clients.wire.test_requests import STATUS_503, Heard
from tests.clients.wire.test_values import DIRECT

COUNT = 40
OFFSET = 3


class Told(Heard):
    """What a reader is told, and which numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[int, int] = {}

    def said(self, positions: IntArray | range, numbers: IntArray) -> None:
        told = np.asarray(positions).tolist()
        self.numbers |= dict(zip(told, numbers.tolist(), strict=True))


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


SIZES = {"value": 8, "large": 1000, "larger": 4000, "tiny": 0}
OTHERS = {
    "gone": b"KV-Operation: DEL\r\n",
    "marked": b"Nats-Marker-Reason: MaxAge\r\n",
    "own": b"Nats-Msg-Id: 7\r\n",
}


def answer(kind: str, position: int, key: int) -> bytes:
    """An answer as a replica gives it; digits of key, sequence and time stamp come and go."""
    if kind == "404":
        return msg(b"_INBOX.me.%016d" % position, 1, b"", header=STATUS_404)
    header = (
        b"NATS/1.0\r\n%bNats-Stream: KV_b\r\nNats-Subject: $KV.b.key.%d\r\nNats-Sequence: %d\r\n"
        b"Nats-Time-Stamp: 2026-11-27T18:00:00%bZ\r\n\r\n"
        % (OTHERS.get(kind, b""), key, key * 7 + 1, b".123456789"[: key % 11])
    )
    digits = b"no id of any write" if kind == "strange" else b"%016d" % key
    payload = b"abc" + digits + b"\r\nHMSG _INBOX.me.0 1 2 3\r\n" * (SIZES.get(kind, 8) // 25)
    return msg(b"_INBOX.me.%016d" % position, 1, payload, header=header)


STATUS_404 = b"NATS/1.0 404 Message Not Found\r\n\r\n"
answers = st.tuples(
    st.sampled_from(["value"] * 8 + ["large", "larger", "tiny", "strange", "404", *OTHERS]),
    st.integers(0, 10**5),
)


@given(
    asked=st.lists(answers, min_size=1, max_size=60),
    turns=st.integers(0, 3),
    sizes=st.lists(st.integers(1, 6000), min_size=1, max_size=12),
    between=st.sets(st.integers(0, 59), max_size=3),
)
def test_runs_say_what_the_exact_reader_says(
    asked: list[tuple[str, int]], turns: int, sizes: list[int], between: set[int]
) -> None:
    """However the stream is cut, whatever its sizes are, in order and out of it."""
    order = list(range(len(asked)))
    for _ in range(turns):
        order = order[1::2] + order[::2]
    data = b"".join(
        (b"PING\r\n" if turn in between else b"") + answer(asked[turn][0], at, asked[turn][1])
        for turn, at in enumerate(order)
    )

    told = [_read_by(exact, cut(data, sizes), len(asked)) for exact in (False, True)]

    assert told[0].numbers == told[1].numbers
    assert sorted(told[0].answered) == sorted(told[1].answered)
    assert told[0].reasons == told[1].reasons
    assert len(told[0].answered) == len(asked)


def _read_by(exact: bool, chunks: list[bytes], count: int) -> Told:
    """Return what is told of a stream in such chunks; of runs, or of one frame after another."""
    told, faults = Told(), Faults()
    bucket = Bucket(stream="KV_b", direct=True, id_offset=OFFSET, within_ns=10**9)
    made = Gets(messages(count, subjects=("a",)), b"_INBOX.me", told, faults, bucket)
    reader = Reader()
    if not exact:
        reader.plain = made.plain  # type: ignore[method-assign]
    reader.message = made.message  # type: ignore[method-assign]
    for chunk in chunks:
        reader.connection.data_received(chunk)
    assert faults.words() == reader.faults.words() == ()
    return told


def test_known_sizes_take_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact reader costs ten times as much: missing the fast one would make us the limit."""
    made, told, _ = reader()
    made.plain(answer("value", 0, 5), 1)
    monkeypatch.setattr(made._values, "_one_by_one", lambda *_: pytest.fail("read one by one"))

    left = made.plain(b"".join(answer("value", at, at) for at in range(1, COUNT)), 1)

    assert left == b""
    assert told.answered == list(range(COUNT))


@pytest.mark.parametrize("size", range(0, len(value(1, 2)), 7))
def test_a_frame_that_is_cut_off_is_left(size: int) -> None:
    """Its rest comes with the next chunk."""
    made, told, _ = reader()
    whole = value(0, 1) + value(1, 2)
    kept = len(value(0, 1)) + size

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
