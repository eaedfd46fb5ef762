"""Handlers that do something: calls of a user's function, and work of a known kind."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bench.clients.faults import Faults
from bench.clients.natspy_tasks import NatsPyTasks
from bench.clients.port import IntArray
from bench.engine.acks import AckPlan
from bench.engine.clock import now_ns
from bench.engine.failing import FailingTasks, Handling
from bench.engine.jobs import ObserverJob
from bench.engine.progress import ProgressTaskLink
from bench.engine.recorder import ConsumeRecorder
from bench.engine.took import Took, took_path
from bench.engine.works import Works, burn, open_works


class DoingTasks(FailingTasks):
    """A TaskConsumer whose handlers do their work; one that raises has failed.

    Attributes:
        raised: what was raised, in words.
        links: connections of their work.
    """

    def __init__(
        self,
        link: NatsPyTasks | ProgressTaskLink,
        recorder: ConsumeRecorder,
        acks: AckPlan,
        handling: Handling,
        doing: tuple[Works, Took],
    ) -> None:
        """Be ready to handle messages; call within a running event loop.

        Args:
            link: brings them, once it is opened with this as its sink.
            recorder: keeps what happens.
            acks: decides when to acknowledge.
            handling: what becomes of deliveries.
            doing: what is done with each message, and where is noted how long that takes.
        """
        super().__init__(link, recorder, acks, handling)
        self._contents = link
        self._works, self._took = doing
        self.links = self._works.links
        self._known: set[int] = set()
        self._failed: set[int] = set()
        self._loop_ns: dict[int, int] = {}
        self.raised = Faults()

    def handle(self, position: int) -> Coroutine[Any, Any, None]:
        """Return what does the work; it has its worker from now on, whenever the loop begins it."""
        return self._handled(position, now_ns())

    async def _handled(self, position: int, since_ns: int) -> None:
        worked = position in self._in_hand and position not in self._known
        await super().handle(position)
        if worked:
            loop_ns = self._loop_ns.pop(position, 0)
            self._took.note(position, now_ns() - since_ns, loop_ns)

    def _takes_ns(self, position: int, message_id: int, deliveries: int) -> int:
        """What need not be handled is not worked on."""
        if not self._fates.begin(np.array([position]), np.array([message_id])).all():
            self._known.add(position)
            return 0
        usual_ns = super(FailingTasks, self)._takes_ns(position, message_id, deliveries)
        return self._fates.faults.one_handler_ns(message_id, deliveries, usual_ns)

    async def _work(self, position: int, duration_ns: int) -> None:
        if position in self._known:
            self._known.discard(position)
            return
        try:
            await self._done(position, duration_ns)
        except Exception as error:  # noqa: BLE001 - whatever it is, the handler has failed
            self._failed.add(position)
            self.raised.note(f"{type(error).__name__}: {error}")

    async def _done(self, position: int, duration_ns: int) -> None:
        if self._works.burns:
            with self._alone(position):
                burn(duration_ns)
        else:
            await super()._work(position, duration_ns)
        content = self._contents.content(position)
        for step in self._works.steps:
            with self._alone(position):
                waits = step(content)
            if waits is not None:
                await waits

    @contextmanager
    def _alone(self, position: int) -> Iterator[None]:
        """Note how long a delivery has the event loop for itself."""
        since_ns = now_ns()
        try:
            yield
        finally:
            self._loop_ns[position] = self._loop_ns.get(position, 0) + now_ns() - since_ns

    def _endings(self, positions: IntArray) -> IntArray:
        """Return how deliveries end, where what raised has failed, shape (n,)."""
        ids, deliveries = self._recorder.told(positions)
        endings = self._fates.of_handlers(positions, ids, deliveries)
        raised = np.array([each in self._failed for each in positions.tolist()])
        self._failed.difference_update(positions.tolist())
        failed = np.where(raised, self._fates.failed(deliveries), endings)
        return self._fates.settled(positions, ids, failed)


def does(job: ObserverJob) -> bool:
    """Say whether handlers of a job do something, besides taking time."""
    return job.call is not None or bool(job.work)


async def open_doing(
    job: ObserverJob,
    link: NatsPyTasks | ProgressTaskLink,
    recorder: ConsumeRecorder,
    how: tuple[AckPlan, Handling],
) -> DoingTasks:
    """Return who does it; raises ServerUnavailableError where nobody answers.

    Args:
        job: of the process.
        link: brings messages; not open.
        recorder: keeps what happens.
        how: when to acknowledge, and what becomes of deliveries.
    """
    took = Took(took_path(job.record_path), recorder.room)
    return DoingTasks(link, recorder, *how, (await open_works(job), took))
