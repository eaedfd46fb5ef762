"""A consumer whose handler changes values: who waits for whom, and what is acknowledged."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.clients.buckets import Bucket
from bench.clients.port import NO_ID, Delivered, IntArray, Outcome
from bench.engine.acks import AfterHandler
from bench.engine.clock import now_ns
from bench.engine.effects import EffectConsumer
from bench.engine.jobs import Effect
from bench.engine.projecting import Projection
from bench.engine.recorder import ConsumeRecorder
from bench.engine.took import Took, load_took, took_path
from tests.engine.test_projecting import PREFIX, traffic


class Link:
    """Both links of a projector, which remember what they are asked."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.acked: list[int] = []
        self.asked = 0
        self.flushed = 0

    def begin(self, position: int) -> None:
        self.begun.append(position)

    def flush(self) -> None:
        self.flushed += 1

    def ask(self) -> None:
        self.asked += 1

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        assert not cumulative
        self.acked += positions.tolist()


class Projector:
    """A consumer between its links."""

    def __init__(self, path: Path, *, workers: int, ordered: bool) -> None:
        self.link = Link()
        self.events = traffic()
        self.recorder = ConsumeRecorder(40, path / "projector.npy")
        effect = Effect(
            bucket=Bucket(stream="KV_b", direct=True),
            prefix=PREFIX,
            workers=workers,
            ordered=ordered,
        )
        self.consumer = EffectConsumer(
            self.link,  # type: ignore[arg-type]
            self.recorder,
            AfterHandler(),
            Projection(self.events, PREFIX),
            effect,
        )
        self.consumer.changes_by(self.link)  # type: ignore[arg-type]

    def came(self, *ids: int) -> None:
        each = np.array(ids, dtype=np.int64)
        self.consumer.delivered(
            Delivered(
                received_ns=each + 1000, ids=each, stream_seqs=each + 1, deliveries=each * 0 + 1
            )
        )

    def done(self, *positions: int) -> None:
        for position in positions:
            self.consumer.stored((position,), 1)
        self.consumer.caught_up()


def played(act: Callable[[], None]) -> None:
    """Within an event loop, as a consumer is made in one."""

    async def whole() -> None:
        act()

    asyncio.run(whole())


def same_key(events: IntArray) -> list[int]:
    """Three events about one entity, and one about another."""
    one = np.flatnonzero(events == 0)[:3].tolist()
    return [*one, int(np.flatnonzero(events == 1)[0])]


@pytest.mark.parametrize(
    ("ordered", "begun", "after"), [(True, [0, 3], [0, 3, 1]), (False, [0, 1, 2], [0, 1, 2, 3])]
)
def test_what_is_about_one_key_waits_for_what_came_before(
    tmp_path: Path, ordered: bool, begun: list[int], after: list[int]
) -> None:
    """Others go past it; without order nobody waits but for a free worker."""

    def act() -> None:
        made = Projector(tmp_path, workers=3, ordered=ordered)
        made.came(*same_key(made.events.subject_index))
        assert made.link.begun == begun
        assert made.link.asked == 0
        made.done(0)
        assert made.link.begun == after
        assert made.link.acked == [0]

    played(act)


def test_more_is_asked_for_when_nothing_waits(tmp_path: Path) -> None:
    """And no more than workers are busy."""

    def act() -> None:
        made = Projector(tmp_path, workers=1, ordered=True)
        made.came(0, 1)
        assert (made.link.begun, made.link.asked) == ([0], 0)
        made.done(0)
        assert (made.link.begun, made.link.asked) == ([0, 1], 1)
        made.done(1)
        assert (made.link.acked, made.recorder.handled) == ([0, 1], 2)

    played(act)


def test_a_change_that_was_refused_is_not_acknowledged(tmp_path: Path) -> None:
    """The event will come again; its worker and its key are free."""

    def act() -> None:
        made = Projector(tmp_path, workers=1, ordered=True)
        made.came(0, 1)
        made.consumer.refused(0, "full", Outcome.REFUSED)
        made.consumer.caught_up()
        assert made.link.begun == [0, 1]
        assert (made.link.acked, made.recorder.handled) == ([], 0)
        assert (made.consumer.failed_changes, made.consumer.reasons) == (1, ["full"])

    played(act)


def test_a_connection_that_breaks_frees_whoever_waits_for_it(tmp_path: Path) -> None:
    """What was under way may have been written, and is not acknowledged."""

    def act() -> None:
        made = Projector(tmp_path, workers=2, ordered=True)
        made.came(*same_key(made.events.subject_index))
        made.consumer.abandoned(4)
        made.consumer.caught_up()
        assert made.link.begun == [0, 3, 1]
        assert made.link.acked == []

    played(act)


def test_how_long_each_change_has_a_worker_is_noted(tmp_path: Path) -> None:
    """From when it began until it was confirmed or refused, and not what it waited for before."""
    record = tmp_path / "projector.npy"

    def act() -> None:
        made = Projector(tmp_path, workers=1, ordered=True)
        made.consumer.notes_in(Took(took_path(record), 40))
        made.came(0, 1, NO_ID)
        began_ns = now_ns()
        made.done(0)
        made.consumer.refused(1, "full", Outcome.REFUSED)
        within_ns = now_ns() - began_ns

        took_ns = load_took([record], rows=3)
        assert took_ns is not None
        (first, second, nothing), in_loop = took_ns
        assert first > 0
        assert 0 < second <= within_ns
        assert (nothing, in_loop.any()) == (0, False)

    played(act)


def test_what_is_no_event_of_ours_is_done_with(tmp_path: Path) -> None:
    """It changes nothing and holds nobody up."""

    def act() -> None:
        made = Projector(tmp_path, workers=2, ordered=True)
        made.came(NO_ID, 0, 4000)
        assert made.link.begun == [1]
        assert made.link.acked == [0, 2]

    played(act)


def test_conflicts_are_added_up(tmp_path: Path) -> None:
    """A change that was tried three times had two."""

    def act() -> None:
        made = Projector(tmp_path, workers=2, ordered=True)
        made.consumer.said(np.array([0, 1]), np.array([3, 1]))
        assert made.consumer.conflicts == 2

    played(act)
