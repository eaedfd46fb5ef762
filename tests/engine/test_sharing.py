"""What a process sends: where to, with which headers, and when that is to come."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.clients.natspy_connection import Outgoing
from bench.engine import clock
from bench.engine.jobs import DriverJob
from bench.engine.sharing import share, tell_times
from bench.plan.traffic import make_traffic
from bench.spec.variant import PublishSettings
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

    tell_times(messages, job(), np.full(messages.ids.size, 700))

    out = Outgoing.of(messages, 0)
    assert messages.ids[:2].tolist() == [1, 3]
    assert out.subject == "p.s.at.0000000000000001"
    assert out.headers is not None
    assert out.headers["Nats-Schedule"] == "@at 2025-11-28T06:30:36.700000200Z"
    assert out.headers["Nats-Schedule-Target"] == "p.s.due"
