"""When both halves of an operation were there, and what is missing at the end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine.pairing import (
    OnServer,
    Written,
    diverged,
    earliest,
    once_begun,
    overtaken_ns,
    paired_ns,
    written,
)
from bench.engine.recorder import ConsumerRecord, PublisherRecord
from bench.engine.table import NOT_YET

START_NS = 1000


def ns(*instants: int | None) -> np.ndarray:
    return np.array([NOT_YET if each is None else each for each in instants])


def flags(*each: int) -> np.ndarray:
    return np.array(each, dtype=bool)


def test_records_tell_of_each_operation() -> None:
    """The first write by what the answer held, the end by its instant; strangers are left out."""
    ids = np.array([2, 0])
    writer = PublisherRecord(
        ids=ids,
        sent_ns=ids,
        stored_ns=np.array([START_NS + 9, 0]),
        outcome=ids * 0,
        said=np.array([START_NS + 4, 0]),
    )
    found = np.array([1, 77])
    reconciler = ConsumerRecord(
        ids=found,
        stream_seqs=found,
        deliveries=found,
        received_ns=np.array([START_NS + 50, START_NS + 51]),
        handled_ns=np.array([0, START_NS + 60]),
        acked_ns=found,
        ending=np.zeros_like(found),
    )

    seen = written(3, [writer], [reconciler], START_NS)

    assert seen.first_ns.tolist() == ns(None, None, 4).tolist()
    assert seen.through_ns.tolist() == ns(None, None, 9).tolist()
    assert seen.found_ns.tolist() == ns(None, 50, None).tolist()
    assert seen.mended_ns.tolist() == ns(None, None, None).tolist()


def test_a_half_that_was_left_is_whole_when_it_is_mended() -> None:
    """That its writer was through with it says nothing; of others the earlier of both counts."""
    never = ns(None, None, None, None)
    seen = Written(
        first_ns=ns(1, 1, 1, 1),
        through_ns=ns(5, 5, 5, 5),
        found_ns=never,
        mended_ns=ns(None, 9, None, 3),
    )

    whole_ns = paired_ns(seen, flags(0, 1, 1, 0))

    assert whole_ns.tolist() == ns(5, 9, None, 3).tolist()


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [(3, 5, 3), (5, 3, 3), (None, 5, 5), (5, None, 5), (None, None, None)],
)
def test_the_earlier_instant_counts(one: int | None, other: int | None, first: int | None) -> None:
    """And the one that came where the other did not."""
    assert earliest(ns(one), ns(other)).tolist() == ns(first).tolist()


def test_a_later_value_of_a_key_stands_for_those_before_it() -> None:
    """And for none of another key, nor for a later one."""
    whole_ns = overtaken_ns(ns(None, 4, None, 9, None, None), np.array([0, 1, 0, 0, 1, 0]))

    assert whole_ns.tolist() == ns(9, 4, 9, 9, None, None).tolist()
    assert overtaken_ns(ns(), np.array([], dtype=np.int64)).size == 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(-5, 20))), max_size=20)
)
def test_overtaking_is_as_it_is_written_plainly(made: list[tuple[int, int | None]]) -> None:
    """The earliest of this one and of all later ones of its key."""
    keys = np.array([key for key, _ in made], dtype=np.int64)
    expected = [
        min(
            (at for other, at in made[number:] if other == key and at is not None),
            default=NOT_YET,
        )
        for number, (key, _) in enumerate(made)
    ]

    found_ns = overtaken_ns(np.array([*ns(*(at for _, at in made))], dtype=np.int64), keys)

    assert found_ns.tolist() == expected


def test_nothing_is_whole_before_it_began() -> None:
    """Nor where nobody knows that it did."""
    assert (
        once_begun(ns(3, 8, 5, None), ns(4, 4, None, 4)).tolist() == ns(4, 8, None, None).tolist()
    )


@pytest.mark.parametrize(
    ("value", "itself", "event", "confirmed", "off"),
    [
        (1, 1, 1, 1, False),  # whole
        (1, 0, 1, 1, False),  # a later value stands for its own
        (1, 1, 0, 1, True),  # the event is missing
        (1, 0, 0, 1, True),  # missing, and the value was overwritten
        (0, 0, 1, 1, True),  # the value is missing
        (0, 1, 1, 1, True),  # an entry that is not marked
        (0, 0, 0, 1, True),  # confirmed, and gone
        (0, 0, 0, 0, False),  # never written
        (1, 0, 0, 0, False),  # never written; its key has a later value
        (1, 1, 0, 0, True),  # not confirmed, and there by half
        (0, 0, 1, 0, True),  # likewise
        (1, 1, 2, 0, False),  # not confirmed, and whole; twice is another matter
    ],
)
def test_one_half_alone_is_found(
    value: int, itself: int, event: int, confirmed: int, off: bool
) -> None:
    """Whatever was begun must be whole."""
    server = OnServer(value=flags(value), itself=flags(itself), event=np.array([event]))

    assert diverged(server, flags(confirmed)).tolist() == [off]
