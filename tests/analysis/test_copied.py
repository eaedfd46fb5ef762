"""A stream that is behind what it copies, on both sides of each rule."""

import pytest

from bench.analysis.living import held_up
from bench.record.looks import Origin
from tests.analysis.looked import FLOW, STILL, names, seen

NEAR = Origin(name="ORDERS", lag_msgs=0, silent_s=0.9)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (NEAR, ""),
        (Origin(name="ORDERS", lag_msgs=0, silent_s=10.0), ""),
        (Origin(name="ORDERS", lag_msgs=0, silent_s=13.4), "not heard of it for 13.4 s"),
        (Origin(name="ORDERS", lag_msgs=0, silent_s=None), "never heard of it"),
        (Origin(name="ORDERS", lag_msgs=0, silent_s=None, fault="gone"), "cannot: gone"),
        (Origin(name="ORDERS", lag_msgs=100, silent_s=0.9), ""),
        (Origin(name="ORDERS", lag_msgs=101, silent_s=0.9), "101 messages of its origins"),
    ],
)
def test_who_takes_all_that_comes_of_a_copy_may_be_behind_its_origin(
    origin: Origin, words: str
) -> None:
    """100/s are stored: so many more may be on their way."""
    told = [each.words for each in held_up(seen(FLOW, origins=(NEAR, origin)))]

    assert len(told) == bool(words)
    assert words in "".join(told)


def test_nothing_comes_of_an_origin_that_has_one_message_more() -> None:
    late = Origin(name="ORDERS", lag_msgs=1, silent_s=0.9)

    assert names(seen(STILL, unacked_msgs=0, origins=(late,))) == ["origin behind"]
    assert names(seen(STILL, unacked_msgs=0, origins=())) == []
