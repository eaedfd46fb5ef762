"""Reading keys through a cache: how it is filled and kept right is the strategy.

A read of what the cache knows is answered at once; any other waits until the cache has it. The
cache is filled at the first read, and anew whenever it is to begin again, as after a restart of the
reader: what is read meanwhile waits.

A key that is written while a watch tells its first values may come a moment after the watch has
told that it was all: until then it is taken for one without a value, as by clients of NATS.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping

import numpy as np

from bench.clients.buckets import NOBODY, Bucket, SaidSink, Value
from bench.clients.port import Endpoint, Messages
from bench.clients.wire.listening import FIRST_SID, Listening, Told, made, next_told
from bench.clients.wire.parse import Message, status_of
from bench.clients.wire.steps import WireSteps
from bench.clients.wire.values import read_value
from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S

_GET, _FILL, _MADE = b"g", b"f", b"c"


class WireCachedReader(WireSteps[int]):
    """PublisherLink whose messages ask for keys' values; each state is the number of a key.

    Attributes:
        known: number of a key -> its revision and the number of its write, as `Value.number`.
    """

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, sink, bucket)
        self._messages = messages
        self._numbers = {each.encode(): at for at, each in enumerate(messages.subjects)}
        self._hits: list[tuple[int, int]] = []
        self._restarts: asyncio.TimerHandle | None = None
        self.known: dict[int, tuple[int, int]] = {}

    def begin(self, position: int) -> None:
        """Read a key: at once, where the cache knows it."""
        self._written = max(self._written, position + 1)
        if self._restarts is None:
            self._fill_on_time()
        key = int(self._messages.subject_index[position])
        if (number := self.looked_up(key)) is not None:
            self._hits.append((position, number))
        else:
            self._open[position] = key
            self.missed(position, key)

    def flush(self) -> None:
        """Tell what the cache knew, and send what was asked besides."""
        if self._hits:
            positions, numbers = zip(*self._hits, strict=True)
            self._hits.clear()
            self._sink.said(np.array(positions), np.array(numbers))
            self._sink.stored(positions, time.monotonic_ns())
            # The engine is in the middle of sending.
            asyncio.get_running_loop().call_soon(self._sink.caught_up)
        super().flush()

    async def close(self) -> None:
        """End what was begun and disconnect; never raises."""
        if self._restarts is not None:
            self._restarts.cancel()
        await super().close()

    def lost(self) -> None:
        """The watch, if there is one, is gone with the connection."""
        super().lost()
        self.empty()
        self._out.clear()

    def connected(self) -> None:
        """Fill the cache anew, where it was filled."""
        if self._restarts is not None:
            self.fill()
            self.flush()

    def looked_up(self, key: int) -> int | None:
        """Return what the cache knows of a key; None where it has to be waited for."""
        found = self.known.get(key)
        return None if found is None else found[1]

    def missed(self, position: int, key: int) -> None:
        """A read waits for its key; as a rule the cache is being filled."""

    def fill(self) -> None:
        """Begin to fill the cache."""

    def empty(self) -> None:
        """Forget what is known, as whoever starts anew."""
        self.known.clear()

    def learn(self, key: int, value: Value) -> None:
        """Take a value of a key, unless a newer one is known; answer who waits for it."""
        if key not in self.known or self.known[key][0] <= value.seq:
            self.known[key] = value.seq, value.number(self._bucket.id_offset)

    def answer(self, keys: Iterable[int], now_ns: int) -> None:
        """Answer the reads that wait for these keys and can be answered now."""
        wanted = set(keys)
        waiting = [(at, key) for at, key in self._open.items() if key in wanted]
        told = [(at, number) for at, key in waiting if (number := self.looked_up(key)) is not None]
        for position, _ in told:
            self._end(position)
        if told:
            positions, numbers = zip(*told, strict=True)
            self._sink.said(np.array(positions), np.array(numbers))
            self._sink.stored(positions, now_ns)

    def _fill_on_time(self) -> None:
        """Fill the cache now, and anew whenever it is time."""
        loop, every_ns = asyncio.get_running_loop(), self._bucket.restart_ns
        again_s = every_ns / NS_PER_S if every_ns else 10**6
        self._restarts = loop.call_later(again_s, self._restart)
        self.fill()

    def _restart(self) -> None:
        self.empty()
        self._fill_on_time()
        self.flush()

    def _ask_for(self, step: bytes, token: int, key: int) -> None:
        self._read(step, token, self._messages.subjects[key])

    def _begun(self, position: int) -> int:
        return int(self._messages.subject_index[position])

    def _next(
        self, step: bytes, position: int, under_way: int, message: Message, now_ns: int
    ) -> None:
        """Take the answer to a read that asked for itself."""
        del step
        try:
            value = read_value(message)
        except MeasurementError as error:
            self._end(position)
            self._sink.refused(position, str(error))
            return
        self.took(under_way, value, now_ns)
        self._end(position)
        self._sink.said(np.array([position]), np.array([self.brought(under_way, value)]))
        self._sink.stored((position,), now_ns)

    def took(self, key: int, value: Value, now_ns: int) -> None:
        """A value of a key came."""
        del now_ns
        self.learn(key, value)

    def brought(self, key: int, value: Value) -> int:
        """Return the number of the write that a read brought."""
        del key
        return value.number(self._bucket.id_offset)


class TtlCache(WireCachedReader):
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

    def missed(self, position: int, key: int) -> None:
        """Ask for the key."""
        self._ask_for(_GET, position, key)

    def took(self, key: int, value: Value, now_ns: int) -> None:
        """Believe it from now on."""
        super().took(key, value, now_ns)
        self._until_ns[key] = now_ns + self._bucket.max_age_ns


class Pinned(WireCachedReader):
    """Each key is read at the revision at which it was read first."""

    def looked_up(self, key: int) -> int | None:
        """Return nothing: each read is asked for."""
        del key
        return None

    def missed(self, position: int, key: int) -> None:
        """Ask for the revision that is known, else for the last one."""
        if key not in self.known:
            self._ask_for(_GET, position, key)
            return
        question = json.dumps({"seq": self.known[key][0]}).encode()
        direct = b"DIRECT.GET" if self._bucket.direct else b"STREAM.MSG.GET"
        where = b"%b.%b.%b" % (self._api, direct, self._bucket.stream.encode())
        self._ask(where, _GET, position, question)

    def took(self, key: int, value: Value, now_ns: int) -> None:
        """Remember the first revision of it that is one."""
        if value.seq and key not in self.known:
            super().took(key, value, now_ns)

    def brought(self, key: int, value: Value) -> int:
        """A revision never changes: whatever else comes is nobody's write."""
        number = super().brought(key, value)
        pinned = self.known.get(key, (0, number))[1]
        return number if value.gone or number == pinned else NOBODY


