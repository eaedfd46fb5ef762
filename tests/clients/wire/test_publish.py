"""PubAcks in any order, shape and cut: every message gets exactly its own answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.faults import DUPLICATE
from bench.clients.port import Messages, PublisherLink
from bench.clients.wire.publish import WirePublisher
from bench.plan.traffic import PayloadTemplate
from tests.clients.wire.links import Answers
from tests.clients.wire.samples import ENDPOINT, cut, cut_sizes, msg

COUNT = 200
NO_RESPONDERS = b"NATS/1.0 503\r\n\r\n"


class Subject:
    """A publisher that is fed by hand."""

    def __init__(self) -> None:
        self.answers = Answers()
        template = PayloadTemplate(content=b"0" * 16, id_offset=0)
        zeros = np.zeros(COUNT, dtype=np.int64)
        self.link = WirePublisher(
            ENDPOINT,
            Messages(
                ids=np.arange(COUNT),
                subjects=("s",),
                subject_index=zeros,
                payloads=(template,),
                payload_index=zeros,
            ),
            self.answers,
        )
        self.inbox = self.link.subscriptions().split(b" ")[1].removesuffix(b".>")

    def answer(self, position: int, body: bytes, header: bytes = b"") -> bytes:
        return msg(b"%b.%016d" % (self.inbox, position), 1, body, header=header)

    def read(self, data: bytes, sizes: list[int]) -> None:
        for chunk in cut(data, sizes):
            self.link._connection.data_received(chunk)


def plain(sequence: int) -> bytes:
    return b'{"stream":"ORDERS", "seq":%d}' % sequence


KINDS = ("plain", "plain", "plain", "plain", "duplicate", "domain", "error", "503", "ping")
sequences = st.sampled_from([1, 9, 95, 99_980, 999_999_990])


@given(
    order=st.permutations(range(COUNT)),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=40),
    sequence=sequences,
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=20),
)
def test_every_message_gets_its_own_answer(
    order: list[int], kinds: list[str], sequence: int, sizes: list[int]
) -> None:
    """The fast reader and the exact one share a chunk; no ack may be read twice or skipped."""
    subject = Subject()
    data, stored, refused = b"", [], {}
    for turn, position in enumerate(order):
        kind = kinds[turn % len(kinds)]
        seq = sequence + turn
        if kind == "error":
            refused[position] = "maximum messages exceeded (10077)"
            body = (
                b'{"type":"x", "error":{"code":503,"err_code":10077,'
                b'"description":"maximum messages exceeded"}}'
            )
            data += subject.answer(position, body)
        elif kind == "503":
            refused[position] = "status 503 (no stream takes its subject)"
            data += subject.answer(position, b"", NO_RESPONDERS)
        elif kind == "duplicate":
            refused[position] = DUPLICATE
            body = b'{"stream":"ORDERS", "seq":%d,"duplicate": true}' % seq
            data += subject.answer(position, body)
        else:
            stored.append(position)
            body = {
                "domain": b'{"stream":"ORDERS", "domain":"hub", "seq":%d}' % seq,
            }.get(kind, plain(seq))
            data += (b"PING\r\n" if kind == "ping" else b"") + subject.answer(position, body)

    subject.read(data, sizes)

    assert subject.answers.stored_positions == stored
    assert subject.answers.refusals == refused
    assert subject.link.faults == ()


@pytest.mark.parametrize("acks_at_once", [1, 5, COUNT])
def test_acks_after_a_repeated_shape_take_the_fast_way(
    monkeypatch: pytest.MonkeyPatch, acks_at_once: int
) -> None:
    """The exact reader costs 30 times as much: missing the fast one would make us the limit."""
    subject = Subject()
    subject.read(subject.answer(0, plain(1000)), [])
    monkeypatch.setattr(subject.link, "message", lambda *_: pytest.fail("read one by one"))

    answers = [subject.answer(at, plain(1000 + at)) for at in range(1, COUNT)]
    subject.read(b"".join(answers), [acks_at_once * len(answers[0])] * (COUNT // acks_at_once))

    assert subject.answers.stored_positions == list(range(COUNT))


def test_a_duplicate_is_refused() -> None:
    """Ids of a trial differ, so the stream took the message for another one and has it not."""
    subject = Subject()

    subject.read(subject.answer(5, b'{"stream":"S", "seq":3,"duplicate": true}'), [])

    assert subject.answers.refusals == {5: DUPLICATE}
    assert subject.answers.stored_positions == []


@pytest.mark.parametrize("position", [COUNT, 10**15])
def test_an_answer_to_nothing_is_a_fault(position: int) -> None:
    """A position beyond the plan would write outside the record."""
    subject = Subject()
    known = b"".join(subject.answer(at, plain(10)) for at in range(5))

    subject.read(known + subject.answer(position, plain(10)) * 5, [])

    assert subject.answers.stored_positions == [0, 1, 2, 3, 4]
    assert any("never sent" in words for words in subject.link.faults)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"error":1}', b"{}", b"\xff"])
def test_an_unreadable_puback_is_a_refusal(body: bytes) -> None:
    """Nobody may say that it was stored."""
    subject = Subject()

    subject.read(subject.answer(7, body), [])

    assert list(subject.answers.refusals) == [7]


@given(
    start=st.integers(0, 300),
    junk=st.binary(min_size=1, max_size=30),
    sizes=cut_sizes,
)
def test_junk_among_pubacks_never_crashes(start: int, junk: bytes, sizes: list[int]) -> None:
    """Whatever follows, the acks before it are counted once and the link stays in one piece."""
    subject = Subject()
    data = b"".join(subject.answer(at, plain(100 + at)) for at in range(20))

    subject.read(data[:start] + junk + data[start:], sizes)

    assert len(set(subject.answers.stored_positions)) <= 20


def test_it_is_a_publisher_link() -> None:
    """The engine knows the port alone (checked by mypy)."""
    link: PublisherLink = Subject().link

    assert link.faults == ()
