"""Batches against a small model of a stream: every message is answered once, and rightly."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.faults import Faults
from bench.clients.port import Messages
from bench.clients.wire import frames
from bench.clients.wire.atomic import AtomicBatches
from bench.clients.wire.batches import FIRST, LAST, MIDDLE, Batches
from bench.clients.wire.fast import MISSED, FastBatches
from bench.clients.wire.frames import PublishFrames
from bench.clients.wire.parse import Message, next_frame
from bench.spec.headers import ATOMIC_HEADER_BYTES
from bench.spec.variant import PublishSettings
from tests.clients.wire.links import Answers, messages
from tests.clients.wire.model import FULL, Stream, published

COUNT = 60
MODES: dict[str, type[AtomicBatches] | type[FastBatches]] = {
    "atomic": AtomicBatches,
    "fast": FastBatches,
}


@dataclass
class Pair:
    """A publisher's side and a stream, with nothing but bytes between them."""

    mode: str
    batch: int
    stream: Stream
    answers: Answers = field(default_factory=Answers)
    faults: Faults = field(default_factory=Faults)
    sent: int = 0
    now_ns: int = 1
    gap: str = "fail"
    ack_first: bool = False
    ack_every: int | None = None

    def __post_init__(self) -> None:
        how = PublishSettings.model_validate(
            {
                "mode": self.mode,
                "batch": self.batch,
                "gap": self.gap,
                "ack_first": self.ack_first,
                "ack_every": self.ack_every,
            }
        )
        chosen = messages(COUNT, subjects=("a", "bb"), sizes=(16, 40))
        make = MODES[self.mode]
        self.manner = make(chosen, b"_INBOX.me", self.answers, self.faults, how)
        self.frames = PublishFrames(chosen, self.manner)

    def send(self, count: int) -> None:
        """Send so many more messages, as far as there are any."""
        stop = min(self.sent + count, COUNT)
        if self.manner.awaits:
            stop = min(stop, self.manner.free_stop())
        if stop > self.sent:
            self.stream.take(b"".join(self.frames.slices(self.sent, stop)))
            self.manner.wrote(stop, self.now_ns)
            self.sent = stop

    def read(self, count: int) -> None:
        """Let so many answers arrive."""
        arrived = self.stream.answers[:count]
        del self.stream.answers[:count]
        for data in arrived:
            found = next_frame(data, 0)
            assert found is not None
            assert isinstance(found[0], Message)
            self.manner.message(found[0], self.now_ns)

    def linger(self) -> None:
        """Let the time pass that ends an open batch."""
        if self.manner.ends_ns():
            self.now_ns = self.manner.ends_ns()
            self.stream.take(self.manner.end())

    def lose(self) -> None:
        """Break the connection; the stream restarts."""
        self.stream.forget()
        self.manner.lost()
        self.answers.abandoned(self.sent)

    def settle(self) -> None:
        """Read and wait until nothing happens any more."""
        for _ in range(3):
            self.read(len(self.stream.answers))
            self.linger()
        self.read(len(self.stream.answers))


def ids(stream: Stream) -> list[int]:
    return [int(payload[:16]) for payload in stream.stored]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 25)),
        st.tuples(st.just("read"), st.integers(1, 10)),
        st.just(("linger", 0)),
    ),
    max_size=20,
)


def play(pair: Pair, actions: list[tuple[str, int]]) -> None:
    for action, count in actions:
        match action:
            case "send":
                pair.send(count)
            case "read":
                pair.read(count)
            case "lose":
                pair.lose()
            case "linger":
                pair.linger()


@pytest.mark.parametrize("mode", MODES)
@given(
    actions=steps,
    batch=st.integers(1, 30),
    room=st.sampled_from([0, 7, 31, COUNT]),
    paces=st.lists(st.integers(1, 40), min_size=1, max_size=8),
)
def test_every_message_is_answered_once_and_as_the_stream_had_it(
    mode: str, actions: list[tuple[str, int]], batch: int, room: int, paces: list[int]
) -> None:
    """Sends, acks, waits and refusals in any order: what we call stored is what is there."""
    turns = iter(paces * 100)
    pair = Pair(mode, batch, Stream(room=room, pace=lambda: next(turns)))

    play(pair, actions)
    pair.settle()

    assert pair.answers.stored_positions == ids(pair.stream)
    settled = {*pair.answers.stored_positions, *pair.answers.refusals}
    assert settled == set(range(pair.sent))
    assert len(pair.answers.stored_positions) + len(pair.answers.refusals) == pair.sent
    assert pair.faults.words() == ()


