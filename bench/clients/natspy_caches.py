"""Reading keys through a cache over nats-py: its `get`, `watch` and `subscribe` fill it.

The strategies are those of `bench.clients.wire.caches`, in the words of a service: a task fills the
cache, and a read of what is not known yet waits.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import nats.errors
import numpy as np
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

from bench.clients.buckets import MARKER_HEADER, NOBODY, Bucket, SaidSink, Value
from bench.clients.natspy_connection import CLOSE_TIMEOUT_S
from bench.clients.natspy_operations import NatsPyMessageKeys
from bench.clients.port import Endpoint, Messages
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S

_AT_ONCE = 256
"""Gets under way at a time when a cache is filled."""


class NatsPyCachedReader(NatsPyMessageKeys):
    """PublisherLink over nats-py whose messages ask for keys' values.

    Attributes:
        known: number of a key -> its revision and the number of its write, as `Value.number`.
    """

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket)
        self._filling: asyncio.Task[None] | None = None
        self._restarts: asyncio.TimerHandle | None = None
        self._fillings = 0
        self.known: dict[int, tuple[int, int]] = {}

    def send(self, first: int, stop: int) -> None:
        """Read the keys of positions first..stop-1: at once, where the cache knows them."""
        if self._filling is None:
            self._fill_on_time()
        index = self._messages.subject_index
        hits = [
            (position, number)
            for position in range(first, stop)
            if (number := self.looked_up(int(index[position]))) is not None
        ]
        for position in sorted(set(range(first, stop)) - {position for position, _ in hits}):
            self.missed(position)
        self._written = max(self._written, stop)
        if hits:
            self._answer(hits, time.monotonic_ns())
            # The engine is in the middle of sending.
            asyncio.get_running_loop().call_soon(self._sink.caught_up)

    async def close(self) -> None:
        """End what was begun and disconnect; never raises."""
        if self._restarts is not None:
            self._restarts.cancel()
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait({self._filling}, timeout=CLOSE_TIMEOUT_S)
        await super().close()

    def looked_up(self, key: int) -> int | None:
        """Return what the cache knows of a key; None where it has to be waited for."""
        found = self.known.get(key)
        return None if found is None else found[1]

    def missed(self, position: int) -> None:
        """Have a key read that is not known."""
        self.begin(position)

    async def fill(self) -> None:
        """Fill the cache, and keep it right."""

    def empty(self) -> None:
        """Forget what is known, as whoever starts anew."""
        self.known.clear()

    def learn(self, key: int, value: Value) -> None:
        """Take a value of a key, unless a newer one is known."""
        if key not in self.known or self.known[key][0] <= value.seq:
            self.known[key] = value.seq, value.number(self._bucket.id_offset)

    def _answer(self, told: Sequence[tuple[int, int]], now_ns: int) -> None:
        positions, numbers = zip(*told, strict=True)
        self._said(np.array(positions), np.array(numbers))
        self._sink.stored(positions, now_ns)

    def _fill_on_time(self) -> None:
        """Fill the cache now, and anew whenever it is time."""
        loop = asyncio.get_running_loop()
        if self._filling is not None:
            self._filling.cancel()
            self.empty()
        self._fillings += 1
        self._filling = loop.create_task(self._fill_or_tell())
        if self._bucket.restart_ns:
            every_s = self._bucket.restart_ns / NS_PER_S
            self._restarts = loop.call_later(every_s, self._fill_on_time)

    async def _fill_or_tell(self) -> None:
        try:
            await self.fill()
        except (OSError, TimeoutError, MeasurementError, nats.errors.Error) as error:
            self._faults.note(f"the watch of a cache: {type(error).__name__}: {error}")

    def _number(self, position: int) -> int:
        return int(self._messages.subject_index[position])

    def _name(self, key: int) -> str:
        return self._messages.subjects[key].removeprefix(self._prefix)


class NatsPyTtlCache(NatsPyCachedReader):
    """What was got is believed for a time."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket)
        self._until_ns: dict[int, int] = {}

    def looked_up(self, key: int) -> int | None:
        """Return what is believed of a key still."""
        fresh = self._until_ns.get(key, 0) > time.monotonic_ns()
        return super().looked_up(key) if fresh else None

    async def _try(self, position: int) -> None:
        key = self._number(position)
        value, now_ns = await self._value(self._name(key)), time.monotonic_ns()
        self.learn(key, value)
        self._until_ns[key] = now_ns + self._bucket.max_age_ns
        self._answer([(position, value.number(self._bucket.id_offset))], now_ns)


