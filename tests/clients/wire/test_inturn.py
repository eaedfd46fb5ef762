"""Gaps in what an ordered consumer delivers."""

import pytest

from bench.clients.wire.inturn import InTurn


def acks(*numbers: tuple[int, int], long: bool = False) -> list[bytes]:
    """Ack subjects of deliveries: sequence in the stream, and number among those delivered."""
    prefix, suffix = ("_.hash.", ".token") if long else ("", "")
    return [
        f"$JS.ACK.{prefix}S.c.1.{seq}.{number}.99.0{suffix}".encode() for seq, number in numbers
    ]


@pytest.mark.parametrize("long", [False, True])
def test_what_follows_follows_whatever_the_stream_left_out(long: bool) -> None:
    """Sequences of the stream may leap, as of a filter; numbers of deliveries may not."""
    turn = InTurn()

    assert turn.following(acks((3, 1), (7, 2), (8, 3), long=long)) == 3
    assert turn.following(acks((20, 4), long=long)) == 1
    assert turn.last_seq == 20


def test_what_comes_behind_a_gap_does_not_follow() -> None:
    """The last message before the gap is where the next consumer goes on."""
    turn = InTurn()

    assert turn.following(acks((1, 1), (2, 2), (4, 4), (5, 5))) == 2
    assert turn.last_seq == 2
    assert turn.following(acks((5, 5))) == 0
    assert turn.last_seq == 2


def test_a_gap_that_leaves_nothing_before_it_leaves_all_as_it_was() -> None:
    """The very first delivery may be the one that is missing."""
    turn = InTurn()

    assert turn.following(acks((2, 2), (3, 3))) == 0
    assert turn.last_seq == 0


def test_the_next_consumer_counts_from_one() -> None:
    """And its stream sequences go on where the last one's ended."""
    turn = InTurn()
    turn.following(acks((1, 1), (2, 2)))

    turn.anew()

    assert turn.following(acks((3, 3))) == 0
    assert turn.following(acks((3, 1), (4, 2))) == 2
    assert turn.last_seq == 4


def test_a_heartbeat_that_counts_more_than_came_tells_of_a_gap_at_the_end() -> None:
    """Nothing may come for long that would show it otherwise."""
    turn = InTurn()
    turn.following(acks((1, 1), (2, 2)))

    assert not turn.behind(2)
    assert turn.behind(3)
