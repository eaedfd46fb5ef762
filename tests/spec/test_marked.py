"""Markers of what left a stream by itself: what rules them out, on both sides."""

import pytest

from bench.spec.expiring import MARKERS
from bench.spec.kinds.stream import Stream, cast_of
from bench.spec.marked import RULES, WORKLOAD_RULES, unfit
from bench.spec.variant import Settings
from tests.server.running import Tree, workload

KEY = "stream.subject_delete_marker_ttl"
AGED: Tree = {"max_age": "2s", "duplicate_window": "1s", "subject_delete_marker_ttl": "2s"}
OWN: Tree = {"allow_msg_ttl": True, "subject_delete_marker_ttl": "2s"}


def settings(tree: Tree) -> Settings:
    return Settings.model_validate(tree)


@pytest.mark.parametrize(
    ("tree", "against"),
    [
        ({}, None),
        ({"stream": AGED}, None),
        ({"stream": AGED | {"subject_delete_marker_ttl": "999ms"}}, ()),
        ({"stream": AGED | {"subject_delete_marker_ttl": "1s"}}, None),
        ({"stream": AGED | {"subject_delete_marker_ttl": "1500ms"}}, ()),
        ({"stream": {"subject_delete_marker_ttl": "2s"}}, ()),
        ({"stream": OWN, "publish": {"ttl": "2s"}}, None),
        ({"stream": OWN, "publish": {"ttl": "1999ms"}}, ("publish.ttl",)),
        ({"stream": AGED | {"history": {"messages": "10k", "subjects": 10}}}, ("stream.history",)),
        ({"stream": AGED, "effect": {"idempotency": "memory"}}, ("effect.idempotency",)),
        ({"stream": AGED, "effect": {"written": True}}, ("effect.idempotency",)),
        ({"stream": AGED, "handler": {"check": ["envelope"]}}, ("handler.check",)),
        ({"stream": AGED, "handler": {"per_key": "in-order"}}, ("handler.per_key",)),
        ({"stream": AGED, "handler": {"workers": 2}}, None),
    ],
    ids=str,
)
def test_what_a_marker_goes_with(tree: Tree, against: tuple[str, ...] | None) -> None:
    """It stands for whole seconds, in the place of what left, and is worked on by nobody."""
    found = [each for rule in RULES for each in rule(settings(tree))]

    assert [(each.key, each.against) for each in found] == (
        [] if against is None else [(KEY, against)]
    )


@pytest.mark.parametrize(
    ("load", "times"),
    [
        (workload(), 0),
        (workload(consume={"handler": {"work": ["file"]}}), 1),
        (workload(consume={"faults": [{"kind": "crash", "at": "after-receive", "times": 1}]}), 1),
        (workload(publish={"headers": ["message-id"],
                           "duplicates": {"share": "10%", "after": "100ms"}}), 1),
    ],
)  # fmt: skip
def test_what_a_marker_would_be_taken_for(load: Stream, times: int) -> None:
    """By whoever works on messages, and where nobody could tell what it is for."""
    marked = settings({"stream": AGED})

    assert [each.key for rule in WORKLOAD_RULES for each in rule(marked, load)] == [KEY] * times
    assert not [each for rule in WORKLOAD_RULES for each in rule(settings({}), load)]


def test_consumers_of_streams_alone_know_a_marker() -> None:
    """And count it, where any is set."""
    marked = settings({"stream": AGED})

    assert [each.key for each in unfit(marked, "fanout", ["stream"])] == [KEY]
    assert not [*unfit(marked, "stream", ["stream"]), *unfit(settings({}), "fanout", ["stream"])]
    assert MARKERS in cast_of(marked).part("consume").entries
    assert MARKERS not in cast_of(settings({})).part("consume").entries