class NatsPyPinned(NatsPyCachedReader):
    """Each key is read at the revision at which it was read first."""

    def looked_up(self, key: int) -> int | None:
        """Return nothing: each read is asked for."""
        del key
        return None

    async def _try(self, position: int) -> None:
        key = self._number(position)
        revision, pinned = self.known.get(key, (None, None))
        value, now_ns = await self._value(self._name(key), revision), time.monotonic_ns()
        number = value.number(self._bucket.id_offset)
        if value.seq and key not in self.known:
            self.learn(key, value)
        # A revision never changes: whatever else comes is nobody's write.
        wrong = pinned is not None and not value.gone and number != pinned
        self._answer([(position, NOBODY if wrong else number)], now_ns)


class NatsPyWatchedCache(NatsPyCachedReader):
    """What is known is kept right by a watch, which tells the value of each key first.

    Attributes:
        whole: all has come that there was; what is not known then has no value.
        last_seq: the last revision that it told.
    """

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket)
        self._places = {self._name(at): at for at in range(len(messages.subjects))}
        self._waiting: dict[int, list[int]] = {}
        self.whole = False
        self.last_seq = 0

    def send(self, first: int, stop: int) -> None:
        """Read keys; one that waits too long makes room."""
        super().send(first, stop)
        if self._within_s:
            asyncio.get_running_loop().call_later(self._within_s, self._give_up, stop)

    def looked_up(self, key: int) -> int | None:
        """Return what is known of a key; when all is known, that is nothing of some."""
        found = super().looked_up(key)
        return 0 if found is None and self.whole else found

    def missed(self, position: int) -> None:
        """Wait for the key."""
        self._waiting.setdefault(self._number(position), []).append(position)

    def empty(self) -> None:
        """Forget what is known."""
        super().empty()
        self.whole = False

    async def fill(self) -> None:
        """Watch, from the last value of each key on."""
        watcher = await self.keys.watch("key.>")
        try:
            while True:
                entry = await anext(watcher)
                if entry is None:
                    self.caught_up()
                    continue
                self.tells(
                    entry.key,
                    Value(
                        seq=entry.revision or 0,
                        gone=entry.operation is not None,
                        data=entry.value or b"",
                    ),
                )
        finally:
            await watcher.stop()  # type: ignore[no-untyped-call]

    def tells(self, name: str, value: Value) -> None:
        """Take what a watch tells."""
        self.last_seq = max(self.last_seq, value.seq)
        if (key := self._places.get(name)) is not None:
            self.learn(key, value)
            self.answer((key,))

    def caught_up(self) -> None:
        """The watch has told all that there was when it began."""
        self.whole = True
        self.answer(tuple(self._waiting))

    def answer(self, keys: Iterable[int]) -> None:
        """Answer the reads that wait for these keys and can be answered now."""
        told: list[tuple[int, int]] = []
        for key in keys:
            if key in self._waiting and (number := self.looked_up(key)) is not None:
                told += [(position, number) for position in self._waiting.pop(key)]
        if told:
            self._answer(told, time.monotonic_ns())
            self._sink.caught_up()

    def _give_up(self, stop: int) -> None:
        """Let positions below `stop` make room that have waited enough."""
        late = False
        for key, positions in tuple(self._waiting.items()):
            stay = [position for position in positions if position >= stop]
            late = late or len(stay) < len(positions)
            self._waiting[key] = stay
        if late:
            self._sink.abandoned(stop)
            self._sink.caught_up()

    async def _note_disconnect(self) -> None:
        self._waiting.clear()
        self.empty()
        await super()._note_disconnect()


