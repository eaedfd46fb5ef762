"""How many keys surely had a value all the time, against a look at each key by itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.engine.keyed import Writes
from bench.engine.presence import presence
from bench.engine.table import NOT_YET, MessageTable

KEYS = 3

Write = tuple[int, bool, bool]
"""Its key, whether it removes it, whether it was confirmed: each takes an instant of two."""


def _table(writes: list[Write]) -> tuple[Writes, MessageTable]:
    keys, removes, confirmed = (np.array([each[at] for each in writes]) for at in range(3))
    sent_ns = 10 * np.arange(1, len(writes) + 1)
    never_ns = np.full(len(writes), NOT_YET)
    table = MessageTable(
        intended_ns=sent_ns,
        sent_ns=sent_ns,
        stored_ns=np.where(confirmed.astype(bool), sent_ns + 2, NOT_YET),
        received_ns=never_ns,
        handled_ns=never_ns,
        acked_ns=never_ns,
        outcome=np.zeros(len(writes), dtype=np.int64),
    )
    flags = removes.astype(np.bool_)
    return Writes(keys=keys.astype(np.int64), removes=flags, purges=flags), table


def _there(writes: list[Write], key: int, begin_ns: int, end_ns: int, *, preloaded: bool) -> bool:
    """Say whether the last write of a key before was a confirmed value, and none came meanwhile."""
    own = [at for at, each in enumerate(writes) if each[0] == key]
    before = [at for at in own if 10 * (at + 1) <= begin_ns]
    if any(begin_ns < 10 * (at + 1) <= end_ns for at in own):
        return False
    if not before:
        return preloaded
    _, removes, confirmed = writes[before[-1]]
    return confirmed and not removes and 10 * before[-1] + 12 <= begin_ns


@given(
    writes=st.lists(
        st.tuples(st.integers(0, KEYS - 1), st.booleans(), st.booleans()), min_size=1, max_size=12
    ),
    begin_ns=st.integers(0, 140),
    took_ns=st.integers(0, 30),
    preloaded=st.booleans(),
)
def test_no_key_is_claimed_that_may_have_been_without_a_value(
    writes: list[Write], begin_ns: int, took_ns: int, preloaded: bool
) -> None:
    """And where nothing is written meanwhile, each that surely had one is."""
    begin, end = np.array([begin_ns]), np.array([begin_ns + took_ns])
    there = sum(
        _there(writes, key, begin_ns, begin_ns + took_ns, preloaded=preloaded)
        for key in range(KEYS)
    )

    made = presence(*_table(writes), preloaded=KEYS if preloaded else 0)
    (found,) = made.throughout(begin, end).tolist()

    meanwhile = any(begin_ns < 10 * at <= begin_ns + took_ns for at in range(1, len(writes) + 1))
    assert found <= there
    assert meanwhile or found == there


def test_what_lives_for_a_time_is_claimed_for_that_time_alone() -> None:
    """Written at 10 and confirmed at 12, it surely lives until 40; what was before may be over."""
    made = presence(*_table([(0, False, True)]), preloaded=KEYS, life_ns=30)

    begin, end = np.array([11, 12, 39, 12]), np.array([20, 39, 40, 41])
    assert made.throughout(begin, end).tolist() == [0, 1, 0, 0]
