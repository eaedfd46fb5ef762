"""Whether a soak is folded exactly, in memory and on a disk that do not grow.

A process writes down what happens to hundreds of millions of made-up messages (`tests.truth.days`)
with the recorders of a soak, in compressed time; another one folds it as it comes. The ledger must
be what the numbers of the messages say. It ends with 1 where an entry differs, or where the memory
of either process, or what stands on the disk, grew after the first tenth.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from bench.core import text
from bench.core.units import NS_PER_S, human_size
from bench.engine.folding import End, Folded, Folding, News
from bench.engine.losses import UNKNOWN
from bench.engine.rotating import Closed, RotatingConsumeRecorder, RotatingPublishRecorder
from bench.engine.segments import Consumed, Published
from bench.engine.summing import Ground
from bench.plan.model import Cell
from bench.plan.pieces import Piece, pieces
from bench.record.schema import Window
from bench.spec.filling import PUBLISH
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.spec.workload import Phases, Publish
from tests.server.running import plan_of
from tests.truth.days import CONSUMERS, PUBLISHERS, START_NS, Days, Happening, Ledger, Side

RATE_MSGS_PER_S = 200_000
BLOCK_MSGS = RATE_MSGS_PER_S // 10
CLOSE_BLOCKS = 50
ODD = 2e-5
LATER_BLOCKS = 400
TENTHS = 10
GROWTH = 0.05
"""Of what was used in the first tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was used at a time.

    Attributes:
        writing_bytes, folding_bytes: memory of either process, mapped files included.
        disk_bytes: of what is recorded and not yet read.
    """

    writing_bytes: int
    folding_bytes: int
    disk_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the writing process says when it has closed its records, or is through.

    Attributes:
        at_ns: by when all of it happened, from the trial's start.
        closed: of publishers and consumers; None where it is through.
        memory_bytes: of its own.
        last_seq, lost_seqs: of the stream.
        again: answers to what had one.
    """

    at_ns: int
    closed: tuple[Sequence[Closed], Sequence[Closed]] | None
    memory_bytes: int
    last_seq: int = 0
    lost_seqs: tuple[int, ...] = ()
    again: int = 0


def main() -> int:
    """Fold a soak, and say what differs from what the numbers say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--messages", type=int, default=200_000_000, help="of whole tens of millions"
    )
    messages: int = parser.parse_args().messages
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jetbench-soak-") as directory:
        folded, wanted, used = soaked(Path(directory), messages)
    faults = [*differences(folded, wanted), *grown(used)]
    for name, count in sorted(folded.ledger.items()):
        _say(f"{name}: {text.count(count)}")
    _say(f"{text.count(messages)} messages in {time.monotonic() - begun_s:.0f} s")
    for fault in faults:
        _say(f"not so: {fault}")
    return 1 if faults else 0


def soaked(directory: Path, messages: int) -> tuple[Folded, Ledger, Sequence[Used]]:
    """Return the figures of a soak, what they must be, and what was used in each tenth."""
    days = Days(
        messages=messages,
        block=BLOCK_MSGS,
        block_ns=NS_PER_S * BLOCK_MSGS // RATE_MSGS_PER_S,
        odd=ODD,
        later=LATER_BLOCKS,
    )
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    writing = context.Process(target=write, args=(directory, days, theirs), daemon=True)
    writing.start()
    try:
        folded, used = _folded(directory, days, ours)
    finally:
        writing.kill()
        writing.join()
    return folded, Ledger(days), used


def write(directory: Path, days: Days, to: Connection) -> None:
    """Have it all happen to recorders, and say when they have closed; the program of a process."""
    ahead = 2 * BLOCK_MSGS * CLOSE_BLOCKS
    publishers = [
        RotatingPublishRecorder(
            len(range(n, days.messages, PUBLISHERS)), directory / f"{PUBLISH}-{n}.npy", ahead
        )
        for n in range(PUBLISHERS)
    ]
    consumers = [
        RotatingConsumeRecorder(days.messages, directory / f"consume-{n}.npy", ahead=ahead)
        for n in range(CONSUMERS)
    ]
    to.send(None)
    side = Side(publishers, consumers)
    happening = Happening(days, [side])
    at_ns = 0
    for number, at_ns in enumerate(happening.blocks(), start=1):
        if number % CLOSE_BLOCKS == 0:
            closed = (
                [each.close(sent) for each, sent in zip(publishers, side.sent, strict=True)],
                [each.close() for each in consumers],
            )
            to.send(Written(at_ns=at_ns, closed=closed, memory_bytes=_memory_bytes()))
            to.recv()  # so that it is no more than a look ahead
    last = Written(
        at_ns=at_ns,
        closed=None,
        memory_bytes=_memory_bytes(),
        last_seq=happening.last_seq,
        lost_seqs=tuple(happening.lost_seqs),
        again=sum(each.again for each in publishers),
    )
    to.send(last)
    to.recv()


def _folded(directory: Path, days: Days, source: Connection) -> tuple[Folded, Sequence[Used]]:
    """Return what is folded of what another process writes, and what was used in each tenth."""
    source.recv()
    cell = cell_of(days.messages)
    folding = Folding(ground_of(cell, days.messages, directory), _pieces(cell), START_NS)
    publishers = [
        Published(directory / f"{PUBLISH}-{n}.npy", share=n, shares=PUBLISHERS)
        for n in range(PUBLISHERS)
    ]
    consumers = [Consumed(directory / f"consume-{n}.npy") for n in range(CONSUMERS)]
    used: list[list[Used]] = [[] for _ in range(TENTHS)]
    while True:
        told: Written = source.recv()
        source.send(None)
        closed = told.closed or ((None,) * PUBLISHERS, (None,) * CONSUMERS)
        folding.take(
            News(
                at_ns=told.at_ns - START_NS,
                sent=[r.read(c) for r, c in zip(publishers, closed[0], strict=True)],
                came=[r.read(c) for r, c in zip(consumers, closed[1], strict=True)],
            )
        )
        done = sum(each.stop for each in publishers) / days.messages
        now = Used(
            writing_bytes=told.memory_bytes,
            folding_bytes=_memory_bytes(),
            disk_bytes=_on_disk_bytes(directory),
        )
        tenth = min(TENTHS - 1, int(done * TENTHS))
        if not used[tenth] and tenth:
            _say_used(tenth, _most(used[tenth - 1]))
        used[tenth].append(now)
        if told.closed is None:
            _say_used(TENTHS, _most(used[-1]))
            return folding.finish(_end(cell, days, told)), [_most(each) for each in used]


def _end(cell: Cell, days: Days, told: Written) -> End:
    start_ns, end_ns = cell.workload.phases.window_ns(0)
    drained_ns = max(end_ns, told.at_ns - START_NS)
    backlog = Happening.held(Ledger(days), told.lost_seqs, told.last_seq, drained_ns)
    return End(
        until_ns=drained_ns,
        window=Window(window_start_ns=start_ns, window_end_ns=end_ns, drained_ns=drained_ns),
        backlog=backlog,
        given_up=UNKNOWN,
        again=told.again,
        own={},
    )


def cell_of(messages: int) -> Cell:
    """Return a cell of a rate at which so many messages are offered."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": f"{RATE_MSGS_PER_S}/s", "publishers": PUBLISHERS},
            "consume": {"consumers": CONSUMERS},
            "phases": {"warmup": "0s", "measure": "10s", "drain": "60s"},
        }
    )
    cell = plan_of(load, Settings.model_validate({"consumer": {"mode": "push"}})).cells[0]
    seconds = messages // RATE_MSGS_PER_S
    phases = Phases.model_validate({"warmup": "0s", "measure": f"{seconds}s", "drain": "60s"})
    # A plan has no such load: nobody can run it yet.
    return replace(cell, workload=load.model_copy(update={"phases": phases}))


