"""Events into a read model: what the value of a key becomes with each event of it; pure.

A value holds the id of its last event, that event's sequence in the stream, and how many events it
was made from since it was last taken away. An event that is not newer than what the model has is a
repeat, and changes nothing: so redeliveries are harmless, and so is an event that was published
twice, whose second sequence is newer and whose id is not. Ids of an entity rise: it belongs to one
publisher.
"""

from dataclasses import dataclass

import numpy as np

from bench.clients.buckets import Value, Write
from bench.clients.port import IntArray
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic

HELD_BYTES = 3 * ID_DIGITS
"""Of a value: what the model knows; the rest is filler."""

_MARKER = b"KV-Operation: DEL\r\n"


@dataclass(frozen=True, slots=True)
class Held:
    """What a value of the model says.

    Attributes:
        event: id of its last event; -1 where there was none.
        seq: that event's sequence in the stream; 0 where there was none.
        count: events since it was last taken away.
    """

    event: int = -1
    seq: int = 0
    count: int = 0


def read_held(value: Value) -> Held:
    """Return what a value says; a marker keeps what is needed to know a repeat."""
    fields = [value.data[at : at + ID_DIGITS] for at in range(0, HELD_BYTES, ID_DIGITS)]
    if not all(each.isdigit() and len(each) == ID_DIGITS for each in fields):
        return Held()
    event, seq, count = map(int, fields)
    return Held(event=event, seq=seq, count=0 if value.gone else count)


class Projection:
    """The Changes of a projector: deliveries of events, by position.

    Attributes:
        largest_bytes: the largest value.
        repeats: events that changed nothing.
    """

    def __init__(self, traffic: Traffic, prefix: str) -> None:
        """Be ready.

        Args:
            traffic: of the events.
            prefix: of the bucket's keys.
        """
        self._traffic = traffic
        self._subjects = [prefix + name for name in traffic.subjects]
        self._removes = np.array([act.empty for act in traffic.acts])[traffic.act_index]
        self._filler = [each.content[HELD_BYTES:] for each in traffic.payloads]
        self._events: dict[int, tuple[int, int]] = {}
        self.largest_bytes = max(len(each.content) for each in traffic.payloads)
        self.repeats = 0

    def knows(self, message_id: int) -> bool:
        """Say whether a delivery is an event of ours."""
        return 0 <= message_id < self._traffic.subject_index.size

    def key(self, message_id: int) -> int:
        """Return the number of the key that an event is about."""
        return int(self._traffic.subject_index[message_id])

    def take(self, position: int, message_id: int, seq: int) -> None:
        """Remember which event a delivery brought."""
        self._events[position] = message_id, seq

    def forget(self, position: int) -> None:
        """Its change is done."""
        del self._events[position]

    def subject(self, position: int) -> str:
        """Return the key that an event is about."""
        message_id, _ = self._events[position]
        subject: str = self._subjects[self._traffic.subject_index[message_id]]
        return subject

    def change(self, position: int, value: Value) -> Write | None:
        """Return what a value becomes with an event; None where it has it already."""
        message_id, seq = self._events[position]
        held = read_held(value)
        if seq <= held.seq or message_id <= held.event:
            self.repeats += 1
            return None
        if self._removes[message_id]:
            return Write(payload=_written(message_id, seq, 0), headers=_MARKER)
        filler = self._filler[self._traffic.payload_index[message_id]]
        return Write(payload=_written(message_id, seq, held.count + 1) + filler)


def _written(event: int, seq: int, count: int) -> bytes:
    return b"".join(b"%0*d" % (ID_DIGITS, each) for each in (event, seq, count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What the model is to hold of each key when all is over, of shape (keys,).

    Attributes:
        event: id of the last event; -1 where there was none.
        count: events since it was last taken away; 0 where it is gone.
    """

    event: IntArray
    count: IntArray


def fold(keys: IntArray, removes: np.ndarray[tuple[int], np.dtype[np.bool_]], count: int) -> Folded:
    """Return what events in their order come to, computed apart from any projector.

    Args:
        keys: of each event, in the order of the stream, shape (n,).
        removes: it takes the value away, shape (n,).
        count: how many keys there are.
    """
    event, counted = np.full(count, -1), np.zeros(count, dtype=np.int64)
    for number, (key, gone) in enumerate(zip(keys.tolist(), removes.tolist(), strict=True)):
        event[key] = number
        counted[key] = 0 if gone else counted[key] + 1
    return Folded(event=event, count=counted)
