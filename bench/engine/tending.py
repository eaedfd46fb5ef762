"""Who feeds and folds a soak while it lasts: a thread beside the conductor.

At no lower priority: what it holds the conductor may wait for, and the drain begins late then.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from bench.core.errors import MeasurementError
from bench.engine.feeding import Fed, Feed
from bench.engine.folding import End, Folded, Folding, News
from bench.engine.jobs import DriverJob, ObserverJob, Progress
from bench.engine.rotating import Closed
from bench.engine.segments import Consumed, Published
from bench.engine.summing import Ground
from bench.plan.pieces import pieces
from bench.spec.workload import Load

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """A soak.

    Attributes:
        ground: what is known of it.
        fed: where its messages stand.
        load: what they are made from.
        seed: of the trial.
        ahead_msgs: how many are made ahead.
        drivers: who publishes, by share.
        observers: who consumes.
    """

    ground: Ground
    fed: Fed
    load: Load
    seed: int
    ahead_msgs: int
    drivers: tuple[DriverJob, ...]
    observers: tuple[ObserverJob, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """Of all whose records are folded."""
        return (*(job.role for job in self.drivers), *(job.role for job in self.observers))


class Tending:
    """Takes what processes have closed, and makes what is due next."""

    def __init__(self, tended: Tended) -> None:
        """Make the first messages; MeasurementError where the disk cannot hold them."""
        self._tended = tended
        self._feed = Feed(tended.fed, tended.load, tended.seed, tended.ahead_msgs)
        self._at_work = ThreadPoolExecutor(max_workers=1)
        self._running: Future[None] | None = None
        self._taken_ns: dict[str, int] = dict.fromkeys(tended.roles, 0)
        self._folding: _Folds | None = None

    @property
    def offered_ns(self) -> int:
        """Until when messages are due, from the trial's start."""
        phases = self._tended.ground.phases
        return phases.warmup_ns + phases.measure_ns

    def begin(self, start_ns: int) -> None:
        """The trial begins; its processes have their records by now."""
        self._folding = _Folds.of(self._tended, start_ns)

    def look(self, told: Mapping[str, Progress]) -> None:
        """See to what is closed, if it is of all and nothing else is being seen to.

        Args:
            told: by role.

        Raises:
            MeasurementError: it cannot go on.
        """
        if self._folding is None or not self._is_free():
            return
        known = {role: told[role] for role in self._taken_ns if role in told}
        anew = all(each.closed_ns > self._taken_ns[role] for role, each in known.items())
        if len(known) < len(self._taken_ns) or not anew:
            return
        self._taken_ns = {role: each.closed_ns for role, each in known.items()}
        folds, feed = self._folding, self._feed
        sent = min(known[job.role].sent for job in self._tended.drivers)

        def work() -> None:
            folds.take(known)
            feed.ahead(sent * len(self._tended.drivers))

        self._running = self._at_work.submit(work)

    async def end(self) -> None:
        """Wait for what is being seen to; what fails is told by `result`."""
        if self._running is not None:
            await asyncio.gather(asyncio.wrap_future(self._running), return_exceptions=True)
        self._at_work.shutdown(wait=False)

    def result(self, end: Callable[[], End]) -> Folded:
        """Return the figures, when nobody writes any more.

        Raises:
            MeasurementError: it could not be folded, now or earlier: what was taken in part then
                can neither be taken again nor be told from the rest.
        """
        self._is_free()
        folds = self._folding or _Folds.of(self._tended, 0)
        return _told(lambda: folds.finish(end()))

    def _is_free(self) -> bool:
        running = self._running
        if running is not None and running.done():
            _told(running.result)  # what failed stays, and fails whoever asks
            self._running = None
        return self._running is None


@dataclass(slots=True, kw_only=True)
class _Folds:
    """The folding of a soak, and where it reads."""

    folding: Folding
    start_ns: int
    published: Mapping[str, Published] = field(default_factory=dict)
    consumed: Mapping[str, Consumed] = field(default_factory=dict)

    @classmethod
    def of(cls, tended: Tended, start_ns: int) -> "_Folds":
        """Return the folding of a soak that begins; there are no records where it never did."""
        schedule = pieces(tended.load.publish, tended.load.phases, tended.seed)
        folding = Folding(tended.ground, schedule, start_ns)
        if not start_ns:
            return cls(folding=folding, start_ns=start_ns)
        return cls(
            folding=folding,
            start_ns=start_ns,
            published={
                job.role: Published(job.record_path, share=job.share, shares=job.shares)
                for job in tended.drivers
            },
            consumed={job.role: Consumed(job.record_path) for job in tended.observers},
        )

    def take(self, told: Mapping[str, Progress]) -> None:
        """Fold what was closed by now."""
        at_ns = min(each.closed_ns for each in told.values()) - self.start_ns
        self._take(at_ns, {role: each.closed for role, each in told.items()})

    def finish(self, end: End) -> Folded:
        """Fold what is left, and return the figures."""
        if self.published:
            rest: Mapping[str, Closed | None] = dict.fromkeys((*self.published, *self.consumed))
            self._take(max(end.until_ns, self.folding.told_ns), rest)
        return self.folding.finish(end)

    def _take(self, at_ns: int, closed: Mapping[str, Closed | None]) -> None:
        sent = [each.read(closed[role]) for role, each in self.published.items()]
        came = [each.read(closed[role]) for role, each in self.consumed.items()]
        self.folding.take(News(at_ns=at_ns, sent=sent, came=came))


def _told(work: Callable[[], T]) -> T:
    """Return what work comes to; a disk that fails keeps the trial from going on."""
    try:
        return work()
    except OSError as error:
        raise MeasurementError(f"the soak cannot be folded: {error}") from error
