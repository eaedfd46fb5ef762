"""What has one half alone, and what is to be written for it: each strategy, each planted loss."""

from collections.abc import Iterable

import pytest

from bench.clients.pairs import EXPECTED_HEADER, PENDING, PUBLISHED, Write, entry_key
from bench.engine.reconciling import Books, books
from bench.spec.variant import Strategy
from tests.clients.test_pairs import form


def data(number: int) -> bytes:
    return b"abc%016dxyz" % number


def written(made: Books) -> dict[int, list[Write]]:
    return {number: list(each.writes) for number, each in made.missing().items()}


def filled(
    strategy: Strategy,
    values: Iterable[tuple[str, int, bytes]] = (),
    events: Iterable[tuple[str, bytes]] = (),
) -> Books:
    made = books(form(strategy))
    for key, seq, kept in values:
        made.saw_value(key, seq, kept)
    for key, kept in events:
        made.saw_event(key, kept)
    return made


def test_a_value_without_its_event_is_published() -> None:
    """With what its writer would have sent, id included."""
    made = filled("kv-then-event", [("a", 1, data(1)), ("b", 2, data(2))], [("a", data(1))])

    assert written(made) == {2: [form().event("b", 2, data(2))]}


def test_an_event_that_was_seen_first_counts() -> None:
    """The bucket is read a moment before the stream, and the next look brings the value."""
    made = filled("kv-then-event", events=[("a", data(1))])
    made.saw_value("a", 1, data(1))

    assert written(made) == {}


def test_each_value_of_a_key_has_an_event_of_its_own() -> None:
    """A later event does not stand for an earlier one."""
    made = filled("kv-then-event", [("a", 1, data(1)), ("a", 2, data(2))], [("a", data(2))])

    assert list(written(made)) == [1]


def test_an_event_without_its_value_is_written_if_nobody_wrote_meanwhile() -> None:
    """A key that was never written is at revision 0."""
    made = filled("event-then-kv", [("a", 9, data(1))], [("a", data(1)), ("a", data(3))])
    made.saw_event("b", data(4))

    (a,), (b,) = written(made)[3], written(made)[4]
    assert (a.subject, a.payload, a.headers) == ("$KV.b.a", data(3), ((EXPECTED_HEADER, "9"),))
    assert (b.subject, b.headers) == ("$KV.b.b", ((EXPECTED_HEADER, "0"),))


def test_one_value_makes_all_events_of_its_key_whole() -> None:
    """The last is written; those before it are whole with it, and a value that came is enough."""
    made = filled("event-then-kv", events=[("a", data(n)) for n in (1, 2, 5)])
    (repair,) = made.missing().values()

    assert repair.ids == (1, 2, 5)
    made.saw_value("a", 4, data(5))
    assert made.missing() == {}


def test_a_value_that_went_back_is_written_anew() -> None:
    """Its writer was late, and the reconciler had been faster."""
    made = filled("event-then-kv", [("a", 1, data(5))], [("a", data(3)), ("a", data(5))])
    assert made.missing() == {}

    made.saw_value("a", 2, data(3))

    (write,) = written(made)[5]
    assert (write.payload, write.headers) == (data(5), ((EXPECTED_HEADER, "2"),))


def test_what_is_pending_is_published_by_the_same_id_and_marked() -> None:
    """Whether its event is there or not: the stream knows."""
    key = entry_key("a", 7)
    made = filled("outbox", [(key, 3, PENDING + data(7))], [("a", data(7))])

    event, mark = written(made)[7]
    assert event == form().event("a", 7, data(7))
    assert ("Nats-Msg-Id", "t-0000000000000007") in event.headers
    assert (mark.subject, mark.payload) == (f"$KV.b.{key}", PUBLISHED + data(7))
    assert mark.headers == ((EXPECTED_HEADER, "3"),)


def test_what_is_marked_is_done() -> None:
    """In whatever look it is seen."""
    key = entry_key("a", 7)
    made = filled("outbox", [(key, 3, PENDING + data(7)), (key, 4, PUBLISHED + data(7))])

    assert made.missing() == {}


@pytest.mark.parametrize("strategy", ["kv-then-event", "event-then-kv", "outbox"])
def test_what_is_of_nobody_is_left_alone(strategy: Strategy) -> None:
    """A foreign value is not ours to mend."""
    made = filled(strategy, [("a", 1, b"theirs")], [("a", b"theirs")])

    assert made.missing() == {}
