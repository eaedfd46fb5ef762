"""What a publisher puts on the wire."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.faults import Faults
from bench.clients.port import Messages
from bench.clients.wire import frames
from bench.clients.wire.frames import PublishFrames
from bench.clients.wire.singles import Singles
from bench.plan.traffic import PayloadTemplate
from tests.clients.wire.links import Answers

INBOX = b"_INBOX.a"
HEADERS = (("Nats-Msg-Id", "run-{id}"), ("Trace", "é{id}-{id}"), ("Kind", "order"))


def messages(
    count: int, sizes: tuple[int, ...], headers: tuple[tuple[str, str], ...] = ()
) -> Messages:
    rng = np.random.default_rng(count)
    subjects = ("s.a", "s.longer", "s")[: len(sizes)]
    return Messages(
        ids=rng.integers(0, 10**16, count),
        subjects=subjects,
        subject_index=rng.integers(0, len(subjects), count),
        payloads=tuple(
            PayloadTemplate(content=b"<%b>" % (b"." * (size - 2)), id_offset=min(3, size - 16))
            for size in sizes
        ),
        payload_index=rng.integers(0, len(sizes), count),
        headers=headers,
    )


def framed(chosen: Messages) -> PublishFrames:
    return PublishFrames(chosen, Singles(chosen, INBOX, Answers(), Faults()))


def one_by_one(chosen: Messages, position: int) -> bytes:
    """Return the frame as a reader of the protocol's page would write it."""
    message_id = b"%016d" % chosen.ids[position]
    template = chosen.payloads[chosen.payload_index[position]]
    at = template.id_offset
    payload = template.content[:at] + message_id + template.content[at + 16 :]
    subject = chosen.subjects[chosen.subject_index[position]].encode()
    to = b"%b %b.%016d" % (subject, INBOX, position)
    if not chosen.headers:
        return b"PUB %b %d\r\n%b\r\n" % (to, len(payload), payload)
    lines = "".join(f"{name}: {value}\r\n" for name, value in chosen.headers)
    header = b"NATS/1.0\r\n%b\r\n" % lines.replace("{id}", message_id.decode()).encode()
    sizes = b"%d %d" % (len(header), len(header) + len(payload))
    return b"HPUB %b %b\r\n%b%b\r\n" % (to, sizes, header, payload)


@given(
    count=st.integers(1, 60),
    sizes=st.lists(st.integers(16, 300), min_size=1, max_size=4).map(tuple),
    headers=st.sampled_from([(), HEADERS]),
    stops=st.lists(st.integers(0, 60), max_size=5),
)
def test_blocks_hold_the_frames_that_one_would_write_one_by_one(
    count: int,
    sizes: tuple[int, ...],
    headers: tuple[tuple[str, str], ...],
    stops: list[int],
) -> None:
    """Every size, subject and header goes through the same block; none may shift another."""
    chosen = messages(count, sizes, headers)
    built = framed(chosen)
    limits = sorted({0, count, *(stop for stop in stops if stop < count)})

    sent = b"".join(
        piece for first, stop in pairwise(limits) for piece in built.slices(first, stop)
    )

    assert sent == b"".join(one_by_one(chosen, position) for position in range(count))


@pytest.mark.parametrize("block_bytes", [1, 1000, 10**9])
def test_a_send_across_blocks_is_whole(monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    """A late tick sends more than a block holds, and a frame may be larger than a block."""
    monkeypatch.setattr(frames, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(frames, "BLOCK_MSGS", 7)
    chosen = messages(40, (16, 500))

    sent = b"".join(framed(chosen).slices(3, 37))

    assert sent == b"".join(one_by_one(chosen, position) for position in range(3, 37))


def test_a_block_that_is_not_written_yet_is_left_alone() -> None:
    """The transport keeps slices until the kernel takes them; later blocks must not reuse them."""
    chosen = messages(3 * frames.BLOCK_MSGS, (16,))
    built = framed(chosen)

    waiting = list(built.slices(0, 1))
    list(built.slices(1, chosen.ids.size))

    assert bytes(waiting[0]) == one_by_one(chosen, 0)


def test_the_largest_message_counts_its_header() -> None:
    """The server's max_payload is for header and payload together."""
    header = b"NATS/1.0\r\nA: b\r\n\r\n"

    built = framed(messages(1, (16, 90), (("A", "b"),)))

    assert built.largest_bytes == len(header) + 90


@pytest.mark.parametrize(("first", "stop"), [(-1, 1), (0, 4), (2, 1)])
def test_positions_that_do_not_exist_are_a_mistake(first: int, stop: int) -> None:
    """The plan decides what is sent; a frame beyond it would carry no known id."""
    with pytest.raises(ValueError, match="positions"):
        list(framed(messages(3, (16,))).slices(first, stop))


SECOND_NS = 1_764_311_436_000_000_000  # 2025-11-28T06:30:36Z, by hand


def test_a_number_may_stand_in_the_subject_and_an_instant_in_a_header() -> None:
    """Each message waits under a subject of its own, until an instant of its own."""
    plain = messages(3, (40,))
    chosen = replace(
        plain,
        subjects=("s.at.{id}",),
        acts=((("Nats-Schedule", "@at {at}Z"), ("To", "s.due")),),
        at_ns=np.array([SECOND_NS, SECOND_NS + 1, SECOND_NS + 999_999_999]),
    )

    for position in range(3):
        frame = b"".join(framed(chosen).slices(position, position + 1))
        message_id = b"%016d" % chosen.ids[position]
        head, first, schedule, to, empty, payload, end = frame.split(b"\r\n")
        assert head.startswith(b"HPUB s.at.%b _INBOX.a.%016d " % (message_id, position))
        part = (b"000000000", b"000000001", b"999999999")[position]
        assert schedule == b"Nats-Schedule: @at 2025-11-28T06:30:36.%bZ" % part
        assert (first, to, empty, end) == (b"NATS/1.0", b"To: s.due", b"", b"")
        assert message_id in payload
        header_bytes = frame.index(payload) - len(head) - 2
        assert head.endswith(b" %d %d" % (header_bytes, header_bytes + len(payload)))