def ground_of(cell: Cell, messages: int, directory: Path, looks_every_ns: int = NS_PER_S) -> Ground:
    """Return what is known of such a soak beforehand."""
    return Ground(
        cast=cell.cast,
        phases=cell.workload.phases,
        planned=messages,
        publishers=PUBLISHERS,
        consumers=CONSUMERS,
        max_deliver=None,
        looks_every_ns=looks_every_ns,
        directory=directory,
    )


def _pieces(cell: Cell) -> Iterator[Piece]:
    publish: Publish = cell.workload.offers[PUBLISH]
    return pieces(publish, cell.workload.phases, 1)


def differences(folded: Folded, wanted: Ledger) -> Iterator[str]:
    """Yield where the ledger, or how often messages came, is not what the numbers say."""
    entries = wanted.entries()
    for name in sorted(entries):
        if folded.ledger[name] != entries[name]:
            yield f"{name}: {folded.ledger[name]} where the numbers say {entries[name]}"
    if folded.attempts != wanted.attempts():
        yield f"attempts: {folded.attempts} where the numbers say {wanted.attempts()}"
    times = _counted(folded)
    for name, entry in {"service": "stored", "end_to_end": "acked"}.items():
        if times.get(name, 0) != entries[entry]:
            yield f"{name}: {times.get(name, 0)} times where {entries[entry]} messages have it"


def _counted(folded: Folded) -> Mapping[str, int]:
    """Return how often each time was recorded, and could not be."""
    found: dict[str, int] = {}
    for each in folded.intervals:
        found[each.time] = found.get(each.time, 0) + each.histogram.total_count
    return found


def grown(used: Sequence[Used]) -> Iterator[str]:
    """Yield what grew after the first tenth."""
    for name in ("writing_bytes", "folding_bytes", "disk_bytes"):
        sizes = [getattr(each, name) for each in used]
        growth = max(sizes) / sizes[0] - 1
        if growth > GROWTH:
            yield f"{name} grew by {text.percent(growth)} after the first tenth"


def _most(used: Sequence[Used]) -> Used:
    names = ("writing_bytes", "folding_bytes", "disk_bytes")
    return Used(**{name: max(getattr(each, name) for each in used) for name in names})


def _say_used(tenth: int, used: Used) -> None:
    sizes = (used.writing_bytes, used.folding_bytes, used.disk_bytes)
    told = ", ".join(map(human_size, sizes))
    _say(f"tenth {tenth}: writing, folding and on the disk at most {told}")


def _memory_bytes() -> int:
    """Return what this process has in memory, its mapped files included."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _on_disk_bytes(directory: Path) -> int:
    """Return what records take on the disk; histograms are what is kept, and grow."""
    return sum(path.stat().st_blocks * 512 for path in directory.glob("*.npy"))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    sys.exit(main())