class WatchedCache(WireCachedReader):
    """What is known is kept right by a watch, which tells the value of each key first.

    Attributes:
        whole: all has come that there was; what is not known then has no value.
        watch: the watch of now.
        last_seq: the last revision that it told.
    """

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket)
        self._count = 0
        self.whole = False
        self.watch: Listening | None = None
        self.last_seq = 0

    def looked_up(self, key: int) -> int | None:
        """Return what is known of a key; when all is known, that is nothing of some."""
        found = super().looked_up(key)
        return 0 if found is None and self.whole else found

    def fill(self) -> None:
        """Watch, from the last value of each key on."""
        self.listen({"deliver_policy": "last_per_subject"})

    def empty(self) -> None:
        """Forget what is known, and end the watch."""
        super().empty()
        self.leave()

    def leave(self) -> None:
        """End the watch."""
        self.whole = False
        if self.watch is not None:
            self._out.append(self.watch.ending(self._api))
            self.watch = None

    def listen(self, begins: Mapping[str, str | int]) -> None:
        """Begin a watch of all keys."""
        first = self._messages.subjects[0]
        self.watch = Listening(
            name=f"cache-{self._inbox.decode().rpartition('.')[2]}-{self._count}",
            stream=self._bucket.stream,
            inbox=b"%b.%d" % (self._inbox, self._count),
            sid=FIRST_SID + self._count,
            filters=f"{first[: first.index('.key.')]}.key.>",
            begins=begins,
        )
        where, body = self.watch.request()
        self._out.append(self.watch.subscription())
        self._ask(b"%b.%b" % (self._api, where), _MADE, self._count, body)
        self._count += 1

    def listens(self, due: int, now_ns: int) -> None:
        """The watch is there, and this many messages are to come first."""
        if not due:
            self.caught_up(now_ns)

    def caught_up(self, now_ns: int) -> None:
        """The watch has told all that there was when it began."""
        self.whole = True
        self.answer(set(self._open.values()), now_ns)

    def plain(self, data: bytes, now_ns: int) -> bytes:
        """Take the updates that `data` begins with; return what lies behind."""
        at, changed = 0, set()
        while (found := next_told(data, at)) is not None:
            told, at = found
            if self.watch is not None and told.sid == self.watch.sid:
                changed.add(self._tells(told, now_ns))
        if self._open and changed:
            self.answer(changed, now_ns)
        return data[at:] if at else data

    def _tells(self, told: Told, now_ns: int) -> int:
        key = self._numbers.get(told.subject, NOBODY)
        if key != NOBODY:
            self.learn(key, Value(seq=told.seq, gone=told.gone, data=told.payload))
        self.last_seq = max(self.last_seq, told.seq)
        if not told.pending and not self.whole:
            self.caught_up(now_ns)
        return key

    def message(self, message: Message, now_ns: int) -> None:
        """Take an answer, or what the server says of the watch."""
        if message.sid >= FIRST_SID:
            if status_of(message.header) is not None and message.reply:  # flow control
                self._connection.answer(b"PUB %b 0\r\n\r\n" % message.reply)
            return
        *_, step, token = message.subject.split(b".")
        if step == _MADE:
            self._was_made(int(token), message, now_ns)
        elif step == _FILL:
            self.filled(int(token), message, now_ns)
        else:
            super().message(message, now_ns)

    def _was_made(self, number: int, message: Message, now_ns: int) -> None:
        if number != self._count - 1 or self.watch is None:
            return  # of a watch that was left
        there, due, why_not = made(message.payload)
        if there:
            self.listens(due, now_ns)
        else:
            self._faults.note(f"the watch of a cache: {why_not}")

    def filled(self, key: int, message: Message, now_ns: int) -> None:
        """Take the answer to a question that fills the cache."""
        try:
            self.learn(key, read_value(message))
        except MeasurementError as error:
            self._faults.note(f"filling a cache: {error}")
        self.answer((key,), now_ns)


