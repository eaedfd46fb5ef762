"""A handler of requests: each is answered with what became of it, a failure as well."""

from pathlib import Path

import numpy as np

from bench.clients.buckets import Bucket
from bench.clients.commands import FAILED
from bench.clients.port import Delivered
from bench.engine.acks import AfterHandler
from bench.engine.answering import AnsweringConsumer
from bench.engine.jobs import Effect
from bench.engine.recorder import ConsumeRecorder
from tests.engine.test_effects import Link, played


class Requests(Link):
    """Links that remember what was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[tuple[int, bytes]] = []

    def answer(self, position: int, payload: bytes) -> None:
        self.answers.append((position, payload))


class Work:
    """What is done: the id is the key, and the answer says it."""

    def __init__(self) -> None:
        self.ids: dict[int, int] = {}
        self.told: dict[int, int] = {}

    def knows(self, message_id: int) -> bool:
        return message_id >= 0

    def key(self, message_id: int) -> int:
        return message_id

    def take(self, position: int, message_id: int, seq: int) -> None:
        self.ids[position] = self.told[position] = message_id

    def forget(self, position: int) -> None:
        del self.ids[position]

    def answer(self, position: int) -> bytes:
        return b"%d" % self.told.pop(position, -1)


def test_each_request_has_its_own_answer(tmp_path: Path) -> None:
    """When it is done; one that failed is told so, and a strange one is answered too."""

    def act() -> None:
        link, work = Requests(), Work()
        recorder = ConsumeRecorder(4, tmp_path / "handler.npy")
        effect = Effect(
            bucket=Bucket(stream="KV_b", direct=True), prefix="", workers=3, ordered=False
        )
        consumer = AnsweringConsumer(
            link,  # type: ignore[arg-type]
            recorder,
            AfterHandler(),
            work,
            effect,
        )
        consumer.changes_by(link)  # type: ignore[arg-type]
        ids = np.array([7, 8, -1])
        consumer.delivered(
            Delivered(received_ns=ids * 0 + 1, ids=ids, stream_seqs=ids, deliveries=ids * 0 + 1)
        )
        assert link.answers == [(2, b"-1")]
        consumer.stored((1,), 5)
        consumer.refused(0, "full")

        assert link.answers == [(2, b"-1"), (1, b"8"), (0, FAILED)]
        assert (recorder.handled, consumer.failed_changes) == (3, 1)
        assert work.ids == work.told == {}

    played(act)
