"""What a group of values is: told in one number, and read from it again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.clients.buckets import NOBODY, Bucket, Value, Whole, gathered, told_apart

MEMBERS = 3
BUCKET = Bucket(stream="KV_b", direct=True, members=MEMBERS)


def value(version: int | None, seq: int = 1) -> Value:
    return Value(gone=True) if version is None else Value(seq=seq, data=b"%016d" % version)


@given(versions=st.lists(st.one_of(st.none(), st.integers(0, 10**16 - 1)), max_size=MEMBERS))
def test_a_group_is_whole_torn_or_partial(versions: list[int | None]) -> None:
    """Of several versions the oldest is told; more than one is torn, whatever else is missing."""
    there = {version for version in versions if version is not None}
    whole = len(there) == 1 and None not in versions and len(versions) == MEMBERS
    expected = Whole.TORN if len(there) > 1 else Whole.WHOLE if whole else Whole.PARTIAL

    numbers, kinds = told_apart(np.array([gathered(list(map(value, versions, (1, 2, 3))), BUCKET)]))

    assert kinds.tolist() == [expected]
    assert numbers.tolist() == [min(there) + 1 if there else 0]


def test_a_value_of_nobodys_is_told() -> None:
    """It is older than all, and no version of ours."""
    strange = [value(3), Value(seq=2, data=b"somebody else's"), value(3, seq=3)]

    numbers, kinds = told_apart(np.array([gathered(strange, BUCKET)]))

    assert (numbers.tolist(), kinds.tolist()) == ([NOBODY], [Whole.TORN])
