"""Commands at the end: sound handlers hold, and each planted fault is found by its check."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from bench.broker.latest import Last
from bench.clients.buckets import Value, Write
from bench.clients.commands import DONE, OUTDATED, SAID_OUTDATED, said_of
from bench.clients.following import Event
from bench.engine.audit import Evidence
from bench.engine.commanding import Command, Commanding, State, read_state, stale
from bench.engine.losses import UNKNOWN
from bench.engine.recorder import PublisherRecord
from bench.engine.stepping import begun
from bench.engine.table import driven
from bench.plan.traffic import Traffic
from bench.scenario.command_audit import audited, event_place, state_place
from tests.engine.test_commanding import PREFIX, load, plan
from tests.plan.examples import cell

LOAD = load()
CHECKS = (
    "done_twice", "lost_updates", "unannounced", "misjudged", "events_twice", "foreign",
)  # fmt: skip
HOLDS = dict.fromkeys(CHECKS, 0)

Make = Callable[[Traffic, str, Command], Commanding]


@dataclass
class World:
    """A server and a handler, one command at a time; repeats may come late.

    Attributes:
        remember: commands that a state remembers.
        late: commands between a repeat's place in the plan and its coming.
    """

    make: Make = Commanding
    remember: int = 8
    late: int = 0
    traffic: Traffic = field(default_factory=plan)
    states: dict[str, Value] = field(default_factory=dict)
    events: list[tuple[str, Last]] = field(default_factory=list)
    said: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.handler = self.make(self.traffic, PREFIX, Command(remember=self.remember, events="p."))
        first = State(version=1).written()
        self.states = {
            f"{PREFIX}{name}": Value(seq=1, data=first) for name in self.traffic.subjects
        }
        self.said = [0] * self.traffic.act_index.size
        self.known: set[str] = set()

    def play(self) -> "World":
        repeats, waiting = ~begun(self.traffic), deque[int]()
        for number in range(self.traffic.act_index.size):
            if repeats[number]:
                waiting.append(number)
            else:
                self.sent(number)
            if waiting and number - waiting[0] >= self.late:
                self.sent(waiting.popleft())
        for number in waiting:
            self.sent(number)
        return self

    def sent(self, number: int) -> None:
        """Send one of the plan, and note what its caller is told."""
        handler = self.handler
        handler.take(0, int(self.traffic.carried[number]), 0)
        key = handler.subject(0)
        write = handler.change(0, self.states[key])
        if write is not None:
            self.states[key] = Value(seq=self.states[key].seq + 1, data=write.payload)
        for event in handler.events(0):
            if event.message_id not in self.known:
                self.known.add(event.message_id)
                kept = Last(seq=1 + len(self.events), operation="", data=event.payload)
                self.events.append((event.subject.removeprefix("p."), kept))
        handler.forget(0)
        self.said[number] = said_of(handler.answer(0))

    def held(self) -> dict[str, Last]:
        """Return what the server holds at the end."""
        states = {
            state_place(key.removeprefix(PREFIX)): Last(seq=each.seq, operation="", data=each.data)
            for key, each in self.states.items()
        }
        return states | {event_place(key, kept.seq): kept for key, kept in self.events}

    def found(self, held: dict[str, Last] | None = None) -> dict[str, int]:
        """Return what the audit counts of handlers."""
        told = audited(
            cell(1, load=LOAD),
            {"command": self.traffic},
            self.evidence(self.held() if held is None else held),
        )
        counts = {name: told.counts["handle"][name] for name in CHECKS}
        broken = any(each.code == "check-broken" for each in told.findings)
        assert broken is any(counts[name] > 0 for name in CHECKS[:4])
        return counts

    def evidence(self, held: dict[str, Last] | None) -> Evidence:
        due_ns, said = self.traffic.intended_ns, np.array(self.said)
        record = PublisherRecord(
            ids=np.arange(due_ns.size),
            sent_ns=due_ns + 1,
            stored_ns=np.where(said != 0, due_ns + 2, 0),
            outcome=np.zeros_like(due_ns),
            said=said,
        )
        table = driven(due_ns, [record], 1)
        own = {"conflicts": 4, "repeats": 3, "in_vain": 2, "failed": 1}
        return Evidence(
            tables={"command": table, "handle": table},
            drivers={"command": [record]},
            observers={},
            held=held,
            start_ns=1,
            counts={"handle": own},
        )


class ForgetsWhatWasDone(Commanding):
    """A handler without a memory."""

    def change(self, position: int, value: Value) -> Write | None:
        state = read_state(value) or State()
        return super().change(position, Value(data=State(version=state.version).written()))


class AsksForNoVersion(Commanding):
    """A handler that does what was to be refused."""

    def __init__(self, traffic: Traffic, prefix: str, command: Command) -> None:
        super().__init__(traffic, prefix, command)
        self._stale = np.zeros_like(self._stale)


class RefusesOthers(Commanding):
    """A handler that takes every command for an old one."""

    def __init__(self, traffic: Traffic, prefix: str, command: Command) -> None:
        super().__init__(traffic, prefix, command)
        self._stale = np.ones_like(self._stale)


class SaysDone(Commanding):
    """A handler that answers well whatever it did."""

    def answer(self, position: int) -> bytes:
        answer = super().answer(position)
        return answer if answer != OUTDATED else b"%b%016d" % (DONE, 2)


class OverwritesOthers(Commanding):
    """A handler that takes every state for the first one, and tells of it by the command's id."""

    def change(self, position: int, value: Value) -> Write | None:
        return super().change(position, Value(data=State(version=1).written()))

    def events(self, position: int) -> Sequence[Event]:
        command = self._ids[position]
        return [replace(each, message_id=str(command)) for each in super().events(position)]


