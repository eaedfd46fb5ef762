"""What a consumer whose messages stand in a line tells the server, by a clock of the test's own."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from bench.clients.port import Delivered, Ending, IntArray
from bench.engine import failing, paced
from bench.engine.acks import AfterHandler
from bench.engine.asking import AT_ONCE, Asking
from bench.engine.away import Away
from bench.engine.breaker import Breaker
from bench.engine.fates import Fates
from bench.engine.lanes import make_lanes
from bench.engine.memory import Memory
from bench.engine.paced import Pace, PacedConsumer
from bench.engine.recorder import ConsumeRecorder, ConsumerRecord, load_consumer
from bench.engine.tries import Tries
from bench.plan.faults import Faults
from bench.spec.faults import AS_USUAL, Fault
from bench.spec.trying import BreakerSettings, PerKey, RetrySettings

MS = 1_000_000
BEGIN_NS = 1_000 * MS
POISON = Fault.model_validate({"kind": "permanent", "share": "1%"})
BAD = 9
"""The id of the message whose handler always fails; each of ids 0 to 8 takes 10 ms."""

BREAKER = {"failures": 1, "open_for": "100ms"}


class Link:
    """Keeps what it is told."""

    faults: Sequence[str] = ()

    def __init__(self) -> None:
        self.said: list[tuple[str, list[int], int]] = []
        self.asked = 0

    async def open(self, sink: object) -> None: ...

    async def close(self) -> None: ...

    def ask(self) -> None:
        self.asked += 1

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.said.append(("ack", positions.tolist(), 0))

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        self.said.append(("nak", positions.tolist(), delay_ns))

    def term(self, positions: IntArray, reason: str = "") -> None:
        self.said.append(("term", positions.tolist(), 0))

    def drop(self, positions: IntArray) -> None:
        self.said.append(("drop", positions.tolist(), 0))


class Silent:
    """A timer that tells when it would ring."""

    instant_ns = 0

    def ring_at(self, instant_ns: int) -> None:
        self.instant_ns = instant_ns

    def close(self) -> None: ...


class Bench:
    """A consumer, its link, and the clock that both go by."""

    def __init__(self, consumer: PacedConsumer, link: Link, path: Path) -> None:
        self.consumer, self.link, self._path = consumer, link, path
        self.at_ns = BEGIN_NS
        self._seqs = 0
        self.timer = Silent()

    def at(self, at_ms: int) -> None:
        """Let time pass, and the consumer look at the clock."""
        self.at_ns = BEGIN_NS + at_ms * MS
        self.consumer._finish()

    def comes(self, at_ms: int, *ids: int, seqs: Sequence[int] = (), deliveries: int = 1) -> None:
        """Have a block come."""
        self.at_ns = BEGIN_NS + at_ms * MS
        own = list(seqs) or [self._seqs + place for place in range(1, len(ids) + 1)]
        self._seqs = max(self._seqs, *own)
        self.consumer.delivered(
            Delivered(
                received_ns=np.full(len(ids), self.at_ns),
                ids=np.array(ids),
                stream_seqs=np.array(own),
                deliveries=np.full(len(ids), deliveries),
            )
        )

    @property
    def record(self) -> ConsumerRecord:
        return load_consumer(self._path)


@contextmanager
def bench(
    path: Path,
    per_key: PerKey = "none",
    *,
    workers: int = 1,
    breaker: dict[str, object] | None = None,
    retry: RetrySettings | None = None,
    asking: Asking = AT_ONCE,
    memory: Memory | None = None,
) -> Iterator[Bench]:
    """Yield a consumer of ten messages, the even ids of one key and the odd ones of another."""
    index = np.zeros(10, dtype=np.int64)
    index[BAD] = 1
    faults, away = Faults(kinds=(POISON,), index=index), Away()
    pace = Pace(
        workers=workers,
        lanes=make_lanes(per_key, workers, str),
        keys=np.arange(10) % 2,
        tries=Tries(faults, away, retry),
        asking=asking,
        breaker=Breaker(BreakerSettings.model_validate(breaker)) if breaker else None,
    )

    async def made() -> Bench:
        fates = Fates(
            faults=faults,
            failure=AS_USUAL,
            max_deliver=None,
            answers=True,
            memory=memory,
            tries=pace.tries,
        )
        handling = (np.full(10, 10 * MS), fates, None)
        link, recorder = Link(), ConsumeRecorder(40, path / "record.npy")
        consumer = PacedConsumer(link, recorder, AfterHandler(), handling, pace)
        consumer._pull = True
        return Bench(consumer, link, path / "record.npy")

    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patched:
        found = runner.run(made())
        for module in (paced, failing):
            patched.setattr(module, "now_ns", lambda: found.at_ns)
        patched.setattr("bench.engine.consumer.now_ns", lambda: found.at_ns)
        found.consumer._work_ends.close()
        found.consumer._work_ends = found.timer
        yield found


def test_what_was_superseded_is_acknowledged_and_was_not_handled(tmp_path: Path) -> None:
    """Of key 0 messages 0, 2 and 4; 2 gives way, 0 is in hand already."""
    with bench(tmp_path, "latest") as found:
        found.comes(0, 0)
        found.comes(1, 2)
        found.comes(2, 4)
        assert found.link.said == [("ack", [1], 0)]
        found.at(10)
        found.at(20)
        record = found.record

    assert found.link.said == [("ack", [1], 0), ("ack", [0], 0), ("ack", [2], 0)]
    assert record.ending.tolist() == [0, Ending.SUPERSEDED, 0]
    assert (record.handled_ns > 0).tolist() == [True, False, True]


def test_who_had_begun_gives_way_to_nobody_however_late_the_process_looks(tmp_path: Path) -> None:
    """The worker is free at 10 ms, and 1 is begun; 3 comes at 30, before anybody looked again."""
    with bench(tmp_path, "latest") as found:
        found.comes(0, 0)
        found.comes(1, 1)
        found.comes(30, 3)
        early = found.record.ending.tolist(), found.timer.instant_ns
        found.at(40)
        record = found.record

    assert early == ([0, 0, 0], BEGIN_NS + 40 * MS), "none is begun before it has come"
    assert (record.handled_ns > 0).tolist() == [True, True, True]


def test_what_a_breaker_turns_away_comes_again_when_it_may_be_tried(tmp_path: Path) -> None:
    """It opens at 10 ms, until 110; what comes at 30 is asked for again in 80 ms."""
    with bench(tmp_path, breaker={**BREAKER, "while_open": "nak"}) as found:
        found.comes(0, BAD)
        found.at(10)
        found.comes(30, 2, 4)
        endings, counts = found.record.ending.tolist(), found.consumer.counts()

    assert found.link.said == [("nak", [0], 0), ("nak", [1, 2], 80 * MS)]
    assert endings == [Ending.NAKED, Ending.TURNED_AWAY, Ending.TURNED_AWAY]
    assert counts == {
        "retries": 0, "recovered": 0, "retrying_ms": 0,
        "openings": 1, "open_ms": 20, "probes": 0,
    }  # fmt: skip


def test_a_breaker_that_pauses_asks_for_nothing_while_it_is_open(tmp_path: Path) -> None:
    """What is in hand waits, and the consumer is called when it may be tried."""
    with bench(tmp_path, breaker=BREAKER) as found:
        found.comes(0, BAD)
        found.at(10)
        asked = found.link.asked
        found.comes(30, 2)
        assert (found.link.asked, found.timer.instant_ns) == (
            asked,
            BEGIN_NS + 110 * MS,
        )
        found.at(110)
        assert found.link.asked == asked + 1
        found.at(120)

    assert found.link.said == [("nak", [0], 0), ("ack", [1], 0)]


def test_a_breaker_that_pauses_wakes_its_consumer_though_nothing_is_in_hand(tmp_path: Path) -> None:
    """Else it would never ask again."""
    with bench(tmp_path, breaker=BREAKER) as found:
        found.comes(0, BAD)
        found.at(10)

        assert found.timer.instant_ns == BEGIN_NS + 110 * MS


def test_attempts_that_were_all_in_vain_are_one_failure(tmp_path: Path) -> None:
    """10 + 5 + 10 ms of the worker, and then one nak; the next message waits for that."""
    retry = RetrySettings.model_validate({"attempts": 2, "base": "5ms", "max": "5ms"})
    with bench(tmp_path, retry=retry) as found:
        found.comes(0, BAD, 2)
        found.at(24)
        assert found.link.said == []
        found.at(25)
        found.at(35)

    assert found.link.said == [("nak", [0], 0), ("ack", [1], 0)]
    assert found.consumer.counts() == {"retries": 1, "recovered": 0, "retrying_ms": 15}


@pytest.mark.parametrize(("ahead", "asked"), [(0, False), (2, True)])
def test_a_shard_that_is_behind_keeps_a_consumer_from_asking(
    tmp_path: Path, ahead: int, asked: bool
) -> None:
    """Three of key 0: two wait though a worker is idle, unless more may wait."""
    with bench(tmp_path, "in-order", workers=2, asking=Asking(ahead=ahead)) as found:
        found.comes(0, 0, 2, 4)

        assert (found.link.asked > 0) is asked
        assert found.consumer._line.waiting == 2


def test_what_a_process_remembers_stands_in_no_line(tmp_path: Path) -> None:
    """What comes while its message is in hand is left alone; what was done is acknowledged."""
    with bench(tmp_path, "latest", memory=Memory()) as found:
        found.comes(0, 0, seqs=[1])
        found.comes(1, 0, seqs=[1], deliveries=2)
        found.at(10)
        found.comes(20, 0, seqs=[1], deliveries=3)
        endings = found.record.ending.tolist()

    assert endings == [0, Ending.IN_HAND, Ending.REPEATED]
    assert found.link.said == [("drop", [1], 0), ("ack", [0], 0), ("ack", [2], 0)]


def test_what_is_turned_away_may_be_handled_when_it_comes_again(tmp_path: Path) -> None:
    """It was claimed and not done: a memory must not take it for handled."""
    with bench(tmp_path, breaker={**BREAKER, "while_open": "nak"}, memory=Memory()) as found:
        found.comes(0, BAD)
        found.at(10)
        found.comes(30, 2)
        found.comes(120, 2, deliveries=2)
        found.at(130)
        endings = found.record.ending.tolist()

    assert endings == [Ending.NAKED, Ending.TURNED_AWAY, 0]