@pytest.mark.parametrize("mode", MODES)
@given(
    actions=st.lists(st.one_of(steps, st.just([("lose", 0)])), max_size=6),
    batch=st.integers(1, 30),
)
def test_after_a_break_a_new_batch_begins(
    mode: str, actions: list[list[tuple[str, int]]], batch: int
) -> None:
    """The server knows nothing of the old one; what follows must not be refused for its sake."""
    pair = Pair(mode, batch, Stream(room=COUNT, pace=lambda: batch))

    for some in actions:
        play(pair, some)
    pair.settle()

    assert pair.answers.refusals == {}
    assert len(set(pair.answers.stored_positions)) == len(pair.answers.stored_positions)
    assert set(pair.answers.stored_positions) <= set(ids(pair.stream))
    behind = set(range(pair.answers.abandoned_stop, pair.sent))
    assert behind <= set(pair.answers.stored_positions)


@given(
    size=st.integers(1, 20), count=st.integers(1, 50), ends=st.lists(st.integers(1, 49), max_size=4)
)
def test_batches_are_full_but_where_they_ended_early(
    size: int, count: int, ends: list[int]
) -> None:
    """Known by their first position; told one by one and for a block alike."""
    batches = Batches(size, count)
    first, expected = 0, {}
    for position in range(count):
        if position in ends:
            batches.end(position)
            first = position
        elif position - first == size:
            first = position
        expected[position] = (first, position - first + 1)
        assert batches.place(position) == expected[position]

    start = max([0, *(end for end in ends if end < count)])
    positions = np.arange(start, count)
    part, numbers = batches.numbers(positions)
    rows = zip(part.tolist(), numbers["batch"].tolist(), numbers["sequence"].tolist(), strict=True)
    for position, (chosen, batch, sequence) in zip(positions.tolist(), rows, strict=True):
        assert (batch, sequence) == expected[position]
        last = sequence == size or position == count - 1
        assert chosen == (LAST if last else FIRST if sequence == 1 else MIDDLE)
        assert batches.is_last(position) == last


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_that_ended_early_is_not_continued_from_what_was_built_ahead(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Frames are built a thousand at a time; an early end makes those of the next batch wrong."""
    monkeypatch.setattr(frames, "BLOCK_MSGS", 32)
    pair = Pair(mode, 10, Stream(room=COUNT, pace=lambda: 10))

    for _ in range(COUNT):
        pair.send(3)
        pair.read(10)
        pair.linger()
    pair.settle()

    assert pair.answers.stored_positions == list(range(COUNT))


def test_the_headers_of_an_atomic_batch_are_as_long_as_we_say() -> None:
    """The rule about max_payload goes by this; a message beyond it would end the connection."""
    chosen: Messages = messages(5, subjects=("a",))
    how = PublishSettings.model_validate({"mode": "atomic", "batch": 5})
    inbox = b"_INBOX." + b"f" * 16
    built = PublishFrames(chosen, AtomicBatches(chosen, inbox, Answers(), Faults(), how))
    *_, commit = published(b"".join(built.slices(0, 5)))

    size = sum(len(f"{name}: {text}\r\n") for name, text in commit.headers.items())
    assert size == ATOMIC_HEADER_BYTES
    assert built.largest_bytes == 128 + len("NATS/1.0\r\n\r\n") + size


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("to", [b"_INBOX.me.x", b"_INBOX.me.%016d.%016d" % (3, 2)])
def test_an_answer_to_nothing_is_a_fault(mode: str, to: bytes) -> None:
    """Whoever answers what was never sent must not have anything called stored."""
    pair = Pair(mode, 10, Stream(room=COUNT, pace=lambda: 10))
    pair.send(5)

    pair.manner.message(Message(to, 1, b"", b"", b'{"stream":"S","seq":9,"count":9}'), 1)

    assert pair.answers.stored_positions == []
    assert pair.faults.words() == ("an answer to a message that was never sent",)


def test_an_ack_beyond_what_was_sent_is_a_fault() -> None:
    """The sink would be told of messages that are not on their way."""
    pair = Pair("fast", 10, Stream(room=COUNT, pace=lambda: 10))
    pair.send(5)
    to = pair.stream.answers[0].split(b" ")[1]

    pair.manner.message(Message(to, 1, b"", b"", b'{"type":"ack","seq":6,"msgs":10}'), 1)

    assert pair.answers.stored_positions == []
    assert pair.faults.words() == ("an answer to a message that was never sent",)


def test_a_gap_refuses_what_the_server_missed() -> None:
    """As nats-server 2.15.1 tells it: the gap first, then how far the batch had come."""
    pair = Pair("fast", 10, Stream(room=COUNT, pace=lambda: 10))
    pair.send(5)
    to = pair.stream.answers[0].split(b" ")[1].replace(b"%016d.0" % 1, b"%016d.1" % 4)

    for body in (
        b'{"type":"gap","last_seq":3,"seq":4}',
        b'{"stream":"S","seq":79,"batch":"b","count":2}',
    ):
        pair.manner.message(Message(to, 1, b"", b"", body), 1)

    assert pair.answers.stored_positions == [0, 1]
    reason = "the server missed a message before it in its batch"
    assert pair.answers.refusals == {2: reason, 3: reason}


def told(body: bytes, *, at: int = 8, operation: int = 1) -> Pair:
    """Return what ten messages came to whose batch goes on: 3 to 5 are missing, and then this."""
    pair = Pair("fast", 10, Stream(room=COUNT, pace=lambda: 10), gap="ok")
    pair.send(10)
    to = pair.stream.answers[0].split(b" ")[1]
    for sequence, kind, said in (
        (6, 1, b'{"type":"gap","last_seq":3,"seq":6}'),
        (at, operation, body),
    ):
        reply = to.replace(b"%016d.0" % 1, b"%016d.%d" % (sequence, kind))
        pair.manner.message(Message(reply, 1, b"", b"", said), 1)
    assert not pair.faults.words()
    return pair


@pytest.mark.parametrize(
    ("acked", "stored"),
    [(1, [0]), (2, [0, 1]), (3, [0, 1]), (5, [0, 1]), (6, [0, 1, 5]), (8, [0, 1, 5, 6, 7])],
)
def test_an_ack_that_goes_over_a_gap_is_none_of_what_was_missed(
    acked: int, stored: list[int]
) -> None:
    """Wherever it ends: 2, 3 and 4 never came to the server."""
    pair = told(b'{"type":"ack","seq":%d,"msgs":10}' % acked)

    assert pair.answers.stored_positions == stored
    assert pair.answers.refusals == dict.fromkeys((2, 3, 4), MISSED)


def test_the_last_word_on_a_batch_with_a_gap_counts_over_it() -> None:
    """As nats-server 2.15.1 does: its count is the last sequence, and not of what it stored."""
    pair = told(b'{"stream":"S","seq":7,"batch":"b","count":10}', at=10, operation=2)

    assert pair.answers.stored_positions == [0, 1, 5, 6, 7, 8, 9]
    assert sorted(pair.answers.refusals) == [2, 3, 4]


def test_what_follows_the_last_word_of_a_batch_that_broke_is_refused_once() -> None:
    """It says 7 where 10 were sent: the rest is refused, and what was missed is not again."""
    pair = told(b'{"stream":"S","seq":4,"batch":"b","count":7}', at=10, operation=1)

    assert pair.answers.stored_positions == [0, 1, 5, 6]
    assert sorted(pair.answers.refusals) == [2, 3, 4, 7, 8, 9]


def test_what_is_missing_at_the_end_is_told_by_the_end() -> None:
    """The message that ends a batch finds the one before it missing."""
    pair = Pair("fast", 10, Stream(room=COUNT, pace=lambda: 10), gap="ok")
    pair.send(5)
    to = pair.stream.answers[0].split(b" ")[1].replace(b"%016d.0" % 1, b"%016d.3" % 6)

    for body in (b'{"type":"gap","last_seq":5,"seq":6}',
                 b'{"stream":"S","seq":4,"batch":"b","count":5}'):  # fmt: skip
        pair.manner.message(Message(to, 1, b"", b"", body), 1)

    assert pair.answers.stored_positions == [0, 1, 2, 3]
    assert pair.answers.refusals == {4: MISSED}
    assert not pair.faults.words()


def waiting(mode: str, batch: int = 10, *, first: bool = True, every: int | None = None) -> Pair:
    stream = Stream(room=COUNT, pace=lambda: 10)
    return Pair(mode, batch, stream, ack_first=first, ack_every=every)


@pytest.mark.parametrize(
    ("first", "every", "stops"),
    [(True, None, [1, 11, 21]), (True, 4, [1, 4, 8, 11]), (False, 4, [4, 8, 14]),
     (False, 5, [5, 15, 25])],
)  # fmt: skip
def test_an_atomic_batch_goes_no_farther_than_to_the_next_answer(
    first: bool, every: int | None, stops: list[int]
) -> None:
    """Of ten each; the last message of a batch commits it, and nothing waits for that."""
    pair = waiting("atomic", first=first, every=every)

    for stop in stops:
        pair.send(COUNT)
        assert pair.sent == stop
        pair.send(COUNT)
        assert pair.sent == stop, "not before it is answered"
        pair.read(len(pair.stream.answers))

    assert not pair.faults.words()


def test_a_fast_batch_waits_for_its_first_answer_alone() -> None:
    """It is open for as long as messages come; one that was ended is followed by another."""
    pair = waiting("fast")
    pair.send(COUNT)
    assert pair.sent == 1
    pair.read(1)
    pair.send(20)
    assert pair.sent == 21
    pair.read(len(pair.stream.answers))
    pair.linger()
    pair.send(COUNT)
    assert pair.sent == 22
    pair.read(len(pair.stream.answers))
    pair.send(COUNT)
    pair.read(len(pair.stream.answers))

    assert pair.answers.stored_positions == list(range(COUNT))
    assert not pair.faults.words()


@pytest.mark.parametrize("mode", ["atomic", "fast"])
def test_a_wait_for_an_answer_is_no_wait_for_messages(mode: str) -> None:
    """A server that takes its time would have batches of one, and still more to do with them."""
    pair = waiting(mode)
    pair.send(COUNT)
    assert pair.manner.ends_ns() == 0
    pair.now_ns = 10**12
    pair.read(1)

    assert pair.manner.ends_ns() in (0, 10**12 + 100_000_000)
    pair.send(1)
    assert pair.manner.ends_ns() == 10**12 + 100_000_000


@pytest.mark.parametrize("mode", ["atomic", "fast"])
def test_a_wait_ends_with_its_connection(mode: str) -> None:
    """Whoever answers then knows of no batch."""
    pair = waiting(mode)
    pair.send(COUNT)
    pair.linger()
    pair.send(COUNT)
    assert pair.sent == 1
    pair.lose()
    pair.send(COUNT)

    assert pair.sent == 2


def test_a_batch_that_is_refused_at_its_first_message_is_over() -> None:
    """One message is refused for it, and the next one begins another batch."""
    pair = waiting("atomic")
    pair.send(COUNT)
    (answer,) = pair.stream.answers
    to = answer.split(b" ")[1]
    full = json.dumps({"error": FULL, "stream": "S", "seq": 0}).encode()

    pair.manner.message(Message(to, 1, b"", b"", full), 1)
    pair.stream.forget()
    pair.send(COUNT)

    assert sorted(pair.answers.refusals) == [0]
    assert pair.sent == 2
    pair.read(1)
    pair.send(COUNT)
    pair.read(len(pair.stream.answers))
    assert pair.answers.stored_positions == list(range(1, 11))


def test_an_answer_of_nobody_is_no_answer_to_the_first_message() -> None:
    """Its payload is as empty as that of one that says to go on."""
    pair = waiting("atomic")
    pair.send(1)
    to = pair.stream.answers[0].split(b" ")[1]

    pair.manner.message(Message(to, 1, b"", b"NATS/1.0 503\r\n\r\n", b""), 1)

    assert list(pair.answers.refusals) == [0]


@pytest.mark.parametrize("first", [True, False], ids=["waits", "does not wait"])
def test_a_commit_that_is_answered_with_nothing_is_refused_in_words(first: bool) -> None:
    """Only who asked for it is told to go on so; of a commit it is an answer nobody can read."""
    pair = waiting("atomic", batch=2, first=first)
    pair.send(2)
    pair.read(len(pair.stream.answers) if first else 0)
    pair.send(1 if first else 0)
    to = pair.stream.answers[-1].split(b" ")[1]

    pair.manner.message(Message(to, 1, b"", b"", b""), 1)

    assert sorted(pair.answers.refusals) == [0, 1]
    assert "unreadable PubAck" in pair.answers.refusals[1]


@given(
    mode=st.sampled_from(["atomic", "fast"]),
    batch=st.integers(2, 12),
    first=st.booleans(),
    every=st.none() | st.integers(1, 11),
    steps=st.lists(st.sampled_from(["send", "read", "linger"]), max_size=60),
)
def test_whatever_waits_is_answered_once_and_all_is_stored_in_the_end(
    mode: str, batch: int, first: bool, every: int | None, steps: list[str]
) -> None:
    every = every if mode == "atomic" and every is not None and every < batch else None
    pair = waiting(mode, batch, first=first or every is None, every=every)
    acts = {"send": lambda: pair.send(5), "read": lambda: pair.read(1), "linger": pair.linger}

    for step in steps:
        acts[step]()
    for _ in range(4 * COUNT):
        pair.send(COUNT)
        pair.read(len(pair.stream.answers))
    pair.linger()
    pair.read(len(pair.stream.answers))

    assert pair.answers.stored_positions == list(range(COUNT))
    assert not pair.answers.refusals
    assert not pair.faults.words()
