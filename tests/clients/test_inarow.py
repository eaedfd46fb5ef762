"""Positions in a row: known as such, or seen to be; never taken for others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.inarow import are, in_a_row, selection, span_of
from bench.clients.port import IntArray
from bench.clients.wire.acks import Unanswered

bounds = st.tuples(st.integers(0, 6000), st.integers(0, 6000)).map(sorted)


@given(bounds=bounds)
def test_those_made_last_are_known(bounds: list[int]) -> None:
    """A slice of a column costs the same for one row and for a thousand."""
    first, stop = bounds

    positions = in_a_row(first, stop)

    assert positions.tolist() == list(range(first, stop))
    assert selection(positions) == slice(first, stop)
    assert are(positions, first, stop)
    assert not are(positions, first, stop + 1)
    assert not are(positions, first - 1, stop)


@given(bounds=bounds)
def test_others_are_not_taken_for_them(bounds: list[int]) -> None:
    """Neither those made before, nor equal ones of somebody else, nor some of them."""
    before = in_a_row(*bounds)
    positions = in_a_row(7, 10)

    for other in (before, np.arange(7, 10), positions[:1], positions[::-1]):
        assert selection(other) is other
        assert not are(other, 7, 10)


def test_nobody_can_change_them() -> None:
    """Else what is known of them would be no longer so."""
    with pytest.raises(ValueError, match="read-only"):
        in_a_row(0, 3)[0] = 1


@given(
    positions=st.lists(st.integers(0, 8), max_size=6).map(np.array)
    | bounds.map(lambda b: np.arange(*b))
)
def test_those_that_follow_one_another_are_seen(positions: IntArray) -> None:
    """Repeats and gaps can make up for one another in first, last and number."""
    listed = positions.tolist()
    row = bool(listed) and listed == list(range(listed[0], listed[0] + len(listed)))

    assert span_of(positions) == (slice(listed[0], listed[-1] + 1) if row else None)


@given(
    blocks=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    chosen=st.lists(st.sampled_from(["known", "equal", "later", "backwards"]), min_size=12),
)
def test_acks_are_the_same_for_positions_that_are_known(
    blocks: list[int], chosen: list[str]
) -> None:
    """Whether all that is open is answered, or what was left over from other blocks is there."""
    known, plain = Unanswered(), Unanswered()
    first, late = 0, []
    for size, how in zip(blocks, chosen, strict=False):
        subjects = [b"%d" % position for position in range(first, first + size)]
        known.add(subjects)
        plain.add(subjects)
        positions = in_a_row(first, first + size)
        first += size
        if how == "later":
            late.append(positions)
            continue
        of = {"known": positions, "equal": positions.copy(), "backwards": positions[::-1]}[how]
        assert known.settle(of) == plain.settle(of.copy())
        assert len(known) == len(plain)
        with pytest.raises(ValueError, match=r"not open|second answer"):
            known.settle(of)
    for positions in late:
        assert known.settle(positions) == plain.settle(positions.copy())
    assert len(known) == len(plain) == 0
