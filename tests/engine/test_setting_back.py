"""How far a consumer is set back, and what is said of it."""

import asyncio

import pytest

from bench.broker.observe import ConsumerState
from bench.core.errors import MeasurementError
from bench.engine.setting_back import SettingBack, first_seq, set_back


@pytest.mark.parametrize(
    ("delivered", "share", "first"),
    [(1000, 1.0, 1), (1000, 0.5, 501), (1000, 0.001, 1000), (3, 0.5, 2), (0, 1.0, 1), (1, 0.1, 1)],
)
def test_it_goes_back_by_a_share_of_what_was_delivered(
    delivered: int, share: float, first: int
) -> None:
    """Half of a thousand: the next is the 501st; of anything at least one comes again."""
    assert first_seq(delivered, share) == first


def test_what_is_done_is_told_with_its_bounds() -> None:
    """The server is told the sequence that it delivers next."""
    told: list[int] = []

    async def reset(sequence: int) -> None:
        told.append(sequence)

    plan = SettingBack(part="charge", at_ns=7, share=0.25, reset=reset)
    state = ConsumerState(
        num_pending=0, num_ack_pending=0, num_redelivered=0, delivered_msgs=9, delivered_seq=40
    )
    done = asyncio.run(set_back(plan, state, 0))

    assert told == [31]
    assert (done.part, done.first_seq, done.last_seq) == ("charge", 31, 40)
    assert done.at_ns > 0


def test_where_the_server_does_not_say_how_far_it_is_nothing_is_set_back() -> None:
    """Nobody could tell what comes again."""

    async def reset(sequence: int) -> None:
        raise AssertionError(sequence)

    plan = SettingBack(part="charge", at_ns=7, share=1.0, reset=reset)

    with pytest.raises(MeasurementError, match="charge was not set back"):
        asyncio.run(set_back(plan, None, 0))
