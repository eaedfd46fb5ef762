"""Answers to deliveries: many in one write, and the server's confirmations of double acks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients import inarow
from bench.clients.port import IntArray
from bench.clients.wire.parse import Message, status_of
from bench.core.errors import MeasurementError

ACK = b"+ACK"
IN_PROGRESS = b"+WPI"

TRIM_SUBJECTS = 4096
"""Answered subjects that may stay in the list before it is shortened."""


def nak(delay_ns: int) -> bytes:
    """Return "deliver it again", at once or after a delay."""
    return b'-NAK {"delay": %d}' % delay_ns if delay_ns else b"-NAK"


def term(reason: str) -> bytes:
    """Return "never deliver it again", with a reason for the server's advisory."""
    return f"+TERM {reason}".rstrip().encode()


def answer_frames(ack_subjects: Sequence[bytes], verb: bytes) -> bytes:
    """Return a PUB frame of `verb` for each; empty when there are none."""
    if not ack_subjects:
        return b""
    between, tail = (_BETWEEN_ACKS, _BEHIND_ACK) if verb == ACK else _around(verb)
    return b"PUB %b%b" % (between.join(ack_subjects), tail)


def _around(verb: bytes) -> tuple[bytes, bytes]:
    """Return what stands between the subjects of answers, and behind the last one."""
    tail = b" %d\r\n%b\r\n" % (len(verb), verb)
    return tail + b"PUB ", tail


_BETWEEN_ACKS, _BEHIND_ACK = _around(ACK)


def asking_frames(ack_subjects: Sequence[bytes], verb: bytes, reply: bytes) -> bytes:
    """Return a PUB frame of `verb` for each, whose answer comes to `<reply>.<its number>`."""
    return b"".join(
        b"PUB %b %b.%d %d\r\n%b\r\n" % (subject, reply, number, len(verb), verb)
        for number, subject in enumerate(ack_subjects)
    )


class Unanswered:
    """The ack subjects of deliveries that await their last answer, by position.

    A list from the oldest such position on, because a dict costs ten times as much a message.
    """

    def __init__(self) -> None:
        self._first = 0
        self._subjects: list[bytes] = []
        self._open = 0

    def __len__(self) -> int:
        return self._open

    def add(self, ack_subjects: Sequence[bytes]) -> None:
        """Take the next positions' ack subjects."""
        self._subjects.extend(ack_subjects)
        self._open += len(ack_subjects)

    def look(self, positions: IntArray) -> list[bytes]:
        """Return their ack subjects.

        Raises:
            ValueError: one of them was never delivered, or has its last answer.
        """
        return self._at(self._places(positions))

    def settle(self, positions: IntArray) -> list[bytes]:
        """Return their ack subjects, and forget them; ValueError as `look`."""
        if self._are_all(positions):
            return self._take_all()
        places = self._places(positions)
        subjects = self._at(places)
        if isinstance(places, slice):
            self._subjects[places] = [b""] * len(subjects)
        else:
            for place in places:
                self._subjects[place] = b""
        self._open -= len(subjects)
        self._trim()
        return subjects

    def settle_through(self, position: int) -> bytes:
        """Return the position's ack subject, and forget all up to it; ValueError as `look`."""
        (subject,) = self.look(np.array([position]))
        stop = position - self._first + 1
        self._open -= stop - self._subjects[:stop].count(b"")
        del self._subjects[:stop]
        self._first += stop
        return subject

    def _are_all(self, positions: IntArray) -> bool:
        """Say whether they are known to be all that came and has no answer, in this order."""
        count = len(self._subjects)
        return self._open == count and inarow.are(positions, self._first, self._first + count)

    def _take_all(self) -> list[bytes]:
        """Return all subjects, and forget them, without a look at each."""
        subjects, self._subjects = self._subjects, []
        self._first += len(subjects)
        self._open = 0
        return subjects

    def _places(self, positions: IntArray) -> slice | list[int]:
        """Return where in the list they stand; as a slice when they follow one another."""
        if not positions.size:
            return []
        span = inarow.span_of(positions)
        places = [] if span else (positions - self._first).tolist()
        bounds = (span.start - self._first, span.stop - self._first) if span else None
        low, stop = bounds or (min(places), max(places) + 1)
        if low < 0 or stop > len(self._subjects):
            raise ValueError("an answer to a position that is not open")
        return slice(low, stop) if span else places

    def _at(self, places: slice | list[int]) -> list[bytes]:
        if isinstance(places, slice):
            subjects = self._subjects[places]
        else:
            subjects = [self._subjects[place] for place in places]
        if not all(subjects):
            raise ValueError("a second answer to a position")
        return subjects

    def _trim(self) -> None:
        """Drop the answered head of the list, once it is worth the while."""
        if self._open == 0:
            stop = len(self._subjects)
        elif len(self._subjects) > 2 * self._open + TRIM_SUBJECTS:
            stop = next(place for place, subject in enumerate(self._subjects) if subject)
        else:
            return
        del self._subjects[:stop]
        self._first += stop


@dataclass(slots=True)
class _Expected:
    """Confirmations that one call still waits for.

    Attributes:
        remaining: how many.
        confirmed_ns: when each ack's confirmation came, shape (n,).
        all_ns: resolves with `confirmed_ns` when none remains.
    """

    remaining: int
    confirmed_ns: IntArray
    all_ns: "asyncio.Future[IntArray]"


class Confirmations:
    """Matches the server's answers to double acks with the calls that wait for them."""

    def __init__(self, inbox: bytes) -> None:
        self._prefix = inbox + b".ack."
        self._calls = 0
        self._expected: dict[bytes, _Expected] = {}

    def subscription(self, sid: int) -> bytes:
        """Return the SUB frame."""
        return b"SUB %b> %d\r\n" % (self._prefix, sid)

    def expect(self, count: int) -> tuple[bytes, "asyncio.Future[IntArray]"]:
        """Return what the reply subjects of `count` acks begin with, and the future of their end.

        It resolves with the instant of each one's confirmation, shape (count,), when all are there.
        """
        self._calls += 1
        reply = b"%b%d" % (self._prefix, self._calls)
        all_ns: asyncio.Future[IntArray] = asyncio.get_running_loop().create_future()
        self._expected[reply] = _Expected(count, np.zeros(count, dtype=np.int64), all_ns)
        return reply, all_ns

    def take(self, message: Message, now_ns: int) -> bool:
        """Take a confirmation; say False when the message is none."""
        if not message.subject.startswith(self._prefix):
            return False
        reply, _, number = message.subject.rpartition(b".")
        expected = self._expected.get(reply)
        if expected is None:
            return True  # the call was cancelled
        status = status_of(message.header)
        if status is not None:
            self._fail(reply, f"double ack: {status.code} {status.text}")
            return True
        expected.remaining -= 1
        expected.confirmed_ns[int(number)] = now_ns
        if expected.remaining == 0:
            del self._expected[reply]
            if not expected.all_ns.done():
                expected.all_ns.set_result(expected.confirmed_ns)
        return True

    def lost(self) -> None:
        """The connection broke: what is not confirmed yet never will be."""
        for reply in list(self._expected):
            self._fail(reply, "double ack: the connection broke before the server confirmed it")

    def _fail(self, reply: bytes, words: str) -> None:
        all_ns = self._expected.pop(reply).all_ns
        if not all_ns.done():
            all_ns.set_exception(MeasurementError(words))
