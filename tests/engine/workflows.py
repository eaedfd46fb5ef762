"""Workflows played through by real steps, on a bucket and a stream that are made up."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.broker.latest import Last
from bench.clients.buckets import Value
from bench.engine.stepping import Step, Stepping, begun
from bench.plan.payload import ID_DIGITS
from bench.plan.traffic import Traffic, make_traffics
from bench.scenario.workflow_audit import end_place, state_place
from bench.spec.kinds.workflow import Workflow

PREFIX = "$KV.b."
END = "end"


def load(repeats: str | None = "25%", steps: int = 3, **publish: Any) -> Workflow:
    return Workflow.model_validate(
        {
            "kind": "workflow",
            "payload": {"sizes": "64B"},
            "publish": {"rate": "10/s", "repeats": repeats, **publish},
            "steps": {f"s{number}": {} for number in range(1, steps + 1)},
            "phases": {"warmup": "1s", "measure": "2s"},
        }
    )


def plan(workflow: Workflow) -> Traffic:
    return make_traffics(workflow.loads, 7)["publish"]


MakeStep = Callable[[Traffic, str, Step], Stepping]


@dataclass
class World:
    """A server and the workers of all steps, one message at a time.

    Attributes:
        traffic: of the messages that begin workflows.
        make: makes each step, by its number; a real one where none is given.
        lost: (step, workflow) whose message never comes.
    """

    traffic: Traffic
    steps: int = 3
    make: dict[int, MakeStep] = field(default_factory=dict)
    lost: frozenset[tuple[int, int]] = frozenset()
    values: dict[str, Value] = field(default_factory=dict)
    ends: list[bytes] = field(default_factory=list)
    seq: int = 0
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.workers = {
            number: self.make.get(number, Stepping)(
                self.traffic,
                PREFIX,
                Step(
                    number=number,
                    follows=END if number == self.steps else f"step.{number + 1}",
                    repeats=number < self.steps,
                ),
            )
            for number in range(1, self.steps + 1)
        }

    def play(self, again: Sequence[tuple[int, int]] = ()) -> "World":
        """Begin all workflows and carry them through; then bring some messages once more."""
        messages = deque((1, int(number)) for number in self.traffic.carried)
        while messages:
            messages.extend(self.brought(*messages.popleft()))
        for step, workflow in again:
            self.brought(step, workflow)
        return self

    def brought(self, step: int, workflow: int) -> list[tuple[int, int]]:
        """Bring a message to its step; return those that follow."""
        if (step, workflow) in self.lost:
            return []
        self.seq += 1
        worker = self.workers[step]
        worker.take(0, workflow, self.seq)
        key = worker.subject(0)
        value = self.values.get(key, Value(gone=True))
        if worker.early(0, value):
            worker.forget(0)
            return []
        if (write := worker.change(0, value)) is not None:
            self.values[key] = Value(seq=self.seq, data=write.payload)
        events = [each for each in worker.events(0) if each.message_id not in self.known]
        self.known |= {each.message_id for each in events}
        worker.forget(0)
        self.ends += [each.payload for each in events if each.subject == END]
        return [
            (int(each.subject.removeprefix("step.")), int(each.payload[:ID_DIGITS]))
            for each in events
            if each.subject != END
        ]

    def held(self) -> dict[str, Last]:
        """Return what the server holds at the end."""
        states = {
            state_place(key.removeprefix(PREFIX)): Last(seq=each.seq, operation="", data=each.data)
            for key, each in self.values.items()
        }
        ends = {
            end_place(seq): Last(seq=seq, operation="", data=data)
            for seq, data in enumerate(self.ends)
        }
        return states | ends

    @property
    def workflows(self) -> list[int]:
        """The numbers of all workflows."""
        return [int(number) for number in begun(self.traffic).nonzero()[0]]
