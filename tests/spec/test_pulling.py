"""Ways of asking for messages that a server or a client refuses."""

import pytest

from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import FaultyConsume, Stream
from bench.spec.variant import Settings
from tests.spec.cases import Tree

LARGE = Stream.model_validate(
    {
        "kind": "stream",
        "payload": {"sizes": {"1KiB": "90%", "32KiB": "10%"}},
        "publish": {"rate": "1/s"},
    }
)


def settings(tree: Tree) -> Settings:
    return Settings.model_validate(tree)


@pytest.mark.parametrize(
    "tree",
    [
        {"pull": {"max_bytes": "64KiB", "idle_heartbeat": "2500ms", "no_wait": True}},
        {"pull": {"idle_heartbeat": "1s"}, "client": "nats-py"},
        {"ack": {"double": True}},
        {"ack": {"double": True}, "client": "nats-py"},
    ],
)
def test_every_way_to_ask_can_be_had(tree: Tree) -> None:
    """A rule that is too strict would close a door that the server leaves open."""
    assert objections(settings(tree)) == ()
    assert workload_objections(settings(tree), LARGE) == ()


@pytest.mark.parametrize(
    ("tree", "key", "words"),
    [
        ({"pull": {"idle_heartbeat": "2501ms"}}, "pull.idle_heartbeat", "half of expires"),
        ({"pull": {"max_bytes": "0B"}}, "pull.max_bytes", "0 does not mean none"),
        ({"pull": {"requests": 2}, "client": "nats-py"}, "pull.requests", "one request open"),
        ({"pull": {"no_wait": True}, "client": "nats-py"}, "pull.no_wait", "cannot ask with"),
        ({"pull": {"max_bytes": "1MiB"}, "client": "nats-py"}, "pull.max_bytes", "cannot ask with"),
        (
            {"ack": {"timing": "none", "double": True}, "consumer": {"ack_policy": "none"}},
            "ack.double",
            "no ack that the server could confirm",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_reason(tree: Tree, key: str, words: str) -> None:
    """The server answers each such request with an error, or the library ignores the wish."""
    (objection,) = objections(settings(tree))

    assert objection.key == key
    assert words in objection.what


@pytest.mark.parametrize(
    ("tree", "consumers", "fits"),
    [
        ({"pull": {"requests": 64}}, 8, True),
        ({"pull": {"requests": 64}}, 9, False),
        ({"pull": {"requests": 2}, "consumer": {"max_waiting": 4}}, 2, True),
        ({"pull": {"requests": 2}, "consumer": {"max_waiting": 3}}, 2, False),
        ({"pull": {"requests": 2}, "consumer": {"max_waiting": 1}}, 1, False),
        ({"pull": {"requests": 64}, "consumer": {"mode": "push"}}, 9, True),
    ],
)
def test_all_requests_may_wait_at_a_time(tree: Tree, consumers: int, fits: bool) -> None:
    """What is one too many is answered with 409 again and again; 512 when nothing is said."""
    load = LARGE.model_copy(update={"consume": FaultyConsume(consumers=consumers)})

    found = workload_objections(settings(tree), load)

    assert [objection.key for objection in found] == ([] if fits else ["consumer.max_waiting"])


def test_a_request_must_have_room_for_the_largest_message() -> None:
    """The server would answer 409 for ever, once the first document comes."""
    (objection,) = workload_objections(settings({"pull": {"max_bytes": "32KiB"}}), LARGE)

    assert objection.key == "pull.max_bytes"
    assert objection.allowed.startswith("33024B or more")
