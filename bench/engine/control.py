"""What the conductor asks the server: an answer that does not come is noted and ends nothing."""

import asyncio

from nats.aio.client import Client

from bench.broker.admin import ApiError
from bench.broker.observe import (
    ConsumerState,
    StreamState,
    consumer_state,
    deleted_seqs,
    stream_state,
)
from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.engine.clock import now_ns
from bench.engine.gaps import Gaps
from bench.engine.jobs import Watched
from bench.engine.losses import Backlog, Present

ANSWER_WITHIN_S = 1.0
FINAL_LOOKS = 5
SETTLE_S = 0.05
"""Between two final looks: the server takes the last acks within less, and then stands still."""

_NO_CONSUMER = 10014
_GONE = {_NO_CONSUMER, 10039, 10059, 10076}
"""JetStream's codes of "consumer not found", "not enabled for account", "stream not found" and
"not enabled"."""

NOTHING_KNOWN = Backlog(msgs=-1, stream_msgs=-1)


class Control:
    """The conductor's own questions about one consumer of a trial and its stream.

    Attributes:
        watched: which one.
        gaps: questions without an answer.
    """

    def __init__(self, client: Client, watched: Watched) -> None:
        self._client = client
        self._names = watched.names
        self.watched = watched
        self._gone = _GONE - ({_NO_CONSUMER} if watched.anew else set())
        self.start_ns = now_ns()
        self.gaps = Gaps()

    async def consumer(self) -> ConsumerState | None:
        """Return the consumer's state; None when no answer came.

        Raises:
            ApiError: the answer is that there is no consumer, stream or JetStream: nothing can be
                measured any more. A consumer that is just being made anew may be away.
        """
        asked_ns = now_ns()
        try:
            return await consumer_state(self._client, self._names, timeout_s=ANSWER_WITHIN_S)
        except (MeasurementError, ServerUnavailableError) as error:
            if isinstance(error, ApiError) and error.err_code in self._gone:
                raise
            self.gaps.note("the consumer's state", asked_ns - self.start_ns, str(error))
            return None

    async def final_look(self) -> Backlog:
        """Return what the server holds for a consumer without clients, once it stands still."""
        asked_ns = now_ns()
        try:
            state = await self._settled()
            looked_ns = now_ns()
            stream = await stream_state(self._client, self._names)
            deleted = await self._deleted(stream)
        except (MeasurementError, ServerUnavailableError) as error:
            self.gaps.note("the last state", asked_ns - self.start_ns, str(error))
            return NOTHING_KNOWN
        if state is None:
            return NOTHING_KNOWN
        return Backlog(
            msgs=state.lag_msgs,
            stream_msgs=stream.last_seq - self.watched.laid_seq,
            ack_pending_msgs=state.num_ack_pending,
            present=_present(stream, deleted, self.watched.laid_seq),
            tracked=self.watched.tracked,
            max_deliver=self.watched.max_deliver,
            ttl_ns=self.watched.ttl_ns,
            asked_ns=looked_ns - self.start_ns,
        )

    async def _deleted(self, stream: StreamState) -> tuple[int, ...] | None:
        """Return what is gone from between; of what was laid alone nothing is asked: it is much."""
        laid_seq, laid_msgs = self.watched.laid_seq, self.watched.laid_msgs
        if laid_seq and stream.msgs == laid_msgs + stream.last_seq - laid_seq:
            return ()
        return await deleted_seqs(self._client, self._names, stream)

    async def _settled(self) -> ConsumerState | None:
        """Return the consumer's state once it stands still; None when no answer comes."""
        state = await self.consumer()
        for _ in range(FINAL_LOOKS):
            await asyncio.sleep(SETTLE_S)
            before, state = state, await self.consumer()
            if state is not None and state == before:
                break
        return state


def _present(stream: StreamState, deleted: tuple[int, ...] | None, laid_seq: int) -> Present | None:
    """Return what is there of a trial's own messages, which come after what was laid."""
    if deleted is None:
        return None
    oldest_seq = stream.first_seq if stream.msgs else stream.last_seq + 1
    first_seq = max(oldest_seq, laid_seq + 1)
    return Present(
        first_seq=first_seq,
        last_seq=stream.last_seq,
        deleted_seqs=tuple(seq for seq in deleted if seq >= first_seq),
    )