def test_a_change_that_another_one_overwrote_is_found() -> None:
    """All of an entity bring about its second version: all but one are lost, and all answered."""
    world = World(make=OverwritesOthers).play()
    done = begun(world.traffic) & ~stale(world.traffic)
    entities = np.unique(world.traffic.subject_index[done]).size

    assert world.found() == {**HOLDS, "lost_updates": int(done.sum()) - entities}


def test_sound_handlers_hold() -> None:
    """With repeats, and with commands that expect an old version."""
    world = World().play()

    assert world.found() == HOLDS
    assert world.said.count(SAID_OUTDATED) == int(stale(world.traffic)[world.traffic.carried].sum())
    assert world.handler.repeats > 0


def test_a_retry_that_is_done_twice_is_found() -> None:
    """Each repeat that is not refused brings one version more."""
    world = World(make=ForgetsWhatWasDone).play()
    repeats = ~begun(world.traffic)
    wanted = int((repeats & ~stale(world.traffic)[world.traffic.carried]).sum())

    assert world.found() == {**HOLDS, "done_twice": wanted}


def test_a_memory_that_is_too_short_is_found() -> None:
    """A repeat that comes late: others of its entity have pushed its command out."""
    short, long = World(remember=1, late=12).play(), World(remember=50, late=12).play()

    assert short.found()["done_twice"] > 0
    assert long.found() == HOLDS


def test_a_version_that_was_not_asked_for_is_found() -> None:
    """What was to be refused was done, and answered so; repeats of it as well."""
    world = World(make=AsksForNoVersion).play()
    wanted = int(stale(world.traffic)[world.traffic.carried].sum())

    assert world.found() == {**HOLDS, "misjudged": wanted}


def test_a_command_that_was_refused_without_need_is_found() -> None:
    """Nobody asked it to be at a version."""
    world = World(make=RefusesOthers).play()
    wanted = int((~stale(world.traffic)[world.traffic.carried]).sum())

    assert world.found() == {**HOLDS, "misjudged": wanted}


def test_an_answer_for_what_was_not_done_is_found() -> None:
    """It was refused, and its caller believes that it was done."""
    world = World(make=SaysDone).play()

    assert world.found()["misjudged"] == int(stale(world.traffic)[world.traffic.carried].sum())


def test_an_event_that_was_lost_is_found() -> None:
    """A version that nothing tells of; and its caller was told that it was done."""
    world = World().play()
    world.events.pop()

    counts = world.found()
    assert counts["unannounced"] == 1
    assert counts["misjudged"] >= 1


def test_a_state_that_is_gone_or_behind_is_found() -> None:
    """Events tell of versions that it does not have."""
    world = World().play()
    key = next(iter(world.states))
    state = read_state(world.states[key])
    assert state is not None
    behind = Value(seq=2, data=State(version=state.version - 1).written())
    world.states[key] = behind
    assert world.found() == {**HOLDS, "unannounced": 1}

    del world.states[key]
    assert world.found() == {**HOLDS, "unannounced": state.version}


def test_an_event_that_stands_there_twice_is_counted() -> None:
    """The stream forgot its id: no fault of the state."""
    world = World().play()
    key, kept = world.events[0]
    world.events.append((key, Last(seq=10**6, operation="", data=kept.data)))

    assert world.found() == {**HOLDS, "events_twice": 1}


def test_what_is_of_no_command_is_told() -> None:
    """A strange state, an event of none, one about another entity."""
    world = World().play()
    held = world.held()
    held[state_place("key.x")] = Last(seq=1, operation="", data=b"what")
    held[event_place("key.0", 10**6)] = Last(seq=1, operation="", data=b"what")
    held[event_place("key.x", 10**7)] = world.events[0][1]

    assert world.found(held) == {**HOLDS, "foreign": 3}


def test_where_the_server_does_not_say_nobody_can_tell() -> None:
    """And no check is made; what handlers counted is told all the same."""
    world = World().play()
    told = audited(cell(1, load=LOAD), {"command": world.traffic}, world.evidence(None))

    assert {name: told.counts["handle"][name] for name in CHECKS} == dict.fromkeys(CHECKS, UNKNOWN)
    assert told.counts["handle"]["in_vain"] == 2
    assert told.counts["handle"]["unchanged"] == 1
    assert told.counts["command"]["outdated"] > 0


def test_an_answer_that_came_too_late_counts_as_none() -> None:
    """Its caller had gone; that is counted under timeouts."""
    world = World(make=SaysDone).play()
    world.said = [0] * len(world.said)

    assert world.found() == HOLDS


@pytest.mark.parametrize("late", [0, 3])
def test_whenever_repeats_come_they_are_done_once(late: int) -> None:
    """As long as the state remembers."""
    assert World(late=late).play().found()["done_twice"] == 0
