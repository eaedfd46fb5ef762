"""Whether the ledger is exact at ten million messages, in memory that does not grow.

Made-up lives of messages (`tests.truth.lives`), of which five in a hundred go wrong, are written
down by the recorders of publishers and consumers, joined and counted as those of a trial are. A
reference in plain Python counts the same events one by one. It ends with 1 where a figure differs,
or where the memory of the recording grew after its first tenth.
"""

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from bench.broker.letters import Letter
from bench.clients.port import Delivered, Ending
from bench.core import text
from bench.core.units import NS_PER_S, human_size
from bench.engine.fates import APPLIED, DONE_WITH, WELL
from bench.engine.jobs import Done
from bench.engine.keep import Frame, Kept, keep
from bench.engine.losses import Backlog, Present
from bench.engine.pressure import Offer
from bench.engine.recorder import (
    NEVER,
    ConsumeRecorder,
    PublishRecorder,
    load_consumer,
    load_publisher,
)
from bench.engine.trial import Outcome
from bench.plan.model import Cell, Trial
from bench.plan.traffic import Traffic, make_traffic
from bench.record.schema import Window
from bench.scenario import evicting
from bench.spec.filling import PUBLISH
from bench.spec.metrics import HDR_RESOLUTION
from bench.spec.retried import RETRYING
from bench.spec.variant import Settings
from bench.stats.histogram import merged
from bench.stats.percentile import percentile_ns
from tests.server.running import plan_of
from tests.truth.lives import (
    CONSUMERS,
    LAST_ATTEMPT,
    PUBLISHERS,
    START_NS,
    Block,
    Came,
    Ints,
    Lives,
    Sent,
    load,
    max_age_ns,
)
from tests.truth.reference import Reference

TENTHS = 10
CONSUME = "consume"
PERCENTILES = (1.0, 50.0, 99.0, 100.0)
GROWTH = 0.05
"""Of the memory after the first tenth: what the allocator keeps for itself comes and goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a recording left behind.

    Attributes:
        outcome: as of a trial that is over.
        memory_bytes: of the process after each tenth.
        took_s: for all of it, the making of the events included.
    """

    outcome: Outcome
    memory_bytes: tuple[int, ...]
    took_s: float


