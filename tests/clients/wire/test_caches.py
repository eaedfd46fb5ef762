"""Caches of keys: what each strategy knows, when it knows it, and what it overlooks.

There is no connection: what a cache would send is looked at, and answered by hand.
"""

import asyncio
import time
from collections.abc import Callable

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.buckets import NOBODY, Bucket
from bench.clients.wire.caches import STRATEGIES, WireCachedReader
from bench.clients.wire.parse import Message, next_frame
from tests.clients.wire.links import messages
from tests.clients.wire.samples import msg
from tests.clients.wire.test_gets import Told
from tests.clients.wire.test_values import DIRECT

KEYS = ("$KV.b.key.0", "$KV.b.key.1")
READS = 6
DELETED = b"NATS/1.0\r\nKV-Operation: DEL\r\n\r\n"


class Reader:
    """A cache that reads key 0 at even positions, key 1 at odd ones."""

    def __init__(self, strategy: str, max_age_ns: int = 10**12) -> None:
        self.told = Told()
        bucket = Bucket(stream="KV_b", direct=True, strategy=strategy, max_age_ns=max_age_ns)
        asked = messages(READS, subjects=KEYS)
        asked.subject_index[:] = [0, 1] * (READS // 2)
        link = STRATEGIES[strategy](Endpoint(url="nats://127.0.0.1:1"), asked, self.told, bucket)
        self.link: WireCachedReader = link

    def reads(self, *positions: int) -> None:
        for position in positions:
            self.link.begin(position)
        if self.link._hits:
            self.link.flush()

    def takes(self, *frames: bytes) -> None:
        """As a connection does: runs first, then one frame exactly."""
        data = b"".join(frames)
        while data:
            data = self.link.plain(data, 7)
            found = next_frame(data, 0) if data else None
            if found is None:
                return
            assert isinstance(found[0], Message)
            self.link.message(found[0], 9)
            data = data[found[1] :]

    def value(self, step: bytes, token: int, write: int, seq: int) -> bytes:
        """The answer to a get: the value that this write brought."""
        return msg(self.link._reply(step, token), 1, b"%016d" % write, header=DIRECT % (b"", seq))

    def there(self, watch: int = 0, due: int = 0) -> bytes:
        """The answer that a watch is there."""
        body = b'{"config": {}, "num_pending": %d, "delivered": {"consumer_seq": 0}}' % due
        return msg(self.link._reply(b"c", watch), 1, body)

    @property
    def asks(self) -> str:
        sent = b"".join(self.link._out).decode()
        self.link._out.clear()
        return sent


def update(key: int, write: int, seq: int, *, watch: int = 0, header: bytes = b"") -> bytes:
    """What a watch tells of a write."""
    reply = b"$JS.ACK.KV_b.cache.1.%d.1.1700000000000000000.0" % seq
    return msg(KEYS[key].encode(), watch + 2, b"%016d" % write, reply=reply, header=header)


@pytest.fixture(autouse=True)
def looped(request: pytest.FixtureRequest) -> None:
    """Each test runs on an event loop: caches look at its clock."""
    test: Callable[..., None] = request.function

    def on_a_loop(*given: object, **named: object) -> None:
        async def run() -> None:
            test(*given, **named)
            await asyncio.sleep(0)

        asyncio.run(run())

    request.node.obj = on_a_loop


def test_a_watched_cache_answers_when_all_has_come() -> None:
    """Reads wait for the first values, and what is not among them has none."""
    made = Reader("cache-by-watch")
    made.reads(0, 1)
    assert '"deliver_policy": "last_per_subject"' in made.asks

    made.takes(made.there(due=1))
    before = dict(made.told.numbers)
    made.takes(update(0, 40, 4))
    made.reads(2, 3)
    made.takes(update(1, 50, 5), update(0, 60, 6, header=DELETED))
    made.reads(4, 5)

    assert before == {}
    assert made.told.numbers == {0: 41, 1: 0, 2: 41, 3: 0, 4: 0, 5: 51}


def test_an_update_of_an_older_revision_changes_nothing() -> None:
    """Revisions rise, whoever tells them."""
    made = Reader("cache-by-watch")
    made.reads(0)
    made.takes(made.there(), update(0, 60, 6), update(0, 40, 4))
    made.reads(2)

    assert made.told.numbers[2] == 61


def test_who_reads_and_then_watches_overlooks_what_is_written_between() -> None:
    """Its watch begins when the last key has been read, with what comes from then on."""
    made = Reader("read-then-watch")
    made.reads(0, 1)
    assert "CONSUMER.CREATE" not in made.asks

    made.takes(made.value(b"f", 0, 40, 4))
    assert made.told.numbers == {0: 41}  # key 0 is written again now, and nobody hears of it
    made.takes(made.value(b"f", 1, 50, 6))
    assert '"deliver_policy": "new"' in made.asks
    made.takes(made.there())
    made.reads(2)

    assert made.told.numbers == {0: 41, 1: 51, 2: 41}


def test_who_watches_and_then_reads_overlooks_nothing() -> None:
    """What the watch told is newer than what was read; a key that was not read is waited for."""
    made = Reader("watch-then-read")
    made.reads(0, 1)
    assert '"deliver_policy": "new"' in made.asks
    made.takes(made.there())
    assert made.asks.count("DIRECT.GET") == 2

    made.takes(update(0, 60, 6), made.value(b"f", 0, 40, 4))
    before = dict(made.told.numbers)
    made.takes(made.value(b"f", 1, 50, 5))
    made.reads(2)

    assert before == {0: 61}
    assert made.told.numbers == {0: 61, 1: 51, 2: 61}


def test_who_starts_anew_watches_on_from_what_was_told_last() -> None:
    """What it knew is of use when the watch has caught up, and not before."""
    made = Reader("watch-resumed")
    made.reads(0)
    made.takes(made.there(due=1), update(0, 40, 4))
    made.asks  # noqa: B018 - empties what was sent

    made.link._restart()
    made.link._out.append(b"")
    made.reads(2, 3)
    before = dict(made.told.numbers)
    made.takes(made.there(watch=1, due=1), update(1, 50, 9, watch=1))

    assert before == {0: 41}
    assert made.told.numbers == {0: 41, 2: 41, 3: 51}
    assert made.link.last_seq == 9  # type: ignore[attr-defined]


def test_who_starts_anew_forgets_otherwise() -> None:
    """The watch that was left is heard no more."""
    made = Reader("cache-by-watch")
    made.reads(0)
    made.takes(made.there(due=1), update(0, 40, 4))

    made.link._restart()
    made.reads(2)
    made.takes(update(0, 60, 6, watch=0))

    assert made.told.numbers == {0: 41}


@pytest.mark.parametrize(("max_age_ns", "asks"), [(10**12, 0), (1, 1)])
def test_what_was_got_is_believed_for_a_time(max_age_ns: int, asks: int) -> None:
    """From its answer on."""
    made = Reader("cache-with-ttl", max_age_ns)
    made.reads(0)
    made.asks  # noqa: B018 - empties what was sent
    now_ns = time.monotonic_ns()
    found = next_frame(made.value(b"g", 0, 40, 4), 0)
    assert found is not None
    assert isinstance(found[0], Message)
    made.link.message(found[0], now_ns)

    made.reads(2)

    assert made.asks.count("DIRECT.GET") == asks
    assert made.told.numbers == ({0: 41} if asks else {0: 41, 2: 41})


def test_a_revision_is_read_again_and_never_changes() -> None:
    """A value that is no longer kept is none, and another one nobody's."""
    made = Reader("at-revision")
    made.reads(0)
    made.takes(made.value(b"g", 0, 40, 4))
    made.asks  # noqa: B018 - empties what was sent

    made.reads(2, 4)
    assert made.asks.count('{"seq": 4}') == 2
    not_found = b"NATS/1.0 404 Message Not Found\r\n\r\n"
    made.takes(made.value(b"g", 2, 70, 4), msg(made.link._reply(b"g", 4), 1, b"", header=not_found))

    assert made.told.numbers == {0: 41, 2: NOBODY, 4: 0}


def test_a_watch_that_is_refused_is_a_fault() -> None:
    """Its readers wait in vain, and the trial says why."""
    made = Reader("cache-by-watch")
    made.reads(0)

    made.takes(msg(made.link._reply(b"c", 0), 1, b'{"error": {"description": "no room"}}'))

    assert list(made.link.faults) == ["the watch of a cache: no room"]
