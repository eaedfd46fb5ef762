"""Commands about entities: what a state becomes with each, and what its caller is told; pure.

A state holds the version of its entity, and the commands that it was changed by last, with the
version that each brought about. A command that is among them was done before: it changes nothing,
and its caller is told the same once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bench.clients.buckets import Value, Write
from bench.clients.commands import DONE, OUTDATED
from bench.clients.following import Event
from bench.engine.stepping import begun
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic

FIRST_VERSION = 1
"""Of every entity, before the first command."""

EVENT_BYTES = 2 * ID_DIGITS
"""Of an event: the command and the version that it brought about; the rest is filler."""


class Asks(StrEnum):
    """What a command may ask for besides being done, as acts of a plan are called."""

    STALE = "stale"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of an entity.

    Attributes:
        version: how often it was changed, and 1.
        done: the commands that changed it last, each with its version; the latest first.
    """

    version: int = 0
    done: tuple[tuple[int, int], ...] = ()

    def written(self) -> bytes:
        """Return the value that says so."""
        numbers = (self.version, *(number for pair in self.done for number in pair))
        return b"".join(b"%0*d" % (ID_DIGITS, each) for each in numbers)

    def version_of(self, command: int) -> int | None:
        """Return which version a command brought about; None where nothing is known of it."""
        return next((version for known, version in self.done if known == command), None)


def read_state(value: Value) -> State | None:
    """Return what a value says: version 0 of a key without one, None where it is no state."""
    if value.gone:
        return State()
    numbers = read_numbers(value.data)
    if numbers is None or len(numbers) % 2 == 0:
        return None
    return State(version=numbers[0], done=tuple(zip(numbers[1::2], numbers[2::2], strict=True)))


def read_numbers(data: bytes) -> tuple[int, ...] | None:
    """Return the numbers that stand one behind the other; None where something else does."""
    fields = [data[at : at + ID_DIGITS] for at in range(0, len(data), ID_DIGITS)]
    if not all(each.isdigit() and len(each) == ID_DIGITS for each in fields):
        return None
    return tuple(map(int, fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How commands are handled.

    Attributes:
        remember: commands that a state remembers.
        events: subject that events are published below.
    """

    remember: int
    events: str


class Commanding:
    """The Followed of a handler of commands: requests, by position.

    Attributes:
        largest_bytes: the largest message.
        repeats: commands that were done before.
        in_vain: of those, the ones that were worked for: another worker was faster.
    """

    def __init__(self, traffic: Traffic, prefix: str, command: Command) -> None:
        """Be ready.

        Args:
            traffic: of the commands.
            prefix: of the bucket's keys.
            command: how they are handled.
        """
        self._traffic = traffic
        self._prefix = prefix
        self._command = command
        self._begun = begun(traffic)
        self._stale = stale(traffic)
        self._ids: dict[int, int] = {}
        self._worked: set[int] = set()
        self._done: dict[int, int] = {}
        largest = max(len(each.content) for each in traffic.payloads)
        self.largest_bytes = max(largest, ID_DIGITS * (1 + 2 * command.remember))
        self.repeats = 0
        self.in_vain = 0

    def knows(self, message_id: int) -> bool:
        """Say whether a request is a command of ours."""
        return 0 <= message_id < self._begun.size and bool(self._begun[message_id])

    def key(self, message_id: int) -> int:
        """Return the number of the entity that a command is about."""
        return int(self._traffic.subject_index[message_id])

    def take(self, position: int, message_id: int, seq: int) -> None:
        """Remember which command a request brought."""
        del seq
        self._ids[position] = message_id

    def forget(self, position: int) -> None:
        """It is done with, but for the answer."""
        del self._ids[position]
        self._worked.discard(position)

    def subject(self, position: int) -> str:
        """Return the key of the entity."""
        return f"{self._prefix}{self._name(position)}"

    def early(self, position: int, value: Value) -> bool:
        """Nothing comes too early."""
        del position, value
        return False

    def change(self, position: int, value: Value) -> Write | None:
        """Return the state after a command; None where it was done, or is refused."""
        command, state = self._ids[position], read_state(value) or State()
        self._done.pop(position, None)
        if (before := state.version_of(command)) is not None:
            self.repeats += 1
            self.in_vain += position in self._worked
            self._done[position] = before
            return None
        if self._stale[command]:
            return None
        self._done[position] = version = state.version + 1
        done = ((command, version), *state.done)[: self._command.remember]
        return Write(payload=State(version=version, done=done).written())

    def work_ns(self, position: int) -> int:
        """Return how long the handler takes; it is not run again after a conflict."""
        if position in self._worked:
            return 0
        self._worked.add(position)
        return int(self._traffic.handler_ns[self._ids[position]])

    def events(self, position: int) -> Sequence[Event]:
        """Return what tells of the change, under one id however often it is published.

        Of a command that was done before as well: its handler may have been lost before that.
        """
        if position not in self._done:
            return ()
        command, version = self._ids[position], self._done[position]
        name = self._name(position)
        event = Event(
            subject=f"{self._command.events}{name}",
            message_id=f"{name}.{version}",
            payload=b"%0*d%0*d%b" % (ID_DIGITS, command, ID_DIGITS, version, self._filler(command)),
        )
        return (event,)

    def answer(self, position: int) -> bytes:
        """Return what the caller is told, when all is confirmed."""
        if (version := self._done.pop(position, None)) is None:
            return OUTDATED
        return b"%b%0*d" % (DONE, ID_DIGITS, version)

    def _filler(self, command: int) -> bytes:
        content = self._traffic.payloads[int(self._traffic.payload_index[command])].content
        return content[EVENT_BYTES:]

    def _name(self, position: int) -> str:
        return self._traffic.subjects[self.key(self._ids[position])]


def stale(traffic: Traffic) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which commands expect an older version than their entity can have, shape (n,)."""
    return np.array([act.name == Asks.STALE for act in traffic.acts])[traffic.act_index]
