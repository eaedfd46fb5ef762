"""Who is handled when, where messages wait for more than a worker; on a made-up clock."""

from collections.abc import Mapping

import numpy as np
import pytest

from bench.clients.port import Ending
from bench.engine.breaker import Breaker
from bench.engine.handler import Tokens, VirtualWorkers
from bench.engine.lanes import AnyWorker, Came, Lanes, Latest, Shards, make_lanes
from bench.engine.line import ENDED, Begin, Left, Line
from bench.engine.tries import Course
from bench.spec.trying import BreakerSettings

TAKES_NS = 10
FAR_NS = 10**12
SUPERSEDED, TURNED_AWAY, IN_HAND = Ending.SUPERSEDED, Ending.TURNED_AWAY, Ending.IN_HAND


def taking(times_ns: Mapping[int, int] | None = None, failing: tuple[int, ...] = ()) -> Begin:
    """Return handlers that take their time, or TAKES_NS, some of which fail."""
    own = times_ns or {}
    return lambda position, _: Course(
        takes_ns=own.get(position, TAKES_NS), failed=position in failing
    )


def came(position: int, key: int, at_ns: int = 0, seq: int | None = None) -> Came:
    return Came(
        position=position,
        key=key,
        seq=position + 1 if seq is None else seq,
        received_ns=at_ns,
    )


def fed(line: Line, lanes: Lanes, *those: Came) -> list[Left]:
    """Have messages come, each when it is time, and return all that leave at last."""
    left: list[Left] = []
    for each in those:
        left += line.until(each.received_ns)
        lanes.put(line, each)
    return left + line.until(FAR_NS)


def breaking(while_open: str, failures: int = 1) -> Breaker:
    tree = {"failures": failures, "open_for": "100ns", "while_open": while_open}
    return Breaker(BreakerSettings.model_validate(tree))


@pytest.mark.parametrize("workers", [1, 3, 40])
@pytest.mark.parametrize("rate", [None, 5e7])
def test_without_keys_it_is_what_virtual_workers_do(workers: int, rate: float | None) -> None:
    """Two ways to keep one account, of 500 messages at random."""
    rng = np.random.default_rng(workers)
    received_ns = np.cumsum(rng.integers(0, 9, 500))
    handler_ns = rng.integers(0, 60, 500)
    tokens = [None if rate is None else Tokens(rate, 3) for _ in range(2)]
    expected = VirtualWorkers(workers, tokens=tokens[0]).assign(received_ns, handler_ns)

    line = Line(workers, taking(dict(enumerate(handler_ns.tolist()))), tokens[1])
    left = fed(line, AnyWorker(), *(came(i, 0, at) for i, at in enumerate(received_ns.tolist())))

    assert {each.position: each.at_ns for each in left} == dict(enumerate(expected.tolist()))
    assert [each.at_ns for each in left] == sorted(each.at_ns for each in left)
    assert line.empty
    assert line.idle == workers


def test_messages_of_a_key_are_handled_in_their_order() -> None:
    """The first of key 0 takes long: with four workers three later ones would be done before it."""
    those = [came(position, 0) for position in range(4)]

    left = fed(Line(4, taking({0: 100})), Shards(4, str), *those)
    free = fed(Line(4, taking({0: 100})), AnyWorker(), *those)

    assert [(each.position, each.at_ns) for each in left] == [
        (0, 100),
        (1, 110),
        (2, 120),
        (3, 130),
    ]
    assert [each.position for each in free] == [1, 2, 3, 0]


def test_a_shard_waits_for_none_of_the_others() -> None:
    """But all keys of one shard wait for each other: that is what a hash costs."""
    keys = range(1000)
    shards = Shards(4, "subject.{}".format)
    line = Line(4, taking())

    left = fed(line, shards, *(came(key, key) for key in keys))

    ends_ns = np.array([each.at_ns for each in left])
    assert ends_ns[:4].tolist() == [10] * 4
    _, of_each = np.unique([shards._shard(key) for key in keys], return_counts=True)
    assert ends_ns[-1] == TAKES_NS * of_each.max()
    assert of_each.min() > 1000 / 4 * 0.8


def test_what_is_none_of_ours_has_a_shard() -> None:
    """A message of somebody else stops nobody."""
    left = fed(Line(2, taking()), Shards(2, lambda key: "abc"[key]), came(0, -1), came(1, 2))

    assert [each.how for each in left] == [ENDED, ENDED]


def test_of_those_that_wait_the_latest_of_a_key_is_handled() -> None:
    """0 is in hand, 1 and 2 give way to 3; key 1 has nothing to do with it."""
    those = [came(0, 0), came(1, 0, 1), came(2, 0, 2), came(3, 0, 3), came(4, 1, 4)]

    left = fed(Line(2, taking()), Latest(), *those)

    assert [(each.position, each.how) for each in left] == [
        (1, SUPERSEDED),
        (2, SUPERSEDED),
        (0, ENDED),
        (4, ENDED),
        (3, ENDED),
    ]
    assert [each.at_ns for each in left] == [2, 3, 10, 14, 20]


