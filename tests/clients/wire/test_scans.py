"""Listing keys: what came by runs, one by one, twice or late is counted once, by its own scan."""

from dataclasses import replace

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.buckets import Bucket
from bench.clients.port import Outcome
from bench.clients.wire.parse import Message, next_frame
from bench.clients.wire.scans import WireScanner
from tests.clients.wire.links import messages
from tests.clients.wire.samples import msg
from tests.clients.wire.test_gets import Told

COUNT = 3
SIZED = b"NATS/1.0\r\nNats-Msg-Size: 64\r\n\r\n"
DELETED = b"NATS/1.0\r\nKV-Operation: DEL\r\nNats-Msg-Size: 16\r\n\r\n"


class Scanner(WireScanner):
    """It has no connection: what it would send is looked at instead."""

    def __init__(self) -> None:
        self.told = Told()
        bucket = Bucket(stream="KV_b", direct=True)
        asked = messages(COUNT, subjects=("$KV.b.key.>",))
        super().__init__(Endpoint(url="nats://127.0.0.1:1"), asked, self.told, bucket)
        for position in range(COUNT):
            self.begin(position)

    def takes(self, data: bytes) -> None:
        """As a connection does: runs first, then one frame exactly."""
        while data:
            data = self.plain(data, 7)
            found = next_frame(data, 0) if data else None
            if found is None:
                return
            assert isinstance(found[0], Message)
            self.message(found[0], 9)
            data = data[found[1] :]

    def made(self, position: int, pending: int) -> bytes:
        """The answer that the consumer of a scan is there."""
        body = b'{"config": {}, "num_pending": %d, "delivered": {"consumer_seq": 0}}' % pending
        return msg(self._reply(b"c", position), 1, body)

    @property
    def sent(self) -> bytes:
        return b"".join(self._out)


def key(position: int, number: int, pending: int, header: bytes = SIZED) -> bytes:
    reply = b"$JS.ACK.KV_b.scan.1.%d.1.1700000000000000000.%d" % (number + 1, pending)
    return msg(b"$KV.b.key.%d" % number, position + 2, b"", reply=reply, header=header)


def test_scans_count_their_own_keys() -> None:
    """Mixed with each other; each ends when nothing is pending and its consumer is there."""
    made = Scanner()

    made.takes(made.made(0, 3) + made.made(1, 1))
    made.takes(key(0, 0, 2) + key(1, 5, 0) + key(0, 1, 1) + key(0, 2, 0))

    assert made.told.numbers == {0: 4, 1: 2}
    assert made.told.answered == [1, 0]
    assert made.sent.count(b"CONSUMER.DELETE.KV_b.") == 2


def test_a_key_that_comes_twice_counts_once_and_one_that_is_gone_does_not() -> None:
    """It was written again, or deleted, while the scan was under way."""
    made = Scanner()

    made.takes(made.made(0, 4))
    made.takes(key(0, 0, 3) + key(0, 1, 2) + key(0, 0, 1) + key(0, 1, 0, header=DELETED))

    assert made.told.numbers == {0: 2}


def test_what_comes_when_a_scan_has_ended_is_nobodys_and_no_fault() -> None:
    """Writes go on, and its consumer lives a moment longer."""
    made = Scanner()

    made.takes(made.made(0, 1) + key(0, 0, 0) + key(0, 1, 0))

    assert made.told.numbers == {0: 2}
    assert list(made.faults) == []


def test_the_consumer_may_be_told_of_last() -> None:
    """A scan that has all its keys waits for that word, and ends when the keys were there."""
    made = Scanner()

    made.takes(key(0, 0, 0))
    before = list(made.told.answered)
    made.takes(made.made(0, 0))

    assert (before, made.told.answered) == ([], [0])
    assert made.told.numbers == {0: 2}


def test_a_bucket_without_a_key_is_listed() -> None:
    """Nothing is pending from the beginning."""
    made = Scanner()

    made.takes(made.made(2, 0))

    assert made.told.numbers == {2: 1}


def test_a_scan_that_the_server_refuses_is_refused() -> None:
    """In its words."""
    made = Scanner()

    made.takes(msg(made._reply(b"c", 1), 1, b'{"error": {"description": "no room"}}'))

    assert made.told.others == {1: Outcome.REFUSED}


def test_a_scan_hears_its_keys_once() -> None:
    """What is delivered to it comes by its own subscription, and not by that of the answers too."""
    made = Scanner()
    deliver = made.sent.split(b'"deliver_subject": "')[1].split(b'"')[0]

    assert b"SUB %b %d\r\n" % (deliver, 2) in made.sent
    answers = made.subscriptions().split()[1]
    assert deliver.count(b".") < answers.count(b".")


@pytest.mark.parametrize("cut", [1, 40, 90])
def test_a_key_that_is_cut_off_is_left(cut: int) -> None:
    """Its rest comes with the next chunk."""
    made = Scanner()
    whole = key(0, 0, 1) + key(0, 1, 0)

    left = made.plain(whole[: len(whole) - cut], 1)

    assert left == key(0, 1, 0)[: len(key(0, 1, 0)) - cut]


@pytest.mark.parametrize("values", [False, True])
def test_a_scan_asks_for_keys_or_for_values(values: bool) -> None:
    """The last of each key that the filter matches."""
    made = Scanner()
    made._bucket = replace(made._bucket, values=values)
    made._out.clear()
    made.begin(0)

    assert b'"headers_only": %b' % (b"false" if values else b"true") in made.sent
    assert b'"filter_subject": "$KV.b.key.>"' in made.sent
    assert b'"deliver_policy": "last_per_subject"' in made.sent
