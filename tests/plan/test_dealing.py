import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.plan.dealing import apportion, deal


@pytest.mark.parametrize(
    ("count", "shares", "expected"),
    [
        (2000, [0.95, 0.05], [1900, 100]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (7, [0.5, 0.3, 0.2], [4, 2, 1]),  # exact parts 3.5, 2.1, 1.4: one left, to the first
        (0, [0.5, 0.5], [0, 0]),
        (1, [1.0], [1]),
    ],
)
def test_shares_become_whole_messages(count: int, shares: list[float], expected: list[int]) -> None:
    """Worked by hand with the largest remainders."""
    assert apportion(count, shares).tolist() == expected


weights = st.lists(st.floats(0.001, 1), min_size=1, max_size=20)


@given(count=st.integers(0, 10**6), parts=weights)
def test_no_message_is_lost_in_rounding(count: int, parts: list[float]) -> None:
    """Every part lies within one message of its share, and together they are all."""
    shares = np.asarray(parts) / sum(parts)
    dealt = apportion(count, shares.tolist())

    assert dealt.sum() == count
    assert np.all(np.abs(dealt - count * shares) <= 1)


@given(counts=st.tuples(st.integers(0, 500), st.integers(0, 500)), seed=st.integers(0, 99))
def test_every_phase_holds_every_share(counts: tuple[int, int], seed: int) -> None:
    """Large payloads that fell into the warm-up by chance would make a window lighter."""
    shares = [0.9, 0.1]
    dealt = deal(counts, shares, np.random.default_rng(seed))

    warmup, window = np.split(dealt, [counts[0]])
    for part, count in ((warmup, counts[0]), (window, counts[1])):
        assert np.bincount(part, minlength=2).tolist() == apportion(count, shares).tolist()


def test_dealt_shares_come_in_no_order() -> None:
    """Sorted sizes would put all large messages at the end of the window."""
    dealt = deal((0, 10_000), [0.5, 0.5], np.random.default_rng(1))

    assert 4_500 < np.count_nonzero(np.diff(dealt)) < 5_500
