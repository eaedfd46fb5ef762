"""Steps of a workflow: one after the other, each once, whatever comes again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.buckets import Value
from bench.engine.stepping import (
    State,
    Step,
    Stepping,
    begun,
    begun_twice,
    faults_of,
    key_of,
    read_state,
)
from tests.engine.workflows import PREFIX, World, load, plan

STATE = State(workflow=12, version=2, seq=99, applied=(1, 2))


def stepping(number: int = 2, repeats: bool = True) -> Stepping:
    step = Step(number=number, follows="p.step.3", repeats=repeats)
    return Stepping(plan(load()), PREFIX, step)


def value(version: int, applied: tuple[int, ...] = ()) -> Value:
    return Value(seq=5, data=State(workflow=0, version=version, applied=applied).written())


def test_a_state_is_read_as_it_was_written() -> None:
    """And a key without one is a workflow that has no step behind it."""
    assert read_state(Value(seq=1, data=STATE.written())) == STATE
    assert read_state(Value(gone=True)) == State()


@pytest.mark.parametrize(
    "data", [b"", b"x" * 60, STATE.written()[:-1], STATE.written() + b"a1", b"1" * 47]
)
def test_what_is_no_state_is_none(data: bytes) -> None:
    """Whoever wrote it."""
    assert read_state(Value(seq=1, data=data)) is None


def test_the_next_step_is_applied_and_its_event_follows() -> None:
    """The state has one version more, and the message of the next step the workflow's id."""
    made = stepping(repeats=False)
    made.take(3, 0, 41)

    write = made.change(3, value(1, (1,)))

    assert made.subject(3) == f"{PREFIX}workflow.0"
    assert write is not None
    after = read_state(Value(seq=6, data=write.payload))
    assert after == State(workflow=0, version=2, seq=41, applied=(1, 2))
    (event,) = made.events(3)
    assert (event.subject, event.message_id, event.payload[:16]) == ("p.step.3", "0.2", b"0" * 16)


def test_a_step_that_is_done_changes_nothing_and_its_event_comes_under_the_same_id() -> None:
    """Its worker may have been lost before it published; the stream stores an id once."""
    made = stepping(repeats=False)
    made.take(3, 0, 41)

    assert made.change(3, value(2, (1, 2))) is None
    assert [each.message_id for each in made.events(3)] == ["0.2"]
    assert (made.repeats, made.in_vain) == (1, 0)


def test_what_the_next_step_has_taken_up_is_not_published_again() -> None:
    """The workflow has gone on."""
    made = stepping()
    made.take(3, 0, 41)

    assert made.change(3, value(3, (1, 2, 3))) is None
    assert made.events(3) == ()


def test_what_was_worked_for_twice_is_told() -> None:
    """Two workers had it at the same time; the one that was slower finds it done."""
    made = stepping()
    made.take(3, 0, 41)
    assert made.change(3, value(1, (1,))) is not None
    made.work_ns(3)

    assert made.change(3, value(2, (1, 2))) is None
    assert (made.repeats, made.in_vain) == (1, 1)


@pytest.mark.parametrize(("version", "early"), [(0, True), (1, False), (2, False)])
def test_a_message_is_early_where_the_step_before_is_not_done(version: int, early: bool) -> None:
    """A replica may be behind: it is read again."""
    made = stepping()
    made.take(0, 0, 1)

    assert made.early(0, value(version)) is early
    assert made.early(0, Value(gone=True))


def test_what_follows_a_workflow_that_was_begun_twice_comes_twice() -> None:
    """Under another id, so that the stream stores both; the end of it comes once."""
    traffic = plan(load())
    number = int(begun_twice(traffic)[0])
    ids = {}
    for repeats in (True, False):
        made = Stepping(traffic, PREFIX, Step(number=2, follows="f", repeats=repeats))
        made.take(0, number, 1)
        ids[repeats] = [each.message_id for each in made.events(0)]

    assert ids == {True: [f"{number}.2", f"{number}.2.again"], False: [f"{number}.2"]}


def test_a_repeat_is_no_workflow_of_its_own() -> None:
    """It carries the id of the one before it, and nobody takes its own for one of ours."""
    traffic = plan(load())
    ours = begun(traffic)
    made = Stepping(traffic, PREFIX, Step(number=1, follows="f", repeats=True))

    assert 0 < len(begun_twice(traffic)) <= int((~ours).sum())
    assert [made.knows(number) for number in range(ours.size)] == ours.tolist()
    assert not made.knows(-1)
    assert not made.knows(ours.size)
    assert ours[traffic.carried].all()


def test_a_handler_is_run_once_whatever_the_conflicts() -> None:
    """And each step gives its times to workflows in another order."""
    slow = load().with_handler(load().busy.model_validate({"time": {"p50": "1ms", "p99": "9ms"}}))
    traffic = plan(slow)
    first, second = (
        Stepping(traffic, PREFIX, Step(number=number, follows="f", repeats=False))
        for number in (1, 2)
    )
    for made in (first, second):
        made.take(0, 4, 1)

    assert first.work_ns(0) != second.work_ns(0) > 0
    assert second.work_ns(0) == 0


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3)), max_size=30))
def test_whatever_comes_again_changes_nothing(again: list[tuple[int, int]]) -> None:
    """The states and the ends are those of a run in which nothing came again."""
    traffic = plan(load())
    numbers = World(traffic).workflows
    once, often = World(traffic).play(), World(traffic)

    often.play([(step, numbers[place]) for step, place in again])

    assert {k: read_state(v) for k, v in often.values.items()} == {
        k: read_state(v) for k, v in once.values.items()
    }
    assert often.ends == once.ends
    assert len(once.ends) == len(numbers)


@pytest.mark.parametrize(
    ("version", "applied", "expected"),
    [
        (0, (), ()),
        (3, (1, 2, 3), ()),
        (2, (1, 2), ()),
        (3, (1, 3), ("skipped",)),
        (2, (2,), ("skipped",)),
        (3, (1, 2, 2, 3), ("reapplied",)),
        (2, (1, 2, 3, 2), ("regressed", "reapplied")),
        (3, (1, 3, 2), ("regressed",)),
        (1, (1, 2), ("regressed",)),
        (3, (1, 2), ("skipped",)),
    ],
)
def test_what_is_wrong_with_the_steps_of_a_workflow_is_named(
    version: int, applied: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    """Left out, gone back, done twice."""
    faults = faults_of(State(version=version, applied=applied))

    found = [name for name in ("skipped", "regressed", "reapplied") if getattr(faults, name)]
    assert tuple(found) == expected
    assert key_of(4) == "workflow.4"
