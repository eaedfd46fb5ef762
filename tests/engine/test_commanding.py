"""Commands on a state: each done once, an old version refused, each change told by an event."""

from typing import Any

import numpy as np
import pytest

from bench.clients.buckets import Value
from bench.clients.commands import DONE, OUTDATED
from bench.engine.commanding import Command, Commanding, State, read_state, stale
from bench.engine.stepping import begun
from bench.plan.traffic import Traffic, make_traffics
from bench.spec.kinds.command import Commands

PREFIX = "$KV.b."


def load(**parts: Any) -> Commands:
    return Commands.model_validate(
        {
            "kind": "command",
            "entities": {"count": 4},
            "payload": {"sizes": "64B"},
            "command": {"rate": "20/s", "repeats": "20%", "stale": "10%"},
            "phases": {"warmup": "1s", "measure": "2s"},
            **parts,
        }
    )


def plan(commands: Commands | None = None) -> Traffic:
    return make_traffics((commands or load()).loads, 3)["command"]


def commanding(remember: int = 2) -> Commanding:
    return Commanding(plan(), PREFIX, Command(remember=remember, events="p."))


def some(*, old: bool) -> int:
    """A command that is no repeat, and expects an old version or none."""
    traffic = plan()
    return int(np.flatnonzero(begun(traffic) & (stale(traffic) == old))[0])


def value(version: int, *done: tuple[int, int]) -> Value:
    return Value(seq=9, data=State(version=version, done=done).written())


def test_a_state_is_read_as_it_was_written() -> None:
    """And a key without one is an entity that nobody knows."""
    state = State(version=7, done=((31, 7), (4, 6)))

    assert read_state(Value(seq=1, data=state.written())) == state
    assert read_state(Value(gone=True)) == State()
    assert (state.version_of(4), state.version_of(5)) == (6, None)


@pytest.mark.parametrize("data", [b"1", b"x" * 16, b"1" * 32, b"1" * 47])
def test_what_is_no_state_is_none(data: bytes) -> None:
    """Half a number, a word, a command without its version."""
    assert read_state(Value(seq=1, data=data)) is None


def test_a_command_brings_the_next_version_and_an_event_of_it() -> None:
    """And its caller is told which."""
    made, command = commanding(), some(old=False)
    made.take(0, command, 1)

    write = made.change(0, value(4, (900, 4), (800, 3)))

    assert write is not None
    assert read_state(Value(seq=1, data=write.payload)) == State(
        version=5, done=((command, 5), (900, 4))
    )
    (event,) = made.events(0)
    name = made.subject(0).removeprefix(PREFIX)
    assert (event.subject, event.message_id) == (f"p.{name}", f"{name}.5")
    assert event.payload[:32] == b"%016d%016d" % (command, 5)
    assert len(event.payload) == 64
    made.forget(0)
    assert made.answer(0) == b"%b%016d" % (DONE, 5)


def test_a_command_that_was_done_changes_nothing_and_is_told_the_same() -> None:
    """Its event goes out once more, under the id that the stream knows."""
    made, command = commanding(), some(old=False)
    made.take(0, command, 1)

    assert made.change(0, value(6, (900, 6), (command, 5))) is None
    assert [each.message_id.rpartition(".")[2] for each in made.events(0)] == ["5"]
    made.forget(0)
    assert made.answer(0) == b"%b%016d" % (DONE, 5)
    assert (made.repeats, made.in_vain) == (1, 0)


def test_a_command_that_expects_an_old_version_is_refused() -> None:
    """Nothing is written, nothing told but to its caller."""
    made, command = commanding(), some(old=True)
    made.take(0, command, 1)

    assert made.change(0, value(4)) is None
    assert made.events(0) == ()
    made.forget(0)
    assert made.answer(0) == OUTDATED
    assert made.repeats == 0


def test_what_was_worked_for_twice_is_told() -> None:
    """Another handler was faster with the same command; the handler is not run again."""
    made, command = commanding(), some(old=False)
    made.take(0, command, 1)
    made.change(0, value(4))
    made.work_ns(0)

    assert made.change(0, value(5, (command, 5))) is None
    assert (made.repeats, made.in_vain, made.work_ns(0)) == (1, 1, 0)


def test_a_try_that_failed_leaves_nothing_to_tell() -> None:
    """The version that it would have brought is another command's."""
    made, command = commanding(), some(old=False)
    made.take(0, command, 1)
    made.change(0, value(4))
    made.change(0, value(5, (900, 5)))

    (event,) = made.events(0)
    assert event.message_id.endswith(".6")


def test_a_state_forgets_what_is_too_long_ago() -> None:
    """With a memory of one, the last command alone is known."""
    made, command = commanding(remember=1), some(old=False)
    made.take(0, command, 1)

    write = made.change(0, value(6, (900, 6)))

    assert write is not None
    after = read_state(Value(seq=1, data=write.payload))
    assert after is not None
    assert after.done == ((command, 7),)
    assert made.largest_bytes >= len(write.payload)


def test_a_repeat_is_about_the_same_entity_with_the_same_payload() -> None:
    """Whatever its own place in the plan would have had."""
    traffic = plan(load(payload={"sizes": {"64B": "50%", "128B": "50%"}}))
    repeats = ~begun(traffic)
    carried = traffic.carried

    assert repeats.sum() == 12
    assert (carried[repeats] < np.flatnonzero(repeats)).all()
    assert np.array_equal(traffic.subject_index, traffic.subject_index[carried])
    assert np.array_equal(traffic.payload_index, traffic.payload_index[carried])
    made = Commanding(traffic, PREFIX, Command(remember=1, events="p."))
    assert [made.knows(number) for number in range(carried.size)] == (~repeats).tolist()
    assert not made.knows(carried.size)
