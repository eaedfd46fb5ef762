"""A soak that is folded as it goes comes to every figure of one that is joined at its end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.units import NS_PER_S
from bench.engine.audit import Audited, Evidence
from bench.engine.folding import End, Folded, Folding, News
from bench.engine.jobs import Done
from bench.engine.keep import Frame, Kept, keep
from bench.engine.lag import GRID_NS
from bench.engine.losses import UNKNOWN
from bench.engine.pressure import Offer
from bench.engine.recorder import (
    ConsumeRecorder,
    PublishRecorder,
    load_consumer,
    load_publisher,
)
from bench.engine.rotating import Closed, RotatingConsumeRecorder, RotatingPublishRecorder
from bench.engine.segments import Consumed, Published
from bench.engine.trial import Outcome
from bench.plan.model import Cell, Trial
from bench.plan.pieces import pieces
from bench.plan.traffic import make_traffic
from bench.record.schema import Window
from bench.spec.cast import instants
from bench.spec.filling import PUBLISH
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.server.running import plan_of
from tests.truth.days import (
    CONSUMERS,
    PUBLISHERS,
    START_NS,
    Days,
    Happening,
    Ledger,
    Side,
)
from tests.truth.soak import ground_of

CONSUME = "consume"
SECONDS = 12


def cell_of(messages: int, *, acks: bool) -> Cell:
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": f"{messages // SECONDS}/s", "publishers": PUBLISHERS},
            "consume": {"consumers": CONSUMERS},
            "phases": {"warmup": "2500ms", "measure": f"{SECONDS * 1000 - 2500}ms", "drain": "3s"},
        }
    )
    how: dict[str, Any] = {"consumer": {"mode": "push"}}
    if not acks:
        how = {"consumer": {"mode": "push", "ack_policy": "none"}, "ack": {"timing": "none"}}
    return plan_of(load, Settings.model_validate(how)).cells[0]


class _Both:
    """The same events, written down in both ways, and folded as they come in one of them."""

    def __init__(self, directory: Path, cell: Cell, days: Days, every: int) -> None:
        self.directory, self.cell, self.days, self.every = directory, cell, days, every
        shares = [np.arange(n, days.messages, PUBLISHERS) for n in range(PUBLISHERS)]
        self.plain = Side(
            [PublishRecorder(ids, self._path("plain", PUBLISH, n)) for n, ids in enumerate(shares)],
            [ConsumeRecorder(9, self._path("plain", CONSUME, n)) for n in range(CONSUMERS)],
        )
        acks = "acked" in instants(cell.cast)
        self.publishing = [
            RotatingPublishRecorder(ids.size, self._path("rotating", PUBLISH, n), ahead=100)
            for n, ids in enumerate(shares)
        ]
        self.consuming = [
            RotatingConsumeRecorder(
                days.messages, self._path("rotating", CONSUME, n), acks=acks, ahead=100
            )
            for n in range(CONSUMERS)
        ]
        self.published = [
            Published(self._path("rotating", PUBLISH, n), share=n, shares=PUBLISHERS)
            for n in range(PUBLISHERS)
        ]
        self.consumed = [Consumed(self._path("rotating", CONSUME, n)) for n in range(CONSUMERS)]
        phases, load = cell.workload.phases, cell.workload.loads[PUBLISH]
        ground = ground_of(cell, days.messages, directory, GRID_NS)
        self.folding = Folding(ground, pieces(load.publish, phases, 1, 999), START_NS)

    def run(self) -> tuple[Kept, Folded, Happening]:
        traffic = make_traffic(self.cell.workload.loads[PUBLISH], 1)
        assert traffic.intended_ns.size == self.days.messages
        rotating = Side(self.publishing, self.consuming)
        happening = Happening(self.days, [self.plain, rotating])
        ended_ns = self._happen(happening, rotating)
        again = [each.again for each in self.plain.publishers]
        assert again == [each.again for each in self.publishing]
        outcome = self._outcome(happening, ended_ns, again)
        assert outcome.window is not None
        end = End(
            until_ns=outcome.window.drained_ns,
            window=outcome.window,
            backlog=outcome.backlogs[CONSUME],
            given_up=UNKNOWN,
            again=sum(again),
            own={},
        )
        kept = keep(frame_of(self.cell), outcome, {PUBLISH: traffic.intended_ns})
        return kept, self.folding.finish(end), happening

    def _happen(self, happening: Happening, rotating: Side) -> int:
        """Have it all happen and fold it meanwhile; return when it was over, from the start."""
        now_ns = told_ns = START_NS
        closed = [Closed(0, 0)] * PUBLISHERS
        for number, now_ns in enumerate(happening.blocks(), start=1):
            if number % self.every:
                continue
            if number // self.every % 2:  # else they are a look behind the consumers
                told_ns = now_ns
                sent = zip(self.publishing, rotating.sent, strict=True)
                closed = [each.close(stop) for each, stop in sent]
            self._take(told_ns, closed, [each.close() for each in self.consuming])
        # Who wrote is gone, and had no last word.
        self._take(now_ns, [None] * PUBLISHERS, [None] * CONSUMERS)
        return now_ns - START_NS

    def _take(
        self, at_ns: int, sent: Sequence[Closed | None], came: Sequence[Closed | None]
    ) -> None:
        news = News(
            at_ns=at_ns - START_NS,
            sent=[each.read(closed) for each, closed in zip(self.published, sent, strict=True)],
            came=[each.read(closed) for each, closed in zip(self.consumed, came, strict=True)],
        )
        self.folding.take(news)

    def _path(self, kind: str, part: str, number: int) -> Path:
        return self.directory / f"{kind}-{part}-{number}.npy"

    def _outcome(self, happening: Happening, ended_ns: int, again: Sequence[int]) -> Outcome:
        start_ns, end_ns = self.cell.workload.phases.window_ns(0)
        window = Window(
            window_start_ns=start_ns, window_end_ns=end_ns, drained_ns=max(ended_ns, end_ns)
        )
        held = Happening.held(
            Ledger(self.days), happening.lost_seqs, happening.last_seq, window.drained_ns
        )
        published = [load_publisher(self._path("plain", PUBLISH, n)) for n in range(PUBLISHERS)]
        consumed = [load_consumer(self._path("plain", CONSUME, n)) for n in range(CONSUMERS)]
        return Outcome(
            completed=True,
            drained=False,
            start_ns=START_NS,
            window=window,
            backlogs={CONSUME: held},
            drivers={PUBLISH: published},
            observers={CONSUME: consumed},
            done={f"publisher-{n}": Done(again=each) for n, each in enumerate(again)},
        )


def _untold(evidence: Evidence) -> Audited:
    return Audited(tables=evidence.tables)


def frame_of(cell: Cell) -> Frame:
    return Frame(
        trial=Trial(id="001-cell-b1", index=1, cell_id=cell.id, block=1, seed=1),
        started_utc="2026-11-28T09:00:00+00:00",
        cast=cell.cast,
        offers={
            PUBLISH: Offer(
                part=PUBLISH,
                role="publisher",
                publishers=PUBLISHERS,
                window_msgs=1,
                one_by_one=False,
                tick_ns=1,
            )
        },
        software=None,
        audit=_untold,
    )


def _told(intervals: Sequence[Any]) -> Mapping[tuple[str, int, int], tuple[list[int], list[int]]]:
    return {
        (each.time, each.start_ns, each.end_ns): (
            each.histogram.indices.tolist(),
            each.histogram.counts.tolist(),
        )
        for each in intervals
    }


@pytest.mark.parametrize("acks", [True, False])
@pytest.mark.parametrize(
    ("messages", "later", "every"), [(2400, 3, 1), (2400, 3, 7), (24_000, 40, 64), (2400, 3, 1000)]
)
def test_every_figure_is_that_of_a_trial_that_is_joined_at_its_end(
    tmp_path: Path, every: int, messages: int, later: int, *, acks: bool
) -> None:
    block = 24
    days = Days(
        messages=messages,
        block=block,
        block_ns=SECONDS * NS_PER_S // (messages // block),
        odd=0.006,
        later=later,
    )
    kept, folded, happening = _Both(tmp_path, cell_of(messages, acks=acks), days, every).run()
    record = kept.record
    assert folded.ledger == record.ledger
    assert folded.attempts == record.attempts[CONSUME]
    assert folded.window_counts == record.window_counts
    assert folded.slices == record.slices
    assert (folded.negatives, folded.overflows) == (record.negative_times, record.overflows)
    assert list(_told(folded.intervals).items()) == list(_told(kept.intervals).items())
    assert folded.peaks == record.peaks
    assert folded.oldest_ns == record.oldest_ns
    wanted = kept.samples.dropna(axis=1, how="all")
    assert [dict(row) for row in folded.rows] == wanted.to_dict("records")
    _as_the_numbers_say(folded, days, happening)


def _as_the_numbers_say(folded: Folded, days: Days, happening: Happening) -> None:
    """What is known of each message by its number says the same of the ledger."""
    wanted = Ledger(days)
    assert happening.lost_seqs, "nothing was lost: that shows little"
    entries = {name: n for name, n in wanted.entries().items() if name in folded.ledger}
    assert {name: folded.ledger[name] for name in entries} == entries
    assert folded.attempts == wanted.attempts()
