"""Core requests: each answer to its position, the two ways of getting none, and room for others."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.faults import NO_RESPONDERS, Faults
from bench.clients.port import NO_ID, IntArray, Outcome
from bench.clients.wire.answers import NEVER_SENT
from bench.clients.wire.deliveries import Arrivals, EventReader, RequestReader
from bench.clients.wire.parse import Message, next_frame
from bench.clients.wire.requests import Requests
from bench.engine.recorder import PublisherRecord
from bench.engine.table import NOT_YET, driven
from tests.clients.wire.links import messages
from tests.clients.wire.samples import cut, msg

COUNT = 50
SECOND = 1_000_000_000
STATUS_503 = b"NATS/1.0 503\r\n\r\n"
STATUS_400 = b"NATS/1.0 400 Bad\r\n\r\n"


class Heard:
    """What a requester is told."""

    def __init__(self) -> None:
        self.answered: list[int] = []
        self.others: dict[int, Outcome] = {}
        self.reasons: dict[int, str] = {}
        self.abandoned_stops: list[int] = []
        self.turns = 0

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        assert stored_ns > 0
        self.answered += np.asarray(positions).tolist()

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        self.others[position], self.reasons[position] = outcome, reason

    def abandoned(self, stop: int) -> None:
        self.abandoned_stops.append(stop)

    def caught_up(self) -> None:
        self.turns += 1


def manner() -> tuple[Requests, Heard, Faults]:
    heard, faults = Heard(), Faults()
    chosen = messages(COUNT, subjects=("a",))
    return Requests(chosen, b"_INBOX.me", heard, faults, within_ns=SECOND), heard, faults


def reply(position: int, body: bytes, header: bytes = b"") -> bytes:
    return msg(b"_INBOX.me.%016d" % position, 1, body, header=header)


def read(made: Requests, data: bytes) -> None:
    """As a connection does: runs first, then whatever comes, one by one."""
    while data:
        data = made.plain(data, 1)
        if data:
            found = next_frame(data, 0)
            assert found is not None
            frame, stop = found
            assert isinstance(frame, Message)
            made.message(frame, 1)
            data = data[stop:]


@given(
    order=st.permutations(range(COUNT)),
    kinds=st.lists(st.sampled_from(["same", "same", "other", "503", "400"]), min_size=1),
)
def test_every_request_gets_its_own_answer(order: list[int], kinds: list[str]) -> None:
    """Replies of one service and of another, errors between them, in any order."""
    made, heard, faults = manner()
    bodies = {"same": b"r" * 8, "other": b"longer reply"}
    headers = {"503": STATUS_503, "400": STATUS_400}
    wanted = {at: kinds[turn % len(kinds)] for turn, at in enumerate(order)}
    data = b"".join(
        reply(at, bodies.get(kind, b""), headers.get(kind, b"")) for at, kind in wanted.items()
    )

    read(made, data)

    assert heard.answered == [at for at, kind in wanted.items() if kind in bodies]
    of_kind = {"503": Outcome.NO_RESPONDERS, "400": Outcome.REFUSED}
    assert heard.others == {at: of_kind[k] for at, k in wanted.items() if k in of_kind}
    assert {heard.reasons[at] for at, kind in wanted.items() if kind == "503"} <= {NO_RESPONDERS}
    assert faults.words() == ()


@pytest.mark.parametrize("known", [False, True])
def test_an_answer_to_what_was_never_asked_is_a_fault(known: bool) -> None:
    """Read one by one, and within a run of replies that look alike."""
    made, heard, faults = manner()
    read(made, reply(0, b"r") if known else b"")

    read(made, reply(COUNT, b"r") + reply(1, b"r"))

    assert heard.answered == ([0, 1] if known else [1])
    assert [NEVER_SENT in word for word in faults.words()] == [True]


def test_what_has_waited_enough_makes_room_once() -> None:
    """Entries of about one instant are one; each ends when its last request has waited enough."""
    made, heard, _ = manner()

    made.wrote(10, now_ns=1)
    made.wrote(20, now_ns=2)
    made.wrote(30, now_ns=SECOND)
    first = made.ends_ns()
    made.end()

    assert SECOND + 2 <= first <= SECOND + 2 + SECOND // 10
    assert heard.abandoned_stops == [20]
    assert heard.turns == 1
    assert made.ends_ns() >= 2 * SECOND
    made.end()
    assert (heard.abandoned_stops, made.ends_ns(), made.end()) == ([20, 30], 0, b"")


def test_nobody_waits_on_a_connection_that_is_gone() -> None:
    """The link says so of all that was written."""
    made, _, _ = manner()
    made.wrote(10, now_ns=1)

    made.lost()

    assert made.ends_ns() == 0


def test_an_answer_that_comes_too_late_is_none() -> None:
    """Sent at 100, answered after 50, 51 and never; the caller waited for 50."""
    record = PublisherRecord(
        ids=np.arange(3),
        sent_ns=np.array([1100, 1100, 1100]),
        stored_ns=np.array([1150, 1151, 0]),
        outcome=np.zeros(3, dtype=np.int64),
        said=np.zeros(3, dtype=np.int64),
    )

    table = driven(np.zeros(3, dtype=np.int64), [record], 1000, answer_within_ns=50)

    assert table.stored_ns.tolist() == [150, NOT_YET, NOT_YET]


def request(number: int, size: int, reply_to: bytes = b"_INBOX.x.1") -> bytes:
    body = (b"%016d" % number).ljust(size, b".")
    return msg(b"jetbench.a", 3, body, reply=reply_to)


@given(
    sizes=st.lists(st.sampled_from([16, 40, 300]), min_size=1, max_size=30),
    chunks=st.lists(st.integers(1, 500), min_size=1, max_size=10),
)
def test_requests_are_read_in_runs_whatever_their_sizes(
    sizes: list[int], chunks: list[int]
) -> None:
    """Each with its id and where its reply goes; nobody has counted deliveries."""
    reader, arrivals = RequestReader(id_offset=0), Arrivals()
    data = b"".join(request(n, size, b"_INBOX.%d.7" % n) for n, size in enumerate(sizes))
    left = b""
    for chunk in cut(data, chunks):
        left = _take(reader, arrivals, left + chunk)

    block, replies = arrivals.take()

    assert left == b""
    assert block.ids.tolist() == list(range(len(sizes)))
    assert list(replies) == [b"_INBOX.%d.7" % n for n in range(len(sizes))]
    assert set(block.deliveries.tolist()) == {1}


def _take(reader: RequestReader, arrivals: Arrivals, data: bytes) -> bytes:
    while data:
        columns, data = reader.run(data)
        if columns is not None:
            arrivals.add(columns, 1)
        if not data or (found := next_frame(data, 0)) is None:
            return data
        frame, stop = found
        assert isinstance(frame, Message)
        one = reader.one(frame)
        assert one is not None
        arrivals.add(one, 1)
        data = data[stop:]
    return data


def test_what_wants_no_answer_is_no_request_and_what_has_no_id_is_foreign() -> None:
    """Somebody else's message on our subject is seen and named."""
    reader = RequestReader(id_offset=0)

    assert reader.one(Message(b"a", 1, b"", b"", b"0" * 16)) is None
    columns = reader.one(Message(b"a", 1, b"_INBOX.x.1", b"", b"no digits at all"))
    assert columns is not None
    assert int(columns[-1][0]) == NO_ID


@given(
    shapes=st.lists(
        st.tuples(
            st.sampled_from([16, 40, 300]),
            st.sampled_from([b"", b"_INBOX.x.7"]),
            st.sampled_from([b"", b"NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n"]),
        ),
        min_size=1,
        max_size=30,
    ),
    chunks=st.lists(st.integers(1, 500), min_size=1, max_size=10),
)
def test_whatever_is_published_is_read_with_a_reply_or_without(
    shapes: list[tuple[int, bytes, bytes]], chunks: list[int]
) -> None:
    """A publisher that wants a PubAck names a reply; the others of a batch do not."""
    reader, arrivals = EventReader(id_offset=0), Arrivals()
    data = b"".join(
        msg(b"jetbench.a", 3, (b"%016d" % n).ljust(size, b"."), reply=reply_to, header=header)
        for n, (size, reply_to, header) in enumerate(shapes)
    )
    left = b""
    for chunk in cut(data, chunks):
        left = _take(reader, arrivals, left + chunk)

    block, _ = arrivals.take()

    assert left == b""
    assert block.ids.tolist() == list(range(len(shapes)))
    assert set(block.deliveries.tolist()) == {1}
