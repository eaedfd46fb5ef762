"""When a reconciler writes: what two looks find, or the last; what is refused is tried again."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.core.errors import MeasurementError
from bench.engine import reconciler
from bench.engine.jobs import Mending
from bench.engine.reconciler import LAST_LOOKS, Reconciler
from bench.engine.recorder import ConsumeRecorder, ConsumerRecord, load_consumer
from tests.clients.test_pairs import form
from tests.engine.test_reconciling import data

BUCKET, STREAM = "KV_b", "s"


class Server:
    """Two streams, and what is answered to writes."""

    def __init__(self) -> None:
        self.held: dict[str, list[tuple[str, Last]]] = {BUCKET: [], STREAM: []}
        self.answer: dict[str, object] = {"seq": 1}
        self.silent = False
        self.asked: list[int] = []

    def put(self, stream: str, key: str, kept: bytes) -> None:
        seq = len(self.held[stream]) + 1
        self.held[stream].append((key, Last(seq=seq, operation="", data=kept)))

    async def since(
        self, client: object, stream: str, prefix: str, seq: int
    ) -> Sequence[tuple[str, Last]]:
        del client, prefix
        if self.silent:
            raise MeasurementError("no answer in time")
        self.asked.append(seq)
        return self.held[stream][seq - 1 :]

    async def request(self, subject: str, payload: bytes, **more: Any) -> Any:
        del more
        if "error" not in self.answer:
            stream, prefix = (BUCKET, "$KV.b.") if subject.startswith("$KV") else (STREAM, "e.s.")
            self.put(stream, subject.removeprefix(prefix), payload)
        return SimpleNamespace(data=json.dumps(self.answer).encode())


class Made:
    """A reconciler at that server, of values that are written first."""

    def __init__(self, path: Path, every_ns: int = 0) -> None:
        self.server, self.path = Server(), path / "r.npy"
        mending = Mending(
            form=form("kv-then-event"), bucket=BUCKET, stream=STREAM, every_ns=every_ns
        )
        client: Any = self.server
        self.reconciler = Reconciler(client, mending, ConsumeRecorder(0, self.path))

    @property
    def record(self) -> ConsumerRecord:
        return load_consumer(self.path)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    one = Made(tmp_path)
    monkeypatch.setattr(reconciler, "since", one.server.since)
    return one


def look(made: Made, *, last: bool = False) -> int:
    return asyncio.run(made.reconciler.look(last=last))


def test_what_one_look_finds_may_be_under_way(made: Made) -> None:
    """The second one writes it, and the third finds it whole."""
    made.server.put(BUCKET, "a", data(1))

    assert [look(made) for _ in range(3)] == [0, 1, 0]
    assert [key for key, _ in made.server.held[STREAM]] == ["a"]
    assert made.record.ids.tolist() == [1]
    assert np.all(made.record.handled_ns >= made.record.received_ns)


def test_what_came_between_two_looks_is_not_written(made: Made) -> None:
    """Its writer was about to."""
    made.server.put(BUCKET, "a", data(1))
    look(made)
    made.server.put(STREAM, "a", data(1))

    assert look(made) == 0
    assert made.record.ids.size == 0


def test_each_look_reads_what_is_new(made: Made) -> None:
    """From behind the last that it saw."""
    made.server.put(BUCKET, "a", data(1))
    look(made)
    look(made)

    assert made.server.asked == [1, 1, 2, 1]


def test_what_is_refused_is_tried_again_and_told(made: Made) -> None:
    """It was found once, and written once it could be."""
    made.server.put(BUCKET, "a", data(1))
    made.server.answer = {"error": {"description": "maximum bytes exceeded"}}
    look(made, last=True)
    assert made.record.handled_ns.tolist() == [0]

    made.server.answer = {"seq": 1}
    look(made, last=True)

    assert made.record.ids.tolist() == [1]
    assert made.record.handled_ns[0] > 0
    assert made.reconciler.reasons == ["maximum bytes exceeded"]


def test_who_was_faster_is_no_fault(made: Made) -> None:
    """Its key has another revision: the next look sees what became of it."""
    made.server.put(BUCKET, "a", data(1))
    made.server.answer = {"error": {"err_code": 10071, "description": "wrong last sequence"}}

    assert look(made, last=True) == 1
    assert (made.reconciler.failed, made.reconciler.reasons) == (0, [])
    assert made.record.handled_ns.tolist() == [0]


def test_the_last_look_finds_nothing(made: Made) -> None:
    """When all writers are through, one look is enough, and another one says that it was."""
    made.server.put(BUCKET, "a", data(1))
    made.reconciler.through()
    asyncio.run(made.reconciler.run())

    assert len(made.server.held[STREAM]) == 1
    assert made.reconciler.failed == 0


def test_who_is_refused_or_told_nothing_ends_all_the_same(made: Made) -> None:
    """And says why."""
    made.server.silent = True
    made.reconciler.through()
    asyncio.run(made.reconciler.run())

    assert made.reconciler.failed == LAST_LOOKS
    assert made.reconciler.reasons == ["no answer in time"]


def test_looks_go_on_until_all_are_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At their interval; without one there is none before the end."""
    often, never = Made(tmp_path, every_ns=1_000_000), Made(tmp_path)

    async def looks(one: Made) -> int:
        monkeypatch.setattr(reconciler, "since", one.server.since)
        running = asyncio.create_task(one.reconciler.run())
        while one is often and len(one.server.asked) < 6:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        before = len(one.server.asked)
        one.reconciler.through()
        await running
        return before

    assert asyncio.run(looks(often)) >= 6
    assert asyncio.run(looks(never)) == 0
    assert len(never.server.asked) == 2
