"""Spaces: which points they have, how many, and that none is too large to be told of."""

from typing import Any

import pytest

from bench.plan.model import Tuning
from bench.plan.points import COUNTED, Census, census, valid_points, written_count
from bench.spec.space import Knob, Value
from bench.spec.variant import Settings
from tests.plan.examples import cell, workload

BATCH = Knob(key="pull.batch", values=(10, 50, 100), ordered=True)
PENDING = Knob(key="consumer.max_ack_pending", values=(20, 1000), ordered=True)
MODE = Knob(key="consumer.mode", values=("pull", "push"), ordered=False)
OF_PULL = Knob(
    key="pull.requests", values=(1, 2), ordered=True, when=(("consumer.mode", ("pull",)),)
)
OF_BATCH = Knob(
    key="pull.expires",
    values=("1s", "5s", "9s"),
    ordered=True,
    when=(("pull.requests", (2,)), ("consumer.mode", ("pull", "push"))),
)


def points_of(*knobs: Knob, **parts: Any) -> list[dict[str, Value]]:
    """The valid points of a space over a base with these parts."""
    tuning = Tuning(
        base=cell(1, **parts),
        knobs=knobs,
        points=1,
        objectives=("minimise end_to_end_p50",),
        constraints=(),
        budget_ns=1,
        raced=True,
    )
    return [dict(point.values) for point in valid_points(tuning)]


def census_of(*knobs: Knob, **parts: object) -> Census:
    return census(workload(), Settings.model_validate(parts), knobs)


def test_points_are_those_that_go_together() -> None:
    """A batch beyond max_ack_pending would wait for ever; the batch of the base is the base."""
    assert points_of(BATCH, PENDING, consumer={"max_ack_pending": 1000}) == [
        {"pull.batch": 10, "consumer.max_ack_pending": 20},
        {"pull.batch": 10, "consumer.max_ack_pending": 1000},
        {"pull.batch": 50, "consumer.max_ack_pending": 1000},
    ]


def test_a_knob_whose_conditions_do_not_hold_is_left_out() -> None:
    found = points_of(MODE, OF_PULL, OF_BATCH)

    assert found == [
        {"consumer.mode": "pull", "pull.requests": 2, "pull.expires": "1s"},
        {"consumer.mode": "pull", "pull.requests": 2, "pull.expires": "5s"},
        {"consumer.mode": "pull", "pull.requests": 2, "pull.expires": "9s"},
        {"consumer.mode": "push"},
    ]


def test_what_comes_to_the_same_is_one_point() -> None:
    """Nobody who is pushed to asks for a batch."""
    push = Knob(key="consumer.mode", values=("push",), ordered=False)

    assert points_of(push, BATCH) == [{"consumer.mode": "push", "pull.batch": 10}]


@pytest.mark.parametrize(
    ("knobs", "count"),
    [
        ((BATCH, PENDING), 6),
        ((MODE, OF_PULL), 3),
        ((MODE, OF_PULL, OF_BATCH), 1 + 3 + 1),
        ((MODE, OF_PULL, OF_BATCH, BATCH), 15),
    ],
)
def test_points_are_counted_without_being_listed(knobs: tuple[Knob, ...], count: int) -> None:
    assert written_count(knobs) == count


def test_a_space_of_billions_is_reckoned_from_a_sample() -> None:
    """200 ^ 5 points; half of them have a batch beyond max_ack_pending, 500."""
    many = tuple(range(1, 201))
    knobs = (
        Knob(key="pull.batch", values=tuple(range(5, 1001, 5)), ordered=True),
        Knob(key="publish.batch", values=many, ordered=True),
        Knob(key="handler.workers", values=many, ordered=True),
        Knob(key="effect.marker_ttl", values=tuple(f"{n}s" for n in many), ordered=True),
        Knob(key="pull.expires", values=tuple(f"{n}s" for n in many), ordered=True),
    )
    fast = {"mode": "fast"}
    parts = {
        "consumer": {"max_ack_pending": 500},
        "publish": fast,
        "stream": {"allow_batched": True},
    }

    found = census_of(*knobs[:3], knobs[4], **parts)

    assert found.written == 200**4
    assert not found.counted
    assert found.looked_at <= COUNTED
    assert 0.4 < found.points / found.written < 0.6
    assert len(points_of(*knobs[:3], knobs[4], **parts)) <= COUNTED


def test_what_keeps_points_from_being_valid_is_counted() -> None:
    found = census_of(BATCH, PENDING)

    assert (found.written, found.counted, found.valid) == (6, True, 4)
    ((reason, times),) = found.refused.items()
    assert reason.startswith("pull.batch: pull.batch 50 is more than max_ack_pending, 20")
    assert times == 2


def test_values_that_no_valid_point_has_are_told() -> None:
    """A stream takes atomic batches only where it is told to."""
    how = Knob(key="publish.mode", values=("one-by-one", "atomic", "fast"), ordered=False)

    assert census_of(how, BATCH).unused == {"publish.mode": ("atomic", "fast")}
