"""Values of keys, as a server answers who reads them."""

import base64
import json

import pytest

from bench.clients.buckets import Value, counted
from bench.clients.wire.parse import Message
from bench.clients.wire.values import conflicts, read_value
from bench.core.errors import MeasurementError

DIRECT = (
    b"NATS/1.0\r\n%bNats-Stream: KV_b\r\nNats-Subject: $KV.b.key.1\r\nNats-Sequence: %d\r\n"
    b"Nats-Time-Stamp: 2026-11-27T18:00:00.123Z\r\n\r\n"
)
"""As nats-server 2.15.1 sends it; headers of the value stand first."""


def answer(payload: bytes, header: bytes = b"") -> Message:
    return Message(b"_INBOX.me.1", 1, b"", header, payload)


def of_leader(**stored: object) -> Message:
    return answer(json.dumps({"type": "x", "message": {"seq": 7, **stored}}).encode())


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_value_is_the_same_whoever_answers() -> None:
    """A replica sends it as it is, the leader within JSON."""
    value = b"%016d" % 41 + b"rest"

    direct = read_value(answer(value, DIRECT % (b"", 7)))
    leader = read_value(of_leader(data=encoded(value)))

    assert direct == leader == Value(seq=7, data=value)
    assert (direct.number(0), direct.gone) == (42, False)


@pytest.mark.parametrize(
    "header", [b"KV-Operation: DEL\r\n", b"KV-Operation: PURGE\r\nNats-Rollup: sub\r\n",
               b"Nats-Marker-Reason: MaxAge\r\n"]
)  # fmt: skip
def test_a_marker_is_no_value(header: bytes) -> None:
    """Whatever it holds; its revision is that of the key."""
    direct = read_value(answer(b"%016d" % 41, DIRECT % (header, 9)))
    leader = read_value(
        of_leader(seq=9, hdrs=encoded(b"NATS/1.0\r\n" + header + b"\r\n"), data=encoded(b"1" * 16))
    )

    for found in (direct, leader):
        assert (found.seq, found.gone, found.number(0), found.count) == (9, True, 0, 0)


def test_a_header_of_the_value_that_looks_like_a_marker_is_none() -> None:
    """Only the name itself counts."""
    header = DIRECT % (b"X-KV-Operation: DEL\r\nNote: KV-Operation: DEL\r\n", 7)

    assert not read_value(answer(b"v", header)).gone


def test_what_was_never_written_is_not_there() -> None:
    """404 of a replica, and 404 of the leader."""
    direct = read_value(answer(b"", b"NATS/1.0 404 Message Not Found\r\n\r\n"))
    leader = read_value(answer(b'{"error":{"code":404,"err_code":10037,"description":"none"}}'))

    assert direct == leader == Value(seq=0, gone=True)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (answer(b"", b"NATS/1.0 408 Bad Request\r\n\r\n"), "status 408 Bad Request"),
        (answer(b"v", b"NATS/1.0\r\nA: b\r\n\r\n"), "without a sequence"),
        (answer(b'{"error":{"code":503,"err_code":10008,"description":"down"}}'), "down"),
        (answer(b"{}"), "unreadable"),
        (answer(b"no JSON"), "unreadable"),
        (of_leader(data="not base64!"), "unreadable"),
        (of_leader(seq="x", data=""), "unreadable"),
    ],
)
def test_anything_else_is_a_refusal(message: Message, said: str) -> None:
    """And never a value."""
    with pytest.raises(MeasurementError, match=said):
        read_value(message)


def test_a_counter_holds_who_wrote_it_and_how_far_it_is() -> None:
    """The size stays that of the template."""
    written = counted(b"0" * 16 + b"?" * 48, 41, 9)

    value = Value(seq=1, data=written)
    assert len(written) == 64
    assert (value.number(0), value.count) == (42, 9)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"}}', True),
        (b'{"error":{"code":400,"err_code":10077,"description":"maximum bytes"}}', False),
        (b'{"stream":"s","seq":3}', False),
        (b"[]", False),
        (b"x", False),
    ],
)
def test_only_a_wrong_last_sequence_is_a_conflict(payload: bytes, expected: bool) -> None:
    """A full bucket is none, and is not tried again."""
    assert conflicts(payload) is expected