class _Listening(NatsPyWatchedCache):
    """A watch that begins elsewhere than the library's own does: an ordered consumer of it."""

    async def _listen(
        self, policy: DeliverPolicy, first_seq: int | None = None
    ) -> JetStreamContext.PushSubscription:
        return await self.context.subscribe(
            f"{self._prefix}key.>",
            stream=self._bucket.stream,
            cb=partial(self._came, self._fillings),
            ordered_consumer=True,
            config=ConsumerConfig(deliver_policy=policy, opt_start_seq=first_seq),
        )

    async def _came(self, filling: int, message: Msg) -> None:
        if filling != self._fillings:
            return  # of a watch that was left
        metadata = message.metadata
        gone = bool(_GONE & (message.headers or {}).keys())
        self.tells(
            message.subject.removeprefix(self._prefix),
            Value(seq=metadata.sequence.stream, gone=gone, data=message.data),
        )
        if not metadata.num_pending and not self.whole:
            self.all_came()

    def all_came(self) -> None:
        """Nothing is pending."""


_GONE = {"KV-Operation", MARKER_HEADER}


class NatsPyResumedCache(_Listening):
    """Who starts anew keeps what it knew, and watches from the last revision that it was told."""

    async def fill(self) -> None:
        """Watch on, or from the last value of each key on."""
        if not self.last_seq:
            await super().fill()
            return
        own = await self._listen(DeliverPolicy.BY_START_SEQUENCE, self.last_seq + 1)
        try:
            info = await own.consumer_info()
            due = (info.num_pending or 0) + (info.delivered.consumer_seq if info.delivered else 0)
            if not due:
                self.caught_up()
            await asyncio.Event().wait()
        finally:
            await own.unsubscribe()

    def empty(self) -> None:
        """What is known is of use when the watch has caught up."""
        self.whole = False

    def looked_up(self, key: int) -> int | None:
        """Return what is known, when the watch has caught up."""
        return super().looked_up(key) if self.whole else None

    def all_came(self) -> None:
        """The watch has caught up."""
        self.caught_up()


class NatsPyReadThenWatch(_Listening):
    """Every key is read, then watched: what is written in between goes unnoticed."""

    async def fill(self) -> None:
        """Get every key, then watch."""
        await self._get_all()
        own = await self._listen(DeliverPolicy.NEW)
        try:
            self.caught_up()
            await asyncio.Event().wait()
        finally:
            await own.unsubscribe()

    async def _get_all(self) -> None:
        free = asyncio.Semaphore(_AT_ONCE)

        async def get(key: int) -> None:
            async with free:
                self.learn(key, await self._value(self._name(key)))
            self.answer((key,))

        await asyncio.gather(*map(get, range(len(self._messages.subjects))))


class NatsPyWatchThenRead(NatsPyReadThenWatch):
    """Every key is watched, then read: what is written meanwhile comes by the watch."""

    async def fill(self) -> None:
        """Watch what is written from now on, and get every key."""
        own = await self._listen(DeliverPolicy.NEW)
        try:
            await self._get_all()
            await asyncio.Event().wait()
        finally:
            await own.unsubscribe()


STRATEGIES: Mapping[str, type[NatsPyCachedReader]] = {
    "cache-with-ttl": NatsPyTtlCache,
    "cache-by-watch": NatsPyWatchedCache,
    "read-then-watch": NatsPyReadThenWatch,
    "watch-then-read": NatsPyWatchThenRead,
    "watch-resumed": NatsPyResumedCache,
    "at-revision": NatsPyPinned,
}
"""By their words in `read.strategy`; all others but `get`."""
