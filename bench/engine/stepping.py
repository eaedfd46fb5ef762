"""Steps of workflows: what a workflow's state becomes with each message of a step; pure.

A state holds the workflow, its version (the steps that it has behind it), the sequence of the last
message that it took up, and the steps that were applied to it, in their order. A message whose step
it has behind it is a repeat, and changes nothing; one whose step is not the next comes too early.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bench.clients.buckets import Value, Write
from bench.clients.following import Event
from bench.engine.table import Flags
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import IntArray, Traffic

STATE_BYTES = 3 * ID_DIGITS
"""Of a state: what stands before the steps that were applied."""

_STEP_DIGITS = 2
MOST_STEPS = 16

_TIMES_APART = 7919
"""Between the handler times that two steps in a row give to one workflow: a prime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a workflow.

    Attributes:
        workflow: its number, the id of the message that began it; -1 where nothing is known.
        version: steps that it has behind it.
        seq: of the message in the stream that it took up last.
        applied: the steps, 1 for the first, in the order in which they were applied.
    """

    workflow: int = -1
    version: int = 0
    seq: int = 0
    applied: tuple[int, ...] = ()

    def written(self) -> bytes:
        """Return the value that says so."""
        head = b"".join(b"%0*d" % (ID_DIGITS, each) for each in self._head)
        return head + b"".join(b"%0*d" % (_STEP_DIGITS, each) for each in self.applied)

    @property
    def _head(self) -> tuple[int, int, int]:
        return self.workflow, self.version, self.seq


def read_state(value: Value) -> State | None:
    """Return what a value says: nothing of a key without one, None where it is no state."""
    if value.gone:
        return State()
    head = [value.data[at : at + ID_DIGITS] for at in range(0, STATE_BYTES, ID_DIGITS)]
    rest = value.data[STATE_BYTES:]
    applied = [rest[at : at + _STEP_DIGITS] for at in range(0, len(rest), _STEP_DIGITS)]
    if not all(each.isdigit() and len(each) == ID_DIGITS for each in head):
        return None
    if not all(each.isdigit() and len(each) == _STEP_DIGITS for each in applied):
        return None
    workflow, version, seq = map(int, head)
    return State(workflow=workflow, version=version, seq=seq, applied=tuple(map(int, applied)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of all workflows.

    Attributes:
        number: 1 for the first.
        follows: subject that is published to when it is done.
        repeats: what follows is published twice where a workflow was begun twice; not of the last
            step, whose event says that the workflow is completed.
    """

    number: int
    follows: str
    repeats: bool


class Stepping:
    """The Followed of a step's worker: deliveries of its messages, by position.

    Attributes:
        largest_bytes: the largest message.
        repeats: messages whose step was done before.
        in_vain: of those, the ones that were worked for: another worker was faster.
    """

    def __init__(self, traffic: Traffic, prefix: str, step: Step) -> None:
        """Be ready.

        Args:
            traffic: of the messages that begin workflows.
            prefix: of the bucket's keys.
            step: that is done.
        """
        self._traffic = traffic
        self._prefix = prefix
        self._step = step
        self._begun = begun(traffic)
        self._twice = frozenset(begun_twice(traffic).tolist())
        self._messages: dict[int, tuple[int, int]] = {}
        self._worked: set[int] = set()
        self._passed: set[int] = set()
        largest = max(len(each.content) for each in traffic.payloads)
        self.largest_bytes = max(largest, STATE_BYTES + _STEP_DIGITS * MOST_STEPS)
        self.repeats = 0
        self.in_vain = 0

    def knows(self, message_id: int) -> bool:
        """Say whether a delivery is of a workflow of ours."""
        return 0 <= message_id < self._begun.size and bool(self._begun[message_id])

    def key(self, message_id: int) -> int:
        """Return the number of the workflow."""
        return message_id

    def take(self, position: int, message_id: int, seq: int) -> None:
        """Remember which workflow a delivery is of."""
        self._messages[position] = message_id, seq

    def forget(self, position: int) -> None:
        """It is done with."""
        del self._messages[position]
        self._worked.discard(position)
        self._passed.discard(position)

    def subject(self, position: int) -> str:
        """Return the key of the workflow."""
        return f"{self._prefix}{key_of(self._messages[position][0])}"

    def early(self, position: int, value: Value) -> bool:
        """Say whether the step before is not done yet, as far as was read."""
        del position
        return self._state(value).version < self._step.number - 1

    def change(self, position: int, value: Value) -> Write | None:
        """Return the state after the step; None where the workflow has it behind it."""
        workflow, seq = self._messages[position]
        state, number = self._state(value), self._step.number
        if state.version >= number:
            self._repeated(position, taken_up=state.version > number)
            return None
        after = State(workflow=workflow, version=number, seq=seq, applied=(*state.applied, number))
        return Write(payload=after.written())

    def _repeated(self, position: int, *, taken_up: bool) -> None:
        self.repeats += 1
        self.in_vain += position in self._worked
        if taken_up:
            self._passed.add(position)

    def work_ns(self, position: int) -> int:
        """Return how long the step's handler takes; it is not run again after a conflict."""
        if position in self._worked:
            return 0
        self._worked.add(position)
        workflow, times_ns = self._messages[position][0], self._traffic.handler_ns
        return int(times_ns[(workflow + self._step.number * _TIMES_APART) % times_ns.size])

    def events(self, position: int) -> Sequence[Event]:
        """Return the message of the next step, under one id however often it is published.

        Nothing where the next step has taken it up already. That of a workflow that was begun
        twice comes a second time, under another id, as from a worker that did not see its PubAck.
        """
        if position in self._passed:
            return ()
        workflow, _ = self._messages[position]
        first = Event(
            subject=self._step.follows,
            message_id=f"{workflow}.{self._step.number}",
            payload=self._payload(workflow),
        )
        if not self._step.repeats or workflow not in self._twice:
            return (first,)
        return first, replace(first, message_id=f"{first.message_id}.again")

    def _payload(self, workflow: int) -> bytes:
        template = self._traffic.payloads[int(self._traffic.payload_index[workflow])]
        return template.filled(workflow)

    @staticmethod
    def _state(value: Value) -> State:
        return read_state(value) or State()


def key_of(workflow: int) -> str:
    """Return the key of a workflow's state."""
    return f"workflow.{workflow}"


def begun(traffic: Traffic) -> Flags:
    """Return which messages begin a workflow and do not say again what another one said, (n,)."""
    first: Flags = traffic.firsts
    return first


def begun_twice(traffic: Traffic) -> IntArray:
    """Return the workflows that are begun more than once, ascending."""
    return np.unique(traffic.carried[~begun(traffic)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What cannot be said of a workflow's steps.

    Attributes:
        skipped: one was passed over.
        regressed: one came after a later one.
        reapplied: one was applied twice.
    """

    skipped: bool
    regressed: bool
    reapplied: bool


def faults_of(state: State) -> Faults:
    """Return what is wrong with the steps that were applied to a workflow."""
    applied = state.applied
    highest = max((*applied, state.version), default=0)
    return Faults(
        skipped=not set(range(1, highest + 1)) <= set(applied),
        regressed=any(b < a for a, b in pairwise(applied)) or state.version < highest,
        reapplied=len(set(applied)) < len(applied),
    )