def main() -> int:
    """Count both ways, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000, help="of whole millions")
    messages: int = parser.parse_args().messages
    with tempfile.TemporaryDirectory(prefix="jetbench-ledger-") as directory:
        written, found, wanted = compared(Path(directory), messages)
    faults = [*differences(found, wanted), *grown(written.memory_bytes)]
    for name in sorted(found):
        _say(f"{name}: {text.count(found[name])}")
    sizes = ", ".join(human_size(each) for each in written.memory_bytes)
    _say(f"recorded in {written.took_s:.0f} s, memory after each tenth: {sizes}")
    for fault in faults:
        _say(f"not so: {fault}")
    return 1 if faults else 0


def compared(
    directory: Path, messages: int
) -> tuple[Written, Mapping[str, int], Mapping[str, int]]:
    """Return what a recording left, its figures, and those of the reference."""
    cell = cell_of(messages)
    traffic = make_traffic(cell.workload.loads[PUBLISH], 1)
    lives = Lives(traffic.intended_ns, traffic.faults.index)
    written = recorded(directory, lives)
    found = figures(kept(cell, traffic, written.outcome))
    reference = Reference(traffic.faults.index.tolist())
    for block in lives.blocks():
        reference.take(block)
    return written, found, wanted_of(reference)


def figures(found: Kept) -> Mapping[str, int]:
    """Return the ledger of a record, its attempts, and percentiles of the time spent retrying."""
    attempts = {f"attempts_{n}": count for n, count in found.record.attempts[CONSUME].items()}
    retrying = merged(each.histogram for each in found.intervals if each.time == RETRYING)
    spent = {f"{RETRYING}_p{p}": percentile_ns(retrying, p, beyond=0) or 0 for p in PERCENTILES}
    return {**(found.record.ledger or {}), **attempts, **spent}


def wanted_of(reference: Reference) -> Mapping[str, int]:
    """Return the same of the reference; times as a histogram of three digits has them."""
    attempts = {f"attempts_{n}": count for n, count in reference.attempts().items()}
    spent_ns = reference.retrying_ns()
    spent = {
        f"{RETRYING}_p{p}": spent_ns[max(0, math.ceil(p / 100 * len(spent_ns)) - 1)]
        for p in PERCENTILES
    }
    return {**reference.ledger(), **attempts, **spent}


def differences(found: Mapping[str, int], wanted: Mapping[str, int]) -> Iterator[str]:
    """Yield what differs; an entry that the reference does not count is 0."""
    for name in sorted({*found, *wanted}):
        have, want = found.get(name, -1), wanted.get(name, 0)
        exact = not name.startswith(RETRYING)
        if have != want if exact else abs(have - want) > HDR_RESOLUTION * want:
            yield f"{name}: {found.get(name)} where the reference has {wanted.get(name, 0)}"


def grown(memory_bytes: Sequence[int]) -> Iterator[str]:
    """Yield by how much memory grew after the first tenth; nothing where it did not."""
    growth = max(memory_bytes) / memory_bytes[0] - 1
    if growth > GROWTH:
        yield f"memory grew by {text.percent(growth)} after the first tenth"


def cell_of(messages: int) -> Cell:
    """Return a cell whose consumers fail at some of so many messages."""
    settings = Settings.model_validate(
        {
            "consumer": {"mode": "push", "max_deliver": LAST_ATTEMPT},  # nobody asks for messages
            "failure": {"attempts": LAST_ATTEMPT, "dead_letters": True},
            "stream": {"max_age": f"{max_age_ns(messages)}ns"},
        }
    )
    return plan_of(load(messages), settings).cells[0]


def recorded(directory: Path, lives: Lives) -> Written:
    """Have recorders write down what happens, and return what is there when all is over."""
    begun_s, held = time.monotonic(), _Held()
    memory_bytes: list[int] = []
    shares = [np.arange(n, lives.messages, PUBLISHERS) for n in range(PUBLISHERS)]
    publishers = [
        PublishRecorder(ids, directory / f"publisher-{n}.npy") for n, ids in enumerate(shares)
    ]
    consumers = [
        ConsumeRecorder(lives.messages, directory / f"consumer-{n}.npy") for n in range(CONSUMERS)
    ]
    done = 0
    for block in lives.blocks():
        for share, publisher in enumerate(publishers):
            _publish(publisher, block.sent, share)
        for consumer, came in zip(consumers, block.came, strict=True):
            _consume(consumer, came)
        held.take(block)
        done += block.sent.ids.size
        if done * TENTHS >= (len(memory_bytes) + 1) * (lives.messages - TENTHS):
            memory_bytes.append(_memory_bytes())
    outcome = _outcome(directory, publishers, held, lives)
    return Written(
        outcome=outcome, memory_bytes=tuple(memory_bytes), took_s=time.monotonic() - begun_s
    )


def _publish(recorder: PublishRecorder, sent: Sent, share: int) -> None:
    """Write down what one publisher sends and hears, as its link would."""
    own = sent.ids % PUBLISHERS == share
    positions, stored_ns = sent.ids[own] // PUBLISHERS, sent.stored_ns[own]
    if positions.size:
        recorder.sent(int(positions[0]), int(positions[-1]) + 1, int(sent.sent_ns[own][0]))
    for instant_ns in np.unique(stored_ns[stored_ns != NEVER]).tolist():
        recorder.stored(positions[stored_ns == instant_ns], instant_ns)
    again = positions[sent.answers[own] > 1]
    recorder.stored(again, int(stored_ns.max(initial=0)) + 1)
    for position in positions[sent.outcome[own] != 0].tolist():
        recorder.refused(position, "made up")


def _consume(recorder: ConsumeRecorder, came: Came) -> None:
    """Write down what one consumer takes, as itself would."""
    block = Delivered(
        received_ns=came.received_ns,
        ids=came.ids,
        stream_seqs=came.seqs,
        deliveries=came.deliveries,
    )
    positions = recorder.take(block)
    well = came.ending == WELL
    _handled(recorder, positions[well], came.handled_ns[well])
    for ending in Ending:
        those = came.ending == ending
        if ending in APPLIED or ending in DONE_WITH:
            _handled(recorder, positions[those], came.handled_ns[those])
        elif those.any():
            recorder.passed(positions[those])
        recorder.ended(positions[those], ending, answered=ending is Ending.REPEATED)
    acked = came.acked_ns != NEVER
    recorder.acked_at(positions[acked], came.acked_ns[acked])


def _handled(recorder: ConsumeRecorder, positions: Ints, handled_ns: Ints) -> None:
    for instant_ns in np.unique(handled_ns).tolist():
        recorder.handled_at(positions[handled_ns == instant_ns], instant_ns)


@dataclass(slots=True, kw_only=True)
class _Held:
    """What the server knows when all is over.

    Attributes:
        pending_msgs: never delivered.
        open_msgs: delivered, and an ack is awaited.
        given_up_msgs: that it gave up.
        gone_seqs: of what it has no more.
        letters: that were posted.
    """

    pending_msgs: int = 0
    open_msgs: int = 0
    given_up_msgs: int = 0
    gone_seqs: list[int] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    def take(self, block: Block) -> None:
        """Take in what happens in a block."""
        self.pending_msgs += len(block.held)
        self.open_msgs += block.open_msgs
        self.given_up_msgs += block.advised
        self.gone_seqs += block.gone_seqs
        self.letters += block.letters

    def backlog(self, last_seq: int, asked_ns: int) -> Backlog:
        """Return what it would say of the consumer at an instant."""
        gone = tuple(self.gone_seqs)
        return Backlog(
            msgs=self.pending_msgs + self.open_msgs,
            stream_msgs=last_seq,
            ack_pending_msgs=self.open_msgs,
            present=Present(first_seq=1, last_seq=last_seq, deleted_seqs=gone),
            max_deliver=LAST_ATTEMPT,
            asked_ns=asked_ns,
        )


def _outcome(
    directory: Path, publishers: Sequence[PublishRecorder], held: _Held, lives: Lives
) -> Outcome:
    last_ns = int(lives.intended_ns[-1])
    return Outcome(
        completed=True,
        drained=False,
        start_ns=START_NS,
        window=Window(window_start_ns=0, window_end_ns=last_ns, drained_ns=last_ns + NS_PER_S),
        backlogs={CONSUME: held.backlog(lives.last_seq, last_ns + NS_PER_S)},
        drivers={
            PUBLISH: [load_publisher(directory / f"publisher-{n}.npy") for n in range(PUBLISHERS)]
        },
        observers={
            CONSUME: [load_consumer(directory / f"consumer-{n}.npy") for n in range(CONSUMERS)]
        },
        given_up={CONSUME: held.given_up_msgs},
        done={f"publisher-{n}": Done(again=each.again) for n, each in enumerate(publishers)},
        letters=held.letters,
    )


def kept(cell: Cell, traffic: Traffic, outcome: Outcome) -> Kept:
    """Return what is kept of a trial that left this behind."""
    frame = Frame(
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
        audit=partial(evicting.audited, cell, {PUBLISH: traffic}),
    )
    return keep(frame, outcome, {PUBLISH: traffic.intended_ns})


def _memory_bytes() -> int:
    """Return what this process has in memory, its mapped files included."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
