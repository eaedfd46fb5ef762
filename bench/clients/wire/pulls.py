"""Which pull requests are open, what each may still bring, and when to ask again.

Pure: instants and statuses go in, frames come out. Every request has a subscription of its own, so
the `sid` of a delivery says which request brought it.

Source: ADR-13 and ADR-37 (github.com/nats-io/nats-architecture-and-design); statuses as tried on
nats-server 2.15.1.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bench.broker.endpoint import JS_API
from bench.clients.faults import Faults
from bench.clients.port import Binding
from bench.clients.wire.parse import Status
from bench.core.units import NS_PER_MS, NS_PER_S

LOST_AFTER_NS = 3 * NS_PER_S
"""A request is lost when nothing is heard of it for this long beyond its own limit."""

FOREVER_NS = 3600 * NS_PER_S
"""How long a request without an expiry may be silent; longer than any trial."""

_FEW_SIDS = 4

_PIN = b"Nats-Pin-Id: "
_NOT_PINNED = ("Nats-Wrong-Pin-Id", "Nats-Pin-Id mismatch")
"""What the server says, under 423, to who was pinned and is no more."""

NO_WAIT_PAUSE_NS = 5 * NS_PER_MS
FAULT_PAUSE_NS = 100 * NS_PER_MS
"""How long to wait before asking again after "nothing there" and after an error."""


class _Outcome(Enum):
    """What the end of a request means."""

    NORMAL = 1
    NOTHING_THERE = 2
    FAULT = 3
    NO_ROOM = 4
    HOPELESS = 5
    UNPINNED = 6


_OUTCOMES = (
    (400, "", _Outcome.HOPELESS),
    (404, "", _Outcome.NOTHING_THERE),
    (408, "Requests Pending", _Outcome.NOTHING_THERE),
    (408, "", _Outcome.NORMAL),
    (409, "Batch Completed", _Outcome.NORMAL),
    (409, "Message Size Exceeds MaxBytes", _Outcome.NO_ROOM),
    (409, "Consumer Deleted", _Outcome.HOPELESS),
    (409, "Consumer is push based", _Outcome.HOPELESS),
    (409, "Exceeded MaxRequest", _Outcome.HOPELESS),
    *((423, words, _Outcome.UNPINNED) for words in _NOT_PINNED),
)
"""By code and beginning of the text; all others (503, 423, a leader that moved) may pass."""


def _outcome(status: Status) -> _Outcome:
    for code, beginning, outcome in _OUTCOMES:
        if status.code == code and status.text.startswith(beginning):
            return outcome
    return _Outcome.FAULT


@dataclass(slots=True)
class _Slot:
    """A place for one request at a time.

    Attributes:
        number: of its latest request; the last token of that request's reply subject.
        remaining: messages that the request may still bring; 0 when none is open.
        lost_ns: instant after which an open request counts as lost.
    """

    number: int = 0
    remaining: int = 0
    lost_ns: int = 0


class PullRequests:
    """The pull requests of one consumer link; sids 1..requests are theirs.

    Attributes:
        asked: requests sent so far.
        empty: of those, how many ended without a message.
        hopeless: why asking again can bring nothing; empty while it can.
    """

    def __init__(
        self, binding: Binding, inbox: bytes, faults: Faults, js_api: str = JS_API
    ) -> None:
        self._batch = binding.batch
        self._inbox = inbox
        self._faults = faults
        self._slots = {sid: _Slot() for sid in range(1, binding.requests + 1)}
        self._by_text = {b"%d" % sid: slot for sid, slot in self._slots.items()}
        self.asked = self.empty = 0
        self._pause_until_ns = 0
        self._to = f"{js_api}.CONSUMER.MSG.NEXT.{binding.stream}.{binding.consumer}".encode()
        self._binding = binding
        self._pin = b""
        self._body = _body(binding)
        self._heartbeats = binding.idle_heartbeat_ns > 0
        self._silence_ns = _longest_silence_ns(binding)
        self.hopeless = ""

    def subscriptions(self) -> bytes:
        """Return the SUB frames."""
        return b"".join(b"SUB %b.%d.* %d\r\n" % (self._inbox, sid, sid) for sid in self._slots)

    def due(self, now_ns: int) -> bytes:
        """Return the requests to send now."""
        self._drop_lost(now_ns)
        if now_ns < self._pause_until_ns:
            return b""
        frames = b""
        for sid, slot in self._slots.items():
            if slot.remaining == 0:
                self.asked += 1
                slot.number, slot.remaining = self.asked, self._batch
                slot.lost_ns = now_ns + self._silence_ns
                reply = b"%b.%d.%d" % (self._inbox, sid, slot.number)
                frames += b"PUB %b %b %d\r\n%b\r\n" % (self._to, reply, len(self._body), self._body)
        return frames

    def pinned(self, data: bytes) -> None:
        """Take the name that the server gave us with what it delivered; the last one holds."""
        begin = data.rfind(_PIN) + len(_PIN)
        end = data.find(b"\r\n", begin)
        if begin >= len(_PIN) and end > begin and data[begin:end] != self._pin:
            self._say(data[begin:end])

    def _say(self, pin: bytes) -> None:
        """Ask under this name from now on; under none where it is empty."""
        self._pin = pin
        self._body = _body(self._binding, pin.decode())

    def look_again_ns(self) -> int:
        """Return when `due` may have something new to say though the server stays silent.

        It may have passed already: the answer must not depend on when it is asked, or a pause that
        ends just before would be slept through.
        """
        return min(
            slot.lost_ns if slot.remaining else self._pause_until_ns
            for slot in self._slots.values()
        )

    def received(self, sids: Sequence[bytes], now_ns: int) -> None:
        """Messages came for the requests of these subscriptions, one sid for each message."""
        different = set(sids)
        counted = Counter(sids) if len(different) > _FEW_SIDS else None
        for sid in different:
            slot = self._by_text.get(sid)
            if slot is not None:
                # A Counter costs twice as much where there are few.
                count = sids.count(sid) if counted is None else counted[sid]
                slot.remaining = slot.remaining - count if slot.remaining > count else 0
                self._heard(slot, now_ns)

    @property
    def idle(self) -> bool:
        """Whether a request more may be open."""
        return 0 in [slot.remaining for slot in self._by_text.values()]  # half of what `any` takes

    def alive(self, sid: int, now_ns: int) -> None:
        """The server showed that the request of this subscription is open."""
        slot = self._slots.get(sid)
        if slot is not None:
            self._heard(slot, now_ns)

    def _heard(self, slot: _Slot, now_ns: int) -> None:
        if self._heartbeats:
            slot.lost_ns = now_ns + self._silence_ns

    def ended(self, subject: bytes, sid: int, status: Status, now_ns: int) -> None:
        """A request ended.

        Args:
            subject: the request's reply subject; tells it from earlier ones of this subscription.
            sid: its subscription.
            status: anything but 100.
            now_ns: this instant.
        """
        words = f"pull request: {status.code} {status.text}".rstrip()
        slot = self._slots.get(sid)
        outcome = _outcome(status)
        if outcome is _Outcome.NO_ROOM:  # in what is left of max_bytes, or in all of it
            brought_some = slot is not None and slot.remaining < self._batch
            outcome = _Outcome.NORMAL if brought_some else _Outcome.HOPELESS
        if outcome is _Outcome.UNPINNED and not self._binding.pinned:
            outcome = _Outcome.FAULT
        if outcome is _Outcome.HOPELESS:
            self.hopeless = words
        elif outcome is _Outcome.FAULT:
            self._faults.note(words)
            self._pause_until_ns = now_ns + FAULT_PAUSE_NS
        elif outcome is _Outcome.UNPINNED:
            self._say(b"")
        elif outcome is _Outcome.NOTHING_THERE:
            self._pause_until_ns = now_ns + NO_WAIT_PAUSE_NS
        if slot is not None and subject.endswith(b".%d" % slot.number):
            self._close(slot)

    def forget(self) -> None:
        """The connection broke, and the server has dropped every request with it."""
        for slot in self._slots.values():
            self._close(slot)

    def _drop_lost(self, now_ns: int) -> None:
        for slot in self._slots.values():
            if slot.remaining and now_ns >= slot.lost_ns:
                self._faults.note("pull request: lost without an answer, asked again")
                self._close(slot)

    def _close(self, slot: _Slot) -> None:
        """Let a request be over; one that still could bring all of its batch has brought none."""
        self.empty += slot.remaining == self._batch
        slot.remaining = 0


def _longest_silence_ns(binding: Binding) -> int:
    if binding.idle_heartbeat_ns:
        return 2 * binding.idle_heartbeat_ns
    if binding.no_wait or binding.expires_ns:
        return binding.expires_ns + LOST_AFTER_NS
    return FOREVER_NS


def _body(binding: Binding, pin: str = "") -> bytes:
    said = {
        "batch": binding.batch,
        "expires": binding.expires_ns,
        "no_wait": binding.no_wait,
        "max_bytes": binding.max_bytes,
        "idle_heartbeat": binding.idle_heartbeat_ns,
        "group": binding.group,
        "min_pending": binding.min_pending,
        "min_ack_pending": binding.min_ack_pending,
        "priority": binding.priority,
        "id": pin,
    }
    return json.dumps({key: value for key, value in said.items() if value}).encode()
