"""What has one half alone, a value or an event, and what is to be written for it; pure.

Whoever reconciles reads what bucket and stream hold and knows no plan. What was overwritten before
it looked it never sees: of a value that came before its event, that event is gone for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.clients.pairs import (
    EXPECTED_HEADER,
    NOBODY,
    PENDING,
    PUBLISHED,
    Form,
    Write,
    key_of_entry,
    read_entry,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What is to be written where one half is missing.

    Attributes:
        ids: of the operations that are whole then.
        writes: one after the other.
    """

    ids: tuple[int, ...]
    writes: tuple[Write, ...]


class Books(Protocol):
    """What is known of values and events so far."""

    def saw_value(self, key: str, seq: int, data: bytes) -> None:
        """A value stands in the bucket, or did: its key, its revision and what it holds."""

    def saw_event(self, key: str, data: bytes) -> None:
        """An event is in the stream."""

    def missing(self) -> Mapping[int, Repair]:
        """Return what has one half alone, by the id of an operation that has."""


def books(form: Form) -> Books:
    """Return empty books of writes of this form."""
    match form.strategy:
        case "kv-then-event":
            return EventsMissing(form)
        case "event-then-kv":
            return ValuesMissing(form)
        case "outbox":
            return Unmarked(form)


class EventsMissing:
    """Of values that are written first: those whose event is not there."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._events: set[int] = set()
        self._alone: dict[int, tuple[str, bytes]] = {}

    def saw_value(self, key: str, seq: int, data: bytes) -> None:
        """It is alone until its event is seen."""
        del seq
        number = self._form.id_of(data)
        if number != NOBODY and number not in self._events:
            self._alone[number] = key, data

    def saw_event(self, key: str, data: bytes) -> None:
        """Its value is not alone."""
        del key
        number = self._form.id_of(data)
        self._events.add(number)
        self._alone.pop(number, None)

    def missing(self) -> Mapping[int, Repair]:
        """Return the events that are missing, made from their values."""
        return {
            number: Repair(ids=(number,), writes=(self._form.event(key, number, data),))
            for number, (key, data) in self._alone.items()
        }


@dataclass(slots=True)
class _OfKey:
    """What is known of a key.

    Attributes:
        value, seq: id of its value, and its revision; NOBODY and 0 where it has none.
        events: those after its value, by id.
    """

    value: int = NOBODY
    seq: int = 0
    events: dict[int, bytes] = field(default_factory=dict)


class ValuesMissing:
    """Of events that are written first: those that are later than the value of their key."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._keys: dict[str, _OfKey] = {}

    def saw_value(self, key: str, seq: int, data: bytes) -> None:
        """What came before it is overtaken, but the last, lest the value goes back."""
        known = self._keys.setdefault(key, _OfKey())
        known.value, known.seq = self._form.id_of(data), seq
        self._forget(known)

    def saw_event(self, key: str, data: bytes) -> None:
        """Its value may be there, or a later one."""
        known = self._keys.setdefault(key, _OfKey())
        known.events[self._form.id_of(data)] = data
        self._forget(known)

    def missing(self) -> Mapping[int, Repair]:
        """Return the last value of each key that is behind its events."""
        behind = (
            (key, known, max(known.events)) for key, known in self._keys.items() if known.events
        )
        return {
            last: self._repair(key, known, last)
            for key, known, last in behind
            if last > known.value
        }

    def _repair(self, key: str, known: _OfKey, last: int) -> Repair:
        value = self._form.value(key, known.events[last])
        ids = tuple(number for number in known.events if number > known.value)
        return Repair(ids=ids, writes=(_if_still(value, known.seq),))

    def _forget(self, known: _OfKey) -> None:
        last = max(known.events, default=NOBODY)
        known.events = {n: d for n, d in known.events.items() if n > known.value or n == last}


class Unmarked:
    """Of an outbox: entries that are pending; events need no look."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._pending: dict[int, tuple[str, int, bytes]] = {}

    def saw_value(self, key: str, seq: int, data: bytes) -> None:
        """An entry is pending until it is marked."""
        status, payload = read_entry(data)
        number = self._form.id_of(payload)
        if status == PENDING and number != NOBODY:
            self._pending[number] = key_of_entry(key), seq, payload
        else:
            self._pending.pop(number, None)

    def saw_event(self, key: str, data: bytes) -> None:
        """An event says nothing that its entry does not."""

    def missing(self) -> Mapping[int, Repair]:
        """Return what is pending: its event once more by the same id, then its mark."""
        return {number: self._repair(number, *kept) for number, kept in self._pending.items()}

    def _repair(self, number: int, key: str, seq: int, payload: bytes) -> Repair:
        event = self._form.event(key, number, payload)
        mark = _if_still(self._form.entry(key, number, payload, PUBLISHED), seq)
        return Repair(ids=(number,), writes=(event, mark))


def _if_still(write: Write, seq: int) -> Write:
    """Return a write that is refused where somebody wrote its key meanwhile."""
    return Write(
        subject=write.subject,
        payload=write.payload,
        headers=(*write.headers, (EXPECTED_HEADER, str(seq))),
    )
