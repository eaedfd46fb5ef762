"""The null server answers every PUB exactly: a ceiling measured against wrong answers is none."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from bench.broker.endpoint import Endpoint
from bench.clients.port import IntArray, Messages, Outcome
from bench.clients.wire.parse import Message, next_frame
from bench.clients.wire.pubacks import PubAckRuns
from bench.clients.wire.publish import WirePublisher
from bench.plan.payload import PayloadTemplate
from bench.selfbench.null_server import NullStream

HELLO = b'CONNECT {"verbose":false}\r\nPING\r\nSUB _INBOX.abc.* 1\r\n'


def pub(reply: bytes, size: int) -> bytes:
    return b"PUB s %b %d\r\n%b\r\n" % (reply, size, b"x" * size)


def ack(reply: bytes, number: int) -> bytes:
    """The answer to the PUB of this number, counted from 0."""
    return b'MSG %b 1 39\r\n{"stream":"NULL","seq":1000000%08d}\r\n' % (reply, number)


def test_a_pub_is_answered_at_its_own_reply_subject() -> None:
    """The publisher tells its messages apart by that subject alone."""
    stream = NullStream()

    answers = stream.answers(HELLO + pub(b"_INBOX.abc.07", 5) + pub(b"_INBOX.abc.03", 5))

    assert answers == b"PONG\r\n" + ack(b"_INBOX.abc.07", 0) + ack(b"_INBOX.abc.03", 1)


@given(
    sizes=st.lists(st.sampled_from([0, 3, 3, 3, 12]), max_size=40),
    cuts=st.lists(st.integers(0, 2000), max_size=20),
)
def test_answers_do_not_depend_on_where_the_bytes_were_cut(
    sizes: list[int], cuts: list[int]
) -> None:
    """TCP cuts anywhere; the fast way and the exact way must say the same."""
    replies = [b"_INBOX.abc.%02d" % number for number in range(len(sizes))]
    sent = HELLO + b"".join(map(pub, replies, sizes)) + b"PING\r\n"
    stream = NullStream()

    answers = b"".join(map(stream.answers, pieces(sent, cuts)))

    expected = b"".join(map(ack, replies, range(len(sizes))))
    assert answers == b"PONG\r\n" + expected + b"PONG\r\n"
    assert stream.stored == len(sizes)


def test_a_ping_behind_a_run_is_answered_behind_it() -> None:
    """A publisher flushes with a PING; its PONG must not overtake the PubAcks."""
    stream = NullStream()
    stream.answers(HELLO + pub(b"_INBOX.abc.0", 9))

    answers = stream.answers(pub(b"_INBOX.abc.1", 9) * 50 + b"PING\r\n" + pub(b"_INBOX.abc.2", 9))

    run = b"".join(ack(b"_INBOX.abc.1", number) for number in range(1, 51))
    assert answers == run + b"PONG\r\n" + ack(b"_INBOX.abc.2", 51)


def test_what_it_cannot_answer_is_refused() -> None:
    """Silence would look like a slow server."""
    with pytest.raises(ValueError, match="HPUB"):
        NullStream().answers(b"HPUB s _INBOX.abc.0 12 12\r\n")


class Positions:
    """An AckSink that keeps the positions in the order they came."""

    def __init__(self) -> None:
        self.stored_positions: list[int] = []

    def stored(self, positions: IntArray | Sequence[int], stored_ns: int) -> None:
        del stored_ns
        self.stored_positions += np.asarray(positions).tolist()

    def refused(self, position: int, reason: str, outcome: Outcome = Outcome.REFUSED) -> None:
        raise AssertionError((position, reason))

    def abandoned(self, stop: int) -> None:
        raise AssertionError(stop)

    def caught_up(self) -> None: ...


def test_a_publisher_reads_its_answers_in_runs() -> None:
    """As it reads those of a server: one by one they are a ceiling far too low."""
    replies = [b"_INBOX.abc.%016d" % position for position in range(200)]
    answers = NullStream().answers(HELLO + b"".join(pub(each, 9) for each in replies))
    answers = answers.removeprefix(b"PONG\r\n")
    first, end = next_frame(answers, 0) or (None, 0)
    assert isinstance(first, Message)
    runs = PubAckRuns()

    runs.learn_ack(first)
    positions, unread = runs.read(answers[end:])

    assert list(positions) == list(range(1, 200))
    assert unread == b""


@pytest.fixture
def null_server() -> Iterator[str]:
    """A null server of the test's own; yields its URL."""
    command = [sys.executable, "-m", "bench.selfbench.null_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"nats://127.0.0.1:{int(process.stdout.readline())}"
        assert process.wait(timeout=20) == 0


def test_a_publisher_gets_every_puback_in_order(null_server: str) -> None:
    """10 000 messages of two sizes over a real socket: each confirmed once, none before another."""
    count = 10_000
    sink = Positions()
    messages = Messages(
        ids=np.arange(count, dtype=np.int64),
        subjects=("events",),
        subject_index=np.zeros(count, dtype=np.int64),
        payloads=tuple(PayloadTemplate(content=b"0" * size, id_offset=0) for size in (128, 1000)),
        payload_index=(np.arange(count, dtype=np.int64) // 100) % 2,
    )

    async def publish() -> None:
        link = WirePublisher(Endpoint(url=null_server), messages, sink)
        await link.open()
        link.send(0, count)
        async with asyncio.timeout(60):
            while len(sink.stored_positions) < count:
                await asyncio.sleep(0.01)
        await link.close()
        assert not link.faults

    uvloop.run(publish())

    assert sink.stored_positions == list(range(count))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]
