"""Handlers of users: their function is called with each message, as their service would."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.clients.faults import Faults
from bench.clients.natspy_tasks import NatsPyTasks
from bench.clients.port import Content, IntArray
from bench.core.called import Function
from bench.engine.acks import AckPlan
from bench.engine.failing import FailingTasks, Handling
from bench.engine.progress import ProgressTaskLink
from bench.engine.recorder import ConsumeRecorder


class Caller:
    """Calls a function: one that is a coroutine in the event loop, any other one in a thread."""

    def __init__(self, function: Function, workers: int) -> None:
        self._function = function
        awaits = inspect.iscoroutinefunction(function)
        self._threads = None if awaits else ThreadPoolExecutor(workers, "handler")

    async def call(self, message: Content) -> None:
        """Return when it has; raises what it does.

        Raises:
            RuntimeError: what it waited for was cancelled, and nobody has cancelled us: raised on,
                that would end our task as if it had been wanted, and nobody would count it.
        """
        try:
            await self._call(message)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise RuntimeError("what the function waited for was cancelled") from None

    async def _call(self, message: Content) -> None:
        if self._threads is None:
            await self._function(message)
            return
        loop = asyncio.get_running_loop()
        returned = await loop.run_in_executor(self._threads, self._function, message)
        if inspect.isawaitable(returned):  # a plain function that returns a coroutine
            await returned


class CallingTasks(FailingTasks):
    """A TaskConsumer whose handlers are calls; one that raises has failed.

    Attributes:
        raised: what was raised, in words.
    """

    def __init__(
        self,
        link: NatsPyTasks | ProgressTaskLink,
        recorder: ConsumeRecorder,
        acks: AckPlan,
        handling: Handling,
        caller: Caller,
    ) -> None:
        """Be ready to handle messages; call within a running event loop.

        Args:
            link: brings them, once it is opened with this as its sink.
            recorder: keeps what happens.
            acks: decides when to acknowledge.
            handling: what becomes of deliveries.
            caller: of the user's function.
        """
        super().__init__(link, recorder, acks, handling)
        self._contents = link
        self._caller = caller
        self._known: set[int] = set()
        self._failed: set[int] = set()
        self.raised = Faults()

    def _takes_ns(self, position: int, message_id: int, deliveries: int) -> int:
        """What need not be handled is not called; of what is called nobody knows how long."""
        del deliveries
        if not self._fates.begin(np.array([position]), np.array([message_id])).all():
            self._known.add(position)
        return 0

    async def _work(self, position: int, duration_ns: int) -> None:
        if position in self._known:
            self._known.discard(position)
            return
        await super()._work(position, duration_ns)
        try:
            await self._caller.call(self._contents.content(position))
        except Exception as error:  # noqa: BLE001 - whatever it is, the handler has failed
            self._failed.add(position)
            self.raised.note(f"{type(error).__name__}: {error}")

    def _endings(self, positions: IntArray) -> IntArray:
        """Return how deliveries end, where what raised has failed, shape (n,)."""
        ids, deliveries = self._recorder.told(positions)
        endings = self._fates.of_handlers(positions, ids, deliveries)
        raised = np.array([each in self._failed for each in positions.tolist()])
        self._failed.difference_update(positions.tolist())
        failed = np.where(raised, self._fates.failed(deliveries), endings)
        return self._fates.settled(positions, ids, failed)
