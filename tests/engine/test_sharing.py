"""What a process sends: where to, with which headers, and when that is to come."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.clients.faults import Faults
from bench.clients.natspy_connection import Outgoing
from bench.clients.port import Content, Messages
from bench.clients.wire.frames import PublishFrames
from bench.clients.wire.singles import Singles
from bench.engine import clock
from bench.engine.jobs import DriverJob
from bench.engine.sharing import share, tell_times
from bench.engine.signatures import REPLAYED, TAMPERED, SignatureCheck
from bench.plan.signing import Signer
from bench.plan.traffic import Traffic, make_traffic
from bench.spec.kinds.stream import Stream
from bench.spec.variant import PublishSettings
from tests.clients.wire.links import Answers
from tests.server.test_schedule import schedule


def job(**changes: Any) -> DriverJob:
    given: dict[str, Any] = {
        "part": "publish", "role": "publisher-0", "endpoint": None, "client": "wire",
        "load": schedule().loads["publish"], "seed": 1, "how": PublishSettings(),
        "does": "publish", "share": 1, "shares": 2, "subject_prefix": "p.s.",
        "record_path": Path("x.npy"),
    }  # fmt: skip
    return DriverJob(**given | changes)


def test_a_schedule_says_where_it_goes_and_when_that_is_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the wall clock, which the machine reads beside the clock that times are kept by."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_764_311_436_000_000_000)
    monkeypatch.setattr("bench.engine.sharing.now_ns", lambda: 500)
    assert clock.now_ns() != 500
    traffic = make_traffic(job().load, 1)
    messages = share(traffic, job())

    tell_times(messages, job(), traffic, 700 - int(traffic.intended_ns[1]))

    out = Outgoing.of(messages, 0)
    assert messages.ids[:2].tolist() == [1, 3]
    assert out.subject == "p.s.at.0000000000000001"
    assert out.headers is not None
    assert out.headers["Nats-Schedule"] == "@at 2025-11-28T06:30:36.700000200Z"
    assert out.headers["Nats-Schedule-Target"] == "p.s.due"


def signed(monkeypatch: pytest.MonkeyPatch, *faults: dict[str, str]) -> tuple[Messages, Traffic]:
    """What the only publisher sends, with the ids that it carries, begun in 2025."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_764_311_436_000_000_000)
    monkeypatch.setattr("bench.engine.sharing.now_ns", lambda: 0)
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "300B", "format": "event-envelope"},
            "publish": {"rate": "100/s", "headers": ["signature"]},
            "consume": {"faults": list(faults)},
            "phases": {"warmup": "0s", "measure": "1s", "drain": "1s"},
        }
    ).loads["publish"]
    own = job(load=load, share=0, shares=1)
    traffic = make_traffic(load, 1)
    messages = share(traffic, own)
    tell_times(messages, own, traffic, 0)
    return replace(messages, ids=traffic.carried[messages.ids]), traffic


def header(messages: Messages, position: int) -> str:
    headers = Outgoing.of(messages, position).headers
    assert headers is not None
    return headers["Signature"]


def test_a_message_is_signed_when_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, _ = signed(monkeypatch)

    told = header(messages, 7)

    assert told.startswith("t=2025-11-28T06:30:36.070000000,n=0000000000000007,v1=")
    assert SignatureCheck(signer=Signer.of("p.s."))(sent(messages, 7)) == ""


def sent(messages: Messages, position: int) -> Content:
    out = Outgoing.of(messages, position)
    return Content(
        data=out.payload, subject="events", headers=out.headers or {}, seq=position, deliveries=1
    )


def test_what_is_stale_was_signed_long_before(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, traffic = signed(monkeypatch, {"kind": "stale", "share": "10%", "age": "36s"})

    for position, stale in enumerate(traffic.faults.bad(messages.ids).tolist()):
        assert header(messages, position).startswith("t=2025-11-28T06:30:0") == stale


def test_what_is_tampered_with_bears_the_signature_of_what_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tampered, traffic = signed(monkeypatch, {"kind": "tampered", "share": "10%"})
    plain, _ = signed(monkeypatch)
    bad = traffic.faults.bad(tampered.ids).tolist()
    check = SignatureCheck(signer=Signer.of("p.s."))

    assert sum(bad) == 10
    for position in range(100):
        assert header(tampered, position) == header(plain, position)
        assert (check(sent(tampered, position)) == TAMPERED) == bad[position]


def test_what_is_replayed_is_the_one_before_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, traffic = signed(monkeypatch, {"kind": "replayed", "share": "10%"})
    check = SignatureCheck(signer=Signer.of("p.s."))

    for position, first in enumerate(traffic.firsts.tolist()):
        before = int(traffic.carried[position])
        assert header(messages, position) == header(messages, before)
        assert (check(sent(messages, position)) == REPLAYED) == (not first)
    assert int((~traffic.firsts).sum()) == 10


@pytest.mark.parametrize("kind", ["tampered", "replayed"])
def test_our_client_writes_what_the_library_would(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Signatures of a block are written into it at once, of each form of message."""
    messages, _ = signed(monkeypatch, {"kind": kind, "share": "10%"})
    frames = PublishFrames(messages, Singles(messages, b"_INBOX.a", Answers(), Faults()))

    whole = b"".join(frames.slices(0, 100))

    for position in range(100):
        out = Outgoing.of(messages, position)
        line = f"Signature: {header(messages, position)}\r\n\r\n".encode()
        assert line + out.payload in whole
