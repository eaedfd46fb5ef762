"""Two writes that belong together, a value and an event, step by step; pure.

A value is the payload of its event. An entry of an outbox says before it how far it is, and has a
key of its own, that of its entity with the id behind it: a later one of the entity leaves it alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.clients.port import Messages
from bench.plan.payload import ID_DIGITS
from bench.spec.variant import Strategy

PENDING, PUBLISHED = b"pending  ", b"published"
"""What an entry of an outbox begins with; of one length."""

NOBODY = -1
"""In place of an id: what holds none of ours."""

EXPECTED_HEADER = "Nats-Expected-Last-Subject-Sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One message that is stored.

    Attributes:
        subject: whole.
        payload: of it.
        headers: names and values.
    """

    subject: str
    payload: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How values and events of a trial are written.

    Attributes:
        strategy: which comes first, or an outbox.
        events: what stands before the subject of an event.
        values: what stands before the key of a value.
        headers: of an event; in a value `{id}` stands for the digits of its id.
        id_offset: where in a payload the id stands.
    """

    strategy: Strategy
    events: str
    values: str
    headers: tuple[tuple[str, str], ...]
    id_offset: int

    def event(self, key: str, message_id: int, payload: bytes) -> Write:
        """Return the event of an operation."""
        digits = f"{message_id:0{ID_DIGITS}d}"
        headers = tuple((name, value.replace("{id}", digits)) for name, value in self.headers)
        return Write(subject=self.events + key, payload=payload, headers=headers)

    def value(self, key: str, payload: bytes) -> Write:
        """Return the value of an operation where there is no outbox."""
        return Write(subject=self.values + key, payload=payload)

    def entry(self, key: str, message_id: int, payload: bytes, status: bytes) -> Write:
        """Return the entry of an outbox of an operation."""
        return Write(subject=self.values + entry_key(key, message_id), payload=status + payload)

    def steps(self, key: str, message_id: int, payload: bytes) -> tuple[Write, ...]:
        """Return the writes of an operation in their order."""
        event, value = self.event(key, message_id, payload), self.value(key, payload)
        if self.strategy == "kv-then-event":
            return value, event
        if self.strategy == "event-then-kv":
            return event, value
        pending, done = (
            self.entry(key, message_id, payload, status) for status in (PENDING, PUBLISHED)
        )
        return pending, event, done

    def id_of(self, payload: bytes) -> int:
        """Return the id of an operation, from its payload; NOBODY where it has none."""
        digits = payload[self.id_offset : self.id_offset + ID_DIGITS]
        return int(digits) if len(digits) == ID_DIGITS and digits.isdigit() else NOBODY


def entry_key(key: str, message_id: int) -> str:
    """Return the key of an entry of an outbox."""
    return f"{key}.{message_id:0{ID_DIGITS}d}"


def key_of_entry(key: str) -> str:
    """Return the entity's key of an entry's key."""
    return key.rpartition(".")[0]


def read_entry(data: bytes) -> tuple[bytes, bytes]:
    """Return the status of an entry and its event's payload."""
    return data[: len(PENDING)], data[len(PENDING) :]


class Steps:
    """The writes of a writer's operations, by position, and where they are left behind."""

    def __init__(self, messages: Messages, form: Form, crashes: Sequence[int]) -> None:
        """Be ready.

        Args:
            messages: of this writer; subjects are keys of entities.
            form: how they are written.
            crashes: by act, how many writes there are before the operation is left; 0 for all.
        """
        self._messages, self._form, self._crashes = messages, form, crashes

    def of(self, position: int) -> tuple[Write, ...]:
        """Return the writes of an operation as far as it goes."""
        messages = self._messages
        message_id = int(messages.ids[position])
        template = messages.payloads[messages.payload_index[position]]
        key = messages.subjects[messages.subject_index[position]]
        steps = self._form.steps(key, message_id, template.filled(message_id))
        act = 0 if messages.act_index is None else int(messages.act_index[position])
        return steps[: self._crashes[act] or len(steps)]

    @property
    def values(self) -> str:
        """What stands before the key of a value."""
        return self._form.values

    @property
    def largest_bytes(self) -> int:
        """The largest message, headers included."""
        form, payloads = self._form, self._messages.payloads
        return max(
            len(write.payload) + len(header_of(write.headers))
            for each in payloads
            for write in form.steps("", 0, each.content)
        )


def writes_before_crash(strategy: Strategy, acts: int) -> tuple[int, ...]:
    """Return by act how many writes an operation has before it is left; 0 where it is not.

    Args:
        strategy: of two writes, or three.
        acts: of the plan: whole operations, then those that are left early and late.
    """
    late = 2 if strategy == "outbox" else 1
    return (0, 1, late)[:acts]


def header_of(headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the header of a message; empty without any."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"NATS/1.0\r\n{lines}\r\n".encode() if lines else b""
