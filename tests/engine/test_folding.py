"""A soak that is folded as it goes comes to every figure of one that is joined at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.core.units import NS_PER_S
from bench.engine.audit import Audited, Evidence
from bench.engine.folding import End, Folded, Folding, Ground, News
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

CONSUME = "consume"
SECONDS = 12


def _cell(messages: int, *, acks: bool) -> Cell:
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


@dataclass(frozen=True)
class _Both:
    """The same events, written down in both ways."""

    directory: Path
    cell: Cell
    days: Days
    every: int

    def run(self) -> tuple[Kept, Folded, Happening]:
        cell, days = self.cell, self.days
        traffic = make_traffic(cell.workload.loads[PUBLISH], 1)
        assert traffic.intended_ns.size == days.messages
        shares = [np.arange(n, days.messages, PUBLISHERS) for n in range(PUBLISHERS)]
        plain = Side(
            [PublishRecorder(ids, self._path("plain", PUBLISH, n)) for n, ids in enumerate(shares)],
            [
                ConsumeRecorder(days.messages, self._path("plain", CONSUME, n))
                for n in range(CONSUMERS)
            ],
        )
        publishing = [
            RotatingPublishRecorder(ids.size, self._path("rotating", PUBLISH, n), ahead=100)
            for n, ids in enumerate(shares)
        ]
        consuming = [
            RotatingConsumeRecorder(
                days.messages,
                self._path("rotating", CONSUME, n),
                acks="acked" in _instants(cell),
                ahead=100,
            )
            for n in range(CONSUMERS)
        ]
        rotating = Side(publishing, consuming)
        phases, load = cell.workload.phases, cell.workload.loads[PUBLISH]
        ground = Ground(
            cast=cell.cast,
            phases=phases,
            planned=days.messages,
            publishers=PUBLISHERS,
            consumers=CONSUMERS,
            max_deliver=None,
            looks_every_ns=GRID_NS,
            directory=self.directory,
        )
        folding = Folding(ground, pieces(load.publish, phases, 1, 999), START_NS)
        readers = (
            [
                Published(self._path("rotating", PUBLISH, n), share=n, shares=PUBLISHERS)
                for n in range(PUBLISHERS)
            ],
            [Consumed(self._path("rotating", CONSUME, n)) for n in range(CONSUMERS)],
        )
        happening = Happening(days, [plain, rotating])
        now_ns = told_ns = START_NS
        closed = [Closed(0, 0)] * PUBLISHERS
        for number, now_ns in enumerate(happening.blocks(), start=1):
            if number % self.every:
                continue
            if number // self.every % 2:  # else they are a look behind the consumers
                told_ns = now_ns
                closed = [
                    each.close(sent) for each, sent in zip(publishing, rotating.sent, strict=True)
                ]
            folding.take(
                News(
                    at_ns=told_ns - START_NS,
                    sent=[r.read(c) for r, c in zip(readers[0], closed, strict=True)],
                    came=[r.read(c.close()) for r, c in zip(readers[1], consuming, strict=True)],
                )
            )
        folding.take(
            News(
                at_ns=now_ns - START_NS,
                sent=[each.read(None) for each in readers[0]],
                came=[each.read(None) for each in readers[1]],
            )
        )
        again = [each.again for each in plain.publishers]
        assert again == [each.again for each in publishing]
        outcome = self._outcome(happening, now_ns - START_NS, again)
        assert outcome.window is not None
        end = End(
            until_ns=outcome.window.drained_ns,
            window=outcome.window,
            backlog=outcome.backlogs[CONSUME],
            given_up=UNKNOWN,
            again=sum(again),
            own={},
        )
        kept = keep(_frame(cell), outcome, {PUBLISH: traffic.intended_ns})
        return kept, folding.finish(end), happening

    def _path(self, kind: str, part: str, number: int) -> Path:
        return self.directory / f"{kind}-{part}-{number}.npy"

    def _outcome(self, happening: Happening, ended_ns: int, again: Sequence[int]) -> Outcome:
        start_ns, end_ns = self.cell.workload.phases.window_ns(0)
        window = Window(
            window_start_ns=start_ns, window_end_ns=end_ns, drained_ns=max(ended_ns, end_ns)
        )
        return Outcome(
            completed=True,
            drained=False,
            start_ns=START_NS,
            window=window,
            backlogs={CONSUME: happening.backlog(Ledger(self.days), window.drained_ns)},
            drivers={
                PUBLISH: [
                    load_publisher(self._path("plain", PUBLISH, n)) for n in range(PUBLISHERS)
                ]
            },
            observers={
                CONSUME: [load_consumer(self._path("plain", CONSUME, n)) for n in range(CONSUMERS)]
            },
            done={f"publisher-{n}": Done(again=each) for n, each in enumerate(again)},
        )


def _instants(cell: Cell) -> set[str]:
    return {each.name for part in cell.cast.parts for each in part.instants}


def _untold(evidence: Evidence) -> Audited:
    return Audited(tables=evidence.tables)


def _frame(cell: Cell) -> Frame:
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


@pytest.mark.parametrize("every", [1, 7, 64, 1000])
@pytest.mark.parametrize("acks", [True, False])
@pytest.mark.parametrize(("messages", "later"), [(2400, 3), (24_000, 40)])
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
    kept, folded, happening = _Both(tmp_path, _cell(messages, acks=acks), days, every).run()
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