def test_what_is_older_than_what_came_before_is_not_handled_any_more() -> None:
    """It failed, and comes again when a later one of its key was handled."""
    left = fed(Line(1, taking()), Latest(), came(0, 0, seq=2), came(1, 0, 50, seq=1))

    assert [(each.position, each.how) for each in left] == [(0, ENDED), (1, SUPERSEDED)]


def test_what_comes_again_while_it_is_in_hand_is_left_to_that() -> None:
    """To acknowledge it as superseded by itself would lose it, should its handler fail."""
    again = [came(0, 0, seq=7), came(1, 0, 5, seq=7), came(2, 0, 50, seq=7)]

    left = fed(Line(1, taking()), Latest(), *again)

    assert [(each.position, each.how) for each in left] == [(1, IN_HAND), (0, ENDED), (2, ENDED)]


def test_what_waits_is_not_superseded_by_itself() -> None:
    """Of another key's message one worker is busy; 1 and 2 are deliveries of one message."""
    those = [came(0, 0, seq=1), came(1, 1, 1, seq=2), came(2, 1, 2, seq=2)]

    left = fed(Line(1, taking()), Latest(), *those)

    assert [(each.position, each.how) for each in left] == [(2, IN_HAND), (0, ENDED), (1, ENDED)]


def test_those_of_nobody_supersede_nobody() -> None:
    """They have no key."""
    left = fed(Line(1, taking()), Latest(), came(0, -1), came(1, -1), came(2, -1))

    assert [each.how for each in left] == [ENDED] * 3


def test_while_a_breaker_pauses_what_is_in_hand_waits() -> None:
    """0 fails at 10; the probe begins at 110, and only when it is well do the others."""
    line = Line(2, taking(failing=(0,)), breaker=breaking("pause"))

    left = fed(line, AnyWorker(), came(0, 0), came(1, 0, 20), came(2, 0, 20), came(3, 0, 20))

    assert [(each.position, each.at_ns) for each in left] == [(0, 10), (1, 120), (2, 130), (3, 130)]
    assert {each.how for each in left} == {ENDED}


def test_what_began_before_a_breaker_opened_goes_on() -> None:
    """Its worker is not called off."""
    line = Line(2, taking({1: 60}, failing=(0,)), breaker=breaking("pause"))

    left = fed(line, AnyWorker(), came(0, 0), came(1, 0))

    assert [(each.position, each.at_ns) for each in left] == [(0, 10), (1, 60)]


def test_a_breaker_turns_away_what_would_begin() -> None:
    """At once, and without a worker; the first after it is a probe, beside which nobody begins."""
    line = Line(2, taking(failing=(0,)), breaker=breaking("nak"))
    those = [came(0, 0), came(1, 0, 20), came(2, 0, 115), came(3, 0, 116), came(4, 0, 130)]

    left = fed(line, AnyWorker(), *those)

    assert [(each.position, each.at_ns, each.how) for each in left] == [
        (0, 10, ENDED),
        (1, 20, TURNED_AWAY),
        (3, 116, TURNED_AWAY),
        (2, 125, ENDED),
        (4, 140, ENDED),
    ]


def test_what_waits_behind_one_that_is_turned_away_comes_after_it() -> None:
    """All of a shard, in its order."""
    line = Line(1, taking(failing=(0,)), breaker=breaking("nak"))

    left = fed(line, Shards(1, str), *(came(position, 0) for position in range(4)))

    assert [(each.position, each.at_ns) for each in left] == [(0, 10), (1, 10), (2, 10), (3, 10)]
    assert line.empty


def test_a_probe_takes_a_token_as_well() -> None:
    """One each 1000 ns: what may begin at 110 does so when its token is there."""
    line = Line(1, taking(failing=(0,)), Tokens(1e6, 1), breaking("pause"))

    left = fed(line, AnyWorker(), came(0, 0), came(1, 0))

    assert [each.at_ns for each in left] == [10, 1010]


def test_how_long_the_line_is_says_when_more_is_wanted() -> None:
    """Two workers, of one key each: 2 waits for 0 though a worker is idle."""
    line, lanes = Line(2, taking()), Latest()
    for each in (came(0, 0), came(1, 1)):
        lanes.put(line, each)
    line.until(0)
    assert (line.waiting, line.idle, line.next_ns) == (0, 0, TAKES_NS)

    lanes.put(line, came(2, 0, 1))

    assert (line.waiting, line.empty) == (1, False)
    assert [each.position for each in line.until(TAKES_NS)] == [0, 1]
    assert (line.waiting, line.idle, line.next_ns) == (0, 1, 2 * TAKES_NS)


@pytest.mark.parametrize(
    ("per_key", "kind"),
    [("none", AnyWorker), ("counted", AnyWorker), ("in-order", Shards), ("latest", Latest)],
)
def test_each_word_has_its_lanes(per_key: str, kind: type[object]) -> None:
    """Those that are counted are handled as if nobody looked."""
    assert isinstance(make_lanes(per_key, 2, str), kind)  # type: ignore[arg-type]