class ResumedCache(WatchedCache):
    """Who starts anew keeps what it knew, and watches from the last revision that it was told."""

    def fill(self) -> None:
        """Watch on, or from the last value of each key on."""
        if not self.last_seq:
            super().fill()
            return
        self.listen({"deliver_policy": "by_start_sequence", "opt_start_seq": self.last_seq + 1})

    def empty(self) -> None:
        """Leave the watch alone; what is known is of use when it has caught up."""
        self.leave()

    def looked_up(self, key: int) -> int | None:
        """Return what is known, when the watch has caught up."""
        return super().looked_up(key) if self.whole else None


class ReadThenWatch(WatchedCache):
    """Every key is read, then watched: what is written in between goes unnoticed."""

    def __init__(
        self, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
    ) -> None:
        super().__init__(endpoint, messages, sink, bucket)
        self._unread: set[int] = set()

    def fill(self) -> None:
        """Ask for every key."""
        self._unread = set(range(len(self._messages.subjects)))
        for key in range(len(self._messages.subjects)):
            self._ask_for(_FILL, key, key)

    def filled(self, key: int, message: Message, now_ns: int) -> None:
        """Watch when all have been read."""
        super().filled(key, message, now_ns)
        self._unread.discard(key)
        if not self._unread and self.watch is None:
            self.listen({"deliver_policy": "new"})


class WatchThenRead(ReadThenWatch):
    """Every key is watched, then read: what is written meanwhile comes by the watch."""

    def fill(self) -> None:
        """Watch what is written from now on."""
        self.listen({"deliver_policy": "new"})

    def listens(self, due: int, now_ns: int) -> None:
        """Ask for every key."""
        super().fill()

    def caught_up(self, now_ns: int) -> None:
        """What was not read yet is not known for that."""

    def filled(self, key: int, message: Message, now_ns: int) -> None:
        """Take it, unless the watch told something newer."""
        WatchedCache.filled(self, key, message, now_ns)


STRATEGIES: Mapping[str, type[WireCachedReader]] = {
    "cache-with-ttl": TtlCache,
    "cache-by-watch": WatchedCache,
    "read-then-watch": ReadThenWatch,
    "watch-then-read": WatchThenRead,
    "watch-resumed": ResumedCache,
    "at-revision": Pinned,
}
"""By their words in `read.strategy`; all others but `get`."""
